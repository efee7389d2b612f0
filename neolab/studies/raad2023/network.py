"""The eight autoencoders of Raad et al. 2023.

The layer tables of the 2023 model are not public. These follow the same author's later, readable PyTorch code
(``jraad/beyond_single_volumes``, commit d8aa34e, ``model_architectures.py``): a constant width of 32 channels
and residual blocks of two (instance norm, ReLU, 3-D convolution) with a strided bypass. A volume of side N
passes N -> N/4 -> N/16 (-> N/32 in the ``8x8`` models) and back; for the paper's 256 that is 64, 16 (and 8).
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from neolab.errors import InputError

CHANNELS = 32


@dataclass(frozen=True)
class Architecture:
    """What distinguishes the eight models.

    Attributes
    ----------
    half_blocks : bool
        True for the ``8x8`` models, which halve the volume once more.
    latent_nodes : int or None
        Size of the variational layer; None for the ``std`` models.
    """

    half_blocks: bool
    latent_nodes: int | None


ARCHITECTURES: dict[str, Architecture] = {
    "std_16x16": Architecture(False, None),
    "std_8x8": Architecture(True, None),
    **{f"vae_16x16_{nodes}": Architecture(False, nodes) for nodes in (256, 512, 1024)},
    **{f"vae_8x8_{nodes}": Architecture(True, nodes) for nodes in (256, 512, 1024)},
}


def instance_norm_by_rows(x: Tensor, eps: float) -> Tensor:
    """Instance norm of a single scan (1, C, X, Y, Z), as a batch norm with a row for each of its voxels."""
    voxels = x.permute(0, 2, 3, 4, 1)
    rows = functional.batch_norm(voxels.reshape(-1, x.shape[1]), None, None, training=True, eps=eps)
    return rows.reshape(voxels.shape).permute(0, 4, 1, 2, 3)


class InstanceNorm(nn.InstanceNorm3d):
    """Every channel of every scan to mean 0 and variance 1, without parameters.

    With a row for a voxel, a GPU shares the sums out among all its units, where torch's own gives one unit a
    whole channel: half of a training step at the paper's size. Processors are faster with torch's own.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, X, Y, Z) -> the same shape."""
        if x.is_cuda and len(x) == 1:
            return instance_norm_by_rows(x, self.eps)
        return super().forward(x)


@lru_cache(maxsize=64)
def interpolation_matrix(side: int, factor: int, device: torch.device) -> Tensor:
    """Linear interpolation along one axis as a matrix, (factor * side, side): columns are upsampled peaks."""
    peaks = torch.eye(side, device=device).unsqueeze(0)
    return functional.interpolate(peaks, scale_factor=factor, mode="linear").squeeze(0).T.contiguous()


def upsample_by_products(x: Tensor, factor: int) -> Tensor:
    """Trilinear interpolation as one product with a small matrix an axis, the same values as `functional`'s.

    (B, C, X, Y, Z) -> (B, C, factor X, factor Y, factor Z), channels last in memory.
    """
    batch, channels, *sides = x.shape
    x, row = x.permute(0, 2, 3, 4, 1), channels
    for side in reversed(sides):  # rows grow: the product that makes the large volume has the longest
        x = interpolation_matrix(side, factor, x.device) @ x.reshape(-1, side, row)
        row *= factor * side
    return x.reshape(batch, *(factor * side for side in sides), channels).permute(0, 4, 1, 2, 3)


class TrilinearUpsample(nn.Module):
    """Trilinear interpolation, computed in the way that suits the device.

    On a GPU, the gradient of torch's own adds every voxel of the large volume to eight of the small one, in
    a queue; products of matrices have a gradient of the same kind as themselves, and 16-bit units.
    """

    def __init__(self, factor: int):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, X, Y, Z) -> (B, C, factor X, factor Y, factor Z)."""
        if x.is_cuda:
            return upsample_by_products(x, self.factor)
        return functional.interpolate(x, scale_factor=self.factor, mode="trilinear")


def _unit(channels_in: int, channels: int, upsample: bool = False) -> nn.Sequential:
    """Instance norm, ReLU, 3x3x3 convolution of stride 2; a decoder follows it with trilinear x4."""
    layers = [
        InstanceNorm(channels_in),
        nn.ReLU(),
        nn.Conv3d(channels_in, channels, kernel_size=3, stride=2, padding=1),
    ]
    if upsample:
        layers.append(TrilinearUpsample(4))
    return nn.Sequential(*layers)


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
    main = nn.Sequential(_unit(channels_in, channels), _unit(channels, channels))
    return ResidualBlock(main, nn.Conv3d(channels_in, channels, kernel_size=3, stride=4))


def reduce_by_two(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, N/2, N/2, N/2)."""
    return ResidualBlock(
        _unit(channels, channels), nn.Conv3d(channels, channels, kernel_size=3, stride=2, padding=1)
    )


def expand_by_two(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, 2N, 2N, 2N)."""
    return ResidualBlock(
        _unit(channels, channels, upsample=True),
        nn.ConvTranspose3d(channels, channels, kernel_size=2, stride=2),
    )


def expand_by_four(channels: int) -> ResidualBlock:
    """(B, 32, N, N, N) -> (B, 32, 4N, 4N, 4N)."""
    main = nn.Sequential(_unit(channels, channels, upsample=True), _unit(channels, channels, upsample=True))
    return ResidualBlock(main, nn.ConvTranspose3d(channels, channels, kernel_size=4, stride=4))


