"""One checked pass over the scans: each is read once, measured, and cut into the pictures that are needed.

Slices and their scaling follow the paper's Methods, "Semi-quantitative diagnosis" and "Deep learning
framework".
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.splits import smallest_class
from neolab.studies.wu2021.cohort import NEGATIVE, POSITIVE
from neolab.studies.wu2021.parameters import Wu2021Parameters
from neolab.studies.wu2021.rois import LabelledScan, Measurement, PixelSize, measure
from neolab.viz.slices import radiological

# "approximately 2 continuous slices per patient" with ABE, "approximately 3" without; 95 of each are kept.
SLICES_PER_PATIENT = {1: 2, 0: 3}

#: From the largest cross-section of the head down to that of the globus pallidus, for a scan without labels.
#: Measured on ten simulated newborns (4 mm, SD 4 mm) and on the adult MNI152 template (4 mm).
PALLIDUM_BELOW_LARGEST_HEAD_MM = 4.0

#: What is measured in a scan: each ratio, and again from a second drawing.
MEASURED = ("gpnorm", "stnnorm", "gpnorm_again", "stnnorm_again")


@dataclass
class Slices:
    """The network's data: 2 or 3 neighbouring slices of every newborn, as pictures in memory.

    Attributes
    ----------
    images : ndarray of float32, (N, S, S)
        In [0, 1]; anterior up, the patient's right on the left.
    table : DataFrame
        One row a picture: ``participant_id``, ``label`` (1 ABE, 0 HB), ``slice_index``.
    pixel_mm : float
        Size of a pixel.
    """

    images: np.ndarray
    table: pd.DataFrame
    pixel_mm: float

    def __len__(self) -> int:
        return len(self.table)


@dataclass
class Data:
    """What the study needs of every scan; entry i belongs to row i of the cohort's table.

    Attributes
    ----------
    table : DataFrame
        One row a scan: the cohort's table with ``slice_index`` and `MEASURED`; NaN where there are no labels,
        or none of the subthalamic nucleus.
    pictures : list of ndarray, (R, R)
        The slice with the largest nuclei, turned for display, all with the same field of view.
    rois : list of dict of str to ndarray of bool, (R, R)
        The first drawing on those pictures; empty without labels.
    pixel_mm : float
        Size of a pixel of ``pictures``.
    slices : Slices or None
        Pictures for the network, of the scans with a diagnosis; None without any.
    """

    table: pd.DataFrame
    pictures: list[np.ndarray]
    rois: list[dict[str, np.ndarray]]
    pixel_mm: float
    slices: Slices | None


#: Newborns without whom a group has no spread.
FEWEST = 2


def with_groups(cohort: Cohort) -> Cohort:
    """Keep the scans with a diagnosis and say their ``group``; without two groups all scans stay."""
    if smallest_class(cohort.table) < FEWEST:
        return cohort
    chosen = cohort.select(cohort.table["label"].notna())
    chosen.table["group"] = np.where(chosen.table["label"] == 1, POSITIVE, NEGATIVE)
    return chosen


def has_nuclei(cohort: Cohort) -> bool:
    """Whether every scan has a label map that knows white matter and the globus pallidus."""
    known = cohort.has("dseg") and {"white_matter", "globus_pallidus"} <= set(cohort.lookup("dseg"))
    return known and all(cohort.there(row, "dseg") for row in range(len(cohort)))


def needs(cohort: Cohort, params: Wu2021Parameters) -> dict[str, dict[str, bool]]:
    """What the parts of the lesson need, in words, and whether a cohort has it; see `run.sections.section`.

    Returns
    -------
    dict of str to (dict of str to bool)
        ``groups``, ``labels`` (of tissue), ``simulation`` and ``folds``; see `with_groups`.
    """
    fewest = smallest_class(cohort.table)
    groups = {f"column of diagnoses with {FEWEST} newborns of each group (ABE, HB)": fewest >= FEWEST}
    return {
        "groups": groups,
        "labels": {"label map with white matter and globus pallidus of every scan": has_nuclei(cohort)},
        "simulation": {"simulated contrast": "latent_gpnorm" in cohort.table},
        "folds": {f"set of {params.n_folds} newborns in each group, one a fold": fewest >= params.n_folds},
    }


def load(cohort: Cohort, params: Wu2021Parameters, progress: bool = True) -> Data:
    """Read, measure and cut all scans of a cohort.

    Parameters
    ----------
    cohort : Cohort
        With images ``T1w``; label maps ``dseg`` are used if every scan has one.
    params : Wu2021Parameters
        ``image_size``, ``field_of_view_mm``, and ``seed``, of the rater's hand.
    progress : bool
        Show a bar where someone watches.

    Raises
    ------
    InputError
        If a file is damaged, a label map holds a value that its lookup table does not declare, or a pallidum
        does not lie in its scan.
    """
    from tqdm.auto import tqdm

    rows, views, parts, labelled = [], [], [], has_nuclei(cohort)
    hands = np.random.SeedSequence([params.seed, 8]).spawn(len(cohort))
    for i, hand in enumerate(tqdm(hands, desc="scans", disable=None if progress else True)):
        known = cohort.table.iloc[i]
        labels = cohort.read(i, "dseg") if labelled else None
        scan = LabelledScan.of(cohort.read(i, "T1w"), labels, cohort.lookup() if labelled else {})
        height, ratios, rois = pallidum_height(scan), [np.nan] * len(MEASURED), {}
        if labelled:
            first, second = _draw_twice(scan, hand, known["participant_id"])
            height, rois = first.drawing.slice_index, first.drawing.rois
            ratios = [first.gpnorm, first.stnnorm, second.gpnorm, second.stnnorm]
        rows.append({"slice_index": height, **dict(zip(MEASURED, ratios, strict=True))})
        views.append((scan.image[:, :, height], rois, scan.pixel_mm))
        if pd.notna(known.get("label")):
            parts.append(_slices_of(scan, known, params))
    table = pd.concat([cohort.table.reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return Data(table, *_on_one_field(views), _gather(parts, params) if parts else None)


def _draw_twice(
    scan: LabelledScan, hand: np.random.SeedSequence, who: str
) -> tuple[Measurement, Measurement]:
    rng = np.random.default_rng(hand)
    first, second = measure(scan, rng), measure(scan, rng)
    if not np.isfinite(first.gpnorm):
        raise InputError(
            f"{who}: found no globus pallidus with white matter in front of it where the T1w image is, "
            "expected a label map of the same head"
        )
    return first, second


def _on_one_field(views: list[tuple]) -> tuple[list[np.ndarray], list[dict], float]:
    """Show all views with the field of the largest and the pixels of the finest, so that eyes can compare."""
    pixel_mm = min(size for _, _, pixel in views for size in pixel)
    field_mm = max(float(np.max(np.multiply(plane.shape, pixel))) for plane, _, pixel in views)
    size = round(field_mm / pixel_mm)
    pictures = [square_picture(plane, pixel, field_mm, size) for plane, _, pixel in views]
    rois = [
        {name: square_picture(roi, pixel, field_mm, size) for name, roi in drawn.items()}
        for _, drawn, pixel in views
    ]
    return pictures, rois, pixel_mm


def pallidum_height(scan: LabelledScan) -> int:
    """Return the slice of the largest pallidum: as labelled, or by the size of the head without labels."""
    area = scan.area_mm2("globus_pallidus")
    if area.any():
        return int(np.argmax(area))
    # Departure: the paper's slices were chosen by eye.
    head = scan.image > 0.1 * np.quantile(scan.image, 0.98)
    largest = int(np.argmax(head.sum(axis=(0, 1))))
    return max(round(largest - PALLIDUM_BELOW_LARGEST_HEAD_MM / scan.voxel_mm[2]), 0)


def neighbouring_slices(scan: LabelledScan, n: int) -> list[int]:
    """Return the ``n`` contiguous slices that together cover most of the globus pallidus, in order."""
    area = scan.area_mm2("globus_pallidus")
    n = min(n, area.size)
    if area.any():
        start = int(np.argmax(np.convolve(area, np.ones(n), mode="valid")))
    else:
        start = min(max(pallidum_height(scan) - n // 2, 0), area.size - n)
    return list(range(start, start + n))


def _slices_of(
    scan: LabelledScan, known: pd.Series, params: Wu2021Parameters
) -> tuple[np.ndarray, pd.DataFrame]:
    """One newborn's pictures, (n, S, S), as many as the paper takes of this group, and their rows."""
    label = int(known["label"])
    chosen = neighbouring_slices(scan, SLICES_PER_PATIENT[label])
    size, field_mm = params.image_size, params.field_of_view_mm
    # The paper's order: min-max first, then resizing. Departure: it does not name the interpolation; linear
    # with anti-aliasing, so that the mean signal of a nucleus survives the step from 0.45 to 1.5 mm pixels.
    planes = [min_max(scan.image[:, :, k]) for k in chosen]
    pictures = [square_picture(plane, scan.pixel_mm, field_mm, size).astype(np.float32) for plane in planes]
    rows = {"participant_id": known["participant_id"], "label": label, "slice_index": chosen}
    return np.stack(pictures), pd.DataFrame(rows)


