"""What a predictor without any skill would have got, by simulation on the run's own design.

A claim that such a predictor passes says nothing about skill, whoever passes it. Which nulls are tried
follows from what was measured:

=====================  =================================================================================
cases (yes or no)      a coin that falls at the prevalence, a fair coin (random scores for the AUC), and
                       always the larger group
quantities             the mean of all (errors), values in random order (correlations)
findings               as many marks as the method made, in random places; no mark at all
differences            two methods that do not differ
=====================  =================================================================================
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neolab.claims.designs import Cases, Design, Findings, Quantities
from neolab.claims.prediction import Prediction
from neolab.claims.sampling import Z
from neolab.claims.schema import Claim
from neolab.metrics.classification import METRICS, metric_of_counts

N_NULLS = 2000
#: A null that passes more often than this makes a claim useless as a test of skill.
MOST_PASSES = 0.05
# A microbleed measures at most 10 mm, 0.5 ml of a brain of 1200 ml; doubled, and for up to ten of them.
RANDOM_HIT = 0.01


@dataclass(frozen=True)
class Null:
    """A predictor without skill, judged by the rule that judged the run.

    Attributes
    ----------
    name : str
    value, low, high : float
        Median over the simulations, and where 95 % of them lie.
    passes : float
        Share of the simulations that agree with the published number.
    """

    name: str
    value: float
    low: float
    high: float
    passes: float

    @property
    def fails(self) -> bool:
        """Whether the claim tells this null from a skilled method."""
        return self.passes <= MOST_PASSES


def try_nulls(
    claim: Claim, prediction: Prediction, design: Design | None, below: float, above: float
) -> tuple[Null, ...]:
    """Judge every null that fits a claim; empty where none is known.

    Parameters
    ----------
    below, above : float
        How far the run's own interval reaches. A null reports an interval as wide as its own spread, and
        never a narrower one than the run.
    """
    found = []
    for name, values in simulate_nulls(claim, design, below, above):
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
        ends = values - max(below, middle - low), values + max(above, high - middle)
        share = float(np.mean(prediction.agrees(values, *ends)))
        found.append(Null(name, float(middle), float(low), float(high), share))
    return tuple(found)


def simulate_nulls(
    claim: Claim, design: Design | None, below: float, above: float
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of every null that fits a claim, and what it gets in each of `N_NULLS` simulations."""
    if claim.statistic == "difference":
        yield "no difference", np.random.default_rng(0).normal(0, (below + above) / (2 * Z), N_NULLS)
    elif isinstance(design, Cases):
        for name, tables in _case_nulls(design).items():
            if (values := _of_cases(claim, design, tables)) is not None:
                yield name, values
    elif isinstance(design, Quantities):
        yield from _of_quantities(claim, design)
    elif isinstance(design, Findings):
        yield from _of_findings(claim, design)


@lru_cache(maxsize=64)
def _case_nulls(design: Cases) -> dict[str, dict[str, np.ndarray]]:
    """Null -> measure -> values, (N_NULLS, raters, folds)."""
    negatives, positives = np.sum(design.folds, axis=0)
    prevalence = positives / (negatives + positives)
    larger = float(prevalence > 0.5)
    chances = {"coin at the prevalence": prevalence, "fair coin": 0.5, "larger group": larger}
    return {name: _play(design, chance, name) for name, chance in chances.items()}


