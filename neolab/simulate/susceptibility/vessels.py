"""Veins: the dark lines of SWI and, cut across, its most common false microbleeds.

Cortical veins rise from the depth of sulci to the surface, medullary veins run through white matter to the
ventricular wall, the deep system and the dural sinuses follow fixed courses. All are walked in template
space and carried into the subject.
"""

from dataclasses import dataclass

import numpy as np

from neolab.simulate.subject import stream
from neolab.simulate.susceptibility.adult_brain import Brain
from neolab.simulate.susceptibility.adult_template import load_template
from neolab.simulate.susceptibility.rasterise import draw_tubes
from neolab.simulate.susceptibility.subject import AdultSubject

STEP_MM = 0.8
# Numbers and calibres are design values: calibres of visible veins on SWI, 0.2-1 mm radius.
N_SULCAL, N_MEDULLARY = 520, 360
SULCAL_RADIUS_MM = (0.28, 0.8)
MEDULLARY_RADIUS_MM = (0.18, 0.46)

# Left halves, MNI mm, with radius in mm at each knot; drawn on both sides where x is not 0.
DEEP_VEINS = {
    "internal_cerebral": [(4, 2, 13, 0.6), (3, -12, 14, 0.8), (2.5, -26, 10, 0.9), (1, -38, 4, 1.1)],
    "thalamostriate": [(18, -16, 22, 0.4), (13, -4, 19, 0.5), (7, 2, 15, 0.6), (4, 2, 13, 0.6)],
    "septal": [(9, 26, 14, 0.35), (5, 16, 16, 0.4), (4, 6, 14, 0.5), (4, 2, 13, 0.6)],
    "basal": [(14, 2, -20, 0.5), (16, -12, -14, 0.6), (15, -26, -4, 0.7), (8, -36, 2, 0.9), (1, -40, 4, 1.1)],
    "galen_straight": [(0, -38, 4, 1.6), (0, -46, 6, 1.8), (0, -60, 4, 2.0), (0, -82, -8, 2.2)],
}


@dataclass(frozen=True)
class VeinTree:
    """Tube segments in scanner space: starts and ends (N, 3) in mm, radii (N,) in mm."""

    starts_mm: np.ndarray
    ends_mm: np.ndarray
    radii_mm: np.ndarray


def draw_veins(subject: AdultSubject, brain: Brain) -> np.ndarray:
    """Vein volume fraction on the fine lattice, float32 in 0..1."""
    tree = grow_veins(subject, brain)
    return draw_tubes(brain.lattice, tree.starts_mm, tree.ends_mm, tree.radii_mm)


def grow_veins(subject: AdultSubject, brain: Brain) -> VeinTree:
    """All veins of a subject that pass through the lattice."""
    rng = stream(subject, "veins")
    walks = [_sulcal(rng), _medullary(rng), *_deep(rng)]
    starts, ends, radii = (np.concatenate(parts) for parts in zip(*walks, strict=True))
    starts, ends = brain.deformation.to_scanner(starts), brain.deformation.to_scanner(ends)
    low = brain.lattice.to_mm([-3, -3, -3])
    high = brain.lattice.to_mm(np.array(brain.lattice.shape) + 2)
    inside = ((starts > low) & (starts < high) & (ends > low) & (ends < high)).all(axis=1)
    return VeinTree(starts[inside], ends[inside], radii[inside])


def _gradient(name: str, points, step_mm: float = 1.0) -> np.ndarray:
    offsets = np.concatenate([np.eye(3), -np.eye(3)])[:, None] * step_mm
    ahead, behind = np.split(load_template().sample(name, points + offsets), 2)
    return (ahead - behind).T


def _unit(vectors) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def _segments(paths: np.ndarray, radii: np.ndarray, alive: np.ndarray):
    """Paths (steps+1, N, 3) to segments; ``alive`` (steps, N) marks those that are drawn."""
    return paths[:-1][alive], paths[1:][alive], radii[alive]


