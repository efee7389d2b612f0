"""Training an autoencoder on normal scans only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.models.compute import channels_last, finite_loss, gradient_scaler, mixed_precision, pick_device


@dataclass(frozen=True)
class Recipe:
    """How an autoencoder is trained.

    The paper gives the 50 epochs; optimiser, learning rate, epsilon and batch size are those of the author's
    follow-up code.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate, epsilon : float
        Of Adam; 1e-7 is the default of Keras, in which the 2023 models were written.
    divergence_weight : float
        Weight of the KL divergence per voxel beside the mean squared error; 0 mirrors the follow-up code.
    mixed_precision : bool
        16-bit convolutions where the hardware has them.
    """

    epochs: int = 50
    batch_size: int = 1
    learning_rate: float = 1e-3
    epsilon: float = 1e-7
    divergence_weight: float = 0.0
    mixed_precision: bool = True


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
    network = channels_last(network.to(device))
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, eps=recipe.epsilon)
    scaler = gradient_scaler(device, recipe.mixed_precision)
    rows = []
    for epoch in range(1, recipe.epochs + 1):
        train_mse = _train_epoch(network, train, recipe, optimiser, scaler, epoch)
        validation_mse = float(np.mean(mean_squared_errors(network, validation, recipe)))
        rows.append({"epoch": epoch, "train_mse": train_mse, "validation_mse": validation_mse})
        on_epoch()
    return AutoencoderFit(network, pd.DataFrame(rows))


def _batch(volumes: Sequence, rows: Sequence[int], device: torch.device) -> Tensor:
    """Single-precision cubes of some scans, (B, 1, N, N, N), on the device."""
    cubes = np.stack([np.asarray(volumes[int(row)], np.float32) for row in rows])
    side = cubes.shape[-1]
    return channels_last(torch.from_numpy(cubes).reshape(-1, 1, side, side, side).to(device))


def _train_epoch(network, volumes: Sequence, recipe: Recipe, optimiser, scaler, epoch: int) -> float:
    """Pass once over the training scans in random order and return the mean squared error."""
    network.train()
    device = next(network.parameters()).device
    errors = []
    for batch in torch.randperm(len(volumes)).split(recipe.batch_size):
        volume = _batch(volumes, batch, device)
        with mixed_precision(device, recipe.mixed_precision):
            reconstruction, divergence = network(volume)
        mse = (reconstruction.float() - volume).square().mean()
        per_voxel = divergence.float() / volume[0].numel()
        loss = finite_loss(mse + recipe.divergence_weight * per_voxel, f"epoch {epoch}")
        optimiser.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        errors.append(mse.item() * len(batch))
    return sum(errors) / len(volumes)


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
    return np.concatenate([_residual(network, volumes, row, recipe) for row in range(len(volumes))])


@torch.no_grad()
def _residual(network: nn.Module, volumes: Sequence, row: int, recipe: Recipe) -> np.ndarray:
    network.eval()
    device = next(network.parameters()).device
    volume = _batch(volumes, [row], device)
    with mixed_precision(device, recipe.mixed_precision):
        reconstruction, _ = network(volume)
    return (volume - reconstruction.float())[:, 0].cpu().numpy()


def mean_squared_errors(network: nn.Module, volumes: Sequence, recipe: Recipe) -> np.ndarray:
    """Mean squared error of each scan, (n,): the paper's anomaly score."""
    errors = [np.square(_residual(network, volumes, row, recipe)).mean() for row in range(len(volumes))]
    return np.array(errors)
