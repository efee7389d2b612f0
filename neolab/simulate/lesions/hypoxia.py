"""Hypoxic-ischaemic patterns of the term newborn: basal ganglia and thalami, and watershed.

Signs after the NICHD score (Shankaran 2015): short T1 in ventrolateral thalamus and posterior putamen with
loss of the normal T1 signal of the posterior limb; oedema of the parasagittal border zones that erases the
cortical ribbon.
"""

import numpy as np

from neolab.simulate.lesions.canvas import Canvas, sigmoid
from neolab.simulate.lesions.edit import Edit
from neolab.simulate.lesions.record import Lesion


def basal_ganglia_injury(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan T1 down by 8 to 24 %, T2 by 4 to 10 % in the deep grey matter; the posterior limb loses its T1."""
    strength = 0.33 + 0.67 * lesion.severity

    def paint(canvas: Canvas) -> list[Edit]:
        affected = np.isin(canvas.side, lesion.sides)
        lateral = canvas.near((14.5, -16, 6), (4, 6, 6))
        posterior = sigmoid(-(canvas.anatomy.template_mm[1] - 2) / 4)
        limb = sigmoid(-(canvas.anatomy.template_mm[1] + 6) / 2)
        t1, t2 = 1 - 0.24 * strength, 1 - 0.10 * strength
        return [
            Edit((lateral * affected).astype(np.float32), ("thalamus",), t1_factor=t1, t2_factor=t2),
            Edit((posterior * affected).astype(np.float32), ("putamen",), t1_factor=t1, t2_factor=t2),
            Edit((limb * affected).astype(np.float32), ("internal_capsule",), t1_factor=1 + 0.25 * strength,
                 t2_factor=1 + 0.2 * strength),
        ]  # fmt: skip

    return paint


def watershed_injury(lesion: Lesion, map_: Canvas, rng: np.random.Generator):
    """Plan T2 up by 15 to 45 % in parasagittal cortex and white matter, more in cortex: the ribbon fades."""
    strength = 0.33 + 0.67 * lesion.severity

    def paint(canvas: Canvas) -> list[Edit]:
        affected = np.isin(canvas.side, lesion.sides)
        zone = canvas.near((24, 36, 34), (9, 16, 16)) + canvas.near((26, -62, 34), (10, 16, 16))
        share = (np.clip(1.6 * (zone - 0.2), 0, 1) * affected).astype(np.float32)
        return [
            Edit(share, ("cortex",), t1_factor=1 + 0.2 * strength, t2_factor=1 + 0.45 * strength),
            Edit(share, ("white_matter",), t1_factor=1 + 0.1 * strength, t2_factor=1 + 0.2 * strength),
        ]

    return paint
