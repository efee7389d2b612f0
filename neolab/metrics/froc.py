"""Free-response ROC: found lesions against false positives per subject, over the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects
from neolab.metrics.estimate import Estimate, percentile_estimate


@dataclass(frozen=True)
class Candidates:
    """Scored candidates of one subject.

    Attributes
    ----------
    scores : array, shape (n_candidates,)
    lesion : sequence of sequences of int
        For each candidate the lesions (numbered from 0) that it overlaps; empty for a false one.
    n_lesions : int
    """

    scores: np.ndarray
    lesion: Sequence[Sequence[int]]
    n_lesions: int


@dataclass(frozen=True)
class Froc:
    """Counts of every subject at every threshold.

    Attributes
    ----------
    thresholds : array, shape (n_thresholds,)
        Decreasing.
    found, false_findings : arrays, shape (n_subjects, n_thresholds)
    lesions : array, shape (n_subjects,)
    """

    thresholds: np.ndarray
    found: np.ndarray
    false_findings: np.ndarray
    lesions: np.ndarray

    @property
    def true_positive_rate(self) -> np.ndarray:
        """Found lesions / lesions, pooled over subjects, at each threshold."""
        return self.found.sum(axis=0) / self.lesions.sum()

    @property
    def false_positives_per_subject(self) -> np.ndarray:
        """False findings / subjects at each threshold."""
        return self.false_findings.mean(axis=0)

    def sensitivity_at(
        self, false_positives_per_subject: float, *, n_resamples: int = RESAMPLES, seed: int = 0
    ) -> Estimate:
        """Return the best true-positive rate that costs at most so many false positives per subject.

        Interval: bootstrap over subjects. 0 where every threshold costs more.
        """
        return self.band([false_positives_per_subject], n_resamples=n_resamples, seed=seed)[0]

    def band(self, grid: Sequence[float], *, n_resamples: int = RESAMPLES, seed: int = 0) -> list[Estimate]:
        """Return `sensitivity_at` for each false-positive rate of ``grid``, from the same resamples."""
        n_subjects = len(self.lesions)
        draws = draw_subjects(n_subjects, n_resamples, seed=seed)
        # In blocks: resamples x thresholds may be millions of numbers.
        n_blocks = 1 + draws.shape[0] * len(self.thresholds) // 1_000_000
        samples = np.vstack([self._resampled(block, grid) for block in np.array_split(draws, n_blocks)])
        values = self._resampled(np.arange(n_subjects)[None], grid)[0]
        return [
            percentile_estimate(float(value), column, n=n_subjects)
            for value, column in zip(values, samples.T, strict=True)
        ]

    def _resampled(self, draws: np.ndarray, grid: Sequence[float]) -> np.ndarray:
        """Return the best rate within each limit for each draw of subjects, shape (n_draws, n_limits)."""
        n_subjects = len(self.lesions)
        times = np.stack([np.bincount(draw, minlength=n_subjects) for draw in draws]).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = (times @ self.found) / (times @ self.lesions)[:, None]
        costs = times @ self.false_findings / n_subjects
        return np.stack([_best(rates, costs, limit) for limit in grid], axis=1)


def _best(rates: np.ndarray, costs: np.ndarray, limit: float) -> np.ndarray:
    """Return the highest rate in each row whose cost is within the limit; NaN rows stay NaN."""
    best = np.where(costs <= limit + 1e-12, rates, 0.0).max(axis=1, initial=0.0)
    return np.where(np.isnan(rates).any(axis=1), np.nan, best)


def froc_from_candidates(subjects: Sequence[Candidates]) -> Froc:
    """Build the FROC of candidates whose regions are fixed and whose scores decide (a second-stage network).

    Every distinct score is a threshold; a candidate counts when its score is at or above it.
    """
    if sum(subject.n_lesions for subject in subjects) == 0:
        raise InputError(f"lesions: found none in {len(subjects)} subjects, expected at least one")
    scores = np.concatenate([np.asarray(subject.scores, float) for subject in subjects])
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    found = np.zeros((len(subjects), len(thresholds)))
    false = np.zeros_like(found)
    for row, subject in enumerate(subjects):
        own = np.asarray(subject.scores, float)
        wrong = np.array([len(lesions) == 0 for lesions in subject.lesion], bool)
        best = np.full(subject.n_lesions, -np.inf)
        for score, lesions in zip(own, subject.lesion, strict=True):
            for lesion in lesions:
                best[lesion] = max(best[lesion], score)
        found[row] = (best[:, None] >= thresholds).sum(axis=0) if subject.n_lesions else 0
        false[row] = (own[wrong][:, None] >= thresholds).sum(axis=0)
    return Froc(thresholds, found, false, np.array([subject.n_lesions for subject in subjects], float))
