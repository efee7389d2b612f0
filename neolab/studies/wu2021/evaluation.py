"""What three ways to read a scan are worth: numbers by the name under which they are recorded."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.splits import grouped_folds, leaky_folds
from neolab.learn.attribution import enlarge
from neolab.learn.folds import Method, OutOfFold, cross_validate
from neolab.metrics.classification import count_confusion
from neolab.metrics.compare import PairedComparison, compare_classifiers
from neolab.metrics.covariates import comparable, covariate_results, covariate_table
from neolab.metrics.estimate import Estimate, counted
from neolab.metrics.folds import over_folds
from neolab.metrics.roc import rank_auc
from neolab.studies.wu2021.cohort import POSITIVE
from neolab.studies.wu2021.data import Slices
from neolab.studies.wu2021.parameters import Wu2021Parameters
from neolab.studies.wu2021.readers import CALL_MEASURES, MEASURES

#: Methods by column of the table of scores; ``<column>_call`` has their yes or no.
METHODS = {
    "visual": "visual",
    "gpnorm": "GPnorm",
    "resnet18_slice": "ResNet18, folds by slice",
    "resnet18_patient": "ResNet18, folds by patient",
}

#: Rows of Table 1: column -> title, name among the results, unit.
CHARACTERISTICS = {
    "sex": ("Sex (male)", "sex", "1"),
    "age_days": ("Age (days)", "age", "days"),
    "weight_kg": ("Weight (kg)", "weight", "kg"),
    "gestational_age_weeks": ("Gestational age (weeks)", "gestational_age", "weeks"),
    "total_serum_bilirubin_umol_l": ("Total serum bilirubin (µmol/L)", "tsb", "umol/L"),
    "albumin_g_l": ("Albumin (g/L)", "albumin", "g/L"),
}

# ---- Table 1


def characteristics(table: pd.DataFrame) -> list[str]:
    """Return which rows of Table 1 a cohort with a column ``group`` has and can compare."""
    return comparable(table, "group", [*CHARACTERISTICS])


def table1(table: pd.DataFrame) -> pd.DataFrame:
    """Return Table 1 of a cohort with a column ``group``; see `covariate_table`."""
    titles = {name: CHARACTERISTICS[name][0] for name in characteristics(table)}
    return covariate_table(table, "group", titles, positive=POSITIVE)


def table1_results(table: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """Return unit -> name -> number for all entries of `table1`."""
    return covariate_results(table, {title: (name, unit) for title, name, unit in CHARACTERISTICS.values()})


# ---- Way three: the network


def judged_slices(
    slices: Slices, split: str, method: Method, params: Wu2021Parameters, epochs: int = 1
) -> OutOfFold:
    """Let a method judge every slice.

    Parameters
    ----------
    slices : Slices
    split : {"slice", "patient"}
        Folds by slice leak, as the paper's seem to.
    method : Method
    params : Wu2021Parameters
        ``n_folds`` and ``seed``.
    epochs : int
        For the progress bar.
    """
    leaky = split == "slice"
    folds = (leaky_folds if leaky else grouped_folds)(slices.table, "label", params.n_folds, params.seed)
    return cross_validate(
        slices.table,
        folds,
        method,
        seed=params.seed,
        images=slices.images,
        leaky=leaky,
        keep=False,
        epochs=epochs,
        name=f"folds_by_{split}",
    )


def neighbour_shares(result: OutOfFold) -> tuple[Estimate, float]:
    """Return the accuracy of the nearest slice's diagnosis, and how often that is the same newborn."""
    table, nearest = result.table, result.column("nearest")
    label, who = table["label"].to_numpy(), table["participant_id"].to_numpy()
    return counted((label[nearest] == label).mean(), len(label)), float((who[nearest] == who).mean())


def fold_metrics(predictions: pd.DataFrame, threshold: float = 0.5) -> pd.DataFrame:
    """Return `MEASURES` of every fold.

    Parameters
    ----------
    predictions : DataFrame
        With ``fold``, ``label`` and ``probability``.
    threshold : float
        A slice is called ABE above it.
    """
    rows = {}
    for number, fold in predictions.groupby("fold"):
        counts = count_confusion(fold["label"], (fold["probability"] > threshold).astype(int))
        rows[number] = {name: counts.metric(name) for name in CALL_MEASURES}
        rows[number]["auc"] = rank_auc(fold["label"], fold["probability"])
    return pd.DataFrame(rows).T.rename_axis("fold")


