"""Mixup (Zhang et al. 2018; Eq. 9) and the class-weighted soft-label loss (Eq. 11)."""

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional


def draw_lambda(n: int, alpha: float, probability: float, per_sample: bool, rng: Generator) -> Tensor:
    """Draw mixing coefficients lambda ~ Beta(alpha, alpha), float32 of shape (n,).

    Parameters
    ----------
    n : int
        Size of the batch.
    alpha : float
        Shape of the symmetric Beta; 0 switches mixing off. The authors' code uses 1.
    probability : float
        Chance that a sample (or batch) is mixed at all: 0.5 in the paper, 1 in the code.
    per_sample : bool
        One coefficient a sample (paper) or one a batch (code).
    rng : numpy.random.Generator
    """
    if alpha <= 0 or probability <= 0:
        return torch.ones(n)
    draws = n if per_sample else 1
    coefficient = rng.beta(alpha, alpha, draws)
    coefficient[rng.random(draws) >= probability] = 1.0
    return torch.tensor(coefficient, dtype=torch.float32).expand(n)


def mix(volumes: Tensor, targets: Tensor, coefficient: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
    """Blend each sample with another of its batch.

    Parameters
    ----------
    volumes : Tensor
        (B, 1, N, N, N).
    targets : Tensor
        One-hot labels, (B, 2).
    coefficient : Tensor
        (B,), share of the sample itself.
    rng : numpy.random.Generator
    """
    partner = torch.from_numpy(rng.permutation(len(volumes))).to(volumes.device)
    share = coefficient.to(volumes)
    blend = share.view(-1, 1, 1, 1, 1)
    mixed = blend * volumes + (1 - blend) * volumes[partner]
    return mixed, share.view(-1, 1) * targets + (1 - share.view(-1, 1)) * targets[partner]


def class_weights(labels: Tensor) -> Tensor:
    """Inverse class frequency N / (2 N_c), (2,)."""
    counts = torch.bincount(labels, minlength=2).clamp(min=1)
    return len(labels) / (2.0 * counts)


def soft_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross-entropy against soft labels, mean over the batch.

    Parameters
    ----------
    logits, targets : Tensor
        (B, 2).
    weights : Tensor
        (2,), one a class.
    """
    return -(targets * weights * functional.log_softmax(logits, dim=1)).sum(1).mean()
