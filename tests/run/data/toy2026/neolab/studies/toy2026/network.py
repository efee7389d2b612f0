"""The network of Nobody 2026 (Figure 1): one convolution, the brightest answer, one decision."""

from torch import Tensor, nn


class SpotNetwork(nn.Module):
    """From cubes to the logit of a spot."""

    def __init__(self, features: int = 4):
        super().__init__()
        self.filters = nn.Conv3d(1, features, kernel_size=3)
        self.decide = nn.Linear(features, 1)

    def forward(self, cubes: Tensor) -> Tensor:
        answers = self.filters(cubes)  # (B, 1, 12, 12, 12) -> (B, 4, 10, 10, 10)
        brightest = answers.amax(dim=(2, 3, 4))  # (B, 4)
        return self.decide(brightest).squeeze(1)  # (B,)
