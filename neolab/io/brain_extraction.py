"""Brain extraction from an atlas: a head with a known brain mask is laid over the scan."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np

from neolab.errors import InputError
from neolab.io.geometry import from_sitk, itk_transform, new_image, one_thread, to_sitk
from neolab.io.registration import register_affine, working_copy
from neolab.io.resample import resample_to_grid

Image = nib.spatialimages.SpatialImage


@dataclass(frozen=True)
class BrainExtraction:
    """A scan without its skull.

    Attributes
    ----------
    brain : Nifti1Image
        The scan inside the mask, 0 outside.
    mask : Nifti1Image
        1 in the brain, on the grid of the scan.
    matrix : ndarray, (4, 4)
        World coordinates (RAS+ mm) of the scan to those of the atlas, before the local refinement.
    """

    brain: nib.Nifti1Image
    mask: nib.Nifti1Image
    matrix: np.ndarray


def brain_extraction(
    image: Image,
    atlas: Image,
    atlas_mask: Image,
    *,
    metric: str = "mutual_information",
    refine: bool = True,
    working_voxel_mm: float = 3.0,
    smoothness_voxels: float = 1.5,
    iterations: int = 80,
) -> BrainExtraction:
    """Find the brain in a whole-head scan.

    The atlas head is registered to the scan with an affine map and then, unless ``refine`` is False, with the
    symmetric-forces demons (Vercauteren et al. 2009, NeuroImage 45:S61) after its histogram has been matched
    to the scan's; its mask follows, and the largest piece without holes is the brain.

    Parameters
    ----------
    image : nibabel image, (X, Y, Z)
        A head, preferably corrected for bias.
    atlas : nibabel image
        Another head of roughly the same age and contrast.
    atlas_mask : nibabel image
        The atlas's brain on the atlas's grid; what it counts as brain (fluid or not), the result does.
    metric : str
        For the affine step, see ``registration.register_affine``.
    refine : bool
        Whether to follow individual shape after the affine step.
    working_voxel_mm : float
        Voxels on which both steps work.
    smoothness_voxels, iterations : float, int
        Standard deviation by which the demons' field is smoothed, in working voxels, and number of steps.

    Raises
    ------
    InputError
        If mask and atlas differ in shape, or the atlas's brain does not reach into the scan.
    """
    if atlas_mask.shape != atlas.shape:
        raise InputError(
            f"atlas mask: found shape {atlas_mask.shape}, expected {atlas.shape} as in the atlas"
        )
    matrix = register_affine(atlas, image, metric=metric, working_voxel_mm=working_voxel_mm)
    field = None
    if refine:
        aligned = resample_to_grid(atlas, image, matrix=matrix)
        field = demons_field(image, aligned, working_voxel_mm, smoothness_voxels, iterations)
    probability = _propagate(atlas_mask, image, matrix, field)
    inside = _largest_piece(probability > 0.5)
    if not inside.any():
        raise InputError("brain extraction: found no overlap of scan and atlas, expected two heads")
    brain = np.where(inside, image.get_fdata(dtype=np.float32), 0)
    return BrainExtraction(new_image(brain, image.affine), new_image(inside, image.affine), matrix)


def demons_field(
    fixed: Image, moving: Image, voxel_mm: float, smoothness_voxels: float, iterations: int
) -> object:
    """Return the SimpleITK displacement field from points of ``fixed`` to those of ``moving``; one grid."""
    import SimpleITK as sitk

    fixed_small, moving_small = (to_sitk(working_copy(image, voxel_mm)) for image in (fixed, moving))
    # One grid, but for the rounding of an oblique affine, which the filter would refuse.
    moving_small.CopyInformation(fixed_small)
    demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
    demons.SetNumberOfIterations(iterations)
    demons.SetSmoothDisplacementField(True)
    demons.SetStandardDeviations(smoothness_voxels)
    with one_thread():
        matched = sitk.HistogramMatching(moving_small, fixed_small, 128, 10, True)
        return demons.Execute(fixed_small, matched)


def _propagate(mask: Image, image: Image, matrix: np.ndarray, field: object | None) -> np.ndarray:
    """Return the atlas's mask at the voxels of the scan, between 0 and 1."""
    import SimpleITK as sitk

    transform = sitk.CompositeTransform(3)
    transform.AddTransform(itk_transform(matrix))
    if field is not None:
        # Of a composite, the part added last is applied first: scan -> refined scan -> atlas.
        displacement = sitk.Cast(field, sitk.sitkVectorFloat64)
        transform.AddTransform(sitk.DisplacementFieldTransform(displacement))
    inside = nib.Nifti1Image((np.asarray(mask.dataobj) > 0).astype(np.float32), mask.affine)
    grid = to_sitk(image)
    with one_thread():
        moved = sitk.Resample(to_sitk(inside), grid, transform, sitk.sitkLinear, 0.0)
    return np.asarray(from_sitk(moved).dataobj)


def _largest_piece(mask: np.ndarray) -> np.ndarray:
    """Return the largest 6-connected piece of ``mask`` with its holes filled."""
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return ndimage.binary_fill_holes(pieces == sizes.argmax())
