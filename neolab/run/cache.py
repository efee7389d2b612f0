"""When a run need not be repeated: the same code, parameters, data and versions give the same results."""

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from neolab.parameters import Parameters
from neolab.run.fingerprint import code_fingerprint, other_studies, source_fingerprint

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

# The package's code that a notebook can reach; the runner, the report and the command line decide no result.
_PLACES = (
    "errors.py",
    "cache.py",
    "catalogue.py",
    "machine.py",
    "parameters.py",
    "io",
    "simulate",
    "metrics",
    "learn",
    "viz",
    "claims",
    "run/cohorts.py",
    "run/figures.py",
    "run/notebook.py",
    "run/session.py",
    "run/values.py",
)


def run_key(study: str, code_cells: Iterable[str], params: Parameters, data: str | None) -> dict[str, str]:
    """Return what a run depends on, one hash a part; two runs with equal keys have equal results.

    Parameters
    ----------
    study : str
        Identifier; the modules of other studies do not count.
    code_cells : iterable of str
        Source of the notebook's code cells; comments do not count, and prose is not among them.
    params : Parameters
        Resolved parameters.
    data : str or None
        ``Cohort.data_hash()`` of the folder that the run reads; None if it simulates.
    """
    return {
        "code": _hash([code_fingerprint(cell) for cell in code_cells]),
        "parameters": _hash(params.model_dump(exclude={"data"})),
        "package": source_fingerprint((*_PLACES, f"studies/{study}"), without=other_studies(study))[:16],
        "data": data or "simulated",
        "versions": _hash(versions()),
    }


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
