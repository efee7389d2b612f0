"""Training an autoencoder on normal scans only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.learn.compute import finite_loss, mixed_precision, pick_device
from neolab.studies.raad2023.step import Recipe, TrainingStep, batch_of, fastest_convolutions, resident


@dataclass
class AutoencoderFit:
    """A trained model and its losses (``epoch``, ``train_mse``, ``validation_mse``)."""

    network: nn.Module
    history: pd.DataFrame = field(repr=False)


def fit(
    network: nn.Module,
    train: Sequence,
    validation: Sequence,
    recipe: Recipe,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> AutoencoderFit:
    """Teach ``network`` to reproduce normal scans.

    Parameters
    ----------
    network : Autoencoder
    train, validation : Tensor (n, 1, N, N, N), or sequence of arrays (N, N, N)
        In [0, 1], only normal scans. Arrays may be of half precision and lie on the disk.
    recipe : Recipe
    seed : int
        Of the order and of the latent samples; the initial weights are the caller's.
    on_epoch : callable
        Called after each epoch, for a progress bar.

    Raises
    ------
    DivergedError
        If the loss is not finite.
    """
    torch.manual_seed(seed)
    device = pick_device()
    step = TrainingStep(network.to(device), recipe)
    train, validation = resident(train, device), resident(validation, device)
    rows = []
    with fastest_convolutions():
        for epoch in range(1, recipe.epochs + 1):
            train_mse = _train_epoch(step, train, epoch)
            validation_mse = float(np.mean(mean_squared_errors(network, validation, recipe)))
            rows.append({"epoch": epoch, "train_mse": train_mse, "validation_mse": validation_mse})
            on_epoch()
    network.zero_grad()  # the last gradients are as large as the network
    return AutoencoderFit(network, pd.DataFrame(rows))


def _train_epoch(step: TrainingStep, volumes: Sequence, epoch: int) -> float:
    """Pass once over the training scans in random order and return the mean squared error."""
    step.network.train()
    total_mse, total_loss = torch.zeros(2, device=step.device)
    for rows in torch.randperm(len(volumes)).split(step.recipe.batch_size):
        mse, loss = step(batch_of(volumes, rows, step.device))
        total_mse += mse * len(rows)
        total_loss += loss
    finite_loss(total_loss, f"epoch {epoch}")
    return total_mse.item() / len(volumes)


@torch.no_grad()
def residuals(network: nn.Module, volumes: Sequence, recipe: Recipe) -> np.ndarray:
    """Input minus reconstruction: positive where the scan is brighter than expected.

    Parameters
    ----------
    network : Autoencoder
    volumes : Tensor (n, 1, N, N, N), or sequence of arrays (N, N, N)
    recipe : Recipe
        For the precision; scans go through one at a time.

    Returns
    -------
    array of float32, shape (n, N, N, N)
    """
    return np.concatenate([_residual(network, volumes, row, recipe).cpu() for row in range(len(volumes))])


def _residual(network: nn.Module, volumes: Sequence, row: int, recipe: Recipe) -> Tensor:
    """Input minus reconstruction of one scan, (1, N, N, N), on the network's device."""
    network.eval()
    device = next(network.parameters()).device
    volume = batch_of(volumes, [row], device).float()
    with mixed_precision(device, recipe.mixed_precision):
        reconstruction, _ = network(volume)
    return (volume - reconstruction.float())[:, 0]


@torch.no_grad()
def mean_squared_errors(network: nn.Module, volumes: Sequence, recipe: Recipe) -> np.ndarray:
    """Mean squared error of each scan, (n,): the paper's anomaly score."""
    errors = [_residual(network, volumes, row, recipe).square().mean() for row in range(len(volumes))]
    return torch.stack(errors).double().cpu().numpy()
