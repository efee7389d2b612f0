"""When a run need not be repeated: the same code, parameters, data and versions give the same results."""

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from neolab.catalogue import all_studies
from neolab.fingerprint import code_fingerprint, fingerprint, imported_modules
from neolab.parameters import Parameters

# Every library that computes something in a run.
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "scikit-image",
    "statsmodels",
    "nibabel",
    "nilearn",
    "SimpleITK",
    "matplotlib",
    "torch",
    "torchvision",
    "monai",
)

# What every run depends on, whatever its notebook imports.
_ALWAYS = ("neolab.run.notebook", "neolab.run.sections")
# What the catalogue finds by itself in a study's folder.
_OF_A_STUDY = ("study", "parameters", "cohort")


def run_key(study: str, code_cells: Sequence[str], params: Parameters, data: str | None) -> dict[str, str]:
    """Return what a run depends on, one hash a part; two runs with equal keys have equal results.

    Parameters
    ----------
    study : str
        Identifier; only modules that its notebook reaches count.
    code_cells : sequence of str
        Source of the notebook's code cells; comments do not count, and prose is not among them.
    params : Parameters
        Resolved parameters.
    data : str or None
        ``Cohort.data_hash()`` of the folder that the run reads; None if it simulates.
    """
    return {
        "code": _hash([code_fingerprint(cell) for cell in code_cells]),
        "parameters": _hash(params.model_dump(exclude={"data"})),
        "package": fingerprint(_modules(study, code_cells))[:16],
        "data": data or "simulated",
        "versions": _hash(versions()),
    }


def _modules(study: str, code_cells: Iterable[str]) -> list[str]:
    """The modules that a notebook starts from; what these import is found by `fingerprint`."""
    found = [module for cell in code_cells for module in imported_modules(cell)]
    own = [f"neolab.studies.{study}.{name}" for name in _OF_A_STUDY] if study in all_studies() else []
    return [*_ALWAYS, *own, *found]


def changed_parts(folder: Path, key: dict[str, str]) -> list[str] | None:
    """Return the parts of the key that differ from the run in ``folder``; None if there is no such run."""
    try:
        stored = json.loads((folder / "run.json").read_text(encoding="utf-8"))["key"]
        json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return [part for part in key if stored.get(part) != key[part]]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
