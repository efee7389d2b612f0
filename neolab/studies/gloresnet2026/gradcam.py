"""Grad-CAM in three dimensions (Selvaraju et al. 2017)."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from neolab.studies.gloresnet2026.network import GloResNet


def grad_cam(network: GloResNet, volume: Tensor, target: int = 1, stage: int = 4) -> np.ndarray:
    """Where the maps of a stage raise the logit of a class.

    Parameters
    ----------
    network : GloResNet
    volume : Tensor
        One standardised volume, (1, 1, N, N, N).
    target : int
        Class; 1 is injury.
    stage : {1, 2, 3, 4}
        Whose maps are weighed. The last, the usual choice, has N/32 voxels along a side; earlier ones show
        finer places but simpler features.

    Returns
    -------
    array of float32, shape (N, N, N)
        0 to 1, trilinearly enlarged: only the coarse place can be read from it. All 0 where no map speaks for
        the class.
    """
    network.eval()
    layers = [network.layer1, network.layer2, network.layer3, network.layer4]
    maps = network.stem(volume)
    for layer in layers[:stage]:
        maps = layer(maps)
    maps = maps.detach().requires_grad_()  # nothing before the stage needs a gradient
    last = maps
    for layer in layers[stage:]:
        last = layer(last)
    logit = network.fc(last.mean(dim=(2, 3, 4)))[0, target]
    (gradient,) = torch.autograd.grad(logit, maps)
    weights = gradient.mean(dim=(2, 3, 4), keepdim=True)
    cam = torch.relu((weights * maps.detach()).sum(dim=1, keepdim=True))
    cam = functional.interpolate(cam, size=volume.shape[2:], mode="trilinear", align_corners=False)[0, 0]
    peak = cam.max()
    return (cam / peak if peak > 0 else cam).cpu().numpy()


def mass_ratio(cam: np.ndarray, region: np.ndarray, within: np.ndarray) -> float:
    """How much more of a map lies in a region than an even map would put there.

    Parameters
    ----------
    cam : array, shape (N, N, N)
        At least 0.
    region, within : array of bool, shape (N, N, N)
        Such as lesions, and the brain that holds them.

    Returns
    -------
    float
        1 for an even map; NaN where the region or the map within the brain is empty.
    """
    region = region & within
    total = float(cam[within].sum())
    if not region.any() or total == 0:
        return float("nan")
    return float(cam[region].sum()) / total / (region.sum() / within.sum())
