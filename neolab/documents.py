"""Reading JSON and YAML that others wrote: bounded, and refused in one sentence that names the file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from neolab.errors import InputError, os_sentence

#: No settings, sidecar or record that is meant to be read is larger or nested deeper.
MOST_BYTES = 20_000_000
MOST_YAML_BYTES = 2_000_000
MOST_LEVELS = 50

# The C parser, where PyYAML was built with it, is five times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):
    """A safe loader that refuses a key written twice, of which YAML would silently keep the last."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode):
    """Build a mapping in two steps, as SafeLoader does; keys are compared before merge keys are resolved."""
    data: dict = {}
    yield data
    seen: set[str] = set()
    for key, _ in node.value:
        if str(key.value) in seen and key.tag != "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(
                problem=f"key {str(key.value)[:40]!r} is written twice", problem_mark=key.start_mark
            )
        seen.add(str(key.value))
    data.update(loader.construct_mapping(node))


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises
    ------
    InputError
        If it cannot be read, is no JSON, is too large, or holds something else than an object.
    """
    text = _read(path, MOST_BYTES)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: found text that is not JSON ({str(error)[:80]}), expected JSON") from None
    return _mapping_of(path, content)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds ``key: value`` pairs, each key once; `*alias` only of plain values.

    Raises
    ------
    InputError
        If it cannot be read, is no YAML, is too large, is nested too deep, or holds something else.
    """
    text = _read(path, MOST_YAML_BYTES)
    try:
        _check_events(path, text)
        content = yaml.load(text, Loader=_StrictLoader)
    except InputError:
        raise
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f"line {mark.line + 1}: " if mark else ""
        reason = f"{line}{' '.join((problem or str(error)).split())[:80]}"
        raise InputError(f"{path}: found text that is not YAML ({reason}), expected valid YAML") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split())[:80]  # a date that does not exist, a number of 5,000 digits
        raise InputError(f"{path}: found a value that is not YAML ({reason}), expected valid YAML") from None
    return _mapping_of(path, content)


def _check_events(path: Path, text: str) -> None:
    """Refuse what would unfold to more than is written, and nesting, before anything is built."""
    level, opened = 0, []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            opened.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        if level > MOST_LEVELS:
            raise InputError(f"{path}: found more than {MOST_LEVELS} levels, expected fewer")
        if isinstance(event, yaml.AliasEvent) and event.anchor in opened:
            raise InputError(
                f"{path}: found *{event.anchor[:40]} for a whole block, expected the block written out"
            )


def _read(path: Path, most: int) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(os_sentence(error)) from None
    if len(content) > most:
        raise InputError(f"{path}: found more than {most} bytes, expected a smaller file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}: found a character in line {line} that is not UTF-8, expected UTF-8"
        ) from None


def _mapping_of(path: Path, content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        found = {"NoneType": "nothing"}.get(type(content).__name__, f"a {type(content).__name__}")
        raise InputError(f"{path}: found {found}, expected key: value pairs")
    return content


def require_kinds(path: Path, content: dict[str, Any], kinds: dict[str, type | Sequence[type]]) -> None:
    """Refuse a document in which a field is absent or of another kind.

    Parameters
    ----------
    path : Path
        Named in the message.
    content : dict
    kinds : dict of str to type or sequence of types
    """
    for name, kind in kinds.items():
        allowed = kind if isinstance(kind, type) else tuple(kind)
        if name not in content or not isinstance(content[name], allowed):
            found = type(content[name]).__name__ if name in content else "none"
            words = (
                allowed.__name__ if isinstance(allowed, type) else " or ".join(k.__name__ for k in allowed)
            )
            raise InputError(f"{path}: {name}: found {found}, expected {words}")
