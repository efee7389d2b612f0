"""Fine-tuning as in the paper: stochastic gradient descent with momentum, six epochs, batches of ten."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from neolab.learn.attribution import class_activation_map
from neolab.learn.augment import RandomAffine
from neolab.learn.compute import channels_last, seeded
from neolab.learn.fit import Batch, Recipe, fit, shuffled
from neolab.learn.folds import FoldJob, Learnt, Method
from neolab.learn.weights import Weights
from neolab.studies.wu2021.data import Slices
from neolab.studies.wu2021.network import AbeNetwork, build_network
from neolab.studies.wu2021.parameters import Wu2021Parameters

#: Methods, "Deep learning framework": rotation, zoom, 30 of 224 pixels of shift, and half of the time
#: "vertical flipping", MATLAB's ``RandYReflection``: up-down.
AUGMENTATION = RandomAffine(rotation_deg=30.0, zoom=(0.9, 1.1), shift=30 / 224, mirror=(0.5,))

# Not stated: the defaults of MATLAB's ``sgdm``.
MOMENTUM, WEIGHT_DECAY = 0.9, 1e-4
# Learning rate of the new layer over that of the others. Not stated; 10 in MATLAB's transfer-learning
# example, whose other numbers the paper shares.
HEAD_FACTOR = 10.0

BATCH_SIZE_LOOKED_AT = 16


def recipe(params: Wu2021Parameters) -> Recipe:
    """How the network is trained; the learning rate is constant (Methods)."""
    return Recipe(
        params.epochs,
        params.batch_size,
        params.learning_rate,
        optimiser="sgd",
        momentum=MOMENTUM,
        weight_decay=WEIGHT_DECAY,
        mixed_precision=False,
    )


def method(slices: Slices, params: Wu2021Parameters, weights: Weights, device: str = "cpu") -> Method:
    """Return what `neolab.learn.folds.cross_validate` needs: train on some slices, judge the others.

    It predicts ``probability`` (of ABE) and ``activation_map``, (h, w): the class activation map for ABE by
    the network that predicted the slice. The held-out slices are watched; nothing is chosen by them.
    """
    pictures = torch.from_numpy(slices.images)[:, None].to(device)
    labels = torch.tensor(slices.table["label"].to_numpy(), dtype=torch.int64, device=device)
    how = recipe(params)

    def learn(job: FoldJob) -> Learnt:
        def batches(rng: Generator) -> Iterator[Batch]:
            # Like MATLAB, an epoch leaves out the pictures that do not fill a batch.
            for seen, label in shuffled((pictures, labels), job.train, how.batch_size, rng, drop_last=True):
                yield AUGMENTATION(seen, rng), label

        network = channels_last(seeded(lambda: build_network(weights), job.seed).to(device))
        test = pictures[job.test]
        fitted = fit(
            network,
            batches,
            lambda network, seen, label: measured_loss(network(seen), label),
            how,
            seed=job.seed,
            watch=lambda network: measured_loss(logits_of(network, test), labels[job.test]),
            groups=lambda network: parameter_groups(network, how.learning_rate),
            every_batch=True,
            on_epoch=job.on_epoch,
            checkpoint=job.checkpoint,
        )
        settle_batch_norm(network, pictures[job.train])
        probability = logits_of(network, test).softmax(dim=1)[:, 1].cpu().numpy().astype(float)
        return Learnt(
            {"probability": probability, "activation_map": list(activation_maps(network, test))}, fitted
        )

    return learn


def measured_loss(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Mean cross-entropy and accuracy of logits (N, 2)."""
    right = (logits.argmax(dim=1) == labels).float().mean()
    return {"loss": nn.functional.cross_entropy(logits, labels), "accuracy": right}


def parameter_groups(network: AbeNetwork, learning_rate: float) -> list[dict]:
    """Two groups of weights: the new layer learns faster."""
    head = set(network.head.parameters())
    body = [parameter for parameter in network.parameters() if parameter not in head]
    return [{"params": body}, {"params": list(head), "lr": HEAD_FACTOR * learning_rate}]


def settle_batch_norm(network: nn.Module, pictures: Tensor, batch_size: int = BATCH_SIZE_LOOKED_AT) -> None:
    """Replace the running means of batch normalisation by those over all training pictures.

    MATLAB does this when training ends; after only 90 steps the running means still remember the start.
    """
    update_bn(pictures.split(batch_size), network)
    network.eval()


@torch.no_grad()
def logits_of(network: nn.Module, pictures: Tensor) -> Tensor:
    """Return the logits (N, 2) of (N, 1, S, S) pictures; the network is in evaluation mode."""
    return torch.cat([network(batch) for batch in pictures.split(BATCH_SIZE_LOOKED_AT)])


def activation_maps(network: AbeNetwork, pictures: Tensor, label: int = 1) -> np.ndarray:
    """Return what speaks for a class, 1 ABE or 0 HB, in each picture: (N, S/32, S/32)."""
    return class_activation_map(network, pictures, label, layer="backbone.layer4", head="backbone.fc")
