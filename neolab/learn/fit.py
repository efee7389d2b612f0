"""One way of fitting a network, for every study.

A study gives a network, the batches of an epoch and a loss. Everything else is the same for all: device,
optimiser, schedule, mixed precision, the check that the loss is a number, the history, the best epoch, early
stopping, and going on after an interruption.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from torch import Tensor, nn

from neolab.errors import InputError
from neolab.learn.checkpoint import Checkpoint
from neolab.learn.compute import DivergedError, gradient_scaler, mixed_precision

#: Tensors whose first axis is the batch, on the network's device.
Batch = tuple[Tensor, ...]
#: The network and a batch to the loss, or to ``loss`` and further scalars that are written down.
Loss = Callable[..., Tensor | Mapping[str, Tensor]]
#: A network to numbers that are written down after every epoch, and arrays that are kept as traces.
Watch = Callable[[nn.Module], Mapping[str, float | np.ndarray]]

HISTORY = ("epoch", "part", "metric", "value")


@dataclass(frozen=True)
class Recipe:
    """How a network is fitted.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate : float
    optimiser : {"adam", "adamw", "sgd"}
    weight_decay : float
    momentum : float
        Of ``sgd``.
    epsilon : float
        Of ``adam`` and ``adamw``.
    schedule : {"constant", "cosine", "step"}
        Of the learning rate, changed after every epoch: ``cosine`` falls to ``final_learning_rate`` at the
        last epoch; ``step`` falls to a tenth every ``step_epochs`` and never below it.
    final_learning_rate : float
    step_epochs : int
    mixed_precision : bool
        16-bit products and convolutions where the hardware gains from them.
    micro_batch : int
        Largest part of a batch that is computed at once, 0 for all of it. Gradients add up to those of the
        whole batch; batch normalisation sees the parts.
    keep : {"last", "best"}
        Weights that the network has at the end: of the last epoch, or of that with the lowest watched loss.
    patience : int
        Epochs without a lower watched loss after which fitting stops; 0 never stops early.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    weight_decay: float = 0.0
    momentum: float = 0.9
    epsilon: float = 1e-8
    schedule: Literal["constant", "cosine", "step"] = "constant"
    final_learning_rate: float = 0.0
    step_epochs: int = 2
    mixed_precision: bool = True
    micro_batch: int = 0
    keep: Literal["last", "best"] = "last"
    patience: int = 0

    @property
    def is_watched(self) -> bool:
        """Whether a watched loss decides what the network has at the end."""
        return self.keep == "best" or self.patience > 0


@dataclass
class Fit:
    """A fitted network and how it came about.

    Attributes
    ----------
    network : nn.Module
        In evaluation mode, without gradients.
    history : DataFrame
        One row a number: ``epoch`` (from 1; a fraction for a single batch), ``part`` (``train``, or what was
        watched), ``metric`` and ``value``.
    best_epoch : int
        The epoch whose weights the network has.
    traces : dict of str to list of ndarray
        What the watch returned as arrays, one entry an epoch.
    """

    network: nn.Module
    history: pd.DataFrame = field(repr=False)
    best_epoch: int = 0
    traces: dict[str, list[np.ndarray]] = field(default_factory=dict, repr=False)


