"""Scores over folds: the mean that papers print, with an interval over infants."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from neolab.metrics.classification import metric_of_counts
from neolab.metrics.estimate import Estimate, percentile_estimate

#: The measures of Table 2, in its order.
MEASURES = ("accuracy", "sensitivity", "specificity", "f1", "mcc", "auc")

_METHOD = "bootstrap over subjects within folds and groups"


@dataclass(frozen=True)
class FoldMean(Estimate):
    """A mean over folds that knows them.

    Attributes
    ----------
    folds : tuple of float
        The value in each fold.
    """

    folds: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class FoldScores:
    """Scores of one method over folds.

    Attributes
    ----------
    per_fold : DataFrame
        One row a fold, one column for each of `MEASURES`.
    samples : array, shape (n_resamples, n_folds, n_measures)
        The same for every bootstrap sample.
    n : int
        Infants.
    """

    per_fold: pd.DataFrame
    samples: np.ndarray
    n: int

    def mean(self, measure: str) -> FoldMean:
        """Mean over folds; folds in which the measure is undefined are left out."""
        values = self.per_fold[measure]
        estimate = percentile_estimate(float(values.mean()), self._means(measure), n=self.n, method=_METHOD)
        return FoldMean(**vars(estimate), folds=tuple(values))

    def means(self, measures: Iterable[str] = MEASURES) -> dict[str, FoldMean]:
        """Measure -> its mean over folds."""
        return {measure: self.mean(measure) for measure in measures}

    def best_fold(self, measure: str) -> Estimate:
        """Value in the fold of the highest accuracy, which the paper calls peak.

        In the bootstrap the best fold is found anew in every sample.
        """
        accuracy = MEASURES.index("accuracy")
        best = self.samples[:, :, accuracy].argmax(axis=1)
        samples = self.samples[np.arange(len(best)), best, MEASURES.index(measure)]
        value = float(self.per_fold[measure].iloc[int(self.per_fold["accuracy"].argmax())])
        return percentile_estimate(value, samples, n=self.n, method=_METHOD)

    def best_folds(self, measures: Iterable[str] = MEASURES) -> dict[str, Estimate]:
        """Measure -> its value in the best fold."""
        return {measure: self.best_fold(measure) for measure in measures}

    def less(self, other: "FoldScores", measure: str) -> Estimate:
        """Mean over folds minus that of another method on the same infants, folds and bootstrap samples."""
        value = float(self.per_fold[measure].mean() - other.per_fold[measure].mean())
        samples = self._means(measure) - other._means(measure)
        return percentile_estimate(value, samples, n=self.n, method=f"paired {_METHOD}")

    def _means(self, measure: str) -> np.ndarray:
        values = self.samples[:, :, MEASURES.index(measure)]
        defined = np.isfinite(values)
        total = np.where(defined, values, 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            return total / np.where(defined.any(axis=1), defined.sum(axis=1), np.nan)


def score_folds(
    rows: pd.DataFrame, column: str = "clean", *, n_resamples: int = 2000, seed: int = 0
) -> FoldScores:
    """Score the predictions of each fold by itself, called at a probability of one half.

    Parameters
    ----------
    rows : DataFrame
        ``fold``, ``label`` and probabilities in ``column``.
    column : str
    n_resamples, seed : int
        Of the bootstrap; equal seeds draw the same infants for every method.
    """
    rng = np.random.default_rng(seed)
    values, samples = {}, []
    for number, fold in rows.groupby("fold"):
        truth, score = fold["label"].to_numpy() == 1, fold[column].to_numpy()
        values[number] = _measure(truth, score, np.ones((1, len(fold))))[0]
        samples.append(_measure(truth, score, _draw(rng, truth, n_resamples)))
    per_fold = pd.DataFrame.from_dict(values, orient="index", columns=list(MEASURES)).rename_axis("fold")
    return FoldScores(per_fold, np.stack(samples, axis=1), len(rows))


def _draw(rng: np.random.Generator, truth: np.ndarray, n_resamples: int) -> np.ndarray:
    """How often each case is drawn, within its group, (n_resamples, n)."""
    weights = np.zeros((n_resamples, len(truth)))
    for group in (True, False):
        members = np.flatnonzero(truth == group)
        if members.size:
            equal = np.full(members.size, 1 / members.size)
            weights[:, members] = rng.multinomial(members.size, equal, size=n_resamples)
    return weights


def _measure(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """All `MEASURES` of weighted cases, (n_resamples, n_measures)."""
    called = score > 0.5
    outcomes = (truth & called, ~truth & called, ~truth & ~called, truth & ~called)
    counts = np.stack([weights @ kind.astype(float) for kind in outcomes], axis=-1)
    columns = [metric_of_counts(name, counts) for name in MEASURES[:-1]]
    return np.stack([*columns, _auc(truth, score, weights)], axis=-1)


def _auc(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chance that a positive scores above a negative, ties half, (n_resamples,)."""
    above = np.sign(score[truth][:, None] - score[~truth][None, :]) / 2 + 0.5
    positives, negatives = weights[:, truth], weights[:, ~truth]
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    wins = ((positives @ above) * negatives).sum(axis=1)
    return np.where(pairs > 0, wins / np.maximum(pairs, 1), np.nan)
