"""Reading voxels, and refusing those that are damaged or not what they should be.

How masks are read: voxels that are 0 or one other value are a mask of that value (1 or 255); whole numbers
count the pieces of a numbered mask; fractions from 0 to 1 are probabilities, and in is what has one half or
more. Anything else is refused. Labels are whole numbers up to the rounding of a scaled file.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from neolab.errors import InputError
from neolab.io.nifti_read import open_nifti
from neolab.io.patterns import FilePattern
from neolab.io.placement import placement
from neolab.io.volume import Volume

#: A label stored through a slope comes back with an error of a few 32-bit roundings of the largest label.
WHOLE_TOLERANCE = 1e-3
#: Beyond it the square of a voxel leaves 32 bits: the slope of the header is wrong.
LARGEST_VOXEL = 1e18


def read_volume(path: Path, pattern: FilePattern) -> Volume:
    """Read one file as its role asks: images as they are, labels as whole numbers, masks as booleans.

    Raises
    ------
    InputError
        If it cannot be read, is damaged, does not say where it lies, is not three-dimensional, or holds what
        its role cannot have: a voxel that is not finite, a label that its lookup table does not declare.
    """
    try:
        data, affine = _voxels(path)
        if pattern.role == "labels":
            data = as_labels(data, pattern.lookup or {})
        elif pattern.role == "masks":
            data = as_mask(data)
        elif data.dtype.kind == "f":
            _refuse_not_finite(data)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    return upright(data, affine)


def upright(data: np.ndarray, affine: np.ndarray) -> Volume:
    """Turn an array so that its axes run to the right, front and head; every voxel keeps its place."""
    import nibabel as nib

    turn = nib.orientations.io_orientation(affine)
    turned = nib.orientations.apply_orientation(data, turn)
    return Volume(turned, affine @ nib.orientations.inv_ornt_aff(turn, data.shape))


def as_labels(data: np.ndarray, lookup: dict[str, int]) -> np.ndarray:
    """Return labels as whole numbers.

    Raises
    ------
    InputError
        If a voxel holds a value that is no whole number, or not among those of ``lookup`` (and 0).
    """
    if data.dtype.kind == "f":
        _refuse_not_finite(data)
        whole = np.rint(data)
        apart = np.abs(data - whole)
        if apart.max(initial=0) > WHOLE_TOLERANCE:
            worst = float(data.flat[int(apart.argmax())])
            raise InputError(f"found label {worst!r}, expected whole numbers")
        data = whole.astype(np.int32)
    if lookup:
        outside = np.setdiff1d(np.unique(data), [0, *lookup.values()])
        if outside.size:
            known = ", ".join(map(str, sorted({0, *lookup.values()})))
            raise InputError(f"found label {outside[0]:g}, expected one of {known}")
    return data if data.dtype.itemsize <= 4 else data.astype(np.int32)


def as_mask(data: np.ndarray) -> np.ndarray:
    """Return a mask as booleans; the rule stands at the top of this module.

    Raises
    ------
    InputError
        If the values are none of a mask's.
    """
    if data.dtype.kind == "f":
        _refuse_not_finite(data)
    low, high = float(data.min()), float(data.max())
    if low < 0:
        raise InputError(f"found values down to {low:g}, expected a mask: 0 outside and positive inside")
    if _is_whole(data):
        if low > 0 and low != high:
            raise InputError(f"found no voxel of 0 but values from {low:g} to {high:g}, expected a mask")
        return data > WHOLE_TOLERANCE
    if low == 0 and np.unique(data).size == 2:
        return data > 0
    if high > 1 + WHOLE_TOLERANCE:
        raise InputError(f"found fractions up to {high:g}, expected a mask or probabilities from 0 to 1")
    return data >= 0.5


def _is_whole(data: np.ndarray) -> bool:
    return data.dtype.kind != "f" or bool((np.abs(data - np.rint(data)) <= WHOLE_TOLERANCE).all())


def _refuse_not_finite(data: np.ndarray) -> None:
    bad = data.size - int(np.isfinite(data).sum())
    if bad:
        raise InputError(
            f"found {bad} voxels that are not finite, expected finite numbers (a background of NaN, as some "
            "programs leave it, must become 0)"
        )
    if max(abs(float(data.min())), abs(float(data.max()))) > LARGEST_VOXEL:
        raise InputError(f"found voxels beyond {LARGEST_VOXEL:g}, expected numbers that can be squared")


def _voxels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (X, Y, Z) as stored, and the affine."""
    image = open_nifti(path)
    affine = placement(image.header)
    try:
        if path.suffix == ".gz":
            # nibabel stops reading before the checksum at the end; this compares it.
            image = type(image).from_bytes(gzip.decompress(path.read_bytes()))
        data = np.asanyarray(image.dataobj)
    except (OSError, EOFError, zlib.error, ValueError, OverflowError, MemoryError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"found damaged voxels ({reason}), expected a whole image") from None
    return data.reshape(data.shape[:3]), affine
