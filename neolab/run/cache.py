"""When a run need not be repeated: the same code, parameters, data and versions give the same results."""

import ast
import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from neolab.cache import files_hash
from neolab.catalogue import all_studies
from neolab.documents import read_json
from neolab.errors import InputError
from neolab.fingerprint import code_fingerprint, fingerprint, imported_modules, parsed, reached_modules
from neolab.parameters import Parameters
from neolab.run.paths import repository_folder

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
# What the catalogue finds by itself in the folder of a study whose cohort a run may simulate.
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
        Resolved parameters; of one that names a file the content counts too.
    data : str or None
        ``Cohort.data_hash()`` of the folder that the run reads; None if it simulates.
    """
    imported = imported_modules(*code_cells)
    files = {name: files_hash([path]) for name, path in named_files(params).items()}
    found = _found_by_the_catalogue(study, code_cells, imported)
    papers = _papers_read(study, code_cells, imported)
    return {
        "code": short_hash([code_fingerprint(cell) for cell in code_cells]),
        "parameters": short_hash(params.model_dump(exclude={"data"}) | {"content": files}),
        "package": fingerprint([*_ALWAYS, *imported, *found])[:16],
        "papers": short_hash({path.name: files_hash([path]) for path in papers}),
        "data": data or "simulated",
        "versions": short_hash(versions()),
    }


def named_files(params: Parameters) -> dict[str, Path]:
    """Return the parameters whose value is the path of a file (weights, a template), with that file.

    A bare word such as ``"imagenet"`` is no path, whatever files there are.
    """
    texts = {name: Path(value) for name, value in params if isinstance(value, str)}
    return {
        name: path.absolute()
        for name, path in texts.items()
        if (path.suffix or len(path.parts) > 1) and path.is_file()
    }


def _found_by_the_catalogue(study: str, code_cells: Iterable[str], imported: Iterable[str]) -> list[str]:
    """Modules of studies that no import leads to: of the run's own, and of whose cohort a lesson reads."""
    named = {study}.union(*map(_cohorts_read, code_cells)) & set(all_studies())
    found = [f"neolab.studies.{name}.{module}" for name in sorted(named) for module in _OF_A_STUDY]
    if "neolab.catalogue" in imported:  # a lesson that lists the studies
        found += [f"neolab.studies.{name}.study" for name in all_studies()]
    return found


def _papers_read(study: str, code_cells: Iterable[str], imported: Iterable[str]) -> list[Path]:
    """The papers' files that a run reads: all for a lesson on claims, its own where it asks for values."""
    folder = repository_folder() / "data" / "papers"
    # What a run is made of can read a paper too, and does when it is asked to.
    told = (module for module in imported if not module.startswith("neolab.run."))
    if "neolab.claims.load" in reached_modules(told):
        return sorted(folder.glob("*.yaml"))
    asks = any(".published(" in cell for cell in code_cells)
    return [path for path in (folder / f"{study}.yaml",) if asks and path.is_file()]


def _cohorts_read(source: str) -> set[str]:
    """The studies that calls like ``run.cohort(study="wu2021")`` name."""
    calls = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]
    asking = [call for call in calls if getattr(call.func, "attr", "") == "cohort"]
    inside = [node for call in asking for node in ast.walk(call) if isinstance(node, ast.Constant)]
    return {node.value for node in inside if isinstance(node.value, str)}


def changed_parts(folder: Path, key: dict[str, str]) -> list[str] | None:
    """Return the parts of the key that differ from the run in ``folder``; None if there is no such run.

    A ``results.json`` that is not what the run wrote counts as such a part.
    """
    try:
        record, kept = read_json(folder / "run.json"), results_hash(folder)
        read_json(folder / "results.json")
    except (OSError, InputError):
        return None
    stored = record.get("key")
    if not isinstance(stored, dict):
        return None
    changed = [part for part in key if stored.get(part) != key[part]]
    return changed + ["results.json"] * (record.get("results_sha256", kept) != kept)


def results_hash(folder: Path) -> str:
    """Return the SHA-256 of a run's ``results.json``, which ``run.json`` stores when the run is complete."""
    return hashlib.sha256((folder / "results.json").read_bytes()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def short_hash(value: Any) -> str:
    """Return sixteen hexadecimal digits of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
