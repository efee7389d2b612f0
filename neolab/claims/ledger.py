"""The claim ledger: every published number beside what the runs and the audit say of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev
from typing import TYPE_CHECKING

from neolab.claims.schema import Claim, Paper
from neolab.claims.verdicts import Result, Verdict, combine, judge
from neolab.errors import InputError
from neolab.io.result_class import ResultClass

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

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
    """

    study: str
    profile: str
    seed: int
    result_class: ResultClass
    metrics: Mapping[str, Mapping]
    folder: str = ""


@dataclass(frozen=True)
class LedgerRow:
    """One claim with its verdicts.

    Attributes
    ----------
    claim : Claim
    verdict : Verdict
        The one that is counted.
    run_verdict : Verdict
        What the runs alone say.
    audit : str or None
        What the audit says: contradicted, recomputed, or None.
    result : Result or None
        Median over seeds of value, low and high.
    result_class, profile : str
        Of the runs that speak; empty without any.
    seeds : tuple of int
    values : tuple of float
        One for every seed.
    seed_verdicts : tuple of Verdict
        The verdict that every seed alone would give.
    detail : str
        Why a claim is not testable, or why a metric could not be used.
    """

    claim: Claim
    verdict: Verdict
    run_verdict: Verdict
    audit: str | None
    result: Result | None
    result_class: str
    profile: str
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    seed_verdicts: tuple[Verdict, ...]
    detail: str

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

    Runs on real images speak before simulated ones, and larger profiles before smaller; only the runs of the
    first class and profile that measured the metric are used, all their seeds together. The verdict is that
    of the median over seeds with the median interval ends: a typical run, not a pooled one, because the
    interval of one cohort is what the paper's number has to be compared with (and a mean p-value means
    nothing).

    Parameters
    ----------
    papers : iterable of Paper
    runs : sequence of RunResults
    audit : mapping of str to str, optional
        Claim identifier to ``"contradicted"`` or ``"recomputed"``; other kinds of finding do not decide.
    tolerance_scale : float
        Multiplies every tolerance.
    """
    by_study = defaultdict(list)
    for run in runs:
        by_study[run.study].append(run)
    audit = audit or {}
    return [
        _row(claim, by_study[paper.study], audit.get(claim.id), tolerance_scale)
        for paper in papers
        for claim in paper.claims
    ]


def _row(claim: Claim, runs: Sequence[RunResults], audit: str | None, scale: float) -> LedgerRow:
    chosen, detail = _speakers(claim, runs)
    results = [Result.from_record(run.metrics[claim.result], run.result_class) for run in chosen]
    typical = _median_result(results)
    run_verdict = judge(claim, typical, scale)
    audit = audit if audit in (Verdict.CONTRADICTED, Verdict.RECOMPUTED) else None
    return LedgerRow(
        claim=claim,
        verdict=combine(audit, run_verdict),
        run_verdict=run_verdict,
        audit=audit,
        result=typical,
        result_class=str(chosen[0].result_class) if chosen else "",
        profile=chosen[0].profile if chosen else "",
        seeds=tuple(run.seed for run in chosen),
        values=tuple(result.value for result in results),
        seed_verdicts=tuple(judge(claim, result, scale) for result in results),
        detail=claim.not_testable or detail,
    )


def _speakers(claim: Claim, runs: Sequence[RunResults]) -> tuple[list[RunResults], str]:
    """Return the runs that answer for a claim, ordered by seed, and why others or all do not."""
    usable, detail = [], ""
    for run in runs:
        record = run.metrics.get(claim.result) if claim.result else None
        if record is None:
            continue
        if Result.from_record(record, run.result_class) is None:
            detail = f"{claim.result} is undefined in seed {run.seed}"
        elif record.get("unit", claim.unit) != claim.unit:
            detail = f"{claim.result} has unit {record['unit']!r}, the claim {claim.unit!r}"
        else:
            usable.append(run)
    if not usable:
        return [], detail
    best = min(_rank(run) for run in usable)
    return sorted((run for run in usable if _rank(run) == best), key=lambda run: run.seed), detail


def _rank(run: RunResults) -> tuple[int, int, str]:
    known = run.profile in _PROFILE_ORDER
    profile = _PROFILE_ORDER.index(run.profile) if known else len(_PROFILE_ORDER)
    return _CLASS_ORDER.index(run.result_class), profile, run.profile


def _median_result(results: Sequence[Result]) -> Result | None:
    if not results:
        return None
    with_ends = all(result.low is not None for result in results)
    return Result(
        median(result.value for result in results),
        median(result.low for result in results) if with_ends else None,
        median(result.high for result in results) if with_ends else None,
        results[0].result_class,
    )


def count_verdicts(rows: Iterable[LedgerRow], role: str | None = None) -> dict[Verdict, int]:
    """Return how many claims have each verdict, in the order of `Verdict`, zeros included.

    Parameters
    ----------
    role : {"outcome", "input", "design"}, optional
        Only claims of this role. Agreement on an ``input`` is the calibration's doing.
    """
    counts = dict.fromkeys(Verdict, 0)
    for row in rows:
        if role is None or row.claim.role == role:
            counts[row.verdict] += 1
    return counts


def ledger_frame(rows: Iterable[LedgerRow]) -> "pd.DataFrame":
    """Return the ledger as a table, one row a claim."""
    import pandas as pd

    return pd.DataFrame([_record(row) for row in rows])


def _record(row: LedgerRow) -> dict:
    claim, result = row.claim, row.result
    low, high = claim.tolerance_interval() if claim.tolerance is not None else (None, None)
    return {
        "id": claim.id,
        "study": claim.id.partition(".")[0],
        "place": claim.place,
        "printed": claim.printed,
        "metric": claim.metric,
        "statistic": claim.statistic,
        "group": claim.group,
        "method": claim.method,
        "role": claim.role,
        "source": claim.source,
        "relation": claim.relation,
        "published": claim.value,
        "unit": claim.unit,
        "tolerance_low": low,
        "tolerance_high": high,
        "tolerance_origin": claim.tolerance_origin,
        "result": claim.result,
        "value": result.value if result else None,
        "low": result.low if result else None,
        "high": result.high if result else None,
        "seeds": len(row.seeds),
        "seed_sd": row.seed_sd,
        "seeds_agreeing": sum(verdict == row.run_verdict for verdict in row.seed_verdicts),
        "result_class": row.result_class,
        "profile": row.profile,
        "audit": row.audit,
        "run_verdict": str(row.run_verdict),
        "verdict": str(row.verdict),
        "detail": row.detail,
    }


_STYLES = {
    Verdict.CONTRADICTED: "red",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.INCONSISTENT: "magenta",
    Verdict.REPRODUCED: "green",
    Verdict.CONSISTENT: "cyan",
    Verdict.RECOMPUTED: "blue",
}


def ledger_table(rows: Iterable[LedgerRow], title: str = "Claim ledger") -> "Table":
    """Return the ledger for a terminal: identifier, place, published, this run, verdict."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption="in: simulated cohorts are calibrated to these numbers")
    for heading in ("claim", "published", "runs", "seeds", "verdict"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "seeds" else "left")
    for row in rows:
        table.add_row(
            escape(row.claim.id),
            escape(published_text(row.claim)),
            escape(result_text(row)),
            str(len(row.seeds) or ""),
            f"{row.verdict}{' (in)' if row.claim.role == 'input' else ''}",
            style=_STYLES.get(row.verdict, "dim"),
        )
    return table


def published_text(claim: Claim) -> str:
    """Return the published number in short: "0.769", "< 0.05", "369.11 umol/L"."""
    relation = "" if claim.relation == "=" else f"{claim.relation} "
    unit = "" if claim.unit in ("1", "count") else f" {claim.unit}"
    return f"{relation}{claim.value:g}{unit}"


def result_text(row: LedgerRow) -> str:
    """Return the runs' number in short, with its interval and its spread over seeds."""
    if row.result is None:
        return ""
    text = f"{row.result.value:.4g}"
    if row.result.low is not None:
        text += f" [{row.result.low:.4g}, {row.result.high:.4g}]"
    return text if row.seed_sd is None else f"{text}, seed SD {row.seed_sd:.2g}"
