"""How often the rules of the ledger err, and what predictors without skill get, for docs/verdicts.md.

``python benchmarks/verdicts.py`` prints three tables; ``--write`` puts them into the page.

1. Each rule with data of its own kind, drawn from one truth for both studies (the share of true replications
   that is turned away), and with a null in place of our study (the share that is let through).
2. Whole runs at the profile ``paper``: true replications, and coins, random scores, mean ages and random
   marks in place of readers and networks. The coins of wu2021 and gloresnet2026 go through the studies' own
   evaluation, so that their intervals are those that a run would record.
3. Every quantity that is judged, at the paper's own size: prediction interval, power, and its strongest null.
"""

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from neolab.claims import designs
from neolab.claims.ledger import LedgerRow, RunResults, count_verdicts, make_ledger
from neolab.claims.load import load_papers
from neolab.claims.nulls import Null, simulate_nulls
from neolab.claims.prediction import Prediction
from neolab.claims.sampling import Correlation, Given, MeanOfFew, Rate, Share, Spread, Z, published_sampling
from neolab.claims.schema import Claim, Paper
from neolab.claims.verdicts import Verdict
from neolab.io.result_class import ResultClass

PAGE = Path(__file__).resolve().parents[1] / "docs" / "verdicts.md"
Simulated = tuple[float, float, float, Given | Share | MeanOfFew | Spread | Correlation | Rate]
JUDGED = (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.NO_DISCRIMINATION)


# ---- 1. Rules


def rules(n_studies: int = 1000) -> pd.DataFrame:
    """Simulate every rule; one row each."""
    rng = np.random.default_rng(15)

    def agreeing(study: Callable, truth: float, other: float, size: float = 1.0) -> float:
        return np.mean([_agree(study(rng, truth, 1.0), study(rng, other, size)) for _ in range(n_studies)])

    rows = [
        {
            "rule": name,
            "truth": f"{truth:g}",
            "turned away, same size": f"{1 - agreeing(study, truth, truth):.1%}",
            "turned away, a quarter": f"{1 - agreeing(study, truth, truth, 0.25):.1%}" if shrinks else "",
            "without skill": f"{null:g}",
            "let through": f"{agreeing(study, truth, null):.1%}",
        }
        for name, study, truth, shrinks, null in RULES
    ]
    return pd.DataFrame(rows)


def _agree(printed: Simulated, ours: Simulated) -> bool:
    """The rule: what is printed with its formula, ours with the interval that it reports."""
    return bool(Prediction(printed[0], "=", 0.0, printed[3]).agrees(*ours[:3]))


def _share(rng, truth, size):
    sampling = Share(max(2, round(79 * size)))
    value = rng.binomial(sampling.n, truth) / sampling.n
    return (value, *sampling.interval(value), sampling)


def _auc(rng, truth, size):
    from scipy.stats import norm

    from neolab.metrics.roc import delong_interval, hanley_mcneil_error

    positive, negative = round(47 * size), round(32 * size)
    score = np.r_[rng.normal(math.sqrt(2) * norm.ppf(truth), 1, positive), rng.normal(0, 1, negative)]
    found = delong_interval(np.repeat([1, 0], [positive, negative]), score)
    half = Z * hanley_mcneil_error(found.value, positive, negative)
    return found.value, found.low, found.high, Given(half, half)


def _readers(rng, truth, size):
    n = round(79 * size)
    skill = np.clip(truth + rng.normal(0, 0.05, 3), 0, 1)
    right = rng.random((n, 3)) < skill
    means, sd = right.mean(0), right.mean(0).std(ddof=1)
    sampling, cases = MeanOfFew(max(sd, 1e-6), 3), Z * right.mean(1).std(ddof=1) / math.sqrt(n)
    half = math.hypot(cases, sampling.interval(0.0)[1])
    return means.mean(), means.mean() - half, means.mean() + half, sampling


def _folds(rng, truth, size):
    n = max(2, round(38 * size))
    values = rng.binomial(n, truth, 5) / n
    sampling = MeanOfFew(max(values.std(ddof=1), 1e-6), 5)
    return (values.mean(), *sampling.interval(values.mean()), sampling)


