"""The network's layers computed in the way that suits the device: the same values, a fraction of the time."""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


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


def instance_norm_by_rows(x: Tensor, eps: float) -> Tensor:
    """Instance norm of a single scan (1, C, X, Y, Z), as a batch norm with a row for each of its voxels."""
    voxels = x.permute(0, 2, 3, 4, 1)
    rows = functional.batch_norm(voxels.reshape(-1, x.shape[1]), None, None, training=True, eps=eps)
    return rows.reshape(voxels.shape).permute(0, 4, 1, 2, 3)


class TrilinearUpsample(nn.Module):
    """Trilinear interpolation.

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


@lru_cache(maxsize=64)
def interpolation_matrix(side: int, factor: int, device: torch.device) -> Tensor:
    """Linear interpolation along one axis as a matrix, (factor * side, side): columns are upsampled peaks."""
    peaks = torch.eye(side, device=device).unsqueeze(0)
    return functional.interpolate(peaks, scale_factor=factor, mode="linear").squeeze(0).T.contiguous()


class OutputLayer(nn.ConvTranspose3d):
    """1x1x1 transposed convolution from the channels to one volume, without an activation."""

    def __init__(self, channels: int):
        super().__init__(channels, 1, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, N, N, N) -> (B, 1, N, N, N)."""
        return project_by_planes(x, self.weight, self.bias) if x.is_cuda else super().forward(x)


def project_by_planes(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Weighted sum of the channels of each voxel, (B, C, X, Y, Z) -> (B, 1, X, Y, Z): one product a plane."""
    batch, channels, *sides = x.shape
    planes = x.permute(0, 2, 3, 4, 1).reshape(batch * sides[0], -1, channels)
    weight = weight.reshape(1, channels, 1).expand(len(planes), channels, 1)
    return (planes @ weight + bias).reshape(batch, 1, *sides)


def recomputed(block: nn.Module, x: Tensor) -> Tensor:
    """``block(x)``, its activations computed again in the backward pass instead of being kept."""
    return checkpoint(block, x, use_reentrant=False)
