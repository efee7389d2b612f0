"""What happens to a volume on its way through the network, counted as it happens."""

import pandas as pd
import torch

from neolab.learn.compute import count_parameters
from neolab.studies.gloresnet2026.network import GloResNet


def layer_table(network: GloResNet, side: int = 128) -> pd.DataFrame:
    """Channels, side and parameters after every part of the network.

    Parameters
    ----------
    network : GloResNet
        Left as it is; shapes run through a copy without values.
    side : int
        Side of the input cube in voxels.

    Returns
    -------
    DataFrame
        ``layer``, ``operation``, ``channels``, ``side`` and ``parameters``, from input to logits.
    """
    copy = _without_values(network)
    volume = torch.empty(1, 1, side, side, side, device="meta")
    rows = [("input", "T2 volume", 1, side, 0)]
    maps = torch.relu(copy.bn1(copy.conv1(volume)))
    stem = count_parameters(copy.conv1) + count_parameters(copy.bn1)
    rows.append(("stem", "7³ convolution, stride 2", *_size(maps), stem))
    maps = copy.stem(volume)
    rows.append(("pool", "3³ maximum, stride 2", *_size(maps), 0))
    for number in (1, 2, 3, 4):
        stage = getattr(copy, f"layer{number}")
        maps = stage(maps)
        stride = stage[0].conv1.stride[0]
        operation = f"{2 * len(stage)} 3³ convolutions, stride {stride}"
        rows.append((f"stage {number}", operation, *_size(maps), count_parameters(stage)))
    rows.append(("average", "mean over the volume", maps.shape[1], 1, 0))
    rows.append(("classifier", "linear, normal or injury", 2, 1, count_parameters(copy.fc)))
    return pd.DataFrame(rows, columns=["layer", "operation", "channels", "side", "parameters"])


def _size(maps: torch.Tensor) -> tuple[int, int]:
    return maps.shape[1], maps.shape[-1]


def _without_values(network: GloResNet) -> GloResNet:
    blocks = tuple(len(getattr(network, f"layer{number}")) for number in (1, 2, 3, 4))
    with torch.device("meta"):
        return GloResNet(network.conv1.out_channels / 64, blocks).eval()