def _folds_without_sd(rng, truth, size):
    n = round(128 * size)
    value = rng.binomial(n, truth) / n
    half = Z * math.sqrt(max(value * (1 - value), 1 / n) / n)
    return value, value - half, value + half, Given(half, half)


def _spread(k):
    def study(rng, truth, size):
        value = rng.normal(0, truth, k).std(ddof=1)
        return (value, *Spread(k - 1).interval(value), Spread(k - 1))

    return study


def _correlation(rng, truth, size):
    from scipy.stats import spearmanr

    n = round(119 * size)
    sampling = Correlation(n)
    # Spearman's coefficient of normal values with Pearson's r is 6 / pi asin(r / 2).
    pearson = 2 * math.sin(math.pi / 6 * truth)
    value = spearmanr(*rng.multivariate_normal([0, 0], [[1, pearson], [pearson, 1]], n).T).statistic
    return (value, *sampling.interval(value), sampling)


def _error(heavy: bool):
    def study(rng, truth, size):
        n = round(119 * size)
        noise = rng.standard_t(5, n) / math.sqrt(5 / 3) if heavy else rng.standard_normal(n)
        squares = np.square(truth * noise)
        value, error = math.sqrt(squares.mean()), squares.std(ddof=1) / math.sqrt(n)
        half = Z * error / (2 * value)  # what a bootstrap over subjects reports
        return value, value - half, value + half, Spread(n)

    return study


def _rate(clustered: bool):
    def study(rng, truth, size):
        n = round(78 * size)
        events = rng.poisson(truth * (rng.gamma(1, 1, n) if clustered else 1), n)
        half = Z * events.std(ddof=1) / math.sqrt(n)
        return events.mean(), events.mean() - half, events.mean() + half, Rate(n)

    return study


#: Rule, study, truth, whether it shrinks, what a method without skill gets.
RULES: tuple[tuple[str, Callable, float, bool, float], ...] = (
    ("share of 79 patients (Wilson)", _share, 0.72, True, 0.52),
    ("AUC of 47 + 32 patients (Hanley-McNeil, ours DeLong)", _auc, 0.77, True, 0.5),
    ("mean of 3 readers with SD, 79 patients (t)", _readers, 0.54, True, 0.5),
    ("mean of 3 readers who are good", _readers, 0.85, True, 0.5),
    ("mean of 5 folds with SD, 190 slices (t)", _folds, 0.62, True, 0.5),
    ("mean of folds without SD, 128 patients (binomial)", _folds_without_sd, 0.75, True, 0.52),
    ("SD of 3 readers (chi-square)", _spread(3), 0.08, False, 0.056),
    ("SD of 5 folds (chi-square)", _spread(5), 0.08, False, 0.08),
    ("rank correlation of 119 (Bonett-Wright)", _correlation, 0.81, True, 0.0),
    ("RMSE of 119, normal errors (chi-square)", _error(False), 2.12, True, 5.5),
    ("RMSE of 119, errors with heavy tails", _error(True), 2.12, True, 5.5),
    ("false positives of 78 (Poisson)", _rate(False), 1.5, True, 3.7),
    ("false positives of 78, clustered in people", _rate(True), 1.5, True, 3.7),
)


# ---- 2. Runs


def paper_designs(study: str, seed: int = 0) -> dict[str, designs.Design]:
    """Return what a run of the profile ``paper`` would record, for the papers' own sizes."""
    rng = np.random.default_rng(seed)
    if study == "wu2021":
        return {"visual": designs.Cases(((32, 47),), 3), "resnet18": designs.Cases(((19, 19),) * 5)}
    if study == "gloresnet2026":
        return {"": designs.Cases(((15, 11),) * 4 + ((14, 10),))}
    if study == "raad2023":
        return {"": designs.Cases(((89, 8),))}
    if study == "wada2019":
        from neolab.studies.wada2019.cohort import cohort_table

        return {"": designs.of_quantities(cohort_table(119, seed)["corrected_age_months"])}
    sets = {
        "ukb_swi.cv": (78, 186, 1.5), "oxvasc_gre.cv": (74, 366, 0.9), "transfer.ukb_qsm": (78, 186, 1.8),
        "transfer.tich2": (115, 849, 3.1), "transfer.shk": (20, 126, 0.5), "transfer.oxvasc": (74, 366, 2.0),
        "transfer": (74, 366, 2.0), "ablation": (24, 40, 14.7), "ablation.cleaned": (24, 40, 0.5),
    }  # fmt: skip
    return {name: _findings(rng, *sizes) for name, sizes in sets.items()}


