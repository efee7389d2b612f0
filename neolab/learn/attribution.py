"""Where a network looks, for networks of pictures and of volumes, mostly computed by MONAI.

MONAI leaves hooks and gradients in the network that it looks into, so it is given a copy.
"""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from neolab.errors import InputError
from neolab.machine import blocks

BATCH_SIZE = 32


def class_activation_map(
    network: nn.Module, images: Tensor, target: int = 1, layer: str = "layer4", head: str = "fc"
) -> np.ndarray:
    """Which part of an image speaks for a class (Zhou et al., CVPR 2016).

        M_c(x) = sum_k w_ck f_k(x) + b_c

    with f_k the maps of a layer, w_ck and b_c the weights and bias of the head.

    Parameters
    ----------
    network : nn.Module
        Its head is a linear layer on the mean of the layer's maps.
    images : Tensor, (N, C, H, W) or (N, C, X, Y, Z)
    target : int
        Class.
    layer, head : str
        Names of modules, such as ``"backbone.layer4"``.

    Returns
    -------
    array of float32, (N, h, w) or (N, x, y, z)
        On the layer's grid, see `enlarge`; the mean over the image is the logit of the class.
    """
    from monai.visualize import CAM

    network = deepcopy(network)
    cam = CAM(network, layer, head, upsampler=_as_it_is, postprocessing=_values)
    with torch.no_grad():
        parts = [
            cam(part, torch.full((len(part),), target))
            for part in _on_device(network, images).split(BATCH_SIZE)
        ]
    return torch.cat(parts)[:, 0].cpu().numpy()


def grad_cam(network: nn.Module, images: Tensor, target: int = 1, layer: str = "layer4") -> np.ndarray:
    """Where the maps of a layer raise the logit of a class (Selvaraju et al., ICCV 2017).

    Parameters
    ----------
    network : nn.Module
    images : Tensor, (N, C, H, W) or (N, C, X, Y, Z)
    target : int
        Class.
    layer : str
        Name of the module whose maps are weighed. The last, the usual choice, has the coarsest grid; earlier
        ones show finer places but simpler features.

    Returns
    -------
    array of float32, (N, H, W) or (N, X, Y, Z)
        0 to 1, enlarged: only the coarse place can be read from it. All 0 where no map speaks for the class.
    """
    from monai.visualize import GradCAM

    network = deepcopy(network)
    cam = GradCAM(network, layer, postprocessing=_values)
    parts = [cam(one, target)[:, 0] for one in _on_device(network, images).split(1)]
    maps = torch.cat(parts).cpu().numpy()
    peak = maps.max(axis=tuple(range(1, maps.ndim)), keepdims=True)
    return np.divide(maps, peak, out=np.zeros_like(maps), where=peak > 0)


def input_gradient(network: nn.Module, images: Tensor, target: int = 0) -> np.ndarray:
    """Change of an output per unit of intensity at each pixel or voxel.

    Parameters
    ----------
    network : nn.Module
        To one number an image, (N,), or to several, (N, K).
    images : Tensor, (N, ...)
    target : int
        Which of several numbers.

    Returns
    -------
    array of float32, of the shape of ``images``
    """
    from monai.visualize import VanillaGrad

    gradient = VanillaGrad(_Columns(deepcopy(network)))
    parts = [gradient(one.clone(), target) for one in _on_device(network, images).split(1)]
    return torch.cat(parts).cpu().numpy()


@torch.no_grad()
def occlusion(
    network: nn.Module, images: Tensor, patch: int = 16, target: int = 0, axes: int = 2
) -> np.ndarray:
    """Change of an output when a patch of one channel takes the mean intensity of that channel.

    MONAI hides all channels at once; where there is one, it gives the same.

    Parameters
    ----------
    network : nn.Module
        To one number an image, (N,), or to several, (N, K).
    images : Tensor, (N, channels ..., spatial axes ...)
        The sides are multiples of ``patch``.
    patch : int
        Side of the square or cubic patch.
    target : int
        Which of several numbers.
    axes : {2, 3}
        How many of the last axes are spatial; all between them and the first are channels.

    Returns
    -------
    array of float32, of the shape of ``images`` with its sides divided by ``patch``
        Output with the patch hidden minus output for the whole image.
    """
    sides = images.shape[-axes:]
    if any(side % patch for side in sides):
        raise InputError(f"images: found sides {tuple(sides)}, expected multiples of the patch, {patch}")
    columns = _Columns(network)
    images = _on_device(network, images)
    whole = columns(images)[:, target]
    change = np.zeros((*images.shape[:-axes], *(side // patch for side in sides)), np.float32)
    places = list(np.ndindex(*change.shape[-axes:]))
    for channel in np.ndindex(*images.shape[1:-axes]):
        seen = (slice(None), *channel)
        fill = images[seen].flatten(1).mean(1).view(-1, *[1] * axes)
        for some in blocks(len(places), max(1, BATCH_SIZE // len(images))):
            hidden = images.expand(len(places[some]), *images.shape).clone()
            for number, place in enumerate(places[some]):
                box = tuple(slice(i * patch, (i + 1) * patch) for i in place)
                hidden[(number, *seen, *box)] = fill
            said = columns(hidden.flatten(0, 1))[:, target].view(-1, len(images)) - whole
            for place, moved in zip(places[some], said.cpu().numpy(), strict=True):
                change[(*seen, *place)] = moved
    return change


def enlarge(maps: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Stretch maps (N, ...) linearly over the grid of an image, (N, *shape); their faces coincide."""
    mode = {2: "bilinear", 3: "trilinear"}[len(shape)]
    large = functional.interpolate(
        torch.as_tensor(maps)[:, None], list(shape), mode=mode, align_corners=False
    )
    return large[:, 0].numpy()


class _Columns(nn.Module):
    """A network that gives (N, K), whether it gave one number an image or several."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network.eval()

    def forward(self, images: Tensor) -> Tensor:
        said = self.network(images)
        return said[:, None] if said.ndim == 1 else said


def _on_device(network: nn.Module, images: Tensor) -> Tensor:
    return images.detach().to(next(network.parameters()).device)


def _values(maps: Tensor) -> Tensor:
    """MONAI would turn the scale round, so that what speaks most for a class is 0."""
    return maps.detach()


def _as_it_is(shape: Sequence[int]):
    return lambda maps: maps
