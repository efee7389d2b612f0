"""From scanner millimetres to template coordinates: head pose, growth and a person's own shape."""

from dataclasses import dataclass

import numpy as np

from neolab.simulate import fields
from neolab.simulate.growth import Sizes
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import Subject, stream
from neolab.simulate.template import SMOOTH, Grid

#: Intracranial volume of the template, ml, which a linear scale of 1 stands for.
TEMPLATE_INTRACRANIAL_ML = 1950.0
#: Lattice of the random velocity fields, template mm.
VELOCITY = Grid((-96.0, -132.0, -90.0), 6.0, (33, 40, 34))
#: Scales (standard deviation of the smoothing, template mm) and amplitudes (mm a component) of the velocity.
SHAPE_SCALES = ((16.0, 3.4), (8.0, 1.3))
#: The same for the shape of the head itself.
HEAD_SHAPE_SCALES = ((30.0, 1.2),)
#: Reach of the skull and of the falx into the flow, template mm.
FENCE_MM, MIDLINE_MM = 9.0, 14.0
#: Brainstems differ less than hemispheres: where the flow is damped, template mm.
BRAINSTEM_MM, BRAINSTEM_REACH_MM = (0.0, -28.0, -28.0), 24.0
#: Number of squarings in the exponential of the velocity field.
SQUARINGS = 5


@dataclass(frozen=True)
class Placement:
    """How one head lies in the scanner and what size it has.

    Parameters
    ----------
    rotation : numpy.ndarray
        (3, 3), head axes to scanner axes.
    shift_mm : numpy.ndarray
        (3,) position of the template's origin in the scanner.
    scale : numpy.ndarray
        (3,) head mm per template mm along x, y, z.
    """

    rotation: np.ndarray
    shift_mm: np.ndarray
    scale: np.ndarray

    @property
    def mean_scale(self) -> float:
        """Head mm per template mm, geometric mean."""
        return float(np.cbrt(np.prod(self.scale)))

    def to_template(self, scanner_mm: np.ndarray) -> np.ndarray:
        """Scanner coordinates (3, ...) to undeformed template coordinates (3, ...)."""
        shape = scanner_mm.shape
        centred = scanner_mm.reshape(3, -1) - self.shift_mm[:, None]
        return ((self.rotation.T / self.scale[:, None]) @ centred).reshape(shape).astype(np.float32)

    def to_scanner(self, template_mm: np.ndarray) -> np.ndarray:
        """Undeformed template coordinates (3, n) to scanner coordinates (3, n)."""
        return (self.rotation * self.scale) @ template_mm + self.shift_mm[:, None]


def place_head(subject: Subject, sizes: Sizes) -> Placement:
    """Scale the template to the intracranial volume and lay the head into the scanner.

    Preterm heads are longer and narrower; proportions vary by 2 % a person; the pose (a few degrees and
    millimetres) has its own stream and differs between sessions.
    """
    person = stream(subject, "anatomy")
    immaturity = float(np.clip((40.0 - subject.postmenstrual_age_weeks) / 10.0, 0.0, 1.0))
    proportions = np.array([1 - 0.03 * immaturity, 1 + 0.04 * immaturity, 1 - 0.01 * immaturity])
    proportions = proportions * np.exp(person.normal(0.0, 0.02, 3))
    proportions /= np.cbrt(np.prod(proportions))
    scale = np.cbrt(sizes.intracranial / TEMPLATE_INTRACRANIAL_ML) * proportions
    pose = stream(subject, "pose")
    angles = np.deg2rad(pose.normal(0.0, (2.5, 2.5, 3.0)))
    return Placement(_rotation(angles), pose.normal(0.0, 1.5, 3), scale)


def _rotation(angles: np.ndarray) -> np.ndarray:
    matrix = np.eye(3)
    for axis, angle in enumerate(angles):
        turn = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix


def shape_displacement(subject: Subject, hull: np.ndarray) -> np.ndarray:
    """A person's own smooth deformation of the template, one-to-one by construction.

    The displacement is the exponential of a stationary velocity field (scaling and squaring, Arsigny 2006),
    so that its Jacobian stays positive whatever the amplitude. Inside the skull the flow is free; at the
    skull and the midline it runs along them, so that gyri move and the head keeps its shape and its falx.

    Parameters
    ----------
    subject : Subject
    hull : numpy.ndarray
        Distance to the inner table on ``template.SMOOTH``, mm.

    Returns
    -------
    numpy.ndarray
        (3, *VELOCITY.shape) float32, template mm.
    """
    rng = stream(subject, "warp")
    velocity = _random_velocity(rng, SHAPE_SCALES)
    positions = np.stack(np.broadcast_arrays(*VELOCITY.axes())).astype(np.float32)
    distance = fields.sample(hull[None].astype(np.float32), SMOOTH, positions)[0]
    normal = np.stack(np.gradient(distance, VELOCITY.spacing)).astype(np.float32)
    fence = np.exp(-(np.minimum(distance + 4.0, 0.0) ** 2) / (2 * FENCE_MM**2))
    velocity -= (fence * (velocity * normal).sum(axis=0) / ((normal**2).sum(axis=0) + 0.05)) * normal
    from_stem = sum(((p - c) / BRAINSTEM_REACH_MM) ** 2 for p, c in zip(positions, BRAINSTEM_MM, strict=True))
    velocity *= 1.0 - 0.7 * np.exp(-from_stem)
    velocity += _random_velocity(rng, HEAD_SHAPE_SCALES)
    velocity[0] *= 1.0 - 0.95 * np.exp(-((positions[0] / MIDLINE_MM) ** 2))
    return exponential(velocity)


