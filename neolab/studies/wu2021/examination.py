"""One pass over a cohort: every scan is read once, measured, and cut into the pictures that are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.studies.wu2021.rois import Drawing, RaterJitter, measure
from neolab.studies.wu2021.slice_set import SliceSet, gather, slices_of
from neolab.studies.wu2021.slices import radiological_view, square_field, to_scan

if TYPE_CHECKING:
    from neolab.io.cohort import Cohort


@dataclass
class Examination:
    """What the study needs of every scan; entry i belongs to row i of the cohort's table.

    Attributes
    ----------
    measurements : DataFrame
        ``participant_id``, ``slice_index``, ``gpnorm``, ``stnnorm``, and ``gpnorm_again``,
        ``stnnorm_again`` from a second drawing.
    pictures : list of ndarray, (R, R)
        The slice with the largest nuclei, turned for display, all with the same field of view.
    rois : list of dict of str to ndarray of bool, (R, R)
        The first drawing on those pictures.
    pixel_mm : float
        Size of a pixel of ``pictures``.
    slices : SliceSet or None
        Pictures for the network; None without diagnoses.
    """

    measurements: pd.DataFrame
    pictures: list[np.ndarray]
    rois: list[dict[str, np.ndarray]]
    pixel_mm: float
    slices: SliceSet | None


def examine(
    cohort: "Cohort",
    *,
    image_size: int = 224,
    field_of_view_mm: float = 330.0,
    jitter: RaterJitter | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Examination:
    """Read, measure and cut all scans of a cohort.

    Parameters
    ----------
    cohort : Cohort
        With images ``T1w`` and label maps ``dseg`` that know white matter and the globus pallidus.
    image_size : int
        Rows and columns of the network's pictures.
    field_of_view_mm : float
        Side of the square that they show.
    jitter : RaterJitter, optional
    seed : int
        Of the rater's hand.
    progress : bool

    Raises
    ------
    InputError
        If a file is damaged or a label map holds a value that its lookup table does not declare.
    """
    from nibabel.spatialimages import SpatialImage
    from tqdm.auto import tqdm

    rows, views, parts = [], [], []
    diagnoses = cohort.table.get("label")
    hands = np.random.SeedSequence([seed, 8]).spawn(len(cohort))
    for i, hand in enumerate(tqdm(hands, desc="scans", disable=not progress)):
        affine = cohort.image(i, "T1w").affine
        image, labelled = (SpatialImage(a, affine) for a in (cohort.voxels(i, "T1w"), cohort.labels(i)))
        scan = to_scan(image, labelled, cohort.lookup())
        who = cohort.table["participant_id"].iloc[i]
        rng = np.random.default_rng(hand)
        first, second = measure(scan, rng, jitter), measure(scan, rng, jitter)
        rows.append(
            {
                "participant_id": who,
                "slice_index": first.drawing.slice_index,
                "gpnorm": first.gpnorm,
                "stnnorm": first.stnnorm,
                "gpnorm_again": second.gpnorm,
                "stnnorm_again": second.stnnorm,
            }
        )
        views.append(_view(scan.image, first.drawing, scan.pixel_mm))
        if diagnoses is not None:
            parts.append(slices_of(scan, int(diagnoses.iloc[i]), who, image_size, field_of_view_mm))
    pictures, rois, pixel_mm = _on_one_field(views)
    slices = gather(parts, field_of_view_mm / image_size) if parts else None
    return Examination(pd.DataFrame(rows), pictures, rois, pixel_mm, slices)


def _view(image: np.ndarray, drawing: Drawing, pixel_mm: float) -> tuple[np.ndarray, dict, float]:
    """The drawn slice and its outlines, turned for display."""
    rois = {name: radiological_view(roi) for name, roi in drawing.rois.items()}
    return radiological_view(image[:, :, drawing.slice_index]), rois, pixel_mm


def _on_one_field(views: Sequence[tuple[np.ndarray, dict, float]]) -> tuple[list, list, float]:
    """Fill all views up to the largest one, so that brains can be compared by eye."""
    pixel_mm = views[0][2]
    field_mm = max(max(picture.shape) * size for picture, _, size in views)
    pictures = [square_field(picture, size, field_mm) for picture, _, size in views]
    rois = [
        {name: square_field(roi, size, field_mm) for name, roi in drawn.items()} for _, drawn, size in views
    ]
    return pictures, rois, pixel_mm
