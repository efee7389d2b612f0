"""Sampling of template fields at warped coordinates; smooth fields brought to finer lattices."""

import numpy as np

from neolab.simulate.template import Grid


def sample(channels, grid: Grid, points: np.ndarray, mirror: bool = True) -> np.ndarray:
    """Trilinear values of template fields at given template coordinates; constant beyond the grid.

    Parameters
    ----------
    channels : numpy.ndarray or torch.Tensor
        (C, *grid.shape) float32.
    grid : Grid
    points : numpy.ndarray
        (3, ...) template coordinates, mm, float32.
    mirror : bool
        The grid holds x >= 0 only: sample at |x|.

    Returns
    -------
    numpy.ndarray
        (C, ...) float32.
    """
    import torch

    volume = channels if torch.is_tensor(channels) else torch.from_numpy(np.ascontiguousarray(channels))
    lattice = torch.empty((1, *_three(points.shape[1:]), 3))
    for axis in range(3):
        half = 0.5 * grid.spacing * (grid.shape[axis] - 1)
        target = lattice[0, ..., 2 - axis]
        source = torch.from_numpy(points[axis]).reshape(target.shape)
        if mirror and axis == 0:
            torch.abs(source, out=target)
            target.sub_(grid.origin[axis] + half).div_(half)
        else:
            torch.sub(source, grid.origin[axis] + half, out=target).div_(half)
    values = torch.nn.functional.grid_sample(
        volume[None], lattice, mode="bilinear", padding_mode="border", align_corners=True
    )
    return values[0].reshape(volume.shape[0], *points.shape[1:]).numpy()


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """A shape as three axes, which is what ``grid_sample`` takes."""
    return tuple(shape) if len(shape) == 3 else (1, 1, int(np.prod(shape)))


def cubic_matrix(targets: np.ndarray, origin: float, spacing: float, count: int) -> np.ndarray:
    """Interpolation of a line of samples at any positions, as a matrix (Catmull-Rom; ends repeated).

    Parameters
    ----------
    targets : numpy.ndarray
        (n,) positions, mm.
    origin, spacing : float
        Of the samples, mm.
    count : int
        Number of samples.

    Returns
    -------
    numpy.ndarray
        (n, count) float32; rows sum to 1.
    """
    position = np.clip((np.asarray(targets, np.float64) - origin) / spacing, 0.0, count - 1.0)
    first = np.minimum(position.astype(int), count - 2)
    t = position - first
    weights = (
        0.5 * (-t + 2 * t**2 - t**3),
        0.5 * (2 - 5 * t**2 + 3 * t**3),
        0.5 * (t + 4 * t**2 - 3 * t**3),
        0.5 * (t**3 - t**2),
    )
    matrix = np.zeros((len(position), count))
    rows = np.arange(len(position))
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        np.add.at(matrix, (rows, np.clip(first + offset, 0, count - 1)), weight)
    return matrix.astype(np.float32)


def upsample(coarse: np.ndarray, matrices) -> np.ndarray:
    """Bring fields to a finer lattice with one interpolation matrix an axis.

    Parameters
    ----------
    coarse : numpy.ndarray
        (..., X, Y, Z) float32.
    matrices : sequence of numpy.ndarray
        Three (n, X), (m, Y), (k, Z) matrices.

    Returns
    -------
    numpy.ndarray
        (..., n, m, k) float32.
    """
    import torch

    along_x, along_y, along_z = (torch.from_numpy(matrix) for matrix in matrices)
    stacked = torch.from_numpy(np.ascontiguousarray(coarse)).reshape(-1, *coarse.shape[-3:])
    fine = torch.empty((len(stacked), len(along_x), len(along_y), len(along_z)))
    for field, target in zip(stacked, fine, strict=True):
        # The last product writes the large result in one call: x is the slowest axis in memory.
        planes = along_y @ (field @ along_z.T)
        torch.mm(along_x, planes.reshape(len(planes), -1), out=target.view(len(along_x), -1))
    return fine.reshape(*coarse.shape[:-3], *fine.shape[1:]).numpy()


def smooth_noise(rng: np.random.Generator, shape, spacing_mm: float, scale_mm: float) -> np.ndarray:
    """Gaussian random field with unit variance.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : tuple of int
    spacing_mm : float
        Of the lattice.
    scale_mm : float
        Standard deviation of the smoothing kernel; the wavelength that dominates is about 4.4 times that.

    Returns
    -------
    numpy.ndarray
        float32, ``shape``.
    """
    from scipy import ndimage

    margin = int(np.ceil(2 * scale_mm / spacing_mm))
    white = rng.standard_normal([n + 2 * margin for n in shape]).astype(np.float32)
    field = ndimage.gaussian_filter(white, scale_mm / spacing_mm)
    field = field[tuple(slice(margin, margin + n) for n in shape)]
    # The variance is that of the kernel, not of this draw, so that a field is not forced to vary.
    sigma = scale_mm / spacing_mm
    return field * np.float32((2 * np.sqrt(np.pi) * sigma) ** 1.5)


def ramp(distance: np.ndarray, width_mm: float) -> np.ndarray:
    """The fraction of a voxel inside a plane at a signed distance (mm, negative inside) from its centre."""
    fraction = distance * np.float32(-1.0 / width_mm)
    fraction += np.float32(0.5)
    return np.clip(fraction, 0.0, 1.0, out=fraction)


def volume_level(
    distance: np.ndarray, weight: np.ndarray | None, volume_mm3: float, point_mm3: float
) -> float:
    """The level below which a field encloses a given volume.

    Parameters
    ----------
    distance : numpy.ndarray
        Values at the points of a lattice.
    weight : numpy.ndarray or None
        How much of each point may be taken, 0..1; None takes all.
    volume_mm3 : float
        What the level has to enclose.
    point_mm3 : float
        Volume that each point stands for.

    Returns
    -------
    float
    """
    values = distance.ravel()
    weights = np.ones_like(values) if weight is None else weight.ravel()
    taken = weights > 0.02
    values, weights = values[taken], weights[taken]
    wanted = volume_mm3 / point_mm3
    # Only the lowest values matter: cut the rest before sorting.
    keep = min(len(values), int(1.5 * wanted) + 64)
    while keep < len(values):
        order = np.argpartition(values, keep)[:keep]
        if weights[order].sum() >= wanted:
            values, weights = values[order], weights[order]
            break
        keep = min(len(values), 2 * keep)
    order = np.argsort(values)
    enclosed = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(wanted, enclosed, values[order]))
