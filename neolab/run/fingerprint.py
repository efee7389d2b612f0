"""Fingerprints of code that ignore comments, docstrings and layout."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import neolab
from neolab.catalogue import all_studies


def other_studies(study: str) -> list[str]:
    """Return the studies whose modules have no part in ``study``; a lesson may use them all."""
    return [name for name in all_studies() if name != study] if study in all_studies() else []


@cache
def code_fingerprint(source: str) -> str:
    """Return the SHA-256 of what the code does: its syntax tree without docstrings.

    Text that is not plain Python (IPython magics) is hashed as it stands.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return hashlib.sha256(source.strip().encode()).hexdigest()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    first = node.body[0] if node.body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        del node.body[0]


def source_fingerprint(places: Iterable[str], without: Iterable[str] = ()) -> str:
    """Return the SHA-256 of the package's code under ``places``.

    Parameters
    ----------
    places : iterable of str
        Files and folders relative to the package. Data files among them count byte by byte; a place that
        does not exist counts as empty.
    without : iterable of str
        Names; a file is left out when its stem or a folder on its path is one of them.
    """
    root = Path(neolab.__file__).parent
    excluded = set(without)
    digest = hashlib.sha256()
    for path in sorted({path for place in places for path in _files(root / place)}):
        name = path.relative_to(root)
        if excluded.isdisjoint({*name.parts, name.stem}):
            digest.update(f"{name.as_posix()} {_mark(path, path.stat().st_mtime_ns)}\n".encode())
    return digest.hexdigest()


@cache
def _mark(path: Path, changed_ns: int) -> str:
    """The fingerprint of one file, computed once for each time that the file was changed."""
    content = path.read_bytes()
    return code_fingerprint(content.decode()) if path.suffix == ".py" else hashlib.sha256(content).hexdigest()


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return [path for path in place.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return [place] if place.is_file() else []
