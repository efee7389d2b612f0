"""What a notebook calls: ``run = notebook.start("wu2021", globals())``."""

import ast
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from IPython import get_ipython

from neolab.parameters import Parameters, check_parameters
from neolab.run.cell_memory import free_memory_after_cells
from neolab.run.paths import runs_folder
from neolab.run.registry import parameters_of
from neolab.run.sections import open_sections
from neolab.run.session import Run
from neolab.run.widget_pause import pause_after_widgets

# The runner names the folder of the run here; without it the notebook is being used by hand.
RUN_FOLDER_VARIABLE = "NEOLAB_RUN_FOLDER"

# A parameter is a plain value; modules, functions and results of computations are not.
_PLAIN = (bool, int, float, str, list, tuple, dict, type(None))
_JUPYTER_NAMES = {"In", "Out"}
_SEEN = "__neolab_first_start__"


def start(study: str, namespace: dict[str, Any]) -> Run:
    """Check the notebook's parameters and open its run.

    Call it in the first cell after the parameters, before any other plain value gets a name: a plain value
    that is not a parameter of the study is taken for a misspelt one, because papermill only warns of those.

    Parameters
    ----------
    study : str
        Identifier of the study or lesson.
    namespace : dict
        The notebook's ``globals()``.

    Returns
    -------
    Run
        ``run.params`` has every parameter resolved.

    Raises
    ------
    InputError
        If a parameter is unknown, has the wrong type, or names a folder that does not exist.
    """
    model = parameters_of(study)
    params = check_parameters(model, _given(namespace, model.model_fields))
    namespace[_SEEN] = True
    for prepare in (pause_after_widgets, free_memory_after_cells, open_sections):
        prepare(get_ipython())
    named = os.environ.get(RUN_FOLDER_VARIABLE)
    folder = Path(named) if named else _interactive_folder(study, params)
    return Run(study, params, folder, interactive=named is None)


def _interactive_folder(study: str, params: Parameters) -> Path:
    return runs_folder() / study / f"interactive_{params.profile}_seed{params.seed}"


def _given(namespace: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return the plain values that the notebook has defined as parameters, by name."""
    plain = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in _JUPYTER_NAMES and type(value) in _PLAIN
    }
    if _SEEN not in namespace:
        return plain
    # Run again by hand: the lesson's own variables exist by now; the cells' text tells which are parameters.
    names = set(known) | _names_in_parameter_cells(namespace.get("In", []))
    return {name: value for name, value in plain.items() if name in names}


def _names_in_parameter_cells(sources: Iterable[str]) -> set[str]:
    """Names assigned by the executed cells that set ``profile`` or that papermill injected."""
    names: set[str] = set()
    for source in sources:
        try:
            body = ast.parse(source).body
        except SyntaxError:
            continue
        targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
        assigned = {target.id for target in targets if isinstance(target, ast.Name)}
        if "profile" in assigned or source.startswith("# Parameters\n"):
            names |= assigned
    return names
