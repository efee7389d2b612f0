"""Training of GloResNet: mixup (Zhang et al. 2018; Eq. 9), weighted soft labels (Eq. 11), two protocols.

The predictions of every epoch are kept, because the paper reports the epoch that is best on the very scans
that it reports.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional

from neolab.io.splits import Fold
from neolab.learn.augment import RandomAffine
from neolab.learn.compute import channels_last, guard_small_maps, mixed_precision, pick_device, seeded
from neolab.learn.fit import Batch, Fit, Recipe, fit, shuffled
from neolab.learn.folds import FoldJob, Learnt, Method, OutOfFold, cross_validate
from neolab.studies.gloresnet2026.data import Data, load
from neolab.studies.gloresnet2026.parameters import (
    FLIP_PROBABILITY,
    MIXUP_PROBABILITY,
    WEIGHT_DECAY,
    Gloresnet2026Parameters,
)
from neolab.studies.gloresnet2026.settings import Setting


def recipe(params: Gloresnet2026Parameters, micro_batch: int = 0) -> Recipe:
    """Return how all networks are fitted: AdamW on a cosine that falls to 0, no epoch preferred."""
    return Recipe(
        params.epochs,
        params.batch_size,
        params.learning_rate,
        optimiser="adamw",
        weight_decay=WEIGHT_DECAY,
        schedule="cosine",
        micro_batch=micro_batch,
    )


def train(
    data: Data,
    folds: Sequence[Fold],
    params: Gloresnet2026Parameters,
    setting: Setting,
    *,
    repeats: int = 1,
    keep: bool = False,
    progress: bool = True,
) -> OutOfFold:
    """Cross-validate one setting.

    Parameters
    ----------
    data : Data
    folds : sequence of neolab.io.splits.Fold
        Every row is tested once.
    params : Gloresnet2026Parameters
    setting : Setting
    repeats : int
        Trainings that differ in nothing but their seed.
    keep : bool
        Keep the networks.
    progress : bool

    Returns
    -------
    OutOfFold
        Its predictions are probabilities of injury: ``clean`` (last epoch), ``paper`` (best epoch on the
        reported fold), and both without mirroring, ``clean_plain`` and ``paper_plain``. Its history has
        ``loss`` (part ``train`` mixed and weighted, as it is minimised; part ``test`` plain) and
        ``accuracy`` of ``test``, and of ``train`` after the last epoch, unmixed and unmirrored.
    """
    return cross_validate(
        data.table,
        folds,
        fold_method(data, params, setting),
        seed=params.seed,
        repeats=repeats,
        images=data.volumes,
        keep=keep,
        epochs=params.epochs,
        name=setting.title,
        progress=progress,
    )


def train_each(
    data: Data, folds: Sequence[Fold], params: Gloresnet2026Parameters, settings: Mapping[str, Setting]
) -> dict[str, OutOfFold]:
    """Cross-validate several settings, each on volumes as it wants them; see `train`."""
    return {
        name: train(
            data if setting.variant is None else load(data.cohort, params, variant=setting.variant),
            folds,
            params,
            setting,
        )
        for name, setting in settings.items()
    }


def fold_method(data: Data, params: Gloresnet2026Parameters, setting: Setting) -> Method:
    """Return the function that learns one fold and predicts its held-out scans after every epoch."""
    device = pick_device()
    volumes = data.volumes.to(device)  # 1 GB of a GPU's memory at the paper's size, and no copy in any step
    one_hot = functional.one_hot(torch.tensor(data.labels), 2).float().to(device)
    how = recipe(params, setting.micro_batch)
    alpha = params.mixup_alpha if setting.mixup else 0.0

    def learn(job: FoldJob) -> Learnt:
        network = guard_small_maps(channels_last(seeded(setting.build, job.seed).to(device)))
        weights = class_weights(one_hot[job.train]) if setting.balanced else one_hot.new_ones(2)
        truth = data.labels[job.test]

        def batches(rng: Generator) -> Iterable[Batch]:
            for cubes, targets in shuffled((volumes, one_hot), job.train, how.batch_size, rng):
                if len(cubes) > 1:  # batch norm needs two
                    yield vary(cubes, targets, params.rotation_degrees, alpha, rng)

        def watch(network: nn.Module) -> dict[str, float | np.ndarray]:
            both = predict(network, volumes[job.test], how)
            chosen = both[int(setting.mirrored)]
            right = (chosen > 0.5) == (truth == 1)
            return {
                "loss": cross_entropy(chosen, truth),
                "accuracy": float(right.mean()),
                "plain": both[0],
                "mirrored": both[1],
            }

        fitted = fit(
            network,
            batches,
            lambda network, cubes, soft: soft_cross_entropy(network(cubes).float(), soft, weights),
            how,
            seed=job.seed,
            watch=watch,
            on_epoch=job.on_epoch,
            checkpoint=job.checkpoint,
        )
        seen = predict(fitted.network, volumes[job.train], how)[0] > 0.5
        accuracy = float((seen == (data.labels[job.train] == 1)).mean())
        row = {"epoch": how.epochs, "part": "train", "metric": "accuracy", "value": accuracy}
        history = pd.concat([fitted.history, pd.DataFrame([row])], ignore_index=True)
        return Learnt(reported(fitted, truth), replace(fitted, history=history))

    return learn


@torch.no_grad()
def predict(network: nn.Module, volumes: Tensor, how: Recipe) -> np.ndarray:
    """Probability of injury of each volume as it is, and averaged with its mirror image (Eq. 12), (2, n).

    The left-right axis is the first spatial one of an RAS volume (B, 1, X, Y, Z).
    """
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for batch in volumes.split(how.micro_batch or how.batch_size):
        batch = channels_last(batch.to(device))
        with mixed_precision(device, how.mixed_precision):
            plain, mirrored = network(batch), network(batch.flip(2))
        plain, mirrored = (torch.softmax(logits.float(), dim=1)[:, 1] for logits in (plain, mirrored))
        parts.append(torch.stack([plain, (plain + mirrored) / 2]).cpu())
    return torch.cat(parts, dim=1).numpy()


def reported(fitted: Fit, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Predictions of the held-out scans under both protocols, with and without the mirror image.

    ``clean`` takes the last epoch. ``paper`` takes the first epoch of the best accuracy on the very scans
    that are reported, as the released code does: optimistic by construction.
    """
    said = {}
    for kind, suffix in (("mirrored", ""), ("plain", "_plain")):
        table = np.stack(fitted.traces[kind])  # (epochs, n_test)
        accuracy = ((table > 0.5) == (truth == 1)).mean(axis=1)
        said |= {f"clean{suffix}": table[-1], f"paper{suffix}": table[int(accuracy.argmax())]}
    return said


