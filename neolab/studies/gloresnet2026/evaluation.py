"""What is reported: Tables 1 to 6, both protocols, the contest with simple classifiers, and the speed."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from torch import Tensor, nn

from neolab.learn.folds import OutOfFold
from neolab.metrics.covariates import comparable, covariate_results, covariate_table
from neolab.metrics.estimate import Estimate
from neolab.metrics.roc import bootstrap_auc, delong_interval, delong_test
from neolab.studies.gloresnet2026.parameters import Gloresnet2026Parameters
from neolab.studies.gloresnet2026.scores import MEASURES, FoldScores, score_folds
from neolab.studies.gloresnet2026.settings import Setting
from neolab.studies.gloresnet2026.training import predict, recipe

PROTOCOLS = ("clean", "paper")

#: Column -> words of Table 1, name among the results, unit.
CHARACTERISTICS = {
    "birth_age_weeks": ("Gestational age at birth (weeks)", "gestational_age", "weeks"),
    "birth_weight_kg": ("Birth weight (kg)", "birth_weight", "kg"),
    "postmenstrual_age_weeks": ("Postmenstrual age at scan (weeks)", "pma", "weeks"),
    "sex": ("Sex (male)", "sex", "1"),
}


def both_protocols(
    result: OutOfFold, params: Gloresnet2026Parameters, setting: Setting
) -> dict[str, FoldScores]:
    """Scores of the first training of a setting under each of `PROTOCOLS`."""
    given = {"n_resamples": params.n_bootstrap, "seed": params.seed}
    rows = result.rows()
    return {protocol: score_folds(rows, setting.column(protocol), **given) for protocol in PROTOCOLS}


def score_each(
    results: Mapping[str, OutOfFold], params: Gloresnet2026Parameters, settings: Mapping[str, Setting]
) -> dict[str, dict[str, FoldScores]]:
    """Name -> scores under each of `PROTOCOLS`, of several settings."""
    return {name: both_protocols(results[name], params, setting) for name, setting in settings.items()}


def over_seeds(result: OutOfFold, protocols: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Protocol -> means over folds, one row a training, one column for each of `MEASURES`."""
    trainings = [result.rows(repeat) for repeat in range(result.n_repeats)]
    return {
        protocol: pd.DataFrame(
            [score_folds(rows, protocol, n_resamples=1).per_fold.mean() for rows in trainings]
        )
        for protocol in protocols
    }


def seed_spread(trainings: pd.DataFrame) -> dict[str, float]:
    """SD of each of `MEASURES` over trainings, as ``<measure>_seed_sd``; nothing of a single training."""
    return {} if len(trainings) < 2 else dict(trainings.std(ddof=1).add_suffix("_seed_sd"))


def protocol_table(
    both: Mapping[str, FoldScores],
    seeds: Mapping[str, pd.DataFrame],
    published: Callable[[str], float],
) -> pd.DataFrame:
    """The same trainings under both protocols, and what is printed: text, one column a measure."""
    rows = {}
    for protocol, table in seeds.items():
        n, spread = len(table), table.std(ddof=1)
        rows[f"{protocol} protocol"] = {m: f"{both[protocol].mean(m):.2f}" for m in MEASURES}
        rows[f"{protocol} protocol, SD over {n} seeds"] = {
            m: f"{spread[m]:.3f}" if n > 1 else "" for m in MEASURES
        }
    rows["best fold, paper's protocol"] = {m: f"{both['paper'].best_fold(m):.2f}" for m in MEASURES}
    for words, row in (("average", "gloresnet"), ("best fold", "best")):
        rows[f"printed, {words}"] = {m: f"{published(f'table2.{row}.{m}'):.2f}" for m in MEASURES}
    return pd.DataFrame(rows).T


def comparison_table(
    sizes: pd.DataFrame,
    scores: Mapping[str, Mapping[str, FoldScores]],
    published: Callable[[str], float],
) -> pd.DataFrame:
    """Table 2: counted sizes and scores of the networks that were trained, beside what is printed.

    Parameters
    ----------
    sizes : DataFrame
        From `neolab.studies.gloresnet2026.sizes.size_table`.
    scores : mapping of str to mapping
        Network -> scores under both protocols; the paper's are shown.
    published : callable
        See `neolab.run.session.Run.published`.
    """
    table = sizes[["parameters_million", "gflops"]].reset_index()
    names = table["network"]
    table["printed parameters"] = [published(f"table2.{name}.parameters") for name in names]
    table["printed GFLOPs"] = [published(f"table2.{name}.operations") for name in names]
    for measure in ("accuracy", "auc"):
        said = {name: f"{both['paper'].mean(measure):.2f}" for name, both in scores.items()}
        table[measure] = [said.get(name, "not trained") for name in names]
        table[f"printed {measure}"] = [published(f"table2.{name}.{measure}") for name in names]
    return table


def score_table(scores: Mapping[str, Mapping[str, FoldScores]], titles: Mapping[str, str]) -> pd.DataFrame:
    """Scores under the paper's protocol as text: one row for each of ``titles``, one column a measure."""
    chosen = {title: scores[name]["paper"] for name, title in titles.items()}
    return pd.DataFrame(
        {title: {m: f"{one.mean(m):.2f}" for m in MEASURES} for title, one in chosen.items()}
    ).T


def accuracies(scores: Mapping[str, Mapping[str, FoldScores]]) -> dict[str, Estimate]:
    """Mean accuracy of each of several pairs of scores, by name such as ``"true labels, clean protocol"``."""
    return {
        f"{words}, {protocol} protocol": one.mean("accuracy")
        for words, both in scores.items()
        for protocol, one in both.items()
    }


