"""The three networks of Sundaresan et al. 2023.

Layer tables follow the authors' public code (``model_architectures.py``), which agrees with the paper's
figure except where noted. All convolutions are 3-D, followed by batch normalisation and ReLU.

=========  =============================================  ====================  ==========
network    parts                                          input                 parameters
=========  =============================================  ====================  ==========
detector   encoder + decoder                              2 x 48^3, image FRST  3,433,611
teacher    encoder + decoder + classifier                 2 x 24^3              5,373,165
student    encoder + classifier                           2 x 24^3              3,139,371
=========  =============================================  ====================  ==========
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from neolab.studies.sundaresan2023.layers import OwnDropout

CHANNELS = (64, 128, 256)
CLASSES = 2


def _conv(inside: int, outside: int, kernel: int, padding: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(inside, outside, kernel, padding=padding), nn.BatchNorm3d(outside), nn.ReLU(inplace=True)
    )


class Double(nn.Sequential):
    """One 3^3 convolution, then one of 1^3.

    The paper's figure draws 3^3 twice; the published parameter counts are those of the code.
    """

    def __init__(self, inside: int, outside: int):
        super().__init__(_conv(inside, outside, 3, 1), _conv(outside, outside, 1, 0))


class Encoder(nn.Module):
    """T_f: 2 channels to 64, 128 at half and 256 at a quarter of the resolution.

    Parameters
    ----------
    width : float
        Factor on the number of channels; 1 is the paper's.
    """

    def __init__(self, width: float = 1.0):
        super().__init__()
        a, b, c = scaled_channels(width)
        self.stem = nn.Conv3d(2, 3, 1)
        self.first = Double(3, a)
        self.second = nn.Sequential(nn.MaxPool3d(2), Double(a, b))
        self.third = nn.Sequential(nn.MaxPool3d(2), Double(b, c))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 2, X, Y, Z) to features at full, half and quarter resolution."""
        mixed = self.stem(image)  # 1^3 convolution of image and symmetry map: (B, 3, X, Y, Z)
        full = self.first(mixed)  # (B, 64, X, Y, Z)
        half = self.second(full)  # pooled once: (B, 128, X/2, Y/2, Z/2)
        quarter = self.third(half)  # pooled twice: (B, 256, X/4, Y/4, Z/4)
        return full, half, quarter


def _fit_to(volume: Tensor, like: Tensor) -> Tensor:
    """Crop (or pad) the upper end of each axis to the size of another volume."""
    sizes = zip(volume.shape[:1:-1], like.shape[:1:-1], strict=True)
    return functional.pad(volume, [n for have, want in sizes for n in (0, want - have)])


class Up(nn.Module):
    """Transposed 3^3 convolution of stride 2, cropped to the skip connection, then a Double."""

    def __init__(self, inside: int, outside: int):
        super().__init__()
        self.grow = nn.ConvTranspose3d(inside, outside, 3, stride=2)
        self.merge = Double(2 * outside, outside)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        """(B, 2C, x, y, z) and (B, C, X, Y, Z) to (B, C, X, Y, Z)."""
        grown = self.grow(low)  # (B, C, 2x + 1, 2y + 1, 2z + 1)
        fitted = _fit_to(grown, skip)  # (B, C, X, Y, Z)
        both = torch.cat([skip, fitted], dim=1)  # (B, 2C, X, Y, Z)
        return self.merge(both)  # (B, C, X, Y, Z)


class Decoder(nn.Module):
    """T_s: features back to two class scores a voxel."""

    def __init__(self, width: float = 1.0):
        super().__init__()
        a, b, c = scaled_channels(width)
        self.up_half = Up(c, b)
        self.up_full = Up(b, a)
        self.scores = nn.Conv3d(a, CLASSES, 1)

    def forward(self, full: Tensor, half: Tensor, quarter: Tensor) -> Tensor:
        """Features at three resolutions to logits (B, 2, X, Y, Z)."""
        half = self.up_half(quarter, half)  # (B, 128, X/2, Y/2, Z/2)
        full = self.up_full(half, full)  # (B, 64, X, Y, Z)
        return self.scores(full)  # (B, 2, X, Y, Z)


