"""Distances to the borders of one person's structures at any template coordinates."""

from dataclasses import dataclass

import numpy as np

from neolab.simulate import fields, folding, template
from neolab.simulate.subject import Subject, stream

#: Parts of the half template that hold the deep structures and the posterior fossa.
CENTRAL = template.Grid((0.0, -92.0, -56.0), 1.0, (44, 136, 98))
FOSSA = template.Grid((0.0, -108.0, -64.0), 1.0, (64, 104, 78))
CENTRAL_NAMES = (
    "lateral_ventricle",
    "third_ventricle",
    "corpus_callosum",
    "core",
    "subthalamic_nucleus",
    "globus_pallidus",
    "putamen",
    "caudate",
    "thalamus",
    "hippocampus_amygdala",
    "capsule_side",
)
FOSSA_NAMES = ("fourth_ventricle", "brainstem", "cerebellum", "texture")

#: Template mm by which a unit of horn dilatation moves the wall: 1.5 mm in a term head.
HORN_STEP_MM = 2.5
#: Half width of the fluid between the hemispheres, template mm.
FISSURE_HALF_WIDTH_MM = 0.8
#: How far fluid reaches into a sulcus whose banks all but touch, template mm.
SULCAL_FLUID_MM = 1.2
#: Where the hemisphere has no cortex (its medial wall): an ellipsoid, template mm.
BARE_CENTRE_MM, BARE_RADII_MM = (0.0, -16.0, 3.0), (17.0, 25.0, 17.0)


@dataclass(frozen=True)
class Person:
    """Shape parameters of one person that act on distances.

    Parameters
    ----------
    scale : float
        Head mm per template mm.
    horns : dict of str to tuple of float
        Horn -> wall shift (left, right), template mm.
    """

    scale: float
    horns: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, subject: Subject, scale: float) -> "Person":
        """Draw the shape of the ventricles of a subject."""
        rng = stream(subject, "ventricles")
        wanted = {
            "frontal": subject.frontal_horn_dilatation,
            "occipital": subject.occipital_horn_dilatation,
            "temporal": subject.temporal_horn_dilatation,
        }
        horns = {}
        for name, dilatation in wanted.items():
            common, left, right = rng.normal(0.0, (0.45, 0.25, 0.25))
            horns[name] = tuple(HORN_STEP_MM * (dilatation + common + side) for side in (left, right))
        return cls(scale, horns)


def central_distances(model, points: np.ndarray) -> dict[str, np.ndarray]:
    """Distances to the deep structures, head mm, at template points (3, n)."""
    values = fields.sample(_stack(model.base, CENTRAL, CENTRAL_NAMES), CENTRAL, points)
    values *= np.float32(model.person.scale)
    named = dict(zip(CENTRAL_NAMES, values, strict=True))
    named["lateral_ventricle"] -= np.float32(model.person.scale) * _horn_shift(model.person, points)
    return named


def fossa_distances(model, points: np.ndarray) -> dict[str, np.ndarray]:
    """Distances to brainstem, cerebellum and fourth ventricle (head mm) and the texture, at points (3, n)."""
    values = fields.sample(_stack(model.base, FOSSA, FOSSA_NAMES), FOSSA, points)
    values[:-1] *= np.float32(model.person.scale)
    return dict(zip(FOSSA_NAMES, values, strict=True))


def interior_distance(model, points: np.ndarray) -> np.ndarray:
    """Distance to the border of the cortex's interior, head mm, at template points (3, n)."""
    values = fields.sample(model.interior[None], folding.BOTH, points, mirror=False)[0]
    values *= np.float32(model.person.scale)
    return values


def sulcal_fluid(model, points: np.ndarray) -> np.ndarray:
    """Thinning of the cortex by the fluid between the banks of sulci, head mm, at template points (3, n)."""
    values = fields.sample(model.sulci[None], folding.SULCUS, points, mirror=False)[0]
    values *= np.float32(SULCAL_FLUID_MM * model.person.scale)
    return values


def fissure_distance(model, points: np.ndarray) -> np.ndarray:
    """Distance to the fluid between the hemispheres, head mm, positive inside the fluid."""
    return np.float32(model.person.scale) * (np.float32(FISSURE_HALF_WIDTH_MM) - np.abs(points[0]))


def bare_distance(model, points: np.ndarray) -> np.ndarray:
    """Depth inside the region without cortex around the third ventricle and the thalami, head mm."""
    squared = sum(
        ((np.abs(p) - c if axis == 0 else p - c) / r) ** 2
        for axis, (p, c, r) in enumerate(zip(points, BARE_CENTRE_MM, BARE_RADII_MM, strict=True))
    )
    return np.float32(model.person.scale * min(BARE_RADII_MM)) * (np.float32(1.0) - np.sqrt(squared))


def _horn_shift(person: Person, points: np.ndarray) -> np.ndarray:
    x, y, z = points
    weights = {
        "frontal": _step((y - 4.0) / 5.0),
        "occipital": _step((-46.0 - y) / 5.0),
        "temporal": _step((-2.0 - z) / 3.0),
    }
    left = x < 0
    return sum(weight * np.where(left, *person.horns[name]) for name, weight in weights.items()).astype(
        np.float32
    )


def _step(t: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(t)


_stacks: dict[tuple[int, tuple[str, ...]], object] = {}


def _stack(base, grid: template.Grid, names: tuple[str, ...]):
    """Float channels of a part of the template, made once per process."""
    import torch

    key = (id(base), names)
    if key not in _stacks:
        start = [int(o - h) for o, h in zip(grid.origin, template.HEMISPHERE.origin, strict=True)]
        part = tuple(slice(a, a + n) for a, n in zip(start, grid.shape, strict=True))
        channels = np.stack([base.fine[name][part] for name in names]).astype(np.float32) * np.float32(0.1)
        _stacks[key] = torch.from_numpy(channels)
    return _stacks[key]


def within(grid: template.Grid, points: np.ndarray) -> np.ndarray:
    """Numbers of the points (3, n) that lie inside a mirrored part of the template."""
    inside = np.abs(points[0]) < grid.end[0]
    for axis in (1, 2):
        inside &= points[axis] < grid.end[axis]
        if grid.origin[axis] > template.HEMISPHERE.origin[axis]:
            inside &= points[axis] > grid.origin[axis]
    return np.flatnonzero(inside)
