"""A scan as it is worked with: voxels, checked, and the place where they lie."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neolab.io.headers import SAME_PLACE_VOXELS

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels and where they lie; the axes run to the patient's right, front and head (RAS+).

    Attributes
    ----------
    data : ndarray, (X, Y, Z)
    affine : ndarray, (4, 4)
        Voxel indices to scanner millimetres.
    """

    data: np.ndarray
    affine: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along each axis."""
        return self.data.shape

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        """Size of a voxel along each axis."""
        return tuple(float(size) for size in np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000

    def with_data(self, data: np.ndarray) -> "Volume":
        """The same grid with other voxels."""
        return replace(self, data=data)

    def image(self) -> "Nifti1Image":
        """Return the volume as a nibabel image."""
        from neolab.io.geometry import new_image

        return new_image(self.data, self.affine)

    def same_grid(self, other: "Volume") -> bool:
        """Whether both have the same shape and their corners coincide within a tenth of a voxel."""
        if self.shape != other.shape:
            return False
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in self.shape], [1], indexing="ij")).reshape(4, -1)
        apart = np.linalg.norm(((self.affine - other.affine) @ corners)[:3], axis=0).max()
        return bool(apart <= SAME_PLACE_VOXELS * min(self.voxel_mm))

    def onto(self, reference: "Volume", interpolation: str = "linear") -> "Volume":
        """Return the volume on the grid of another one; untouched where it lies there already.

        Parameters
        ----------
        reference : Volume
        interpolation : {"linear", "nearest"}
            Labels and masks want ``"nearest"``.
        """
        if self.same_grid(reference):
            return self
        from neolab.io.resample import resample_to_grid

        moved = resample_to_grid(self.image(), reference.image(), interpolation)
        data = np.asanyarray(moved.dataobj)
        return Volume(data > 0 if self.data.dtype == bool else data, reference.affine)
