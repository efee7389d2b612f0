"""Small networks and data for the tests of learning."""

import numpy as np
import torch
from torch import Tensor, nn

from neolab.learn.compute import seeded

ROWS, FEATURES = 24, 5
INPUTS = torch.from_numpy(np.random.default_rng(0).normal(size=(ROWS, FEATURES)).astype(np.float32))
TARGET = INPUTS[:, :2].sum(1) + 0.1 * INPUTS[:, 2] ** 2


class SeededDropout(nn.Module):
    """Dropout with a generator of its own."""

    def __init__(self, probability: float):
        super().__init__()
        self.probability, self.generator = probability, torch.Generator()

    def reseed(self, seed: int) -> None:
        self.generator.manual_seed(seed)

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return values
        kept = torch.rand(values.shape, generator=self.generator) >= self.probability
        return values * kept / (1 - self.probability)


def small_network(seed: int = 0, dropout: float = 0.0) -> nn.Module:
    """Five numbers to one, with batch normalisation."""
    return seeded(
        lambda: nn.Sequential(
            nn.Linear(FEATURES, 8, bias=False),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            SeededDropout(dropout),
            nn.Linear(8, 1),
        ),
        seed,
    )


def squared_error(network: nn.Module, inputs: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of a network to one number."""
    return (network(inputs)[:, 0].float() - target).square().mean()
