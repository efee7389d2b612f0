"""The two ratios: how well they are measured, whether they separate the groups, and what a cut-off costs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from neolab.io.splits import grouped_folds
from neolab.learn.folds import OutOfFold, cross_validate
from neolab.metrics.classification import classification_metrics
from neolab.metrics.covariates import ancova, usable_covariates
from neolab.metrics.cutoff import youden_cutoff
from neolab.metrics.estimate import Estimate, counted
from neolab.metrics.groups import Summary, t_test, t_test_from_summaries
from neolab.metrics.roc import auc, bootstrap_auc, delong_interval
from neolab.studies.wu2021 import baselines
from neolab.studies.wu2021.cohort import GROUPS, NEGATIVE, POSITIVE, cohort_table
from neolab.studies.wu2021.parameters import Wu2021Parameters
from neolab.studies.wu2021.readers import CALL_MEASURES

#: By column of the table of measurements.
RATIOS = {"gpnorm": "GPnorm", "stnnorm": "STNnorm"}

#: Covariates of the analysis of covariance. Postmenstrual age is the sum of two of them and says no more.
COVARIATES = ("age_days", "sex", "gestational_age_weeks")


def repeatability(table: pd.DataFrame) -> dict[str, Estimate]:
    """Return the mean of GPnorm and the standard deviation of one drawing, from two drawings of each scan."""
    apart = table["gpnorm"] - table["gpnorm_again"]
    n = len(table)
    return {
        "mean": counted(table["gpnorm"].mean(), n),
        "rater_sd": counted(np.sqrt((apart**2).mean() / 2), n),
    }


def recovery(table: pd.DataFrame) -> dict[str, Estimate]:
    """Return how far GPnorm is measured from what was put into the tissue: mean and SD of the error."""
    error = table["gpnorm"] - table["latent_gpnorm"]
    n = len(table)
    return {"measurement_bias": counted(error.mean(), n), "measurement_sd": counted(error.std(ddof=1), n)}


def separation(table: pd.DataFrame, name: str = "gpnorm") -> tuple[float, float]:
    """Return the difference of the groups' means (ABE - HB), and the SD within a group."""
    groups = table.groupby("group")[name]
    means = groups.mean()
    return float(means[POSITIVE] - means[NEGATIVE]), float(np.sqrt(groups.var(ddof=1).mean()))


def low_to_high(table: pd.DataFrame, n: int = 3) -> dict[str, np.ndarray]:
    """Return ``n`` rows of each group, from a low to a high GPnorm, without the extremes."""
    rows = {}
    for group in GROUPS:
        ordered = table.loc[table["group"] == group, "gpnorm"].sort_values().index
        rows[group] = ordered[np.linspace(0, len(ordered) - 1, n + 2).astype(int)[1:-1]].to_numpy()
    return rows


def measured(table: pd.DataFrame) -> list[str]:
    """Return the ratios that could be measured in every scan."""
    return [name for name in RATIOS if table[name].notna().all()]


def group_comparison(table: pd.DataFrame, name: str, params: Wu2021Parameters) -> dict[str, Estimate]:
    """Compare one ratio between the groups: t-test, analysis of covariance, and area under the ROC curve."""
    positive, negative = (table.loc[table["group"] == group, name] for group in (POSITIVE, NEGATIVE))
    test = t_test(positive, negative)
    adjusted = ancova(table, name, "group", adjusted_for(table), positive=POSITIVE)
    truth, n = table["label"], len(table)
    sampling = {"n_resamples": params.n_bootstrap, "seed": params.seed}
    return {
        "difference": test.difference,
        "t_p": counted(test.p, n),
        "abe_mean": counted(positive.mean(), len(positive)),
        "abe_sd": counted(positive.std(ddof=1), len(positive)),
        "hb_mean": counted(negative.mean(), len(negative)),
        "hb_sd": counted(negative.std(ddof=1), len(negative)),
        "ancova_difference": adjusted.difference,
        "ancova_p": counted(adjusted.p, n),
        "auc": delong_interval(truth, table[name]),
        "auc_bootstrap": bootstrap_auc(truth, table[name], **sampling),
        "cutoff": counted(youden_cutoff(truth, table[name]).threshold, n),
    }


def adjusted_for(table: pd.DataFrame) -> list[str]:
    """Return those of `COVARIATES` that the cohort has and that can be told apart in it."""
    return usable_covariates(table, "group", COVARIATES, positive=POSITIVE)


def published_t_test_p(name: str) -> float:
    """Return the p of a t-test on the means, SDs and group sizes that the paper prints for a ratio."""
    summaries = (Summary(*getattr(GROUPS[group], name), GROUPS[group].n) for group in (POSITIVE, NEGATIVE))
    return t_test_from_summaries(*summaries).p


def comparison_table(results: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Set the t-tests of `group_comparison`, one entry a ratio, beside those of the printed summaries."""
    return pd.DataFrame(
        {
            RATIOS[name]: {
                "ABE − HB, ours": f"{one['difference']:.3f}",
                "p, t-test, ours": f"{one['t_p']:.2g}",
                "p, t-test, from the paper's means and SDs": f"{published_t_test_p(name):.2g}",
            }
            for name, one in results.items()
        }
    ).T


def binormal_auc(name: str) -> float:
    """Return the AUC of a ratio that is normal in both groups with the printed means and SDs."""
    (first, first_sd), (second, second_sd) = (getattr(GROUPS[group], name) for group in (POSITIVE, NEGATIVE))
    return float(norm.cdf((first - second) / np.hypot(first_sd, second_sd)))


def areas_of_cohorts(names: Sequence[str], n: int, n_cohorts: int = 40) -> pd.DataFrame:
    """Return the AUC of each ratio (columns) as put into other cohorts of ``n`` newborns (rows)."""
    cohorts = [cohort_table(n, 1000 + k) for k in range(n_cohorts)]
    return pd.DataFrame(
        {name: [auc(one["diagnosis"] == POSITIVE, one[name]) for one in cohorts] for name in names}
    )


def put_in(table: pd.DataFrame, areas: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """Return the AUC of each ratio as put into this cohort, and its mean over other cohorts."""
    return {
        name: {
            "auc_put_in": counted(auc(table["label"], table[f"latent_{name}"]), len(table)),
            "auc_of_cohorts": counted(areas[name].mean(), len(areas)),
        }
        for name in areas
    }


def call_metrics(truth: Sequence[int], call: Sequence[int], params: Wu2021Parameters) -> dict[str, Estimate]:
    """Return sensitivity, specificity, precision, F1 and accuracy with their intervals over newborns."""
    metrics = classification_metrics(truth, call, n_resamples=params.n_bootstrap, seed=params.seed)
    return {name: metrics[name] for name in CALL_MEASURES}


def honest_cutoff(table: pd.DataFrame, n_folds: int, seed: int) -> OutOfFold:
    """Choose the cut-off of GPnorm on all folds but one and call that one, in turn (``call``)."""
    folds = grouped_folds(table, "label", n_folds, seed)
    method = baselines.cutoff(table["label"], table["gpnorm"])
    return cross_validate(table, folds, method, progress=False)


def cutoff_gains(table: pd.DataFrame, n_folds: int, deals: int = 100) -> np.ndarray:
    """Return what a cut-off gains in accuracy by being judged on its own cases, for many deals of folds."""
    truth, score = table["label"].to_numpy(), table["gpnorm"].to_numpy()
    apparent = ((score >= youden_cutoff(truth, score).threshold) == truth).mean()
    honest = [honest_cutoff(table, n_folds, deal).column("call") for deal in range(deals)]
    return np.array([apparent - (call == truth).mean() for call in honest])
