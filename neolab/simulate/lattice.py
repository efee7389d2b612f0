"""Regular lattices in scanner millimetres: the voxels of a scan, and the one that carries the warp."""

from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.simulate import fields
from neolab.simulate.regular import RegularPoints


@dataclass(frozen=True)
class Lattice(RegularPoints):
    """Points ``origin + index * spacing`` in scanner mm.

    Parameters
    ----------
    origin : tuple of float
        Position of point (0, 0, 0), mm.
    spacing : tuple of float
        Along x, y, z, mm.
    shape : tuple of int
    """

    origin: tuple[float, float, float]
    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]

    @classmethod
    def covering(cls, low_mm, high_mm, spacing) -> "Lattice":
        """The smallest lattice of that spacing, centred on a box, whose cells cover it."""
        shape = [int(np.ceil((b - a) / s)) for a, b, s in zip(low_mm, high_mm, spacing, strict=True)]
        origin = [
            0.5 * (a + b) - 0.5 * s * (n - 1)
            for a, b, s, n in zip(low_mm, high_mm, spacing, shape, strict=True)
        ]
        return cls(tuple(origin), tuple(spacing), tuple(shape))

    @classmethod
    def from_corner(cls, low_mm, high_mm, spacing, slices_multiple_of: int = 1) -> "Lattice":
        """The smallest lattice of that spacing that fills a box from its low corner on.

        The number of slices is a multiple of ``slices_multiple_of``: a whole number of thick slices.
        """
        step, low = np.asarray(spacing, float), np.asarray(low_mm, float)
        shape = np.maximum(np.ceil((np.asarray(high_mm, float) - low) / step - 1e-6).astype(int), 1)
        shape[2] += -shape[2] % slices_multiple_of
        return cls(tuple((low + step / 2).tolist()), tuple(step.tolist()), tuple(shape.tolist()))

    def lines(self) -> list[np.ndarray]:
        """Coordinates along each axis, mm."""
        return [o + s * np.arange(n) for o, s, n in zip(self.origin, self.spacing, self.shape, strict=True)]

    def points(self) -> np.ndarray:
        """(3, *shape) float32 coordinates, mm."""
        return np.stack(np.meshgrid(*self.lines(), indexing="ij")).astype(np.float32)

    def slab(self, z_range_mm: tuple[float, float]) -> "Lattice":
        """The slices whose centres lie in a range of heights.

        Raises
        ------
        InputError
            When there is none.
        """
        heights = self.lines()[2]
        inside = np.flatnonzero((heights >= z_range_mm[0]) & (heights <= z_range_mm[1]))
        if inside.size == 0:
            raise InputError(
                f"slab_mm is {z_range_mm}, expected a range that holds a slice centre between "
                f"{heights[0]:.1f} and {heights[-1]:.1f} mm"
            )
        origin = (*self.origin[:2], float(heights[inside[0]]))
        return Lattice(origin, self.spacing, (*self.shape[:2], len(inside)))

    def box(self, low: np.ndarray, high: np.ndarray) -> "Lattice":
        """The part between two index triples, both included."""
        origin = [o + s * i for o, s, i in zip(self.origin, self.spacing, low, strict=True)]
        return Lattice(
            tuple(origin), self.spacing, tuple(int(b - a + 1) for a, b in zip(low, high, strict=True))
        )

    def thick(self, sub_slices: int) -> "Lattice":
        """The lattice of slices that are made of ``sub_slices`` thin ones."""
        (x, y, z), (dx, dy, dz), (ox, oy, oz) = self.shape, self.spacing, self.origin
        middle = oz + dz * (sub_slices - 1) / 2
        return Lattice((ox, oy, middle), (dx, dy, dz * sub_slices), (x, y, z // sub_slices))

    def refined(self, factor: int) -> "Lattice":
        """A lattice with the same ends and ``factor`` times the density."""
        spacing = tuple(s / factor for s in self.spacing)
        return Lattice(self.origin, spacing, tuple((n - 1) * factor + 1 for n in self.shape))

    def matrices_to(self, target: "Lattice") -> list[np.ndarray]:
        """Interpolation matrices from fields on this lattice to another, see ``fields.upsample``."""
        return [
            fields.cubic_matrix(line, origin, spacing, count)
            for line, origin, spacing, count in zip(
                target.lines(), self.origin, self.spacing, self.shape, strict=True
            )
        ]

    @property
    def affine(self) -> np.ndarray:
        """(4, 4) index to mm."""
        matrix = np.diag([*self.spacing, 1.0])
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def point_mm3(self) -> float:
        """Volume that one point stands for."""
        return float(np.prod(self.spacing))
