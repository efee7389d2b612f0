"""All findings of a subject painted on an anatomy: changed tissues, one mask, one record a finding."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neolab.simulate.anatomy import Anatomy, make_anatomy
from neolab.simulate.lesions import haemorrhage, hypoxia, white_matter
from neolab.simulate.lesions.canvas import Canvas
from neolab.simulate.lesions.record import PAINTED
from neolab.simulate.model import HeadModel
from neolab.simulate.relaxation import Relaxation, relaxation_maps
from neolab.simulate.subject import stream

PLANNERS = {
    name: getattr(room, name)
    for room in (white_matter, haemorrhage, hypoxia)
    for name in PAINTED
    if hasattr(room, name)
}

#: Voxels of the anatomy on which places are chosen, mm.
MAP_VOXEL_MM = (2.0, 2.0, 2.0)

#: A voxel belongs to a lesion when it takes this much of it.
MASK_SHARE = 0.25


@dataclass
class Painted:
    """An anatomy with lesions.

    Attributes
    ----------
    anatomy : Anatomy
        With tissues of the lesions' own among its fractions, which still sum to 1.
    relaxation : dict of str to Relaxation
        For every tissue of ``anatomy``.
    mask : ndarray
        uint8 (X, Y, Z), labels of `PAINTED`; where two overlap, the later finding.
    findings : DataFrame
        One row a finding: ``kind``, ``side``, ``severity``, ``count``, ``stage``, ``volume_ml`` and the
        centroid in template millimetres (empty for findings of shape, which have no mask).
    """

    anatomy: Anatomy
    relaxation: dict[str, Relaxation]
    mask: np.ndarray
    findings: pd.DataFrame


def plan(head: HeadModel) -> list:
    """Choose the places of all painted findings of a subject, on coarse voxels of its whole head.

    Returns
    -------
    list of (Lesion, callable)
        The callable takes a `Canvas` and returns edits.
    """
    subject = head.subject
    painted = [(i, lesion) for i, lesion in enumerate(subject.lesions) if lesion.kind in PLANNERS]
    if not painted:
        return []
    map_ = Canvas(make_anatomy(head, MAP_VOXEL_MM))
    return [
        (lesion, PLANNERS[lesion.kind](lesion, map_, stream(subject, f"lesion/{i}/{lesion.kind}")))
        for i, lesion in painted
    ]


def paint(anatomy: Anatomy, field_tesla: float = 3.0) -> Painted:
    """Paint the findings of ``anatomy.subject``.

    Parameters
    ----------
    anatomy : Anatomy
        Of a subject whose shaping findings have acted already (`with_shape`).
    field_tesla : float

    Returns
    -------
    Painted
    """
    relaxation = relaxation_maps(anatomy, field_tesla)
    fractions, canvas = dict(anatomy.fractions), Canvas(anatomy)
    mask = np.zeros(canvas.shape, np.uint8)
    records = []
    for lesion, painter in plan(anatomy.head):
        share = np.zeros(canvas.shape, np.float32)
        for edit in painter(canvas):
            edit.apply(fractions, relaxation)
            np.maximum(share, edit.mask, out=share)
        mask[share > MASK_SHARE] = PAINTED[lesion.kind]
        records.append(_record(lesion, share, anatomy))
    records += [_record(lesion) for lesion in anatomy.subject.lesions if lesion.kind not in PAINTED]
    columns = ["kind", "side", "severity", "count", "stage", "volume_ml", "x_mm", "y_mm", "z_mm"]
    return Painted(
        replace(anatomy, fractions=fractions), relaxation, mask, pd.DataFrame(records, columns=columns)
    )


def _record(lesion, share=None, anatomy=None) -> dict:
    row = {name: getattr(lesion, name) for name in ("kind", "side", "severity", "count", "stage")}
    total = 0.0 if share is None else float(share.sum(dtype=np.float64))
    if total > 0:
        centre = [(anatomy.template_mm[axis] * share).sum(dtype=np.float64) / total for axis in range(3)]
        row |= {"volume_ml": total * float(np.prod(anatomy.voxel_mm)) / 1000}
        row |= dict(zip(("x_mm", "y_mm", "z_mm"), np.round(centre, 1), strict=True))
    return row
