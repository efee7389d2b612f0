"""The step that the paper announces: from an estimated age to a flag for delayed myelination."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import nn

from neolab.errors import InputError
from neolab.studies.wada2019.data import ScanPair
from neolab.studies.wada2019.network import IMAGE_SIZE
from neolab.studies.wada2019.parameters import Wada2019Parameters
from neolab.studies.wada2019.phantoms import Phantom, infant, pictures, scan_pairs
from neolab.studies.wada2019.training import predict

#: A normal error scatters sqrt(pi / 2) times its mean absolute size.
_SD_OVER_MAD = np.sqrt(np.pi / 2)
#: One in twenty normal infants lies below it.
FIFTH_PERCENTILE = -1.645


@dataclass(frozen=True)
class NormalRange:
    """What a model says of normal infants of an age: mean and spread, both straight lines in age.

    Attributes
    ----------
    mean, spread : (intercept, slope)
        Of the estimate, and of its standard deviation, in months.
    """

    mean: tuple[float, float]
    spread: tuple[float, float]

    @classmethod
    def of(cls, age_months: Sequence[float], estimate_months: Sequence[float]) -> "NormalRange":
        """Learn the range from normal infants whom the model had not seen.

        Parameters
        ----------
        age_months : sequence, (n,)
            Corrected age.
        estimate_months : sequence, (n,)
            Cross-validated estimates: those on training data would make the range far too narrow.

        Raises
        ------
        InputError
            For fewer than five infants.

        Notes
        -----
        Absolute residuals are regressed on age (Altman 1993, Stat Med 12:917).
        """
        age, estimate = np.asarray(age_months, float), np.asarray(estimate_months, float)
        if len(age) < 5:
            raise InputError(f"normal range: found {len(age)} infants, expected at least 5")
        slope, intercept = np.polyfit(age, estimate, 1)
        residual = np.abs(estimate - intercept - slope * age)
        widening, start = np.polyfit(age, residual, 1)
        if min(start + widening * age.min(), start + widening * age.max()) <= 0:
            widening, start = 0.0, residual.mean()
        spread = (float(_SD_OVER_MAD * start), float(_SD_OVER_MAD * widening))
        return cls((float(intercept), float(slope)), spread)

    def expected(self, age_months: float | np.ndarray) -> float | np.ndarray:
        """Mean estimate at an age, months."""
        return self.mean[0] + self.mean[1] * np.asarray(age_months, float)

    def sd(self, age_months: float | np.ndarray) -> float | np.ndarray:
        """Standard deviation of the estimate at an age, months."""
        return self.spread[0] + self.spread[1] * np.asarray(age_months, float)

    def z(self, age_months: float | np.ndarray, estimate_months: float | np.ndarray) -> float | np.ndarray:
        """Standard score of an estimate; below `FIFTH_PERCENTILE` it is flagged as delayed."""
        return (np.asarray(estimate_months, float) - self.expected(age_months)) / self.sd(age_months)


@dataclass(frozen=True)
class Assessment:
    """What the pipeline says of one infant.

    Attributes
    ----------
    levels : dict of str to int
        Level -> axial slice that was looked at.
    estimate_months : float
        Estimated age.
    z : float
        Standard score of the estimate among normal infants of the same corrected age.
    """

    levels: dict[str, int]
    estimate_months: float
    z: float

    @property
    def delayed(self) -> bool:
        """Whether the flag is raised: below the 5th percentile of normal infants."""
        return self.z < FIFTH_PERCENTILE


def assess(
    scan: ScanPair,
    age_months: float,
    network: nn.Module,
    normal: NormalRange,
    image_size: int = IMAGE_SIZE,
) -> Assessment:
    """From a whole volume to a flag: find the levels, cut the ten pictures, estimate the age, place it.

    Parameters
    ----------
    scan : ScanPair
    age_months : float
        Corrected age; it places the estimate in the normal range and has no part in the estimate.
    network : nn.Module
        Has not seen this infant.
    normal : NormalRange
    image_size : int
        Side of the pictures that the network was trained on.
    """
    levels = scan.levels()
    estimate = float(predict(network, scan.pictures(levels, image_size)[None])[0])
    return Assessment(levels, estimate, float(normal.z(age_months, estimate)))


def assess_twins(
    age_months: float, late_by: float, network: nn.Module, normal: NormalRange, params: Wada2019Parameters
) -> tuple[dict[str, Assessment], list[np.ndarray], float]:
    """Send one infant through the pipeline twice: with its myelin on time, and late by some months.

    Returns
    -------
    verdicts : dict of str to Assessment
        ``on time``, then so many months ``late``.
    slices : list of ndarray, (2 contrasts, 5 levels, X, Y)
        Signal at the levels of each.
    pixel_mm : float
    """
    names = ("on time", f"{late_by:.0f} months late")
    scans = scan_pairs(infant(age_months, params.seed), [age_months, age_months - late_by])
    verdicts, slices = {}, []
    for name, scan in zip(names, scans, strict=True):  # one after the other: whole volumes are large
        verdicts[name] = assess(scan, age_months, network, normal, params.image_size)
        slices.append(scan.slices(verdicts[name].levels))
    return verdicts, slices, scan.voxel_mm[0]


def late_infants(
    scans: Sequence[Sequence[Phantom]],
    delays_months: Sequence[float],
    age_months: float,
    network: nn.Module,
    normal: NormalRange,
) -> pd.DataFrame:
    """Estimate and flag infants of one age whose myelin is late on purpose.

    Parameters
    ----------
    scans : sequence, (infants, delays)
        Of each infant, one scan a delay.
    delays_months : sequence of float
    age_months : float
    network : nn.Module
    normal : NormalRange

    Returns
    -------
    DataFrame
        One row a scan: ``infant``, ``delay_months``, ``estimate``, ``z``, ``flagged``.
    """
    estimate = np.concatenate([predict(network, pictures(each)) for each in scans])
    z = normal.z(age_months, estimate)
    return pd.DataFrame(
        {
            "infant": np.repeat(np.arange(len(scans)), len(delays_months)),
            "delay_months": np.tile(delays_months, len(scans)),
            "estimate": estimate,
            "z": z,
            "flagged": z < FIFTH_PERCENTILE,
        }
    )


def by_delay(infants: pd.DataFrame) -> pd.DataFrame:
    """Number, mean estimate, mean z and share flagged for every delay of `late_infants`."""
    return infants.groupby("delay_months").agg(
        infants=("infant", "size"),
        estimate=("estimate", "mean"),
        z=("z", "mean"),
        flagged=("flagged", "mean"),
    )