def _findings(rng: np.random.Generator, people: int, total: int, false: float) -> designs.Findings:
    lesions = rng.multinomial(total, [1 / people] * people)
    marks = lesions + rng.poisson(false, people)
    return designs.Findings(tuple(map(int, lesions)), tuple(map(int, marks)))


def run_of(paper: Paper, draw: Callable[[Claim, Paper], tuple[float, float, float] | None], seed: int = 0):
    """Return a run of the profile ``paper`` whose results are drawn for every claim."""
    metrics = {}
    for claim in paper.claims:
        if claim.result and claim.result not in metrics and (said := draw(claim, paper)) is not None:
            value, low, high = (float(one) for one in said)
            metrics[claim.result] = {"value": value, "low": low, "high": high, "unit": claim.unit}
    made = paper_designs(paper.study)
    return RunResults(paper.study, "paper", seed, ResultClass.SYNTHETIC, metrics, designs=made)


def true_replications(rng: np.random.Generator):
    """Draw what a study of the paper's own size would find if the printed numbers were the truth."""

    def draw(claim: Claim, paper: Paper):
        sampling = published_sampling(claim, paper.spread_of(claim))
        if claim.statistic == "p_value" or claim.relation in "<>" or sampling is None:
            return None
        return [one[0] for one in sampling.draw(rng, claim.value, 1)]

    return draw


def without_skill(rng: np.random.Generator):
    """Draw one simulation of the first null of every claim, with an interval as wide as its spread."""

    def draw(claim: Claim, paper: Paper):
        from neolab.claims.sources import longest_prefix

        design = longest_prefix(paper_designs(paper.study), claim.result)
        drawn = dict(simulate_nulls(claim, design, *[float(np.max(claim.tolerance or 0.05))] * 2))
        if claim.statistic == "p_value" or not drawn:
            return None
        values = next(iter(drawn.values()))
        values = values[np.isfinite(values)]
        low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
        value = rng.choice(values)
        return value, value - max(middle - low, 1e-3), value + max(high - middle, 1e-3)

    return draw


