"""The baselines a reviewer would ask for: a voxel-wise normal range, and principal components.

Both pass over the training scans one at a time, so that cubes of 256 voxels need not lie in memory together.
"""

from collections.abc import Iterator, Sequence

import numpy as np

# Single-precision values of all training scans that are held at a time: 160 MB.
SLAB_VALUES = 40_000_000


class VoxelwiseNormalRange:
    """Mean and standard deviation of every voxel over the normal training scans.

    Parameters
    ----------
    train : sequence of arrays (N, N, N), or one array (n, N, N, N)
    floor : float
        Added to the deviation, so that voxels that never vary (background) do not divide by zero; 0.02 of the
        [0, 1] range is about the noise of a min-max scaled scan.
    """

    def __init__(self, train: Sequence[np.ndarray], floor: float = 0.02):
        total = np.zeros(train[0].shape)
        squares = np.zeros_like(total)
        for volume in train:
            volume = np.asarray(volume, np.float64)
            total += volume
            squares += volume * volume
        mean = total / len(train)
        variance = np.maximum(squares / len(train) - mean * mean, 0)
        self.mean = mean.astype(np.float32)
        self.deviation = (np.sqrt(variance) + floor).astype(np.float32)

    def standard_score(self, volume: np.ndarray) -> np.ndarray:
        """Deviation of a scan (N, N, N) from the normals, in standard deviations of each voxel."""
        return (np.asarray(volume, np.float32) - self.mean) / self.deviation


class PrincipalComponents:
    """Reconstruction from the principal components of the normal training scans.

    Scans are few and voxels many, so the components are kept as weights of the training scans: the small Gram
    matrix has the same spectrum as the covariance, and no component is ever written out.

    Parameters
    ----------
    train : sequence of arrays (N, N, N), or one array (n, N, N, N)
    n_components : int
        At most n - 1; more are cut to that.
    """

    def __init__(self, train: Sequence[np.ndarray], n_components: int):
        self.train = train
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

    def _slabs(self) -> Iterator[slice]:
        """Pieces of the volume that fit into memory for all training scans at once."""
        planes, *others = np.shape(self.train[0])
        thickness = max(1, SLAB_VALUES // (len(self.train) * int(np.prod(others))))
        return (slice(start, start + thickness) for start in range(0, planes, thickness))

    def _centred(self, slab: slice) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the training scans in a slab, and each of them minus it, (n, voxels)."""
        values = np.stack([_flat(volume[slab]) for volume in self.train])
        mean = values.mean(axis=0)
        values -= mean
        return mean, values


def _flat(volume: np.ndarray) -> np.ndarray:
    return np.asarray(volume, np.float32).ravel()
