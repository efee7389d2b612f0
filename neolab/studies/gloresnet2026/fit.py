"""Training GloResNet on one fold, and the two protocols of reporting it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional

from neolab.learn.compute import (
    channels_last,
    finite_loss,
    gradient_scaler,
    guard_small_maps,
    mixed_precision,
    pick_device,
    seeded,
)
from neolab.studies.gloresnet2026.augment import mirror_some, rotate
from neolab.studies.gloresnet2026.mixup import class_weights, draw_lambda, mix, soft_cross_entropy
from neolab.studies.gloresnet2026.network import GloResNet


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the defaults are the paper's, and the code's where the paper is silent.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate, min_learning_rate : float
        Cosine schedule between them; 2e-3 and 0 in the authors' code.
    weight_decay : float
        Of AdamW.
    mixup_alpha, mixup_probability, mixup_per_sample
        See `draw_lambda`; the paper mixes each sample with probability 0.5, the code every batch as one.
    flip_probability : float
        Left-right mirroring while training.
    rotation_degrees : float
        Largest angle of random rotations while training, 0 for none. The paper rotates by an angle that its
        text has lost, the authors' code does not.
    balance_classes : bool
        Weight the loss by inverse class frequency.
    flip_at_test : bool
        Average over the mirrored volume when predicting.
    mixed_precision : bool
        16-bit convolutions where the hardware has them.
    micro_batch : int
        Largest part of a batch that is computed at once, 0 for all of it. Gradients add up to those of the
        whole batch; batch norm sees the parts, which is the price of fitting a large network into memory.
    """

    epochs: int = 150
    batch_size: int = 32
    learning_rate: float = 2e-3
    min_learning_rate: float = 0.0
    weight_decay: float = 0.01
    mixup_alpha: float = 1.0
    mixup_probability: float = 0.5
    mixup_per_sample: bool = True
    flip_probability: float = 0.5
    rotation_degrees: float = 0.0
    balance_classes: bool = True
    flip_at_test: bool = True
    mixed_precision: bool = True
    micro_batch: int = 0


@dataclass
class FoldFit:
    """What training on one fold left behind.

    Attributes
    ----------
    network : nn.Module
        After the last epoch.
    test_probability : array, shape (epochs, n_test)
        Probability of injury of the held-out scans after every epoch, as the recipe predicts.
    plain_probability : array, shape (epochs, n_test)
        The same without the mirrored volume.
    train_accuracy : float
        Share of the training scans that the last epoch's network calls right, unmixed and unmirrored.
    history : DataFrame
        ``epoch``, ``train_loss`` (mixed and weighted, as it is minimised), ``test_loss`` (plain
        cross-entropy) and ``test_accuracy``.
    """

    network: nn.Module
    test_probability: np.ndarray
    plain_probability: np.ndarray
    train_accuracy: float
    history: pd.DataFrame = field(repr=False)


def fit_fold(
    volumes: Tensor,
    labels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    recipe: Recipe,
    seed: int = 0,
    build: Callable[[], nn.Module] = GloResNet,
    on_epoch: Callable[[], None] = lambda: None,
) -> FoldFit:
    """Train on ``train`` and predict ``test`` after every epoch.

    Parameters
    ----------
    volumes : Tensor
        (n, 1, N, N, N), standardised.
    labels : array of int, shape (n,)
        1 for injury.
    train, test : array of int
        Rows.
    recipe : Recipe
    seed : int
        Of initial weights, order, mixing and mirroring.
    build : callable
        Makes the network.
    on_epoch : callable
        Called after each epoch, for a progress bar.

    Raises
    ------
    DivergedError
        If the loss is not finite.
    """
    device = pick_device()
    volumes = volumes.to(device)  # 1 GB of a GPU's memory at the paper's size, and no copy in any step
    network = guard_small_maps(channels_last(seeded(build, seed).to(device)))
    targets = torch.tensor(np.asarray(labels), dtype=torch.long)
    weights = class_weights(targets[train]) if recipe.balance_classes else torch.ones(2)
    step = Stepper(network, weights.to(device), recipe, device, np.random.default_rng(seed))
    both, losses = [], []
    for epoch in range(recipe.epochs):
        losses.append(_train_epoch(step, volumes, targets, train, epoch))
        both.append(predict_both(network, volumes[test], recipe))
        on_epoch()
    network.zero_grad()  # the last gradients are as large as the network
    plain, mirrored = np.stack(both, axis=1)
    table = mirrored if recipe.flip_at_test else plain
    truth = np.asarray(labels)
    right = (predict_both(network, volumes[train], recipe)[0] > 0.5) == (truth[train] == 1)
    history = pd.DataFrame(
        {
            "epoch": np.arange(1, recipe.epochs + 1),
            "train_loss": losses,
            "test_loss": cross_entropy(table, truth[test]),
            "test_accuracy": ((table > 0.5) == (truth[test] == 1)).mean(axis=1),
        }
    )
    return FoldFit(network, table, plain, float(right.mean()), history)


