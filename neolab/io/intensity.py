"""Intensities: bias field and normalisation."""

import nibabel as nib
import numpy as np

from neolab.errors import InputError
from neolab.io.geometry import from_sitk, new_image, one_thread, to_sitk

Image = nib.spatialimages.SpatialImage


def n4_bias_correction(
    image: Image,
    mask: Image | None = None,
    iterations: tuple[int, ...] = (50, 50, 50),
    working_voxel_mm: float = 4.0,
    knot_distance_mm: float = 120.0,
) -> nib.Nifti1Image:
    """Remove the slowly varying shading of a scan with N4 (Tustison et al. 2010, IEEE TMI 29:1310).

    Parameters
    ----------
    image : nibabel image, (X, Y, Z)
        Not negative.
    mask : nibabel image, optional
        Where the field is estimated; by default where the image is above its Otsu threshold.
    iterations : tuple of int
        At most so many at each of the levels, whose control points double.
    working_voxel_mm : float
        The field is smooth, so it is estimated on voxels of about this size and applied to all.
    knot_distance_mm : float
        Distance of the spline's knots at the first level: the scale of the shading.

    Returns
    -------
    Nifti1Image
        The image divided by the field, whose mean logarithm inside the mask is zero.
    """
    import SimpleITK as sitk

    full = to_sitk(image)
    if float(np.min(sitk.GetArrayViewFromImage(full))) < 0:
        raise InputError("image: found negative voxels, expected a magnitude image for bias correction")
    inside = to_sitk(mask, np.uint8) > 0 if mask is not None else sitk.OtsuThreshold(full, 0, 1)
    factors = [max(1, round(working_voxel_mm / size)) for size in full.GetSpacing()]
    factors = [min(factor, max(1, size // 8)) for factor, size in zip(factors, full.GetSize(), strict=True)]
    small = sitk.Shrink(full, factors)
    small_inside = sitk.Shrink(inside, factors)
    extent = [n * size for n, size in zip(small.GetSize(), small.GetSpacing(), strict=True)]
    filter_ = sitk.N4BiasFieldCorrectionImageFilter()
    filter_.SetMaximumNumberOfIterations(iterations)
    # Cubic splines need the order plus one control points for the first span, and one for each further span.
    filter_.SetNumberOfControlPoints([3 + max(1, round(length / knot_distance_mm)) for length in extent])
    with one_thread():
        filter_.Execute(small, small_inside)
        log_field = from_sitk(filter_.GetLogBiasFieldAsImage(full)).get_fdata(dtype=np.float32)
    log_field -= log_field[from_sitk(inside).get_fdata() > 0].mean()
    return new_image(image.get_fdata(dtype=np.float32) / np.exp(log_field), image.affine)


def min_max(image: Image, mask: Image | np.ndarray | None = None) -> nib.Nifti1Image:
    """Return the image scaled to 0..1: the smallest value inside ``mask`` becomes 0, the largest 1.

    Voxels outside the mask become 0; without a mask all voxels count. A constant image becomes 0.
    """
    data, inside = _data_and_mask(image, mask)
    low, high = float(data[inside].min()), float(data[inside].max())
    scaled = (data - low) / (high - low) if high > low else np.zeros_like(data)
    return new_image(np.where(inside, scaled, 0).astype(np.float32), image.affine)


def z_score(image: Image, mask: Image | np.ndarray | None = None, epsilon: float = 1e-8) -> nib.Nifti1Image:
    """Return the image with mean 0 and standard deviation 1 over ``mask``, or over all voxels without one.

    Voxels outside the mask become 0, the mean. ``epsilon`` is added to the (population) standard deviation.
    """
    data, inside = _data_and_mask(image, mask)
    values = data[inside].astype(np.float64)
    scaled = (data - values.mean()) / (values.std() + epsilon)
    return new_image(np.where(inside, scaled, 0).astype(np.float32), image.affine)


def _data_and_mask(image: Image, mask: Image | np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    data = image.get_fdata(dtype=np.float32)
    if mask is None:
        return data, np.ones(data.shape, bool)
    inside = np.asarray(getattr(mask, "dataobj", mask)) > 0
    if inside.shape != data.shape:
        raise InputError(f"mask: found shape {inside.shape}, expected {data.shape} as in its image")
    if not inside.any():
        raise InputError("mask: found no voxel inside, expected some")
    return data, inside
