"""From an identifier to a notebook and its parameters, for studies and for lessons that follow no paper."""

import re
from pathlib import Path

from neolab.catalogue import all_studies, study_module
from neolab.errors import InputError, quoted
from neolab.parameters import Parameters
from neolab.run.paths import repository_folder

_NUMBERED = re.compile(r"\d\d_(\w+)")


def notebook_names() -> dict[str, str]:
    """Return identifier -> file stem in ``notebooks/``, in the order of the stems.

    A numbered notebook that no study claims is a lesson, called as its file without the number.
    """
    names = {study.id: study.notebook for study in all_studies().values()}
    for path in (repository_folder() / "notebooks").glob("[0-9][0-9]_*.py"):
        if path.stem not in names.values():
            names[_NUMBERED.fullmatch(path.stem)[1]] = path.stem
    return dict(sorted(names.items(), key=lambda item: item[1]))


def check_name(name: str) -> str:
    """Return ``name`` if a study or lesson is called so, else raise InputError with the names there are."""
    if name not in notebook_names():
        raise InputError(f"study: found {quoted(name)}, expected one of {', '.join(notebook_names())}")
    return name


def parameters_of(name: str) -> type[Parameters]:
    """Return the model of a study's parameters, the one subclass of Parameters in its ``parameters.py``.

    A lesson has nothing beyond what every run has.
    """
    if check_name(name) not in all_studies():
        return Parameters
    module = study_module(name, "parameters")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Parameters) and value.__module__ == module.__name__
    )


def notebook_source(name: str) -> Path:
    """Return the path of the notebook's ``.py``.

    Raises
    ------
    InputError
        If the name is unknown or this copy of the repository has no such notebook.
    """
    path = repository_folder() / "notebooks" / f"{notebook_names()[check_name(name)]}.py"
    if not path.is_file():
        raise InputError(f"study {name}: its notebook {path} does not exist, expected a jupytext file there")
    return path


def available() -> list[str]:
    """Return the studies whose notebook exists, in the order of the notebooks."""
    folder = repository_folder() / "notebooks"
    return [study.id for study in all_studies().values() if (folder / f"{study.notebook}.py").is_file()]