def cross_entropy(probability: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean of -log p(truth) over the last axis; probabilities are kept 1e-7 away from 0 and 1."""
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    return -np.where(labels == 1, np.log(p), np.log(1 - p)).mean(axis=-1)


class Stepper:
    """One optimisation step after another on a cosine schedule."""

    def __init__(
        self, network: nn.Module, weights: Tensor, recipe: Recipe, device: torch.device, rng: Generator
    ):
        self.network, self.weights, self.recipe, self.device = network, weights, recipe, device
        self.rng = rng
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self.optimiser, T_max=recipe.epochs, eta_min=recipe.min_learning_rate
        )
        self.scaler = gradient_scaler(device, recipe.mixed_precision)

    def __call__(self, volumes: Tensor, targets: Tensor, where: str) -> float:
        recipe = self.recipe
        volumes = mirror_some(volumes.to(self.device), recipe.flip_probability, self.rng)
        volumes = channels_last(rotate(volumes, recipe.rotation_degrees, self.rng))
        share = draw_lambda(
            len(volumes), recipe.mixup_alpha, recipe.mixup_probability, recipe.mixup_per_sample, self.rng
        )
        one_hot = functional.one_hot(targets, 2).float().to(self.device)
        volumes, soft = mix(volumes, one_hot, share, self.rng)
        self.optimiser.zero_grad(set_to_none=True)
        loss = self._gradients(volumes, soft, where)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return loss

    def _gradients(self, volumes: Tensor, soft: Tensor, where: str) -> float:
        """Add up the gradients of the parts of a batch and return its mean loss."""
        size = self.recipe.micro_batch or len(volumes)
        total = 0.0
        for part, target in zip(volumes.split(size), soft.split(size), strict=True):
            with mixed_precision(self.device, self.recipe.mixed_precision):
                logits = self.network(part)
            loss = soft_cross_entropy(logits.float(), target, self.weights) * (len(part) / len(volumes))
            self.scaler.scale(finite_loss(loss, where)).backward()
            total += loss.item()
        return total


def _train_epoch(step: Stepper, volumes: Tensor, targets: Tensor, train: np.ndarray, epoch: int) -> float:
    """Pass once over the training scans in random order and return the mean loss."""
    step.network.train()
    order = torch.from_numpy(step.rng.permutation(train))
    batches = [batch for batch in order.split(step.recipe.batch_size) if len(batch) > 1]  # norm needs two
    losses = [step(volumes[batch], targets[batch], f"epoch {epoch + 1}") for batch in batches]
    step.schedule.step()
    return float(np.mean(losses))


@torch.no_grad()
def predict_both(network: nn.Module, volumes: Tensor, recipe: Recipe) -> np.ndarray:
    """Probability of injury of each volume as it is, and averaged with its mirror image, (2, n)."""
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for batch in volumes.split(recipe.micro_batch or recipe.batch_size):
        batch = channels_last(batch.to(device))
        with mixed_precision(device, recipe.mixed_precision):
            plain, mirrored = network(batch), network(batch.flip(2))
        plain, mirrored = (torch.softmax(logits.float(), dim=1)[:, 1] for logits in (plain, mirrored))
        parts.append(torch.stack([plain, (plain + mirrored) / 2]).cpu())
    return torch.cat(parts, dim=1).numpy()


def predict(network: nn.Module, volumes: Tensor, recipe: Recipe) -> np.ndarray:
    """Probability of injury of each volume, (n,), averaged with its mirror image if the recipe says so."""
    return predict_both(network, volumes, recipe)[int(recipe.flip_at_test)]


def report_probabilities(
    fit: FoldFit, protocol: str, labels: np.ndarray, mirrored: bool = True
) -> np.ndarray:
    """Choose the epoch whose predictions are reported.

    Parameters
    ----------
    fit : FoldFit
    protocol : {"clean", "paper"}
        ``"clean"`` takes the last epoch. ``"paper"`` takes the first epoch of the best accuracy on the very
        scans that are reported, as the released code does: optimistic by construction.
    labels : array of int, shape (n_test,)
        Of the held-out scans.
    mirrored : bool
        Predictions as the recipe makes them; False for those without the mirrored volume.

    Returns
    -------
    array, shape (n_test,)
    """
    table = fit.test_probability if mirrored else fit.plain_probability
    if protocol == "clean":
        return table[-1]
    accuracy = ((table > 0.5) == (np.asarray(labels) == 1)).mean(axis=1)
    return table[int(accuracy.argmax())]
