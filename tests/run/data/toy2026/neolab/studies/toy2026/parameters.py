"""Parameters of the study ``toy2026``."""

from typing import ClassVar

from pydantic import Field

from neolab.parameters import Parameters

# Sixteen people, two folds, thirty epochs (Methods).
_PAPER = {"n_subjects": 16, "epochs": 30, "n_folds": 2}


class Toy2026Parameters(Parameters):
    """Nobody 2026: a bright spot in a cube of noise.

    Attributes
    ----------
    n_subjects : int
        People to simulate, half of them with a spot.
    epochs, n_folds : int
    """

    profile_values: ClassVar = {"smoke": {**_PAPER, "epochs": 3}, "teach": _PAPER, "paper": _PAPER}

    n_subjects: int = Field(ge=8)
    epochs: int = Field(ge=1)
    n_folds: int = Field(ge=2)
