"""Parameters of the study ``raad2023``."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, field_validator

from neolab.parameters import Parameters
from neolab.studies.raad2023.roles import ABNORMAL, TRAIN, VALIDATION


@dataclass(frozen=True)
class Architecture:
    """What distinguishes the eight models.

    Attributes
    ----------
    factor : int
        How many times smaller than the cube the bottleneck is: 16 (``16x16``), or 32 (``8x8``), where the
        volume is halved once more. The names give the bottleneck's side for cubes of 256 voxels.
    latent_nodes : int or None
        Size of the variational layer; None for the ``std`` models.
    """

    factor: int
    latent_nodes: int | None = None


ARCHITECTURES: dict[str, Architecture] = {
    "std_16x16": Architecture(16),
    "std_8x8": Architecture(32),
    **{f"vae_16x16_{nodes}": Architecture(16, nodes) for nodes in (256, 512, 1024)},
    **{f"vae_8x8_{nodes}": Architecture(32, nodes) for nodes in (256, 512, 1024)},
}
#: Voxels along a side of the paper's cubes, its epochs (Methods), and the width of the author's later code.
PAPER_SIDE, PAPER_EPOCHS, CHANNELS = 256, 50, 32

# Learning rate and batch size are those of the author's later code; the number of principal components of
# the baseline is a choice.
_PAPER = {
    "n_subjects": TRAIN + VALIDATION + ABNORMAL,
    "side": PAPER_SIDE,
    "models": "all",
    "channels": CHANNELS,
    "epochs": PAPER_EPOCHS,
    "batch_size": 1,
    "learning_rate": 1e-3,
    "divergence_weight": 0.0,
    "deterministic_latent": False,
    "checkpointing": True,
    "n_components": 20,
    "n_bootstrap": 2000,
}


class Raad2023Parameters(Parameters):
    """Raad et al. 2023: unsupervised anomaly detection on T2.

    Attributes
    ----------
    n_subjects : int
        Participants to simulate.
    side : int
        Voxels along a side of the cubes; a multiple of 32, and at least 64 for the ``8x8`` models.
    models : str
        Names of the paper's models with commas between, or ``"all"``.
    channels : int
        Width of the networks.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    divergence_weight : float
        Weight of the KL divergence per voxel; 0 as in the author's later code.
    deterministic_latent : bool
        The variational layer passes (mean + deviation) / 2 on, as the author's later code does, instead of a
        sample.
    checkpointing : bool
        Recompute activations instead of keeping them, so that cubes of 256 fit a GPU of 15 GB.
    n_components : int
        Of the principal components that stand in for a network as a baseline.
    n_bootstrap : int
    template_path : str or None
        A folder with templates of real pathology (see the notebook's section on them), or None.
    """

    profile_values: ClassVar = {
        "smoke": {**_PAPER, "n_subjects": 12, "side": 32, "models": "std_16x16,vae_16x16_256", "channels": 8,
                  "epochs": 2, "learning_rate": 3e-3, "checkpointing": False, "n_components": 4,
                  "n_bootstrap": 200},
        # The models with the lowest and the highest AUC of the paper; more would not fit into five minutes.
        "teach": {**_PAPER, "n_subjects": 48, "side": 64, "models": "std_16x16,vae_8x8_1024",
                  "channels": 16, "epochs": 8, "checkpointing": False, "n_components": 10},
        "paper": _PAPER,
    }  # fmt: skip

    n_subjects: int = Field(ge=8)
    side: int = Field(ge=32, le=512, multiple_of=32)
    models: str
    channels: int = Field(ge=2)
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    divergence_weight: float = Field(ge=0)
    deterministic_latent: bool
    checkpointing: bool
    n_components: int = Field(ge=1)
    n_bootstrap: int = Field(ge=100)
    template_path: str | None = None

    @field_validator("models")
    @classmethod
    def _name_the_papers_models(cls, value: str) -> str:
        names = ARCHITECTURES if value.strip() == "all" else [name.strip() for name in value.split(",")]
        unknown = [name for name in names if name not in ARCHITECTURES]
        if unknown:
            raise ValueError(f"all, or names out of {', '.join(ARCHITECTURES)}")
        return ",".join(dict.fromkeys(names))

    @property
    def model_names(self) -> list[str]:
        """Names of the models to train, in the order given."""
        return self.models.split(",")
