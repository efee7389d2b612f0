"""Bleeding: germinal matrix and ventricles (grades I to IV), cerebellum, subdural space.

Grades after Papile 1978 and Volpe: I germinal matrix, II less than half of the ventricle, III more than half
and dilated, IV periventricular haemorrhagic infarction. Clots settle towards the back of a baby that lies on
it. Tentorial and occipital subdural blood is seen in a fifth to a quarter of term newborns (Carney 2021).
"""

import numpy as np

from neolab.simulate.lesions.canvas import Blob, Canvas, sigmoid
from neolab.simulate.lesions.edit import Edit, filling
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.lesions.substances import blood, cyst, oedema

NOTCH_MM = (8.0, 3.0, 7.0)  # caudothalamic notch in template coordinates, |x|
NOTCH_TISSUES = ("caudate", "thalamus", "white_matter", "lateral_ventricles", "internal_capsule")
LATERAL_OF_THE_VENTRICLE_MM = 15.0  # |x| in template coordinates: the fan lies at the outer angle
PLACES_TRIED = 30
CEREBELLUM = ("cerebellar_cortex", "cerebellar_white_matter")


def _at_the_notch(lesion: Lesion, map_: Canvas, rng, radius_mm: float) -> list[Blob]:
    wall = np.exp(-((map_.anatomy.ventricle_distance_mm / 1.5) ** 2))
    weights = wall * map_.near(NOTCH_MM, (3, 4, 3)) * map_.fraction("caudate", "thalamus")
    blobs = []
    for side in lesion.sides:
        for place in map_.choose(weights**2 * (map_.side == side), rng):
            blobs.append(Blob.uneven(place, radius_mm * np.array([0.8, 1.3, 0.9]), 0.12, 0.15, rng))
    return blobs


def germinal_matrix_haemorrhage(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a grade I clot of 1.8 mm (severity 0) to 4 mm (1) mean radius at the caudothalamic notch."""
    blobs = _at_the_notch(lesion, map_, rng, 1.8 + 2.2 * lesion.severity)
    return filling(blobs, NOTCH_TISSUES, *blood(lesion.stage))


def subependymal_cyst(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a cyst of 1.2 to 2.7 mm mean radius at the caudothalamic notch."""
    blobs = _at_the_notch(lesion, map_, rng, 1.2 + 1.5 * lesion.severity)
    return filling(blobs, NOTCH_TISSUES, "cyst", cyst)


def intraventricular_haemorrhage(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a clot that fills 10 % (severity 0) to 80 % (1) of the lateral ventricle: grade II below half."""
    filled = 0.10 + 0.70 * lesion.severity
    surface_seed = int(rng.integers(2**31))
    ventricle = map_.fraction("lateral_ventricles")
    level = {
        side: _quantile(_depth(map_, surface_seed), ventricle * (map_.side == side), 1 - filled)
        for side in lesion.sides
    }

    def paint(canvas: Canvas) -> list[Edit]:
        depth = _depth(canvas, surface_seed)
        share = np.zeros(canvas.shape, np.float32)
        for side, threshold in level.items():
            share += sigmoid((depth - threshold) / 0.7) * (canvas.side == side)
        return [Edit(share, ("lateral_ventricles",), *blood(lesion.stage))]

    return paint


def _depth(canvas: Canvas, surface_seed: int) -> np.ndarray:
    """How deep a point lies in a supine head, mm, with a clot's uneven surface."""
    _, y, z = canvas.mm
    return -0.85 * y - 0.5 * z + 1.8 * canvas.waves(14.0, np.random.default_rng(surface_seed))


def _quantile(values: np.ndarray, weights: np.ndarray, q: float) -> float:
    """Value below which a share ``q`` of the weight lies."""
    chosen = weights > 0.05
    order = np.argsort(values[chosen])
    cumulative = np.cumsum(weights[chosen][order])
    return float(values[chosen][order][np.searchsorted(cumulative, q * cumulative[-1])])


def periventricular_infarction(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a fan of venous infarction in frontal to parietal white matter, 7 to 13 mm of mean radius."""
    distance = map_.anatomy.ventricle_distance_mm
    allowed = (
        map_.fraction("white_matter")
        * (distance > 2)
        * (distance < 7)
        * map_.near((None, -8, 24), (None, 18, 7))
        * (np.abs(map_.anatomy.template_mm[0]) > LATERAL_OF_THE_VENTRICLE_MM)
    )
    scale = 7 + 6 * lesion.severity
    core, mottle_seed = [], int(rng.integers(2**31))
    for side in lesion.sides:
        places = map_.choose(allowed * (map_.side == side), rng, PLACES_TRIED)
        axes = scale * np.array([0.85, 1.4, 0.9]) * np.exp(rng.normal(0, 0.1, 3))
        seed = int(rng.integers(2**31))
        tried = (Blob(tuple(place), tuple(axes), 0.22, seed) for place in places)
        best = map_.fitting(tried, map_.fraction("white_matter"))
        core += [best] if best else []
    rim = [blob.grown(3.0) for blob in core]

    def paint(canvas: Canvas) -> list[Edit]:
        mottled = np.clip(0.85 + 0.12 * canvas.waves(9.0, np.random.default_rng(mottle_seed), 16), 0.5, 1)
        white = ("white_matter",)
        own_side = np.isin(canvas.side, lesion.sides)  # medullary veins do not cross the midline
        return [
            Edit(canvas.shares(rim) * own_side, white, "oedema", oedema),
            Edit(canvas.shares(core) * mottled * own_side, (*white, "oedema"), *blood(lesion.stage)),
        ]

    return paint


def cerebellar_haemorrhage(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a clot in a cerebellar hemisphere: punctate (1.2 mm at severity 0) to lobar (9 mm at 1)."""
    allowed = map_.fraction(*CEREBELLUM) * (np.abs(map_.anatomy.template_mm[0]) > 10)
    radius = 1.2 + 7.8 * lesion.severity**1.5
    blobs = []
    for side in lesion.sides:
        for place in map_.choose(allowed * (allowed > 0.9) * (map_.side == side), rng):
            blobs.append(Blob.uneven(place, radius, 0.15, 0.2, rng))
    return filling(blobs, CEREBELLUM, *blood(lesion.stage))


def subdural_haemorrhage(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a crescent over the occipital convexity down to the tentorium, 1.2 to 4 mm at its thickest."""
    depth = -map_.anatomy.skull_distance_mm
    surface = (depth > 0) * (depth < 3) * map_.near((None, -85, 0), (None, 14, 16))
    surface = surface * (np.abs(map_.anatomy.template_mm[0]) > 12)
    thickness, extent = 1.2 + 2.8 * lesion.severity, 14 + 12 * lesion.severity
    centres = [
        tuple(place) for side in lesion.sides for place in map_.choose(surface * (map_.side == side), rng)
    ]

    def paint(canvas: Canvas) -> list[Edit]:
        inward = -canvas.anatomy.skull_distance_mm
        share = np.zeros(canvas.shape, np.float32)
        for centre in centres:
            offset = canvas.mm - np.reshape(np.asarray(centre, np.float32), (3, 1, 1, 1))
            reach = np.sqrt((offset**2).sum(axis=0)) / extent
            local = thickness * np.sqrt(np.maximum(1 - reach**2, 0))  # a crescent tapers to nothing
            np.maximum(share, sigmoid((local - inward) / 0.25) * (local > 0.2), out=share)
        return [Edit(share, ("csf", "cortex", "white_matter", *CEREBELLUM), *blood(lesion.stage))]

    return paint
