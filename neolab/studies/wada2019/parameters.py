"""Parameters of the study ``wada2019``."""

from typing import ClassVar

from pydantic import Field

from neolab.parameters import Parameters

# The paper's own sizes: 119 infants (Methods 2.1); 128 x 128 pixels, 1000 epochs, Adam with learning rate
# 1e-3 (Methods 2.4). It gives no batch size and no split: 16, and five folds.
_PAPER = {
    "n_subjects": 119,
    "image_size": 128,
    "epochs": 1000,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "shared_branches": False,
    "n_folds": 5,
    "n_seeds": 3,
    "n_ages": 49,
    "n_delayed": 12,
    "n_bootstrap": 2000,
}


class Wada2019Parameters(Parameters):
    """Wada et al. 2019: myelin age from T1 and T2 slices.

    Attributes
    ----------
    n_subjects : int
        Infants to simulate.
    image_size : int
        Side of the network's square pictures in pixels.
    epochs, batch_size : int
        Of every network.
    learning_rate : float
        Of Adam.
    shared_branches : bool
        One convolutional branch for the five levels of a contrast instead of five.
    n_folds : int
        Folds of the cross-validation.
    n_seeds : int
        Trainings of every model in every fold that differ in nothing but the seed.
    n_ages : int
        Ages at which the growing infant is rendered.
    n_delayed : int
        Infants whose myelin is delayed on purpose.
    n_bootstrap : int
    """

    profile_values: ClassVar = {
        "smoke": {**_PAPER, "n_subjects": 12, "image_size": 32, "epochs": 8, "batch_size": 4, "n_folds": 2,
                  "n_seeds": 2, "n_ages": 4, "n_delayed": 1, "n_bootstrap": 200},
        # Fewer pixels, infants and epochs: minutes on two cores. Smaller batches make up for some of the
        # missing steps.
        "teach": {**_PAPER, "n_subjects": 72, "image_size": 48, "epochs": 36, "batch_size": 8,
                  "n_seeds": 2, "n_ages": 18, "n_delayed": 5, "n_bootstrap": 1000},
        "paper": _PAPER,
    }  # fmt: skip

    n_subjects: int = Field(ge=12)
    image_size: int = Field(ge=32, multiple_of=16)
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    shared_branches: bool
    n_folds: int = Field(ge=2)
    n_seeds: int = Field(ge=2)
    n_ages: int = Field(ge=4)
    n_delayed: int = Field(ge=1)
    n_bootstrap: int = Field(ge=100)
