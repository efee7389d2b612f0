"""Shapes in millimetres on the voxels of an anatomy.

Where a lesion lies is chosen once, on a coarse anatomy of the subject, and kept in scanner millimetres: the
same lesion then appears in every scan of the subject, whatever its voxels.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

#: Width of a soft border in voxels, that of the anatomy's own borders.
BORDER_VOXELS = 0.35

#: Share of a lesion inside its tissue from which its place is taken without looking further.
FITS = 0.9


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function without overflow, float32."""
    return (1 / (1 + np.exp(-np.clip(x, -30, 30)))).astype(np.float32)


@dataclass(frozen=True)
class Blob:
    """An uneven ellipsoid.

    Parameters
    ----------
    centre_mm, semi_axes_mm : tuple of float
        Scanner millimetres, x y z.
    roughness : float
        Standard deviation of the radius over directions, as a share of it.
    seed : int
        Of the unevenness.
    """

    centre_mm: tuple[float, float, float]
    semi_axes_mm: tuple[float, float, float]
    roughness: float = 0.15
    seed: int = 0

    @classmethod
    def uneven(cls, place, radii_mm, spread: float, roughness: float, rng: np.random.Generator) -> "Blob":
        """A blob at a place with radii that scatter around ``radii_mm`` by a share of ``spread``."""
        axes = radii_mm * np.exp(rng.normal(0, spread, 3))
        return cls(tuple(place), tuple(axes), roughness, int(rng.integers(2**31)))

    def grown(self, rim_mm: float) -> "Blob":
        """The same blob with a rim around it."""
        return replace(self, semi_axes_mm=tuple(axis + rim_mm for axis in self.semi_axes_mm))

    def radius_factor(self, direction: np.ndarray) -> np.ndarray:
        """Radius in unit directions (3, ...) over that of the plain ellipsoid: a few random waves."""
        rng = np.random.default_rng(self.seed)
        waves = rng.normal(size=(8, 3)) * rng.uniform(1.0, 3.5, size=(8, 1))
        phases = rng.uniform(0, 2 * np.pi, 8)
        total = sum(
            np.cos(np.tensordot(wave, direction, 1) + phase)
            for wave, phase in zip(waves, phases, strict=True)
        )
        return np.maximum(1 + self.roughness * total / 2, 0.3)  # eight cosines have a deviation of 2


