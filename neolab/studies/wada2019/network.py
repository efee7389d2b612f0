"""The eight-layer network of Wada et al. 2019, Figure 2.

Two convolutions and six dense layers; the single output unit is not counted among the eight.
"""

import torch
from torch import Tensor, nn

CONTRASTS = ("T1w", "T2w")
LEVELS = (
    "middle_cerebellar_peduncle",
    "midbrain",
    "internal_capsule_and_splenium",
    "centrum_semiovale",
    "subcortical_white_matter",
)
IMAGE_SIZE = 128


class SliceBranch(nn.Module):
    """One slice to 100 features (Figure 2b).

    Shapes for the paper's 128 x 128 slices: 128 -> 124 -> 62 -> 58 -> 29, that is 29 x 29 x 8 = 6728 values
    into the dense layer.
    """

    def __init__(self, image_size: int = IMAGE_SIZE):
        super().__init__()
        side = ((image_size - 4) // 2 - 4) // 2
        # The figure has ReLU before pooling. The two commute, and after it ReLU has a quarter of the values.
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=5),  # (B, 16, 124, 124), valid padding
            nn.MaxPool2d(2),  # (B, 16, 62, 62)
            nn.ReLU(),
            nn.Conv2d(16, 8, kernel_size=5),  # (B, 8, 58, 58)
            nn.MaxPool2d(2),  # (B, 8, 29, 29)
            nn.ReLU(),
        )
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(8 * side * side, 100), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, 1, H, W) to (B, 100)."""
        return self.dense(self.convolutions(_channel_last(image)))


class ContrastHead(nn.Module):
    """The five levels of one contrast to 100 features: two dense layers of 100."""

    def __init__(self, n_levels: int = len(LEVELS)):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(100 * n_levels, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU())

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, 500) to (B, 100)."""
        return self.layers(features)


class MyelinAgeNetwork(nn.Module):
    """Ten slices to an age in months (Figure 2a).

    Parameters
    ----------
    shared_branches : bool
        One convolutional branch for the five levels of a contrast instead of five. The text does not say;
        the figure draws separate branches, which is the default.
    image_size : int
        Side of the square slices in pixels; the paper's is 128.

    Notes
    -----
    With separate branches the network has 6 937 191 parameters, with shared ones 1 524 999.
    """

    def __init__(self, shared_branches: bool = False, image_size: int = IMAGE_SIZE):
        super().__init__()
        n_branches = 1 if shared_branches else len(LEVELS)
        self.shared_branches = shared_branches
        self.branches = nn.ModuleList(
            nn.ModuleList(SliceBranch(image_size) for _ in range(n_branches)) for _ in CONTRASTS
        )
        self.heads = nn.ModuleList(ContrastHead() for _ in CONTRASTS)
        self.tail = nn.Sequential(
            nn.Linear(200, 200),
            nn.ReLU(),
            nn.Linear(200, 50),
            nn.ReLU(),
            nn.Linear(50, 25),
            nn.ReLU(),
            nn.Linear(25, 1),
        )
        self.apply(_glorot_uniform)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, 2 contrasts, 5 levels, H, W) in [0, 1] to ages in months, (B,)."""
        merged = [
            head(self._levels(branches, images[:, c]))
            for c, (branches, head) in enumerate(zip(self.branches, self.heads, strict=True))
        ]
        return self.tail(torch.cat(merged, dim=1)).squeeze(1)  # (B, 200) -> (B,)

    def _levels(self, branches: nn.ModuleList, slices: Tensor) -> Tensor:
        """Concatenate the features of five levels: (B, 5, H, W) to (B, 500)."""
        if self.shared_branches:
            batch, levels = slices.shape[:2]
            features = branches[0](slices.flatten(0, 1).unsqueeze(1))
            return features.reshape(batch, levels * features.shape[1])
        return torch.cat(
            [branch(slices[:, level : level + 1]) for level, branch in enumerate(branches)], dim=1
        )


def _channel_last(image: Tensor) -> Tensor:
    """View (B, 1, H, W) with its channel last in memory: convolution and pooling then take half the time."""
    return image.squeeze(1).unsqueeze(-1).movedim(-1, 1)


def _glorot_uniform(module: nn.Module) -> None:
    """Initialise as Neural Network Console does: Glorot uniform weights, zero bias."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
