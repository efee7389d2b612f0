"""A notebook's code cells run in this process, in a fresh shell, as papermill and a kernel run them."""

import json
import re
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from neolab.errors import InputError
from neolab.run.notebook import RUN_FOLDER_VARIABLE
from neolab.run.registry import notebook_source
from neolab.run.session import Run
from neolab.run.source import code_cells, read_source

# A number that is none, in a sentence whose numbers were computed.
NO_NUMBER = re.compile(r"(?<![\w.])[+-]?(nan|inf)(?![\w])", re.IGNORECASE)


@dataclass
class Told:
    """How a notebook went.

    Attributes
    ----------
    results : dict
        ``results.json``; {} where there is none.
    refused : str
        The sentence with which the run was refused.
    faults : list of str
        What no reader should meet: errors of another kind, a name left undefined, an error in a widget, a
        sentence with "nan" in it.
    learnt : int
        Trainings and baselines that were begun, refused runs' among them.
    seconds : float
    """

    results: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    faults: list[str] = field(default_factory=list)
    learnt: int = 0
    seconds: float = 0.0

    @property
    def metrics(self) -> dict[str, Any]:
        """Name -> record of every result."""
        return self.results.get("metrics", {})

    @property
    def skipped(self) -> dict[str, str]:
        """Section that was skipped -> what the folder lacks, in words."""
        said = (sentence.split(": skipped, because this folder has no ") for sentence in self.limitations)
        return {parts[0]: parts[1].rstrip(".") for parts in said if len(parts) == 2}

    @property
    def limitations(self) -> list[str]:
        return self.results.get("limitations", [])


@contextmanager
def fresh_shell() -> Iterator[InteractiveShell]:
    """The shell that ``get_ipython()`` finds, new and then gone."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    try:
        yield shell
    finally:
        shell.restore_sys_module_state()
        shell.user_ns.clear()  # what a notebook holds is large, and exit handlers keep the shell
        InteractiveShell.clear_instance()


def run_cells(study: str, given: Mapping[str, Any], folder: Path) -> Told:
    """Run every code cell of a study's notebook with some parameters; results go to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    source = load_notebook_node(read_source(notebook_source(study)))
    notebook = parameterize_notebook(source, dict(given))
    told, started, shown = Told(), time.monotonic(), []
    with pytest.MonkeyPatch.context() as patch, fresh_shell() as shell:
        patch.setenv(RUN_FOLDER_VARIABLE, str(folder))
        # A widget's callback has its traceback shown instead of raising it.
        patch.setattr(shell, "showtraceback", lambda *_args, **_options: shown.append(sys.exc_info()[1]))
        _watch(patch, told)
        for cell in code_cells(notebook):
            done = shell.run_cell(cell.source, store_history=True)
            error = done.error_before_exec or done.error_in_exec
            told.faults += [
                f"{shown_error!r} in a widget" for shown_error in shown if shown_error is not error
            ]
            shown.clear()
            if isinstance(error, InputError):
                told.refused = str(error)
            elif error is not None:
                told.faults.append(f"{type(error).__name__}: {error} at {_line_of(error)} in\n{cell.source}")
            if error is not None:
                break
    told.seconds = time.monotonic() - started
    if (folder / "results.json").is_file():
        told.results = json.loads((folder / "results.json").read_text())
    return told


def _line_of(error: BaseException) -> str:
    """Where in the package, or in the notebook, an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "neolab" in frame.filename] or frames[-1:]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else "no line"


def _watch(patch: pytest.MonkeyPatch, told: Told) -> None:
    """Count what is learnt, and read what is said for numbers that are none."""
    from neolab.learn import folds
    from neolab.run import widget_pause

    learn, say = folds._Work.learn, Run.say

    def counted(self, job):
        told.learnt += 1
        return learn(self, job)

    def read(self, text):
        told.faults += [f"a number that is none is said: {text}"] if NO_NUMBER.search(text) else []
        return say(self, text)

    patch.setattr(folds._Work, "learn", counted)
    patch.setattr(Run, "say", read)
    patch.setattr(widget_pause, "_PAUSE_SECONDS", 0.0)  # nobody waits for a reply here
