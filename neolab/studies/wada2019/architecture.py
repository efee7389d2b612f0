"""The network as a table and in numbers, to be held against Figure 2."""

import pandas as pd
import torch
from torch import nn

from neolab.learn.compute import count_parameters
from neolab.studies.wada2019.layers import ReLUMaxPool
from neolab.studies.wada2019.network import CONTRASTS, IMAGE_SIZE, LEVELS, MyelinAgeNetwork

_LAYERS = {nn.Conv2d: "convolution 5 × 5", ReLUMaxPool: "max pooling 2 × 2", nn.Linear: "dense"}


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
    picture = torch.zeros(1, 1, image_size, image_size)
    with torch.no_grad():
        rows, features = _walk("slice", [*branch.convolutions, *branch.dense], picture, branches)
        more, contrast = _walk("contrast", head.layers, features.repeat(1, len(LEVELS)), len(CONTRASTS))
        last, _ = _walk("both", network.tail, contrast.repeat(1, len(CONTRASTS)), 1)
    return pd.DataFrame(rows + more + last)


def feature_maps(image_size: int = IMAGE_SIZE) -> tuple[int, int, int]:
    """Channels, height and width before the first dense layer; Figure 2 has 8 of 29 x 29."""
    branch = MyelinAgeNetwork(True, image_size).branches[0][0]
    with torch.no_grad():
        return tuple(branch.convolutions(torch.zeros(1, 1, image_size, image_size)).shape[1:])


def counts() -> dict:
    """Count what the paper counts, and what it does not.

    Returns
    -------
    dict
        ``convolutions`` and ``dense_layers`` on the way from one picture to the output unit, which is not
        counted; ``parameters`` of networks with ``independent`` and with ``shared`` branches.
    """
    independent, shared = MyelinAgeNetwork(), MyelinAgeNetwork(shared_branches=True)
    parts = (independent.branches[0][0], independent.heads[0], independent.tail)
    way = [layer for part in parts for layer in part.modules()]
    return {
        "convolutions": sum(isinstance(layer, nn.Conv2d) for layer in way),
        "dense_layers": sum(isinstance(layer, nn.Linear) for layer in way) - 1,
        "parameters": {"independent": count_parameters(independent), "shared": count_parameters(shared)},
    }


def _walk(part: str, layers, x: torch.Tensor, copies: int) -> tuple[list[dict], torch.Tensor]:
    rows = []
    for layer in layers:
        x = layer(x)
        if type(layer) in _LAYERS:
            rows.append(
                {
                    "part": part,
                    "layer": _LAYERS[type(layer)],
                    "output": " × ".join(map(str, x.shape[1:])),
                    "parameters": count_parameters(layer),
                    "copies": copies,
                }
            )
    return rows, x