def fit(
    network: nn.Module,
    batches: Callable[[Generator], Iterable[Batch]],
    loss: Loss,
    recipe: Recipe,
    *,
    seed: int = 0,
    watch: Watch | None = None,
    watched: str = "test",
    groups: Callable[[nn.Module], Sequence[Mapping[str, Any]]] | None = None,
    every_batch: bool = False,
    on_epoch: Callable[[Mapping[str, float]], None] = lambda numbers: None,
    checkpoint: Path | None = None,
) -> Fit:
    """Fit a network in place.

    Parameters
    ----------
    network : nn.Module
        On its device. Modules with a method ``reseed(seed)`` (dropout, latent samples) are given a seed at
        the start of every epoch, so that networks fitted side by side do not disturb each other.
    batches : callable
        Receives the epoch's random stream and yields the batches of one epoch, augmented and on the device.
    loss : callable
        ``loss(network, *batch)``: a scalar, or a mapping with ``"loss"``. Called with mixed precision on, so
        what needs 32 bits turns the network's output into them first: ``network(images).float()``.
    recipe : Recipe
    seed : int
        Of order, augmentation and reseeded modules; the initial weights are the caller's.
    watch : callable, optional
        Called after every epoch with the network in evaluation mode and without gradients. With
        ``keep="best"`` or patience its ``"loss"`` decides.
    watched : str
        Name of the part that it watches.
    groups : callable, optional
        Groups of parameters for the optimiser, where layers learn at different rates.
    every_batch : bool
        Write down every batch instead of the mean over an epoch.
    on_epoch : callable
        Receives the numbers of an epoch, for a progress bar; nothing for an epoch from before an
        interruption.
    checkpoint : Path, optional
        File from which an interrupted fit goes on; removed by whoever chose its place.

    Raises
    ------
    InputError
        If an epoch has no batch, or nothing watches the loss that ``keep="best"`` or patience asks for.
    DivergedError
        If the loss is not finite; looked at once an epoch, so that no step waits for it.
    """
    if watch is None and recipe.is_watched:
        raise _unwatched(recipe, "nothing")
    fitting = _Fitting(network, loss, recipe, groups)
    saved = Checkpoint(checkpoint)
    saved.restore(fitting)
    for _ in range(fitting.epoch):
        on_epoch({})
    while fitting.goes_on:
        numbers = fitting.one_epoch(batches, seed, every_batch)
        if watch is not None:
            numbers |= fitting.look(watch, watched)
        on_epoch(numbers)
        saved.keep(fitting)
    saved.keep(fitting, now=True)
    # What is drawn after the fit is the same, whether it was interrupted or not.
    reseed(network, seed, fitting.epoch + 1)
    return fitting.result()


