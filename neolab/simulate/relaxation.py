"""Relaxation of a subject's tissues: the table for its age, its deviation from it, myelin and regions.

Images are made from these maps alone. A lesion is therefore an edit: shorten or lengthen a tissue where the
lesion is (:meth:`Relaxation.scaled`), or add a tissue of its own to the anatomy's fractions and to this
dictionary.
"""

from dataclasses import dataclass, replace

import numpy as np

from neolab.simulate import myelination, regional
from neolab.simulate.relaxation_table import INERT, MYELIN_T1_RATIO_1P5T, T2_RATIO_1P5T, TABLE, row_values
from neolab.simulate.subject import Subject, stream

#: Spread between healthy infants of the same age, as standard deviations of the logarithm, and the share of
#: its variance that all tissues of an infant have in common. Design values.
T1_SPREAD, T2_SPREAD, SHARED_VARIANCE = 0.03, 0.04, 0.7

#: A fraction below this is the tail of a soft border and adds nothing to a signal.
NEGLIGIBLE_FRACTION = 1e-3

MYELINATING = ("white_matter", "internal_capsule", "corpus_callosum", "cerebellar_white_matter")


@dataclass(frozen=True)
class Relaxation:
    """What a tissue is made of, magnetically.

    Attributes
    ----------
    t1_ms, t2_ms, proton_density : float or ndarray
        Scalars; or one value for each of ``voxels``; or, where ``voxels`` is None, arrays of the volume's
        shape.
    r2_prime_per_s : float or ndarray
        Static dephasing: ``1/T2* = 1/T2 + R2'``.
    voxels : ndarray of int, optional
        Flat indices of the voxels that the arrays describe: those which hold some of the tissue.
    """

    t1_ms: float | np.ndarray
    t2_ms: float | np.ndarray
    r2_prime_per_s: float | np.ndarray = 0.0
    proton_density: float | np.ndarray = 1.0
    voxels: np.ndarray | None = None

    @property
    def t2_star_ms(self):
        """T2* in milliseconds."""
        return 1 / (1 / self.t2_ms + self.r2_prime_per_s / 1000)

    def at(self, voxels: np.ndarray) -> "Relaxation":
        """The same tissue described at given voxels only; scalars stay scalars.

        Parameters
        ----------
        voxels : ndarray of int
            Flat indices; must lie within ``self.voxels`` where that is set.
        """
        if self.voxels is voxels:
            return self
        index = voxels if self.voxels is None else np.searchsorted(self.voxels, voxels)

        def pick(value):
            return np.ravel(value)[index] if np.ndim(value) else value

        return Relaxation(
            pick(self.t1_ms), pick(self.t2_ms), pick(self.r2_prime_per_s), pick(self.proton_density), voxels
        )

    def scaled(self, t1=1.0, t2=1.0, proton_density=1.0) -> "Relaxation":
        """Multiply by scalars or by maps of the volume's shape.

        Parameters
        ----------
        t1, t2, proton_density : float or ndarray
            Factors. A volume leaves one everywhere outside the change.
        """

        def factor(value):
            return np.ravel(value)[self.voxels] if np.ndim(value) and self.voxels is not None else value

        return replace(
            self,
            t1_ms=self.t1_ms * factor(t1),
            t2_ms=self.t2_ms * factor(t2),
            proton_density=self.proton_density * factor(proton_density),
        )

    def volume(self, name: str, shape) -> np.ndarray:
        """One of the attributes as an array of the volume's shape, NaN where the tissue is absent."""
        value = getattr(self, name)
        if self.voxels is None:
            return np.broadcast_to(np.asarray(value, np.float32), shape)
        out = np.full(int(np.prod(shape)), np.nan, np.float32)
        out[self.voxels] = value
        return out.reshape(shape)