def _play(design: Cases, chance: float, name: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    constant = chance in (0.0, 1.0)
    counts, areas, calls = [], [], []
    for negatives, positives in design.folds:
        score = rng.random((N_NULLS, design.raters, negatives + positives))
        called = np.full_like(score, chance, bool) if constant else score < chance
        tp, fp = called[..., negatives:].sum(-1), called[..., :negatives].sum(-1)
        counts.append(np.stack([tp, fp, negatives - fp, positives - tp], axis=-1))
        areas.append(np.full(tp.shape, 0.5) if constant else _area(-score, negatives))
        calls.append(called)
    folds = np.stack(counts, axis=2)
    with np.errstate(invalid="ignore"):
        measures = {measure: metric_of_counts(measure, folds) for measure in METRICS}
        pooled = {measure: metric_of_counts(measure, folds.sum(2))[..., None] for measure in METRICS}
    measures["auc"] = measures["balanced_accuracy"] if design.raters > 1 else np.stack(areas, axis=2)
    pooled["auc"] = measures["auc"].mean(-1, keepdims=True)
    agreement = _fleiss(np.concatenate(calls, axis=-1)) if design.raters > 1 and not constant else None
    return measures | {f"pooled {key}": value for key, value in pooled.items()} | {"fleiss_kappa": agreement}


def _area(score: np.ndarray, negatives: int) -> np.ndarray:
    """AUC of scores whose first ``negatives`` belong to negatives; without ties."""
    ranks = score.argsort(-1).argsort(-1) + 1
    positives = score.shape[-1] - negatives
    if not negatives or not positives:
        return np.full(score.shape[:-1], np.nan)
    wins = ranks[..., negatives:].sum(-1) - positives * (positives + 1) / 2
    return wins / (negatives * positives)


def _fleiss(calls: np.ndarray) -> np.ndarray:
    """Fleiss' kappa of yes-or-no calls (draws, raters, cases)."""
    raters, yes = calls.shape[1], calls.sum(1)
    agreeing = (yes * (yes - 1) + (raters - yes) * (raters - yes - 1)) / (raters * (raters - 1))
    share = yes.mean(-1) / raters
    expected = share**2 + (1 - share) ** 2
    return (agreeing.mean(-1) - expected) / np.maximum(1 - expected, 1e-12)


def _of_cases(claim: Claim, design: Cases, tables: dict[str, np.ndarray]) -> np.ndarray | None:
    """Values of the claim's statistic, (N_NULLS,); None where the metric is no measure of calls."""
    if claim.metric == "fleiss_kappa":
        return tables["fleiss_kappa"]
    measured = tables.get(claim.metric)
    if measured is None:
        return None
    cells = measured.reshape(len(measured), -1)
    if claim.statistic == "mean":
        return _nanmean(cells)
    if claim.statistic == "sd" and cells.shape[1] > 1:
        defined, apart = np.isfinite(cells), np.square(cells - _nanmean(cells)[:, None])
        free = defined.sum(1) - 1
        return np.where(free > 0, np.sqrt(np.where(defined, apart, 0).sum(1) / np.maximum(free, 1)), np.nan)
    if claim.statistic == "maximum":
        best = tables["accuracy"].reshape(len(measured), -1).argmax(1)
        return cells[np.arange(len(cells)), best]
    if claim.statistic == "value":
        return tables[f"pooled {claim.metric}"][:, 0, 0]
    return None


def _nanmean(cells: np.ndarray) -> np.ndarray:
    defined = np.isfinite(cells)
    total = np.where(defined, cells, 0.0).sum(1)
    return np.where(defined.any(1), total / np.maximum(defined.sum(1), 1), np.nan)


def _of_quantities(claim: Claim, design: Quantities) -> Iterator[tuple[str, np.ndarray]]:
    truth, rng = np.array(design.truth), np.random.default_rng(0)
    errors = (truth - truth.mean())[rng.integers(0, len(truth), (N_NULLS, len(truth)))]
    if claim.metric == "rmse":
        yield "mean of all", np.sqrt(np.square(errors).mean(1))
    elif claim.metric == "mae":
        yield "mean of all", np.abs(errors).mean(1)
    elif claim.metric == "correlation":
        yield "random order", np.tanh(rng.standard_normal(N_NULLS) / np.sqrt(max(len(truth) - 3, 1)))


def _of_findings(claim: Claim, design: Findings) -> Iterator[tuple[str, np.ndarray]]:
    lesions, marks = np.array(design.lesions), np.array(design.marks)
    rng = np.random.default_rng(0)
    people = rng.integers(0, len(lesions), (N_NULLS, len(lesions)))
    for name, made in (("random marks", marks), ("no mark", np.zeros_like(marks))):
        there, placed = lesions[people], made[people]
        hits = np.minimum(rng.binomial(placed, RANDOM_HIT), there)
        with np.errstate(invalid="ignore", divide="ignore"):
            measures = {
                "sensitivity": hits.sum(1) / there.sum(1),
                "precision": hits.sum(1) / placed.sum(1),
                "false_positives_per_subject": (placed - hits).mean(1),
            }
        if claim.metric in measures:
            yield name, measures[claim.metric]