def as_table(estimates: Mapping[str, Estimate]) -> pd.DataFrame:
    """Estimates with the ends of their intervals, one row each."""
    rows = {name: {"value": e.value, "low": e.low, "high": e.high} for name, e in estimates.items()}
    return pd.DataFrame(rows).T


def ablation_results(scores: Mapping[str, Mapping[str, FoldScores]], pretrained: bool) -> dict[str, dict]:
    """What Tables 3 to 6 print, by name of the result, under the paper's protocol.

    Parameters
    ----------
    scores : mapping of str to mapping
        Setting -> scores under both protocols, with ``mixup`` (predictions without mirroring) and ``full``
        among the settings.
    pretrained : bool
        Without pretrained weights the baseline is the random start, and Table 3 has no setting III.
    """
    said = {name: both["paper"] for name, both in scores.items()}
    full, base, plain = said["full"], said["baseline"], said["mixup"]
    worth = {
        "baseline": base.means(["sensitivity"]),
        "mixup": {**plain.means(["accuracy", "sensitivity"]), "improvement": plain.less(base, "accuracy")},
        "full": {"improvement": full.less(base, "accuracy")},
    }
    if "unweighted" in said:
        worth["unweighted"] = said["unweighted"].means(["sensitivity"])
    steps = {"i": "i", "ii": "ii", "iii": "baseline" if pretrained else ""}
    return {
        "regularisation": worth,
        "depth": {"resnet10": plain.means(["accuracy"])},
        "initialisation": {"random": said.get("random", base).means(["accuracy", "auc"])},
        "ablation": {
            step: {
                **said[name].means(["accuracy"]),
                "best_fold": said[name].best_folds(["accuracy", "auc", "mcc"]),
            }
            for step, name in steps.items()
            if name in said
        },
    }


def gains(scores: Mapping[str, Mapping[str, FoldScores]]) -> dict[str, Estimate]:
    """What the parts of the recipe add under the paper's protocol, in accuracy unless the name says else."""
    said = {name: both["paper"] for name, both in scores.items()}
    added = {
        "mixup": said["mixup"].less(said["baseline"], "accuracy"),
        "mixup and mirroring": said["full"].less(said["baseline"], "accuracy"),
    }
    if "unweighted" in said:
        added["class weights, in sensitivity"] = said["full"].less(said["unweighted"], "sensitivity")
    return added


def last_epoch(result: OutOfFold) -> dict[str, float]:
    """``part metric`` -> mean over the folds of the first training, after the last epoch."""
    history = result.history
    chosen = history[(history["repeat"] == 0) & (history["epoch"] == history["epoch"].max())]
    means = chosen.groupby(["part", "metric"])["value"].mean()
    return {f"{part} {metric}": value for (part, metric), value in means.items()}


def pooled_auc(
    truth: np.ndarray, probability: np.ndarray, params: Gloresnet2026Parameters
) -> dict[str, Estimate]:
    """AUC over all held-out infants with DeLong's interval and with one from a bootstrap."""
    resampled = bootstrap_auc(truth, probability, n_resamples=params.n_bootstrap, seed=params.seed)
    return {"auc_pooled": delong_interval(truth, probability), "auc_pooled_bootstrap": resampled}


def contest(
    truth: np.ndarray, network: np.ndarray, others: Mapping[str, np.ndarray]
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """AUC of each simple classifier, and the network's AUC minus it (DeLong, on the same infants)."""
    areas = {name: delong_interval(truth, value) for name, value in others.items()}
    ahead = {name: delong_test(truth, network, value).difference for name, value in others.items()}
    return areas, ahead


def contest_results(areas: Mapping[str, Estimate], ahead: Mapping[str, Estimate]) -> dict[str, dict]:
    """The results of `contest` by name of the result."""
    keys = {name: name.replace(" ", "_") for name in areas}
    return {
        "baseline": {f"{key}.auc": areas[name] for name, key in keys.items()},
        "compare": {f"gloresnet_{key}_auc_difference": ahead[name] for name, key in keys.items()},
    }


def characteristics(table: pd.DataFrame) -> pd.DataFrame:
    """Table 1 as the paper computes it: Welch's t-tests, and Yates's chi-square test for sex.

    Both were found by recomputation, the text names neither. A characteristic that the folder lacks, or that
    cannot be compared because it hardly varies, is left out.
    """
    chosen = {name: CHARACTERISTICS[name][0] for name in comparable(table, "group", [*CHARACTERISTICS])}
    return covariate_table(table, "group", chosen, positive="injury", equal_variance=False, yates=True)


def characteristic_results(table1: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """Unit -> result -> value of Table 1; SDs divide by n, as the paper's do."""
    names = {title: (name, unit) for title, name, unit in CHARACTERISTICS.values()}
    return covariate_results(table1, names, ddof=0)


def milliseconds_per_infant(
    network: nn.Module, volume: Tensor, params: Gloresnet2026Parameters, repeats: int = 5
) -> float:
    """Median wall time of a prediction with its mirror image, without preprocessing.

    Parameters
    ----------
    network : nn.Module
        On the device to be timed.
    volume : Tensor
        (1, 1, N, N, N).
    params : Gloresnet2026Parameters
    repeats : int
        Timed runs, after one that is not.
    """
    times = []
    volume = volume.to(next(network.parameters()).device)
    for _ in range(repeats + 1):
        start = time.perf_counter()
        predict(network, volume, recipe(params))  # brings its result to the host, so that a GPU has finished
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])
