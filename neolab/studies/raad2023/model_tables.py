"""The models in numbers: sizes and parameters of every block, counted without computing anything."""

import pandas as pd
import torch
from torch import Tensor, nn

from neolab.learn.compute import count_parameters
from neolab.studies.raad2023.network import Autoencoder, ResidualBlock, bottleneck_side
from neolab.studies.raad2023.parameters import ARCHITECTURES, CHANNELS, PAPER_SIDE


def layer_table(name: str, side: int = PAPER_SIDE, channels: int = CHANNELS) -> pd.DataFrame:
    """Follow a volume through a model.

    Returns
    -------
    DataFrame
        One row a block: ``block``, ``what it does``, ``out`` (channels and side), ``parameters``.
    """
    with torch.device("meta"):
        model = Autoencoder(name, side, channels).eval()
        x = torch.empty(1, 1, side, side, side)
    rows = [_row("input", "one volume in [0, 1]", x, None)]
    for number, block in enumerate(model.encoder, 1):
        x = block(x)
        rows.append(_row(f"encoder {number}", _describe(block, "strided convolutions"), x, block))
    if model.latent is not None:
        nodes = ARCHITECTURES[name].latent_nodes
        x, _ = model.latent(x)
        what = f"flatten, {nodes} means and {nodes} variances, sample, back to the bottleneck"
        rows.append(_row("variational layer", what, x, model.latent))
    for number, block in enumerate(model.decoder, 1):
        x = block(x)
        rows.append(_row(f"decoder {number}", _describe(block, "convolutions and trilinear x4"), x, block))
    rows.append(_row("output", "1 x 1 x 1 convolution, no activation", model.output(x), model.output))
    return pd.DataFrame(rows)


def _describe(block: ResidualBlock, how: str) -> str:
    units = len(block.main) if isinstance(block.main[0], nn.Sequential) else 1
    return f"{units} x (instance norm, ReLU, convolution): {how}; bypass; add; ReLU"


def _row(name: str, what: str, x: Tensor, module: nn.Module | None) -> dict[str, object]:
    count = count_parameters(module) if module is not None else 0
    return {"block": name, "what it does": what, "out": f"{x.shape[1]} x {x.shape[2]}³", "parameters": count}


def model_table(side: int = PAPER_SIDE, channels: int = CHANNELS) -> pd.DataFrame:
    """Compare the eight models.

    Returns
    -------
    DataFrame
        One row a model (its name is the index): side of the ``bottleneck``, ``parameters``, and the
        ``numbers that pass`` through the narrowest place.
    """
    rows = {}
    for name, architecture in ARCHITECTURES.items():
        with torch.device("meta"):
            parameters = count_parameters(Autoencoder(name, side, channels))
        n = bottleneck_side(name, side)
        passing = architecture.latent_nodes or channels * n**3
        rows[name] = {"bottleneck": n, "parameters": parameters, "numbers that pass": passing}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
