"""Sizes against age: the published curves that every volume of the digital neonate is calibrated to.

Ages are postmenstrual weeks (40 = term), volumes millilitres for both sides together.
"""

from dataclasses import dataclass

import numpy as np

from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH, Subject, stream

#: Lateral ventricles, median. Term: 7.1 ml (3.7-10.4) in the ALBERT infants; +280 % in year 1, then slightly
#: less (Knickmeyer 2008).
LATERAL_VENTRICLES_ML = (
    (26, 4.5),
    (30, 5.2),
    (36, 6.2),
    (40, 6.8),
    (46, 8.0),
    (66, 17.0),
    (92, 20.0),
    (145, 18.0),
)
#: Outer fluid, median. Term: 93 ml (69-129) in the ALBERT infants; elsewhere design values.
EXTRA_AXIAL_CSF_ML = ((26, 42), (30, 52), (36, 70), (40, 88), (48, 110), (66, 146), (92, 158), (145, 150))
#: White and deep grey matter as a share of supratentorial tissue: 28-week cortex is thin; in year 1 grey
#: matter grows by 149 % and white matter by 11 % (Knickmeyer 2008).
INTERIOR_SHARE = (
    (26, 0.72),
    (28, 0.70),
    (32, 0.665),
    (36, 0.625),
    (40, 0.59),
    (44, 0.56),
    (53, 0.49),
    (66, 0.45),
    (92, 0.42),
)
#: Cerebellum. Term 23.5 ml (14.6-36.8, ALBERT), 21 +- 6 (Romberg 2022); more than doubles in 90 days
#: (Holland 2014), +240 % in year 1 (Knickmeyer 2008).
CEREBELLUM_ML = (
    (26, 6.0),
    (28, 7.5),
    (32, 11.5),
    (36, 17.0),
    (40, 23.5),
    (44, 31.0),
    (53, 50.0),
    (66, 66.0),
    (92, 86.0),
    (145, 104.0),
)

#: Deep structures at term, both sides, ml (ALBERT infants, 37-44 weeks: mean). The pallidum is 0.6-0.8 a side
#: in other label sets, and the putamen is the rest of the lentiform nucleus (5.8).
TERM_STRUCTURES_ML = {
    "caudate": 3.3,
    "putamen": 4.4,
    "globus_pallidus": 1.4,
    "thalamus": 8.1,
    "subthalamic_nucleus": 0.43,
    "hippocampus_amygdala": 2.0,
    "brainstem": 6.2,
    "corpus_callosum": 2.5,
    "third_ventricle": 0.7,
    "fourth_ventricle": 0.35,
}
#: How structures grow against their size at term: deep grey follows the brain up to term and falls behind it
#: after (it is relatively larger in the newborn); design values between those anchors.
STRUCTURE_GROWTH = (
    (26, 0.34),
    (28, 0.41),
    (32, 0.59),
    (36, 0.80),
    (40, 1.0),
    (44, 1.16),
    (53, 1.45),
    (66, 1.70),
    (92, 2.0),
    (145, 2.25),
)


@dataclass(frozen=True)
class Sizes:
    """Target volumes of one subject, ml, both sides together.

    Parameters
    ----------
    brain : float
        All tissue inside the pia.
    lateral_ventricles : tuple of float
        Left, right.
    extra_axial_csf : float
    interior_share : float
        White and deep grey matter over all supratentorial tissue.
    cerebellum : float
    structures : dict of str to float
        The keys of ``TERM_STRUCTURES_ML``.
    """

    brain: float
    lateral_ventricles: tuple[float, float]
    extra_axial_csf: float
    interior_share: float
    cerebellum: float
    structures: dict[str, float]

    @property
    def intracranial(self) -> float:
        """Brain, ventricles and outer fluid, ml."""
        inner = self.structures["third_ventricle"] + self.structures["fourth_ventricle"]
        return self.brain + sum(self.lateral_ventricles) + inner + self.extra_axial_csf


def curve(table, age_weeks: float) -> float:
    """Linear interpolation in one of this module's tables, constant beyond its ends."""
    ages, values = zip(*table, strict=True)
    return float(np.interp(age_weeks, ages, values))


def median_brain_volume_ml(postmenstrual_age_weeks: float) -> float:
    """Total brain volume, both sexes.

    21.5 ml a week up to 370 ml at 40 weeks (Huppi 1998: about 22 ml a week), then an exponential approach
    that gives +64 % in 90 days (Holland 2014) and about +101 % in year 1, +15 % in year 2 (Knickmeyer 2008).
    """
    if postmenstrual_age_weeks <= TERM_WEEKS:
        return 370.0 + 21.5 * (postmenstrual_age_weeks - TERM_WEEKS)
    months = (postmenstrual_age_weeks - TERM_WEEKS) / WEEKS_PER_MONTH
    return 1030.0 - 660.0 * float(np.exp(-months / 7.4))


def draw_sizes(subject: Subject) -> Sizes:
    """All target volumes of a subject: given latents as they are, the rest drawn from its own stream.

    Parameters
    ----------
    subject : Subject

    Returns
    -------
    Sizes
    """
    rng = stream(subject, "growth")
    normal = dict(
        zip(
            ("brain", "ventricles", "csf", "asymmetry", "share", "cerebellum", *TERM_STRUCTURES_ML),
            rng.standard_normal(6 + len(TERM_STRUCTURES_ML)),
            strict=True,
        )
    )
    age = subject.postmenstrual_age_weeks
    score = normal["brain"] if subject.brain_volume_z is None else subject.brain_volume_z
    # Males 347 ml, females 336 ml at birth (Holland 2014); scatter 9 % (sd 30-35 ml at term).
    relative = (1.0 + 0.09 * score) * (1.015 if subject.sex == "male" else 0.985)
    brain = median_brain_volume_ml(age) * max(relative, 0.6)
    structures = {
        name: term * curve(STRUCTURE_GROWTH, age) * relative**0.7 * float(np.exp(0.10 * normal[name]))
        for name, term in TERM_STRUCTURES_ML.items()
    }
    return Sizes(
        brain=brain,
        lateral_ventricles=_lateral_ventricles(subject, normal["ventricles"], normal["asymmetry"]),
        extra_axial_csf=_extra_axial_csf(subject, normal["csf"]),
        interior_share=curve(INTERIOR_SHARE, age) + 0.012 * normal["share"],
        cerebellum=curve(CEREBELLUM_ML, age) * relative * float(np.exp(0.12 * normal["cerebellum"])),
        structures=structures,
    )


def _lateral_ventricles(subject: Subject, size_score: float, asymmetry_score: float) -> tuple[float, float]:
    total = subject.ventricle_volume_ml
    if total is None:
        horns = (
            0.4 * subject.frontal_horn_dilatation
            + 0.5 * subject.occipital_horn_dilatation
            + 0.2 * subject.temporal_horn_dilatation
        )
        total = curve(LATERAL_VENTRICLES_ML, subject.postmenstrual_age_weeks) * np.exp(
            0.30 * size_score + horns
        )
    asymmetry = subject.ventricle_asymmetry
    if asymmetry is None:
        # The left ventricle is the larger one in most infants (Brouwer 2012: left > right).
        asymmetry = 0.08 + 0.15 * asymmetry_score
    left = float(total) / (1.0 + float(np.exp(-asymmetry)))
    return left, float(total) - left


def _extra_axial_csf(subject: Subject, score: float) -> float:
    if subject.extra_axial_csf_ml is not None:
        return subject.extra_axial_csf_ml
    return curve(EXTRA_AXIAL_CSF_ML, subject.postmenstrual_age_weeks) * float(np.exp(0.16 * score))
