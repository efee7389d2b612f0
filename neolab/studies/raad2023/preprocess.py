"""From a whole head to the cube that the networks see, in the paper's steps.

* brain extraction, with another head of known brain as atlas;
* bias correction inside the brain (N4);
* resampling to a cube;
* affine registration to one reference scan;
* min-max scaling of each volume to [0, 1].

Every step gives the same array when run twice on the same scan. Masks and label maps follow with the same
transforms.

Departure: the paper extracts with FSL's BET and corrects with N3; an atlas and N4 do the same here without
FSL. Departure: the author's code resamples twice, first with nearest neighbour to a stretched 256 cube; here
scans are sampled once, linearly, on cubic voxels, which keeps thin cortex and true proportions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import nibabel as nib
import numpy as np

from neolab.io.brain_extraction import brain_extraction
from neolab.io.intensity import min_max, n4_bias_correction
from neolab.io.registration import register_affine
from neolab.io.resample import crop_to_mask, reorient, resample_to_grid, resample_to_shape
from neolab.io.volume import Volume

Image = nib.Nifti1Image

#: Kinds of file that are read of each scan, and the arrays that are made of them.
KINDS = ("T2w", "brain_mask", "dseg", "lesions_dseg")
ARRAYS = ("image", "brain", "known_brain", "fluid", "ventricles", "lesion")
# Names that folders give to fluid spaces.
LATERAL = ("lateral_ventricles", "ventricles")
FLUID = (*LATERAL, "third_ventricle", "fourth_ventricle", "csf", "extra_axial_csf")

# Room around the reference's brain, so that one of another shape still fits into the cube.
MARGIN_MM = 6.0
# A lesion is kept in a voxel of the cube that it fills to a quarter: at a half, punctate lesions vanish.
LESION_SHARE = 0.25


@dataclass(frozen=True)
class Reference:
    """The scan that all others are registered to.

    Attributes
    ----------
    atlas, atlas_mask : nibabel image
        A head and its brain, for the extraction: the reference scan itself where its brain is known.
    brain : nibabel image
        The reference's brain, corrected for bias, on the grid of its scan.
    cube : nibabel image
        The same on the cube, which is the grid of all prepared scans.
    """

    atlas: Image
    atlas_mask: Image
    brain: Image
    cube: Image

    @property
    def voxel_mm(self) -> float:
        """Side of a voxel of the cube."""
        return float(nib.affines.voxel_sizes(self.cube.affine)[0])


def make_reference(
    scan: Image, brain_mask: Image | None, side: int, atlas: tuple[Image, Image] | None = None
) -> Reference:
    """Prepare the reference scan.

    Parameters
    ----------
    scan : nibabel image
        A whole head, or a brain without skull if ``brain_mask`` is its outline.
    brain_mask : nibabel image or None
        Its brain; None finds it with the atlas.
    side : int
        Voxels along a side of the cube.
    atlas : (nibabel image, nibabel image), optional
        Another head and its brain, for a scan without a brain mask.
    """
    scan = reorient(scan)
    if brain_mask is None:
        head, head_mask = atlas
        mask = brain_extraction(scan, head, head_mask).mask
    else:
        head, head_mask = scan, reorient(brain_mask)
        mask = head_mask
    brain = _correct(_inside(scan, mask), mask)
    margin = int(np.ceil(MARGIN_MM / nib.affines.voxel_sizes(scan.affine).min()))
    cube = resample_to_shape(crop_to_mask(brain, mask, margin), (side,) * 3)
    return Reference(head, head_mask, brain, cube)


@dataclass(frozen=True)
class ScanSteps:
    """One scan after every step.

    Attributes
    ----------
    steps : dict of str to nibabel image
        ``head``, ``brain``, ``corrected``, ``cube``, ``registered``, ``scaled``; the last three are cubes.
    mask : nibabel image
        The extracted brain, on the grid of the scan.
    matrix : ndarray, (4, 4)
        World coordinates (RAS+ mm) of the reference to those of the scan.
    """

    steps: Mapping[str, Image]
    mask: Image
    matrix: np.ndarray


def prepare(scan: Image, reference: Reference, brain_mask: Image | None = None) -> ScanSteps:
    """Take one scan through all steps.

    Parameters
    ----------
    scan : nibabel image
        A whole head; with ``brain_mask``, any image whose brain is known (no extraction is done then).
    reference : Reference
    brain_mask : nibabel image, optional
    """
    head = reorient(scan)
    if brain_mask is None:
        mask = brain_extraction(head, reference.atlas, reference.atlas_mask).mask
    else:
        mask = reorient(brain_mask)
    brain = _inside(head, mask)
    corrected = _correct(brain, mask)
    matrix = register_affine(corrected, reference.brain)
    registered = resample_to_grid(corrected, reference.cube, matrix=matrix)
    steps = {
        "head": head,
        "brain": brain,
        "corrected": corrected,
        "cube": resample_to_shape(crop_to_mask(corrected, mask), reference.cube.shape),
        "registered": registered,
        "scaled": min_max(registered),
    }
    return ScanSteps(steps, mask, matrix)


def carry_mask(mask: Image, prepared: ScanSteps, reference: Reference, share: float = 0.5) -> np.ndarray:
    """Bring a mask of the scan onto the cube: bool (N, N, N), voxels filled to ``share`` or more."""
    filled = nib.Nifti1Image((np.asanyarray(mask.dataobj) > 0).astype(np.float32), mask.affine)
    moved = resample_to_grid(filled, reference.cube, matrix=prepared.matrix)
    return np.asarray(moved.dataobj) >= share


def carry_lesions(lesions: Image, prepared: ScanSteps, reference: Reference) -> np.ndarray:
    """Bring a lesion map onto the cube, label by label, so that small ones survive: uint8 (N, N, N)."""
    labels = np.asanyarray(lesions.dataobj)
    moved = np.zeros(reference.cube.shape, np.uint8)
    for label in np.unique(labels[labels > 0]):
        one = nib.Nifti1Image((labels == label).astype(np.uint8), lesions.affine)
        moved[carry_mask(one, prepared, reference, LESION_SHARE)] = label
    return moved


def arrays_of(
    volumes: Mapping[str, Volume | None], reference: Reference, tissues: Mapping[str, int]
) -> dict[str, np.ndarray]:
    """Bring one scan and all that is known of it onto the cube.

    Parameters
    ----------
    volumes : mapping of str to Volume or None
        The `KINDS`, each on a grid of its own; None where the folder has none.
    reference : Reference
    tissues : mapping of str to int
        Label of each tissue in ``dseg``.

    Returns
    -------
    dict of str to ndarray, (N, N, N)
        The `ARRAYS`: ``image`` is float16 in [0, 1] (a step of at most 0.0005); the others are uint8, and 0
        everywhere where nothing is known: ``brain`` as extracted, ``known_brain`` of the folder, ``fluid``
        spaces, ``ventricles`` (lateral), and the label of the ``lesion`` in each voxel.
    """
    prepared = prepare(volumes["T2w"].image(), reference)
    arrays = {name: np.zeros(reference.cube.shape, np.uint8) for name in ARRAYS[1:]}
    arrays["image"] = np.asarray(prepared.steps["scaled"].dataobj, np.float16)
    masks = {"brain": prepared.mask}
    if (known := volumes["brain_mask"]) is not None:
        masks["known_brain"] = known.image()
    if (labels := volumes["dseg"]) is not None:
        for name, wanted in (("fluid", FLUID), ("ventricles", LATERAL)):
            there = np.isin(labels.data, [tissues[tissue] for tissue in wanted if tissue in tissues])
            masks[name] = labels.with_data(there).image()
    for name, mask in masks.items():
        arrays[name][:] = carry_mask(mask, prepared, reference)
    if (lesions := volumes["lesions_dseg"]) is not None:
        arrays["lesion"] = carry_lesions(lesions.image(), prepared, reference)
    return arrays


def _inside(image: Image, mask: Image) -> Image:
    inside = np.asanyarray(mask.dataobj) > 0
    return nib.Nifti1Image(np.where(inside, image.get_fdata(dtype=np.float32), 0), image.affine)


def _correct(brain: Image, mask: Image) -> Image:
    """Bias correction; what a reconstruction left below zero, a magnitude image cannot have."""
    positive = nib.Nifti1Image(np.maximum(brain.get_fdata(dtype=np.float32), 0), brain.affine)
    return n4_bias_correction(positive, mask)
