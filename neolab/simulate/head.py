"""Everything outside the inner table of the skull: vault, face, scalp, neck, orbits with their eyes, airway.

Shapes are analytic, in template millimetres (MNI152, |x|: symmetric but for the warp), and are worked out on
the coarse lattice of the warp. They make brain extraction a real step; they are not a face anyone owns.
"""

import numpy as np

from neolab.simulate import growth
from neolab.simulate.fields import ramp, smooth_noise
from neolab.simulate.subject import stream

#: Thickness of the vault and of scalp with skin, mm, against postmenstrual weeks (design values: about 2 mm
#: of bone and 3 mm of scalp at term).
BONE_MM = ((26, 1.1), (40, 1.7), (66, 2.2), (92, 2.6), (145, 3.0))
SCALP_MM = ((26, 1.8), (40, 2.6), (66, 3.4), (92, 3.6), (145, 3.8))
SKIN_MM = 1.6
#: Radius of the eye, mm: axial length 16.8 mm at term, 20-21 mm at two years (Gordon and Donzis 1985).
EYE_RADIUS_MM = ((26, 6.4), (40, 8.4), (66, 9.4), (92, 9.8), (145, 10.4))
EYE_CENTRE_MM = (31.0, 58.0, -45.0)
ORBIT_APEX_MM = (13.0, 22.0, -36.0)
#: Anterior fontanelle: centre and half diagonals (template mm), and how open it is against age; it closes at
#: 4 to 26 months.
FONTANELLE_MM, FONTANELLE_REACH_MM = (0.0, 14.0, 78.0), (15.0, 22.0, 25.0)
FONTANELLE_OPEN = ((40, 1.0), (66, 0.8), (92, 0.4), (118, 0.0))

#: Channels on the coarse lattice.
CHANNELS = ("bone_thickness", "outside", "muscle", "eye", "orbit", "airway", "facial_bone")


def head_fields(subject, scale: float, template_mm: np.ndarray, depth_mm: np.ndarray) -> np.ndarray:
    """Thickness of the vault and signed distances to the other parts, all in head mm.

    Parameters
    ----------
    subject : neolab.simulate.subject.Subject
    scale : float
        Head mm per template mm.
    template_mm : numpy.ndarray
        (3, X, Y, Z) template coordinates.
    depth_mm : numpy.ndarray
        (X, Y, Z) distance to the inner table, head mm, negative inside.

    Returns
    -------
    numpy.ndarray
        (7, X, Y, Z) float32, see ``CHANNELS``.
    """
    age = subject.postmenstrual_age_weeks
    point = np.stack([np.abs(template_mm[0]), template_mm[1], template_mm[2]])
    full, bone = _bone_thickness(subject, point)
    temporalis = 0.5 * growth.curve(SCALP_MM, age) * _bump(point, (62, 14, -8), (26, 34, 26))
    scalp = growth.curve(SCALP_MM, age) * (1.0 + 0.25 * _bump(point, (0, -100, -20), (50, 40, 40)))
    outside = depth_mm - full - scalp - temporalis
    neck = scale * _neck(point)
    face = scale * _face(point)
    outside = _smooth_minimum(_smooth_minimum(outside, neck, 6.0), face, 4.0)
    eye_radius = growth.curve(EYE_RADIUS_MM, age)
    eye = scale * _distance(point, EYE_CENTRE_MM) - eye_radius
    orbit = np.maximum(scale * _orbit(point, eye_radius / scale), outside + 2.5)
    temple = np.maximum(depth_mm - full - temporalis, np.float32(0.8) - temporalis)
    muscle = np.minimum(np.maximum(temple, -depth_mm), scale * _deep_muscle(point))
    channels = (bone, outside, muscle, eye, orbit, scale * _airway(point), scale * _facial_bone(point))
    return np.stack(channels).astype(np.float32)


def outer_fractions(parts: np.ndarray, depth_mm: np.ndarray, width_mm: float) -> dict[str, np.ndarray]:
    """Fractions of bone, scalp, muscle, eye and air outside the inner table.

    Parameters
    ----------
    parts : numpy.ndarray
        (7, n) the channels of ``head_fields``.
    depth_mm : numpy.ndarray
        (n,) distance to the inner table, head mm, negative inside.
    width_mm : float
        Width of the partial-volume ramp.

    Returns
    -------
    dict
        Tissue -> (n,) float32; together with the inside of the skull they sum to 1.
    """
    thickness, outside, muscle, eye, orbit, airway, facial_bone = parts
    rest = ramp(-depth_mm, width_mm)
    shares = dict.fromkeys(("bone", "scalp", "muscle", "eye", "air"), 0.0)
    steps = (
        ("bone", depth_mm - thickness),
        ("air", -outside),
        ("eye", eye),
        ("scalp", orbit),
        ("air", airway),
        ("scalp", -outside - np.float32(SKIN_MM)),
        ("bone", facial_bone),
        ("muscle", muscle),
    )
    for name, border in steps:
        share = ramp(border, width_mm)
        share *= rest
        rest -= share
        shares[name] = shares[name] + share
    shares["scalp"] = shares["scalp"] + rest
    return shares


