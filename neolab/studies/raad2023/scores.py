"""What a residual volume says: standard scores, bands and slice-wise clusters, as the paper measures them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import ndimage

# Methods, "Analysis framework": six bands of the standard score of the residual.
BANDS: dict[str, tuple[float, float]] = {
    "below_-4": (-np.inf, -4.0),
    "-4_to_-3": (-4.0, -3.0),
    "-3_to_-2": (-3.0, -2.0),
    "2_to_3": (2.0, 3.0),
    "3_to_4": (3.0, 4.0),
    "above_4": (4.0, np.inf),
}
# The author's metrics notebook divides the residual by this constant instead of a measured deviation.
FIXED_DEVIATION = 0.1
# cv2.connectedComponents, which the notebook calls, joins pixels that touch at a corner.
EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def standard_score(residual: np.ndarray, deviation: float | None = None) -> np.ndarray:
    """Residual in standard deviations.

    Parameters
    ----------
    residual : array, shape (N, N, N)
    deviation : float, optional
        A fixed deviation such as `FIXED_DEVIATION`; by default the volume's own mean and deviation are used,
        as the paper's text says.
    """
    if deviation is not None:
        return residual / deviation
    return (residual - residual.mean()) / residual.std()


def in_band(score: np.ndarray, band: str) -> np.ndarray:
    """Voxels in a band; intervals are closed away from zero, so that every score of 2 or more is in one."""
    low, high = BANDS[band]
    return (score > low) & (score <= high) if high < 0 else (score >= low) & (score < high)


def cluster_sizes(mask: np.ndarray, axial_slices: Iterable[int] | None = None) -> np.ndarray:
    """Sizes in pixels of the 2-D connected components (8 neighbours) of each axial slice.

    Parameters
    ----------
    mask : array of bool, shape (X, Y, Z)
    axial_slices : iterable of int, optional
        Slices to look at; all by default. The paper's text says slice-wise, the author's notebook looks at
        the middle slice only.

    Returns
    -------
    array of int
        One entry a component; empty where nothing is set.
    """
    chosen = mask if axial_slices is None else mask[:, :, list(axial_slices)]
    # Slices with nothing in them are most of a volume; neighbours in other slices do not count.
    chosen = chosen[:, :, chosen.any(axis=(0, 1))]
    in_plane = np.zeros((3, 3, 3), dtype=bool)
    in_plane[:, :, 1] = EIGHT_NEIGHBOURS
    labels, _ = ndimage.label(chosen, structure=in_plane)
    return np.bincount(labels.ravel())[1:]


def mean_cluster_size(mask: np.ndarray, axial_slices: Iterable[int] | None = None) -> float:
    """Mean size in pixels of the clusters; 0 where there are none."""
    sizes = cluster_sizes(mask, axial_slices)
    return float(sizes.mean()) if sizes.size else 0.0


def band_table(score: np.ndarray, axial_slices: Iterable[int] | None = None) -> pd.DataFrame:
    """Share of voxels and mean cluster size in each of the six bands.

    Parameters
    ----------
    score : array, shape (X, Y, Z)
        Standard scores.
    axial_slices : iterable of int, optional
        See `cluster_sizes`.

    Returns
    -------
    DataFrame
        ``band``, ``voxels_percent``, ``mean_cluster_pixels``.
    """
    slices = None if axial_slices is None else list(axial_slices)
    rows = []
    for band in BANDS:
        mask = in_band(score, band)
        rows.append(
            {
                "band": band,
                "voxels_percent": 100.0 * mask.mean(),
                "mean_cluster_pixels": mean_cluster_size(mask, slices),
            }
        )
    return pd.DataFrame(rows)
