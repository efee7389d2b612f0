"""From a cohort's rows to labelled scans."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import ndimage as ndi

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.machine import return_free_memory
from neolab.studies.sundaresan2023.patches import LabelledScan, label_reference
from neolab.studies.sundaresan2023.preprocessing import Preprocessing, prepare

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

# Kind of image in a cohort -> modality, in the order in which they are preferred.
KINDS = {"swi": "swi", "magnitude": "gre", "T2starw": "gre", "qsm": "qsm"}
# A skull-stripped image holds exact zeros around the brain, also at the sides of the field of view.
LARGEST_BRAIN_SHARE = 0.8
# A point is grown to this radius where a folder has points and no mask. The paper grows points to at most 5
# voxels in plane; the rule is not public.
POINT_RADIUS_MM = 2.0


def main_kind(cohort: Cohort, row: pd.Series) -> str:
    """The kind of image to look for microbleeds in: SWI, else gradient-echo magnitude, else QSM.

    Raises
    ------
    InputError
        If the scan has none.
    """
    for kind in KINDS:
        if kind in cohort.kinds and row[kind]:
            return kind
    raise InputError(
        f"{row['participant_id']}: found {', '.join(cohort.kinds)}, expected one of {', '.join(KINDS)}"
    )


def load_scans(
    cohort: Cohort,
    table: pd.DataFrame,
    settings: Preprocessing,
    kind: str | None = None,
    on_scan: Callable[[], None] = lambda: None,
) -> list[LabelledScan]:
    """Read, preprocess and label scans.

    Parameters
    ----------
    cohort : Cohort
    table : DataFrame
        Rows of ``cohort.table``.
    settings : Preprocessing
    kind : str, optional
        Kind of image; each scan's main kind when absent.
    on_scan : callable
        Called after each scan.
    """

    def load(row: pd.Series) -> LabelledScan:
        return load_scan(cohort, row, settings, kind or main_kind(cohort, row))

    scans = []
    # Filters and decompression release the interpreter lock: two scans at once on two cores.
    with ThreadPoolExecutor(2) as pool:
        for scan in pool.map(load, [row for _, row in table.iterrows()]):
            scans.append(scan)
            on_scan()
    return_free_memory()  # the filters' arrays are many times the scans they leave
    return scans


def load_scan(cohort: Cohort, row: pd.Series, settings: Preprocessing, kind: str) -> LabelledScan:
    """Read one scan; its reference may be a mask or points, or be absent."""
    image = cohort.image(row, kind)
    prepared = prepare(image, brain_mask(cohort, row, image), KINDS[kind], settings)
    return label_reference(str(row["participant_id"]), prepared, reference_mask(cohort, row, image))


def brain_mask(cohort: Cohort, row: pd.Series, image: "Nifti1Image") -> np.ndarray:
    """Brain of one scan on the grid of ``image``: the folder's mask, else what a skull-stripped image shows.

    Raises
    ------
    InputError
        If there is no mask and the image is not skull-stripped.
    """
    if cohort.has("brain_mask") and row["brain_mask"]:
        return cohort.mask(row, "brain_mask")
    data = np.asarray(image.dataobj)
    stripped = data != 0
    faces = [np.take(stripped, end, axis).mean() for axis in (0, 1) for end in (0, -1)]
    if not stripped.any() or stripped.mean() > LARGEST_BRAIN_SHARE or max(faces) > 0.2:
        raise InputError(
            f"{row['participant_id']}: found no brain mask and an image with its skull, expected a mask or a "
            "skull-stripped image, such as FSL's bet gives"
        )
    labels, _ = ndi.label(stripped)
    largest = labels == np.bincount(labels[stripped]).argmax()
    return ndi.binary_fill_holes(largest)


def reference_mask(cohort: Cohort, row: pd.Series, image) -> np.ndarray:
    """Microbleed voxels of one scan in canonical orientation; nothing where the folder has no reference."""
    import nibabel as nib

    if cohort.has("microbleed_mask") and row["microbleed_mask"]:
        mask = nib.as_closest_canonical(cohort.image(row, "microbleed_mask"))
        return np.asarray(mask.dataobj) > 0
    image = nib.as_closest_canonical(image)
    if "microbleeds" in cohort.kinds and row.get("microbleeds"):
        return grow_points(cohort.points_mm(row, "microbleeds"), image)
    return np.zeros(image.shape[:3], bool)


def grow_points(points_mm: np.ndarray, image, radius_mm: float = POINT_RADIUS_MM) -> np.ndarray:
    """Balls around points, bool on the grid of ``image``; each at least one voxel."""
    grown = np.zeros(image.shape[:3], bool)
    inverse = np.linalg.inv(image.affine)
    for point in points_mm:
        voxel = np.round(inverse[:3, :3] @ point + inverse[:3, 3]).astype(int)
        if ((voxel >= 0) & (voxel < grown.shape)).all():
            grown[tuple(voxel)] = True
    if not grown.any():
        return grown
    distance = ndi.distance_transform_edt(~grown, image.header.get_zooms()[:3])
    return distance <= radius_mm
