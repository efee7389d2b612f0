"""One checked pass over the scans: each is read once, preprocessed, and its reference lesions numbered."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import ndimage as ndi

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.splits import Fold, first_folds, grouped_folds
from neolab.io.volume import Volume
from neolab.machine import return_free_memory
from neolab.metrics.names import metric_names
from neolab.simulate.susceptibility.swi import homodyne_phase, minimum_intensity_projection
from neolab.studies.sundaresan2023.preprocessing import Prepared, Preprocessing, prepare

if TYPE_CHECKING:  # the steps are timed on machines without pydantic
    from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters

# Kind of image in a cohort -> modality, in the order in which they are preferred.
KINDS = {"swi": "swi", "magnitude": "gre", "T2starw": "gre", "qsm": "qsm"}
# The cohort that everything is trained on, where a folder has several.
TRAINED_ON = "ukb"
# People with microbleeds in the data set that is learnt from, at least.
FEWEST_BLEEDING = 4
# A skull-stripped image holds exact zeros around the brain, also at the sides of the field of view.
LARGEST_BRAIN_SHARE, LARGEST_FACE_SHARE = 0.8, 0.2
# A point is grown to this radius where a folder has points and no mask. The paper grows points to at most 5
# voxels in plane; the rule is not public.
POINT_RADIUS_MM = 2.0
CONNECTIVITY_26 = np.ones((3, 3, 3), bool)
# Kind of image -> its name in a figure.
TITLES = {"magnitude": "magnitude", "T2starw": "T2*-weighted", "swi": "SWI", "qsm": "QSM"}


@dataclass(eq=False)
class LabelledScan:
    """One prepared scan with its reference.

    Attributes
    ----------
    name : str
    prepared : Prepared
    lesions : ndarray of int16
        On the crop: voxels of microbleed i hold i, from 1.
    """

    name: str
    prepared: Prepared
    lesions: np.ndarray

    @cached_property
    def centres(self) -> np.ndarray:
        """Voxel centres of the microbleeds, (N, 3)."""
        labels = np.unique(self.lesions[self.lesions > 0])
        found = ndi.center_of_mass(self.lesions > 0, self.lesions, labels)
        return np.array(found, float).reshape(-1, 3)


@dataclass
class Data:
    """What the study needs of every scan; scan i belongs to row i of the table.

    Attributes
    ----------
    table : DataFrame
        The cohort's table; ``cohort`` says which of the data sets a scan belongs to.
    scans : list of LabelledScan
    """

    table: pd.DataFrame
    scans: list[LabelledScan]

    @property
    def names(self) -> list[str]:
        """Of the data sets, in the order of the table."""
        return list(self.table["cohort"].unique())

    @property
    def main(self) -> str:
        """The data set that everything is trained on: the largest, where none is the paper's."""
        largest = max(self.names, key=lambda name: (self.table["cohort"] == name).sum())
        return TRAINED_ON if TRAINED_ON in self.names else largest

    def of(self, name: str) -> "Data":
        """One of the data sets; empty if there is none of that name."""
        chosen = (self.table["cohort"] == name).to_numpy()
        scans = [scan for scan, own in zip(self.scans, chosen, strict=True) if own]
        return Data(self.table[chosen].reset_index(drop=True), scans)

    @property
    def bleeding(self) -> np.ndarray:
        """Which scans have a microbleed in their reference, bool (n,)."""
        return np.array([len(scan.centres) > 0 for scan in self.scans], bool)

    def folds(
        self, n_splits: int, seed: int, *, stratified: bool = False, fewest: int = FEWEST_BLEEDING
    ) -> list[Fold]:
        """Folds whose training parts all have microbleeds to learn from.

        Parameters
        ----------
        n_splits : int
        seed : int
            The first of some deals that serves is taken.
        stratified : bool
            By who has microbleeds; there may then be fewer folds.
        fewest : int
            People with microbleeds, at least.

        Returns
        -------
        list of Fold
            Empty where there are too few people, or too few with microbleeds.
        """
        table, label = self.table.assign(bleeding=self.bleeding), "bleeding" if stratified else None
        people = table.groupby("bleeding")["participant_id"].nunique()
        n_splits = min([n_splits, *people]) if stratified else n_splits
        if people.get(True, 0) < fewest or not 2 <= n_splits <= table["participant_id"].nunique():
            return []
        return first_folds(
            lambda deal: grouped_folds(table, label, n_splits, deal),
            lambda fold: bool(self.bleeding[fold.train].any()),
            seed,
        )


