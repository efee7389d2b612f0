"""Fine-tuning as in the paper: stochastic gradient descent with momentum, six epochs, batches of ten."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.studies.wu2021.augmentation import Augmentation
from neolab.studies.wu2021.network import AbeNetwork


@dataclass(frozen=True)
class Recipe:
    """How the network is trained; the defaults are the paper's.

    Attributes
    ----------
    epochs, batch_size : int
        6 and 10 (Methods).
    learning_rate : float
        3e-4, constant (Methods).
    momentum, weight_decay : float
        Not stated: the defaults of MATLAB's ``sgdm``.
    head_factor : float
        Learning rate of the new layer over that of the others. Not stated; 10 in MATLAB's transfer-learning
        example, whose other numbers the paper shares.
    augmentation : Augmentation
    """

    epochs: int = 6
    batch_size: int = 10
    learning_rate: float = 3e-4
    momentum: float = 0.9
    weight_decay: float = 1e-4
    head_factor: float = 10.0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def optimiser(self, network: AbeNetwork) -> torch.optim.SGD:
        """Two groups of weights: the new layer learns faster."""
        head = list(network.head.parameters())
        known = {id(parameter) for parameter in head}
        body = [parameter for parameter in network.parameters() if id(parameter) not in known]
        groups = [{"params": body}, {"params": head, "lr": self.head_factor * self.learning_rate}]
        return torch.optim.SGD(
            groups, self.learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )


def fit(
    network: AbeNetwork,
    pictures: Tensor,
    labels: Tensor,
    recipe: Recipe,
    seed: int,
    watched: tuple[Tensor, Tensor] | None = None,
) -> pd.DataFrame:
    """Train the network in place.

    Parameters
    ----------
    network : AbeNetwork
    pictures : Tensor, (N, 1, S, S)
        In [0, 1].
    labels : Tensor of int, (N,)
    recipe : Recipe
    seed : int
        Of the order of the pictures and their augmentation.
    watched : tuple of Tensor, optional
        Pictures and labels on which loss and accuracy are written down after every epoch; nothing is chosen
        by them.

    Returns
    -------
    DataFrame
        Columns ``iteration``, ``part`` (``train`` per batch, ``test`` per epoch), ``loss``, ``accuracy``.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = recipe.optimiser(network)
    rows = []
    # Like MATLAB, an epoch leaves out the pictures that do not fill a batch.
    batches = max(len(pictures) // recipe.batch_size, 1)
    for epoch in range(recipe.epochs):
        network.train()
        order = torch.randperm(len(pictures), generator=generator)
        for batch in range(batches):
            chosen = order[batch * recipe.batch_size : (batch + 1) * recipe.batch_size]
            seen = recipe.augmentation(pictures[chosen], generator)
            loss, accuracy = _step(network, optimiser, seen, labels[chosen])
            rows.append((epoch * batches + batch + 1, "train", loss, accuracy))
        if watched is not None:
            rows.append(((epoch + 1) * batches, "test", *evaluate(network, *watched)))
    settle_batch_norm(network, pictures)
    return pd.DataFrame(rows, columns=["iteration", "part", "loss", "accuracy"])


def _step(network: nn.Module, optimiser, pictures: Tensor, labels: Tensor) -> tuple[float, float]:
    """One step of gradient descent; returns the batch's loss and accuracy."""
    logits = network(pictures)
    loss = nn.functional.cross_entropy(logits, labels)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()


@torch.no_grad()
def settle_batch_norm(network: nn.Module, pictures: Tensor, batch_size: int = 16) -> None:
    """Replace the running means of batch normalisation by those over all training pictures.

    MATLAB does this when training ends; after only 90 steps the running means still remember the start.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over batches
    network.train()
    for batch in pictures.split(batch_size):
        network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


@torch.no_grad()
def predict(network: nn.Module, pictures: Tensor, batch_size: int = 16) -> np.ndarray:
    """Return the probability of ABE for (N, 1, S, S) pictures, (N,)."""
    network.eval()
    logits = torch.cat([network(batch) for batch in pictures.split(batch_size)])
    return logits.softmax(dim=1)[:, 1].cpu().numpy().astype(float)


@torch.no_grad()
def evaluate(network: nn.Module, pictures: Tensor, labels: Tensor) -> tuple[float, float]:
    """Return mean cross-entropy and accuracy."""
    network.eval()
    logits = torch.cat([network(batch) for batch in pictures.split(16)])
    loss = nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(dim=1) == labels).float().mean().item()
