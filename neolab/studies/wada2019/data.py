"""From whole volumes to the ten slices of the network, and what a ruler reads off the same scan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.scans import scan_name
from neolab.io.splits import Fold, first_folds, grouped_folds, quantile_bins
from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH
from neolab.studies.wada2019.levels import LANDMARKS, find_levels, levels_by_height, picture
from neolab.studies.wada2019.network import (
    CONTRASTS,
    IMAGE_SIZE,
    LEVELS,
    OLDER_FROM_MONTHS,
    YOUNGER_UP_TO_MONTHS,
)

if TYPE_CHECKING:
    from neolab.io.cohort import Cohort
    from neolab.studies.wada2019.parameters import Wada2019Parameters

#: Ages without which neither a correlation nor a normal range means anything.
FEWEST_AGES = 5
#: Side of the crop that keeps brain size: a little more than the longest brain of a two-year-old.
FIXED_SCALE_MM = 180.0
FLUID = ("lateral_ventricles", "third_ventricle", "fourth_ventricle", "csf")
WHITE = ("white_matter", "internal_capsule", "corpus_callosum", "cerebellar_white_matter")
GREY = ("cortex", "cerebellar_cortex")
OUTSIDE_SKULL = ("air", "bone", "scalp", "muscle", "eye")


@dataclass(frozen=True)
class ScanPair:
    """Both contrasts of one infant on one grid, axes to the patient's right, front and head (RAS+).

    Attributes
    ----------
    images : tuple of ndarray, (X, Y, Z)
        T1w and T2w.
    brain : ndarray of bool, (X, Y, Z)
    voxel_mm : tuple of float
    labels : ndarray of int, (X, Y, Z), optional
        Tissues; without them levels are placed by height.
    lookup : mapping of str to int
        Tissue name -> label.
    """

    images: tuple[np.ndarray, np.ndarray]
    brain: np.ndarray
    voxel_mm: tuple[float, float, float]
    labels: np.ndarray | None
    lookup: Mapping[str, int]

    @property
    def labelled(self) -> bool:
        """Whether the levels can be found from anatomy."""
        return self.labels is not None and set(LANDMARKS) <= set(self.lookup)

    def levels(self) -> dict[str, int]:
        """Level -> axial slice."""
        return find_levels(self.labels, self.lookup) if self.labelled else levels_by_height(self.brain)

    def mask(self, tissues: Sequence[str]) -> np.ndarray:
        """Where one of the tissues is, (X, Y, Z)."""
        return np.isin(self.labels, [self.lookup[name] for name in tissues if name in self.lookup])

    def slices(self, levels: Mapping[str, int]) -> np.ndarray:
        """Signal at the levels, (2 contrasts, 5 levels, X, Y)."""
        return np.stack([np.moveaxis(image[:, :, list(levels.values())], 2, 0) for image in self.images])

    def brain_volume_ml(self) -> float:
        """Volume of the brain, without its fluid where the labels tell fluid from brain."""
        brain = self.brain if self.labels is None else self.brain & ~self.mask(FLUID)
        return float(brain.sum() * np.prod(self.voxel_mm) / 1000)

    def pictures(
        self, levels: Mapping[str, int], size: int = IMAGE_SIZE, scale_mm: float | None = None
    ) -> np.ndarray:
        """What the network sees: float32 (2 contrasts, 5 levels, size, size), see `levels.picture`."""
        cut = [
            picture(image[:, :, z], self.brain[:, :, z], size, scale_mm, self.voxel_mm[0])
            for image in self.images
            for z in levels.values()
        ]
        return np.stack(cut).reshape(len(CONTRASTS), len(levels), size, size)

    def ratios(self, levels: Mapping[str, int]) -> dict[str, float]:
        """Mean signal of white over grey matter by contrast and level; NaN where one of them is absent."""
        if self.labels is None:
            return {}
        white, grey = self.mask(WHITE), self.mask(GREY)
        return {
            f"{contrast} {name}": _mean(image[:, :, z], white[:, :, z]) / _mean(image[:, :, z], grey[:, :, z])
            for contrast, image in zip(CONTRASTS, self.images, strict=True)
            for name, z in levels.items()
        }


@dataclass
class Data:
    """What networks and baselines see of every scan; entry i belongs to row i of the table.

    Attributes
    ----------
    table : DataFrame
        Of the cohort, with ``corrected_age_months``.
    images : ndarray of float32, (n, 2, 5, S, S)
        Cropped to the brain slice by slice, so that its size is lost.
    images_to_scale : ndarray of float32, (n, 2, 5, S, S)
        The same slices at one scale for all infants.
    images_by_height : ndarray of float32, (n, 2, 5, S, S)
        As ``images``, of levels placed by the brain's height alone, without tissue labels.
    levels, levels_by_height : DataFrame
        One column a level: axial slice found from anatomy, and from height.
    brain_volume_ml : ndarray, (n,)
    ratios : DataFrame
        Mean white over grey signal, one column a contrast and level; no column without tissue labels.
    """

    table: pd.DataFrame
    images: np.ndarray
    images_to_scale: np.ndarray
    images_by_height: np.ndarray
    levels: pd.DataFrame
    levels_by_height: pd.DataFrame
    brain_volume_ml: np.ndarray
    ratios: pd.DataFrame

    @property
    def age_months(self) -> np.ndarray:
        """Corrected age, (n,)."""
        return ages(self.table)


def with_ages(cohort: "Cohort") -> "Cohort":
    """Give every scan its corrected age in months, counted from 40 weeks; scans without an age are left out.

    A column ``corrected_age_months`` goes before ``postmenstrual_age_weeks``. A folder with neither is
    returned as it is.
    """
    table = cohort.table
    if "corrected_age_months" in table:
        months = table["corrected_age_months"]
    elif "postmenstrual_age_weeks" in table:
        months = (table["postmenstrual_age_weeks"] - TERM_WEEKS) / WEEKS_PER_MONTH
    else:
        return cohort
    chosen = cohort.select(months.notna().to_numpy())
    chosen.table = chosen.table.assign(corrected_age_months=months.dropna().to_numpy(float))
    return chosen


def ages(table: pd.DataFrame) -> np.ndarray:
    """Corrected age in months of every scan, (n,); NaN where the folder has none."""
    return table.get("corrected_age_months", pd.Series(np.nan, table.index)).to_numpy(float)


def field_strengths(table: pd.DataFrame) -> np.ndarray | None:
    """Tesla of every scan's scanner, (n,); None where the folder does not say."""
    return table["field_strength_tesla"].to_numpy(float) if "field_strength_tesla" in table else None


