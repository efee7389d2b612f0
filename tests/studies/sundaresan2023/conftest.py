"""Phantoms made by hand: tissue with balls for microbleeds and lines for veins."""

from types import SimpleNamespace

import numpy as np
import pytest

from neolab.studies.sundaresan2023.data import label_reference
from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters
from neolab.studies.sundaresan2023.preprocessing import Prepared
from neolab.studies.sundaresan2023.symmetry import radial_symmetry

SHAPE = (48, 48, 16)


def scan_of(boxes, noise=0.02, name="SYN0001", veins=(), seed=0):
    """Tissue at 0 with bright balls at ``boxes`` (microbleeds) and bright lines at ``veins``."""
    rng = np.random.default_rng(seed)
    x, y, z = np.indices(SHAPE)
    image, reference = rng.normal(0, noise, SHAPE).astype(np.float32), np.zeros(SHAPE, bool)
    for cx, cy, cz in boxes:
        ball = (x - cx) ** 2 + (y - cy) ** 2 + 4 * (z - cz) ** 2 < 7
        image[ball], reference[ball] = 0.9, True
    for cx, cz in veins:
        image[cx : cx + 2, 6:42, cz] = 0.9
    image = np.clip(image, 0, 1)
    mask = np.zeros(SHAPE, bool)
    mask[3:-3, 3:-3] = True
    symmetry = np.clip(radial_symmetry(image, mask=mask), 0, 1)
    box = tuple(slice(0, n) for n in SHAPE)
    prepared = Prepared(
        np.stack([image, symmetry]), mask, box, (0.8, 0.8, 3.0), np.diag([0.8, 0.8, 3.0, 1.0])
    )
    return label_reference(name, prepared, reference)


def ball_map(*centres, level=0.9):
    x, y, z = np.indices(SHAPE)
    out = np.zeros(SHAPE, np.float32)
    for cx, cy, cz in centres:
        out[(x - cx) ** 2 + (y - cy) ** 2 + 4 * (z - cz) ** 2 < 7] = level
    return out


def with_scores(candidates, score):
    candidates.scores = dict.fromkeys(
        ("detector", "teacher", "student_plain", "student_distilled"), np.asarray(score, float)
    )
    candidates.dropped = np.full(len(candidates.centres), "", object)
    return candidates


def parameters(**changes):
    """Small and quick; everything else is that of the profile smoke."""
    return Sundaresan2023Parameters(profile="smoke", width=1 / 16, **changes)


@pytest.fixture(scope="session")
def phantom():
    """The functions that make phantoms, and their shape."""
    return SimpleNamespace(
        shape=SHAPE, scan_of=scan_of, ball_map=ball_map, with_scores=with_scores, parameters=parameters
    )
