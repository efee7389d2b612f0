"""Where the network looks, as `neolab.learn.attribution` maps it, set against where myelin changes."""

import numpy as np


def share_by_slice(maps: np.ndarray) -> np.ndarray:
    """Share of the absolute attribution in each slice, (2 contrasts, 5 levels), sums to 1.

    Parameters
    ----------
    maps : array, shape (n, 2, 5, h, w)
        Gradients or changes by occlusion.
    """
    total = np.abs(maps).sum(axis=(0, 3, 4))
    return total / total.sum()


def myelin_front(younger: np.ndarray, older: np.ndarray, months: float) -> np.ndarray:
    """Change of the pictures for one month of myelin and nothing else.

    Parameters
    ----------
    younger, older : array, shape (..., H, W)
        Pictures of one infant whose myelin differs by ``months``; see `neolab.studies.wada2019.phantoms`.
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
