"""Lesions of the white matter: punctate lesions, cystic leukomalacia, diffuse high signal.

Frequencies, sizes and places: punctate lesions 6.4 an infant, in centrum semiovale and corona radiata, in
lines beside the ventricle or in clusters (Tusor 2017; Parodi 2021; Kersbergen 2014). Cysts 3 to 8 a side
beside trigone and frontal horn. Diffuse excessive high signal in 55-80 % of extremely preterm infants
(Brostroem).
"""

import numpy as np

from neolab.simulate.lesions.canvas import Blob, Canvas
from neolab.simulate.lesions.edit import Edit, filling
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.lesions.substances import GLIOSIS_T1, GLIOSIS_T2, cyst, punctate

WHITE = ("white_matter",)
PUNCTATE_RADIUS_MM = (0.7, 3.0)
CYST_RADIUS_MM = (1.5, 7.0)
PLACES_TRIED = 6


def _periventricular(canvas: Canvas, low_mm: float, high_mm: float) -> np.ndarray:
    """White matter at a distance from the ventricular wall; callosum and capsule are other tissues."""
    distance = canvas.anatomy.ventricle_distance_mm
    white = canvas.fraction("white_matter")
    return white * (white > 0.9) * (distance > low_mm) * (distance < high_mm)


def punctate_white_matter(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan ``lesion.count`` spots; severity moves their median radius from 0.9 to 1.6 mm."""
    weights = _periventricular(map_, 1.5, 11.0) * map_.near((None, -22, 26), (None, 23, 9))
    weights = weights * np.isin(map_.side, lesion.sides)
    places = map_.choose(weights, rng, lesion.count)
    if len(places) and lesion.count > 2:
        places = _gather(places, weights, map_, rng)
    median = 0.9 + 0.7 * lesion.severity
    blobs = []
    for place in places:
        radius = float(np.clip(rng.lognormal(np.log(median), 0.35), *PUNCTATE_RADIUS_MM))
        blobs.append(Blob.uneven(place, radius, 0.15, 0.12, rng))
    return filling(blobs, WHITE, "punctate_lesion", punctate)


def _gather(places, weights, map_: Canvas, rng) -> np.ndarray:
    """Draw two thirds of the places towards the first: a cluster, or a line along the ventricle."""
    line = rng.random() < 0.5
    spread = np.array([1.5, 9.0, 2.5]) if line else np.array([4.0, 4.0, 4.0])
    inverse = np.linalg.inv(map_.anatomy.affine)
    for i in range(1, len(places)):
        for _ in range(20 if rng.random() < 0.65 else 0):
            candidate = places[0] + rng.normal(0, spread)
            voxel = np.round(inverse[:3, :3] @ candidate + inverse[:3, 3]).astype(int)
            if np.all(voxel >= 0) and np.all(voxel < map_.shape) and weights[tuple(voxel)] > 0:
                places[i] = candidate
                break
    return places


def cystic_leukomalacia(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan ``lesion.count`` cysts a side; severity moves their median radius from 2 to 4 mm."""
    trigone, horn = map_.near((None, -46, 14), (None, 12, 14)), map_.near((None, 24, 10), (None, 9, 12))
    allowed = _periventricular(map_, 1.0, 8.0)
    # A cyst may open into the ventricle; cortex and deep nuclei are not to cut it.
    around = map_.fraction("white_matter", "lateral_ventricles")
    median = 2.0 + 2.0 * lesion.severity
    blobs = []
    for side in lesion.sides:
        for _ in range(lesion.count):
            where = trigone if rng.random() < 0.65 else horn
            places = map_.choose(allowed * where * (map_.side == side), rng, PLACES_TRIED)
            radius = float(np.clip(rng.lognormal(np.log(median), 0.3), *CYST_RADIUS_MM))
            axes, seed = radius * np.exp(rng.normal(0, 0.2, 3)), int(rng.integers(2**31))
            tried = (Blob(tuple(place), tuple(axes), 0.18, seed) for place in places)
            best = map_.fitting(tried, around)
            blobs += [best] if best else []
    rims = [blob.grown(1.5) for blob in blobs]

    def paint(canvas: Canvas) -> list[Edit]:
        gliosis = Edit(canvas.shares(rims), WHITE, t1_factor=GLIOSIS_T1, t2_factor=GLIOSIS_T2)
        return [gliosis, Edit(canvas.shares(blobs), WHITE, "cyst", cyst)]

    return paint


def diffuse_high_signal(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan a borderless field around the ventricles: T2 up by 12 % (severity 0) to 27 % (1), T1 by 10 %."""

    def paint(canvas: Canvas) -> list[Edit]:
        distance = np.maximum(canvas.anatomy.ventricle_distance_mm, 0)
        above = 1 / (1 + np.exp(-(canvas.anatomy.template_mm[2] - 4) / 3))
        field = np.exp(-((distance / 8.0) ** 2)) * above
        share = np.clip((field - 0.15) / 0.6, 0, 1).astype(np.float32)
        return [Edit(share, WHITE, t1_factor=1.10, t2_factor=1.12 + 0.15 * lesion.severity)]

    return paint