class Classifier(nn.Module):
    """T_c: 256 x 6^3 features to two class scores a patch.

    Parameters
    ----------
    width : float
    dense : {"figure", "code"}
        The figure has batch normalisation and ReLU between the dense layers and dropout at the first; the
        code has neither, and the published counts are the code's.
    dropout : float
        Probability after the first dense layer, with ``dense="figure"``.
    """

    def __init__(self, width: float = 1.0, dense: str = "figure", dropout: float = 0.2):
        super().__init__()
        _, b, c = scaled_channels(width)
        wide, narrow = max(8, b), max(4, b // 4)
        self.squeeze = _conv(c, b, 1, 1)  # padding 1 around a 1^3 kernel: 6^3 becomes 8^3
        self.pool = nn.Sequential(
            *[nn.Sequential(nn.MaxPool3d(2), _conv(b, b, 3, 1), _conv(b, b, 3, 1)) for _ in range(2)]
        )
        between = self._dense_figure if dense == "figure" else self._dense_code
        self.dense = between(8 * b, wide, narrow, dropout)

    @staticmethod
    def _dense_figure(flat: int, wide: int, narrow: int, dropout: float) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(flat, wide), nn.BatchNorm1d(wide), nn.ReLU(), OwnDropout(dropout),
            nn.Linear(wide, narrow), nn.BatchNorm1d(narrow), nn.ReLU(),
            nn.Linear(narrow, CLASSES),
        )  # fmt: skip

    @staticmethod
    def _dense_code(flat: int, wide: int, narrow: int, dropout: float) -> nn.Sequential:
        return nn.Sequential(nn.Linear(flat, wide), nn.Linear(wide, narrow), nn.Linear(narrow, CLASSES))

    def forward(self, quarter: Tensor) -> Tensor:
        """(B, 256, 6, 6, 6) to logits (B, 2).

        Departure: the code ends in a sigmoid and feeds that to a softmax with temperature, as if scores were
        logits; here they are logits.
        """
        squeezed = self.squeeze(quarter)  # (B, 128, 8, 8, 8)
        pooled = self.pool(squeezed)  # halved twice: (B, 128, 2, 2, 2)
        return self.dense(pooled.flatten(1))  # 1024 to 128, 32 and 2 numbers: (B, 2)


class Detector(nn.Module):
    """Step 1: a U-Net with two poolings that gives every voxel a probability of microbleed."""

    def __init__(self, width: float = 1.0):
        super().__init__()
        self.encoder, self.decoder = Encoder(width), Decoder(width)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 2, X, Y, Z) to logits (B, 2, X, Y, Z); any size of at least 4 voxels."""
        features = self.encoder(image)  # 64, 128 and 256 channels at full, half and quarter resolution
        return self.decoder(*features)  # (B, 2, X, Y, Z)


class Teacher(nn.Module):
    """Step 2, training only: segments the patch and classifies it from the same features."""

    def __init__(self, width: float = 1.0, dense: str = "figure", dropout: float = 0.2):
        super().__init__()
        self.encoder, self.decoder = Encoder(width), Decoder(width)
        self.classifier = Classifier(width, dense, dropout)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 2, 24, 24, 24) to voxel logits (B, 2, 24, 24, 24) and patch logits (B, 2)."""
        features = self.encoder(image)  # T_f: (B, 64, 24^3), (B, 128, 12^3), (B, 256, 6^3)
        voxels = self.decoder(*features)  # T_s: (B, 2, 24, 24, 24)
        patch = self.classifier(features[-1])  # T_c: (B, 2)
        return voxels, patch

    def start_from(self, detector: Detector) -> None:
        """Copy the detector's encoder and decoder, as the paper does."""
        self.encoder.load_state_dict(detector.encoder.state_dict())
        self.decoder.load_state_dict(detector.decoder.state_dict())


class Student(nn.Module):
    """Step 2, in use: the teacher without its decoder, 58 % of the parameters."""

    def __init__(self, width: float = 1.0, dense: str = "figure", dropout: float = 0.2):
        super().__init__()
        self.encoder, self.classifier = Encoder(width), Classifier(width, dense, dropout)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 2, 24, 24, 24) to patch logits (B, 2)."""
        *_, quarter = self.encoder(image)  # T_f: (B, 256, 6, 6, 6)
        return self.classifier(quarter)  # T_c: (B, 2)


def scaled_channels(width: float) -> tuple[int, int, int]:
    """Channels at the three resolutions: 64, 128, 256 times ``width``, at least 4."""
    first = max(4, round(CHANNELS[0] * width))
    return first, 2 * first, 4 * first
