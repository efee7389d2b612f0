"""Tissue fractions of one adult on the scanner's fine grid."""

from dataclasses import dataclass

import numpy as np

from neolab.machine import blocks, over_cores
from neolab.simulate.fields import sample
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import stream
from neolab.simulate.susceptibility.adult_template import interior_weight, load_template, ventricle_field
from neolab.simulate.susceptibility.deformation import WARP_GRID, Deformation, draw_deformation
from neolab.simulate.susceptibility.splines import interpolate, interpolation
from neolab.simulate.susceptibility.subject import AdultSubject
from neolab.simulate.template import Grid

# The template is the average of 152 brains; squaring and renormalising its probabilities gives the crisp
# borders of one brain. The weight of fluid decides how open the sulci are (design values).
SULCAL_WEIGHT_AT_60_YEARS = 2.0
SULCAL_WEIGHT_PER_DECADE = 0.35
# Ventricular wall displacement: the template shows adults of about 25 years (design values).
VENTRICLE_GROWTH_MM_AT_60_YEARS = 1.2
VENTRICLE_GROWTH_MM_PER_DECADE = 0.8
FRACTIONS = ("white_matter", "grey_matter", "csf", "bone", "scalp", "air")
# Shells around the brain, distance outside its surface in mm: fluid and dura, skull, scalp.
SHELLS_MM = {"csf": 1.5, "bone": 7.5, "scalp": 12.5}
# Fluid reaches this far from the brain inside the cranial cavity; beyond it is skull base.
CISTERN_MM = 5.0
HEAD_MARGIN_MM = 14.0
# Sagittal sheets to work on at a time: what fits the processor's cache.
SHEETS = 8
# Template voxels by which splines between coarse points may leave the points' own range.
SPLINE_MARGIN = 3


@dataclass
class Brain:
    """One head on a fine lattice.

    Attributes
    ----------
    lattice : Lattice
    fractions : dict of str to ndarray
        ``white_matter``, ``grey_matter``, ``csf``, ``bone``, ``scalp``, ``air``: float32, summing to 1.
    iron_ppm : ndarray
        Extra susceptibility of iron-rich nuclei, float32.
    depth_mm : ndarray
        Distance inward from the brain surface, negative outside.
    deformation : Deformation
    """

    lattice: Lattice
    fractions: dict[str, np.ndarray]
    iron_ppm: np.ndarray
    depth_mm: np.ndarray
    deformation: Deformation


def make_brain(
    subject: AdultSubject, voxel_mm, sub_slices: int, slab_mm: tuple[float, float] | None = None
) -> Brain:
    """Draw the anatomy of ``subject`` and sample it.

    Parameters
    ----------
    subject : AdultSubject
    voxel_mm : tuple of float
        Fine voxel: in-plane twice, then the sub-slice.
    sub_slices : int
        Sub-slices in a slice; the lattice holds a whole number of slices.
    slab_mm : (low, high), optional
        Render this range of scanner z only.

    Returns
    -------
    Brain
    """
    deformation = draw_deformation(subject, ventricle_field(), _ventricle_growth(subject), interior_weight())
    lattice = _field_of_view(deformation, voxel_mm, sub_slices, slab_mm)
    depth, skull = _distances(deformation, lattice)
    fractions, iron = _sample_tissues(subject, deformation, lattice, depth, skull)
    return Brain(lattice, fractions, iron, depth, deformation)


def _ventricle_growth(subject: AdultSubject) -> float:
    scatter = stream(subject, "ventricles").normal(0, 0.9)
    decades = (subject.age_years - 60) / 10
    growth = VENTRICLE_GROWTH_MM_AT_60_YEARS + VENTRICLE_GROWTH_MM_PER_DECADE * decades + scatter
    return float(np.clip(growth, -0.5, 5.0))


def _field_of_view(deformation, voxel_mm, sub_slices, slab_mm) -> Lattice:
    """The box of this head: the warped surface of the template with a margin for skull and scalp."""
    template = load_template()
    surface = np.argwhere(np.abs(template.depth_mm) < 1.0)[::7]
    points = deformation.to_scanner(template.coarse.to_mm(surface))
    low, high = points.min(axis=0) - HEAD_MARGIN_MM, points.max(axis=0) + HEAD_MARGIN_MM
    low[2] += HEAD_MARGIN_MM - 2
    if slab_mm is not None:
        low[2], high[2] = slab_mm
    return Lattice.from_corner(low, high, voxel_mm, sub_slices)


def _coarse_cover(lattice: Lattice, spacing_mm: float) -> Lattice:
    low = lattice.to_mm([0, 0, 0]) - spacing_mm
    high = lattice.to_mm(np.array(lattice.shape) - 1) + spacing_mm
    return Lattice.from_corner(low, np.maximum(high, low + 5 * spacing_mm), (spacing_mm,) * 3)


