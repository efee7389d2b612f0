"""A notebook as its ``.py`` says it."""

import hashlib
from pathlib import Path
from typing import Any


def read_source(path: Path) -> Any:
    """Return the notebook of a ``.py``, each cell with an identifier that depends on its text alone.

    jupytext gives random identifiers, with which every conversion would change every cell.
    """
    import jupytext

    notebook = jupytext.read(path)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        mark = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[mark] = seen.get(mark, 0) + 1
        cell["id"] = mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"
    notebook.metadata.clear()
    notebook.metadata.update(
        kernelspec={"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        language_info={"name": "python"},
        jupytext={"formats": "ipynb,py:percent"},
    )
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
