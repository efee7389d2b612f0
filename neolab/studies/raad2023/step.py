"""One update of the weights, written so that a GPU never waits for Python."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from neolab.learn.compute import channels_last, gradient_scaler, mixed_precision


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


class TrainingStep:
    """Teach a network one batch at a time.

    Parameters
    ----------
    network : Autoencoder
        On the device where it is to be trained.
    recipe : Recipe
    """

    def __init__(self, network: nn.Module, recipe: Recipe):
        self.recipe = recipe
        self.device = next(network.parameters()).device
        # Tensor cores want channels last; a processor is no faster for it with so few channels.
        self.network = channels_last(network) if self.device.type == "cuda" else network
        self.optimiser = torch.optim.Adam(
            network.parameters(), lr=recipe.learning_rate, eps=recipe.epsilon, fused=True
        )
        self.scaler = gradient_scaler(self.device, recipe.mixed_precision)

    def __call__(self, volume: Tensor) -> tuple[Tensor, Tensor]:
        """Update the weights from one batch.

        Parameters
        ----------
        volume : Tensor (B, 1, N, N, N)
            In [0, 1], on the device.

        Returns
        -------
        mse, loss : Tensor
            Scalars on the device: reading them is what would make the GPU wait.
        """
        volume = volume.float()
        with mixed_precision(self.device, self.recipe.mixed_precision):
            reconstruction, divergence = self.network(volume)
        mse = (reconstruction.float() - volume).square().mean()
        loss = mse + self.recipe.divergence_weight * divergence.float() / volume[0].numel()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        # Now, and not before the next backward pass: gradients would lie in memory beside its activations.
        self.optimiser.zero_grad(set_to_none=True)
        return mse.detach(), loss.detach()


@contextmanager
def fastest_convolutions() -> Iterator[None]:
    """Let cuDNN try its algorithms once for each shape and keep the fastest; all cubes have one shape."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=True):
        yield


def batch_of(volumes: Sequence, rows: Sequence[int], device: torch.device) -> Tensor:
    """Cubes of some scans, (B, 1, N, N, N), on the device, in the precision they have.

    Parameters
    ----------
    volumes : Tensor (n, 1, N, N, N), or sequence of arrays (N, N, N)
    rows : sequence of int
    device : torch.device
    """
    return torch.stack([_cube(volumes[int(row)]) for row in rows]).to(device)


def _cube(volume: Tensor | np.ndarray) -> Tensor:
    """One scan as a tensor (1, N, N, N); arrays are copied, because those on the disk are read-only."""
    cube = volume if isinstance(volume, Tensor) else torch.from_numpy(np.array(volume))
    return cube.reshape(1, *cube.shape[-3:])


def resident(volumes: Sequence, device: torch.device) -> Sequence:
    """Put all cubes on a GPU once, so that no step waits for the disk; for a CPU leave them where they are.

    80 cubes of 256 voxels in half precision take 2.7 GB.
    """
    if device.type != "cuda":
        return volumes
    return torch.cat([batch_of(volumes, [row], device) for row in range(len(volumes))])
