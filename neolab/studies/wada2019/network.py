"""The eight-layer network of Wada et al. 2019 (Figure 2), and the ensemble of two of them (Figure 3).

Two convolutions and six dense layers; the single output unit is not counted among the eight.
"""

import torch
from torch import Tensor, nn

from neolab.studies.wada2019.layers import ChannelLast, ReLUMaxPool, glorot_uniform

CONTRASTS = ("T1w", "T2w")
LEVELS = (
    "middle_cerebellar_peduncle",
    "midbrain",
    "internal_capsule_and_splenium",
    "centrum_semiovale",
    "subcortical_white_matter",
)
IMAGE_SIZE = 128
# Model B (Methods 2.3 and 2.4): two networks, trained from birth to 16 months and from 8 to 24 months.
YOUNGER_UP_TO_MONTHS = 16.0
OLDER_FROM_MONTHS = 8.0


class SliceBranch(nn.Module):
    """One slice to 100 features (Figure 2b); shapes are those of the paper's slices of 128 x 128."""

    def __init__(self, image_size: int = IMAGE_SIZE):
        super().__init__()
        side = ((image_size - 4) // 2 - 4) // 2
        self.convolutions = nn.Sequential(
            ChannelLast(),  # (B, 1, 128, 128)
            nn.Conv2d(1, 16, kernel_size=5),  # (B, 16, 124, 124), valid padding
            ReLUMaxPool(),  # (B, 16, 62, 62)
            nn.Conv2d(16, 8, kernel_size=5),  # (B, 8, 58, 58)
            ReLUMaxPool(),  # (B, 8, 29, 29)
        )
        self.dense = nn.Sequential(
            nn.Flatten(),  # (B, 6728)
            nn.Linear(8 * side * side, 100),  # (B, 100)
            nn.ReLU(),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, 1, H, W) to (B, 100)."""
        return self.dense(self.convolutions(image))


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

        def five_branches() -> nn.ModuleList:
            if shared_branches:
                return nn.ModuleList([SliceBranch(image_size)] * len(LEVELS))
            return nn.ModuleList(SliceBranch(image_size) for _ in LEVELS)

        self.branches = nn.ModuleList(five_branches() for _ in CONTRASTS)
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
        self.apply(glorot_uniform)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, 2 contrasts, 5 levels, H, W) in [0, 1] to ages in months, (B,)."""
        contrasts = []
        for contrast, (branches, head) in enumerate(zip(self.branches, self.heads, strict=True)):
            slices = images[:, contrast].split(1, dim=1)  # five of (B, 1, H, W)
            levels = [branch(one) for branch, one in zip(branches, slices, strict=True)]  # five of (B, 100)
            contrasts.append(head(torch.cat(levels, dim=1)))  # (B, 500) -> (B, 100)
        both = torch.cat(contrasts, dim=1)  # (B, 200)
        return self.tail(both).squeeze(1)  # (B, 200) -> 50 -> 25 -> (B,)


class AgeEnsemble(nn.Module):
    """Model B: one network for younger and one for older infants, and a rule for who answers (Figure 3)."""

    def __init__(self, younger: nn.Module, older: nn.Module):
        super().__init__()
        self.younger, self.older = younger, older

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, 2, 5, H, W) to ages in months, (B,)."""
        return combine(self.younger(images), self.older(images))


def combine(younger: Tensor, older: Tensor) -> Tensor:
    """Join the estimates of the two networks without looking at the true age.

    Departure: the paper does not describe its rule for the overlap. Here the mean of the two decides:
    below 8 months the younger network speaks, above 16 the older one, and in between the mean itself.

    Parameters
    ----------
    younger, older : Tensor, (B,)
        Estimates in months of the network trained up to 16 and from 8 months.

    Returns
    -------
    Tensor, (B,)
    """
    both = (younger + older) / 2
    return torch.where(
        both < OLDER_FROM_MONTHS, younger, torch.where(both > YOUNGER_UP_TO_MONTHS, older, both)
    )