class Canvas:
    """An anatomy with its voxels' places in scanner millimetres.

    Parameters
    ----------
    anatomy : Anatomy
    """

    def __init__(self, anatomy):
        self.anatomy = anatomy
        self.shape = anatomy.template_mm.shape[1:]
        self.voxel_mm = float(np.mean(anatomy.voxel_mm))

    def fraction(self, *tissues: str) -> np.ndarray:
        """Sum of the fractions of some tissues, float32 (X, Y, Z)."""
        return sum(self.anatomy.fractions[name] for name in tissues)

    @cached_property
    def side(self) -> np.ndarray:
        """Sign of the template's x in every voxel: -1 left, +1 right."""
        return np.where(self.anatomy.template_mm[0] < 0, -1, 1).astype(np.int8)

    @cached_property
    def mm(self) -> np.ndarray:
        """Scanner millimetres of every voxel, float32 (3, X, Y, Z)."""
        return self._mm(tuple(slice(0, n) for n in self.shape))

    def near(self, template_mm, spread_mm) -> np.ndarray:
        """A Gaussian of the template coordinates around a point, mirrored: |x| counts.

        Parameters
        ----------
        template_mm, spread_mm : sequence of float or None
            Centre and standard deviation on each axis; None leaves an axis free.
        """
        x, y, z = self.anatomy.template_mm
        exponent = np.zeros(self.shape, np.float32)
        for values, centre, spread in zip((np.abs(x), y, z), template_mm, spread_mm, strict=True):
            if centre is not None:
                exponent += ((values - centre) / spread) ** 2
        return np.exp(-exponent / 2)

    def share(self, blob: Blob) -> tuple[tuple[slice, ...], np.ndarray]:
        """Window that holds a blob, and the share of each of its voxels that lies inside."""
        reach = 1.8 * max(blob.semi_axes_mm) + 2 * self.voxel_mm
        window = self._window(blob.centre_mm, reach)
        offset = self._mm(window) - np.reshape(blob.centre_mm, (3, 1, 1, 1))
        scaled = offset / np.reshape(blob.semi_axes_mm, (3, 1, 1, 1))
        radius = np.sqrt((scaled**2).sum(axis=0)) + 1e-6
        outside = (radius - blob.radius_factor(scaled / radius)) * min(blob.semi_axes_mm)
        return window, sigmoid(-outside / (BORDER_VOXELS * self.voxel_mm))

    def shares(self, blobs) -> np.ndarray:
        """Union of blobs over the whole canvas, float32 (X, Y, Z)."""
        total = np.zeros(self.shape, np.float32)
        for blob in blobs:
            window, share = self.share(blob)
            np.maximum(total[window], share, out=total[window])
        return total

    def choose(self, weights: np.ndarray, rng: np.random.Generator, n: int = 1) -> np.ndarray:
        """Draw places with probability proportional to ``weights``, (n, 3) scanner millimetres.

        Returns an empty array where the weights are zero throughout.
        """
        flat = np.asarray(weights, np.float64).ravel()
        total = flat.sum()
        if not total > 0:
            return np.empty((0, 3))
        chosen = rng.choice(flat.size, n, p=flat / total)
        voxels = np.stack(np.unravel_index(chosen, self.shape), axis=1) + rng.uniform(-0.5, 0.5, (n, 3))
        affine = self.anatomy.affine
        return voxels @ affine[:3, :3].T + affine[:3, 3]

    def share_inside(self, blob: Blob, fraction: np.ndarray) -> float:
        """Share of a blob's volume that a fraction (X, Y, Z) takes up; 0 for a blob off the canvas."""
        window, share = self.share(blob)
        total = float(share.sum())
        return float((share * fraction[window]).sum()) / total if total > 0 else 0.0

    def fitting(self, blobs, fraction: np.ndarray) -> Blob | None:
        """The first of some blobs that lies almost wholly in a tissue, or else the one that lies there most.

        A lesion placed so is not cut into shape by a border that it would not respect in life.

        Parameters
        ----------
        blobs : iterable of Blob
        fraction : ndarray
            (X, Y, Z), of the tissue or tissues.

        Returns
        -------
        Blob or None
            None if there are no blobs.
        """
        best, best_share = None, -1.0
        for blob in blobs:
            inside = self.share_inside(blob, fraction)
            if inside >= FITS:
                return blob
            if inside > best_share:
                best, best_share = blob, inside
        return best

    def waves(self, length_mm: float, rng: np.random.Generator, n: int = 6) -> np.ndarray:
        """Sum of random plane waves with unit deviation, the same in millimetres on any canvas."""
        vectors = rng.normal(size=(n, 3))
        vectors *= 2 * np.pi / length_mm / np.linalg.norm(vectors, axis=1, keepdims=True)
        phases = rng.uniform(0, 2 * np.pi, n)
        field = np.zeros(self.shape, np.float32)
        for vector, phase in zip(vectors.astype(np.float32), phases, strict=True):
            field += np.cos(np.tensordot(vector, self.mm, 1) + np.float32(phase))
        return field / np.float32(np.sqrt(n / 2))

    def _window(self, centre_mm, reach_mm: float) -> tuple[slice, ...]:
        inverse = np.linalg.inv(self.anatomy.affine)
        centre = inverse[:3, :3] @ np.asarray(centre_mm) + inverse[:3, 3]
        reach = reach_mm / np.asarray(self.anatomy.voxel_mm)
        low, high = np.floor(centre - reach), np.ceil(centre + reach) + 1
        return tuple(
            slice(int(np.clip(a, 0, n)), int(np.clip(b, 0, n)))
            for a, b, n in zip(low, high, self.shape, strict=True)
        )

    def _mm(self, window: tuple[slice, ...]) -> np.ndarray:
        index = np.meshgrid(*(np.arange(s.start, s.stop) for s in window), indexing="ij", sparse=True)
        affine = self.anatomy.affine
        rows = [sum(affine[r, c] * index[c] for c in range(3)) + affine[r, 3] for r in range(3)]
        return np.stack([np.broadcast_to(row, index[0].shape[:1] + index[1].shape[1:2] + index[2].shape[2:])
                         for row in rows]).astype(np.float32)  # fmt: skip
