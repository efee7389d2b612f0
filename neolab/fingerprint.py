"""Fingerprints of code: exactly what something reaches, without comments, docstrings and layout."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import neolab

_ROOT = Path(neolab.__file__).parent


def fingerprint(modules: Iterable[str]) -> str:
    """Return the SHA-256 of the code of some modules and of all modules of neolab that they import.

    Parameters
    ----------
    modules : iterable of str
        Such as ``"neolab.studies.wu2021.cohort"``; a package stands for all modules in it.
    """
    digest = hashlib.sha256()
    for name in reached_modules(modules):
        path = _path(name)
        digest.update(f"{name} {_file_fingerprint(path, path.stat().st_mtime_ns)}\n".encode())
    return digest.hexdigest()


def reached_modules(modules: Iterable[str]) -> list[str]:
    """Return the named modules and every module of neolab that they import, directly or not, sorted.

    Imports inside functions count. What a room hands on under a short name (``from neolab.viz import
    slice_viewer``) counts as the module that defines it.
    """
    waiting = [module for name in modules for module in _expand(name)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            path = _path(name)
            waiting += _imports(path, path.stat().st_mtime_ns)
    return sorted(found)


def imported_modules(source: str) -> list[str]:
    """Return the modules of neolab that a piece of code imports; none if it is no plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    return list(dict.fromkeys(_named(tree)))


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


@cache
def _file_fingerprint(path: Path, changed_ns: int) -> str:
    """The fingerprint of one file, computed once for each time that the file was changed."""
    return code_fingerprint(path.read_text(encoding="utf-8"))


@cache
def _imports(path: Path, changed_ns: int) -> tuple[str, ...]:
    return tuple(imported_modules(path.read_text(encoding="utf-8")))


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("neolab."):  # plain `import neolab` asks for its version or place
                    yield from _expand(alias.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "neolab":
            for alias in node.names:
                yield from _resolve(node.module, alias.name)


def _resolve(module: str, name: str) -> list[str]:
    """The module behind ``from module import name``."""
    if _path(module).name != "__init__.py":
        return [module]
    if _path(f"{module}.{name}").is_file():
        return _expand(f"{module}.{name}")
    home = _handed_on(module).get(name)
    return [f"{module}.{home}"] if home else []


@cache
def _handed_on(room: str) -> dict[str, str]:
    """Name -> module in the room, from the ``submod_attrs`` of a room that attaches its names lazily."""
    for node in ast.walk(ast.parse(_path(room).read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "submod_attrs":
            table = ast.literal_eval(node.value)
            return {name: module for module, names in table.items() for name in names}
    return {}


def _expand(name: str) -> list[str]:
    """A module itself; all modules below a package."""
    path = _path(name)
    if path.name != "__init__.py":
        return [name]
    below = (found for found in path.parent.rglob("*.py") if found.name != "__init__.py")
    return [".".join(("neolab", *found.relative_to(_ROOT).with_suffix("").parts)) for found in sorted(below)]


def _path(module: str) -> Path:
    stem = _ROOT.joinpath(*module.split(".")[1:])
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
