"""Smooth random fields that are functions of position in millimetres, whatever grid they are drawn on."""

import numpy as np

#: Edge of the cube around the scanner's centre that a field covers; a two-year-old's head fits.
EXTENT_MM = 260.0


def smooth_random_field(rng, axes_mm, wavelength_mm) -> np.ndarray:
    """A Gaussian random field with zero mean and unit variance, smooth below half its wavelength.

    Normal deviates on a fixed lattice of half a wavelength are blended by cubic B-splines, so that the same
    stream gives the same field in every voxel size and slab.

    Parameters
    ----------
    rng : numpy.random.Generator
    axes_mm : sequence of three ndarray
        Voxel centres along each axis, within 130 mm of the origin.
    wavelength_mm : float

    Returns
    -------
    ndarray of float32
        Shape ``(len(x), len(y), len(z))``.
    """
    spacing = wavelength_mm / 2
    nodes = int(np.ceil(EXTENT_MM / spacing)) + 4
    field = rng.standard_normal((nodes, nodes, nodes)).astype(np.float32)
    for axis_mm in axes_mm:  # each product consumes the first axis and appends the new one
        field = np.tensordot(field, _spline_weights(axis_mm, spacing, nodes), axes=(0, 1))
    return field / np.float32(BSPLINE_NOISE_GAIN**1.5)


#: Mean over a cell of the sum of squared cubic B-spline weights: what blending leaves of unit variance.
BSPLINE_NOISE_GAIN = 151 / 315


def _spline_weights(axis_mm, spacing_mm, nodes) -> np.ndarray:
    """Cubic B-spline weights of every node (columns) at every position (rows)."""
    position = np.asarray(axis_mm) / spacing_mm + (nodes - 1) / 2
    distance = np.abs(position[:, None] - np.arange(nodes)[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)


def axes_mm(affine, shape) -> list[np.ndarray]:
    """Voxel centres along each axis of a grid aligned with the scanner, in scanner millimetres.

    Parameters
    ----------
    affine : (4, 4) ndarray
        Diagonal in its rotation part.
    shape : sequence of int
    """
    return [affine[i, 3] + affine[i, i] * np.arange(n) for i, n in enumerate(shape[:3])]
