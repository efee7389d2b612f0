"""One simulated scan as a handful of latents: an image is a pure function of these and of a protocol."""

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neolab.errors import InputError

#: Postmenstrual weeks at term, and weeks in a month (365.25 / 12 / 7 = 4.348; the guide rounds to 4.345).
TERM_WEEKS = 40.0
WEEKS_PER_MONTH = 4.345

#: Random streams that belong to the person: the same in every session of one participant.
PERSONAL_PURPOSES = frozenset({"anatomy", "folding", "warp", "growth", "ventricles", "myelin", "relaxation"})


@dataclass(frozen=True)
class Subject:
    """The latents of one scan.

    Parameters
    ----------
    participant_id, session_id : str
        BIDS entities without their prefix, such as ``"SYN0001"`` and ``"01"``.
    seed : int
        Seed of the cohort, zero or more.
    postmenstrual_age_weeks : float
        Age at the scan, 26 to 145 weeks (40 is term; 145 is 24 months of corrected age).
    sex : str
        ``"female"`` or ``"male"``.
    birth_age_weeks : float
        Gestational age at birth.
    brain_volume_z : float, optional
        Standard score of the total brain volume for age and sex; drawn when None.
    ventricle_volume_ml : float, optional
        Both lateral ventricles together; drawn when None.
    extra_axial_csf_ml : float, optional
        Fluid outside the brain and its ventricles; drawn when None.
    ventricle_asymmetry : float, optional
        Natural logarithm of left over right lateral ventricle volume; drawn when None.
    frontal_horn_dilatation, occipital_horn_dilatation, temporal_horn_dilatation : float
        Outward shift of the wall of that horn against the rest of the ventricle, in units of 1.5 mm at term
        size; 0 is normal, 2 is gross (colpocephaly for the occipital horn).
    myelin_age_offset_months : float
        Myelination ahead (+) of or behind (-) the norm for age.
    globus_pallidus_t1_ms, subthalamic_nucleus_t1_ms : float, optional
        Overrides of the age norm.
    lesions : tuple
        Records for the lesion painter.
    motion : float
        Severity of head motion during the scan, 0 to 1.

    Raises
    ------
    InputError
        When an age is out of range, the sex unknown or the seed negative.
    """

    participant_id: str
    session_id: str
    seed: int
    postmenstrual_age_weeks: float
    sex: str
    birth_age_weeks: float = 40.0
    brain_volume_z: float | None = None
    ventricle_volume_ml: float | None = None
    extra_axial_csf_ml: float | None = None
    ventricle_asymmetry: float | None = None
    frontal_horn_dilatation: float = 0.0
    occipital_horn_dilatation: float = 0.0
    temporal_horn_dilatation: float = 0.0
    myelin_age_offset_months: float = 0.0
    globus_pallidus_t1_ms: float | None = None
    subthalamic_nucleus_t1_ms: float | None = None
    lesions: tuple = ()
    motion: float = 0.0

    def __post_init__(self):
        if not 26.0 <= self.postmenstrual_age_weeks <= 145.0:
            raise InputError(
                f"postmenstrual_age_weeks of {self.participant_id} is {self.postmenstrual_age_weeks}, "
                "expected 26 to 145 weeks"
            )
        if self.sex not in ("female", "male"):
            raise InputError(f"sex of {self.participant_id} is {self.sex!r}, expected 'female' or 'male'")
        if self.seed < 0:
            raise InputError(f"seed of {self.participant_id} is {self.seed}, expected zero or more")

    @property
    def months_from_term(self) -> float:
        """Corrected age in months; negative before term."""
        return (self.postmenstrual_age_weeks - TERM_WEEKS) / WEEKS_PER_MONTH


class Drawn(Protocol):
    """What `stream` must know of whoever is simulated, newborn or adult.

    Attributes
    ----------
    participant_id : str
    session_id : str or None
        None for people who are scanned once: all their streams are their own.
    seed : int
        Seed of the cohort.
    """

    participant_id: str
    session_id: str | None
    seed: int


def stream(subject: Drawn, purpose: str) -> np.random.Generator:
    """One independent stream of random numbers per participant and purpose.

    A stream of its own for every purpose is what keeps the anatomy still when the noise changes. Streams in
    ``PERSONAL_PURPOSES`` are shared by the sessions of a participant; all others differ from scan to scan.

    Parameters
    ----------
    subject : Subject, AdultSubject
    purpose : str
        Such as ``"anatomy"``, ``"noise"``, ``"bias"``, ``"pose"`` or ``"motion"``.

    Returns
    -------
    numpy.random.Generator
    """
    words = [subject.seed, zlib.crc32(subject.participant_id.encode()), zlib.crc32(purpose.encode())]
    if subject.session_id is not None and purpose not in PERSONAL_PURPOSES:
        words.append(zlib.crc32(subject.session_id.encode()))
    return np.random.default_rng(np.random.SeedSequence(words))
