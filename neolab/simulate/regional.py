"""Regional differences of relaxation within a tissue, as factors on R1 and R2.

Every function takes an anatomy and flat voxel indices and returns two arrays (R1 factor, R2 factor) over
those voxels. Coordinates are those of the template (MNI152 millimetres); strengths are design values where
no source is named.
"""

import numpy as np

from neolab.simulate.smooth_fields import axes_mm, smooth_random_field
from neolab.simulate.subject import stream

#: Patchiness of neonatal white matter: standard deviation of log T1 and log T2, and its scale.
TEXTURE_T1, TEXTURE_T2, TEXTURE_WAVELENGTH_MM = 0.01, 0.03, 14.0

#: Border between base and tegmentum of the brainstem: heights z, and y there (mm).
TEGMENTUM_BORDER_MM = (-60.0, -45.0, -30.0, -10.0), (-47.0, -37.0, -28.0, -24.0)


def thalamus_factors(anatomy, voxels):
    """Ventrolateral nucleus: the first grey matter to shorten, R1 +10 % and R2 +22 % by term."""
    x, y, z = template_at(anatomy, voxels)
    weight = _ellipsoid(np.abs(x), y, z, (14.5, -16, 6), (3.6, 6.5, 6.0), -26) * early_maturation(
        anatomy.subject
    )
    return 1 + 0.10 * weight, 1 + 0.22 * weight


def putamen_factors(anatomy, voxels):
    """Posterior putamen: R1 +7 % and R2 +10 % by term."""
    _, y, _ = template_at(anatomy, voxels)
    weight = _sigmoid(-(y + 2) / 5) * early_maturation(anatomy.subject)
    return 1 + 0.07 * weight, 1 + 0.10 * weight


def internal_capsule_factors(anatomy, voxels):
    """Posterior limb: dense early fibres, brighter on T1 and darker on T2 than by its myelin alone.

    A sign read at term in every newborn: the posterior limb is bright on T1 against the thalamus.
    """
    _, y, _ = template_at(anatomy, voxels)
    weight = _sigmoid(-(y + 8) / 2.5) * early_maturation(anatomy.subject, fade_weeks=6)
    return 1 + 0.12 * weight, 1 + 0.10 * weight


def brainstem_factors(anatomy, voxels):
    """Tegmentum against base: its tracts (lemnisci, medial longitudinal fasciculus) myelinate first.

    They are bright on T1 and dark on T2 from 28 weeks on (Counsell et al., AJNR 2002;23:872-881), the base of
    the pons months later. The mean over the stem stays that of the relaxation table.
    """
    _, y, z = template_at(anatomy, voxels)
    dorsal = np.tanh((np.interp(z, *TEGMENTUM_BORDER_MM) - y) / 5) * fading(anatomy.subject, 30)
    return 1 + 0.07 * dorsal, 1 + 0.10 * dorsal


def white_matter_factors(anatomy, voxels):
    """Unmyelinated white matter: crossroads, subplate, germinal matrix and patchiness.

    Periventricular crossroads of fibres round the horns hold T2 16 % longer until six weeks after term (Judas
    et al., AJNR 2005); the subplate under the cortex 18 % longer before 34 weeks; the germinal matrix along
    the caudate is cellular, with short T1 and T2, before 33 weeks.
    """
    lengthening = 0.16 * _crossroads(anatomy, voxels) + 0.18 * _subplate(anatomy, voxels)
    matrix = _germinal_matrix(anatomy, voxels)
    texture = _texture(anatomy, voxels)
    r1 = (1 + 0.30 * matrix) / (1 + 0.6 * lengthening) * np.exp(TEXTURE_T1 * texture)
    r2 = (1 + 0.60 * matrix) / (1 + lengthening) * np.exp(TEXTURE_T2 * texture)
    return r1, r2


REGIONAL_FACTORS = {
    "thalamus": thalamus_factors,
    "putamen": putamen_factors,
    "internal_capsule": internal_capsule_factors,
    "brainstem": brainstem_factors,
    "white_matter": white_matter_factors,
}


def early_maturation(subject, fade_weeks=30.0) -> float:
    """Rises from 32 to 40 weeks and fades after 44, when the surroundings catch up."""
    return float(np.clip((subject.postmenstrual_age_weeks - 32) / 8, 0, 1)) * fading(subject, fade_weeks)


def fading(subject, fade_weeks) -> float:
    """One up to 44 weeks, falling after."""
    return float(np.exp(-max(subject.postmenstrual_age_weeks - 44, 0) / fade_weeks))


def template_at(anatomy, voxels):
    """Template x, y, z (mm) of given voxels."""
    return [anatomy.template_mm[i].ravel()[voxels] for i in range(3)]


def _crossroads(anatomy, voxels):
    fade = np.clip((46 - anatomy.subject.postmenstrual_age_weeks) / 10, 0, 1)
    if fade == 0:
        return 0.0
    _, y, _ = template_at(anatomy, voxels)
    distance = np.maximum(anatomy.ventricle_distance_mm.ravel()[voxels], 0)
    return fade * np.exp(-((distance / 3.0) ** 2)) * _sigmoid((np.abs(y + 18) - 28) / 3)


def _subplate(anatomy, voxels):
    fade = np.clip((35 - anatomy.subject.postmenstrual_age_weeks) / 6, 0, 1)
    if fade == 0:
        return 0.0
    return fade * np.exp(-(((_depth_below_cortex(anatomy, voxels) - 1.6) / 1.3) ** 2))


def _germinal_matrix(anatomy, voxels):
    fade = np.clip((33 - anatomy.subject.postmenstrual_age_weeks) / 4, 0, 1)
    if fade == 0:
        return 0.0
    x, y, z = template_at(anatomy, voxels)
    near_wall = _sigmoid((1.5 - anatomy.ventricle_distance_mm.ravel()[voxels]) / 0.4)
    return fade * near_wall * _ellipsoid(np.abs(x), y, z, (14, 4, 10), (9, 22, 12), 0)


def _texture(anatomy, voxels):
    rng = stream(anatomy.subject, "white_matter_texture")
    shape = anatomy.template_mm.shape[1:]
    return smooth_random_field(rng, axes_mm(anatomy.affine, shape), TEXTURE_WAVELENGTH_MM).ravel()[voxels]


def _depth_below_cortex(anatomy, voxels):
    return -anatomy.pial_distance_mm.ravel()[voxels] - cortical_thickness_mm(anatomy)


def cortical_thickness_mm(anatomy) -> float:
    """Median depth below the pia at which cortex gives way to white matter."""
    cortex, white = anatomy.fractions["cortex"], anatomy.fractions["white_matter"]
    border = (np.abs(cortex - white) < 0.2) & (cortex > 0.3)
    return float(-np.median(anatomy.pial_distance_mm[border])) if border.any() else 2.0


def _ellipsoid(x, y, z, centre, semi_axes, rotation_deg):
    """Soft ellipsoid, turned about the vertical: one inside, falling to zero over about 2 mm."""
    dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
    c, s = np.cos(np.deg2rad(rotation_deg)), np.sin(np.deg2rad(rotation_deg))
    u, v = c * dx + s * dy, -s * dx + c * dy
    radius = np.sqrt((u / semi_axes[0]) ** 2 + (v / semi_axes[1]) ** 2 + (dz / semi_axes[2]) ** 2)
    return _sigmoid((1 - radius) * np.cbrt(np.prod(semi_axes)) / 0.9)


def _sigmoid(value):
    return 1 / (1 + np.exp(-np.clip(value, -30, 30)))
