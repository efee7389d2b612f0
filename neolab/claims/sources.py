"""What makes the results that claims are held against."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Source(BaseModel):
    """What makes a result, and what it rests on.

    Attributes
    ----------
    kind : str
        ``network``: something trained, whose size and training the profile sets. ``reader``: simulated or
        human readers. ``image``: measured in the images without learning.
    rests_on : tuple of str
        Results that fix this one. Where all of them are inputs, or rest on inputs, so is this one.
    control : str or None
        Beginning of the names of a null that the run trained itself (such as on shuffled labels): the rest of
        the name is that of the result.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["network", "reader", "image"]
    rests_on: tuple[str, ...] = ()
    control: str | None = None


def longest_prefix(entries: Mapping[str, T], name: str) -> T | None:
    """Return the entry whose dotted key is the longest beginning of ``name`` ("" fits all); None if none."""
    parts = name.split(".")
    keys = [".".join(parts[:length]) for length in range(len(parts), -1, -1)]
    return next((entries[key] for key in keys if key in entries), None)