def fold_results(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """Return the mean of every measure over folds with its interval, and its SD."""
    summaries = {name: over_folds(values) for name, values in fold_metrics(predictions).items()}
    means = {name: one.interval().clipped(0, 1) for name, one in summaries.items()}
    return means | {f"{name}_sd": counted(one.sd, one.n) for name, one in summaries.items()}


def by_newborn(predictions: pd.DataFrame) -> pd.Series:
    """Average the probabilities of each newborn's slices, by ``participant_id``."""
    return predictions.groupby("participant_id")["probability"].mean()


def central_share(maps: np.ndarray, size: int = 64) -> Estimate:
    """Return the mean share of each map's weight in the middle quarter of the picture.

    Parameters
    ----------
    maps : ndarray, (N, h, w)
        Each is shifted so that its smallest value is zero; an even map gives 0.25.
    size : int
        Rows and columns at which the maps are compared.
    """
    large = enlarge(maps, (size, size))
    large -= large.min(axis=(1, 2), keepdims=True)
    inner, total = slice(size // 4, size - size // 4), large.sum(axis=(1, 2))
    central = large[:, inner, inner].sum(axis=(1, 2))
    return counted(
        np.divide(central, total, out=np.full_like(total, 0.25), where=total > 0).mean(), len(maps)
    )


def shown_maps(predictions: pd.DataFrame, size: int) -> np.ndarray:
    """Enlarge activation maps to pictures of ``size`` x ``size`` and scale each to [0, 1]."""
    large = enlarge(np.stack(predictions["activation_map"]), (size, size))
    large -= large.min(axis=(1, 2), keepdims=True)
    peak = large.max(axis=(1, 2), keepdims=True)
    return np.divide(large, peak, out=large, where=peak > 0)


def most_confident(predictions: pd.DataFrame, n: int = 4) -> pd.Index:
    """Return the rows that are called correctly and with most confidence."""
    right = (predictions["probability"] > 0.5) == (predictions["label"] == 1)
    certainty = (predictions.loc[right, "probability"] - 0.5).abs()
    return certainty.sort_values(ascending=False).index[:n]


def most_misread(predictions: pd.DataFrame, n: int = 3) -> dict[str, pd.Index]:
    """Return, of each group, the rows that look most like the other to the network."""
    by_probability = predictions["probability"].sort_values()
    label = predictions["label"].reindex(by_probability.index)
    return {
        "HB, most like ABE": by_probability.index[label == 0][::-1][:n],
        "ABE, most like HB": by_probability.index[label == 1][:n],
    }


def late_losses(history: pd.DataFrame, share: float = 0.2) -> pd.Series:
    """Return the mean loss of each part (``train``, ``test``) over the last share of the training."""
    late = history["epoch"] > (1 - share) * history["epoch"].max()
    return history[late & (history["metric"] == "loss")].groupby("part")["value"].mean()


# ---- Side by side


def spread_row(per_case: pd.DataFrame) -> dict[str, str]:
    """Mean and SD over readers or folds, as the paper prints them."""
    return {name: f"{over_folds(per_case[name]):.3f}" for name in MEASURES}


def interval_row(metrics: Mapping[str, Estimate], area: Estimate) -> dict[str, str]:
    """Value and 95 % interval over newborns."""
    return {name: f"{metrics[name]:.2f}" for name in CALL_MEASURES} | {"auc": f"{area:.2f}"}


def table2(rows: Mapping[str, Mapping[str, str]], published: Callable[[str], float]) -> pd.DataFrame:
    """Return Table 2: the methods in the paper's order, what goes beyond it, and the paper's own rows.

    Parameters
    ----------
    rows : mapping of str to mapping
        Method -> measure -> text; see `spread_row` and `interval_row`.
    published : callable
        From the identifier of a claim to the printed number; raises InputError where there is none.
    """
    order = ["Visual inspection", "GPnorm", "ResNet18, folds by slice", "ResNet18, folds by patient"]
    ours = {name: rows[name] for name in [*order, *rows] if name in rows}
    papers = {"Visual inspection": "visual", "GPnorm": "gpnorm", "ResNet18": "resnet18"}
    printed = {
        f"paper: {name}": {measure: _as_printed(f"table2.{row}.{measure}", published) for measure in MEASURES}
        for name, row in papers.items()
    }
    return pd.DataFrame(ours | printed).T


def _as_printed(claim: str, published: Callable[[str], float]) -> str:
    try:
        return f"{published(claim):.4f} ± {published(f'{claim}_sd'):.4f}"
    except InputError:  # a ratio has one accuracy and no spread
        return f"{published(claim):.4f}"


def methods_of(scores: pd.DataFrame) -> dict[str, str]:
    """Return the entries of `METHODS` that have judged the newborns."""
    return {column: name for column, name in METHODS.items() if f"{column}_call" in scores}


def compare_pairs(scores: pd.DataFrame, network: str) -> dict[str, PairedComparison]:
    """Compare the accuracies of the paper's three pairs of methods, as far as they have judged.

    Parameters
    ----------
    scores : DataFrame
    network : str
        Which of the networks, ``"resnet18_slice"`` or ``"resnet18_patient"``.
    """
    columns = {"visual": "visual", "gpnorm": "gpnorm", "resnet18": network}
    calls = {name: scores.get(f"{column}_call") for name, column in columns.items()}
    pairs = (("gpnorm", "visual"), ("visual", "resnet18"), ("resnet18", "gpnorm"))
    return {
        f"{first}_{second}": compare_classifiers(scores["label"], calls[first], calls[second])
        for first, second in pairs
        if calls[first] is not None and calls[second] is not None
    }


def pair_results(pairs: Mapping[str, PairedComparison]) -> dict[str, Estimate]:
    """Return the p of chi-square, as in the paper, that of the paired test that fits, and the difference."""
    results = {}
    for pair, one in pairs.items():
        unpaired, n = one.unpaired.p if one.unpaired else np.nan, one.difference.n
        results |= {f"{pair}_p": counted(unpaired, n), f"{pair}_paired_p": counted(one.paired.p, n)}
        results[f"{pair}_difference"] = one.difference
    return results


def pairs_table(pairs: Mapping[str, PairedComparison], published: Mapping[str, float]) -> pd.DataFrame:
    """Set the comparisons of `compare_pairs` beside the p that the paper prints for each."""
    names = {
        "gpnorm_visual": "GPnorm − visual",
        "visual_resnet18": "visual − ResNet18",
        "resnet18_gpnorm": "ResNet18 − GPnorm",
    }
    return pd.DataFrame(
        {
            "pair": names[name],
            "difference in accuracy": f"{one.difference:.2f}",
            "chi-square p, unpaired": one.unpaired.p if one.unpaired else np.nan,
            "McNemar p, paired": one.paired.p,
            "chi-square p in the paper": published[name],
        }
        for name, one in pairs.items()
    )
