"""Reading options of the command line."""

from collections.abc import Iterable
from typing import Any

from neolab.errors import InputError
from neolab.parameters import parse_value


def parse_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Return name -> value for texts like ``epochs=3``.

    Raises
    ------
    InputError
        If a text has no ``=`` or names what has an option of its own.
    """
    return {name: parse_value(value) for name, value in map(_split, texts)}


def parse_grid(texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return name -> list of values for texts like ``epochs=3,6``; raises as ``parse_assignments`` does."""
    return {name: [parse_value(part) for part in value.split(",")] for name, value in map(_split, texts)}


def _split(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise InputError(f"option -p: found {text!r}, expected name=value")
    if name in ("profile", "seed", "data"):
        raise InputError(f"option -p: found {text!r}, expected the option --{name} for that")
    return name, value


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of a text like ``0,1,2``, each once.

    Raises
    ------
    InputError
        If one is not an integer of at least 0.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts):
        raise InputError(f"option --seeds: found {text!r}, expected integers of at least 0 like 0,1,2")
    return list(dict.fromkeys(int(part) for part in parts))
