"""The networks and recipes of the paper's tables, as settings of one and the same cross-validation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from neolab.errors import InputError
from neolab.studies.gloresnet2026.fit import Recipe
from neolab.studies.gloresnet2026.medicalnet import fetch_weights, load_backbone
from neolab.studies.gloresnet2026.network import RESNET10, RESNET18, GloResNet
from neolab.studies.gloresnet2026.preprocess import Variant


def starting_weights(weights: str) -> tuple[Path | None, str]:
    """Find what the networks start from.

    Parameters
    ----------
    weights : str
        ``"none"``, ``"medicalnet"`` (downloaded) or the path of a checkpoint.

    Returns
    -------
    path : Path or None
        None for random weights.
    used : str
        In words; begins with ``"none"`` for random weights, with the reason where MedicalNet's cannot be had.

    Raises
    ------
    InputError
        If a named checkpoint does not fit the network.
    """
    if weights == "none":
        return None, "none"
    if weights == "medicalnet":
        try:
            return fetch_weights(), "MedicalNet"
        except InputError as error:
            return None, f"none, because MedicalNet's cannot be had ({error})"
    load_backbone(GloResNet(), weights)  # refuses a wrong file before anything is trained
    return Path(weights), Path(weights).name


def builder(
    width: float = 1.0, weights: Path | None = None, blocks: tuple[int, int, int, int] = RESNET10
) -> Callable[[], nn.Module]:
    """Return a function that makes a network, its backbone filled from ``weights`` if there are any."""

    def build() -> nn.Module:
        network = GloResNet(width, blocks)
        if weights is not None:
            load_backbone(network, weights)
        return network

    return build


@dataclass(frozen=True)
class Setting:
    """One row of an ablation table.

    Attributes
    ----------
    title : str
    recipe : Recipe
    blocks : tuple of int
        Of the network's stages.
    pretrained : bool
        Start from the study's weights instead of random ones.
    variant : {"paper", "crop"} or None
        Preprocessing; None is the study's own.
    """

    title: str
    recipe: Recipe
    blocks: tuple[int, int, int, int] = RESNET10
    pretrained: bool = True
    variant: Variant | None = None


def settings(recipe: Recipe, extent: str, pretrained: bool) -> dict[str, Setting]:
    """Return the settings that are trained beside the full recipe.

    Test-time mirroring needs no training of its own: every fit keeps its predictions with and without it.

    Parameters
    ----------
    recipe : Recipe
        The full recipe (setting IV of Table 3).
    extent : {"all", "short", "none"}
        ``"short"`` leaves out ResNet-18, settings I and II of Table 3, and the loss without class weights,
        which the paper does not take away.
    pretrained : bool
        Whether the study starts from pretrained weights; the random start is then a setting of its own.

    Returns
    -------
    dict of str to Setting
    """
    if extent == "none":
        return {}
    bare = replace(recipe, mixup_alpha=0.0, flip_at_test=False)
    chosen = {"baseline": Setting("ResNet-10, no mixup, no mirroring", bare)}
    if pretrained:
        chosen["random"] = Setting("ResNet-10 from random weights", bare, pretrained=False)
    if extent == "all":
        # The paper does not say what its baseline saw before the global resize; the middle of the scan is the
        # least that can be meant.
        deep = {"blocks": RESNET18, "pretrained": False}
        chosen["i"] = Setting("ResNet-18 on the middle of the scan", bare, variant="crop", **deep)
        chosen["ii"] = Setting("ResNet-18 on the resized scan", bare, **deep)
        unweighted = replace(recipe, balance_classes=False)
        chosen["unweighted"] = Setting("full recipe, unweighted classes", unweighted)
    return chosen


def micro_batch(side: int) -> int:
    """Largest part of a batch for the large networks of Table 2, to fit into 15 GB; 0 for all of it.

    Departure: at 128 voxels a side their batches of 32 are computed in parts of 4.
    """
    return 4 if side > 64 else 0
