"""Where the images of a run came from, which decides what may be said of its results."""

from enum import StrEnum


class ResultClass(StrEnum):
    """``synthetic`` (simulated), ``template`` (group averages) or ``real`` (scans of people)."""

    SYNTHETIC = "synthetic"
    TEMPLATE = "template"
    REAL = "real"