def _template_points(deformation: Deformation, coarse: Lattice) -> np.ndarray:
    positions = coarse.to_mm(np.indices(coarse.shape).reshape(3, -1).T)
    return deformation.to_template(positions)


def _distances(deformation: Deformation, lattice: Lattice) -> list[np.ndarray]:
    """Distance inward from the brain surface and from the rounded inner skull."""
    coarse = _coarse_cover(lattice, 3.0)
    points = _template_points(deformation, coarse)
    weights = interpolation(coarse, lattice)

    def distance(name: str) -> np.ndarray:
        return interpolate(load_template().sample(name, points).reshape(coarse.shape), weights)

    return over_cores(distance, ("depth_mm", "skull_mm"))


def _sample_tissues(
    subject, deformation: Deformation, lattice: Lattice, depth, skull
) -> tuple[dict, np.ndarray]:
    """Fractions and iron of every fine voxel, at template coordinates from a coarse grid and splines."""
    template = load_template()
    coarse = _coarse_cover(lattice, WARP_GRID.spacing)
    voxels = template.grid.to_index(_template_points(deformation, coarse))
    along_x, *along_yz = interpolation(coarse, lattice)
    low = np.maximum(np.floor(voxels.min(axis=0)).astype(int) - SPLINE_MARGIN, 0)
    high = np.maximum(np.ceil(voxels.max(axis=0)).astype(int) + SPLINE_MARGIN, low + 2)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))  # a slab needs little of the template
    fields = np.stack([f[box] for f in (template.white, template.grey, template.csf, _iron_map(subject))])
    field_grid = Grid(tuple(low.astype(float)), 1.0, fields.shape[1:])
    decades = (subject.age_years - 60) / 10
    weight = SULCAL_WEIGHT_AT_60_YEARS + SULCAL_WEIGHT_PER_DECADE * decades
    weight = np.float32(max(weight * np.exp(stream(subject, "sulci").normal(0, 0.15)), 0.8))
    iron = np.empty(lattice.shape, np.float32)
    fractions = {name: np.empty(lattice.shape, np.float32) for name in FRACTIONS}

    def fill(part: slice) -> None:
        weights = (along_x[part], *along_yz)
        where = np.stack([interpolate(axis.reshape(coarse.shape), weights) for axis in voxels.T])
        white, grey, csf, iron[part] = sample(fields, field_grid, where, mirror=False)
        for name, share in _normalised(white, grey, csf * weight, depth[part], skull[part]).items():
            fractions[name][part] = share

    over_cores(fill, blocks(lattice.shape[0], SHEETS))
    return fractions, iron


def _normalised(white, grey, csf, depth, skull) -> dict[str, np.ndarray]:
    """Sharpen the probabilities inside the brain and add shells outside; fractions sum to 1."""
    for probability in (white, grey, csf):
        probability *= probability
    total = white + grey + csf
    inside = np.clip(depth + 0.5, 0, 1) * (total > 1e-4)
    scale = inside / np.maximum(total, 1e-4)
    fractions = {"white_matter": white * scale, "grey_matter": grey * scale, "csf": csf * scale}
    rest = 1 - inside
    cistern = np.clip(depth + CISTERN_MM, 0, 1)
    for name, limit in SHELLS_MM.items():
        within = np.clip(skull + (limit + 0.5), 0, 1) * rest
        if name == "csf":
            within *= cistern
        fractions[name] = fractions.get(name, 0) + within
        rest = rest - within
    fractions["air"] = rest
    return fractions


# Susceptibility of each nucleus above grey matter at 60 years, ppm: adult 7-T phantom values (caudate .044,
# pallidum .131, putamen .038, red nucleus .100, nigra .111, dentate .152, thalamus .020; grey matter .020).
IRON_PPM = {
    "putamen": 0.045,
    "globus_pallidus": 0.111,
    "caudate": 0.024,
    "thalamus": 0.0,
    "red_nucleus": 0.080,
    "substantia_nigra": 0.091,
    "dentate": 0.100,
}


def _iron_map(subject: AdultSubject) -> np.ndarray:
    """Iron susceptibility on the template grid, with 20 % scatter a subject and 10 % a nucleus."""
    rng = stream(subject, "iron")
    level = np.exp(rng.normal(0, 0.2)) * (1 + 0.004 * (subject.age_years - 60))
    template = load_template()
    iron = np.zeros(template.grid.shape, np.float32)
    for name, (corner, mask) in template.nuclei.items():
        box = tuple(slice(c, c + n) for c, n in zip(corner, mask.shape, strict=True))
        iron[box] = iron[box] * (1 - mask) + mask * IRON_PPM[name] * level * np.exp(rng.normal(0, 0.1))
    return iron