def load(
    cohort: Cohort, params: "Sundaresan2023Parameters", progress: bool = True, *, kind: str | None = None
) -> Data:
    """Read, preprocess and label all scans of a cohort.

    Parameters
    ----------
    cohort : Cohort
        With one of `KINDS` for every scan; brain masks and microbleeds (masks or points) where it has them.
    params : Sundaresan2023Parameters
        ``bias`` and ``vessels``.
    progress : bool
        Show a bar where someone watches.
    kind : str, optional
        Kind of image; each scan's main kind when absent.

    Raises
    ------
    InputError
        Before anything long if a scan has no image to search, or neither a brain mask nor a stripped skull;
        then if a file is damaged.
    """
    from tqdm.auto import tqdm

    _require(cohort, kind)
    steps = Preprocessing(params.bias, params.vessels)
    scans = []
    with (
        # Filters and decompression release the interpreter lock: two scans at once on two cores.
        ThreadPoolExecutor(2) as pool,
        tqdm(total=len(cohort), desc="scans", unit="scan", disable=None if progress else True) as bar,
    ):
        for scan in pool.map(lambda row: load_scan(cohort, row, steps, kind), range(len(cohort))):
            scans.append(scan)
            bar.update()
    return_free_memory()  # the filters' arrays are many times the scans they leave
    table = cohort.table.assign(cohort=_cohort_names(cohort.table))
    return Data(table.reset_index(drop=True), scans)


def _cohort_names(table: pd.DataFrame) -> pd.Series | str:
    """Data set of every scan, as results may be called; ``data`` where the folder does not say."""
    if "cohort" not in table:
        return "data"
    names = table["cohort"].astype(object).where(table["cohort"].notna(), "data").astype(str).str.strip()
    known = sorted(names.unique())  # so that a name does not depend on the order of the people
    return names.map(dict(zip(known, metric_names(known), strict=True)))


def _require(cohort: Cohort, kind: str | None) -> None:
    """Refuse what no scan's preprocessing is needed to find out."""
    for _, row in cohort.table.iterrows():
        searched = kind or main_kind(cohort, row)
        if not cohort.there(row, "brain_mask"):
            _require_stripped(row["participant_id"], cohort.read(row, searched))
        if cohort.there(row, "microbleeds"):
            cohort.points_mm(row, "microbleeds")


def load_scan(
    cohort: Cohort, row: pd.Series | int, steps: Preprocessing, kind: str | None = None
) -> LabelledScan:
    """Read one scan; its reference may be a mask or points, or be absent."""
    row = cohort.table.iloc[row] if isinstance(row, int) else row
    kind = kind or main_kind(cohort, row)
    image = cohort.read(row, kind)
    prepared = prepare(image, brain_mask(cohort, row, image), KINDS[kind], steps)
    return label_reference(str(row["participant_id"]), prepared, reference_mask(cohort, row, image))


def main_kind(cohort: Cohort, row: pd.Series) -> str:
    """The kind of image to look for microbleeds in: SWI, else gradient-echo magnitude, else QSM.

    Raises
    ------
    InputError
        If the scan has none.
    """
    for kind in KINDS:
        if cohort.there(row, kind):
            return kind
    raise InputError(
        f"{row['participant_id']}: found {', '.join(cohort.kinds)}, expected one of {', '.join(KINDS)}"
    )


def brain_mask(cohort: Cohort, row: pd.Series, image: Volume) -> np.ndarray:
    """Brain of one scan on the grid of ``image``: the folder's mask, else what a skull-stripped image shows.

    Raises
    ------
    InputError
        If there is no mask and the image is not skull-stripped.
    """
    mask = cohort.find(row, "brain_mask")
    if mask is not None:
        return mask.onto(image, "nearest").data
    stripped = _require_stripped(row["participant_id"], image)
    labels, _ = ndi.label(stripped)
    largest = labels == np.bincount(labels[stripped]).argmax()
    return ndi.binary_fill_holes(largest)


def _require_stripped(name: str, image: Volume) -> np.ndarray:
    """Return where a skull-stripped image is not zero; refuse one with its skull."""
    stripped = image.data != 0
    faces = [np.take(stripped, end, axis).mean() for axis in (0, 1) for end in (0, -1)]
    if not stripped.any() or stripped.mean() > LARGEST_BRAIN_SHARE or max(faces) > LARGEST_FACE_SHARE:
        raise InputError(
            f"{name}: found no brain mask and an image with its skull, expected a mask or a "
            "skull-stripped image, such as FSL's bet gives"
        )
    return stripped


