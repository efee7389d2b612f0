"""From a study's identifier to its parameters and its notebook."""

from importlib import import_module
from pathlib import Path

from neolab.errors import InputError
from neolab.run.parameters import Parameters
from neolab.run.paths import repository_folder
from neolab.studies import STUDIES

# Notebooks that follow no paper: a tour, and the audit of published numbers.
LESSONS = {"start_here": "00_start_here", "audit": "06_audit"}


def notebook_names() -> dict[str, str]:
    """Return identifier -> file stem in ``notebooks/``, lessons included, in the order of the stems."""
    names = {study.id: study.notebook for study in STUDIES.values()} | LESSONS
    return dict(sorted(names.items(), key=lambda item: item[1]))


def check_name(name: str) -> str:
    """Return ``name`` if a study or lesson is called so, else raise InputError with the names there are."""
    if name not in notebook_names():
        raise InputError(f"study: found {name!r}, expected one of {', '.join(notebook_names())}")
    return name


def parameters_of(name: str) -> type[Parameters]:
    """Return the model of the study or lesson: the one subclass of Parameters that its module defines."""
    module = import_module(f"neolab.run.studies.{check_name(name)}")
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


def available(names: tuple[str, ...] = tuple(STUDIES)) -> list[str]:
    """Return those of ``names`` whose notebook exists, in the given order."""
    folder = repository_folder() / "notebooks"
    return [name for name in names if (folder / f"{notebook_names()[name]}.py").is_file()]
