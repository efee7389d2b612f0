"""What each part of the report shows, as plain values for its template."""

import base64
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from PIL import Image

from neolab.catalogue import all_studies
from neolab.claims.ledger import LedgerRow, count_verdicts
from neolab.claims.register import changes as registered_changes
from neolab.claims.register import read_register, seal
from neolab.claims.sensitivity import tolerance_sensitivity
from neolab.claims.table import null_text, published_text, result_text
from neolab.claims.verdicts import Verdict
from neolab.io.result_class import ResultClass
from neolab.parameters import PROFILES
from neolab.run.overview import Overview, RunView
from neolab.run.session import STATEMENTS
from neolab.run.slim import slim_png

_FIGURE_WIDTH_PIXELS = 1100
_FIGURE_COLOURS = 128

# True of every report, whatever the runs say.
GENERAL_LIMITATIONS = (
    "Simulated images are calibrated to what the papers report as inputs (demographics, group means, "
    "protocols). Agreement on such numbers is the calibration's doing and is marked as input in the ledger.",
    "A run on simulated images can show that a published result is compatible with the published inputs, or "
    "that it is not. It cannot reproduce the result; that word is kept for runs on real scans.",
    "The verdict of a claim rests on the median run over seeds; one simulated cohort is one draw.",
    "Of the claims that a prediction interval judges, about one in twenty true ones falls outside by chance.",
)


SMOKE_STATEMENT = (
    "profile smoke: a few subjects and a few steps of training show that everything runs; "
    "such runs give no verdicts"
)


def statements(overview: Overview) -> list[str]:
    """What may be concluded: a sentence for each class of images, and one where ``smoke`` runs speak."""
    classes = {run.results["result_class"] for run in overview.runs}
    said = [STATEMENTS[kind] for kind in ResultClass if kind in classes]
    if any(row.profile == "smoke" for row in overview.ledger):
        said.append(SMOKE_STATEMENT)
    return said


def verdict_counts(overview: Overview) -> dict[str, Any]:
    """Counts of distinct quantities: one row a paper, one column a verdict, and the sums."""
    by_study = {study: count_verdicts(_rows_of(overview, study)) for study in overview.papers}
    used = [verdict for verdict in Verdict if any(counts[verdict] for counts in by_study.values())]
    rows = [
        {"study": study, "counts": [counts[verdict] for verdict in used], "total": sum(counts.values())}
        for study, counts in by_study.items()
    ]
    sums = [sum(row["counts"][place] for row in rows) for place in range(len(used))]
    printed = len(overview.ledger)
    return {"columns": _names(used), "rows": rows, "sums": sums, "total": sum(sums), "printed": printed}


def _names(verdicts: Iterable[Verdict]) -> list[dict[str, str]]:
    return [{"text": str(verdict), "css": css_class(str(verdict))} for verdict in verdicts]


def css_class(text: str) -> str:
    """Return ``text`` as the name of a style: letters and hyphens only."""
    return "-".join("".join(c if c.isalpha() else " " for c in text.lower()).split())


def _rows_of(overview: Overview, study: str) -> list[LedgerRow]:
    return [row for row in overview.ledger if _study_of(row) == study]


def _study_of(row: LedgerRow) -> str:
    return row.claim.id.partition(".")[0]


def ledger_rows(overview: Overview) -> list[dict[str, Any]]:
    """One entry a claim."""
    return [_ledger_row(row) for row in overview.ledger]


def _ledger_row(row: LedgerRow) -> dict[str, Any]:
    claim, said = row.claim, row.judgement
    expected = "" if said.low is None else _interval(said.low, said.high)
    return {
        "id": claim.id,
        "study": _study_of(row),
        "name": claim.id.partition(".")[2],
        "place": claim.place,
        "printed": claim.printed,
        "published": published_text(claim),
        "role": claim.role,
        "result": result_text(row),
        "seeds": len(row.seeds),
        "profile": row.profile,
        "verdict": str(row.verdict),
        "css": css_class(str(row.verdict)),
        "expected": expected,
        "power": "" if said.power is None else f"{said.power:.0%}",
        "null": null_text(row),
        "nulls": [f"{null.name}: {null.value:.3g}, agrees in {null.passes:.0%}" for null in said.nulls],
        "origin": claim.tolerance_origin or "",
        "detail": row.detail or "",
        "note": claim.note or "",
        "secondary": claim.source == "secondary",
    }


def _interval(low: float, high: float) -> str:
    ends = ("…" if math.isinf(end) else f"{end:.4g}" for end in (low, high))
    return " to ".join(ends)


def sensitivity(overview: Overview) -> dict[str, Any]:
    """Counts of the verdicts that occur, with every published error halved, as it is, and doubled."""
    table = tolerance_sensitivity(overview.papers.values(), overview.speaking, overview.audit_verdicts)
    table = table[table.sum(axis=1) > 0]
    rows = [
        {"verdict": str(name), "css": css_class(str(name)), "counts": [int(count) for count in counts]}
        for name, counts in zip(table.index, table.to_numpy(), strict=True)
    ]
    return {"scales": [f"× {scale:g}" for scale in table.columns], "rows": rows}


def register(overview: Overview) -> dict[str, Any]:
    """What has changed since a claim was registered, when the last entry was made, and the seal of all."""
    entries = read_register()
    dates = [entry["date"] for history in entries.values() for entry in history]
    return {
        "changes": registered_changes(entries, overview.papers.values()),
        "seal": seal(entries),
        "entries": len(dates),
        "first": min(dates, default=""),
        "last": max(dates, default=""),
    }


def findings(overview: Overview) -> list[dict[str, Any]]:
    """The audit's findings, worst first within a paper."""
    return [{**finding.to_dict(), "css": css_class(str(finding.severity))} for finding in overview.findings]


