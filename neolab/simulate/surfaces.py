"""Closed surfaces and binary masks turned into volumes: coverage fractions and signed distances."""

import numpy as np


def surface_coverage(vertices: np.ndarray, triangles: np.ndarray, grid, rays: int = 2) -> np.ndarray:
    """The fraction of each voxel that lies inside a closed surface.

    Rays run along x; each crossing adds the exact length of its voxel that lies beyond it, with the sign of
    the triangle's orientation, so that a cumulative sum along the ray gives the coverage.

    Parameters
    ----------
    vertices : numpy.ndarray
        (n, 3) coordinates, mm.
    triangles : numpy.ndarray
        (m, 3) vertex numbers, consistently oriented.
    grid : neolab.simulate.template.Grid
    rays : int
        Rays per voxel along each of y and z.

    Returns
    -------
    numpy.ndarray
        float32, ``grid.shape``, 0..1.
    """
    corners = ((vertices - np.array(grid.origin)) / grid.spacing)[triangles]
    steps = np.zeros((grid.shape[0] + 1, *grid.shape[1:]))
    offsets = (np.arange(rays) + 0.5) / rays - 0.5
    for y_offset in offsets:
        for z_offset in offsets:
            # A shift far below the precision of the vertices keeps rays from meeting edges exactly.
            _add_crossings(steps, corners - np.array([0.0, y_offset, z_offset]) + 1e-5)
    return np.abs(np.cumsum(steps, axis=0)[:-1] / rays**2).astype(np.float32)


def _add_crossings(steps: np.ndarray, corners: np.ndarray) -> None:
    x, y, z, orientation = _crossings(corners)
    inside = (y >= 0) & (y < steps.shape[1]) & (z >= 0) & (z < steps.shape[2])
    x, y, z, orientation = x[inside], y[inside], z[inside], orientation[inside]
    x = np.clip(x + 0.5, 0.0, steps.shape[0] - 1.001)
    first = x.astype(int)
    beyond = first + 1 - x
    np.add.at(steps, (first, y, z), orientation * beyond)
    np.add.at(steps, (first + 1, y, z), orientation * (1.0 - beyond))


def _crossings(corners: np.ndarray):
    """Where rays along x through lattice points (y, z) meet triangles: x, y, z and the orientation's sign."""
    low = np.ceil(corners[..., 1:].min(axis=1)).astype(int)
    count = np.maximum(np.floor(corners[..., 1:].max(axis=1)).astype(int) - low + 1, 0)
    total = count.prod(axis=1)
    owner = np.repeat(np.arange(len(corners)), total)
    position = np.arange(total.sum()) - np.repeat(np.cumsum(total) - total, total)
    y = low[owner, 0] + position // count[owner, 1]
    z = low[owner, 1] + position % count[owner, 1]
    a, b, c = (corners[owner, i] for i in range(3))
    ab, ac, ap_y, ap_z = b - a, c - a, y - a[:, 1], z - a[:, 2]
    area = ab[:, 1] * ac[:, 2] - ac[:, 1] * ab[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (ap_y * ac[:, 2] - ac[:, 1] * ap_z) / area
        v = (ab[:, 1] * ap_z - ap_y * ab[:, 2]) / area
    hit = (u >= 0) & (v >= 0) & (u + v <= 1)
    x = a[:, 0] + u * ab[:, 0] + v * ac[:, 0]
    return x[hit], y[hit], z[hit], np.sign(area[hit])


def signed_distance(mask: np.ndarray, spacing: float = 1.0) -> np.ndarray:
    """Euclidean distance to the border of a mask, negative inside.

    Parameters
    ----------
    mask : numpy.ndarray of bool
    spacing : float
        Voxel size, mm.

    Returns
    -------
    numpy.ndarray
        float32, mm; the border runs half way between voxels of either kind.
    """
    from scipy import ndimage

    outside = ndimage.distance_transform_edt(~mask).astype(np.float32)
    inside = ndimage.distance_transform_edt(mask).astype(np.float32)
    return spacing * (outside - inside - np.where(mask, -0.5, 0.5).astype(np.float32))


def level_set_distance(field: np.ndarray, level: float) -> np.ndarray:
    """Signed distance to ``field == level`` with sub-voxel accuracy near it; negative where field > level.

    Parameters
    ----------
    field : numpy.ndarray
        Smooth, high inside; 1-mm voxels.
    level : float

    Returns
    -------
    numpy.ndarray
        float32, mm.
    """
    coarse = signed_distance(field > level)
    slope = np.zeros_like(field)
    for axis in range(3):
        slope += np.gradient(field, axis=axis) ** 2
    fine = np.clip((level - field) / (np.sqrt(slope) + 1e-4), -3.0, 3.0)
    near = np.exp(-((coarse / 1.5) ** 2))
    return near * fine + (1.0 - near) * coarse
