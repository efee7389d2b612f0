"""Grad-CAM of held-out infants, by the network that did not train on them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Tensor, nn

from neolab.io.cohort import Cohort
from neolab.studies.gloresnet2026.gradcam import grad_cam, mass_ratio
from neolab.studies.gloresnet2026.volumes import oriented, resized_mask


def held_out_map(
    networks: Sequence[nn.Module], volumes: Tensor, fold: np.ndarray, row: int, stage: int = 4
) -> np.ndarray:
    """Grad-CAM for injury of one scan, (N, N, N) from 0 to 1.

    Parameters
    ----------
    networks : sequence of nn.Module
        One a fold.
    volumes : Tensor
        (n, 1, N, N, N).
    fold : array of int, shape (n,)
        The fold that tests each scan.
    row : int
    stage : int
        See `neolab.studies.gloresnet2026.gradcam.grad_cam`.
    """
    network = networks[int(fold[row])]
    device = next(network.parameters()).device
    return grad_cam(network, volumes[row : row + 1].to(device), stage=stage)


def lesion_ratios(
    cohort: Cohort,
    rows: Sequence[int],
    maps_of: dict[str, Sequence[nn.Module]],
    volumes: Tensor,
    fold: np.ndarray,
    stage: int = 4,
) -> pd.DataFrame:
    """How much more of each map lies in the lesions than an even map would put there.

    Parameters
    ----------
    cohort : Cohort
        With ``lesion_mask`` and ``brain_mask``.
    rows : sequence of int
        Scans with lesions.
    maps_of : dict of str to sequence of nn.Module
        Name -> one network a fold, such as trained and untrained ones.
    volumes, fold, stage
        As for `held_out_map`.

    Returns
    -------
    DataFrame
        One row a scan, one column a name; see `neolab.studies.gloresnet2026.gradcam.mass_ratio`.
    """
    side = volumes.shape[-1]
    table = []
    for row in rows:
        lesion, brain = (
            resized_mask(oriented(cohort, row, kind) > 0, side) for kind in ("lesion_mask", "brain_mask")
        )
        table.append(
            {
                name: mass_ratio(held_out_map(networks, volumes, fold, row, stage), lesion, brain)
                for name, networks in maps_of.items()
            }
        )
    return pd.DataFrame(table, index=pd.Index(rows, name="row"))


def on_the_scan(cube: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Stretch a map of the cube back over the scan that it came from, (X, Y, Z)."""
    from scipy import ndimage

    factors = [n / m for n, m in zip(shape, cube.shape, strict=True)]
    return np.clip(ndimage.zoom(cube, factors, order=1, mode="nearest", grid_mode=True), 0, 1)
