"""Reading voxels, and refusing those that are damaged or not what they should be."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from neolab.errors import InputError
from neolab.io.patterns import FilePattern
from neolab.io.volume import Volume


def label_array(path: Path, lookup: dict[str, int]) -> np.ndarray:
    """Return a label map as whole numbers.

    Raises
    ------
    InputError
        If a voxel holds a value that is no whole number, or not among those of ``lookup`` (and 0).
    """
    data = voxels(path)
    values = np.unique(data)
    if not np.array_equal(values, np.rint(values)):
        raise InputError(
            f"{path.name}: found label {values[values != np.rint(values)][0]:g}, expected whole numbers"
        )
    outside = np.setdiff1d(values, [0, *lookup.values()]) if lookup else []
    if len(outside):
        known = ", ".join(map(str, sorted({0, *lookup.values()})))
        raise InputError(f"{path.name}: found label {outside[0]:g}, expected one of {known}")
    return data.astype(np.int16 if data.dtype.kind == "f" else data.dtype, copy=False)


def voxels(path: Path) -> np.ndarray:
    """Return the voxels of an image.

    Raises
    ------
    InputError
        If they cannot be read, are not those that were written, or are not all finite.
    """
    import nibabel as nib

    try:
        image = nib.load(path)
        if path.suffix == ".gz":
            # nibabel stops reading before the checksum at the end; this compares it.
            image = type(image).from_bytes(gzip.decompress(path.read_bytes()))
        data = np.asanyarray(image.dataobj)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path.name}: found damaged voxels ({error}), expected a whole image") from None
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        raise InputError(f"{path.name}: found voxels that are not finite, expected finite numbers")
    return data


def read_volume(path: Path, pattern: FilePattern) -> Volume:
    """Read one file as its role asks: images as they are, labels as whole numbers, masks as booleans.

    Raises
    ------
    InputError
        See `neolab.io.cohort.Cohort.read`.
    """
    import nibabel as nib

    data = label_array(path, pattern.lookup or {}) if pattern.role == "labels" else voxels(path)
    if data.ndim == 4 and data.shape[3] == 1:
        data = data[..., 0]
    if data.ndim != 3:
        raise InputError(f"{path.name}: found {data.ndim} dimensions, expected 3")
    image = nib.as_closest_canonical(nib.Nifti1Image(data, nib.load(path).affine))
    data = np.asanyarray(image.dataobj)
    return Volume(data > 0 if pattern.role == "masks" else data, image.affine)
