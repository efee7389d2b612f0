"""The MNI152 brain that nilearn ships, with the distance fields and iron-rich nuclei that it lacks.

The ICBM 2009a average is exactly left-right symmetric; asymmetry comes from the deformation. It holds the
brain only: skull, scalp and sinuses are shells and cavities around it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage as ndi

from neolab.simulate.susceptibility.deformation import WARP_GRID
from neolab.simulate.template import VOLUME_ORIGIN_MM, Grid, load_volume

VENTRICLE_DECAY_MM = 14.0

# Centre (|x|, y, z), semi-axes and axial rotation of each nucleus in MNI mm; one side, mirrored.
# Placed on the template's own grey-matter contrast; subthalamic and red nuclei on published coordinates.
NUCLEI = {
    "putamen": ((26.2, 1.5, 1.0), (5.0, 15.0, 10.0), -14),
    "globus_pallidus": ((19.0, -4.8, -0.5), (4.6, 9.4, 6.4), -27),
    "caudate": ((13.2, 14.0, 7.0), (4.6, 8.5, 10.0), -12),
    "thalamus": ((11.2, -18.0, 7.5), (8.0, 14.0, 9.0), -26),
    "red_nucleus": ((5.0, -20.0, -9.0), (3.0, 3.4, 3.6), 0),
    "substantia_nigra": ((10.5, -17.5, -11.5), (2.6, 6.5, 2.8), -32),
    "dentate": ((15.0, -57.0, -34.0), (4.5, 8.0, 4.0), -20),
}


@dataclass(frozen=True)
class AdultTemplate:
    """Fields in template space.

    Attributes
    ----------
    grey, white, csf : ndarray
        Probabilities on the 1-mm grid, float32.
    sulcal_csf : ndarray
        Cerebrospinal fluid smoothed by 1.5 mm: its ridges lie in the depth of the sulci.
    depth_mm : ndarray
        Distance inward from the brain surface on ``coarse``, negative outside.
    skull_mm : ndarray
        The same for the rounded surface that bridges fissures and the skull base.
    ventricle_mm : ndarray
        Distance outward from the lateral ventricles on ``coarse``.
    nuclei : dict
        Name to (corner voxel, soft mask) on the 1-mm grid.
    grid, coarse : Grid
    """

    grey: np.ndarray
    white: np.ndarray
    csf: np.ndarray
    sulcal_csf: np.ndarray
    depth_mm: np.ndarray
    skull_mm: np.ndarray
    ventricle_mm: np.ndarray
    nuclei: dict
    grid: Grid
    coarse: Grid

    def sample(self, name: str, points_mm: np.ndarray) -> np.ndarray:
        """Linear interpolation of a field at template positions (..., 3)."""
        field = getattr(self, name)
        grid = self.coarse if field.shape == self.coarse.shape else self.grid
        where = np.moveaxis(grid.to_index(points_mm), -1, 0)
        return ndi.map_coordinates(field, where, order=1, mode="nearest")


@lru_cache(maxsize=1)
def load_template() -> AdultTemplate:
    """Read the template and derive its fields (about 2 s, once a process)."""
    t1, grey, white = (load_volume(name) for name in ("t1", "gm", "wm"))
    brain = ndi.binary_fill_holes(t1 > 0.05)
    csf = np.clip(brain - grey - white, 0, 1).astype(np.float32)
    grid = Grid(VOLUME_ORIGIN_MM, 1.0, t1.shape)
    coarse = Grid((-103.0, -139.0, -89.0), 2.0, (104, 122, 105))
    inside = _on_coarse(brain, grid, coarse)
    depth = _signed_depth(inside, coarse)
    ventricle = _ventricle_distance(csf, depth, grid, coarse)
    return AdultTemplate(
        grey=grey,
        white=white,
        csf=csf,
        sulcal_csf=ndi.gaussian_filter(csf, 1.5),
        depth_mm=depth,
        skull_mm=_signed_depth(_rounded(inside, coarse), coarse),
        ventricle_mm=ventricle,
        nuclei={name: _nucleus(grid, *shape) for name, shape in NUCLEI.items()},
        grid=grid,
        coarse=coarse,
    )


def _on_coarse(mask: np.ndarray, grid: Grid, coarse: Grid) -> np.ndarray:
    positions = coarse.to_mm(np.moveaxis(np.indices(coarse.shape), 0, -1))
    where = np.moveaxis(grid.to_index(positions), -1, 0)
    return ndi.map_coordinates(mask.astype(np.float32), where, order=1) > 0.5


def _signed_depth(inside: np.ndarray, coarse: Grid) -> np.ndarray:
    spacing = (coarse.spacing,) * 3
    depth = ndi.distance_transform_edt(inside, spacing) - ndi.distance_transform_edt(~inside, spacing)
    return ndi.gaussian_filter(depth, 1.0).astype(np.float32)


def _rounded(inside: np.ndarray, coarse: Grid, radius_mm: float = 24.0) -> np.ndarray:
    """Morphological closing by distance: the shape of the cranial cavity."""
    grown = ndi.distance_transform_edt(~inside, coarse.spacing) < radius_mm
    return inside | (ndi.distance_transform_edt(grown, coarse.spacing) > radius_mm)


def _ventricle_distance(csf, depth, grid, coarse) -> np.ndarray:
    """Distance from the lateral and third ventricles: fluid more than 22 mm below the surface."""
    fluid = _on_coarse(csf > 0.55, grid, coarse)
    x, y, z = coarse.axes()
    box = (np.abs(x) < 40) & (y > -55) & (y < 40) & (z > -8) & (z < 32)
    ventricles = fluid & box & (depth > 22)
    return ndi.distance_transform_edt(~ventricles, coarse.spacing).astype(np.float32)


def _nucleus(grid: Grid, centre, semi_axes, rotation_deg) -> tuple[tuple[int, ...], np.ndarray]:
    """Soft mirrored ellipsoid, cut out of the 1-mm grid: (corner voxel, mask)."""
    reach = max(semi_axes) + 3
    low = np.floor(grid.to_index([-centre[0] - reach, centre[1] - reach, centre[2] - reach])).astype(int)
    high = np.ceil(grid.to_index([centre[0] + reach, centre[1] + reach, centre[2] + reach])).astype(int)
    axes = [np.arange(a, b) + o for a, b, o in zip(low, high, grid.origin, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    angle = np.deg2rad(rotation_deg)
    dx, dy, dz = np.abs(x) - centre[0], y - centre[1], z - centre[2]
    along = (dx * np.cos(angle) + dy * np.sin(angle), -dx * np.sin(angle) + dy * np.cos(angle), dz)
    radius = np.sqrt(sum((d / a) ** 2 for d, a in zip(along, semi_axes, strict=True)))
    outside_mm = (radius - 1) * min(semi_axes)
    mask = 1 / (1 + np.exp(np.clip(outside_mm / 0.5, -20, 20)))
    return tuple(low), mask.astype(np.float32)


@lru_cache(maxsize=1)
def ventricle_field() -> np.ndarray:
    """Direction away from the ventricles, fading over ``VENTRICLE_DECAY_MM``, on ``WARP_GRID``."""
    template = load_template()
    positions = WARP_GRID.to_mm(np.moveaxis(np.indices(WARP_GRID.shape), 0, -1))
    distance = ndi.gaussian_filter(template.sample("ventricle_mm", positions), 1.0)
    gradient = np.stack(np.gradient(distance, WARP_GRID.spacing))
    length = np.maximum(np.linalg.norm(gradient, axis=0), 0.3)
    return (gradient / length * np.exp(-distance / VENTRICLE_DECAY_MM)).astype(np.float32)


@lru_cache(maxsize=1)
def interior_weight() -> np.ndarray:
    """1 from 14 mm below the rounded surface inward, .2 at the surface and outside it, on ``WARP_GRID``."""
    positions = WARP_GRID.to_mm(np.moveaxis(np.indices(WARP_GRID.shape), 0, -1))
    depth = load_template().sample("skull_mm", positions)
    return np.clip(0.2 + 0.8 * depth / 14, 0.2, 1).astype(np.float32)
