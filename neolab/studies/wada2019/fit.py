"""Training the myelin-age network, and the ensemble of two age ranges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.learn.compute import finite_loss, gradient_scaler, mixed_precision, pick_device, seeded
from neolab.studies.wada2019.network import MyelinAgeNetwork

# Model B (Methods 2.3 and 2.4): two networks, trained from birth to 16 months and from 8 to 24 months.
YOUNGER_UP_TO_MONTHS = 16.0
OLDER_FROM_MONTHS = 8.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the defaults are the paper's where it gives a value.

    Attributes
    ----------
    epochs : int
        1000.
    batch_size : int
        Not given by the paper; 16.
    learning_rate : float
        Of Adam with beta 0.9 and 0.999, epsilon 1e-8.
    shared_branches : bool
        See `MyelinAgeNetwork`.
    mixed_precision : bool
        16-bit convolutions where the hardware has them.
    """

    epochs: int = 1000
    batch_size: int = 16
    learning_rate: float = 1e-3
    shared_branches: bool = False
    mixed_precision: bool = True


@dataclass
class AgeFit:
    """A trained network and its ``epoch``, ``train_mse`` (months squared)."""

    network: nn.Module
    history: pd.DataFrame = field(repr=False)

    def predict(self, images: Tensor, batch_size: int = 32) -> np.ndarray:
        """Ages in months of (n, 2, 5, H, W) images, (n,)."""
        return predict(self.network, images, batch_size)


def fit(
    images: Tensor,
    age_months: np.ndarray,
    recipe: Recipe,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> AgeFit:
    """Train one network (model A) on all the scans given.

    Parameters
    ----------
    images : Tensor
        (n, 2 contrasts, 5 levels, H, W) in [0, 1].
    age_months : array, shape (n,)
        Corrected age.
    recipe : Recipe
    seed : int
        Of initial weights and order.
    on_epoch : callable
        Called after each epoch, for a progress bar.

    Raises
    ------
    DivergedError
        If the loss is not finite.
    """
    device = pick_device()
    network = seeded(lambda: MyelinAgeNetwork(recipe.shared_branches, image_size=images.shape[-1]), seed)
    network.to(device)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)
    scaler = gradient_scaler(device, recipe.mixed_precision)
    images = images.to(device)
    ages = torch.tensor(np.asarray(age_months), dtype=torch.float32, device=device)
    losses = []
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        total = torch.zeros((), device=device)  # read once an epoch: a GPU should not wait for the host
        for batch in torch.randperm(len(ages), generator=order).to(device).split(recipe.batch_size):
            with mixed_precision(device, recipe.mixed_precision):
                estimate = network(images[batch])
            loss = (estimate.float() - ages[batch]).square().mean()
            optimiser.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()
            scaler.step(optimiser)
            scaler.update()
            total += loss.detach() * len(batch)
        losses.append(finite_loss(total / len(ages), f"epoch {epoch}").item())
        on_epoch()
    network.zero_grad()  # the last gradients are as large as the network
    return AgeFit(network, pd.DataFrame({"epoch": np.arange(1, len(losses) + 1), "train_mse": losses}))


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, batch_size: int = 32) -> np.ndarray:
    """Ages in months of (n, 2, 5, H, W) images, (n,)."""
    network.eval()
    device = next(network.parameters()).device
    return torch.cat([network(batch.to(device)).float().cpu() for batch in images.split(batch_size)]).numpy()


@dataclass
class EnsembleFit:
    """Model B: the younger and the older network."""

    younger: AgeFit
    older: AgeFit

    def predict(self, images: Tensor, batch_size: int = 32) -> np.ndarray:
        """Ages in months of (n, 2, 5, H, W) images, (n,)."""
        return combine(self.younger.predict(images, batch_size), self.older.predict(images, batch_size))


def fit_ensemble(
    images: Tensor,
    age_months: np.ndarray,
    recipe: Recipe,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> EnsembleFit:
    """Train the two networks of model B, each on its own range of true ages; see `fit`."""
    ages = np.asarray(age_months)
    rows = (np.flatnonzero(ages <= YOUNGER_UP_TO_MONTHS), np.flatnonzero(ages >= OLDER_FROM_MONTHS))
    return EnsembleFit(*(fit(images[r], ages[r], recipe, seed + i, on_epoch) for i, r in enumerate(rows)))


def combine(younger: Sequence[float], older: Sequence[float]) -> np.ndarray:
    """Join the estimates of the two networks without looking at the true age.

    Departure: the paper does not describe its rule for the overlap. Here the mean of the two decides:
    below 8 months the younger network speaks, above 16 the older one, and in between the mean itself.

    Parameters
    ----------
    younger, older : array, shape (n,)
        Estimates in months of the network trained up to 16 and from 8 months.

    Returns
    -------
    array, shape (n,)
    """
    younger, older = np.asarray(younger, float), np.asarray(older, float)
    both = (younger + older) / 2
    outside = np.where(both < OLDER_FROM_MONTHS, younger, older)
    overlap = (both >= OLDER_FROM_MONTHS) & (both <= YOUNGER_UP_TO_MONTHS)
    return np.where(overlap, both, outside)
