"""Parameters of the study ``wu2021``."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from neolab.parameters import Parameters

# The paper's own sizes: 47 + 32 newborns (Methods, "Subjects"); 6 epochs, batches of 10, learning rate
# 3e-4, five folds and 224 x 224 pixels (Methods, "Deep learning").
_PAPER = {
    "n_subjects": 79,
    "epochs": 6,
    "batch_size": 10,
    "learning_rate": 3e-4,
    "n_folds": 5,
    "image_size": 224,
    "field_of_view_mm": 330.0,
    "weights": "imagenet",
    "split": "both",
    "n_bootstrap": 2000,
}


class Wu2021Parameters(Parameters):
    """Wu et al. 2021: acute bilirubin encephalopathy on T1.

    Attributes
    ----------
    n_subjects : int
        Newborns to simulate.
    weights : str
        ``"imagenet"``, ``"none"`` (random initialisation) or the path of a state dictionary of ResNet18.
    split : {"patient", "slice", "both"}
        Folds by patient, or by slice as the paper seems to have done, which leaks.
    epochs, batch_size, n_folds, image_size, n_bootstrap : int
        Sizes; the image is square, in pixels.
    field_of_view_mm : float
        Side of the square that the network sees; the paper's scans show 330 mm.
    learning_rate : float
        Of stochastic gradient descent with momentum.
    """

    profile_values: ClassVar = {
        "smoke": {**_PAPER, "n_subjects": 20, "epochs": 1, "n_folds": 2, "image_size": 64,
                  "field_of_view_mm": 165.0, "weights": "none", "n_bootstrap": 200},
        # Half the field of view, without the air, in pixels of 1.7 mm instead of 1.5; minutes on two cores.
        "teach": {**_PAPER, "image_size": 96, "field_of_view_mm": 165.0, "epochs": 4, "weights": "none"},
        "paper": _PAPER,
    }  # fmt: skip

    n_subjects: int = Field(ge=8)
    weights: str
    split: Literal["patient", "slice", "both"]
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    n_folds: int = Field(ge=2)
    image_size: int = Field(ge=32)
    field_of_view_mm: float = Field(ge=120, le=500)
    n_bootstrap: int = Field(ge=100)

    @field_validator("weights")
    @classmethod
    def _weights_can_be_had(cls, weights: str) -> str:
        """Find out before the run, not in the middle of it."""
        if weights not in ("imagenet", "none") and not Path(weights).is_file():
            raise ValueError("imagenet, none or an existing file")
        return weights
