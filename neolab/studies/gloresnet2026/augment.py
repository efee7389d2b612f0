"""Random mirroring and rotation of training volumes."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional


def mirror_some(volumes: Tensor, probability: float, rng: Generator) -> Tensor:
    """Mirror each volume left-right with the given probability.

    Parameters
    ----------
    volumes : Tensor
        (B, 1, X, Y, Z), x from left to right.
    probability : float
    rng : numpy.random.Generator
    """
    chosen = torch.from_numpy(rng.random(len(volumes)) < probability).to(volumes.device)
    return torch.where(chosen.view(-1, 1, 1, 1, 1), volumes.flip(2), volumes)


def rotate(volumes: Tensor, degrees: float, rng: Generator) -> Tensor:
    """Turn each volume about its centre by random angles around all three axes.

    Parameters
    ----------
    volumes : Tensor
        (B, 1, N, N, N).
    degrees : float
        Each of the three angles is uniform between minus and plus this; 0 leaves the volumes as they are.
    rng : numpy.random.Generator

    Returns
    -------
    Tensor
        Interpolated linearly; what turns in from outside has the value of the nearest face.
    """
    if degrees == 0:
        return volumes
    angles = np.deg2rad(rng.uniform(-degrees, degrees, (len(volumes), 3)))
    turns = torch.from_numpy(np.stack([rotation_matrix(*three) for three in angles])).to(volumes)
    affine = functional.pad(turns, (0, 1))  # no translation
    grid = functional.affine_grid(affine, list(volumes.shape), align_corners=False)
    return functional.grid_sample(volumes, grid, padding_mode="border", align_corners=False)


def rotation_matrix(first: float, second: float, third: float) -> np.ndarray:
    """Rotation by three angles (radians) around the three axes, one after another, (3, 3)."""
    matrix = np.eye(3)
    for axis, angle in enumerate((first, second, third)):
        turn, i, j = np.eye(3), (axis + 1) % 3, (axis + 2) % 3
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix
