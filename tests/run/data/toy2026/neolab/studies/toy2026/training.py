"""How the network of Nobody 2026 learns: binary cross-entropy, Adam."""

import torch
from torch import Tensor, nn

from neolab.learn.compute import pick_device, seeded
from neolab.learn.fit import Recipe, fit, shuffled
from neolab.learn.folds import FoldJob, Learnt, Method
from neolab.studies.toy2026.data import Data
from neolab.studies.toy2026.network import SpotNetwork
from neolab.studies.toy2026.parameters import Toy2026Parameters


def recipe(params: Toy2026Parameters) -> Recipe:
    """The recipe of the Methods."""
    return Recipe(epochs=params.epochs, batch_size=4, learning_rate=0.02, mixed_precision=False)


def loss(network: nn.Module, cubes: Tensor, label: Tensor) -> Tensor:
    """Binary cross-entropy."""
    return nn.functional.binary_cross_entropy_with_logits(network(cubes), label)


def spot_network(data: Data, params: Toy2026Parameters) -> Method:
    """Return the method that fits the network in every fold."""
    cubes = torch.from_numpy(data.images)[:, None].to(pick_device())
    label = torch.from_numpy(data.label).float().to(pick_device())

    def method(job: FoldJob) -> Learnt:
        chosen = recipe(params)
        fitted = fit(
            seeded(SpotNetwork, job.seed).to(pick_device()),
            lambda rng: shuffled((cubes, label), job.train, chosen.batch_size, rng),
            loss,
            chosen,
            seed=job.seed,
            on_epoch=job.on_epoch,
            checkpoint=job.checkpoint,
        )
        with torch.no_grad():
            probability = fitted.network(cubes[job.test]).sigmoid()
        return Learnt({"probability": probability.cpu().numpy()}, fitted)

    return method
