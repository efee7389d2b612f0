"""What the models are worth: errors, correlations, and comparisons with each other and with simple means."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.metrics.bootstrap import bootstrap_estimate
from neolab.metrics.estimate import Estimate
from neolab.metrics.regression import mae, regression_metrics, spearman
from neolab.studies.wada2019.data import scanners

if TYPE_CHECKING:
    from neolab.learn.folds import OutOfFold
    from neolab.studies.wada2019.data import Data
    from neolab.studies.wada2019.parameters import Wada2019Parameters

#: The models as the paper's tables name them -> as the lesson does.
MODEL_TITLES = {"simple": "model A, all ages", "ensemble": "model B, two ranges"}
RIVAL_TITLES = {
    "mean_age": "mean age",
    "brain_volume": "brain volume alone",
    "ratio_ridge": "ten white/grey ratios, ridge",
    "to_scale": "model A, brain size left in",
}
#: Mean absolute error of later work on the same 119 children, four folds, another network: Magn Reson Med
#: Sci 2023;22:57.
FOLLOW_UP_MAE_MONTHS = 0.98
#: Of those results that are no correlation.
UNITS = dict.fromkeys(("rmse", "mae", "bias"), "months")
_TABLE1 = {"spearman": "Spearman", "pearson": "Pearson", "rmse": "RMSE (months)", "mae": "MAE (months)"}

#: Model -> ``train`` or ``cv`` -> metric -> estimate.
Results = Mapping[str, Mapping[str, Mapping[str, Estimate]]]


def scores(truth: Sequence[float], estimate: Sequence[float], params: "Wada2019Parameters") -> dict:
    """Errors in months and correlations with intervals; see `regression_metrics`."""
    return regression_metrics(truth, estimate, n_resamples=params.n_bootstrap, seed=params.seed)


def scores_of_models(
    unseen: Mapping[str, "OutOfFold"], learnt: Mapping[str, "OutOfFold"], params: "Wada2019Parameters"
) -> Results:
    """Score every model on the infants that it learnt from (``train``) and on those it did not (``cv``)."""
    results = {}
    for model, trial in unseen.items():
        truth = trial.table["corrected_age_months"]
        parts = {"train": learnt[model], "cv": trial}
        results[model] = {part: scores(truth, one.column("estimate"), params) for part, one in parts.items()}
    return results


def table1(results: Results, published: Callable[[str], float]) -> pd.DataFrame:
    """Lay our errors and correlations out beside the paper's Table 1.

    Parameters
    ----------
    results : Results
    published : callable
        From the name of a claim to its value; `Run.published`.
    """
    rows = {}
    for model, parts in results.items():
        for part, words in (("train", "trained on the same infants"), ("cv", "cross-validated")):
            rows[f"{MODEL_TITLES[model]}: {words}"] = [f"{parts[part][name]:.2f}" for name in _TABLE1]
    for model in results:
        r, rmse, error = (published(f"table1.{model}.{name}") for name in ("correlation", "rmse", "mae"))
        rows[f"paper, Table 1, {model} model"] = [f"{r:g}", "", f"{rmse:g}", f"{error:g}"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_TABLE1.values()))


def all_estimates(unseen: Mapping[str, "OutOfFold"], learnt: Mapping[str, "OutOfFold"]) -> pd.DataFrame:
    """One row an infant and training: ``model``, ``tested`` (cv or train), ``truth`` and ``estimate``."""
    parts = [
        one.predictions.assign(
            model=model,
            tested=tested,
            truth=one.table["corrected_age_months"].to_numpy()[one.predictions["row"]],
        )
        for tested, trials in (("cv", unseen), ("train", learnt))
        for model, one in trials.items()
    ]
    return pd.concat(parts, ignore_index=True)


def predictions(unseen: Mapping[str, "OutOfFold"], learnt: Mapping[str, "OutOfFold"]) -> pd.DataFrame:
    """One row an infant: its age in months and, of every model, ``<model>_cv`` and ``<model>_train``."""
    table = next(iter(unseen.values())).table[["participant_id", "session_id", "corrected_age_months"]]
    columns = {f"{model}_cv": one.column("estimate") for model, one in unseen.items()}
    columns |= {f"{model}_train": one.column("estimate") for model, one in learnt.items()}
    return table.assign(**columns)


def residual_slope(age: np.ndarray, estimate: np.ndarray) -> float:
    """Months by which estimate minus age changes with a month of age; below 0 it regresses to the mean."""
    return float(np.polyfit(age, estimate - age, 1)[0])


def spearman_p(age: np.ndarray, estimate: np.ndarray) -> float:
    """Two-sided p of the rank correlation, which the paper prints beside it."""
    from scipy.stats import spearmanr

    return float(spearmanr(age, estimate).pvalue)


def mae_by_year(age: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Mean absolute error in the ``first`` and the ``second`` year of life, where there are infants."""
    error = np.abs(estimate - age)
    years = {"first": error[age < 12], "second": error[age >= 12]}
    return {year: float(values.mean()) for year, values in years.items() if len(values)}


