"""Sections of a notebook that a folder without the needed labels skips, with a sentence that says so.

``section(run, title, needs)`` opens a section. Where something it needs is absent it prints what, and the
cells up to the next ``section(...)`` do nothing: a real folder without diagnoses still gets everything that
can be done without them.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neolab.run.session import Run

_OPENS_A_SECTION = re.compile(r"^\s*(\w+\.)?section\(|^\s*run\.finish\(|=\s*run\.finish\(")


class _Gate:
    """IPython input transformer that empties the cells of a skipped section."""

    def __init__(self):
        self.closed = False

    def __call__(self, lines: list[str]) -> list[str]:
        if self.closed and not any(_OPENS_A_SECTION.search(line) for line in lines):
            return ["pass\n"]
        return lines


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
    Call it in a cell of its own: the cell that calls it is already running and cannot be skipped.
    """
    absent = [words for words, there in (needs or {}).items() if not there]
    _gate.closed = bool(absent)
    _install()
    if absent:
        sentence = f"{title}: skipped, because this folder has no {' and no '.join(absent)}."
        run.limitation(sentence)
        print(sentence)


def _install() -> None:
    """Put the gate into the running IPython, once."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and _gate not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(_gate)