def _bone_thickness(subject, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance between inner and outer table, and how much of it is bone: sutures are not; mm."""
    age = subject.postmenstrual_age_weeks
    noise = smooth_noise(stream(subject, "skull"), point.shape[1:], 3.4, 14.0)
    thickness = growth.curve(BONE_MM, age) * np.exp(0.18 * np.clip(noise, -2.5, 2.5))
    thickness = thickness * (1.4 - 0.4 * np.tanh((point[2] + 28.0) / 12.0))
    diamond = sum(
        np.abs(p - c) / r for p, c, r in zip(point, FONTANELLE_MM, FONTANELLE_REACH_MM, strict=True)
    )
    soft = 0.5 - 0.5 * np.tanh(4.0 * (diamond - 0.9))
    suture = np.exp(-((point[0] / 2.5) ** 2)) * (point[2] > 20)
    open_part = growth.curve(FONTANELLE_OPEN, age) * np.maximum(0.92 * soft, 0.6 * suture)
    return thickness, thickness * (1.0 - open_part)


def _distance(point: np.ndarray, centre) -> np.ndarray:
    return np.sqrt(sum((p - c) ** 2 for p, c in zip(point, centre, strict=True)))


def _bump(point: np.ndarray, centre, radii) -> np.ndarray:
    return np.exp(-sum(((p - c) / r) ** 2 for p, c, r in zip(point, centre, radii, strict=True)))


def _ellipsoid(point: np.ndarray, centre, radii) -> np.ndarray:
    radius = np.sqrt(sum(((p - c) / r) ** 2 for p, c, r in zip(point, centre, radii, strict=True)))
    return (radius - 1.0) * min(radii)


def _tube(point: np.ndarray, start, end, radius_start: float, radius_end: float) -> np.ndarray:
    step = np.subtract(end, start)
    along = sum((p - s) * d for p, s, d in zip(point, start, step, strict=True)) / (step @ step)
    along = np.clip(along, 0.0, 1.0)
    axis = [s + along * d for s, d in zip(start, step, strict=True)]
    return _distance(point, axis) - (radius_start + along * (radius_end - radius_start))


def _smooth_minimum(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Union of two shapes with a rounded seam (polynomial smooth minimum)."""
    blend = np.clip(0.5 + 0.5 * (b - a) / width, 0.0, 1.0)
    return b + (a - b) * blend - width * blend * (1.0 - blend)


def _neck(point: np.ndarray) -> np.ndarray:
    centre_y = -34.0 + 0.12 * (point[2] + 60.0)
    across = np.sqrt((point[0] / 46.0) ** 2 + ((point[1] - centre_y) / 44.0) ** 2)
    return np.maximum((across - 1.0) * 44.0, point[2] + 42.0)


def _face(point: np.ndarray) -> np.ndarray:
    cheeks = _ellipsoid(point, (14.0, 34.0, -66.0), (44.0, 44.0, 46.0))
    brow = _ellipsoid(point, (20.0, 48.0, -40.0), (38.0, 34.0, 28.0))
    nose = _tube(point, (0.0, 74.0, -42.0), (0.0, 86.0, -66.0), 6.0, 10.0)
    return _smooth_minimum(_smooth_minimum(cheeks, brow, 8.0), nose, 10.0)


def _orbit(point: np.ndarray, eye_radius: float) -> np.ndarray:
    """Cone of fat around and behind the eye."""
    return _tube(point, EYE_CENTRE_MM, ORBIT_APEX_MM, 1.25 * eye_radius, 4.0)


def _deep_muscle(point: np.ndarray) -> np.ndarray:
    neck = np.sqrt((point[0] / 38.0) ** 2 + ((point[1] + 36.0) / 36.0) ** 2)
    around_spine = np.maximum((neck - 1.0) * 36.0, point[2] + 50.0)
    masseter = _ellipsoid(point, (46.0, 24.0, -62.0), (10.0, 18.0, 30.0))
    pterygoid = _ellipsoid(point, (26.0, 16.0, -56.0), (9.0, 14.0, 18.0))
    tongue = _ellipsoid(point, (0.0, 40.0, -92.0), (20.0, 30.0, 16.0))
    return np.minimum(np.minimum(around_spine, masseter), np.minimum(pterygoid, tongue))


def _airway(point: np.ndarray) -> np.ndarray:
    nasal = np.abs(point[0] - 5.0) - 2.6
    nasal = np.maximum(nasal, _ellipsoid(point, (0.0, 50.0, -58.0), (14.0, 30.0, 14.0)))
    pharynx = _tube(point, (0.0, 16.0, -58.0), (0.0, 2.0, -110.0), 6.0, 6.0)
    return np.minimum(nasal, pharynx)


def _facial_bone(point: np.ndarray) -> np.ndarray:
    palate = _ellipsoid(point, (0.0, 50.0, -76.0), (24.0, 30.0, 4.0))
    maxilla = _ellipsoid(point, (18.0, 58.0, -70.0), (9.0, 12.0, 10.0))
    zygoma = _tube(point, (40.0, 56.0, -56.0), (56.0, 14.0, -48.0), 4.0, 3.0)
    mandible = _tube(point, (46.0, 6.0, -54.0), (40.0, 20.0, -96.0), 4.0, 5.0)
    clivus = _ellipsoid(point, (0.0, 10.0, -44.0), (20.0, 16.0, 9.0))
    vertebra = _ellipsoid(point, (0.0, -22.0, -92.0), (15.0, 12.0, 30.0))
    spine = _ellipsoid(point, (0.0, -70.0, -96.0), (5.0, 14.0, 8.0))
    return np.minimum.reduce([palate, maxilla, zygoma, mandible, clivus, vertebra, spine])
