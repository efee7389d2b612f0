"""Pairs of notebooks: the ``.py`` is the source, the ``.ipynb`` has the same cells with outputs of a run.

``python -m neolab.run.pairing`` writes every ``.ipynb`` from its ``.py`` and keeps the outputs of cells whose
code is unchanged. With ``--execute`` the notebooks whose outputs come from other code or another profile are
executed first, at the profile ``teach``; with ``--execute all`` every notebook is, as after a change of the
package. ``--check`` writes nothing and fails if a pair does not fit. A younger ``.ipynb`` with cells of its
own is never overwritten.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from neolab.fingerprint import code_fingerprint
from neolab.run.cache import versions
from neolab.run.paths import repository_folder
from neolab.run.registry import notebook_names
from neolab.run.source import code_cells, read_source

PROFILE = "teach"
MAXIMUM_BYTES = 1_500_000
_OWN = "neolab"
# The files of a clone are written one after the other; jupytext allows as much.
_MARGIN_SECONDS = 1


def sources(folder: Path | None = None) -> list[Path]:
    """Return the ``.py`` notebooks of the repository, in order."""
    return sorted((folder or repository_folder() / "notebooks").glob("[0-9][0-9]_*.py"))


def pair(path: Path, executed: Any = None) -> Any:
    """Return the ``.ipynb`` of a ``.py``: with the outputs of ``executed``, or those that it already has.

    Parameters
    ----------
    path : Path
        The ``.py``.
    executed : NotebookNode, optional
        The notebook as a run left it.
    """
    from neolab.run.slim import slim_outputs

    notebook = read_source(path)
    if executed is None:
        committed = _committed(path)
        _take_outputs(notebook, committed)
        record = committed.metadata.get(_OWN)
    else:
        _take_outputs(notebook, slim_outputs(executed))
        record = {"profile": PROFILE, "code": code_hash(notebook), "versions": versions()}
    if record and record["code"] == code_hash(notebook):
        notebook.metadata[_OWN] = record | {"outputs": outputs_hash(notebook)}
    return notebook


def _committed(path: Path) -> Any:
    """The ``.ipynb`` beside a ``.py``, or an empty notebook."""
    import nbformat

    beside = path.with_suffix(".ipynb")
    return nbformat.read(beside, as_version=4) if beside.is_file() else nbformat.v4.new_notebook()


def _take_outputs(notebook: Any, other: Any) -> None:
    """Give each code cell the outputs of the cell of ``other`` that does the same, each used once."""
    waiting: dict[str, list] = {}
    for cell in code_cells(other):
        waiting.setdefault(code_fingerprint(cell.source), []).append(cell)
    for cell in code_cells(notebook):
        if found := waiting.get(code_fingerprint(cell.source)):
            match = found.pop(0)
            cell.outputs, cell.execution_count = match.outputs, match.execution_count


def code_hash(notebook: Any) -> str:
    """Return a hash of what the code cells do, in order; comments and prose do not count."""
    marks = [code_fingerprint(cell.source) for cell in code_cells(notebook)]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def outputs_hash(notebook: Any) -> str:
    """Return a hash of all outputs as they stand in the file."""
    outputs = [cell.outputs for cell in code_cells(notebook)]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()[:16]


def problems_of(path: Path) -> list[str]:
    """Return what does not fit between a ``.py`` and its ``.ipynb``, one sentence each; nothing if all does.

    The outputs came from the code if the code's hash, stored when they were made, is that of the cells now,
    and the outputs are those that were stored with it, made at the profile ``teach``. A change of the package
    does not count.
    """
    beside = path.with_suffix(".ipynb")
    if not beside.is_file():
        return [f"{beside.name}: found none, expected the pair of {path.name}"]
    notebook, source = _committed(path), read_source(path)
    found = []
    if [cell.source for cell in notebook.cells] != [cell.source for cell in source.cells]:
        found.append(f"{beside.name}: its cells differ from {path.name}, expected the same; run `make pair`")
    if beside.stat().st_size > MAXIMUM_BYTES:
        found.append(f"{beside.name}: found {beside.stat().st_size} bytes, expected at most {MAXIMUM_BYTES}")
    record = notebook.metadata.get(_OWN, {})
    if record.get("code") != code_hash(source):
        found.append(f"{beside.name}: its outputs come from other code; run `make pair EXECUTE=1`")
    elif (profile := record.get("profile")) != PROFILE:
        found.append(
            f"{beside.name}: found outputs of {profile!r}, expected {PROFILE!r}; run `make pair EXECUTE=1`"
        )
    elif record.get("outputs") != outputs_hash(notebook):
        found.append(f"{beside.name}: its outputs are not those of the run; run `make pair EXECUTE=1`")
    return found


def unmerged(path: Path) -> list[str]:
    """Return a sentence if the ``.ipynb`` is younger than the ``.py`` and has cells of its own."""
    own = {cell.source for cell in _committed(path).cells} - {cell.source for cell in read_source(path).cells}
    beside = path.with_suffix(".ipynb")
    if not own or beside.stat().st_mtime <= path.stat().st_mtime + _MARGIN_SECONDS:
        return []
    return [
        f"{beside.name}: found {len(own)} cells that {path.name} has not, and is younger, expected the same; "
        f"`jupytext --sync notebooks/{beside.name}` keeps them, `touch notebooks/{path.name}` gives them up"
    ]


def is_stale(path: Path) -> bool:
    """Whether the outputs in the ``.ipynb`` come from other code than the ``.py`` has, or another profile."""
    record = _committed(path).metadata.get(_OWN, {})
    return (record.get("code"), record.get("profile")) != (code_hash(read_source(path)), PROFILE)


def execute_source(path: Path, runs: Path) -> Any:
    """Execute a notebook at the profile ``teach`` and return it as the run left it."""
    import nbformat

    from neolab.run.runner import execute, plan_run

    study = next(name for name, stem in notebook_names().items() if stem == path.stem)
    plan = plan_run(study, {"profile": PROFILE, "seed": 0}, runs=runs)
    folder = plan.folder if plan.is_done else execute(plan)
    return nbformat.read(folder / "notebook.ipynb", as_version=4)


def write_pair(path: Path, notebook: Any) -> None:
    """Write the ``.ipynb``, whole or not at all, as Jupyter does."""
    import nbformat

    from neolab.run.files import write_text

    nbformat.validate(notebook)
    write_text(path.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Pair all notebooks, or those named; return the exit status."""
    from neolab.run.paths import runs_folder

    parser = argparse.ArgumentParser(prog="python -m neolab.run.pairing", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of file names; all notebooks by default")
    parser.add_argument(
        "--execute", choices=["stale", "all"], nargs="?", const="stale", help="execute notebooks first"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a pair does not fit")
    options = parser.parse_args(arguments)
    chosen = [path for path in sources() if not options.names or any(n in path.stem for n in options.names)]
    if options.check:
        found = [problem for path in chosen for problem in problems_of(path)]
        print("\n".join(found) or f"{len(chosen)} pairs fit")
        return 1 if found else 0
    if lost := [problem for path in chosen for problem in unmerged(path)]:
        print("\n".join(lost), file=sys.stderr)
        return 1
    for path in chosen:
        due = options.execute == "all" or (options.execute == "stale" and is_stale(path))
        write_pair(path, pair(path, execute_source(path, runs_folder()) if due else None))
        print(path.with_suffix(".ipynb").name + (": executed" if due else ": written"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
