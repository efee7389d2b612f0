"""T1, T2, R2' and proton density of every tissue as functions of postmenstrual age, at 3 T and 1.5 T.

Each time constant falls as ``T(age) = T_mature + (T_28 - T_mature) exp(-(age - 28 weeks) / tau)``. The
parameters are design values that meet these published anchors (tests hold them):

- term, 3 T, frontal: R2 of grey over white matter 1.8 +- 0.2, R1 1.3 +- 0.09 (Williams, Radiology 2005).
- fetal and preterm, 3 T: white matter T1 2.53-3.41 s, T2 270-300 ms; grey matter T1 2.47-3.00 s, T2
  172-191 ms; fluid 4.4 s, 2 s. 1.5 T: white matter T1 2.32-3.10 s, grey 1.96-2.43 s (parameter tables of
  FaBiAN, Lajous et al., Scientific Reports 2022).
- whole-brain T2* of 99 ms at term and 3 T (Goksan et al., Magn Reson Med 2017), which sets R2'.
- T2 falls with age between 25 and 41 weeks in lentiform nucleus and white matter (Counsell, AJNR 2003), T1
  everywhere between 25 and 40 weeks (Schneider, AJNR 2016), T2 on to 4.5 years (Leppert, JMRI 2009).
- no iron in the newborn's globus pallidus (Hallgren & Sourander 1958), hence no extra R2'.
"""

import math
from dataclasses import dataclass

from neolab.errors import InputError
from neolab.simulate.tissues import EXTRACRANIAL, VENTRICLES


@dataclass(frozen=True)
class Maturation:
    """A time constant that falls exponentially from its value at 28 weeks to a mature one."""

    mature_ms: float
    at_28_weeks_ms: float
    tau_weeks: float = 1.0

    def at(self, postmenstrual_age_weeks: float) -> float:
        """Value in milliseconds; constant before 28 weeks."""
        passed = math.exp(-max(postmenstrual_age_weeks - 28.0, 0.0) / self.tau_weeks)
        return self.mature_ms + (self.at_28_weeks_ms - self.mature_ms) * passed


@dataclass(frozen=True)
class TissueRow:
    """One row of the table: maturation of T1 and T2 at 3 T, and what does not change with age.

    ``t1_ratio_1p5t`` is T1 at 1.5 T over T1 at 3 T.
    """

    t1: Maturation
    t2: Maturation
    proton_density: float
    r2_prime_per_s: float = 4.5
    t1_ratio_1p5t: float = 0.82


def _constant(t1_ms, t2_ms, proton_density, r2_prime_per_s=0.0, t1_ratio_1p5t=0.91):
    return TissueRow(
        Maturation(t1_ms, t1_ms), Maturation(t2_ms, t2_ms), proton_density, r2_prime_per_s, t1_ratio_1p5t
    )


_PUTAMEN = ((1200, 2150, 26), (78, 150, 24))


def _scaled(row, t1_factor, t2_factor):
    (t1_mature, t1_28, t1_tau), (t2_mature, t2_28, t2_tau) = row
    return (
        Maturation(t1_mature * t1_factor, t1_28 * t1_factor, t1_tau),
        Maturation(t2_mature * t2_factor, t2_28 * t2_factor, t2_tau),
    )


_UNMYELINATED = ((1450, 3100, 27), (105, 305, 24))
_VENTRICLE = _constant(4300, 1800, 1.0)

#: White-matter rows are of unmyelinated white matter; :mod:`neolab.simulate.myelination` does the rest.
#: Corpus callosum: compact fibres, darker than other white matter on T2 before they myelinate.
#: Fluid: shorter than pure fluid (4.4 s, 2 s) for the fibres, vessels and flow that it holds; 1.5 T ratio
#: FaBiAN.
TABLE: dict[str, TissueRow] = {
    "air": _constant(1000, 10, 0.0),
    "white_matter": TissueRow(*_scaled(_UNMYELINATED, 1, 1), 0.92, t1_ratio_1p5t=0.90),
    "internal_capsule": TissueRow(*_scaled(_UNMYELINATED, 1, 0.92), 0.90, t1_ratio_1p5t=0.90),
    "corpus_callosum": TissueRow(*_scaled(_UNMYELINATED, 1.03, 0.85), 0.90, t1_ratio_1p5t=0.90),
    "cortex": TissueRow(Maturation(1300, 2500, 18), Maturation(88, 178, 17), 0.88),
    "hippocampus_amygdala": TissueRow(Maturation(1330, 2500, 19), Maturation(90, 180, 18), 0.88),
    "caudate": TissueRow(Maturation(1250, 2200, 28), Maturation(82, 155, 24), 0.87),
    "putamen": TissueRow(*_scaled(_PUTAMEN, 1, 1), 0.86),
    "globus_pallidus": TissueRow(*_scaled(_PUTAMEN, 0.93, 0.90), 0.86),
    "subthalamic_nucleus": TissueRow(*_scaled(_PUTAMEN, 0.88, 0.88), 0.86),
    "thalamus": TissueRow(Maturation(1150, 2080, 25), Maturation(78, 142, 24), 0.86),
    "brainstem": TissueRow(Maturation(980, 1950, 20), Maturation(76, 160, 20), 0.84),
    "cerebellar_white_matter": TissueRow(*_scaled(_UNMYELINATED, 0.86, 0.85), 0.90, t1_ratio_1p5t=0.90),
    "cerebellar_cortex": TissueRow(Maturation(1250, 2150, 24), Maturation(88, 168, 24), 0.88),
    "lateral_ventricles": _VENTRICLE,
    "third_ventricle": _VENTRICLE,
    "fourth_ventricle": _VENTRICLE,
    "csf": _constant(4000, 1500, 1.0),
    "bone": _constant(400, 1.5, 0.06),
    "scalp": _constant(420, 90, 0.62),
    "muscle": _constant(1420, 45, 0.80, 4.5, 0.75),
    "eye": _constant(4000, 900, 1.0),
}

#: Tissues whose relaxation is fluid, fat or bone: they do not mature and do not differ between infants here.
INERT = frozenset({*VENTRICLES, "csf", *EXTRACRANIAL})

#: Ratio of T1 at 1.5 T to T1 at 3 T of mature white matter, and of T2 (about equal: Williams 2005).
MYELIN_T1_RATIO_1P5T = 0.80
T2_RATIO_1P5T = 1.03


def row_values(tissue: str, postmenstrual_age_weeks: float, field_tesla: float = 3.0):
    """T1 (ms), T2 (ms), R2' (1/s) and proton density of a tissue at an age.

    R2' comes from susceptibility and grows in proportion to the field.

    Returns
    -------
    tuple of four float

    Raises
    ------
    InputError
        For a field other than 1.5 or 3 tesla, or a tissue without a row.
    """
    if field_tesla not in (1.5, 3.0):
        raise InputError(f"field strength is {field_tesla} T, expected 1.5 or 3")
    if tissue not in TABLE:
        raise InputError(f"tissue {tissue!r} has no relaxation times, expected one of {', '.join(TABLE)}")
    row = TABLE[tissue]
    t1, t2 = row.t1.at(postmenstrual_age_weeks), row.t2.at(postmenstrual_age_weeks)
    if field_tesla == 1.5:
        t1, t2 = t1 * row.t1_ratio_1p5t, t2 * T2_RATIO_1P5T
    return t1, t2, row.r2_prime_per_s * field_tesla / 3.0, row.proton_density
