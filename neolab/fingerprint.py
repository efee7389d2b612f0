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
        digest.update(f"{name} {_file_fingerprint(*_version(name))}\n".encode())
    return digest.hexdigest()


def reached_modules(modules: Iterable[str]) -> list[str]:
    """Return the named modules and every module of neolab that they import, directly or not, sorted.

    Imports inside functions count. A module that does not exist counts by its name: whoever imports it will
    say so. What a room hands on under a short name (``from neolab.viz import
    slice_viewer``) counts as the module that defines it.
    """
    waiting = [module for name in modules for module in _expand(name)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imports(*_version(name))
    return sorted(found)


def imported_modules(*sources: str) -> list[str]:
    """Return the modules of neolab that some code imports; code that is no plain Python counts for nothing.

    Of a room that is imported as a whole (``from neolab import viz``) those modules count whose names are
    used (``viz.slice_viewer``), and all where the room itself is handed on.

    Parameters
    ----------
    *sources : str
        A module, or the cells of one notebook.
    """
    nodes = [node for source in sources for node in ast.walk(parsed(source))]
    return list(dict.fromkeys(_named(nodes)))


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of some code; an empty one if it is no plain Python (IPython magics)."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


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


def _version(module: str) -> tuple[Path, int]:
    """The file of a module and when it was changed; 0 for one that does not exist."""
    path = _path(module)
    return path, path.stat().st_mtime_ns if path.is_file() else 0


@cache
def _file_fingerprint(path: Path, changed_ns: int) -> str:
    """The fingerprint of one file, computed once for each time that the file was changed."""
    return code_fingerprint(_text(path))


@cache
def _imports(path: Path, changed_ns: int) -> tuple[str, ...]:
    return tuple(imported_modules(_text(path)))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _named(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("neolab."):  # plain `import neolab` asks for its version or place
                    yield from _expand(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module == "neolab":
            for alias in node.names:
                yield from _used_of_a_room(f"neolab.{alias.name}", alias.asname or alias.name, nodes)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("neolab."):
            for alias in node.names:
                yield from _resolve(node.module, alias.name)


def _used_of_a_room(room: str, name: str, nodes: list[ast.AST]) -> Iterator[str]:
    """The modules behind ``name.attribute`` wherever it stands; all where the name stands by itself."""
    if not _handed_on(room):
        yield from _resolve(*room.split("."))
        return
    used = [node for node in nodes if isinstance(node, ast.Attribute) and _is_name(node.value, name)]
    for node in used:
        yield from _resolve(room, node.attr)
    if sum(_is_name(node, name) for node in nodes) > len(used):
        yield from _expand(room)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _resolve(module: str, name: str) -> list[str]:
    """The module behind ``from module import name``."""
    if not _is_package(module):
        return [module]
    if _path(f"{module}.{name}").is_file():
        return _expand(f"{module}.{name}")
    home = _handed_on(module).get(name)
    return [f"{module}.{home}"] if home else []


def _handed_on(room: str) -> dict[str, str]:
    """Name -> module in the room, from the ``submod_attrs`` of a room that attaches its names lazily."""
    return _table(*_version(room)) if _is_package(room) else {}


@cache
def _table(path: Path, changed_ns: int) -> dict[str, str]:
    for node in ast.walk(parsed(_text(path))):
        if isinstance(node, ast.keyword) and node.arg == "submod_attrs":
            table = ast.literal_eval(node.value)
            return {name: module for module, names in table.items() for name in names}
    return {}


def _expand(name: str) -> list[str]:
    """A module itself; all modules below a package."""
    if not _is_package(name):
        return [name]
    below = (found for found in _path(name).parent.rglob("*.py") if found.name != "__init__.py")
    return [".".join(("neolab", *found.relative_to(_ROOT).with_suffix("").parts)) for found in sorted(below)]


def _is_package(module: str) -> bool:
    return _path(module).name == "__init__.py"


def _path(module: str) -> Path:
    stem = _ROOT.joinpath(*module.split(".")[1:])
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
