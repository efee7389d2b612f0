"""Model A and model B: how they are fitted, and how they are tested on infants learnt from and not."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator
from torch import Tensor, nn

from neolab.errors import InputError
from neolab.io.splits import Fold
from neolab.learn.compute import pick_device, seeded
from neolab.learn.fit import Fit, Recipe, fit, shuffled
from neolab.learn.folds import FoldJob, Learnt, Method, OutOfFold, cross_validate
from neolab.studies.wada2019.data import Data
from neolab.studies.wada2019.network import (
    OLDER_FROM_MONTHS,
    YOUNGER_UP_TO_MONTHS,
    AgeEnsemble,
    MyelinAgeNetwork,
)
from neolab.studies.wada2019.parameters import Wada2019Parameters


def recipe(params: Wada2019Parameters) -> Recipe:
    """Adam with beta 0.9 and 0.999 and epsilon 1e-8 (Methods 2.4); 16-bit arithmetic on a GPU."""
    on_gpu = pick_device().type == "cuda"
    return Recipe(params.epochs, params.batch_size, params.learning_rate, mixed_precision=on_gpu)


def squared_error(network: nn.Module, images: Tensor, age_months: Tensor) -> Tensor:
    """Mean squared error of the estimated age, months squared."""
    return (network(images).float() - age_months).square().mean()


def fit_ages(
    images: Tensor,
    age_months: Tensor,
    rows: np.ndarray,
    params: Wada2019Parameters,
    seed: int = 0,
    on_epoch: Callable[[Mapping[str, float]], None] = lambda numbers: None,
    checkpoint: Path | None = None,
) -> Fit:
    """Fit one network.

    Parameters
    ----------
    images : Tensor, (n, 2 contrasts, 5 levels, S, S)
        In [0, 1], on the device that is to compute.
    age_months : Tensor, (n,)
        Corrected age.
    rows : array of int
        Infants to learn from.
    params : Wada2019Parameters
    seed : int
        Of initial weights and order.
    on_epoch, checkpoint
        See `neolab.learn.fit.fit`.
    """
    network = seeded(lambda: MyelinAgeNetwork(params.shared_branches, images.shape[-1]), seed)

    def batches(rng: Generator):
        return shuffled((images, age_months), rows, params.batch_size, rng)

    return fit(
        network.to(images.device),
        batches,
        squared_error,
        recipe(params),
        seed=seed,
        on_epoch=on_epoch,
        checkpoint=checkpoint,
    )


@torch.no_grad()
def predict(network: nn.Module, images: np.ndarray | Tensor, batch_size: int = 32) -> np.ndarray:
    """Ages in months of (n, 2, 5, S, S) pictures, (n,)."""
    device = next(network.parameters()).device
    parts = torch.as_tensor(images).split(batch_size)
    return torch.cat([network(part.to(device)).float().cpu() for part in parts]).numpy()


def model_a(images: Tensor, age_months: Tensor, params: Wada2019Parameters) -> Method:
    """The simple model: one network learns from all ages."""

    def method(job: FoldJob) -> Learnt:
        fitted = fit_ages(images, age_months, job.train, params, job.seed, job.on_epoch, job.checkpoint)
        return Learnt({"estimate": predict(fitted.network, images[job.test])}, fitted)

    return method


def model_b(images: Tensor, age_months: Tensor, params: Wada2019Parameters) -> Method:
    """The ensemble: two networks, each of which learns from its own range of true ages."""
    ranges = {"younger": age_months <= YOUNGER_UP_TO_MONTHS, "older": age_months >= OLDER_FROM_MONTHS}

    def method(job: FoldJob) -> Learnt:
        members = {}
        for number, (name, inside) in enumerate(ranges.items()):
            rows = job.train[inside.cpu().numpy()[job.train]]
            if len(rows) == 0:
                raise InputError(
                    f"model B: found no infant for its {name} half in fold {job.fold}, expected some"
                )
            place = job.checkpoint and job.checkpoint.with_stem(f"{job.checkpoint.stem}_{name}")
            members[name] = fit_ages(images, age_months, rows, params, job.seed + number, job.on_epoch, place)
        network = AgeEnsemble(*(member.network for member in members.values())).eval()
        history = pd.concat([member.history.assign(member=name) for name, member in members.items()])
        return Learnt({"estimate": predict(network, images[job.test])}, Fit(network, history, params.epochs))

    return method


#: As the paper's tables name them -> method, and networks that it fits.
MODELS: dict[str, tuple[Callable[..., Method], int]] = {"simple": (model_a, 1), "ensemble": (model_b, 2)}


def on_unseen(
    model: str,
    data: Data,
    folds: Sequence[Fold],
    params: Wada2019Parameters,
    *,
    images: np.ndarray | None = None,
    keep: bool = False,
    **options,
) -> OutOfFold:
    """Cross-validate a model.

    Parameters
    ----------
    model : {"simple", "ensemble"}
    data : Data
    folds : sequence of Fold
    params : Wada2019Parameters
    images : ndarray, (n, 2, 5, S, S), optional
        Other pictures of the same infants than ``data.images``.
    keep : bool
        Keep the networks; those of the paper's size take 28 MB each.
    **options
        Others of `cross_validate`, such as the number of ``repeats``.

    Returns
    -------
    OutOfFold
        Its predictions have a column ``estimate``, months.
    """
    make, networks = MODELS[model]
    images = data.images if images is None else images
    device = pick_device()
    tensors = (torch.from_numpy(values).to(device) for values in (images, data.age_months.astype(np.float32)))
    return cross_validate(
        data.table,
        folds,
        make(*tensors, params),
        seed=params.seed,
        images=images,
        epochs=networks * params.epochs,
        name=f"{model} model",
        keep=keep,
        **options,
    )


def reread(trial: OutOfFold, images: np.ndarray) -> np.ndarray:
    """Ages that the kept networks read off other pictures of infants that they have not seen, (n,).

    Parameters
    ----------
    trial : OutOfFold
        From `on_unseen`, with its networks; the first repeat is asked.
    images : ndarray, (n, 2, 5, S, S)
        Such as the same infants cut at other levels; row i belongs to row i of the table.
    """
    return np.array(trial.apply(lambda fitted, rows: predict(fitted.network, images[rows])), float)


def on_learnt_from(model: str, data: Data, params: Wada2019Parameters) -> OutOfFold:
    """Train a model on everybody and let it estimate the ages of the same infants; see `on_unseen`."""
    everybody = np.arange(len(data.table))
    return on_unseen(model, data, [Fold(everybody, everybody)], params, keep=True, leaky=True)
