"""Resampling onto another grid, with geometry kept right."""

import nibabel as nib
import numpy as np

from neolab.errors import InputError
from neolab.io.geometry import (
    canonical,
    centre_of_field_mm,
    from_sitk,
    itk_transform,
    new_image,
    one_thread,
    to_sitk,
)

Image = nib.spatialimages.SpatialImage

INTERPOLATIONS = {"nearest": "sitkNearestNeighbor", "linear": "sitkLinear", "cubic": "sitkBSpline"}


def resample_to_grid(
    image: Image,
    reference: Image | tuple[tuple[int, int, int], np.ndarray],
    interpolation: str = "linear",
    matrix: np.ndarray | None = None,
    fill: float = 0.0,
) -> nib.Nifti1Image:
    """Return ``image`` sampled at the voxels of another grid.

    Parameters
    ----------
    image : nibabel image, (X, Y, Z)
    reference : nibabel image, or (shape, affine)
        The grid to fill.
    interpolation : str
        ``linear``, ``cubic``, or ``nearest`` for labels and masks, which keeps the type of number.
    matrix : ndarray, (4, 4), optional
        World coordinates (RAS+ mm) of the reference to those of the image, such as ``register_affine`` gives;
        the identity by default.
    fill : float
        Value outside the image.
    """
    import SimpleITK as sitk

    if interpolation not in INTERPOLATIONS:
        raise InputError(
            f"interpolation: found {interpolation!r}, expected one of {', '.join(INTERPOLATIONS)}"
        )
    dtype = _label_type(image) if interpolation == "nearest" else np.float32
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(_grid(reference))
    resampler.SetInterpolator(getattr(sitk, INTERPOLATIONS[interpolation]))
    resampler.SetDefaultPixelValue(float(fill))
    resampler.SetTransform(itk_transform(np.eye(4) if matrix is None else matrix))
    with one_thread():
        return from_sitk(resampler.Execute(to_sitk(image, dtype)))


def resample_to_voxel_size(
    image: Image, voxel_mm: float | tuple, interpolation: str = "linear"
) -> nib.Nifti1Image:
    """Return ``image`` with voxels of ``voxel_mm``, same axes and centre, and at least its field of view."""
    affine, shape = image.affine, np.array(image.shape[:3])
    old = nib.affines.voxel_sizes(affine)
    new = np.broadcast_to(np.asarray(voxel_mm, float), 3)
    if (new <= 0).any():
        raise InputError(f"voxel size: found {voxel_mm} mm, expected more than 0")
    count = np.maximum(np.ceil(shape * old / new - 1e-6), 1).astype(int)
    return resample_to_grid(image, _centred_grid(image, count, affine[:3, :3] / old * new), interpolation)


def resample_to_shape(
    image: Image, shape: tuple[int, int, int], interpolation: str = "linear", keep_aspect: bool = True
) -> nib.Nifti1Image:
    """Return ``image`` on a grid of ``shape``, such as a cube, with the same centre and axes.

    Parameters
    ----------
    image : nibabel image, (X, Y, Z)
    shape : tuple of int
    interpolation : str
        As for :func:`resample_to_grid`.
    keep_aspect : bool
        True: cubic voxels, just large enough to hold the whole field of view, filled up with zeros. False:
        each axis is stretched on its own until the field of view fills the grid, so voxels are not cubic and
        shapes on the grid are distorted, though the affine says by how much.

    Notes
    -----
    The field of view is kept from edge to edge of the outermost voxels. ``scipy.ndimage.zoom`` with its
    default keeps the centres of the outermost voxels instead, which differs by up to half a voxel.
    """
    target = np.array(shape)
    if target.shape != (3,) or (target < 1).any():
        raise InputError(f"shape: found {shape}, expected three positive numbers")
    old = nib.affines.voxel_sizes(image.affine)
    new = np.array(image.shape[:3]) * old / target
    new = np.full(3, new.max()) if keep_aspect else new
    grid = _centred_grid(image, target, image.affine[:3, :3] / old * new)
    return resample_to_grid(image, grid, interpolation)


def crop_to_mask(image: Image, mask: Image | np.ndarray, margin_voxels: int = 0) -> nib.Nifti1Image:
    """Return the smallest box of ``image`` that holds ``mask``, with a margin; voxels keep their place.

    Raises
    ------
    InputError
        If the mask is empty.
    """
    inside = np.asarray(getattr(mask, "dataobj", mask)) > 0
    if not inside.any():
        raise InputError("mask: found no voxel inside, expected some")
    ends = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis})))[[0, -1]] for axis in range(3)]
    low = [max(int(first) - margin_voxels, 0) for first, _ in ends]
    high = [int(last) + margin_voxels + 1 for _, last in ends]
    return image.slicer[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]


def reorient(image: Image) -> Image:
    """Return the image with axes nearest to right, front and up, without resampling."""
    return canonical(image)


def _label_type(image: Image) -> type:
    """Return a type that SimpleITK knows and that holds the image's labels exactly."""
    kind = image.get_data_dtype()
    if kind.kind == "b":
        return np.uint8
    return np.int32 if kind.itemsize > 4 and kind.kind in "iu" else kind.type


def _centred_grid(
    image: Image, count: np.ndarray, axes: np.ndarray
) -> tuple[tuple[int, int, int], np.ndarray]:
    """Return the grid of ``count`` voxels along ``axes`` (3, 3) mm that has the centre of ``image``."""
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = centre_of_field_mm(image.shape, image.affine) - axes @ ((count - 1) / 2)
    return tuple(int(n) for n in count), affine


def _grid(reference: Image | tuple[tuple[int, int, int], np.ndarray]) -> object:
    if isinstance(reference, tuple):
        shape, affine = reference
    else:
        shape, affine = reference.shape[:3], reference.affine
    return to_sitk(new_image(np.broadcast_to(np.uint8(0), tuple(shape)), affine), np.uint8)
