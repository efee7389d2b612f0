"""Draw spheres and tubes into a volume by small local boxes, conserving their true volume."""

import numpy as np

from neolab.simulate.lattice import Lattice


def sphere_fraction(lattice: Lattice, centre_mm, semi_axes_mm, rotation=None):
    """Volume fraction of an ellipsoid in the voxels around it.

    The border is one voxel wide and the sum over voxels equals the ellipsoid's volume exactly (as far as it
    lies in the lattice), so that total susceptibility does not depend on where the voxel borders fall.

    Returns
    -------
    box : tuple of slice
    fraction : ndarray
        In 0..1; a body smaller than a voxel fills it partly.
    """
    semi_axes = np.asarray(semi_axes_mm, float)
    voxel = np.asarray(lattice.spacing)
    reach = np.ceil((semi_axes.max() + voxel.max()) / voxel).astype(int)
    centre = np.round(lattice.to_index(centre_mm)).astype(int)
    low, high = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, lattice.shape)
    box = tuple(slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    lines = [line.astype(np.float32) for line in lattice.lines()]
    offsets = [line[part] - c for line, part, c in zip(lines, box, centre_mm, strict=True)]
    distance = np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1)
    if rotation is not None:
        distance = distance @ rotation
    radius = np.sqrt(((distance / semi_axes) ** 2).sum(axis=-1))
    edge = voxel.prod() ** (1 / 3)
    fraction = np.clip((1 - radius) * semi_axes.min() / edge + 0.5, 0, 1)
    true_voxels = 4 / 3 * np.pi * semi_axes.prod() / voxel.prod()
    inside = ((centre - reach >= 0) & (centre + reach < lattice.shape)).all()
    if inside and fraction.sum() > 0:
        fraction *= true_voxels / fraction.sum()
    return box, np.clip(fraction, 0, 1).astype(np.float32)


def draw_tubes(
    lattice: Lattice, starts_mm: np.ndarray, ends_mm: np.ndarray, radii_mm: np.ndarray
) -> np.ndarray:
    """Volume fraction of many straight tube segments, as one volume.

    Parameters
    ----------
    lattice : Lattice
    starts_mm, ends_mm : ndarray (N, 3)
        Scanner positions.
    radii_mm : ndarray (N,)

    Returns
    -------
    ndarray
        float32 in 0..1. Overlaps take the maximum; a vein thinner than a voxel fills its cross-section.

    Notes
    -----
    The work is a loop over the offsets of a small box, each vectorised over all segments, so it grows with
    the length of the vessels and not with the size of the volume.
    """
    fraction = np.zeros(lattice.shape, np.float32)
    edge = float(np.sqrt(lattice.spacing[0] * lattice.spacing[1]))
    for band in _radius_bands(radii_mm):
        _draw_band(fraction, lattice, starts_mm[band], ends_mm[band], radii_mm[band], edge)
    return fraction


def _radius_bands(radii_mm) -> list[np.ndarray]:
    """Indices of thin, middle and thick segments: each band needs a box of its own size."""
    limits = [0, 0.5, 1.2, 2.5, np.inf]
    bands = [
        np.flatnonzero((radii_mm > a) & (radii_mm <= b)) for a, b in zip(limits, limits[1:], strict=False)
    ]
    return [band for band in bands if len(band)]


def _draw_band(fraction, lattice, starts, ends, radii, edge) -> None:
    voxel = np.asarray(lattice.spacing)
    half_length = 0.5 * np.linalg.norm(ends - starts, axis=1).max()
    reach = np.ceil((radii.max() + 0.5 * edge + half_length) / voxel).astype(int)
    base = np.round(lattice.to_index((starts + ends) / 2)).astype(np.int64)
    along = ends - starts
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    height = _cross_section_scale(radii, edge)
    # For every offset o of the box, the vector from a segment's start to the voxel is d = first + o. Its
    # products with itself and with the segment are terms without o, computed once, and terms linear in o.
    first = lattice.to_mm(base) - starts
    first2, first_along = (first**2).sum(axis=1), (first * along).sum(axis=1)
    flat = fraction.reshape(-1)
    strides = np.array([lattice.shape[1] * lattice.shape[2], lattice.shape[2], 1])
    for offset in np.stack(np.indices(2 * reach + 1), -1).reshape(-1, 3) - reach:
        o = offset * voxel
        d_along = first_along + along @ o
        part = np.clip(d_along / length2, 0, 1)
        distance2 = first2 + 2 * (first @ o) + o @ o - part * (2 * d_along - part * length2)
        near = np.flatnonzero(distance2 < (radii + 0.5 * edge) ** 2)
        voxels = base[near] + offset
        near_in = ((voxels >= 0) & (voxels < lattice.shape)).all(axis=1)
        near, voxels = near[near_in], voxels[near_in]
        distance = np.sqrt(np.maximum(distance2[near], 0))
        value = np.clip((radii[near] - distance) / edge + 0.5, 0, 1) * height[near]
        np.maximum.at(flat, voxels @ strides, value.astype(np.float32))


def _cross_section_scale(radii, edge):
    """Height that makes the soft-edged disc's integral equal to pi r^2."""
    thick = np.pi * (radii**2 + edge**2 / 12)
    thin = np.pi * (radii + edge / 2) ** 3 / (3 * edge)
    return np.pi * radii**2 / np.where(radii > edge / 2, thick, thin)
