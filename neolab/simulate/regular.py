"""What template grids and scanner lattices share: points at even distances along three axes."""

import numpy as np


class RegularPoints:
    """Points ``origin + index * spacing``, millimetres; the spacing is one number or one along each axis."""

    def to_index(self, points_mm) -> np.ndarray:
        """Positions (..., 3) in mm to fractional indices (..., 3)."""
        return (np.asarray(points_mm) - self.origin) / np.asarray(self.spacing)

    def to_mm(self, indices) -> np.ndarray:
        """Indices (..., 3) to positions (..., 3) in mm."""
        return np.asarray(indices) * np.asarray(self.spacing) + np.asarray(self.origin)
