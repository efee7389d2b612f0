"""Training of detector, teacher and student on patches drawn anew in every epoch."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.errors import InputError
from neolab.learn.compute import pick_device
from neolab.studies.sundaresan2023.inference import DISCRIMINATION_PATCH
from neolab.studies.sundaresan2023.losses import Distillation
from neolab.studies.sundaresan2023.networks import Detector, Student, Teacher, initialise
from neolab.studies.sundaresan2023.optimisation import (
    Objective,
    Trainer,
    detector_objective,
    student_objective,
    teacher_objective,
)
from neolab.studies.sundaresan2023.patches import Augmentation, LabelledScan, cut, random_centre, vary

# A loss above this share of its start has found little: the overlap alone makes up more than half of it.
HARDLY_LEARNED = 0.5


@dataclass(frozen=True)
class Recipe:
    """How one network is trained; defaults are the paper's where it says.

    Attributes
    ----------
    patch : tuple of int
        Voxels.
    patches_per_epoch : int
        Half with a microbleed, half anywhere. The paper tiles the volumes and varies each tile ten (detector)
        or five times; drawing at random does both at once.
    epochs, patience, batch_size : int
    learning_rate, epsilon : float
        Of Adam.
    schedule : {"step", "cosine"}
        ``step``: times .1 every 2 epochs down to 1e-6, as reported for the paper; ``cosine``: to 1 % at the
        end, for short trainings, which the first would freeze after a few epochs.
    augmentation : Augmentation
    initialisation : {"paper", "he"}
        See `networks.initialise`.
    """

    patch: tuple[int, int, int] = (48, 48, 48)
    patches_per_epoch: int = 640
    epochs: int = 100
    patience: int = 20
    batch_size: int = 8
    learning_rate: float = 1e-3
    epsilon: float = 1e-4
    schedule: str = "step"
    augmentation: Augmentation = Augmentation()
    initialisation: str = "paper"


@dataclass
class Fit:
    """A trained network, its losses by epoch, and the epoch whose weights it has."""

    network: nn.Module
    history: pd.DataFrame = field(repr=False)
    best_epoch: int = 0


def fit_detector(
    train: list[LabelledScan],
    validation: list[LabelledScan],
    recipe: Recipe,
    *,
    width: float = 1.0,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> Fit:
    """Step 1: learn to mark microbleed voxels in balanced patches."""
    _require_lesions(train)
    network = initialise(Detector(width), seed, recipe.initialisation)
    return _fit(
        network,
        detector_objective(network),
        _sampler(train, recipe),
        _sampler(validation or train, recipe),
        recipe,
        seed,
        on_epoch,
    )


def fit_teacher(
    train: list[LabelledScan],
    validation: list[LabelledScan],
    recipe: Recipe,
    detector: Detector | None = None,
    *,
    width: float = 1.0,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
    centres: "CentreSet | None" = None,
) -> Fit:
    """Step 2, teacher: segment and classify 24^3 patches, started from the detector.

    Parameters
    ----------
    centres : CentreSet, optional
        Candidates to take patches around, besides random ones.
    """
    _require_lesions(train)
    network = initialise(Teacher(width), seed, recipe.initialisation)
    recipe = replace(recipe, patch=(DISCRIMINATION_PATCH,) * 3)  # the only size that its classifier takes
    if detector is not None:
        network.start_from(detector)
    source = centres.sampler(recipe) if centres else _sampler(train, recipe)
    check = _sampler(validation or train, recipe)
    return _fit(network, teacher_objective(network), source, check, recipe, seed, on_epoch)


def fit_student(
    centres: "CentreSet",
    validation: "CentreSet | None",
    recipe: Recipe,
    teacher: Teacher | None = None,
    distillation: Distillation = Distillation(),  # noqa: B008  frozen, so that sharing it is safe
    *,
    width: float = 1.0,
    seed: int = 0,
    on_epoch: Callable[[], None] = lambda: None,
) -> Fit:
    """Step 2, student: classify candidates from labels alone or also from the teacher's soft answers."""
    network = initialise(Student(width), seed, recipe.initialisation)
    if teacher is not None:
        # The student is T_f and T_c of the teacher without T_s; it starts from the same features.
        network.encoder.load_state_dict(teacher.encoder.state_dict())
    source = centres.sampler(recipe)
    check = (validation or centres).sampler(recipe)
    loss_of = student_objective(network, teacher, distillation)
    return _fit(network, loss_of, source, check, recipe, seed, on_epoch)


@dataclass
class CentreSet:
    """Candidates to train a discriminator on.

    Attributes
    ----------
    scans : list of LabelledScan
    where : ndarray (N,) of int
        Scan of each centre.
    centres : ndarray (N, 3)
        Voxels.
    labels : ndarray (N,) of int
        1 for a microbleed.
    """

    scans: list[LabelledScan]
    where: np.ndarray
    centres: np.ndarray
    labels: np.ndarray

    def sampler(self, recipe: Recipe, jitter: int = 2) -> Callable:
        """Draw balanced batches of patches around jittered centres."""
        size = (DISCRIMINATION_PATCH,) * 3
        pools = [np.flatnonzero(self.labels == value) for value in (0, 1)]
        pools = [pool for pool in pools if len(pool)]

        def draw(rng, count: int):
            picks = np.array([rng.choice(pools[i % len(pools)]) for i in range(count)], int)
            shift = rng.integers(-jitter, jitter + 1, (count, 3)) * [1, 1, 0]
            return [
                _example(
                    self.scans[self.where[i]], self.centres[i] + s, size, rng, recipe, int(self.labels[i])
                )
                for i, s in zip(picks, shift, strict=True)
            ]

        return draw


