"""Parameters and operations of the networks, counted rather than copied; shapes run through meta tensors."""

import pandas as pd
import torch
from torch import nn

from neolab.learn.compute import count_parameters
from neolab.studies.gloresnet2026.comparison import NETWORKS, build
from neolab.studies.gloresnet2026.network import GloResNet


def layer_table(side: int = 128) -> pd.DataFrame:
    """Channels, side and parameters after every part of GloResNet.

    Parameters
    ----------
    side : int
        Side of the input cube in voxels.

    Returns
    -------
    DataFrame
        ``layer``, ``operation``, ``channels``, ``side`` and ``parameters``, from input to logits.
    """
    with torch.device("meta"):
        network, maps = GloResNet().eval(), torch.empty(1, 1, side, side, side)
    rows = [("input", "T2 volume", 1, side, 0)]
    stem = nn.Sequential(network.conv1, network.bn1)
    parts = [("stem", "7³ convolution, stride 2", stem), ("pool", "3³ maximum, stride 2", network.pool)]
    for number in (1, 2, 3, 4):
        stage = getattr(network, f"layer{number}")
        operation = f"{2 * len(stage)} 3³ convolutions, stride {stage[0].conv1.stride[0]}"
        parts.append((f"stage {number}", operation, stage))
    for name, operation, part in parts:
        maps = part(maps)
        rows.append((name, operation, maps.shape[1], maps.shape[-1], count_parameters(part)))
    rows.append(("average", "mean over the volume", maps.shape[1], 1, 0))
    rows.append(("classifier", "linear, normal or injury", 2, 1, count_parameters(network.fc)))
    return pd.DataFrame(rows, columns=["layer", "operation", "channels", "side", "parameters"])


def count_operations(network: nn.Module, side: int = 128) -> int:
    """Multiply-accumulate operations of one forward pass of a (1, 1, side, side, side) volume.

    Nothing is computed; torch's counter reports two floating-point operations for each multiply-accumulate.
    """
    from torch.utils.flop_counter import FlopCounterMode

    network = network.to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 1, side, side, side, device="meta"))
    return counter.get_total_flops() // 2


def size_table(side: int = 128) -> pd.DataFrame:
    """Parameters (millions) and operations (giga) of every network of Table 2.

    Parameters
    ----------
    side : int
        Side of the input cube in voxels.

    Returns
    -------
    DataFrame
        One row a network: ``parameters_million``, ``gmacs`` (multiply-accumulates) and ``gflops`` (two for
        each multiply-accumulate).
    """
    rows = {}
    for name in NETWORKS:
        with torch.device("meta"):
            network = build(name, side)
        macs = count_operations(network, side)
        rows[name] = (count_parameters(network) / 1e6, macs / 1e9, 2 * macs / 1e9)
    columns = ["parameters_million", "gmacs", "gflops"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("network")
