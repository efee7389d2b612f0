"""Everything that the ledger and the report show, gathered from the run folders and the papers' files."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from neolab.claims.audit.findings import Finding, verdicts
from neolab.claims.audit.runner import audit
from neolab.claims.ledger import LedgerRow, RunResults, make_ledger, read_results
from neolab.claims.load import load_papers
from neolab.claims.schema import Paper
from neolab.errors import InputError, os_sentence
from neolab.io.result_class import ResultClass
from neolab.run.cache import results_hash
from neolab.run.folders import FAILED, list_runs
from neolab.run.records import read_run

MOST_OF_AN_ERROR = 20_000
_GIVEN_ALWAYS = {"profile", "seed", "data"}


@dataclass(frozen=True)
class RunView:
    """One complete run.

    Attributes
    ----------
    folder : Path
    record : dict
        ``run.json``.
    results : dict
        ``results.json``.
    """

    folder: Path
    record: dict[str, Any]
    results: dict[str, Any]

    @property
    def is_usual(self) -> bool:
        """Whether it can answer for the study: the profile's parameters, results as the run wrote them."""
        return set(self.record["given"]) <= _GIVEN_ALWAYS and not self.was_changed

    @cached_property
    def was_changed(self) -> bool:
        """Whether ``results.json`` is not what the run wrote."""
        kept = results_hash(self.folder)
        return self.record.get("results_sha256", kept) != kept

    @property
    def is_of_scans(self) -> bool:
        """Whether its images were not simulated."""
        classes = {self.record["result_class"], self.results["result_class"]}
        return classes != {ResultClass.SYNTHETIC}

    @property
    def variation(self) -> str:
        """Parameters that differ from the profile's, in words; empty for a usual run."""
        other = {name: value for name, value in self.record["given"].items() if name not in _GIVEN_ALWAYS}
        return ", ".join(
            f"{name}={Path(value).name if _is_path(value) else value}" for name, value in other.items()
        )


@dataclass(frozen=True)
class FailedRun:
    """One run that did not come to its end, with the text of its error."""

    folder: Path
    error: str


class Overview:
    """Runs, papers, findings and the ledger made of them.

    Parameters
    ----------
    runs : Path
        Folder of all runs; it need not exist.
    public : bool
        Leave out what is not for everyone: pictures of scans, and the errors of failed runs.
    """

    def __init__(self, runs: Path, *, public: bool = False):
        self.root, self.public = Path(runs), public

    @cached_property
    def runs(self) -> list[RunView]:
        """The complete runs that can be read."""
        return [run for run in self._all if isinstance(run, RunView)]

    @cached_property
    def failed(self) -> list[FailedRun]:
        """The runs that failed and have not been completed since, and those that cannot be read."""
        found = sorted(self.root.glob(f"*/{FAILED}*/error.txt"))
        failed = [
            FailedRun(path.parent, _error_text(path))
            for path in found
            if not os.path.isfile(path.parents[1] / path.parent.name.removeprefix(FAILED) / "run.json")
        ]
        return failed + [run for run in self._all if isinstance(run, FailedRun)]

    @cached_property
    def _all(self) -> list[RunView | FailedRun]:
        return [_read(folder) for folder in list_runs(self.root)]

    @cached_property
    def papers(self) -> dict[str, Paper]:
        """The papers' claims, by study."""
        return load_papers()

    @cached_property
    def findings(self) -> list[Finding]:
        """What the audit says of the published numbers."""
        return audit()

    @cached_property
    def audit_verdicts(self) -> dict[str, str]:
        """Claim -> contradicted or recomputed."""
        return verdicts(self.findings)

    @cached_property
    def speaking(self) -> list[RunResults]:
        """The results that answer for the studies: those of runs with the profile's own parameters."""
        return read_results(run.folder for run in self.runs if run.is_usual)

    @cached_property
    def ledger(self) -> list[LedgerRow]:
        """One row a claim."""
        return make_ledger(self.papers.values(), self.speaking, self.audit_verdicts)


def _is_path(value: Any) -> bool:
    """Whether a parameter says where something lies, which is for nobody else to know."""
    return isinstance(value, str) and Path(value).is_absolute()


def _read(folder: Path) -> RunView | FailedRun:
    try:
        return RunView(folder, *read_run(folder))
    except InputError as error:
        return FailedRun(folder, f"This run cannot be read. {error}")


def _error_text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MOST_OF_AN_ERROR)
    except OSError as error:
        return f"This error cannot be read. {os_sentence(error)}"
