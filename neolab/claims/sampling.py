"""How far a number may lie from the truth by chance alone: one small class a kind of statistic.

Each knows two things: the 95 % interval around a value, and how to draw a study of its size when the truth is
known (values with their own intervals). The first judges; the second tells how often a true replication would
pass, and how often each rule errs.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neolab.claims.schema import Claim

Z = 1.959963984540054  # of a two-sided 95 % interval
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]

#: Measures that are shares of cases, each case counted once.
SHARES = ("sensitivity", "specificity", "accuracy", "precision", "balanced_accuracy")
_CASES = ("patient", "scan", "slice", "image", "lesion")


class Sampling(Protocol):
    """A statistic with its sampling distribution."""

    def interval(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the 95 % interval around ``value``."""

    def draw(self, rng: np.random.Generator, truth: float, size: int) -> Drawn:
        """Return ``size`` studies: values, and the low and high ends that each of them would report."""


class _ByInterval:
    """Draws whose interval depends on the drawn value alone."""

    def draw(self, rng: np.random.Generator, truth: float, size: int) -> Drawn:
        values = self._values(rng, truth, size)
        return values, *self.interval(values)


@dataclass(frozen=True)
class Given(_ByInterval):
    """A normal error with the half widths that somebody reports.

    Attributes
    ----------
    below, above : float
        From the value to the ends of its 95 % interval.
    """

    below: float
    above: float

    def interval(self, value):
        return value - self.below, value + self.above

    def _values(self, rng, truth, size):
        return truth + (self.below + self.above) / (2 * Z) * rng.standard_normal(size)


@dataclass(frozen=True)
class Share(_ByInterval):
    """A share of ``n`` independent cases: binomial, Wilson's interval."""

    n: int

    def interval(self, value):
        middle = (value + Z**2 / (2 * self.n)) / (1 + Z**2 / self.n)
        half = Z / (1 + Z**2 / self.n) * np.sqrt(value * (1 - value) / self.n + Z**2 / (4 * self.n**2))
        return middle - half, middle + half

    def _values(self, rng, truth, size):
        return rng.binomial(self.n, min(max(truth, 0.0), 1.0), size) / self.n


@dataclass(frozen=True)
class Rate(_ByInterval):
    """Events a case, counted over ``n`` cases: Poisson, Garwood's interval."""

    n: int

    def interval(self, value):
        from scipy.stats import chi2

        events = np.asarray(value) * self.n
        low, high = chi2.ppf(0.025, 2 * np.maximum(events, 1e-9)), chi2.ppf(0.975, 2 * events + 2)
        return low / (2 * self.n), high / (2 * self.n)

    def _values(self, rng, truth, size):
        return rng.poisson(max(truth, 0.0) * self.n, size) / self.n


@dataclass(frozen=True)
class MeanOfFew:
    """A mean over ``k`` readers or folds with their SD: Student's t, taken as independent."""

    sd: float
    k: int

    @property
    def _reach(self) -> float:
        from scipy.stats import t

        return float(t.ppf(0.975, self.k - 1)) / math.sqrt(self.k)

    def interval(self, value):
        return value - self._reach * self.sd, value + self._reach * self.sd

    def draw(self, rng, truth, size):
        values = truth + self.sd / math.sqrt(self.k) * rng.standard_normal(size)
        half = self._reach * self.sd * np.sqrt(rng.chisquare(self.k - 1, size) / (self.k - 1))
        return values, values - half, values + half


@dataclass(frozen=True)
class Spread(_ByInterval):
    """A standard deviation, or root mean square, with ``df`` degrees of freedom: chi-square."""

    df: int

    def interval(self, value):
        from scipy.stats import chi2

        low, high = self.df / chi2.ppf([0.975, 0.025], self.df)
        return value * math.sqrt(low), value * math.sqrt(high)

    def _values(self, rng, truth, size):
        return truth * np.sqrt(rng.chisquare(self.df, size) / self.df)


@dataclass(frozen=True)
class Correlation(_ByInterval):
    """A correlation over ``n`` cases: Fisher's z with the variance for ranks (Bonett and Wright 2000)."""

    n: int

    def interval(self, value):
        z, reach = np.arctanh(np.clip(value, -0.999999, 0.999999)), Z * self._error(value)
        return np.tanh(z - reach), np.tanh(z + reach)

    def _error(self, r):
        return np.sqrt((1 + np.square(r) / 2) / (self.n - 3))

    def _values(self, rng, truth, size):
        return np.tanh(np.arctanh(truth) + self._error(truth) * rng.standard_normal(size))


def published_sampling(claim: Claim, spread: float | None = None) -> Sampling | None:
    """Return how a printed number varies, from its statistic and its n; None where nothing is printed.

    Where no formula applies (AUC, F1, fold means of shares without an SD, ...) the tolerance of the claims
    file speaks: it is the 95 % half width derived there from the printed numbers.

    Parameters
    ----------
    spread : float, optional
        The SD that the paper prints over the same readers or folds.
    """
    n, cases = claim.n or 0, claim.analysis_unit in _CASES
    if claim.statistic == "mean" and spread is not None and n > 1:
        return MeanOfFew(spread, n)
    if claim.statistic == "sd" and n > 1:
        return Spread(n - 1)
    if claim.statistic == "value" and cases and n:
        if claim.metric in SHARES:
            return Share(n)
        if claim.metric == "rmse":
            return Spread(n)
        if claim.metric == "correlation" and n > 3:
            return Correlation(n)
        if claim.metric == "false_positives_per_subject":
            return Rate(n)
    if not claim.tolerance or claim.tolerance == (0, 0):
        return None
    return Given(*claim.tolerance) if isinstance(claim.tolerance, tuple) else Given(*[claim.tolerance] * 2)