class _Fitting:
    """The state of one fit; `Checkpoint` saves and restores it."""

    def __init__(self, network: nn.Module, loss: Loss, recipe: Recipe, groups: Callable | None):
        self.network, self.loss, self.recipe = network, loss, recipe
        self.device = next(network.parameters()).device
        self.optimiser = make_optimiser(recipe, groups(network) if groups else network.parameters())
        self.schedule = make_schedule(recipe, self.optimiser)
        self.scaler = gradient_scaler(self.device, recipe.mixed_precision)
        self.epoch = 0
        self.rows: list[tuple[float, str, str, float]] = []
        self.traces: dict[str, list[np.ndarray]] = {}
        self.best_loss, self.best_epoch, self.best_state = float("inf"), 0, None

    @property
    def goes_on(self) -> bool:
        if self.epoch >= self.recipe.epochs:
            return False
        return not self.recipe.patience or self.epoch - self.best_epoch < self.recipe.patience

    def one_epoch(self, batches: Callable, seed: int, every_batch: bool) -> dict[str, float]:
        """Learn from every batch once; returns the means of what the loss says."""
        self.epoch += 1
        reseed(self.network, seed, self.epoch)
        self.network.train()
        said: list[dict[str, Tensor]] = []
        sizes: list[int] = []
        for batch in batches(np.random.default_rng([seed, self.epoch])):
            said.append(self._step(batch))
            sizes.append(len(batch[0]))
        if not said:
            raise InputError(f"batches: found none in epoch {self.epoch}, expected at least one")
        self.schedule.step()
        # The one moment of an epoch at which the host waits for the device.
        table = {name: np.array(torch.stack([one[name] for one in said]).tolist()) for name in said[0]}
        self._check_finite(table["loss"])
        means = {name: float(np.average(values, weights=sizes)) for name, values in table.items()}
        if every_batch:
            moments = self.epoch - 1 + np.arange(1, len(said) + 1) / len(said)
            for i, moment in enumerate(moments.tolist()):
                self.rows += [(moment, "train", name, float(values[i])) for name, values in table.items()]
        else:
            self.rows += [(float(self.epoch), "train", name, value) for name, value in means.items()]
        return {f"train {name}": value for name, value in means.items()}

    def _check_finite(self, losses: np.ndarray) -> None:
        wrong = losses[~np.isfinite(losses)]
        if len(wrong):
            raise DivergedError(
                f"loss is {wrong[0]} at epoch {self.epoch}: lower the learning rate or switch off mixed "
                "precision"
            )

    def _step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the optimiser; nothing here waits for the device."""
        size = self.recipe.micro_batch or len(batch[0])
        total: dict[str, Tensor] = {}
        for part in zip(*(tensor.split(size) for tensor in batch), strict=True):
            share = len(part[0]) / len(batch[0])
            with mixed_precision(self.device, self.recipe.mixed_precision):
                said = self.loss(self.network, *part)
            said = said if isinstance(said, Mapping) else {"loss": said}
            self.scaler.scale(said["loss"] * share).backward()
            for name, value in said.items():
                total[name] = total.get(name, 0) + value.detach().float() * share
        self.scaler.step(self.optimiser)
        self.scaler.update()
        # Now, and not before the next backward pass: gradients would lie in memory beside its activations.
        self.optimiser.zero_grad(set_to_none=True)
        return total

    @torch.no_grad()
    def look(self, watch: Watch, part: str) -> dict[str, float]:
        """Watch the network as it is now, and remember it if it is the best so far."""
        self.network.eval()
        numbers = {}
        for name, value in watch(self.network).items():
            if isinstance(value, np.ndarray):
                self.traces.setdefault(name, []).append(value)
            else:
                numbers[name] = float(value)
        self.rows += [(float(self.epoch), part, name, value) for name, value in numbers.items()]
        if self.recipe.is_watched and "loss" not in numbers:
            raise _unwatched(self.recipe, ", ".join(numbers) or "nothing")
        if numbers.get("loss", float("inf")) < self.best_loss:
            self.best_loss, self.best_epoch = numbers["loss"], self.epoch
            if self.recipe.keep == "best":
                self.best_state = deepcopy(self.network.state_dict())
        return {f"{part} {name}": value for name, value in numbers.items()}

    def result(self) -> Fit:
        if self.best_state is not None:
            self.network.load_state_dict(self.best_state)
        kept = self.best_epoch if self.recipe.keep == "best" and self.best_epoch else self.epoch
        history = pd.DataFrame(self.rows, columns=list(HISTORY))
        return Fit(self.network.eval(), history, kept, self.traces)


def _unwatched(recipe: Recipe, found: str) -> InputError:
    what = 'keep="best"' if recipe.keep == "best" else f"patience={recipe.patience}"
    return InputError(f"watch: found {found}, expected a loss, by which {what} decides")


def make_optimiser(recipe: Recipe, parameters: Iterable) -> torch.optim.Optimizer:
    """Return the recipe's optimiser; all parameters are updated by one fused kernel."""
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": True}
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, momentum=recipe.momentum, **common)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser]
    return kind(parameters, eps=recipe.epsilon, **common)


def make_schedule(recipe: Recipe, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
    """Return the recipe's schedule of the learning rate."""
    if recipe.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimiser, recipe.epochs, eta_min=recipe.final_learning_rate
        )
    if recipe.schedule == "step":
        floor = recipe.final_learning_rate / recipe.learning_rate
        return torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda epoch: max(0.1 ** (epoch // recipe.step_epochs), floor)
        )
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: 1.0)


def reseed(network: nn.Module, seed: int, epoch: int) -> None:
    """Give every module that draws random numbers of its own a seed for this epoch."""
    drawing = [module for module in network.modules() if hasattr(module, "reseed")]
    for number, module in enumerate(drawing):
        module.reseed(int(np.random.SeedSequence([seed, epoch, number]).generate_state(1)[0]))


def shuffled(
    tensors: Batch, rows: np.ndarray, batch_size: int, rng: Generator, *, drop_last: bool = False
) -> Iterable[Batch]:
    """Yield the chosen rows of some tensors in random order, ``batch_size`` at a time.

    Parameters
    ----------
    tensors : tuple of Tensor
        All with the same first axis.
    rows : array of int
    batch_size : int
    rng : numpy.random.Generator
    drop_last : bool
        Leave out the rows that do not fill a batch, as MATLAB does; a single batch is never left out.
    """
    order = torch.from_numpy(rng.permutation(rows))
    parts = order.split(batch_size)
    if drop_last and len(parts) > 1 and len(parts[-1]) < batch_size:
        parts = parts[:-1]
    for chosen in parts:
        yield tuple(tensor[chosen.to(tensor.device)] for tensor in tensors)
