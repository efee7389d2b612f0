"""From a T2 volume to the network's input: resampling to a cube, then z-score over all voxels.

The paper (Eq. 3-4) and the authors' code (``src/dataset.py``, commit c6c4517) differ in two things: the paper
says that the brain was extracted, the code reads the whole image; and they place the samples differently.
"""

from typing import Literal

import numpy as np
from scipy import ndimage

EPSILON = 1e-8

Variant = Literal["paper", "code", "crop"]


def prepare(volume: np.ndarray, side: int = 128, variant: Variant = "paper", brain_mask=None) -> np.ndarray:
    """Resample a volume to a cube and standardise it.

    Parameters
    ----------
    volume : array, shape (X, Y, Z)
        Intensities. The anatomy is stretched: the aspect ratio is not kept, in either variant.
    side : int
        Voxels along each axis of the result.
    variant : {"paper", "code", "crop"}
        ``"paper"`` sets voxels outside ``brain_mask`` to zero first and samples at voxel centres (the two
        grids share their outer faces). ``"code"`` ignores the mask and samples as `scipy.ndimage.zoom` does
        (the two grids share their outermost voxel centres). ``"crop"`` is the ablation without the global
        resize: the middle ``side`` voxels along each axis, as they are.
    brain_mask : array of bool, shape (X, Y, Z), optional
        Needed by ``"paper"`` when the skull is still there.

    Returns
    -------
    array of float32, shape (side, side, side)
        Mean 0, standard deviation 1 over all voxels, background included; all 0 for a constant volume.
    """
    volume = np.asarray(volume, dtype=np.float32)
    if variant != "code" and brain_mask is not None:
        volume = np.where(brain_mask, volume, 0.0)
    cube = centre_crop(volume, side) if variant == "crop" else _resample(volume, side, variant)
    spread = cube.std()
    if spread == 0:
        return np.zeros_like(cube)
    return (cube - cube.mean()) / (spread + (EPSILON if variant == "paper" else 0))


def centre_crop(volume: np.ndarray, side: int) -> np.ndarray:
    """Cut the middle ``side`` voxels along each axis; a shorter axis is filled up with zeros."""
    cube = np.zeros((side,) * 3, volume.dtype)
    taken, placed = [], []
    for n in volume.shape:
        length = min(n, side)
        taken.append(slice((n - length) // 2, (n - length) // 2 + length))
        placed.append(slice((side - length) // 2, (side - length) // 2 + length))
    cube[tuple(placed)] = volume[tuple(taken)]
    return cube


def _resample(volume: np.ndarray, side: int, variant: Variant) -> np.ndarray:
    """Interpolate linearly on a cube of ``side`` voxels."""
    return ndimage.zoom(
        volume,
        [side / n for n in volume.shape],
        order=1,
        mode="nearest" if variant == "paper" else "constant",
        grid_mode=variant == "paper",
    )
