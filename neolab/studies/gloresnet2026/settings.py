"""The rows of the paper's tables, as settings of one and the same cross-validation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from neolab.learn.weights import Weights, load_backbone
from neolab.studies.gloresnet2026 import comparison
from neolab.studies.gloresnet2026.data import Variant
from neolab.studies.gloresnet2026.network import RESNET10, RESNET18, GloResNet
from neolab.studies.gloresnet2026.parameters import COMPARISON, Gloresnet2026Parameters

RANDOM_START = Weights("none", "random")


@dataclass(frozen=True)
class Setting:
    """What is trained.

    Attributes
    ----------
    title : str
    build : callable
        Makes the network.
    mixup : bool
        Whether volumes are blended.
    mirrored : bool
        Whether predictions are averaged with those of the mirror image; every fit keeps both.
    balanced : bool
        Whether the loss weighs classes by their inverse frequency.
    micro_batch : int
        See `neolab.learn.fit.Recipe`.
    variant : {"crop"} or None
        Preprocessing; None is the study's own.
    """

    title: str
    build: Callable[[], nn.Module]
    mixup: bool = True
    mirrored: bool = True
    balanced: bool = True
    micro_batch: int = 0
    variant: Variant | None = None

    def column(self, protocol: str) -> str:
        """Name of the predictions under a protocol; see `neolab.studies.gloresnet2026.training.train`."""
        return protocol if self.mirrored else f"{protocol}_plain"


def full_recipe(params: Gloresnet2026Parameters, start: Weights) -> Setting:
    """Return the full recipe, setting IV of Table 3."""
    return Setting("+ mixup + mirroring (full recipe)", _builder(params.width, start))


def without_mirroring(setting: Setting) -> Setting:
    """Return the same training with the predictions that it made without the mirror image."""
    return replace(setting, title="+ mixup", mirrored=False)


def ablations(params: Gloresnet2026Parameters, start: Weights) -> dict[str, Setting]:
    """Return the settings that are trained beside the full recipe; see ``params.ablations``.

    Test-time mirroring needs no training of its own: every fit keeps its predictions with and without it.
    Where the study starts from pretrained weights, the random start is a setting of its own.
    """
    if params.ablations == "none":
        return {}
    full, bare = full_recipe(params, start), {"mixup": False, "mirrored": False}
    random = _builder(params.width, RANDOM_START)
    chosen = {"baseline": replace(full, title="ResNet-10, no mixup, no mirroring", **bare)}
    if start.pretrained:
        chosen["random"] = Setting("ResNet-10 from random weights", random, **bare)
    if params.ablations == "all":
        # The paper does not say what its baseline saw before the global resize; the middle of the scan is the
        # least that can be meant.
        deep = _builder(params.width, RANDOM_START, RESNET18)
        chosen["i"] = Setting("ResNet-18 on the middle of the scan", deep, variant="crop", **bare)
        chosen["ii"] = Setting("ResNet-18 on the resized scan", deep, **bare)
        chosen["unweighted"] = replace(full, title="full recipe, unweighted classes", balanced=False)
    return chosen


def compared(params: Gloresnet2026Parameters) -> dict[str, Setting]:
    """Return the networks of Table 2 that are trained, with the full recipe.

    Departure: at 128 voxels a side their batches of 32 are computed in parts of 4, to fit into 15 GB.
    """
    parts = 4 if params.side > 64 else 0
    return {
        name: Setting(title, partial(comparison.build, name, params.side), micro_batch=parts)
        for name, title in COMPARISON.items()
        if name in params.compared
    }


def _builder(width: float, start: Weights, blocks: tuple[int, ...] = RESNET10) -> Callable[[], nn.Module]:
    """A function that makes a network, its backbone filled from what there is to start from."""
    return lambda: load_backbone(GloResNet(width, blocks), start)
