"""The one exception for bad input: its message is the sentence that a user reads."""

from collections.abc import Iterator
from contextlib import contextmanager

#: A message quotes at most so many characters of what was given.
QUOTED = 80
_LONGEST_PATH = 300


class InputError(ValueError):
    """A file, option or value is not what it should be.

    The message is one sentence that names the thing, what was found and what was expected. The command
    line prints it and exits with status 2.
    """


def quoted(value: object) -> str:
    """``value`` as a message quotes it: its repr on one line, cut after 80 characters."""
    text = repr(value[:QUOTED] + "…" if isinstance(value, str) and len(value) > QUOTED else value)
    return text if len(text) <= QUOTED + 20 else text[:QUOTED] + "…"


def os_sentence(error: OSError) -> str:
    """What the operating system refused, as a sentence that names the path where there is one."""
    reason = (error.strerror or str(error) or type(error).__name__)[:QUOTED].lower()
    places = [str(name) for name in (error.filename, error.filename2) if name is not None]
    place = " -> ".join(name if len(name) <= _LONGEST_PATH else name[:_LONGEST_PATH] + "…" for name in places)
    return f"{place or 'the system'}: found {reason}, expected a place that can be read and written"


@contextmanager
def refusing(thing: str = "") -> Iterator[None]:
    """Turn what the operating system refuses within the block into an InputError.

    Parameters
    ----------
    thing : str
        What the user can change, such as the name of a variable; put in front of the sentence.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{thing}: {os_sentence(error)}" if thing else os_sentence(error)) from error
