"""From an image of any modality to the two channels that the networks see."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from neolab.errors import InputError
from neolab.io.volume import Volume
from neolab.studies.sundaresan2023.symmetry import radial_symmetry
from neolab.studies.sundaresan2023.vessel_removal import fill_outside, remove_vessels

# Microbleeds are dark here, and are made bright by 1 - x; on QSM they are bright already.
DARK_MICROBLEEDS = {"gre": True, "swi": True, "qsm": False}
# The window in which QSM is usually looked at: a microbleed fills it, as a signal void fills that of SWI.
QSM_RANGE_PPM = (-0.1, 0.2)
SYMMETRY_PERCENTILE = 99.9


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an image, and how.

    Attributes
    ----------
    bias : {"n4", "smooth", "none"}
        Bias correction of GRE and SWI: N4, division by a wide local mean (fast), or nothing.
    vessels : bool
        Whether to in-paint vessels and sulci.
    """

    bias: str
    vessels: bool


@dataclass
class Prepared:
    """Network input of one scan, cropped to the brain.

    Attributes
    ----------
    channels : ndarray (2, X, Y, Z)
        float16 in 0..1 (a study keeps all its scans in memory): image with microbleeds bright, symmetry map.
    mask : ndarray of bool (X, Y, Z)
        Brain.
    box : tuple of slice
        Where the crop lies in the scan.
    voxel_mm : tuple of float
    affine : ndarray
        Of the crop.
    """

    channels: np.ndarray
    mask: np.ndarray
    box: tuple[slice, ...]
    voxel_mm: tuple[float, float, float]
    affine: np.ndarray


def prepare(image: Volume, brain: np.ndarray, modality: str, steps: Preprocessing) -> Prepared:
    """The paper's chain: brain, bias field, scale, inversion, crop, vessels, symmetry transform.

    Parameters
    ----------
    image : Volume
    brain : ndarray of bool
        Brain mask on the image's grid.
    modality : {"gre", "swi", "qsm"}
    steps : Preprocessing

    Raises
    ------
    InputError
        If the modality is none of these, the mask has another shape, or is empty.
    """
    from nibabel.affines import from_matvec

    if modality not in DARK_MICROBLEEDS:
        raise InputError(f"modality: found {modality!r}, expected one of {', '.join(DARK_MICROBLEEDS)}")
    if brain.shape != image.shape:
        raise InputError(f"brain mask: found shape {brain.shape}, expected the image's {image.shape}")
    if not brain.any():
        raise InputError("brain mask: found no voxel, expected a brain")
    box = _crop(brain)
    data, mask, voxel = image.data[box].astype(np.float32), brain[box], image.voxel_mm
    affine = image.affine @ from_matvec(np.eye(3), [part.start for part in box])
    bright = anchor(_bright(data, mask, modality, voxel, affine, steps.bias), mask)
    if steps.vessels:
        bright = remove_vessels(bright, mask) * mask
    symmetry = radial_symmetry(fill_outside(bright, mask), mask=mask)
    # Departure: the code divides by the largest value; one large microbleed would then hide the small ones.
    symmetry = np.clip(symmetry / max(float(np.percentile(symmetry[mask], SYMMETRY_PERCENTILE)), 1e-6), 0, 1)
    return Prepared(np.stack([bright, symmetry]).astype(np.float16), mask, box, voxel, affine)


def _crop(brain: np.ndarray) -> tuple[slice, ...]:
    """Box of the brain with a margin of one voxel: distances to its edge need something outside.

    Where the field of view cuts through the brain there is no margin, and no edge.
    """
    tight = ndi.find_objects(brain.astype(np.uint8))[0]
    return tuple(
        slice(max(part.start - 1, 0), min(part.stop + 1, n))
        for part, n in zip(tight, brain.shape, strict=True)
    )


def _bright(data, mask, modality, voxel, affine, bias) -> np.ndarray:
    """Microbleeds bright in 0..1, 0 outside the brain."""
    if not DARK_MICROBLEEDS[modality]:
        # Departure: QSM has negative values, so division by the maximum is replaced by a fixed window.
        low, high = QSM_RANGE_PPM
        return np.clip((data - low) / (high - low), 0, 1) * mask
    flat = correct_bias(data, mask, voxel, affine, bias)
    # Departure: the largest value is a bright vessel or fat; the 99.5th percentile stands for it.
    scale = max(float(np.percentile(flat[mask], 99.5)), 1e-6)
    return (1 - np.clip(flat / scale, 0, 1)) * mask


def anchor(bright: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Put the median of the brain at 0 and leave a signal void at 1; what is darker than the median is 0.

    Departure: the code maps x to 2x - 1 and cuts at 0, which does the same for an image whose tissue happens
    to lie at .5. With the median one network can read GRE, SWI and QSM.
    """
    median = min(float(np.median(bright[mask])), 0.9)
    return (np.clip((bright - median) / (1 - median), 0, 1) * mask).astype(np.float32)


def correct_bias(data, mask, voxel_mm, affine, method: str) -> np.ndarray:
    """Divide by the shading of the coil: N4, a 20-mm local mean inside the brain, or not at all."""
    if method == "none":
        return data
    if method == "n4":
        from neolab.io.intensity import n4_bias_correction
        from neolab.io.volume import Volume

        brain = Volume(mask.astype(np.uint8), affine).image()
        positive = Volume(np.maximum(data, 0).astype(np.float32), affine).image()
        return n4_bias_correction(positive, brain).get_fdata(dtype=np.float32)
    if method != "smooth":
        raise InputError(f"bias: found {method!r}, expected n4, smooth or none")
    sigma = 20.0 / np.asarray(voxel_mm)
    weight = ndi.gaussian_filter(mask.astype(np.float32), sigma, truncate=2.5)
    shading = ndi.gaussian_filter((data * mask).astype(np.float32), sigma, truncate=2.5)
    return data / np.maximum(shading / np.maximum(weight, 1e-3), 1e-6)