def studies(overview: Overview) -> list[dict[str, Any]]:
    """For each study with runs: its figures beside the published values, and its numbers over seeds."""
    return [
        _study(overview, study, runs)
        for study in all_studies()
        if (runs := _best_runs([run for run in overview.runs if run.results["study"] == study]))
    ]


def _best_runs(runs: Sequence[RunView]) -> list[RunView]:
    """Usual runs of the class and profile that say most (real first, then larger profiles), by seed."""
    usual = [run for run in runs if run.is_usual]
    if not usual:
        return []
    best = min(_rank(run) for run in usual)
    return sorted((run for run in usual if _rank(run) == best), key=lambda run: run.results["seed"])


def _rank(run: RunView) -> tuple[bool, int]:
    return run.results["result_class"] != ResultClass.REAL, -PROFILES.index(run.results["profile"])


def _study(overview: Overview, study: str, runs: Sequence[RunView]) -> dict[str, Any]:
    first = runs[0].results
    return {
        "id": study,
        "title": all_studies()[study].title,
        "citation": all_studies()[study].citation,
        "profile": first["profile"],
        "seeds": [run.results["seed"] for run in runs],
        "figures": [_figure(overview, runs[0], name, about) for name, about in first["figures"].items()],
        "metrics": _metrics_over_seeds(overview, study, runs),
    }


def _figure(overview: Overview, run: RunView, name: str, about: dict[str, Any]) -> dict[str, Any]:
    left_out = overview.public and run.is_of_scans and about.get("shows_scans", True)
    rows = _rows_of(overview, run.results["study"])
    beside = [_ledger_row(row) for metric in about["metrics"] for row in rows if row.claim.result == metric]
    return {
        "name": name,
        "caption": about["caption"] or name.replace("_", " "),
        "paper": about["paper"],
        "picture": None if left_out else _picture(run.folder / "figures" / f"{name}.png"),
        "beside": beside,
    }


def _picture(path: Path) -> dict[str, Any]:
    small = slim_png(path.read_bytes(), _FIGURE_WIDTH_PIXELS, _FIGURE_COLOURS)
    width, height = Image.open(io.BytesIO(small)).size
    return {"png": base64.b64encode(small).decode("ascii"), "width": width, "height": height}


def _metrics_over_seeds(overview: Overview, study: str, runs: Sequence[RunView]) -> list[dict[str, Any]]:
    """One entry for each metric that answers for a claim: its value in each seed, spread, and folds."""
    claimed = dict.fromkeys(row.claim.result for row in _rows_of(overview, study) if row.claim.result)
    return [
        _over_seeds(name, runs) for name in claimed if any(name in run.results["metrics"] for run in runs)
    ]


def _over_seeds(name: str, runs: Sequence[RunView]) -> dict[str, Any]:
    records = {run.results["seed"]: run.results["metrics"].get(name, {}) for run in runs}
    values = [record.get("value") for record in records.values()]
    known = [value for value in values if value is not None]
    folds = {seed: record["folds"] for seed, record in records.items() if record.get("folds")}
    return {
        "name": name,
        "values": [number(value) for value in values],
        "mean": number(mean(known)) if known else "",
        "sd": number(stdev(known)) if len(known) > 1 else "",
        "folds": [{"seed": seed, "values": [number(value) for value in row]} for seed, row in folds.items()],
    }


def number(value: float | None) -> str:
    """Return a number in four digits, "–" for None."""
    return "–" if value is None else f"{value:.4g}"


def run_rows(overview: Overview) -> list[dict[str, Any]]:
    """One entry a run: what it was, how long it took, where it ran."""
    return [_run_row(overview.root, run) for run in overview.runs]


def _run_row(root: Path, run: RunView) -> dict[str, Any]:
    record = run.record
    commit = record["git"]["commit"]
    changed = "+" if record["git"]["changed"] else ""
    return {
        "study": record["study"],
        "profile": record["profile"],
        "seed": record["seed"],
        "variation": run.variation,
        "result_class": record["result_class"],
        "data": record["data_hash"],
        "seconds": f"{record['seconds']:.0f}",
        "memory": f"{record['peak_memory_bytes'] / 2**30:.2f}",
        "threads": record["threads"],
        "device": record["device"],
        "commit": f"{commit[:10]}{changed}" if commit else "–",
        "started": record["started"],
        "was_changed": run.was_changed,
        "folder": run.folder.relative_to(root).as_posix(),
    }


def failed_runs(overview: Overview) -> list[dict[str, str]]:
    """The runs that did not come to their end."""
    return [
        {
            "folder": failed.folder.relative_to(overview.root).as_posix(),
            "error": "" if overview.public else failed.error,
        }
        for failed in overview.failed
    ]


def environments(overview: Overview) -> list[dict[str, Any]]:
    """The different sets of versions and machines among the runs, each with the runs made there."""
    found: dict[str, dict[str, Any]] = {}
    for run in overview.runs:
        versions, machine = run.record["versions"], run.record["machine"]
        entry = found.setdefault(
            repr((versions, machine)), {"versions": versions, "machine": machine, "runs": 0}
        )
        entry["runs"] += 1
    return list(found.values())


def limitations(overview: Overview) -> dict[str, list[str]]:
    """What the report cannot show: in general, and as each study's runs say."""
    said: dict[str, list[str]] = {"In general": list(GENERAL_LIMITATIONS)}
    for run in overview.runs:
        sentences = said.setdefault(run.results["study"], [])
        sentences += [text for text in run.results["limitations"] if text not in sentences]
    return {place: sentences for place, sentences in said.items() if sentences}
