"""Training the autoencoders on normal scans only, and what a trained one says of a scan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from neolab.learn.compute import channels_last, mixed_precision, pick_device, seeded
from neolab.learn.fit import Fit, Loss, Recipe, fit
from neolab.learn.folds import FoldJob, Learnt, Method, cross_validate, fold_seed
from neolab.studies.raad2023.anomaly_maps import AnomalyMap
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.parameters import Raad2023Parameters


def recipe(params: Raad2023Parameters) -> Recipe:
    """How an autoencoder is fitted.

    The paper gives the 50 epochs; optimiser, learning rate and batch size are those of the author's follow-up
    code. An epsilon of 1e-7 is the default of Keras, in which the 2023 models were written.
    """
    return Recipe(params.epochs, params.batch_size, params.learning_rate, "adam", epsilon=1e-7)


def reconstruction_loss(divergence_weight: float = 0.0) -> Loss:
    """Mean squared error, and so much of the KL divergence per voxel; 0 mirrors the follow-up code."""

    def loss(network: nn.Module, volume: Tensor) -> dict[str, Tensor]:
        volume = volume.float()  # (B, 1, N, N, N)
        reconstruction, divergence = network(volume)
        mse = (reconstruction.float() - volume).square().mean()
        return {"loss": mse + divergence_weight * divergence.float() / volume[0].numel(), "mse": mse}

    return loss


class Cubes:
    """Some scans as batches on the device, in the precision they have.

    A GPU is given all of them once, so that no step waits for the disk: 80 cubes of 256 voxels in half
    precision take 2.7 GB. For a CPU they stay where they are.

    Parameters
    ----------
    images : sequence of arrays (N, N, N)
    rows : sequence of int
        Positions of the scans.
    device : torch.device
    """

    def __init__(self, images: Sequence[np.ndarray], rows: Sequence[int], device: torch.device):
        self.images, self.rows, self.device = images, rows, device
        self._resident = None
        if device.type == "cuda":
            self._resident = torch.cat([self._read(row).to(device) for row in rows])

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, positions: Iterable[int]) -> Tensor:
        """Return some of the scans by their place among all of these, (B, 1, N, N, N)."""
        if self._resident is not None:
            return torch.stack([self._resident[int(i)] for i in positions])
        return torch.cat([self._read(self.rows[int(i)]) for i in positions]).to(self.device)

    def epoch(self, rng: Generator, batch_size: int) -> Iterator[tuple[Tensor]]:
        """Yield all scans once, in random order."""
        order = rng.permutation(len(self))
        return ((self.batch(order[i : i + batch_size]),) for i in range(0, len(order), batch_size))

    def _read(self, row: int) -> Tensor:
        # A copy, because arrays on the disk are read-only.
        return torch.from_numpy(np.array(self.images[row]))[None, None]


def fit_autoencoder(network: nn.Module, train: Cubes, held_out: Cubes, params, job: FoldJob) -> Fit:
    """Teach a network to reproduce normal scans, and watch its error on normal scans that it is not shown.

    Parameters
    ----------
    network : Autoencoder
        On the device of the cubes.
    train, held_out : Cubes
    params : Raad2023Parameters
    job : FoldJob
        Its seed is that of the order and of the latent samples; the initial weights are the caller's.
    """
    if train.device.type == "cuda":  # a processor is no faster for channels last with so few channels
        channels_last(network)

    def watch(network: nn.Module) -> dict[str, float]:
        errors = [residual(network, held_out.batch([i])).square().mean() for i in range(len(held_out))]
        return {"mse": float(torch.stack(errors).mean())}

    # All batches have one shape: cuDNN tries its algorithms once and keeps the fastest.
    with torch.backends.cudnn.flags(enabled=True, benchmark=True):
        return fit(
            network,
            lambda rng: train.epoch(rng, params.batch_size),
            reconstruction_loss(params.divergence_weight),
            recipe(params),
            seed=job.seed,
            watch=watch,
            watched="validation",
            on_epoch=job.on_epoch,
            checkpoint=job.checkpoint,
        )


def autoencoder(name: str, data: Data, params: Raad2023Parameters) -> Method:
    """Return a method that trains the model called ``name``; it leaves its network on the CPU."""

    def method(job: FoldJob) -> Learnt:
        device = pick_device()
        network = seeded(
            lambda: Autoencoder(
                name, data.side, params.channels, params.deterministic_latent, params.checkpointing
            ),
            job.seed,
        ).to(device)
        train, held_out = (Cubes(data.images, rows, device) for rows in (job.train, data.rows("validation")))
        learnt = fit_autoencoder(network, train, held_out, params, job)
        learnt.network.cpu()
        return Learnt({}, learnt)

    return method


def train_models(data: Data, params: Raad2023Parameters) -> dict[str, Fit]:
    """Train the models that the parameters name on the training normals."""
    methods = {name: autoencoder(name, data, params) for name in params.model_names}
    return learn(methods, data, seed=params.seed, epochs=params.epochs, name="training")


def learn(
    methods: Mapping[str, Method], data: Data, *, seed: int, epochs: int = 1, name: str = "learning"
) -> dict[str, Any]:
    """Let every method learn from the training normals, a method a core.

    All get the one division of the study and, so that a model is the same whatever others are trained, one
    seed. They predict nothing here: the paper's ROC needs what they say of the training scans as well.

    Parameters
    ----------
    methods : mapping of str to Method
    data : Data
    seed : int
    epochs : int
        Times that a method calls ``on_epoch``.
    name : str
        Of the progress bar.

    Returns
    -------
    dict of str to object
        What each method has learnt.

    Raises
    ------
    LeakageError
        If an infant or an image is both in training and held out.
    """
    names = list(methods)
    learnt = cross_validate(
        data.table,
        [data.fold] * len(names),
        lambda job: methods[names[job.fold]](replace(job, seed=fold_seed(seed, 0, 0))),
        seed=seed,
        images=data.images,
        epochs=epochs,
        name=name,
    )
    return {names[number]: result for (_, number), result in learnt.fits.items()}


@torch.no_grad()
def residual(network: nn.Module, volume: Tensor) -> Tensor:
    """Input minus reconstruction, (B, 1, N, N, N): positive where a scan is brighter than expected."""
    volume = volume.float()
    with mixed_precision(volume.device):
        reconstruction, _ = network(volume)
    return volume - reconstruction.float()


@dataclass(frozen=True)
class AutoencoderDetector:
    """A trained autoencoder as the paper uses it: what it cannot redraw is anomalous."""

    network: nn.Module

    def look(self, scans: Iterable[np.ndarray]) -> Iterator[AnomalyMap]:
        """Say of every scan, (N, N, N) in [0, 1], what is odd.

        The network is on the GPU, if there is one, only while it looks: several do not fit there together.
        """
        network, device = self.network.to(pick_device()).eval(), pick_device()
        try:
            for scan in scans:
                said = residual(network, Cubes([scan], [0], device).batch([0]))
                yield AnomalyMap.of_residual(said[0, 0].cpu().numpy())
        finally:
            network.cpu()