def _random_velocity(rng: np.random.Generator, scales) -> np.ndarray:
    velocity = np.zeros((3, *VELOCITY.shape), np.float32)
    for scale_mm, amplitude_mm in scales:
        for component in velocity:
            noise = fields.smooth_noise(rng, VELOCITY.shape, VELOCITY.spacing, scale_mm)
            component += np.float32(amplitude_mm) * noise
    return velocity


def exponential(velocity: np.ndarray, grid: Grid = VELOCITY) -> np.ndarray:
    """Displacement (3, *grid.shape) after unit time of flow along a stationary velocity field, mm."""
    displacement = velocity / np.float32(2**SQUARINGS)
    positions = np.stack(np.broadcast_arrays(*grid.axes())).astype(np.float32)
    for _ in range(SQUARINGS):
        displacement = displacement + fields.sample(
            displacement, grid, positions + displacement, mirror=False
        )
    return displacement


def magnify(points: np.ndarray, centre, radii, factor: float) -> np.ndarray:
    """Pull template coordinates towards a centre, which makes what lies there larger by ``factor``.

    The pull is even inside the given radii (mm) and fades around them; factors between 0.65 and 1.6 keep the
    map one-to-one.
    """
    centre = np.asarray(centre, np.float32).reshape(3, *[1] * (points.ndim - 1))
    offset = points - centre
    squared = sum((o / r) ** 2 for o, r in zip(offset, radii, strict=True))
    return points - offset * (np.exp(-(squared**2)) * np.float32(1.0 - 1.0 / factor))


#: Spacing of the lattice that carries the deformation and smooth fields, template mm.
COARSE_SPACING_MM = 3.4
#: Field of view in template mm, and what skull, scalp and air add to it, head mm.
VIEW_LOW_MM, VIEW_HIGH_MM = (-74.0, -108.0, -78.0), (74.0, 76.0, 84.0)
VIEW_MARGIN_LOW_MM, VIEW_MARGIN_HIGH_MM = (11.0, 11.0, 6.0), (11.0, 14.0, 11.0)


def view_corners(placement: Placement) -> tuple[np.ndarray, np.ndarray]:
    """Low and high corner of the box that is rendered, scanner mm."""
    low = np.array(VIEW_LOW_MM) * placement.scale - VIEW_MARGIN_LOW_MM + placement.shift_mm
    high = np.array(VIEW_HIGH_MM) * placement.scale + VIEW_MARGIN_HIGH_MM + placement.shift_mm
    return low, high


def field_of_view(placement: Placement) -> Lattice:
    """The coarse lattice around all of the head that is ever rendered, scanner mm."""
    low, high = view_corners(placement)
    spacing = COARSE_SPACING_MM * placement.mean_scale
    return Lattice.covering(low - spacing, high + spacing, (spacing,) * 3)


def deform(subject: Subject, sizes: Sizes, placement: Placement, lattice: Lattice, hull) -> np.ndarray:
    """Template coordinates of lattice points: pose and size, own shape, and the proportions of a newborn.

    Parameters
    ----------
    subject : Subject
    sizes : Sizes
    placement : Placement
    lattice : Lattice
    hull : numpy.ndarray
        Distance to the inner table on ``template.SMOOTH``, mm.

    Returns
    -------
    numpy.ndarray
        (3, *lattice.shape) float32, mm.
    """
    points = placement.to_template(lattice.points())
    points = points + fields.sample(shape_displacement(subject, hull), VELOCITY, points, mirror=False)
    # A newborn's deep grey matter is large for its brain and its cerebellum small: the template's shapes have
    # about 34 and 165 ml.
    cube = placement.mean_scale**3
    deep = sum(sizes.structures[name] for name in ("caudate", "putamen", "globus_pallidus", "thalamus"))
    points = magnify(
        points, (0, -8, 4), (40, 46, 34), float(np.clip(np.cbrt(deep / (34.0 * cube)), 0.9, 1.5))
    )
    fossa = float(np.clip(np.cbrt(sizes.cerebellum / (165.0 * cube)), 0.65, 1.15))
    return magnify(points, (0, -50, -30), (70, 56, 44), fossa)
