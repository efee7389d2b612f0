"""The network as a table, to be held against Figure 2."""

import pandas as pd
import torch
from torch import nn

from neolab.learn.compute import count_parameters
from neolab.studies.wada2019.network import CONTRASTS, IMAGE_SIZE, LEVELS, MyelinAgeNetwork


def layer_table(shared_branches: bool = False, image_size: int = IMAGE_SIZE) -> pd.DataFrame:
    """Follow one picture, then one contrast, then both through the network.

    Parameters
    ----------
    shared_branches : bool
        See `MyelinAgeNetwork`.
    image_size : int
        Pixels.

    Returns
    -------
    DataFrame
        One row a layer with weights or a pooling: ``part``, ``layer``, ``output`` (its shape), ``parameters``
        of one copy, ``copies`` in the network.
    """
    network = MyelinAgeNetwork(shared_branches, image_size).eval()
    branch, head = network.branches[0][0], network.heads[0]
    branches = len(CONTRASTS) * (1 if shared_branches else len(LEVELS))
    with torch.no_grad():
        rows, features = _walk("slice", [*branch.convolutions, *branch.dense],
                               torch.zeros(1, 1, image_size, image_size), branches)  # fmt: skip
        more, contrast = _walk("contrast", head.layers, features.repeat(1, len(LEVELS)), len(CONTRASTS))
        rows += more
        rows += _walk("both", network.tail, contrast.repeat(1, len(CONTRASTS)), 1)[0]
    return pd.DataFrame(rows)


def feature_map_shape(image_size: int = IMAGE_SIZE) -> tuple[int, int, int]:
    """Channels, height and width before the first dense layer; Figure 2 has 8 of 29 x 29."""
    branch = MyelinAgeNetwork(True, image_size).branches[0][0]
    with torch.no_grad():
        return tuple(branch.convolutions(torch.zeros(1, 1, image_size, image_size)).shape[1:])


def depth(network: MyelinAgeNetwork) -> dict[str, int]:
    """Convolutions and dense layers on the way from one picture to the output unit, which is not counted."""
    way = [*network.branches[0][0].modules(), *network.heads[0].modules(), *network.tail.modules()]
    dense = sum(isinstance(layer, nn.Linear) for layer in way) - 1
    return {"convolutions": sum(isinstance(layer, nn.Conv2d) for layer in way), "dense_layers": dense}


def _walk(part: str, layers, x: torch.Tensor, copies: int) -> tuple[list[dict], torch.Tensor]:
    rows = []
    for layer in layers:
        x = layer(x)
        if not isinstance(layer, nn.ReLU | nn.Flatten):
            shape = " × ".join(str(size) for size in x.shape[1:])
            kind = {"Conv2d": "convolution 5 × 5", "MaxPool2d": "max pooling 2 × 2", "Linear": "dense"}
            rows.append(
                {
                    "part": part,
                    "layer": kind[type(layer).__name__],
                    "output": shape,
                    "parameters": count_parameters(layer),
                    "copies": copies,
                }
            )
    return rows, x
