"""What the command line prints of runs, the ledger and the audit."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neolab.run.one import Outcome

if TYPE_CHECKING:
    from neolab.claims.audit.findings import Finding
    from neolab.run.overview import Overview

# Verdicts that no run has a part in, and that find nothing wrong; on a terminal they are only counted.
_SILENT = ("not testable", "no run", "recomputed")


def show_progress(kept: Sequence[Outcome], outcomes: Iterable[Outcome], total: int) -> list[Outcome]:
    """Print a line for each run as it ends, and on a terminal a bar with the time left; return the failed."""
    from tqdm import tqdm

    failed = []
    with tqdm(total=total, unit="run", disable=None, leave=False) as bar:
        for outcome in (*kept, *outcomes):
            bar.update()
            tqdm.write(f"{outcome.job}: {_in_words(outcome)}")
            sys.stdout.flush()  # a log file shows each run as it ends, not all at the end
            if outcome.status in ("failed", "refused"):
                failed.append(outcome)
    for outcome in failed:
        print(f"\n{outcome.job} {outcome.status}:\n{outcome.message}", file=sys.stderr)
    return failed


def _in_words(outcome: Outcome) -> str:
    if outcome.status == "kept":
        return "nothing has changed, kept"
    return outcome.status if outcome.status != "done" else f"done in {_seconds(outcome):.0f} s"


def _seconds(outcome: Outcome) -> float:
    return json.loads((Path(outcome.folder) / "run.json").read_text(encoding="utf-8"))["seconds"]


def print_ledger(view: "Overview") -> None:
    """Print the claims of which runs or the audit have something to say, and the count of each verdict."""
    from rich.console import Console

    from neolab.claims.ledger import count_verdicts
    from neolab.claims.table import ledger_table
    from neolab.run.report_views import statements

    studies = {run.results["study"] for run in view.runs}
    rows = [row for row in view.ledger if row.claim.id.partition(".")[0] in studies]
    telling = [row for row in rows if str(row.verdict) not in _SILENT]
    console = Console(width=None if sys.stdout.isatty() else 120)
    if telling:
        console.print(ledger_table(telling))
    for verdict, count in count_verdicts(rows).items():
        if count:
            print(f"{count:5d}  {verdict}")
    for sentence in statements(view):
        print(sentence)


def print_audit(paper: str | None, *, as_json: bool) -> None:
    """Print the findings on a study, a file, a folder or all studies, for people or as JSON."""
    from neolab.catalogue import get_study
    from neolab.claims.audit.document import audit_document
    from neolab.claims.audit.runner import audit

    if paper is not None and (Path(paper).suffix in (".yaml", ".yml") or Path(paper).is_dir()):
        findings = audit_document(paper)
    else:
        findings = audit(None if paper is None else [get_study(paper).id])
    if as_json:
        print(json.dumps({"findings": [finding.to_dict() for finding in findings]}, indent=1))
        return
    for finding in findings:
        print(finding_text(finding))
    print(_counts(findings))


def print_template(path: Path) -> None:
    """Write a commented file for a paper, and say what to do with it."""
    from neolab.claims.audit.document import write_template

    print(f"{write_template(path)}: fill it in, then neolab audit {path}")


def print_proposal(path: Path) -> None:
    """Print a paper's file with the sentences of a text that hold statistics."""
    from neolab.claims.audit.document import proposal, read_text

    document, number = proposal(read_text(path, "a text file"), path.stem)
    print(document, end="")
    print(f"{path}: {number} statistics; save as a .yaml file for neolab audit", file=sys.stderr)


def finding_text(finding: "Finding") -> str:
    """Return a finding as a paragraph: severity, identifier, one sentence, and the arithmetic."""
    lines = [f"{str(finding.severity).upper()}  {finding.id}", f"  {finding.title}"]
    lines += [f"    {line}" for line in finding.arithmetic]
    if finding.assumption:
        lines.append(f"    assumes: {finding.assumption}")
    if finding.judgement:
        lines.append("    a reader's judgement")
    return "\n".join(lines) + "\n"


def _counts(findings: Sequence["Finding"]) -> str:
    severities = [str(finding.severity) for finding in findings]
    return (
        ", ".join(f"{severities.count(name)} {name}" for name in dict.fromkeys(severities)) or "no findings"
    )
