"""How long one infant takes."""

import statistics
import time

import torch
from torch import Tensor, nn

from neolab.learn.compute import channels_last, mixed_precision
from neolab.studies.gloresnet2026.network import predict_with_flip


@torch.no_grad()
def milliseconds_per_subject(network: nn.Module, volume: Tensor, repeats: int = 5) -> float:
    """Median wall time of a prediction with its mirror image, without preprocessing.

    Parameters
    ----------
    network : nn.Module
        On the device to be timed.
    volume : Tensor
        (1, 1, N, N, N).
    repeats : int
        Timed runs, after one that is not.
    """
    device = next(network.parameters()).device
    network.eval()
    volume = channels_last(volume.to(device))
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        with mixed_precision(device):
            predict_with_flip(network, volume)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])