def coin_readers(seed: int) -> dict[str, dict]:
    """Let coins read the newborns of wu2021 and random scores its slices, through the study's evaluation."""
    from neolab.run.values import metric_record
    from neolab.studies.wu2021.evaluation import fold_results
    from neolab.studies.wu2021.parameters import Wu2021Parameters
    from neolab.studies.wu2021.readers import reading_results

    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], [32, 47])
    calls = pd.DataFrame(rng.integers(0, 2, (79, 3)), columns=["a", "b", "c"])
    params = Wu2021Parameters(profile="paper", seed=seed, n_bootstrap=100)
    slices = pd.DataFrame({"fold": np.arange(190) % 5, "label": np.arange(190) // 5 % 2})
    slices["probability"] = rng.random(190)
    found = {f"visual.{name}": one for name, one in reading_results(truth, calls, params).items()}
    found |= {f"resnet18.slice.{name}": one for name, one in fold_results(slices).items()}
    nothing = dict.fromkeys(("n", "low", "high", "interval", "folds"))
    return {name: metric_record(one, "1", nothing) for name, one in found.items()}


def random_networks(paper: Paper, seed: int) -> dict[str, dict]:
    """Give every network of gloresnet2026 random scores, through the study's evaluation."""
    from neolab.run.values import metric_record
    from neolab.studies.gloresnet2026.scores import score_folds

    rng, networks, metrics = np.random.default_rng(seed), {}, {}
    nothing = dict.fromkeys(("n", "low", "high", "interval", "folds"))
    folds = pd.DataFrame({"fold": np.arange(128) % 5, "label": (np.arange(128) < 54).astype(int)})
    for claim in paper.claims:
        if claim.role != "outcome" or not claim.result or claim.analysis_unit != "fold":
            continue
        name = claim.result.rpartition(".")[0].removesuffix(".best_fold")
        if name not in networks:
            networks[name] = score_folds(folds.assign(clean=rng.random(128)), n_resamples=200, seed=seed)
        scores = networks[name]
        if claim.statistic == "difference":
            other = score_folds(folds.assign(clean=rng.random(128)), n_resamples=200, seed=seed)
            said = scores.less(other, claim.metric)
        else:
            said = {"mean": scores.mean, "maximum": scores.best_fold}[claim.statistic](claim.metric)
        metrics[claim.result] = metric_record(said, "1", nothing)
    return metrics


def null_run(paper: Paper, seed: int) -> RunResults:
    """Return a run without skill: through the study's own evaluation where there is one for it."""
    run = run_of(paper, without_skill(np.random.default_rng(seed)), seed)
    own = {"wu2021": lambda: coin_readers(seed), "gloresnet2026": lambda: random_networks(paper, seed)}
    metrics = own[paper.study]() if paper.study in own else dict(run.metrics)
    return RunResults(paper.study, "paper", seed, ResultClass.SYNTHETIC, metrics, designs=run.designs)


def whole_runs(n_runs: int = 20) -> pd.DataFrame:
    """Count the verdicts of true replications and of runs without skill, means over runs."""
    rows = []
    for study, paper in load_papers().items():
        kinds = {
            "true replication": lambda seed, p=paper: run_of(
                p, true_replications(np.random.default_rng(seed)), seed
            ),
            "without skill": lambda seed, p=paper: null_run(p, seed),
        }
        for name, make in kinds.items():
            counts = [count_verdicts(make_ledger([paper], [make(seed)])) for seed in range(n_runs)]
            mean = {verdict: np.mean([one[verdict] for one in counts]) for verdict in JUDGED}
            total = sum(mean.values())
            rows.append(
                {"paper": study, "runs": name, "judged": f"{total:.1f}"}
                | {str(verdict): f"{mean[verdict]:.1f}" for verdict in JUDGED}
                | {"consistent": f"{mean[Verdict.CONSISTENT] / total:.0%}" if total else ""}
            )
    return pd.DataFrame(rows)


# ---- 3. Quantities


def quantities() -> pd.DataFrame:
    """Return every quantity that can be judged, at the paper's own size."""
    rows = []
    for study, paper in load_papers().items():
        seen = set()
        for row in make_ledger([paper], [run_of(paper, _as_printed)]):
            if row.judgement.nulls and row.claim.quantity not in seen:
                seen.add(row.claim.quantity)
                rows.append(_quantity(study, row))
    return pd.DataFrame(rows)


def _as_printed(claim: Claim, paper: Paper):
    sampling = published_sampling(claim, paper.spread_of(claim))
    if sampling is None and claim.relation in "<>" and claim.statistic != "p_value":
        half = 0.05 if claim.unit == "1" else 0.3  # a study of about 200 lesions, or 75 people
        return claim.value, claim.value - half, claim.value + half
    return (
        None if sampling is None else (claim.value, *(float(end) for end in sampling.interval(claim.value)))
    )


def _quantity(study: str, row: LedgerRow) -> dict[str, str]:
    said, null = row.judgement, row.judgement.strongest_null
    relation = "" if row.claim.relation == "=" else f"{row.claim.relation} "
    return {
        "claim": f"{study}: `{row.claim.result}`",
        "published": f"{relation}{row.claim.value:g}",
        "second study": f"{said.low:.3g} to {said.high:.3g}",
        "power": f"{said.power:.0%}",
        "null": f"{null.name} {null.value:.3g}",
        "null agrees": f"{null.passes:.0%}",
        "tells skill": "yes" if _tells(said.nulls) else "no",
    }


def _tells(nulls: Iterable[Null]) -> bool:
    return all(null.fails for null in nulls)


# ---- The page


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    lines = [list(table.columns), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Print the tables, or write them between their marks in the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--studies", type=int, default=1000)
    options = parser.parse_args()
    made = {"rules": rules(options.studies), "runs": whole_runs(options.runs), "quantities": quantities()}
    for name, table in made.items():
        text = markdown(table)
        print(f"\n{name}\n\n{text}")
        if options.write:
            page = PAGE.read_text(encoding="utf-8")
            before, mark, rest = page.partition(f"<!-- {name} -->\n")
            _, end, after = rest.partition(f"<!-- end {name} -->")
            PAGE.write_text(f"{before}{mark}\n{text}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
