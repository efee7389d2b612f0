"""Magnetic bodies: microbleeds and what looks like them, as ellipsoids with a susceptibility.

A body is never painted: it edits the susceptibility and relaxation maps, and the sequence shows it.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import stream
from neolab.simulate.susceptibility.adult_brain import Brain
from neolab.simulate.susceptibility.dipole import phase_per_ppm
from neolab.simulate.susceptibility.protocol import GreProtocol
from neolab.simulate.susceptibility.rasterise import sphere_fraction
from neolab.simulate.susceptibility.subject import AdultSubject

# Log-normal radius, median .85 mm, .4-2.2 mm, which blooms to the 2-10 mm seen on images; .8-2.2 ppm.
RADIUS_MEDIAN_MM, RADIUS_LOG_SD, RADIUS_RANGE_MM = 0.85, 0.35, (0.4, 2.2)
MICROBLEED_PPM = (0.8, 2.2)
# Cohort counts are counts of what readers saw with their protocol: the signal void must reach the smallest
# diameter that is called a microbleed (2 mm) and half the slice, or averaging hides it (a design value).
# Smaller deposits exist and go uncounted, here as in life.
SMALLEST_VISIBLE_DIAMETER_MM = 2.0
SMALLEST_SHARE_OF_SLICE = 0.5
CALCIFICATION_PPM = (-2.0, -0.8)
# Bodies keep this distance from both ends of a slab, so that their fields are in it.
SLAB_MARGIN_MM = 6.0
# Share of bodies by region, set so that 80 / 24 / 27 % of carriers have one there (Rotterdam, overlapping).
REGIONS = {"lobar": 0.64, "deep": 0.16, "infratentorial": 0.20}
MICROBLEED_R2_STAR, CALCIFICATION_R2_STAR, HAEMATOMA_R2_STAR = 120.0, 60.0, 60.0


@dataclass(frozen=True)
class Body:
    """One body: scanner and template position in mm, size, susceptibility above its surroundings."""

    kind: str
    region: str
    x_mm: float
    y_mm: float
    z_mm: float
    template_x_mm: float
    template_y_mm: float
    template_z_mm: float
    diameter_mm: float
    axis_ratio: float
    susceptibility_ppm: float
    r2_star: float
    depth_mm: float

    @property
    def centre_mm(self) -> tuple[float, float, float]:
        """Scanner position."""
        return self.x_mm, self.y_mm, self.z_mm


def body_table(bodies: list[Body]) -> pd.DataFrame:
    """One row a body, with the columns of ``Body`` also when there is none."""
    return pd.DataFrame([asdict(body) for body in bodies], columns=list(Body.__dataclass_fields__))


def region_of(points_mm: np.ndarray) -> np.ndarray:
    """``lobar``, ``deep`` or ``infratentorial`` for template positions (N, 3).

    Deep is the box of basal ganglia, thalamus and internal capsule; the tentorium falls sideways and back.
    """
    x, y, z = np.asarray(points_mm, float).T
    deep = (np.abs(x) < 33) & (y > -33) & (y < 24) & (z > -9) & (z < 20)
    tentorium_mm = 2 - 0.5 * np.abs(x) - 0.35 * np.maximum(-y - 60, 0)
    cerebellum = (y < -36) & (z < tentorium_mm)
    brainstem = (np.abs(x) < 17) & (y < -8) & (z < -8)
    return np.where(cerebellum | brainstem, "infratentorial", np.where(deep, "deep", "lobar"))


def draw_bodies(subject: AdultSubject, brain: Brain, protocol: GreProtocol) -> list[Body]:
    """Place the microbleeds and calcifications of one subject, and its haematoma if it has one.

    ``protocol`` decides which of them are large enough to be counted.
    """
    bodies = [_haematoma(subject, brain)] if subject.haematoma else []
    bodies = [body for body in bodies if body]
    bodies += _common_calcifications(subject, brain)
    bodies += _scattered(subject, brain, "calcification", subject.n_calcifications, bodies, protocol)
    return bodies + _scattered(subject, brain, "microbleed", subject.n_microbleeds, bodies, protocol)


def _candidates(brain: Brain, rng, margin_mm: float) -> np.ndarray:
    """Random parenchymal positions, voxel indices, away from fluid and from the ends of the slab."""
    shape = np.array(brain.lattice.shape)
    voxels = rng.integers(0, shape, size=(60_000, 3))
    edge = np.ceil(margin_mm / brain.lattice.spacing[2]).astype(int)
    inside = (voxels[:, 2] >= edge) & (voxels[:, 2] < shape[2] - edge)
    where = tuple(voxels.T)
    tissue = brain.fractions["csf"][where] < 0.05
    parenchyma = brain.fractions["white_matter"][where] + brain.fractions["grey_matter"][where] > 0.9
    return voxels[inside & tissue & parenchyma & (brain.depth_mm[where] > 3.0)]


def _scattered(subject, brain, kind, count, others, protocol) -> list[Body]:
    """Draw regions first, then a place in each; no two bodies closer than 8 mm."""
    rng = stream(subject, kind)
    if count == 0:
        return []
    voxels = _candidates(brain, rng, SLAB_MARGIN_MM)
    if not len(voxels):
        depth = brain.lattice.shape[2] * brain.lattice.spacing[2]
        raise InputError(
            f"slab_mm: found {depth:.0f} mm without room for a {kind}, expected brain and more than "
            f"{2 * SLAB_MARGIN_MM:g} mm"
        )
    positions = brain.lattice.to_mm(voxels)
    template = brain.deformation.to_template(positions)
    regions = region_of(template)
    taken = [body.centre_mm for body in others]
    bodies = []
    for region in rng.choice(list(REGIONS), size=count, p=list(REGIONS.values())):
        pool = np.flatnonzero(regions == region)
        pool = pool if len(pool) else np.arange(len(positions))
        for index in rng.permutation(pool)[:200]:
            far = [np.linalg.norm(positions[index] - np.array(t)) > 8 for t in taken]
            if all(far):
                break
        centre = positions[index] + rng.uniform(-0.4, 0.4, 3)
        bodies.append(_body(rng, kind, str(regions[index]), centre, template[index], brain, protocol))
        taken.append(tuple(centre))
    return bodies


def blooming_radius_mm(radius_mm, susceptibility_ppm, field_tesla: float = 3.0, echo_time_ms: float = 20.0):
    """Radius of the signal void: where the phase of the sphere's own field at the equator reaches pi / 2.

    ``a (2 gamma B0 TE chi / 3)^(1/3)`` with gamma in MHz/T; never smaller than the body itself.
    """
    turns = phase_per_ppm(field_tesla, echo_time_ms) * np.abs(susceptibility_ppm) / 3
    return radius_mm * np.maximum(turns / (np.pi / 2), 1.0) ** (1 / 3)


def size_and_susceptibility(rng, bleed: bool, protocol: GreProtocol) -> tuple[float, float]:
    """Draw radius in mm and ppm until the body would be seen with this protocol."""
    needed = max(SMALLEST_VISIBLE_DIAMETER_MM, SMALLEST_SHARE_OF_SLICE * protocol.voxel_mm[2])
    while True:
        radius = float(np.clip(rng.lognormal(np.log(RADIUS_MEDIAN_MM), RADIUS_LOG_SD), *RADIUS_RANGE_MM))
        ppm = float(rng.uniform(*(MICROBLEED_PPM if bleed else CALCIFICATION_PPM)))
        if 2 * blooming_radius_mm(radius, ppm, protocol.field_tesla, protocol.echo_time_ms) >= needed:
            return radius, ppm


def _body(rng, kind, region, centre, template, brain, protocol) -> Body:
    bleed = kind == "microbleed"
    radius, ppm = size_and_susceptibility(rng, bleed, protocol)
    r2_star = MICROBLEED_R2_STAR if bleed else CALCIFICATION_R2_STAR
    return _make(kind, region, centre, template, 2 * radius, rng.uniform(1.0, 1.3), ppm, r2_star, brain)


def _make(kind, region, centre, template, diameter, ratio, ppm, r2_star, brain) -> Body:
    voxel = np.clip(
        np.round(brain.lattice.to_index(centre)).astype(int), 0, np.array(brain.lattice.shape) - 1
    )
    depth = float(brain.depth_mm[tuple(voxel)])
    numbers = [float(v) for v in (*centre, *template, diameter, ratio, ppm, r2_star, depth)]
    return Body(kind, region, *numbers)


def _common_calcifications(subject, brain) -> list[Body]:
    """Physiological calcification of the pineal gland, choroid plexus and, less often, the pallidum."""
    rng = stream(subject, "physiological calcification")
    sites = [
        ("pineal", (0, -30, 1), 0.6, 1.6),
        ("choroid", (22, -42, 10), 0.5, 1.4),
        ("choroid", (-22, -42, 10), 0.5, 1.4),
    ]
    sites += [("pallidum", (18, -5, 0), 0.15, 0.9), ("pallidum", (-18, -5, 0), 0.15, 0.9)]
    bodies = []
    for site, position, probability, radius in sites:
        present, jitter = rng.random() < probability, rng.normal(0, 1.5, 3)
        size, ratio, ppm = (
            radius * np.exp(rng.normal(0, 0.25)),
            rng.uniform(1, 1.4),
            rng.uniform(*CALCIFICATION_PPM),
        )
        template = np.array(position) + jitter
        centre = brain.deformation.to_scanner(template[None])[0]
        if present and _inside(brain.lattice, centre):
            r2_star = CALCIFICATION_R2_STAR
            bodies.append(
                _make("calcification", site, centre, template, 2 * size, ratio, ppm, r2_star, brain)
            )
    return bodies


def _inside(lattice: Lattice, centre, margin: int = 4) -> bool:
    voxel = lattice.to_index(centre)
    return bool(((voxel > margin) & (voxel < np.array(lattice.shape) - 1 - margin)).all())


def _haematoma(subject, brain) -> Body | None:
    """An old haematoma, deep in two thirds and lobar in one; not a microbleed."""
    rng = stream(subject, "haematoma")
    template = np.array([24.0, 0.0, 4.0]) if rng.random() < 0.67 else np.array([34.0, -45.0, 28.0])
    template = (template + rng.normal(0, 4, 3)) * [rng.choice([-1, 1]), 1, 1]
    centre = brain.deformation.to_scanner(template[None])[0]
    diameter, ratio = rng.uniform(15, 40), rng.uniform(1.1, 1.8)
    if not _inside(brain.lattice, centre):
        return None
    ppm, region = rng.uniform(0.4, 0.9), str(region_of(template[None])[0])
    return _make("haematoma", region, centre, template, diameter, ratio, ppm, HAEMATOMA_R2_STAR, brain)


def body_fraction(body: Body, lattice: Lattice, orientation_seed: int = 0):
    """Box and volume fraction of one body; its long axis points in a random direction."""
    rng = np.random.default_rng([orientation_seed, int(abs(body.x_mm) * 1000)])
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    short = body.diameter_mm / 2 * body.axis_ratio ** (-1 / 3)
    return sphere_fraction(lattice, body.centre_mm, (short, short, short * body.axis_ratio), rotation)
