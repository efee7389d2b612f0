"""Agreement between raters beyond chance."""

import math
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects
from neolab.metrics.estimate import Estimate, percentile_estimate


@dataclass(frozen=True)
class Kappa:
    """A kappa with its interval, and its test against chance agreement.

    Attributes
    ----------
    kappa : Estimate
    z, p : float
        Two-sided test of kappa = 0, with the standard error that holds under chance.
    """

    kappa: Estimate
    z: float
    p: float


def fleiss_kappa(ratings: np.ndarray, *, n_resamples: int = RESAMPLES, seed: int = 0) -> Kappa:
    """Return Fleiss' kappa of several raters who each rated every case.

    Parameters
    ----------
    ratings : array, shape (n_cases, n_raters)
        Category of each case by each rater; numbers or strings.

    Notes
    -----
    Kappa: Fleiss 1971 (Psychol Bull 76:378). Test: the variance under chance of Fleiss, Nee and Landis 1979
    (Psychol Bull 86:974), which SPSS prints. Interval: bootstrap over cases, because that variance holds at
    kappa = 0 only.
    """
    from scipy.stats import norm

    counts = count_categories(ratings)
    n_cases, n_raters = counts.shape[0], int(counts[0].sum())
    value = float(_fleiss(counts[None])[0])
    samples = _fleiss(counts[draw_subjects(n_cases, n_resamples, seed=seed)])
    method = f"bootstrap over cases, {n_raters} raters"
    estimate = percentile_estimate(value, samples, n=n_cases, method=method)
    z = value / fleiss_chance_error(counts) if math.isfinite(value) else math.nan
    return Kappa(estimate, z, float(2 * norm.sf(abs(z))))


def count_categories(ratings: np.ndarray) -> np.ndarray:
    """Return how many raters gave each case each category, shape (n_cases, n_categories)."""
    ratings = np.asarray(ratings)
    if ratings.ndim != 2 or ratings.shape[1] < 2 or ratings.shape[0] < 1:
        raise InputError(
            f"ratings: found shape {ratings.shape}, expected cases x raters with at least two raters"
        )
    if ratings.dtype.kind == "f" and np.isnan(ratings).any():
        raise InputError("ratings: found missing ratings, expected one from every rater for every case")
    categories = np.unique(ratings)
    return (ratings[:, :, None] == categories).sum(axis=1)


def _fleiss(counts: np.ndarray) -> np.ndarray:
    """Return kappa of stacks of counts, shape (..., n_cases, n_categories); NaN with a single category."""
    n_raters = counts[..., 0, :].sum(axis=-1)
    share = counts.mean(axis=-2) / n_raters[..., None]
    agreeing_pairs = (counts * (counts - 1)).sum(axis=-1) / (n_raters * (n_raters - 1))[..., None]
    observed, chance = agreeing_pairs.mean(axis=-1), (share**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1, (observed - chance) / (1 - chance), np.nan)


def fleiss_chance_error(counts: np.ndarray) -> float:
    """Return the standard error of Fleiss' kappa when raters agree by chance only (Fleiss 1979, eq. 12).

    Parameters
    ----------
    counts : array, shape (n_cases, n_categories)
        As `count_categories` returns them.
    """
    n_cases, n_raters = counts.shape[0], counts[0].sum()
    share = counts.mean(axis=0) / n_raters
    spread = (share * (1 - share)).sum()
    skew = (share * (1 - share) * (1 - 2 * share)).sum()
    return float(
        math.sqrt(2 * (spread**2 - skew)) / (spread * math.sqrt(n_cases * n_raters * (n_raters - 1)))
    )


def kappa_of_independent_errors(sensitivity: float, specificity: float, prevalence: float) -> float:
    """Return the kappa of raters who are equally good and err independently of each other.

    Parameters
    ----------
    sensitivity, specificity, prevalence : float
        From 0 to 1; the first two are those of every rater.

    Notes
    -----
    Given the truth the calls are independent, so those of two raters covary by p (1 - p) J^2, with prevalence
    p and Youden's J; kappa is that over the variance q (1 - q) of a call, with the share q of positive calls.
    NaN where all calls are the same. A kappa above it says that raters share something beside the truth.
    """
    shares = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise InputError(f"{name}: found {value:g}, expected a share from 0 to 1")
    called = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    if called in (0, 1):
        return math.nan
    youden = sensitivity + specificity - 1
    return prevalence * (1 - prevalence) * youden**2 / (called * (1 - called))
