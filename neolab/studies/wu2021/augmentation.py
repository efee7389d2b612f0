"""The paper's augmentation, one affine transform for every picture of a batch in a single call."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random affine transforms (Methods, "Deep learning framework").

    Attributes
    ----------
    rotation_deg : float
        Rotation, uniform in plus or minus this.
    flip_probability : float
        Of an up-down flip: the paper's "vertical flipping", MATLAB's ``RandYReflection``.
    zoom : tuple of float
        Uniform scale.
    shift_share : float
        Shift along rows and columns, uniform in plus or minus this share of the picture; the paper's 30 of
        224 pixels.
    """

    rotation_deg: float = 30.0
    flip_probability: float = 0.5
    zoom: tuple[float, float] = (0.9, 1.1)
    shift_share: float = 30 / 224

    def matrices(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw ``n`` matrices (n, 2, 3) from output to input coordinates, both running from -1 to 1."""

        def uniform(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(n, generator=generator)

        angle = uniform(-math.radians(self.rotation_deg), math.radians(self.rotation_deg))
        scale = 1 / uniform(*self.zoom)
        flip = 1 - 2 * (torch.rand(n, generator=generator) < self.flip_probability).float()
        # Coordinates span 2, so a share of the picture is twice that.
        shift_x, shift_y = (uniform(-2 * self.shift_share, 2 * self.shift_share) for _ in range(2))
        cos, sin = angle.cos() * scale, angle.sin() * scale
        across = torch.stack([cos, -sin, shift_x], dim=1)
        down = torch.stack([flip * sin, flip * cos, shift_y], dim=1)
        return torch.stack([across, down], dim=1)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Transform a batch (B, 1, S, S); what comes from outside the picture is black."""
        theta = self.matrices(len(pictures), generator).to(pictures)
        grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, mode="bilinear", align_corners=False)
