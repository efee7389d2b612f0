"""The claim ledger: every published number beside what the runs and the audit say of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from pathlib import Path
from statistics import median, stdev

from neolab.claims.designs import Design, read_design
from neolab.claims.sampling import Z
from neolab.claims.schema import Claim, Paper
from neolab.claims.sources import longest_prefix
from neolab.claims.verdicts import Judgement, Result, Verdict, combine, judge
from neolab.errors import InputError
from neolab.io.result_class import ResultClass

# Where runs differ in what they can say, the first of these classes and profiles that has the metric speaks.
_CLASS_ORDER = (ResultClass.REAL, ResultClass.SYNTHETIC, ResultClass.TEMPLATE)
_PROFILE_ORDER = ("paper", "teach", "smoke")


@dataclass(frozen=True)
class RunResults:
    """The part of a ``results.json`` that the ledger reads.

    Attributes
    ----------
    study, profile : str
    seed : int
    result_class : ResultClass
    metrics : mapping of str to mapping
        Metric name to its record (value, low, high, interval, n, unit).
    folder : str
        Where it came from.
    designs : mapping of str to Design
        Beginning of metric names to what they were measured on.
    """

    study: str
    profile: str
    seed: int
    result_class: ResultClass
    metrics: Mapping[str, Mapping]
    folder: str = ""
    designs: Mapping[str, Design] = field(default_factory=dict)

    def control(self, name: str | None) -> Result | None:
        """Return a metric by its name; None where it is missing."""
        return Result.from_record(self.metrics.get(name, {}), self.result_class) if name else None

    def result(self, claim: Claim) -> Result | None:
        """Return the metric that measures a claim's quantity; None where its value is missing."""
        spread = self.metrics.get(f"{claim.result}_sd", {}) if claim.analysis_unit == "rater" else {}
        readers = (spread["value"], spread["n"]) if spread.get("value") and spread.get("n") else None
        return Result.from_record(
            self.metrics[claim.result],
            self.result_class,
            profile=self.profile,
            spread=readers if claim.statistic == "mean" else None,
            design=longest_prefix(self.designs, claim.result),
        )


@dataclass(frozen=True)
class LedgerRow:
    """One claim with its verdicts.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
        The one that is counted.
    judgement : Judgement
        What the runs alone say: verdict, reason, prediction interval, nulls and power.
    audit : str or None
        What the audit says: contradicted, recomputed, or None.
    result : Result or None
        Median over seeds of value, low and high, as wide as seeds differ.
    result_class, profile : str
        Of the runs that speak; empty without any.
    seeds : tuple of int
    values : tuple of float
        One for every seed.
    seed_verdicts : tuple of Verdict
        The verdict that every seed alone would give.
    detail : str
        Why not more can be said, or why a metric could not be used.
    """

    claim: Claim
    verdict: Verdict
    judgement: Judgement
    audit: str | None
    result: Result | None
    result_class: str
    profile: str
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    seed_verdicts: tuple[Verdict, ...]
    detail: str

    @property
    def run_verdict(self) -> Verdict:
        """The verdict of the runs alone."""
        return self.judgement.verdict

    @property
    def seed_sd(self) -> float | None:
        """SD over seeds (ddof 1); None with fewer than two."""
        return stdev(self.values) if len(self.values) > 1 else None


def read_results(folders: Iterable[Path | str]) -> list[RunResults]:
    """Read ``results.json`` of each run folder.

    Raises
    ------
    InputError
        If one is missing, is not JSON, or lacks a field.
    """
    return [_read_one(Path(folder)) for folder in folders]


def _read_one(folder: Path) -> RunResults:
    path = folder / "results.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return RunResults(
            study=raw["study"],
            profile=raw["profile"],
            seed=int(raw["seed"]),
            result_class=ResultClass(raw["result_class"]),
            metrics=dict(raw["metrics"]),
            folder=str(folder),
            designs={name: read_design(one) for name, one in raw.get("designs", {}).items()},
        )
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}, expected a finished run") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: {error.msg} in line {error.lineno}, expected JSON") from None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: {type(error).__name__} {error}, expected the fields of a results file"
        ) from None


