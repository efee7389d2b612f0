"""The baselines a reviewer would ask for: a voxel-wise normal range, and principal components.

Both pass over the training scans one at a time, so that cubes of 256 voxels need not lie in memory together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from neolab.learn.folds import FoldJob, Learnt, Method
from neolab.studies.raad2023.anomaly_maps import AnomalyMap, Detector, mean_square
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.parameters import Raad2023Parameters
from neolab.studies.raad2023.training import learn

# Single-precision values of all training scans that are held at a time: 160 MB.
SLAB_VALUES = 40_000_000


class VoxelwiseNormalRange:
    """Mean and standard deviation of every voxel over the normal training scans.

    Parameters
    ----------
    images : sequence of arrays (N, N, N)
    train : sequence of int
        Positions of the training scans.
    floor : float
        Added to the deviation, so that voxels that never vary (background) do not divide by zero; 0.02 of the
        [0, 1] range is about the noise of a min-max scaled scan.
    """

    def __init__(self, images: Sequence[np.ndarray], train: Sequence[int], floor: float = 0.02):
        total = np.zeros(images[0].shape)
        squares = np.zeros_like(total)
        for row in train:
            volume = np.asarray(images[row], np.float64)
            total += volume
            squares += volume * volume
        mean = total / len(train)
        variance = np.maximum(squares / len(train) - mean * mean, 0)
        self.mean = mean.astype(np.float32)
        self.deviation = (np.sqrt(variance) + floor).astype(np.float32)

    def standard_score(self, volume: np.ndarray) -> np.ndarray:
        """Deviation of a scan (N, N, N) from the normals, in standard deviations of each voxel."""
        return (np.asarray(volume, np.float32) - self.mean) / self.deviation

    def look(self, scans: Iterable[np.ndarray]) -> Iterator[AnomalyMap]:
        """Say of every scan, (N, N, N) in [0, 1], what is odd; its score is the mean square of z."""
        for scan in scans:
            z = self.standard_score(scan)
            yield AnomalyMap(z * self.deviation, z, mean_square(z))


class PrincipalComponents:
    """Reconstruction from the principal components of the normal training scans.

    Scans are few and voxels many, so the components are kept as weights of the training scans: the small Gram
    matrix has the same spectrum as the covariance, and no component is ever written out.

    Parameters
    ----------
    images : sequence of arrays (N, N, N)
    train : sequence of int
        Positions of the training scans.
    n_components : int
        At most n - 1; more are cut to that.
    """

    def __init__(self, images: Sequence[np.ndarray], train: Sequence[int], n_components: int):
        self.images, self.train = images, train
        n = len(train)
        gram = np.zeros((n, n))
        for slab in self._slabs():
            _, centred = self._centred(slab)
            gram += centred @ centred.T
        values, vectors = np.linalg.eigh(gram)
        keep = np.argsort(values)[::-1][: min(n_components, n - 1)]
        self.weights = vectors[:, keep] / np.sqrt(np.maximum(values[keep], np.finfo(float).tiny))

    def residual(self, volume: np.ndarray) -> np.ndarray:
        """Scan (N, N, N) minus its reconstruction, float32."""
        onto = np.zeros(len(self.train))
        for slab in self._slabs():
            mean, centred = self._centred(slab)
            onto += centred @ (_flat(volume[slab]) - mean)
        share = (self.weights @ (self.weights.T @ onto)).astype(np.float32)
        residual = np.empty(np.shape(volume), np.float32)
        for slab in self._slabs():
            mean, centred = self._centred(slab)
            left = _flat(volume[slab]) - mean - share @ centred
            residual[slab] = left.reshape(residual[slab].shape)
        return residual

    def look(self, scans: Iterable[np.ndarray]) -> Iterator[AnomalyMap]:
        """Say of every scan, (N, N, N) in [0, 1], what is odd, in the way of the autoencoders."""
        return (AnomalyMap.of_residual(self.residual(scan)) for scan in scans)

    def _slabs(self) -> Iterator[slice]:
        """Pieces of the volume that fit into memory for all training scans at once."""
        planes, *others = np.shape(self.images[0])
        thickness = max(1, SLAB_VALUES // (len(self.train) * int(np.prod(others))))
        return (slice(start, start + thickness) for start in range(0, planes, thickness))

    def _centred(self, slab: slice) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the training scans in a slab, and each of them minus it, (n, voxels)."""
        values = np.stack([_flat(self.images[row][slab]) for row in self.train])
        mean = values.mean(axis=0)
        values -= mean
        return mean, values


def _flat(volume: np.ndarray) -> np.ndarray:
    return np.asarray(volume, np.float32).ravel()


def learn_baselines(data: Data, params: Raad2023Parameters) -> dict[str, Detector]:
    """Let both baselines learn from the normal training scans."""
    methods = {
        "voxel-wise z-score": _method(lambda train: VoxelwiseNormalRange(data.images, train)),
        "PCA": _method(lambda train: PrincipalComponents(data.images, train, params.n_components)),
    }
    return learn(methods, data, seed=params.seed, name="baselines")


def _method(build: Callable[[Sequence[int]], Detector]) -> Method:
    def method(job: FoldJob) -> Learnt:
        built = build(job.train)
        job.on_epoch({})
        return Learnt({}, built)

    return method