def vary(cubes: Tensor, targets: Tensor, degrees: float, alpha: float, rng: Generator) -> Batch:
    """Mirror, rotate and blend a batch (B, 1, N, N, N) and its one-hot labels (B, 2); see the parameters."""
    move = RandomAffine(degrees, mirror=(FLIP_PROBABILITY,), outside="border")
    share = draw_lambda(len(cubes), alpha, MIXUP_PROBABILITY, rng)
    return mix(channels_last(move(cubes, rng)), targets, share, rng)


def draw_lambda(n: int, alpha: float, probability: float, rng: Generator) -> Tensor:
    """Draw mixing coefficients lambda ~ Beta(alpha, alpha), one a sample, float32 of shape (n,).

    Departure from the authors' code, which mixes every batch as one: the paper mixes each sample.

    Parameters
    ----------
    n : int
        Size of the batch.
    alpha : float
        Shape of the symmetric Beta; 0 switches mixing off.
    probability : float
        Chance that a sample is mixed at all.
    rng : numpy.random.Generator
    """
    if alpha <= 0 or probability <= 0:
        return torch.ones(n)
    coefficient = rng.beta(alpha, alpha, n)
    coefficient[rng.random(n) >= probability] = 1.0
    return torch.tensor(coefficient, dtype=torch.float32)


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


def class_weights(one_hot: Tensor) -> Tensor:
    """Inverse class frequency N / (2 N_c) of one-hot labels (N, 2), (2,)."""
    return len(one_hot) / (2.0 * one_hot.sum(dim=0).clamp(min=1))


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


def cross_entropy(probability: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log p(truth); probabilities are kept 1e-7 away from 0 and 1."""
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    return float(-np.where(labels == 1, np.log(p), np.log(1 - p)).mean())


def shuffled_labels(data: Data, folds: Sequence[Fold], seed: int) -> Data:
    """Shuffle labels among the scans of each test set, so that they say nothing about the image.

    The folds stay stratified, and every scan keeps its chance of being called right by luck.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    labels = data.labels.copy()
    for fold in folds:
        labels[fold.test] = rng.permutation(labels[fold.test])
    return replace(data, table=data.table.assign(label=labels))