def age_folds(table: pd.DataFrame, params: "Wada2019Parameters") -> list[Fold]:
    """Folds that hold an infant's scans together and every range of ages in equal parts.

    Departure: the paper describes no split. Ages are stratified in five bins, fewer where infants are few.

    Returns
    -------
    list of Fold
        Empty where there are too few ages, or where some fold would leave one of model B's networks without
        an infant.
    """
    months = ages(table)
    if len(np.unique(months[np.isfinite(months)])) < max(FEWEST_AGES, params.n_folds):
        return []
    bins = quantile_bins(months, min(5, max(1, len(table) // (2 * params.n_folds))))
    binned = table.assign(age_bin=bins)
    if min(binned.groupby("age_bin")["participant_id"].nunique()) < params.n_folds:
        return []
    ranges = (months <= YOUNGER_UP_TO_MONTHS, months >= OLDER_FROM_MONTHS)
    return first_folds(
        lambda deal: grouped_folds(binned, "age_bin", params.n_folds, deal),
        lambda fold: all(inside[fold.train].any() for inside in ranges),
        params.seed,
    )


def scanners(tesla: np.ndarray | None) -> list[float]:
    """Field strengths at which there are at least two scans, the highest first."""
    values, counts = np.unique([] if tesla is None else tesla[np.isfinite(tesla)], return_counts=True)
    return sorted(values[counts > 1].tolist(), reverse=True)


def needs(cohort: "Cohort", params: "Wada2019Parameters") -> dict[str, dict[str, bool]]:
    """What the parts of the lesson need, in words, and whether a cohort has it; see `run.sections.section`.

    Returns
    -------
    dict of str to (dict of str to bool)
        Of ``ages``, ``simulation``, ``pictures`` (levels and what is cut there), ``models`` (all that comes
        after training), and of these with ``scanners``, tissue ``labels``, simulated ``myelin`` ages, and
        ``phantoms``.
    """
    table, months = cohort.table, ages(cohort.table)
    simulation = {"simulated infants": cohort.result_class.value == "synthetic"}
    aged = {"column corrected_age_months or postmenstrual_age_weeks": np.isfinite(months).any()}
    pictures = aged | {"label map or brain mask": cohort.has("dseg") or cohort.has("brain_mask")}
    tesla = field_strengths(table)
    divided = bool(age_folds(table, params))
    models = pictures | {
        f"set of infants of {FEWEST_AGES} ages, with both ranges of model B in every fold": divided
    }
    everywhere = cohort.has("dseg") and (table["dseg"] != "").all()
    labelled = everywhere and {*LANDMARKS, *GREY[:1]} <= set(cohort.lookup("dseg"))
    return {
        "simulation": simulation,
        "ages": aged,
        "pictures": pictures,
        "models": models,
        "scanners": models
        | {"column field_strength_tesla with two field strengths": len(scanners(tesla)) > 1},
        "labels": models | {"tissue labels": labelled},
        "myelin": models | {"simulated myelin ages": "latent_myelin_age_offset_months" in table},
        "phantoms": models | simulation,
    }


def load(cohort: "Cohort", params: "Wada2019Parameters", progress: bool = True) -> Data:
    """Read and check every scan of a cohort once.

    Parameters
    ----------
    cohort : Cohort
        From `with_ages`.
    params : Wada2019Parameters
    progress : bool
        Show a progress bar where someone watches.

    Raises
    ------
    InputError
        Before anything is read, if a scan lacks a contrast, or both tissue labels and brain mask; then if a
        file is damaged.
    """
    from tqdm.auto import tqdm

    for row in range(len(cohort)):
        _check(cohort, row)
    rows = tqdm(range(len(cohort)), desc="scans", disable=None if progress else True)
    seen = pd.DataFrame([_look_at(read_scan(cohort, row), params.image_size) for row in rows])
    return Data(
        cohort.table,
        *(np.stack(seen[name]) for name in ("images", "images_to_scale", "images_by_height")),
        *(pd.DataFrame(list(seen[name]), columns=LEVELS) for name in ("levels", "levels_by_height")),
        seen["brain_volume_ml"].to_numpy(),
        pd.DataFrame(list(seen["ratios"]), index=seen.index),
    )


def read_scan(cohort: "Cohort", row: int) -> ScanPair:
    """Read one infant's scans; T2w, labels and mask are brought to the grid of T1w where they have another.

    Raises
    ------
    InputError
        If the scan lacks a contrast, or has neither a label map nor a brain mask, or a file is damaged.
    """
    _check(cohort, row)
    t1 = cohort.read(row, "T1w")
    t2 = cohort.read(row, "T2w").onto(t1)
    labels, brain = (
        found and found.onto(t1, "nearest").data
        for found in (cohort.find(row, kind) for kind in ("dseg", "brain_mask"))
    )
    lookup = {} if labels is None else cohort.lookup("dseg")
    if brain is None:
        brain = ~np.isin(labels, [0, *(lookup[name] for name in OUTSIDE_SKULL if name in lookup)])
    return ScanPair((t1.data, t2.data), brain, t1.voxel_mm, labels, lookup)


def _look_at(scan: ScanPair, size: int) -> dict:
    levels, by_height = scan.levels(), levels_by_height(scan.brain)
    return {
        "images": scan.pictures(levels, size),
        "images_to_scale": scan.pictures(levels, size, FIXED_SCALE_MM),
        "images_by_height": scan.pictures(by_height, size),
        "levels": levels,
        "levels_by_height": by_height,
        "brain_volume_ml": scan.brain_volume_ml(),
        "ratios": scan.ratios(levels),
    }


def _check(cohort: "Cohort", row: int) -> None:
    absent = [contrast for contrast in CONTRASTS if not cohort.there(row, contrast)]
    if not (cohort.there(row, "dseg") or cohort.there(row, "brain_mask")):
        absent.append("dseg or brain_mask")
    if absent:
        name = scan_name(cohort.table.iloc[row])
        raise InputError(
            f"{name}: found no {' and no '.join(absent)}, expected both contrasts and one of them"
        )


def _mean(plane: np.ndarray, where: np.ndarray) -> float:
    return float(plane[where].mean()) if where.any() else float("nan")