def _sulcal(rng):
    """Walk from sulcal depth towards the surface, held in the sulcus by its fluid ridge, then along it."""
    template = load_template()
    seeds = np.argwhere(template.sulcal_csf > 0.22)
    seeds = template.grid.to_mm(seeds[rng.choice(len(seeds), 8 * N_SULCAL)])
    depth = template.sample("depth_mm", seeds)
    ventricle = template.sample("ventricle_mm", seeds)
    seeds = seeds[(depth > 3) & (depth < 26) & (ventricle > 6)][:N_SULCAL]
    points, n = seeds + rng.normal(0, 0.5, seeds.shape), len(seeds)
    heading = _unit(rng.normal(size=(n, 3)))
    length = rng.integers(15, 75, n)
    calibre = rng.uniform(*SULCAL_RADIUS_MM, n)
    paths, radii, alive = [points], [], []
    for step in range(int(length.max())):
        outward = -_gradient("depth_mm", points, 2.0)
        near_surface = template.sample("depth_mm", points)[:, None] < 2.0
        to_ridge = _gradient("sulcal_csf", points)
        push = np.where(near_surface, -0.15, 0.12) * _unit(outward) + 2.5 * to_ridge
        heading = _unit(heading + push + rng.normal(0, 0.16, (n, 3)))
        points = points + STEP_MM * heading
        paths.append(points)
        radii.append(calibre * (0.7 + 0.3 * step / 40))
        alive.append((step < length) & (template.sample("depth_mm", points) > -1.0))
    return _segments(np.array(paths), np.array(radii), np.array(alive))


def _medullary(rng):
    """Straight, nearly parallel veins through white matter to the wall of the lateral ventricle."""
    template = load_template()
    white = np.argwhere(template.white[::3, ::3, ::3] > 0.75) * 3
    seeds = template.grid.to_mm(white[rng.permutation(len(white))])
    distance = template.sample("ventricle_mm", seeds)
    upper = (seeds[:, 2] > -2) & (np.abs(seeds[:, 0]) > 9)
    seeds = seeds[(distance > 9) & (distance < 30) & upper][:N_MEDULLARY]
    points, n = seeds, len(seeds)
    calibre = rng.uniform(*MEDULLARY_RADIUS_MM, n)
    paths, radii, alive = [points], [], []
    for step in range(45):
        inward = -_unit(_gradient("ventricle_mm", points, 3.0))
        inward[:, 1] *= 0.4  # medullary veins run transversely on axial slices
        points = points + STEP_MM * _unit(_unit(inward) + rng.normal(0, 0.12, (n, 3)))
        distance = template.sample("ventricle_mm", points)
        paths.append(points)
        radii.append(calibre * (0.6 + 0.02 * step))
        alive.append(distance > 1.0)
    return _segments(np.array(paths), np.array(radii), np.logical_and.accumulate(alive, axis=0))


def _deep(rng):
    """The deep veins and dural sinuses as splines through jittered knots."""
    courses = [(np.array(knots, float), (1, -1)) for knots in DEEP_VEINS.values()]
    courses += [(_superior_sagittal_sinus(), (1,)), (_transverse_sinus(), (1, -1))]
    for knots, sides in courses:
        for side in sides:
            if side < 0 and not knots[:, 0].any():
                continue
            yield _course(rng, knots, side)


def _course(rng, knots, side):
    from scipy.interpolate import make_interp_spline

    jittered = knots.copy()
    middle = (knots[:, 0] > 1.5)[:, None]
    jittered[:, :3] += rng.normal(0, 1.0, (len(knots), 3)) * middle
    jittered[:, 3] *= np.exp(rng.normal(0, 0.2))
    jittered[:, 0] *= side
    chord = np.r_[0, np.cumsum(np.linalg.norm(np.diff(jittered[:, :3], axis=0), axis=1))]
    spline = make_interp_spline(chord, jittered, k=min(3, len(knots) - 1))
    fine = spline(np.linspace(0, chord[-1], max(int(chord[-1] / STEP_MM), 4)))
    return fine[:-1, :3], fine[1:, :3], np.maximum(fine[:-1, 3], 0.2)


def _superior_sagittal_sinus() -> np.ndarray:
    """Midline, just outside the brain, from the frontal pole over the vertex to the torcular."""
    angles = np.deg2rad(np.linspace(15, 200, 14))
    radius = np.linspace(1.3, 3.2, 14)
    return np.stack([_on_surface(0, angle) for angle in angles]) * [0, 1, 1, 0] + radius[:, None] * [
        0,
        0,
        0,
        1,
    ]


def _on_surface(x: float, angle: float) -> np.ndarray:
    """Point of the midline plane 1 mm outside the rounded surface, at an angle from the front."""
    template = load_template()
    direction = np.array([0, np.cos(angle), np.sin(angle)])
    ray = np.array([x, -18.0, 8.0]) + np.arange(20, 120)[:, None] * direction
    outside = template.sample("skull_mm", ray) < -1.0
    return np.r_[ray[np.argmax(outside)], 0.0]


def _transverse_sinus() -> np.ndarray:
    """From the torcular along the tentorial attachment to the sigmoid bend."""
    return np.array(
        [(1, -102, -14, 2.6), (22, -97, -22, 2.6), (44, -80, -26, 2.6), (58, -60, -30, 2.4)], float
    )