def _gather(parts: list[tuple[np.ndarray, pd.DataFrame]], params: Wu2021Parameters) -> Slices:
    images, tables = zip(*parts, strict=True)
    pixel_mm = params.field_of_view_mm / params.image_size
    return Slices(np.concatenate(images), pd.concat(tables, ignore_index=True), pixel_mm)


def square_picture(plane: np.ndarray, pixel_mm: PixelSize, field_of_view_mm: float, size: int) -> np.ndarray:
    """Turn an (X, Y) plane for display and show a square field of it in ``size`` x ``size`` square pixels.

    Linear with anti-aliasing; regions keep whole pixels. Untouched where the pixels are right already.
    """
    from skimage.transform import resize

    field = square_field(radiological(plane), pixel_mm[::-1], field_of_view_mm)
    if field.shape == (size, size):
        return field
    if plane.dtype == bool:
        return resize(field, (size, size), order=0, anti_aliasing=False).astype(bool)
    return resize(field, (size, size), order=1, anti_aliasing=True)


def min_max(plane: np.ndarray) -> np.ndarray:
    """Scale a picture to [0, 1]; a constant one becomes zero."""
    low, high = float(plane.min()), float(plane.max())
    return np.zeros_like(plane) if high == low else (plane - low) / (high - low)


def square_field(plane: np.ndarray, pixel_mm: float | PixelSize, field_of_view_mm: float) -> np.ndarray:
    """Crop a picture to, or fill it up with air to, a square of ``field_of_view_mm`` around its middle.

    Parameters
    ----------
    plane : ndarray, (rows, columns)
    pixel_mm : float or (height, width)
        The result has as many pixels along each axis as that asks for.
    field_of_view_mm : float
    """
    wanted = [round(field_of_view_mm / size) for size in np.broadcast_to(pixel_mm, 2)]
    spare = np.subtract(wanted, plane.shape)
    first = np.maximum(-spare, 0) // 2
    kept = plane[tuple(slice(start, start + size) for start, size in zip(first, wanted, strict=True))]
    return np.pad(kept, [(n // 2, n - n // 2) for n in np.maximum(spare, 0)])


def balance(slices: Slices, seed: int = 0) -> Slices:
    """Drop slices at random, as the paper did to reach 95 + 95, until both groups have equally many.

    The paper's 47 x 2 = 94 and 32 x 3 = 96 slices are one off 95 either way; whichever group has more loses.
    Every newborn keeps at least one slice, so that each can be judged.
    """
    rng = np.random.default_rng(seed)
    table = slices.table
    surplus = dict(table["label"].value_counts() - table["label"].value_counts().min())
    left = dict(table["participant_id"].value_counts())
    keep = np.ones(len(table), bool)
    for i in rng.permutation(len(table)):
        label, who = table["label"].iloc[i], table["participant_id"].iloc[i]
        if surplus[label] > 0 and left[who] > 1:
            keep[i] = False
            surplus[label] -= 1
            left[who] -= 1
    return Slices(slices.images[keep], table[keep].reset_index(drop=True), slices.pixel_mm)
