"""The eight autoencoders of Raad et al. 2023.

The layer tables of the 2023 model are not public. These follow the same author's later, readable PyTorch code
(``jraad/beyond_single_volumes``, commit d8aa34e, ``model_architectures.py``): a constant width of 32 channels
and residual blocks of two (instance norm, ReLU, 3-D convolution) with a strided bypass. A volume of side N
passes N -> N/4 -> N/16 (-> N/32 in the ``8x8`` models) and back; for the paper's 256 that is 64, 16 (and 8).
"""

import torch
from torch import Tensor, nn

from neolab.errors import InputError
from neolab.studies.raad2023.kernels import InstanceNorm, OutputLayer, TrilinearUpsample, recomputed
from neolab.studies.raad2023.parameters import ARCHITECTURES, CHANNELS, PAPER_SIDE


def unit(channels_in: int, channels: int, upsample: bool = False) -> nn.Sequential:
    """Instance norm, ReLU, 3x3x3 convolution of stride 2; a decoder follows it with trilinear x4."""
    layers = [
        InstanceNorm(channels_in),
        nn.ReLU(),
        nn.Conv3d(channels_in, channels, kernel_size=3, stride=2, padding=1),
    ]
    return nn.Sequential(*layers, TrilinearUpsample(4)) if upsample else nn.Sequential(*layers)


class ResidualBlock(nn.Module):
    """Sum of a main path and a bypass, then ReLU."""

    def __init__(self, main: nn.Module, bypass: nn.Module):
        super().__init__()
        self.main = main
        self.bypass = bypass

    def forward(self, x: Tensor) -> Tensor:
        return (self.main(x) + self.bypass(x)).relu_()


def reduce_by_four(channels_in: int, channels: int) -> ResidualBlock:
    """(B, C, N, N, N) -> (B, 32, N/4, N/4, N/4)."""
    main = nn.Sequential(unit(channels_in, channels), unit(channels, channels))
    return ResidualBlock(main, nn.Conv3d(channels_in, channels, kernel_size=3, stride=4))


def reduce_by_two(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, N/2, N/2, N/2)."""
    bypass = nn.Conv3d(channels, channels, kernel_size=3, stride=2, padding=1)
    return ResidualBlock(unit(channels, channels), bypass)


def expand_by_two(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, 2N, 2N, 2N)."""
    bypass = nn.ConvTranspose3d(channels, channels, kernel_size=2, stride=2)
    return ResidualBlock(unit(channels, channels, upsample=True), bypass)


