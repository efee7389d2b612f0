"""What looks for anomalies: a trained autoencoder, or one of the two baselines, behind one interface."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import nn

from neolab.studies.raad2023.baselines import PrincipalComponents, VoxelwiseNormalRange
from neolab.studies.raad2023.fit import residuals
from neolab.studies.raad2023.scores import standard_score
from neolab.studies.raad2023.step import Recipe


@dataclass(frozen=True)
class Finding:
    """What a detector says about one scan.

    Attributes
    ----------
    residual : array of float32, (N, N, N)
        Scan minus what was expected of a normal one; positive is brighter.
    z : array of float32, (N, N, N)
        The same in standard deviations.
    score : float
        Anomaly score of the whole scan, higher is more anomalous.
    """

    residual: np.ndarray
    z: np.ndarray
    score: float

    @property
    def mse(self) -> float:
        """Mean squared residual."""
        return float(np.square(self.residual).mean())


class Detector(Protocol):
    """Anything that compares a scan with what is normal."""

    def find(self, volume: np.ndarray) -> Finding:
        """Look at one scan, (N, N, N) in [0, 1]."""


@dataclass(frozen=True)
class AutoencoderDetector:
    """The paper's: squared residual as the score, and the residual in its own standard deviations."""

    network: nn.Module
    recipe: Recipe

    def find(self, volume: np.ndarray) -> Finding:
        """Look at one scan, (N, N, N) in [0, 1]."""
        return _from_residual(residuals(self.network, [volume], self.recipe)[0])


@dataclass(frozen=True)
class ComponentsDetector:
    """Principal components in place of the network, all else equal."""

    components: PrincipalComponents

    def find(self, volume: np.ndarray) -> Finding:
        """Look at one scan, (N, N, N) in [0, 1]."""
        return _from_residual(self.components.residual(volume))


@dataclass(frozen=True)
class RangeDetector:
    """Distance from the mean of the normals, voxel by voxel, in *their* standard deviations there."""

    normal_range: VoxelwiseNormalRange

    def find(self, volume: np.ndarray) -> Finding:
        """Look at one scan, (N, N, N) in [0, 1]; the score is the mean square of z."""
        z = self.normal_range.standard_score(volume)
        return Finding(z * self.normal_range.deviation, z, float(np.square(z).mean()))


def _from_residual(residual: np.ndarray) -> Finding:
    finding = Finding(residual, standard_score(residual), 0.0)
    return Finding(residual, finding.z, finding.mse)


def baselines(train, n_components: int) -> dict[str, Detector]:
    """Learn both baselines from the normal training scans.

    Parameters
    ----------
    train : sequence of arrays (N, N, N)
    n_components : int
        Of the principal components.
    """
    return {
        "voxel-wise z-score": RangeDetector(VoxelwiseNormalRange(train)),
        f"PCA, {min(n_components, len(train) - 1)} components": ComponentsDetector(
            PrincipalComponents(train, n_components)
        ),
    }
