"""What a method says of one scan, and the paper's measures of it: standard scores, bands and clusters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
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
#: A pixel is outlying from two standard deviations on, where the paper's bands begin.
OUTLYING = 2.0
# cv2.connectedComponents, which the author's metrics notebook calls, joins pixels that touch at a corner.
EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class AnomalyMap:
    """What a method says of one scan.

    Attributes
    ----------
    residual : array of float32, (N, N, N)
        Scan minus what was expected of a normal one; positive is brighter.
    z : array of float32, (N, N, N)
        The same in standard deviations.
    score : float
        Anomaly score of the whole scan, higher is more anomalous.
    """

    residual: np.ndarray
    z: np.ndarray
    score: float

    @classmethod
    def of_residual(cls, residual: np.ndarray) -> "AnomalyMap":
        """The paper's: the mean squared residual as the score, and the residual in its own deviations."""
        return cls(residual, standard_score(residual), mean_square(residual))

    def measures(self, voxel_mm: float) -> dict[str, float]:
        """Measure the scan as the paper does.

        Returns
        -------
        dict
            ``score``, ``mse``, ``cluster_pixels`` and ``cluster_mm2`` (mean size of the 2-D clusters of
            outlying pixels over all axial slices), and ``<band> %`` of voxels and ``<band> pixels`` (mean
            cluster) for each of the `BANDS`.
        """
        pixels = mean_cluster_size(np.abs(self.z) >= OUTLYING)
        values = {
            "score": self.score,
            "mse": mean_square(self.residual),
            "cluster_pixels": pixels,
            "cluster_mm2": pixels * voxel_mm**2,
        }
        for band in BANDS:
            inside = in_band(self.z, band)
            values[f"{band} %"] = 100.0 * float(inside.mean())
            values[f"{band} pixels"] = mean_cluster_size(inside)
        return values


class Detector(Protocol):
    """Anything that compares scans with what is normal."""

    def look(self, scans: Iterable[np.ndarray]) -> Iterator[AnomalyMap]:
        """Say of every scan, (N, N, N) in [0, 1], what is odd."""


def mean_square(values: np.ndarray) -> float:
    """Mean of the squares."""
    return float(np.square(values).mean())


def standard_score(residual: np.ndarray) -> np.ndarray:
    """Residual in standard deviations of the volume itself, as the paper's text says.

    Departure: the author's metrics notebook divides by 0.1 instead.
    """
    return (residual - residual.mean()) / residual.std()


def in_band(score: np.ndarray, band: str) -> np.ndarray:
    """Voxels in a band; intervals are closed away from zero, so that every score of 2 or more is in one."""
    low, high = BANDS[band]
    return (score > low) & (score <= high) if high < 0 else (score >= low) & (score < high)


def cluster_sizes(mask: np.ndarray) -> np.ndarray:
    """Sizes in pixels of the 2-D connected components (8 neighbours) of all axial slices.

    The paper's text says slice-wise; the author's notebook looks at the middle slice only.

    Parameters
    ----------
    mask : array of bool, shape (X, Y, Z)

    Returns
    -------
    array of int
        One entry a component; empty where nothing is set.
    """
    # Slices with nothing in them are most of a volume; neighbours in other slices do not count.
    chosen = mask[:, :, mask.any(axis=(0, 1))]
    in_plane = np.zeros((3, 3, 3), dtype=bool)
    in_plane[:, :, 1] = EIGHT_NEIGHBOURS
    labels, _ = ndimage.label(chosen, structure=in_plane)
    return np.bincount(labels.ravel())[1:]


def mean_cluster_size(mask: np.ndarray) -> float:
    """Mean size in pixels of the clusters; 0 where there are none."""
    sizes = cluster_sizes(mask)
    return float(sizes.mean()) if sizes.size else 0.0