def expand_by_four(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, 4N, 4N, 4N)."""
    main = nn.Sequential(unit(channels, channels, upsample=True), unit(channels, channels, upsample=True))
    return ResidualBlock(main, nn.ConvTranspose3d(channels, channels, kernel_size=4, stride=4))


class LatentLayer(nn.Module):
    """The variational layer.

    Parameters
    ----------
    shape : tuple of int
        Channels and three sides of the bottleneck.
    nodes : int
        Latent nodes.
    deterministic : bool
        False samples z = mu + sigma * epsilon (Kingma & Welling 2014). True passes (mu + sigma) / 2 to the
        decoder, as the author's follow-up code does: a plain linear bottleneck without sampling.
    """

    def __init__(self, shape: tuple[int, int, int, int], nodes: int, deterministic: bool = False):
        super().__init__()
        size = int(torch.Size(shape).numel())
        self.shape = shape
        self.deterministic = deterministic
        self.stream: torch.Generator | None = None
        self.norm = nn.InstanceNorm1d(1)
        self.mean = nn.Linear(size, nodes)
        self.log_variance = nn.Linear(size, nodes)
        self.back = nn.Linear(nodes, size)

    def reseed(self, seed: int) -> None:
        """Draw the samples to come from a stream of the layer's own."""
        self.stream = torch.Generator(self.mean.weight.device).manual_seed(seed)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder input, and the KL divergence from N(0, 1) summed over nodes, mean over scans."""
        # Flatten and normalise: (B, 32, n, n, n) -> (B, 32 n³).
        flat = self.norm(x.flatten(1).unsqueeze(1)).squeeze(1)
        # Mean and deviation of every latent node: (B, nodes) each.
        mean, log_variance = self.mean(flat), self.log_variance(flat)
        sigma = torch.exp(0.5 * log_variance)
        # One sample while training, the mean afterwards: (B, nodes).
        if self.deterministic:
            z = (mean + sigma) / 2
        elif self.training:
            z = mean + sigma * torch.empty_like(sigma).normal_(generator=self.stream)
        else:
            z = mean
        divergence = 0.5 * (mean**2 + sigma**2 - log_variance - 1).sum(1).mean()
        # Back to the bottleneck: (B, nodes) -> (B, 32, n, n, n).
        return self.back(z).reshape(-1, *self.shape), divergence


class Autoencoder(nn.Module):
    """One of the eight models of the paper.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`.
    side : int
        Side of the cubic input in voxels: a multiple of 16 (``16x16``) or 32 (``8x8``), and at least twice
        that, because an instance norm needs more than one voxel. The paper's is 256.
    channels : int
        Width; 32 in the author's code.
    deterministic_latent : bool
        See `LatentLayer`.
    checkpointing : bool
        Recompute the activations of every block but the last in the backward pass instead of keeping them.
        The last is where the backward pass begins: what it needs is in memory at that moment either way.

    Raises
    ------
    InputError
        If the name is unknown, or the side does not divide or is too small.
    """

    def __init__(
        self,
        name: str,
        side: int = PAPER_SIDE,
        channels: int = CHANNELS,
        deterministic_latent: bool = False,
        checkpointing: bool = False,
    ):
        super().__init__()
        n = bottleneck_side(name, side)
        nodes = ARCHITECTURES[name].latent_nodes
        encoder = [reduce_by_four(1, channels), reduce_by_four(channels, channels)]
        decoder = [expand_by_four(channels), expand_by_four(channels)]
        if ARCHITECTURES[name].factor == 32:
            encoder.append(reduce_by_two(channels))
            decoder.insert(0, expand_by_two(channels))
        self.encoder = nn.ModuleList(encoder)
        self.latent = LatentLayer((channels, n, n, n), nodes, deterministic_latent) if nodes else None
        self.decoder = nn.ModuleList(decoder)
        self.output = OutputLayer(channels)
        self.checkpointing = checkpointing

    def forward(self, volume: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruct.

        Parameters
        ----------
        volume : Tensor
            (B, 1, N, N, N), min-max scaled to [0, 1].

        Returns
        -------
        reconstruction : Tensor
            (B, 1, N, N, N).
        divergence : Tensor
            KL divergence of the variational layer, 0 for the ``std`` models.
        """
        x = volume
        # Encoder: (B, 1, N, N, N) -> (B, 32, N/4, ...) -> (B, 32, N/16, ...) [-> (B, 32, N/32, ...)].
        for block in self.encoder:
            x = self._run(block, x)
        # Variational layer: (B, 32, n, n, n) -> (B, nodes) -> (B, 32, n, n, n).
        divergence = x.new_zeros(())
        if self.latent is not None:
            x, divergence = self.latent(x)
        # Decoder: [(B, 32, N/32, ...) ->] (B, 32, N/16, ...) -> (B, 32, N/4, ...) -> (B, 32, N, N, N).
        *inner, last = self.decoder
        for block in inner:
            x = self._run(block, x)
        x = last(x)
        # Output, without an activation: (B, 32, N, N, N) -> (B, 1, N, N, N).
        return self.output(x), divergence

    def _run(self, block: nn.Module, x: Tensor) -> Tensor:
        return recomputed(block, x) if self.checkpointing and self.training else block(x)


def bottleneck_side(name: str, side: int) -> int:
    """Side in voxels of the smallest volume inside the model called ``name``.

    Raises
    ------
    InputError
        If the name is unknown, or the side does not divide or is too small; see `Autoencoder`.
    """
    if name not in ARCHITECTURES:
        raise InputError(f"model: found {name!r}, expected one of {', '.join(ARCHITECTURES)}")
    factor = ARCHITECTURES[name].factor
    if side % factor:
        raise InputError(f"side: found {side} voxels, expected a multiple of {factor} for {name}")
    if side == factor:
        raise InputError(f"side: found {side} voxels, expected at least {2 * factor} for {name}")
    return side // factor
