"""Scores of a cross-validation: the mean over folds that papers print, with an interval over infants."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.metrics.classification import metric_of_counts
from neolab.metrics.estimate import Estimate, percentile_estimate

#: The measures of Table 2, in its order.
MEASURES = ("accuracy", "sensitivity", "specificity", "f1", "mcc", "auc")


@dataclass(frozen=True)
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

    def mean(self, measure: str) -> Estimate:
        """Mean over folds; folds in which the measure is undefined are left out."""
        value = float(self.per_fold[measure].mean())
        return percentile_estimate(value, self._means(measure), n=self.n, method=_METHOD)

    def best_fold(self, measure: str) -> Estimate:
        """Value in the fold of the highest accuracy, which the paper calls peak.

        In the bootstrap the best fold is found anew in every sample.
        """
        accuracy = MEASURES.index("accuracy")
        best = self.samples[:, :, accuracy].argmax(axis=1)
        samples = self.samples[np.arange(len(best)), best, MEASURES.index(measure)]
        value = float(self.per_fold[measure].iloc[int(self.per_fold["accuracy"].argmax())])
        return percentile_estimate(value, samples, n=self.n, method=_METHOD)

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


_METHOD = "bootstrap over subjects within folds and groups"


def score_folds(
    predictions: pd.DataFrame, column: str = "clean", *, n_resamples: int = 2000, seed: int = 0
) -> FoldScores:
    """Score the predictions of each fold by itself, called at a probability of one half.

    Parameters
    ----------
    predictions : DataFrame
        ``fold``, ``label`` and probabilities in ``column``.
    column : str
    n_resamples, seed : int
        Of the bootstrap; equal seeds draw the same infants for every method.
    """
    rng = np.random.default_rng(seed)
    rows, samples = [], []
    for _, fold in predictions.groupby("fold"):
        truth, score = fold["label"].to_numpy() == 1, fold[column].to_numpy()
        rows.append(_measure(truth, score, np.ones((1, len(fold))))[0])
        samples.append(_measure(truth, score, _draw(rng, truth, n_resamples)))
    names = sorted(predictions["fold"].unique())
    per_fold = pd.DataFrame(rows, columns=list(MEASURES), index=pd.Index(names, name="fold"))
    return FoldScores(per_fold, np.stack(samples, axis=1), len(predictions))


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