def reference_mask(cohort: Cohort, row: pd.Series, image: Volume) -> np.ndarray:
    """Microbleed voxels on the grid of ``image``; nothing where the folder has no reference."""
    mask = cohort.find(row, "microbleed_mask")
    if mask is not None:
        return mask.onto(image, "nearest").data
    if cohort.there(row, "microbleeds"):
        try:
            return grow_points(cohort.points_mm(row, "microbleeds"), image)
        except InputError as error:
            raise InputError(f"{row['participant_id']}: {error}") from None
    return np.zeros(image.shape, bool)


def grow_points(points_mm: np.ndarray, image: Volume, radius_mm: float = POINT_RADIUS_MM) -> np.ndarray:
    """Balls around points, bool on the grid of ``image``; each at least one voxel.

    Raises
    ------
    InputError
        If a point lies outside of the image.
    """
    from nibabel.affines import apply_affine

    grown = np.zeros(image.shape, bool)
    voxels = np.round(apply_affine(np.linalg.inv(image.affine), points_mm)).astype(int)
    outside = ((voxels < 0) | (voxels >= grown.shape)).any(axis=1)
    if outside.any():
        where, size = ", ".join(map(str, voxels[outside][0])), "x".join(map(str, image.shape))
        raise InputError(
            f"microbleeds: found one at voxel {where}, expected it within the image of {size} voxels (are "
            "points counted from 0, and in the space that the mapping names?)"
        )
    grown[tuple(voxels.T)] = True
    if not grown.any():
        return grown
    return ndi.distance_transform_edt(~grown, image.voxel_mm) <= radius_mm


def label_reference(name: str, prepared: Prepared, reference: np.ndarray) -> LabelledScan:
    """Number the microbleeds of a reference mask on the scan's grid (26-connected) and crop it."""
    labels, _ = ndi.label(reference[prepared.box] > 0, CONNECTIVITY_26)
    return LabelledScan(name, prepared, labels.astype(np.int16))


def cut(volume: np.ndarray, centre, size) -> np.ndarray:
    """Patch of ``size`` around ``centre`` from (..., X, Y, Z); zeros where it leaves the volume."""
    size = np.broadcast_to(size, 3)
    low = np.round(np.asarray(centre)).astype(int) - size // 2
    high = low + size
    shape = np.array(volume.shape[-3:])
    source = tuple(slice(max(a, 0), max(min(b, n), 0)) for a, b, n in zip(low, high, shape, strict=True))
    target = tuple(
        slice(max(-a, 0), max(-a, 0) + max(s.stop - s.start, 0)) for a, s in zip(low, source, strict=True)
    )
    patch = np.zeros((*volume.shape[:-3], *size), volume.dtype)
    patch[(..., *target)] = volume[(..., *source)]
    return patch


def contrasts(cohort: Cohort, row: pd.Series) -> tuple[dict[str, np.ndarray], tuple[float, ...]]:
    """Every image of one scan, to be looked at, on the grid of its main kind.

    Returns
    -------
    images : dict of str to ndarray (X, Y, Z)
        Title -> voxels; with a phase its high-pass, with SWI its minimum over five slices.
    voxel_mm : tuple of float
    """
    main = cohort.read(row, main_kind(cohort, row))
    brain = brain_mask(cohort, row, main)

    def voxels(kind: str) -> np.ndarray:
        return cohort.read(row, kind).onto(main).data.astype(np.float32)

    images = {title: voxels(kind) for kind, title in TITLES.items() if cohort.there(row, kind)}
    if cohort.there(row, "phase") and "magnitude" in images:
        echo = images["magnitude"] * np.exp(1j * voxels("phase"))
        images["phase, high-pass"] = homodyne_phase(echo, main.voxel_mm) * brain
    if "SWI" in images:
        images["SWI, darkest of 5 slices"] = minimum_intensity_projection(images["SWI"], 5, brain)
    return images, main.voxel_mm


def vein_masks(cohort: Cohort, data: Data) -> dict[str, np.ndarray]:
    """Name of each scan -> its simulated veins on the scan's grid; {} where a folder does not know them."""
    masks = {
        scan.name: cohort.find(row, "vein_mask")
        for (_, row), scan in zip(data.table.iterrows(), data.scans, strict=True)
    }
    return {} if None in masks.values() else {name: mask.data for name, mask in masks.items()}
