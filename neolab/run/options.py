"""Reading options of the command line."""

from collections.abc import Iterable, Sequence
from typing import Any

from neolab.errors import QUOTED, InputError, quoted
from neolab.parameters import parse_value


def parse_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Return name -> value for texts like ``epochs=3``.

    Raises
    ------
    InputError
        If a text has no ``=``, names what has an option of its own, or what another text names too.
    """
    return {name: parse_value(value) for name, value in _split_all(texts).items()}


def parse_grid(texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return name -> list of values for texts like ``epochs=3,6``; raises as ``parse_assignments`` does."""
    return {
        name: [parse_value(part) for part in value.split(",")] for name, value in _split_all(texts).items()
    }


def _split_all(texts: Iterable[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in map(_split, texts):
        if name in values:
            raise InputError(f"option -p: found {quoted(name)} twice, expected each parameter once")
        values[name] = value
    return values


def _split(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise InputError(f"option -p: found {quoted(text)}, expected name=value")
    if name in ("profile", "seed", "data"):
        raise InputError(f"option -p: found {quoted(text)}, expected the option --{name} for that")
    return name, value


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of a text like ``0,1,2``, each once.

    Raises
    ------
    InputError
        If one is not an integer of at least 0.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
        raise InputError(f"option --seeds: found {quoted(text)}, expected integers of at least 0 like 0,1,2")
    return list(dict.fromkeys(int(part) for part in parts))


def usage_sentence(error: Exception, words: Sequence[str]) -> str:
    """Return one sentence on words of the command line that typer could not read.

    Parameters
    ----------
    error : exception
        As typer raises it, with ``format_message`` and, for the value of an option, ``param``.
    words : sequence of str
        The command line without the name of the command.
    """
    message = error.format_message().rstrip(".")
    names = getattr(getattr(error, "param", None), "opts", [])
    found = _value_of(names, words)
    if found is not None and "Input should be " in message:
        expected = message.partition("Input should be ")[2].partition(", unable to")[0]
        return f"option {names[0]}: found {quoted(found)}, expected {expected}"
    command = next((word for word in words[:1] if not word.startswith("-")), "")
    asked = f"neolab {command[:QUOTED]} --help" if command and "command" not in message else "neolab --help"
    message = message if len(message) <= 2 * QUOTED else message[: 2 * QUOTED] + "…"
    return f"{message[:1].lower()}{message[1:]}, expected what `{asked}` lists"


def _value_of(names: Iterable[str], words: Sequence[str]) -> str | None:
    """The value that the command line gives to an option: ``--n 0`` or ``--n=0``."""
    for word, following in zip(words, [*words[1:], None], strict=True):
        name, sign, value = word.partition("=")
        if name in names:
            return value if sign else following
    return None
