"""Findings that change the shape of the brain: they become latents of the subject before it is drawn."""

from dataclasses import replace

import numpy as np

from neolab.simulate.growth import LATERAL_VENTRICLES_ML, curve
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.subject import Subject


def with_shape(subject: Subject) -> Subject:
    """Let the shaping findings among ``subject.lesions`` act on its other latents.

    Returns
    -------
    Subject
        With the same lesions.
    """
    for lesion in subject.lesions:
        if lesion.kind in _CHANGES:
            subject = _CHANGES[lesion.kind](subject, lesion)
    return subject


def _usual_ventricles_ml(subject: Subject) -> float:
    return subject.ventricle_volume_ml or curve(LATERAL_VENTRICLES_ML, subject.postmenstrual_age_weeks)


def _dilate(subject: Subject, lesion: Lesion) -> Subject:
    """Ventricles 1.8 (severity 0) to 6 times the median, occipital horns most: colpocephaly."""
    normal = _usual_ventricles_ml(subject)
    factor = 1.8 * np.exp(np.log(6 / 1.8) * lesion.severity)
    lean = {"left": 0.5, "right": -0.5, "both": 0.12}[lesion.side]  # the left is the larger one on average
    return replace(
        subject,
        ventricle_volume_ml=float(normal * factor),
        ventricle_asymmetry=lean,
        occipital_horn_dilatation=0.6 + 1.2 * lesion.severity,
        temporal_horn_dilatation=0.2 + 0.6 * lesion.severity,
        frontal_horn_dilatation=0.1 + 0.4 * lesion.severity,
    )


def _lose_volume(subject: Subject, lesion: Lesion) -> Subject:
    """Brain 1 to 3 standard deviations smaller, ventricles and outer fluid wider."""
    z = (subject.brain_volume_z or 0.0) - 1.0 - 2.0 * lesion.severity
    normal = _usual_ventricles_ml(subject)
    return replace(
        subject, brain_volume_z=z, ventricle_volume_ml=float(normal * (1.3 + 0.9 * lesion.severity))
    )


def _skew(subject: Subject, lesion: Lesion) -> Subject:
    """One lateral ventricle 1.5 to 3 times the other."""
    sign = 1 if lesion.side == "left" else -1
    return replace(subject, ventricle_asymmetry=float(sign * np.log(1.5 + 1.5 * lesion.severity)))


_CHANGES = {"ventricular_dilatation": _dilate, "volume_loss": _lose_volume, "asymmetry": _skew}