def mae_by_seed(trial: "OutOfFold") -> list[float]:
    """Mean absolute error of every repeat of a cross-validation."""
    truth = trial.table["corrected_age_months"].to_numpy()
    return [mae(truth, trial.column("estimate", repeat)) for repeat in range(trial.n_repeats)]


def mae_difference(
    truth: Sequence[float], first: Sequence[float], second: Sequence[float], params: "Wada2019Parameters"
) -> Estimate:
    """Mean absolute error of ``first`` minus that of ``second`` on the same infants, bootstrapped in pairs.

    Below zero where ``first`` is the better one.
    """
    truth, first, second = (np.asarray(values, float) for values in (truth, first, second))
    gain = np.abs(first - truth) - np.abs(second - truth)
    return bootstrap_estimate(
        lambda rows: float(gain[rows].mean()), len(gain), n_resamples=params.n_bootstrap, seed=params.seed
    )


def by_scanner(
    data: "Data", tesla: np.ndarray, estimates: Mapping[str, np.ndarray], params: "Wada2019Parameters"
) -> tuple[dict[str, Estimate], pd.DataFrame]:
    """Cross-validated error and bias of every model at every field strength.

    Parameters
    ----------
    data : Data
    tesla : ndarray, (n,)
        Scans without a value are left out.
    estimates : mapping of str to ndarray, (n,)
        Model -> months.
    params : Wada2019Parameters

    Returns
    -------
    metrics : dict of str to Estimate
        ``<model>.cv.mae_3t``, ``<model>.cv.bias_1p5t`` and so on.
    table : DataFrame
        The same in words.
    """
    metrics, rows = {}, []
    for value in scanners(tesla):
        here = np.flatnonzero(tesla == value)
        for model, estimate in estimates.items():
            found = scores(data.age_months[here], estimate[here], params)
            words = {"scanner": f"{value:g} T", "model": MODEL_TITLES[model], "infants": len(here)}
            for name, title in (("mae", "MAE"), ("bias", "bias")):
                metrics[f"{model}.cv.{name}_{f'{value:g}'.replace('.', 'p')}t"] = found[name]
                words[f"{title} (months)"] = f"{found[name]:.2f}"
            rows.append(words)
    return metrics, pd.DataFrame(rows)


def beyond_age(age: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What a parabola in age leaves over, (n,)."""
    return values - np.polyval(np.polyfit(age, values, 2), age)


def size_seen(data: "Data", estimates: Mapping[str, np.ndarray]) -> dict[str, Estimate]:
    """Rank correlation of brain volume with each estimate, both beyond what age explains."""
    age = data.age_months
    volume = beyond_age(age, data.brain_volume_ml)
    return {name: spearman(volume, beyond_age(age, values)) for name, values in estimates.items()}


def ranked(models: Mapping[str, Estimate], rivals: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Errors of models and rivals by their titles, smallest first."""
    titled = {MODEL_TITLES[name]: error for name, error in models.items()}
    titled |= {RIVAL_TITLES[name]: error for name, error in rivals.items()}
    return dict(sorted(titled.items(), key=lambda item: item[1].value))


def estimates_table(estimates: Mapping[str, Estimate]) -> pd.DataFrame:
    """One row an estimate, with the ends of its interval."""
    rows = {name: (one.value, one.low, one.high) for name, one in estimates.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])


def lines_table(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> pd.DataFrame:
    """One row a point of several lines of estimates over months."""
    parts = [
        pd.DataFrame({"line": name, "months": months, "estimate": estimates})
        for name, (months, estimates) in lines.items()
    ]
    return pd.concat(parts, ignore_index=True)