def _sampler(scans: list[LabelledScan], recipe: Recipe) -> Callable:
    """Draw balanced batches: every second patch holds a microbleed, the others lie anywhere in the brain."""
    with_lesions = [scan for scan in scans if len(scan.centres)] or scans

    def draw(rng, count: int):
        examples = []
        for i in range(count):
            on_lesion = i % 2 == 1 and bool(len(with_lesions[0].centres))
            pool = with_lesions if on_lesion else scans
            scan = pool[rng.integers(len(pool))]
            shift = recipe.augmentation.shift_voxels
            examples.append(
                _example(
                    scan, random_centre(scan, rng, on_lesion, shift, recipe.patch), recipe.patch, rng, recipe
                )
            )
        return examples

    return draw


def _example(scan: LabelledScan, centre, size, rng, recipe: Recipe, label: int | None = None):
    """Image, voxel target and patch label; a patch drawn anywhere is positive if it holds a microbleed."""
    image = vary(cut(scan.prepared.channels, centre, size).astype(np.float32), rng, recipe.augmentation)
    target = cut(scan.lesions, centre, size) > 0
    return image, target, int(target.any()) if label is None else label


def _stack(examples, device) -> tuple[Tensor, Tensor, Tensor]:
    images, targets, labels = zip(*examples, strict=True)
    return (
        torch.from_numpy(np.stack(images)).float().to(device),
        torch.from_numpy(np.stack(targets)).to(device),
        torch.tensor(labels, device=device),
    )


def _fit(
    network, loss_of: Objective, draw_train, draw_validation, recipe: Recipe, seed: int, on_epoch
) -> Fit:
    device = pick_device()
    trainer = Trainer(network.to(device), loss_of, recipe.learning_rate, recipe.epsilon)
    schedule = _schedule(trainer.optimiser, recipe)
    rng = np.random.default_rng([seed, 1])
    held_out = draw_validation(
        np.random.default_rng([seed, 2]), max(recipe.batch_size, recipe.patches_per_epoch // 4)
    )
    steps = max(1, recipe.patches_per_epoch // recipe.batch_size)
    rows, best, best_state, best_epoch = [], np.inf, None, 0
    for epoch in range(1, recipe.epochs + 1):
        losses = [
            trainer.step(_stack(draw_train(rng, recipe.batch_size), device), f"epoch {epoch}")
            for _ in range(steps)
        ]
        schedule.step()
        checked = _validate(network, loss_of, held_out, recipe, device)
        rows.append({"epoch": epoch, "train": float(np.mean(losses)), "validation": checked})
        on_epoch()
        if checked < best:
            best, best_epoch, best_state = checked, epoch, deepcopy(network.state_dict())
        elif epoch - best_epoch >= recipe.patience:
            break
    network.load_state_dict(best_state)
    network.zero_grad()  # the last gradients are as large as the network
    return Fit(network.eval(), pd.DataFrame(rows), best_epoch)


def learning_sentence(history: pd.DataFrame) -> str:
    """Whether every detector has learned; one that answers "nothing" everywhere has a loss that hardly falls.

    Parameters
    ----------
    history : DataFrame
        Losses (``train``, ``validation``) by ``network``, ``fold`` and ``epoch``.
    """
    idle = []
    for fold, losses in history[history.network == "detector"].groupby("fold"):
        first, best = losses.train.iloc[0], losses.validation.min()
        if best > HARDLY_LEARNED * first:
            idle.append(f"of fold {fold + 1} its loss fell from {first:.2f} to {best:.2f} only")
    if not idle:
        return "Every detector has learned: its loss fell to less than half of that of the first epoch."
    return (
        f"**A detector has hardly learned**: {'; '.join(idle)}. Its people count in all that follows, and "
        "nothing after step 1 can bring back what step 1 has not seen. More epochs or another seed may help."
    )


@torch.no_grad()
def _validate(network, loss_of, examples, recipe: Recipe, device) -> float:
    network.eval()
    size = recipe.batch_size
    batches = [examples[i : i + size] for i in range(0, len(examples), size)]
    return float(np.mean([loss_of(*_stack(batch, device)).item() for batch in batches]))


def _schedule(optimiser, recipe: Recipe):
    if recipe.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimiser, recipe.epochs, eta_min=recipe.learning_rate / 100
        )
    if recipe.schedule != "step":
        raise InputError(f"schedule: found {recipe.schedule!r}, expected step or cosine")
    floor = 1e-6 / recipe.learning_rate
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: max(0.1 ** (epoch // 2), floor))


def _require_lesions(scans: list[LabelledScan]) -> None:
    if not any(len(scan.centres) for scan in scans):
        raise InputError(f"training scans: found no microbleed in {len(scans)} scans, expected at least one")
