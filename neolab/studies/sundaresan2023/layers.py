"""Behind the networks: dropout with random numbers of its own, and how weights are drawn."""

import torch
from torch import Tensor, nn

from neolab.errors import InputError

# A training that starts with "he" begins near this probability of microbleed in every voxel of any image: the
# weights of the scores have a small SD so that they do not drown it. Lin 2017 (section 4.1) has .01 for both;
# a larger SD starts the shortest trainings sooner.
PRIOR, SCORE_SD = 0.01, 0.1
# "paper": normal with this SD, cut at two of them, and these biases.
PAPER_SD, PAPER_BIAS = 0.05, 0.1


class OwnDropout(nn.Dropout):
    """Dropout with random numbers of its own: networks trained side by side do not disturb each other."""

    def __init__(self, probability: float):
        super().__init__(probability)
        self.reseed(0)

    def reseed(self, seed: int) -> None:
        """Start the masks anew; `neolab.learn.fit.fit` does so at every epoch."""
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, features: Tensor) -> Tensor:
        """Zero a share of the features in training and enlarge the others; as they are otherwise."""
        if not self.training:
            return features
        kept = torch.rand(features.shape, generator=self.generator) >= self.p
        return features * kept.to(features.device) / (1 - self.p)


def initialise(network: nn.Module, seed: int, how: str = "paper") -> nn.Module:
    """Draw weights.

    Parameters
    ----------
    network : Module
    seed : int
    how : {"paper", "he"}
        ``paper``: normal with SD .05 cut at two SD, biases .1. ``he``: scaled to each layer's inputs (He
        2015), and voxels start at `PRIOR`. Short trainings need both: with the former some start with
        channels that never fire, and a step of Adam moves a bias by no more than the learning rate, so
        that from one half a background of hundreds of voxels to each microbleed is not reached. With
        larger weights of the scores some seeds never leave the answer "nothing anywhere".
    """
    if how not in ("paper", "he"):
        raise InputError(f"initialisation: found {how!r}, expected paper or he")
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if not isinstance(module, nn.Conv3d | nn.ConvTranspose3d | nn.Linear):
            continue
        if how == "paper":
            limits = {"std": PAPER_SD, "a": -2 * PAPER_SD, "b": 2 * PAPER_SD}
            nn.init.trunc_normal_(module.weight, **limits, generator=generator)
            nn.init.constant_(module.bias, PAPER_BIAS)
        else:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(module.bias)
    decoder = getattr(network, "decoder", None)
    if how == "he" and decoder is not None:
        nn.init.normal_(decoder.scores.weight, std=SCORE_SD, generator=generator)
        with torch.no_grad():
            decoder.scores.bias.copy_(torch.log(torch.tensor([1 - PRIOR, PRIOR])))
    return network
