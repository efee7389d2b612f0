"""Geometry: nibabel (RAS+ millimetres) to SimpleITK (LPS+ millimetres) and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from neolab.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

# nibabel's first two world axes point to the right and to the front, ITK's to the left and to the back.
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

# ITK inverts axes with LINPACK's singular value decomposition. Entries below about 1e-300 underflow in it,
# and the inverse is then wrong or NaN without an error. Over a metre, 1e-15 of an axis is 1e-12 mm: nothing.
NEGLIGIBLE = 1e-15


@contextmanager
def one_thread() -> Iterator[None]:
    """Let SimpleITK compute with one thread, so that the same scan twice gives the same array.

    With several threads the order of floating-point sums varies, and mutual information with it; the filters'
    own setting does not reach their metrics, so the default of the process is changed for the while.
    """
    import SimpleITK as sitk

    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def to_sitk(image: nib.spatialimages.SpatialImage, dtype: type = np.float32) -> "sitk.Image":
    """Return a 3-D nibabel image as a SimpleITK image that lies in the same place.

    Raises
    ------
    InputError
        If the image is not three-dimensional.
    """
    import SimpleITK as sitk

    if len(image.shape) != 3:
        raise InputError(f"image: found {len(image.shape)} dimensions, expected 3")
    data = np.asarray(image.dataobj)
    data = data.astype(np.uint8) if data.dtype == bool else data
    # ITK counts array axes from the slowest, so (X, Y, Z) goes in as (Z, Y, X).
    result = sitk.GetImageFromArray(np.ascontiguousarray(data.T, dtype=dtype))
    spacing, direction, origin = itk_frame(image.affine)
    result.SetSpacing(spacing)
    result.SetDirection(direction)
    result.SetOrigin(origin)
    return result


def from_sitk(image: "sitk.Image") -> nib.Nifti1Image:
    """Return a 3-D SimpleITK image as a nibabel image that lies in the same place."""
    import SimpleITK as sitk

    affine = ras_affine(image.GetSpacing(), image.GetDirection(), image.GetOrigin())
    return new_image(np.ascontiguousarray(sitk.GetArrayFromImage(image).T), affine)


def itk_frame(affine: np.ndarray) -> tuple[list[float], list[float], list[float]]:
    """Return spacing (3), direction (9, row by row) and origin (3) in ITK's frame for a RAS+ affine."""
    lps = RAS_TO_LPS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    direction = without_underflow(lps[:3, :3] / spacing)
    return spacing.tolist(), direction.ravel().tolist(), lps[:3, 3].tolist()


def without_underflow(axes: np.ndarray) -> np.ndarray:
    """Return ``axes`` (3, 3) with 0 for entries that are negligible beside the largest; see NEGLIGIBLE."""
    return np.where(np.abs(axes) < NEGLIGIBLE * np.abs(axes).max(), 0.0, axes)


def ras_affine(spacing: object, direction: object, origin: object) -> np.ndarray:
    """Return the RAS+ affine (4, 4) of ITK's spacing, direction and origin."""
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(direction, (3, 3)) * np.asarray(spacing)
    affine[:3, 3] = origin
    return RAS_TO_LPS @ affine


def itk_transform(matrix: np.ndarray) -> "sitk.AffineTransform":
    """Return the ITK transform of a RAS+ world matrix (4, 4)."""
    import SimpleITK as sitk

    lps = RAS_TO_LPS @ matrix @ RAS_TO_LPS
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(without_underflow(lps[:3, :3]).ravel().tolist())
    transform.SetTranslation(lps[:3, 3].tolist())
    return transform


def world_matrix(transform: "sitk.Transform") -> np.ndarray:
    """Return the RAS+ world matrix (4, 4) of a linear ITK transform, whatever its class."""
    points = np.vstack([np.zeros(3), np.eye(3)])
    moved = np.array([transform.TransformPoint(point.tolist()) for point in points])
    lps = np.eye(4)
    lps[:3, :3] = (moved[1:] - moved[0]).T
    lps[:3, 3] = moved[0]
    return RAS_TO_LPS @ lps @ RAS_TO_LPS


def new_image(data: np.ndarray, affine: np.ndarray) -> nib.Nifti1Image:
    """Return an image in scanner millimetres; booleans become bytes, 64-bit numbers become 32-bit."""
    small = {np.dtype(bool): np.uint8, np.dtype(np.int64): np.int32, np.dtype(np.float64): np.float32}
    data = data.astype(small.get(data.dtype, data.dtype), copy=False)
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header.set_xyzt_units("mm", "sec")
    return image


def canonical(image: nib.spatialimages.SpatialImage) -> nib.spatialimages.SpatialImage:
    """Return the image with its axes nearest to right, front and up; every voxel keeps its place."""
    return nib.as_closest_canonical(image)


def centre_of_field_mm(shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    """Return the world coordinates of the middle of a grid, (3,)."""
    return nib.affines.apply_affine(affine, (np.array(shape[:3]) - 1) / 2)