def make_ledger(
    papers: Iterable[Paper],
    runs: Sequence[RunResults] = (),
    audit: Mapping[str, str] | None = None,
    *,
    tolerance_scale: float = 1.0,
) -> list[LedgerRow]:
    """Return one row for every claim.

    Runs on real images speak before simulated ones, larger profiles before smaller, ``smoke`` last. Only the
    runs of the first class and profile that measured the metric are used, all their seeds together. The
    verdict is that of the median over seeds with the median interval ends: a typical run, not a pooled one,
    because the paper, too, is one study. With three seeds or more the interval also holds their spread:
    beside that over subjects where the scans are the same in every seed, and where each seed has its own
    simulated subjects, whichever of the two is wider.

    Parameters
    ----------
    papers : iterable of Paper
    runs : sequence of RunResults
    audit : mapping of str to str, optional
        Claim identifier to ``"contradicted"`` or ``"recomputed"``; other kinds of finding do not decide.
    tolerance_scale : float
        Multiplies the sampling error of every printed number.
    """
    by_study = defaultdict(list)
    for run in runs:
        by_study[run.study].append(run)
    audit = audit or {}
    return [
        _row(paper, claim, by_study[paper.study], audit.get(claim.id), tolerance_scale)
        for paper in papers
        for claim in paper.claims
    ]


def _row(
    paper: Paper, claim: Claim, runs: Sequence[RunResults], audit: str | None, scale: float
) -> LedgerRow:
    chosen, detail = _speakers(claim, runs)
    results = [run.result(claim) for run in chosen]
    typical = _typical(results)
    told = {
        "kind": paper.kind_of(claim),
        "is_input": bool(claim.result) and paper.follows_from_inputs(claim.result),
        "published_spread": paper.spread_of(claim),
        "control": chosen[0].control(paper.control_of(claim)) if chosen else None,
        "scale": scale,
    }
    judgement = judge(claim, typical, **told)
    each = (judge(claim, one, **told) for one in results) if len(results) > 1 else (judgement,) * len(results)
    audit = audit if audit in (Verdict.CONTRADICTED, Verdict.RECOMPUTED) else None
    return LedgerRow(
        claim=claim,
        verdict=combine(audit, judgement.verdict),
        judgement=judgement,
        audit=audit,
        result=typical,
        result_class=str(chosen[0].result_class) if chosen else "",
        profile=chosen[0].profile if chosen else "",
        seeds=tuple(run.seed for run in chosen),
        values=tuple(result.value for result in results),
        seed_verdicts=tuple(one.verdict for one in each),
        detail=judgement.reason or detail,
    )


def _speakers(claim: Claim, runs: Sequence[RunResults]) -> tuple[list[RunResults], str]:
    """Return the runs that answer for a claim, ordered by seed, and why others or all do not."""
    usable, detail = [], ""
    for run in runs:
        record = run.metrics.get(claim.result) if claim.result else None
        if record is None:
            continue
        if run.result(claim) is None:
            detail = f"{claim.result} is undefined in seed {run.seed}"
        elif record.get("unit", claim.unit) != claim.unit:
            detail = f"{claim.result} has unit {record['unit']!r}, the claim {claim.unit!r}"
        else:
            usable.append(run)
    if not usable:
        return [], detail
    best = min(_rank(run) for run in usable)
    return sorted((run for run in usable if _rank(run) == best), key=lambda run: run.seed), detail


def _rank(run: RunResults) -> tuple[bool, int, int, str]:
    known = run.profile in _PROFILE_ORDER
    profile = _PROFILE_ORDER.index(run.profile) if known else len(_PROFILE_ORDER)
    return run.profile == "smoke", _CLASS_ORDER.index(run.result_class), profile, run.profile


def _typical(results: Sequence[Result]) -> Result | None:
    if not results:
        return None
    value = median(result.value for result in results)
    if any(result.low is None for result in results):
        return replace(results[0], value=value, low=None, high=None)
    low, high = median(result.low for result in results), median(result.high for result in results)
    if len(results) > 2 and low < high:
        half = Z * stdev(result.value for result in results)
        join = hypot if results[0].result_class is ResultClass.REAL else max
        low, high = value - join(value - low, half), value + join(high - value, half)
    return replace(results[0], value=value, low=low, high=high)


def count_verdicts(rows: Iterable[LedgerRow], role: str | None = None) -> dict[Verdict, int]:
    """Return how many distinct quantities have each verdict, in the order of `Verdict`, zeros included.

    A number that is printed in the abstract, the text and a table is one quantity; where the audit tells its
    places apart, the strongest verdict counts.

    Parameters
    ----------
    role : {"outcome", "input", "design"}, optional
        Only claims of this role.
    """
    order = list(Verdict)
    strongest: dict[tuple, Verdict] = {}
    for row in rows:
        if role is None or row.claim.role == role:
            key = (row.claim.id.partition(".")[0], *row.claim.quantity)
            strongest[key] = min(strongest.get(key, row.verdict), row.verdict, key=order.index)
    counts = dict.fromkeys(order, 0)
    for verdict in strongest.values():
        counts[verdict] += 1
    return counts
