"""Susceptibility, relaxation and proton density of every voxel: what the scanner will see."""

from dataclasses import dataclass

import numpy as np

from neolab.simulate.susceptibility.adult_brain import Brain
from neolab.simulate.susceptibility.bodies import Body, body_fraction
from neolab.simulate.susceptibility.rasterise import sphere_fraction


@dataclass(frozen=True)
class AdultTissue:
    """Adult tissue at 3 T: T1 in ms, R2* in 1/s, proton density, susceptibility in ppm relative to water."""

    t1_ms: float
    r2_star: float
    proton_density: float
    susceptibility_ppm: float


# T1 and proton density: usual adult values at 3 T (white matter 850 ms, cortex 1350 ms; design values).
# Susceptibility: adult phantom values. R2* of cortex and white matter at 3 T about 15 and 20 per second.
# Bone is nearly silent; scalp is fat and skin.
ADULT_TISSUES = {
    "white_matter": AdultTissue(850, 20.5, 0.70, -0.030),
    "grey_matter": AdultTissue(1350, 15.5, 0.82, 0.020),
    "csf": AdultTissue(4300, 1.5, 1.00, 0.019),
    "bone": AdultTissue(400, 400.0, 0.10, -2.1),
    "scalp": AdultTissue(380, 35.0, 0.70, 0.019),
    "air": AdultTissue(1000, 0.0, 0.0, 0.0),
}
# Deoxygenated venous blood above tissue, ppm, and its extra R2* at 3 T.
VEIN_PPM, VEIN_R2_STAR = 0.28, 35.0
# R2* rises with iron: about 200 per second a ppm at 3 T puts the pallidum near 40 per second.
R2_STAR_PER_PPM_IRON = 200.0
AIR_PPM = 9.2
# Air cavities in template mm, |x|: centre and semi-axes. Frontal, ethmoid-sphenoid, mastoid cells.
CAVITIES = {
    "frontal": ((7.0, 68.0, -28.0), (8.0, 4.0, 6.0)),
    "sphenoid": ((5.0, 18.0, -42.0), (5.0, 10.0, 6.0)),
    "mastoid": ((58.0, -34.0, -48.0), (5.0, 7.0, 6.0)),
}


@dataclass
class Maps:
    """Maps on the fine lattice, float32.

    Attributes
    ----------
    susceptibility_ppm : ndarray
        With bodies, veins, iron and cavities.
    extra_r2_star : ndarray
        Added to every tissue's own, 1/s: iron, blood, haemosiderin, calcium.
    water : ndarray
        Share of the voxel that gives signal: 0 in air cavities, less in calcifications.
    """

    susceptibility_ppm: np.ndarray
    extra_r2_star: np.ndarray
    water: np.ndarray


def make_maps(brain: Brain, veins: np.ndarray, bodies: list[Body], cavity_scale: float = 1.0) -> Maps:
    """Sum the contributions of tissue, iron, veins and bodies.

    Parameters
    ----------
    brain : Brain
    veins : ndarray
        Volume fraction of venous blood.
    bodies : list of Body
    cavity_scale : float
        Linear size of the air cavities; 0 leaves them out.
    """
    # Bone is left at the reference here: the skull is a thin shell, and its far field is what background
    # removal takes away anyway.
    tissue = sum(
        brain.fractions[name] * np.float32(ADULT_TISSUES[name].susceptibility_ppm)
        for name in ("white_matter", "grey_matter", "csf", "scalp")
    )
    susceptibility = tissue + brain.iron_ppm + veins * np.float32(VEIN_PPM)
    extra = brain.iron_ppm * np.float32(R2_STAR_PER_PPM_IRON) + veins * np.float32(VEIN_R2_STAR)
    water = np.ones(brain.lattice.shape, np.float32)
    _add_cavities(brain, susceptibility, water, cavity_scale)
    for body in bodies:
        _add_body(brain, body, susceptibility, extra, water)
    return Maps(susceptibility, extra, water)


def _add_body(brain, body, susceptibility, extra, water) -> None:
    box, fraction = body_fraction(body, brain.lattice)
    susceptibility[box] += fraction * np.float32(body.susceptibility_ppm)
    extra[box] += fraction * np.float32(body.r2_star)
    if body.kind == "calcification":
        water[box] *= 1 - 0.7 * fraction


def _add_cavities(brain, susceptibility, water, scale: float) -> None:
    """Fill the sinuses with air where no brain is."""
    if scale == 0:
        return
    for (x, y, z), semi_axes in CAVITIES.values():
        for side in (-1, 1):
            centre = brain.deformation.to_scanner(np.array([[side * x, y, z]]))[0]
            box, fraction = sphere_fraction(brain.lattice, centre, np.array(semi_axes) * scale)
            if fraction.size == 0:
                continue
            fraction = fraction * (brain.depth_mm[box] < -2)
            susceptibility[box] += fraction * (np.float32(AIR_PPM) - susceptibility[box])
            water[box] *= 1 - fraction
