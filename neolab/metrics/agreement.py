"""Agreement between raters beyond chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects
from neolab.metrics.estimate import Estimate, level_text, percentile_estimate


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


def fleiss_kappa(
    ratings: np.ndarray, *, level: float = 0.95, n_resamples: int = RESAMPLES, seed: int = 0
) -> Kappa:
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
    estimate = percentile_estimate(
        value, samples, n=n_cases, method=f"bootstrap over cases, {n_raters} raters", level=level
    )
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


def cohen_kappa(
    first: Sequence, second: Sequence, *, weights: str | None = None, level: float = 0.95
) -> Kappa:
    """Return Cohen's kappa of two raters, weighted for ordered categories.

    Parameters
    ----------
    first, second : sequences, one category per case
    weights : {None, "linear", "quadratic"}
        How disagreement grows with the distance between categories, which are taken in sorted order.

    Notes
    -----
    Standard errors of Fleiss, Cohen and Everitt 1969 (Psychol Bull 72:323): one for the interval, another,
    valid under chance, for the test.
    """
    from scipy.stats import norm

    table = _cross_table(first, second)
    n, k = table.sum(), len(table)
    p = table / n
    agreement = _agreement_weights(k, weights)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance_table = np.outer(rows, columns)
    observed, chance = (agreement * p).sum(), (agreement * chance_table).sum()
    method = f"{level_text(level)} asymptotic, {weights or 'un'}weighted"
    if math.isclose(chance, 1.0):
        return Kappa(Estimate(math.nan, None, None, int(n), method), math.nan, math.nan)
    value = (observed - chance) / (1 - chance)
    # Mean weight that each cell's row and column would meet by chance.
    margins = (agreement @ columns)[:, None] + (agreement.T @ rows)[None, :]
    spread = (p * (agreement - margins * (1 - value)) ** 2).sum() - (value - chance * (1 - value)) ** 2
    error = math.sqrt(max(spread, 0.0) / n) / (1 - chance)
    chance_spread = (chance_table * (agreement - margins) ** 2).sum() - chance**2
    # Where a rater used one category only, kappa is 0 and cannot be tested.
    testable = chance_spread > 1e-12
    z = value * (1 - chance) / math.sqrt(chance_spread / n) if testable else math.nan
    half = norm.isf((1 - level) / 2) * error
    estimate = Estimate(float(value), float(value - half), float(min(1.0, value + half)), int(n), method)
    return Kappa(estimate, float(z), float(2 * norm.sf(abs(z))))


def _cross_table(first: Sequence, second: Sequence) -> np.ndarray:
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        raise InputError(
            f"ratings: found shapes {first.shape} and {second.shape}, expected two equal lengths"
        )
    categories, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    table = np.zeros((len(categories), len(categories)))
    np.add.at(table, (codes[: len(first)], codes[len(first) :]), 1)
    return table


def _agreement_weights(k: int, weights: str | None) -> np.ndarray:
    distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
    if weights is None:
        return np.eye(k)
    if weights == "linear":
        return 1 - distance
    if weights == "quadratic":
        return 1 - distance**2
    raise InputError(f"weights: found {weights!r}, expected None, linear or quadratic")