def tissue_relaxation(subject: Subject, field_tesla: float = 3.0) -> dict[str, Relaxation]:
    """Scalars for every tissue of a subject: table, own deviation and the subject's own nuclei.

    White matter is unmyelinated here.

    Parameters
    ----------
    subject : Subject
    field_tesla : float
        1.5 or 3.

    Returns
    -------
    dict
        Tissue name -> :class:`Relaxation`.
    """
    t1_factor, t2_factor = (
        _deviations(subject, kind, sd) for kind, sd in (("t1", T1_SPREAD), ("t2", T2_SPREAD))
    )
    tissues = {}
    for name in TABLE:
        t1, t2, r2_prime, density = row_values(name, subject.postmenstrual_age_weeks, field_tesla)
        tissues[name] = Relaxation(t1 * t1_factor[name], t2 * t2_factor[name], r2_prime, density)
    overrides = {
        "globus_pallidus": subject.globus_pallidus_t1_ms,
        "subthalamic_nucleus": subject.subthalamic_nucleus_t1_ms,
    }
    for name, t1 in overrides.items():
        if t1 is not None:
            tissues[name] = replace(tissues[name], t1_ms=float(t1))
    return tissues


def relaxation_maps(anatomy, field_tesla: float = 3.0) -> dict[str, Relaxation]:
    """Relaxation of every tissue of a subject in every voxel that holds some of it.

    Parameters
    ----------
    anatomy : Anatomy
    field_tesla : float
        1.5 or 3.

    Returns
    -------
    dict
        Tissue name -> :class:`Relaxation`; arrays for white matter, thalamus, putamen and brainstem, scalars
        for the rest.
    """
    tissues = tissue_relaxation(anatomy.subject, field_tesla)
    for name in MYELINATING:
        tissues[name] = _myelinated(anatomy, name, tissues[name], field_tesla)
    for name, factors in regional.REGIONAL_FACTORS.items():
        voxels = _support(anatomy, name) if tissues[name].voxels is None else tissues[name].voxels
        r1_factor, r2_factor = factors(anatomy, voxels)
        base = tissues[name]
        tissues[name] = replace(
            base, t1_ms=base.t1_ms / r1_factor, t2_ms=base.t2_ms / r2_factor, voxels=voxels
        )
    return tissues


def _myelinated(anatomy, name, unmyelinated, field_tesla):
    voxels = _support(anatomy, name)
    subject = anatomy.subject
    months = subject.months_from_term + subject.myelin_age_offset_months
    t1_half = anatomy.t1_half_time_months.ravel()[voxels]
    t2_half = anatomy.t2_half_time_months.ravel()[voxels]
    mature_t1, mature_t2 = myelination.MYELINATED_T1_MS, myelination.MYELINATED_T2_MS
    if field_tesla == 1.5:
        mature_t1, mature_t2 = mature_t1 * MYELIN_T1_RATIO_1P5T, mature_t2 * T2_RATIO_1P5T
    return Relaxation(
        myelination.myelinated_t1_ms(unmyelinated.t1_ms, months, t1_half, mature_t1),
        myelination.myelinated_t2_ms(unmyelinated.t2_ms, months, t2_half, mature_t2),
        unmyelinated.r2_prime_per_s,
        myelination.myelinated_proton_density(unmyelinated.proton_density, months, t1_half),
        voxels,
    )


def _support(anatomy, name) -> np.ndarray:
    return np.flatnonzero(anatomy.fractions[name] > NEGLIGIBLE_FRACTION)


def _deviations(subject, kind, spread) -> dict[str, float]:
    """Factor for every tissue: log-normal, correlated between the tissues of an infant."""
    rng = stream(subject, "relaxation")
    common = rng.standard_normal()  # the first deviate of the stream: the same for T1 and T2
    if kind == "t2":
        rng.standard_normal(len(TABLE))
    own = rng.standard_normal(len(TABLE))
    weight, rest = np.sqrt(SHARED_VARIANCE), np.sqrt(1 - SHARED_VARIANCE)
    return {
        name: 1.0 if name in INERT else float(np.exp(spread * (weight * common + rest * deviate)))
        for name, deviate in zip(TABLE, own, strict=True)
    }
