"""The five axial levels of the paper, found from anatomy, and the pictures that the network sees."""

from collections.abc import Mapping

import numpy as np

from neolab.errors import InputError
from neolab.studies.wada2019.network import IMAGE_SIZE, LEVELS

#: Height of each level above the lowest brain slice as a share of the brain's height; used where a folder has
#: a brain mask and no tissue labels (design values, read off labelled simulated infants).
HEIGHT_SHARE = dict(zip(LEVELS, (0.27, 0.40, 0.53, 0.70, 0.80), strict=True))
#: What a label map must tell apart for the levels to be found in it.
LANDMARKS = (
    "brainstem",
    "cerebellar_white_matter",
    "internal_capsule",
    "corpus_callosum",
    "lateral_ventricles",
    "white_matter",
)


def find_levels(labels: np.ndarray, lookup: Mapping[str, int]) -> dict[str, int]:
    """Find the five levels in a tissue label map.

    Parameters
    ----------
    labels : array of int, shape (X, Y, Z)
        Axial slices along the last axis, from below upwards.
    lookup : mapping of str to int
        Tissue name -> label; needs the `LANDMARKS`.

    Returns
    -------
    dict of str to int
        Level name (see `neolab.studies.wada2019.network.LEVELS`) -> slice, strictly increasing.

    Raises
    ------
    InputError
        If a tissue is missing from the lookup or from the map.
    """
    area = {}
    for name in LANDMARKS:
        if name not in lookup or not (labels == lookup[name]).any():
            raise InputError(f"label map: found no {name}, expected it for finding the levels of Wada 2019")
        area[name] = (labels == lookup[name]).sum(axis=(0, 1)).astype(float)
    peduncle = int(np.argmax(area["brainstem"] * area["cerebellar_white_matter"]))
    capsule = int(np.argmax(area["internal_capsule"] * (1 + area["corpus_callosum"])))
    midbrain = (peduncle + capsule) // 2
    top = int(np.flatnonzero(area["white_matter"]).max())
    # Above the bodies of the ventricles, and above the callosum that roofs them.
    roof = max(_highest(area["lateral_ventricles"]), _highest(area["corpus_callosum"]))
    semiovale = min(roof + 1, top - 2)
    subcortical = (semiovale + top + 1) // 2
    return _increasing(dict(zip(LEVELS, (peduncle, midbrain, capsule, semiovale, subcortical), strict=True)))


def levels_by_height(brain_mask: np.ndarray) -> dict[str, int]:
    """Place the five levels at fixed shares of the brain's height, for scans without tissue labels.

    Parameters
    ----------
    brain_mask : array of bool, shape (X, Y, Z)
    """
    slices = np.flatnonzero(brain_mask.any(axis=(0, 1)))
    height = slices[-1] - slices[0]
    return _increasing({name: int(round(slices[0] + share * height)) for name, share in HEIGHT_SHARE.items()})


def picture(plane: np.ndarray, brain: np.ndarray, size: int = IMAGE_SIZE, scale_mm: float | None = None,
            pixel_mm: float = 1.0) -> np.ndarray:  # fmt: skip
    """Crop one axial slice to the brain and resize it, as an 8-bit bitmap scaled to [0, 1].

    Parameters
    ----------
    plane : array, shape (X, Y)
        Intensities.
    brain : array of bool, shape (X, Y)
        Brain in this slice; the crop is the square around it with a margin of 5 %.
    size : int
        Pixels along a side of the picture.
    scale_mm : float, optional
        Side of the crop in millimetres; by default what the brain needs, so that brain size is lost.
    pixel_mm : float
        Pixel of ``plane``; needed with ``scale_mm``.

    Returns
    -------
    array of float32, shape (size, size)
        Steps of 1/255, as the paper's bitmaps.
    """
    from scipy import ndimage

    x, y = np.nonzero(brain) if brain.any() else np.nonzero(np.ones_like(brain))
    centre = np.array([(x.min() + x.max()) / 2, (y.min() + y.max()) / 2])
    needed = 1.05 * max(np.ptp(x), np.ptp(y)) + 1
    side = needed if scale_mm is None else scale_mm / pixel_mm
    along = (np.arange(size) + 0.5) / size * side - side / 2
    grid = np.meshgrid(centre[0] + along, centre[1] + along, indexing="ij")
    crop = ndimage.map_coordinates(np.asarray(plane, np.float32), grid, order=1, mode="constant")
    low, high = np.percentile(crop, (0, 99.5))
    scaled = np.clip((crop - low) / max(high - low, 1e-6), 0, 1)
    return (np.round(255 * scaled) / 255).astype(np.float32)


def _highest(area: np.ndarray) -> int:
    """Highest slice with more than a trace, 5 % of its largest cut, of a structure."""
    return int(np.flatnonzero(area > 0.05 * area.max()).max())


def _increasing(levels: dict[str, int]) -> dict[str, int]:
    """Push levels up where two of them fell on the same slice, as in a small head with thick slices."""
    last = -1
    result = {}
    for name, level in levels.items():
        last = max(level, last + 1)
        result[name] = last
    return result
