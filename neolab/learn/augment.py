"""Random movements of training images, one for every image of a batch in a single call."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class RandomAffine:
    """Mirroring, rotation, zoom and shift of pictures (B, C, H, W) or volumes (B, C, X, Y, Z).

    Attributes
    ----------
    rotation_deg : float
        Angles are uniform in plus or minus this: one in a picture, one about each of the three axes of a
        volume.
    zoom : (low, high)
        Uniform scale; above 1 enlarges.
    shift : float
        Along every axis, uniform in plus or minus this share of the image.
    mirror : tuple of float
        Probability of mirroring each spatial axis; axes that are not named are not mirrored.
    outside : {"zeros", "border"}
        What comes from outside the image: zero, or the value of the nearest edge.
    """

    rotation_deg: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    mirror: tuple[float, ...] = ()
    outside: Literal["zeros", "border"] = "zeros"

    def __call__(self, images: Tensor, rng: Generator) -> Tensor:
        """Move each image of a batch, interpolating linearly.

        Where nothing but mirroring is asked for, voxels keep their values exactly.
        """
        shape = images.shape[2:]
        signs = self._signs(len(images), len(shape), rng)
        if not (self.rotation_deg or self.shift or self.zoom != (1.0, 1.0)):
            return _mirrored(images, signs)
        matrices = torch.from_numpy(self._matrices(signs, shape, rng)).to(images)
        grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
        return functional.grid_sample(
            images, grid, mode="bilinear", padding_mode=self.outside, align_corners=False
        )

    def _signs(self, n: int, n_axes: int, rng: Generator) -> np.ndarray:
        """-1 for an axis that is mirrored, else 1, (n, n_axes)."""
        probability = np.zeros(n_axes)
        probability[: len(self.mirror)] = self.mirror
        return np.where(rng.random((n, n_axes)) < probability, -1.0, 1.0)

    def _matrices(self, signs: np.ndarray, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Matrices (n, D, D + 1) from output to input coordinates.

        Both run from -1 to 1 along each axis and are named in torch's order, the last axis first.
        """
        n, n_axes = signs.shape
        angles = np.deg2rad(rng.uniform(-self.rotation_deg, self.rotation_deg, (n, 2 * n_axes - 3)))
        zoom = rng.uniform(*self.zoom, (n, 1, 1))
        shift = rng.uniform(-self.shift, self.shift, (n, n_axes, 1))
        sizes = np.array(shape[::-1], float)
        turn = rotation_matrices(angles) * sizes / sizes[:, None]
        # Coordinates span 2, so a share of the image is twice that.
        return np.concatenate([signs[:, ::-1, None] * turn / zoom, 2 * shift], axis=2)


def rotation_matrices(angles: np.ndarray) -> np.ndarray:
    """Rotations in the plane by one angle each, or in space by three about fixed axes one after another.

    Parameters
    ----------
    angles : array, shape (n, 1) or (n, 3)
        Radians.

    Returns
    -------
    array, shape (n, 2, 2) or (n, 3, 3)
    """
    from scipy.spatial.transform import Rotation

    in_plane = angles.shape[1] == 1
    matrices = Rotation.from_euler("z" if in_plane else "xyz", angles).as_matrix()
    return matrices[:, :2, :2] if in_plane else matrices


def _mirrored(images: Tensor, signs: np.ndarray) -> Tensor:
    for axis in range(signs.shape[1]):
        if (signs[:, axis] < 0).any():
            chosen = torch.from_numpy(signs[:, axis] < 0).to(images.device)
            chosen = chosen.view(-1, *[1] * (images.ndim - 1))
            images = torch.where(chosen, images.flip(axis + 2), images)
    return images
