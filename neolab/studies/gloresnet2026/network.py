"""The 3-D ResNet-10 of GloResNet, Figure 1, with the parameter names of MedicalNet.

One basic block in each of four stages; for the paper's 128^3 volume the sides are
128 -> 64 (stem) -> 32 (pool) -> 32 -> 16 -> 8 -> 4, and the channels 64, 64, 128, 256, 512.
"""

from torch import Tensor, nn
from torch.nn import functional

STAGE_CHANNELS = (64, 128, 256, 512)
STAGE_STRIDES = (1, 2, 2, 2)
RESNET10, RESNET18 = (1, 1, 1, 1), (2, 2, 2, 2)


class BasicBlock(nn.Module):
    """Two 3x3x3 convolutions and a shortcut of type B: 1x1x1 convolution and norm where the shape changes."""

    def __init__(self, channels_in: int, channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv3d(channels_in, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm3d(channels)
        self.conv2 = nn.Conv3d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(channels)
        self.downsample = None
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(
                nn.Conv3d(channels_in, channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm3d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, N, N, N) to (B, C, N/stride, N/stride, N/stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(x)) + shortcut)


class GloResNet(nn.Module):
    """3-D ResNet-10 with a two-class head: 14 356 546 parameters at full width.

    Parameters
    ----------
    width : float
        Factor on all channel counts; 1 is the paper's network, less is for small machines.
    blocks : tuple of int
        Basic blocks of each stage; (2, 2, 2, 2) makes ResNet-18 of it, which the ablation needs.
    """

    def __init__(self, width: float = 1.0, blocks: tuple[int, int, int, int] = RESNET10):
        super().__init__()
        channels = [max(1, round(width * c)) for c in STAGE_CHANNELS]
        self.conv1 = nn.Conv3d(1, channels[0], kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(channels[0])
        self.pool = nn.MaxPool3d(kernel_size=3, stride=2, padding=1)
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            nn.Sequential(BasicBlock(c_in, c, stride), *(BasicBlock(c, c, 1) for _ in range(n_blocks - 1)))
            for c_in, c, stride, n_blocks in zip(
                [channels[0], *channels[:-1]], channels, STAGE_STRIDES, blocks, strict=True
            )
        )
        self.fc = nn.Linear(channels[-1], 2)
        self.apply(_he_normal)

    def embed(self, volume: Tensor) -> Tensor:
        """Features of the volume: (B, 1, N, N, N) to (B, 512)."""
        x = functional.relu(self.bn1(self.conv1(volume)))  # stem: (B, 64, N/2, N/2, N/2)
        x = self.pool(x)  # (B, 64, N/4, N/4, N/4)
        x = self.layer1(x)  # stage 1: (B, 64, N/4, N/4, N/4)
        x = self.layer2(x)  # stage 2: (B, 128, N/8, N/8, N/8)
        x = self.layer3(x)  # stage 3: (B, 256, N/16, N/16, N/16)
        x = self.layer4(x)  # stage 4: (B, 512, N/32, N/32, N/32)
        return x.mean(dim=(2, 3, 4))  # average over the volume: (B, 512)

    def forward(self, volume: Tensor) -> Tensor:
        """Map z-scored volumes (B, 1, N, N, N) to logits (B, 2); column 1 is injury."""
        return self.fc(self.embed(volume))


def _he_normal(module: nn.Module) -> None:
    """Kaiming normal for convolutions, as MedicalNet and MONAI initialise."""
    if isinstance(module, nn.Conv3d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