def project_by_planes(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Weighted sum of the channels of each voxel, (B, C, X, Y, Z) -> (B, 1, X, Y, Z): one product a plane."""
    batch, channels, *sides = x.shape
    planes = x.permute(0, 2, 3, 4, 1).reshape(batch * sides[0], -1, channels)
    weight = weight.reshape(1, channels, 1).expand(len(planes), channels, 1)
    return (planes @ weight + bias).reshape(batch, 1, *sides)


class OutputLayer(nn.ConvTranspose3d):
    """1x1x1 transposed convolution from the channels to one volume, without an activation."""

    def __init__(self, channels: int):
        super().__init__(channels, 1, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 32, N, N, N) -> (B, 1, N, N, N)."""
        return project_by_planes(x, self.weight, self.bias) if x.is_cuda else super().forward(x)


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
        self.norm = nn.InstanceNorm1d(1)
        self.mean = nn.Linear(size, nodes)
        self.log_variance = nn.Linear(size, nodes)
        self.back = nn.Linear(nodes, size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder input, and the KL divergence from N(0, 1) summed over nodes, mean over scans."""
        flat = self.norm(x.flatten(1).unsqueeze(1)).squeeze(1)
        mean, log_variance = self.mean(flat), self.log_variance(flat)
        sigma = torch.exp(0.5 * log_variance)
        if self.deterministic:
            z = (mean + sigma) / 2
        else:
            z = mean + sigma * torch.randn_like(sigma) if self.training else mean
        divergence = 0.5 * (mean**2 + sigma**2 - log_variance - 1).sum(1).mean()
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
        side: int = 256,
        channels: int = CHANNELS,
        deterministic_latent: bool = False,
        checkpointing: bool = False,
    ):
        super().__init__()
        if name not in ARCHITECTURES:
            raise InputError(f"model: found {name!r}, expected one of {', '.join(ARCHITECTURES)}")
        architecture = ARCHITECTURES[name]
        factor = 32 if architecture.half_blocks else 16
        if side % factor:
            raise InputError(f"side: found {side} voxels, expected a multiple of {factor} for {name}")
        if side == factor:
            raise InputError(f"side: found {side} voxels, expected at least {2 * factor} for {name}")
        encoder = [reduce_by_four(1, channels), reduce_by_four(channels, channels)]
        decoder = [expand_by_four(channels), expand_by_four(channels)]
        if architecture.half_blocks:
            encoder.append(reduce_by_two(channels))
            decoder.insert(0, expand_by_two(channels))
        self.encoder = nn.ModuleList(encoder)
        self.latent = None
        if architecture.latent_nodes is not None:
            bottleneck = (channels, *(side // factor,) * 3)
            self.latent = LatentLayer(bottleneck, architecture.latent_nodes, deterministic_latent)
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
        for block in self.encoder:
            x = self._run(block, x)
        divergence = x.new_zeros(())
        if self.latent is not None:
            x, divergence = self.latent(x)
        *inner, last = self.decoder
        for block in inner:
            x = self._run(block, x)
        return self.output(last(x)), divergence

    def _run(self, block: nn.Module, x: Tensor) -> Tensor:
        if self.checkpointing and self.training:
            return checkpoint(block, x, use_reentrant=False)
        return block(x)


def layer_table(name: str, side: int, channels: int = CHANNELS) -> list[dict[str, object]]:
    """Follow a volume through a model: one row a block, without computing anything.

    Returns
    -------
    list of dict
        ``block``, ``what it does``, ``out`` (channels and side, or nodes), ``parameters``.
    """
    with torch.device("meta"):
        model = Autoencoder(name, side, channels).eval()
        x = torch.empty(1, 1, side, side, side)
    rows = [_row("input", "one volume in [0, 1]", x, None)]
    for number, block in enumerate(model.encoder, 1):
        x = block(x)
        rows.append(_row(f"encoder {number}", _describe(block, "strided convolutions"), x, block))
    if model.latent is not None:
        nodes = ARCHITECTURES[name].latent_nodes
        x, _ = model.latent(x)
        what = f"flatten, {nodes} means and {nodes} variances, sample, back to the bottleneck"
        rows.append(_row("variational layer", what, x, model.latent))
    for number, block in enumerate(model.decoder, 1):
        x = block(x)
        rows.append(_row(f"decoder {number}", _describe(block, "convolutions and trilinear x4"), x, block))
    rows.append(_row("output", "1 x 1 x 1 convolution, no activation", model.output(x), model.output))
    return rows


def _describe(block: ResidualBlock, how: str) -> str:
    units = len(block.main) if isinstance(block.main[0], nn.Sequential) else 1
    return f"{units} x (instance norm, ReLU, convolution): {how}; bypass; add; ReLU"


def _row(name: str, what: str, x: Tensor, module: nn.Module | None) -> dict[str, object]:
    count = sum(p.numel() for p in module.parameters()) if module is not None else 0
    return {"block": name, "what it does": what, "out": f"{x.shape[1]} x {x.shape[2]}³", "parameters": count}


def parameter_count(name: str, side: int, channels: int = CHANNELS) -> int:
    """Trainable values of a model, counted without making it."""
    with torch.device("meta"):
        return sum(p.numel() for p in Autoencoder(name, side, channels).parameters())


def bottleneck_side(name: str, side: int) -> int:
    """Side in voxels of the smallest volume inside the model called ``name``."""
    return side // (32 if ARCHITECTURES[name].half_blocks else 16)
