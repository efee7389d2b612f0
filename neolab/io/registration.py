"""Affine registration with SimpleITK, the same result every time."""

from operator import itemgetter

import nibabel as nib
import numpy as np

from neolab.errors import InputError
from neolab.io.geometry import from_sitk, itk_transform, one_thread, to_sitk, world_matrix
from neolab.io.resample import resample_to_grid

Image = nib.spatialimages.SpatialImage

METRICS = ("mutual_information", "correlation")
MOTIONS = ("rigid", "similarity", "affine")

# Mutual information of unsmoothed voxels prefers grids that coincide over heads that do.
SMOOTHING_VOXELS = 0.7

# By how much the working voxels are coarsened at each level of an optimisation.
COARSE, FINE = (2,), (2, 1)


def affine_register(moving: Image, fixed: Image, interpolation: str = "linear", **options) -> nib.Nifti1Image:
    """Return ``moving`` aligned with ``fixed``, on its grid; options as for :func:`register_affine`."""
    return resample_to_grid(moving, fixed, interpolation, register_affine(moving, fixed, **options))


def register_affine(
    moving: Image,
    fixed: Image,
    *,
    motion: str = "affine",
    metric: str = "mutual_information",
    fixed_mask: Image | None = None,
    initial: np.ndarray | None = None,
    working_voxel_mm: float = 3.0,
) -> np.ndarray:
    """Find the linear map that brings ``moving`` onto ``fixed``.

    Parameters
    ----------
    moving, fixed : nibabel image, (X, Y, Z)
    motion : str
        ``rigid`` (6 parameters), ``similarity`` (7) or ``affine`` (12); each starts from the one before.
    metric : str
        ``mutual_information`` (Mattes, any contrasts) or ``correlation`` (same contrast).
    fixed_mask : nibabel image, optional
        Only voxels of ``fixed`` inside it count.
    initial : ndarray, (4, 4), optional
        Where to start; by default the centres of mass coincide.
    working_voxel_mm : float
        Images are averaged down to about this voxel size; linear maps need no finer ones.

    Returns
    -------
    ndarray, (4, 4)
        World coordinates (RAS+ mm) of ``fixed`` to those of ``moving``.
    """
    if motion not in MOTIONS:
        raise InputError(f"motion: found {motion!r}, expected one of {', '.join(MOTIONS)}")
    if metric not in METRICS:
        raise InputError(f"metric: found {metric!r}, expected one of {', '.join(METRICS)}")
    fixed_small, moving_small = (
        working_copy(image, working_voxel_mm, SMOOTHING_VOXELS) for image in (fixed, moving)
    )
    mask_small = (
        to_sitk(resample_to_grid(fixed_mask, fixed_small, "nearest"), np.uint8) if fixed_mask else None
    )
    images = to_sitk(fixed_small), to_sitk(moving_small)
    problem = (*images, metric, mask_small)
    matrix = _start(*images) if initial is None else np.asarray(initial, float)
    if motion == "rigid":
        return _optimise(*problem, matrix, "rigid", FINE)[0]
    matrix, _ = _optimise(*problem, matrix, "rigid", COARSE)
    starts = [matrix] if initial is not None else [matrix, matrix @ _size_ratio(*images)]
    levels = FINE if motion == "similarity" else COARSE
    results = [_optimise(*problem, start, "similarity", levels) for start in starts]
    matrix, _ = min(results, key=itemgetter(1))
    return matrix if motion == "similarity" else _optimise(*problem, matrix, "affine", FINE)[0]


def working_copy(image: Image, voxel_mm: float, smoothing_voxels: float = 0.0) -> nib.Nifti1Image:
    """Return ``image`` averaged over whole numbers of voxels, so that they measure about ``voxel_mm``.

    ``smoothing_voxels`` is the standard deviation of a Gaussian that follows, in the new voxels.
    """
    import SimpleITK as sitk
    from scipy.ndimage import gaussian_filter

    own = nib.affines.voxel_sizes(image.affine)
    factors = np.clip(np.rint(voxel_mm / own), 1, image.shape[:3]).astype(int)
    with one_thread():
        small = from_sitk(sitk.BinShrink(to_sitk(image), factors.tolist()))
    data = gaussian_filter(small.get_fdata(dtype=np.float32), smoothing_voxels)
    return nib.Nifti1Image(data, small.affine)


def _start(fixed: object, moving: object) -> np.ndarray:
    """Return the shift that makes the centres of mass coincide."""
    import SimpleITK as sitk

    by_mass = sitk.CenteredTransformInitializerFilter.MOMENTS
    return world_matrix(sitk.CenteredTransformInitializer(fixed, moving, sitk.Euler3DTransform(), by_mass))


def _size_ratio(fixed: object, moving: object) -> np.ndarray:
    """Return the scaling about the centre of ``fixed`` that its extent and that of ``moving`` suggest.

    Concentric layers (scalp, skull, fluid) make a search that starts with the wrong size match one layer to
    another, and a newborn's head may be a third smaller than the atlas's.
    """
    (centre, spread), (_, moving_spread) = _centre_and_spread_mm(fixed), _centre_and_spread_mm(moving)
    ratio = moving_spread / spread
    matrix = np.diag([ratio, ratio, ratio, 1.0])
    matrix[:3, 3] = centre - ratio * centre
    return matrix


def _centre_and_spread_mm(image: object) -> tuple[np.ndarray, float]:
    """Return centre (3,) and root mean square radius of the voxels brighter than half the mean."""
    volume = from_sitk(image)
    data = np.asarray(volume.dataobj)
    points = nib.affines.apply_affine(volume.affine, np.argwhere(data > data.mean() / 2))
    centre = points.mean(axis=0)
    return centre, float(np.sqrt(((points - centre) ** 2).sum(axis=1).mean()))


def _optimise(
    fixed: object,
    moving: object,
    metric: str,
    mask: object | None,
    start: np.ndarray,
    motion: str,
    levels: tuple[int, ...],
) -> tuple[np.ndarray, float]:
    """Return matrix and cost after optimising the parameters of ``motion`` from ``start``."""
    import SimpleITK as sitk

    centre = fixed.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in fixed.GetSize()])
    transform = {
        "rigid": sitk.Euler3DTransform,
        "similarity": sitk.Similarity3DTransform,
        "affine": lambda: sitk.AffineTransform(3),
    }[motion]()
    transform.SetCenter(centre)
    method = sitk.ImageRegistrationMethod()
    if metric == "correlation":
        method.SetMetricAsCorrelation()
    else:
        method.SetMetricAsMattesMutualInformation(32)
    if mask is not None:
        method.SetMetricFixedMask(mask)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.25, 1)
    method.SetInterpolator(sitk.sitkLinear)
    # The first step moves no voxel by more than two working voxels: a bolder one can turn a head inside out.
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0,
        minStep=1e-3,
        numberOfIterations=120,
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-6,
        estimateLearningRate=method.Once,
        maximumStepSizeInPhysicalUnits=2 * max(fixed.GetSpacing()),
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(levels)
    method.SetSmoothingSigmasPerLevel([level - 1 for level in levels])
    method.SetMovingInitialTransform(itk_transform(start))
    method.SetInitialTransform(transform, inPlace=True)
    with one_thread():
        method.Execute(fixed, moving)
    # ITK applies the transform that was optimised first and the one it started from after it.
    return start @ world_matrix(transform), method.GetMetricValue()
