"""Where the network looks: the gradient of the age with respect to the picture, and occlusion."""

import numpy as np
import torch
from torch import Tensor, nn


def input_gradient(network: nn.Module, images: Tensor) -> np.ndarray:
    """Change of the estimated age (months) per unit of intensity at each pixel.

    Parameters
    ----------
    network : MyelinAgeNetwork
    images : Tensor
        (n, 2, 5, H, W) in [0, 1].

    Returns
    -------
    array of float32, shape (n, 2, 5, H, W)
    """
    network.eval()
    device = next(network.parameters()).device
    images = images.to(device).detach().requires_grad_(True)
    network(images).sum().backward()
    return images.grad.cpu().numpy()


@torch.no_grad()
def occlusion(network: nn.Module, images: Tensor, patch: int = 16) -> np.ndarray:
    """Change of the estimated age (months) when a patch takes the mean intensity of its slice.

    Parameters
    ----------
    network : MyelinAgeNetwork
    images : Tensor
        (n, 2, 5, H, W) in [0, 1]; H and W are multiples of ``patch``.
    patch : int
        Side of the square patch in pixels.

    Returns
    -------
    array of float32, shape (n, 2, 5, H // patch, W // patch)
        Estimate with the patch hidden minus estimate of the whole picture.
    """
    network.eval()
    device = next(network.parameters()).device
    images = images.to(device)
    n, contrasts, levels, height, width = images.shape
    rows, columns = height // patch, width // patch
    whole = network(images)
    change = torch.zeros(n, contrasts, levels, rows, columns)
    for contrast, level in np.ndindex(contrasts, levels):
        hidden = images.repeat(rows * columns, 1, 1, 1, 1).unflatten(0, (rows * columns, n))
        fill = images[:, contrast, level].mean(dim=(1, 2))[:, None, None]
        for place, (row, column) in enumerate(np.ndindex(rows, columns)):
            down, across = (slice(i * patch, (i + 1) * patch) for i in (row, column))
            hidden[place, :, contrast, level, down, across] = fill
        estimates = network(hidden.flatten(0, 1)).reshape(rows * columns, n)
        change[:, contrast, level] = (estimates - whole).T.reshape(n, rows, columns).cpu()
    return change.numpy()


def share_by_slice(maps: np.ndarray) -> np.ndarray:
    """Share of the absolute attribution in each slice, (2 contrasts, 5 levels), sums to 1.

    Parameters
    ----------
    maps : array, shape (n, 2, 5, h, w)
        From `input_gradient` or `occlusion`.
    """
    total = np.abs(maps).sum(axis=(0, 3, 4))
    return total / total.sum()


def myelin_front(younger: np.ndarray, older: np.ndarray, months: float) -> np.ndarray:
    """Change of the pictures for one month of myelin and nothing else.

    Parameters
    ----------
    younger, older : array, shape (..., H, W)
        Pictures of one infant whose myelin differs by ``months``; see `phantoms.scan`.
    months : float
    """
    return (np.asarray(older) - np.asarray(younger)) / months


def share_on_front(maps: np.ndarray, front: np.ndarray, area: float = 0.1) -> float:
    """Share of the absolute attribution that lies on the most changing pixels.

    Parameters
    ----------
    maps, front : array of one shape
    area : float
        Share of the pixels that count as the front, and what an attribution blind to myelin would give.
    """
    front, maps = np.abs(front).ravel(), np.abs(maps).ravel()
    on = np.argsort(-front, kind="stable")[: round(area * front.size)]
    return float(maps[on].sum() / maps.sum())


def foreseen_change(gradient: np.ndarray, front: np.ndarray) -> float:
    """Months by which the estimate moves for a month of myelin, to first order: gradient times front."""
    return float((np.asarray(gradient, float) * front).sum())


def smoothed(maps: np.ndarray, pixels: float = 1.5) -> np.ndarray:
    """Absolute attribution, blurred in plane for the eye."""
    from scipy import ndimage

    absolute = np.abs(maps)
    return ndimage.gaussian_filter(absolute, [0] * (absolute.ndim - 2) + [pixels, pixels])
