"""Sections of a notebook that a folder without the needed labels skips, with a sentence that says so.

``section(run, title, needs)`` opens a section. Where something it needs is absent it prints what, and the
cells up to the next ``section(...)`` are skipped: a real folder without diagnoses still gets everything that
can be done without them.

A cell runs whole or not at all. ``section(...)`` therefore stands alone in its cell, a skipped cell says that
it was skipped, and the cells that begin and end a run are never skipped.
"""

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neolab.run.session import Run

_NEVER_SKIPPED = {"notebook.start", "run.finish"}


class _Gate:
    """IPython input transformer that replaces the cells of a skipped section."""

    def __init__(self):
        self.skipped: str | None = None

    def __call__(self, lines: list[str]) -> list[str]:
        source = "".join(lines)
        calls = calls_of_statements(source)
        if any(name.rpartition(".")[2] == "section" for name in calls):
            if len(calls) == 1:
                return lines
            return ['raise RuntimeError("section(...): found other code in its cell, expected it alone")\n']
        if self.skipped is None or not source.strip() or _NEVER_SKIPPED.intersection(calls):
            return lines
        return [f"print({f'(skipped with the section {self.skipped!r})'!r})\n"]


def calls_of_statements(source: str) -> list[str]:
    """Return the dotted name that each statement of a cell calls, "" for a statement that is no such call.

    A cell that is not plain Python (IPython magics) is one statement without a name.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return [""]
    values = [getattr(statement, "value", None) for statement in body]
    return [ast.unparse(value.func) if isinstance(value, ast.Call) else "" for value in values]


_gate = _Gate()


def section(run: "Run", title: str, needs: Mapping[str, bool] | None = None) -> None:
    """Open a section of the notebook.

    Parameters
    ----------
    run : Run
        Takes the sentence about a skipped section as a limitation.
    title : str
        Of the section.
    needs : mapping of str to bool, optional
        What it needs, in words -> whether the folder has it.

    Notes
    -----
    Call it in a cell of its own; once a run has begun, a cell with other code beside it is refused.
    """
    absent = [words for words, there in (needs or {}).items() if not there]
    _gate.skipped = title if absent else None
    if absent:
        sentence = f"{title}: skipped, because this folder has no {' and no '.join(absent)}."
        run.limitation(sentence)
        print(sentence)


def open_sections(shell: Any) -> None:
    """Let every cell run until a section says otherwise; called when a run begins.

    Parameters
    ----------
    shell : InteractiveShell or None
        From ``IPython.get_ipython()``; None outside of a notebook, where nothing is done.
    """
    _gate.skipped = None
    if shell is not None and _gate not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(_gate)
