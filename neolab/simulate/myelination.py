"""Myelination: how much myelin a voxel of white matter holds at an age, and what that does to its relaxation.

T1 and T2 have half-time maps of their own, because the T1 of white matter shortens with the first membranes
and its T2 only when water is driven out from between compact sheaths, months later (Barkovich 1988; the ages
at which each region turns bright on T1 and dark on T2 are in the half-time maps of the anatomy).
"""

import numpy as np

#: Gompertz rates. Design values: steep enough for a region to turn within the published windows of 2-4 months
#: on T1 and 3-6 months on T2 (Barkovich et al., Radiology 1988;166:173-180).
T1_RATE_PER_MONTH = 0.75
T2_RATE_PER_MONTH = 0.45

#: Relaxation of mature white matter at 3 T: design values near those of two-year-olds and adults.
MYELINATED_T1_MS = 860.0
MYELINATED_T2_MS = 70.0
MYELINATED_PROTON_DENSITY = 0.80

#: Share of its mature effect on R1 that myelin has at term, and what it gains in a month. Chosen so that the
#: posterior limb has a T1 of 1.3 s at three months (1.32-1.35 s, Kuehne 2021) and of 0.86 s at two years; the
#: form, Gompertz plus a slow linear part, is that of Dean et al. 2014 for the myelin water fraction.
COMPACTION_AT_TERM = 0.37
COMPACTION_PER_MONTH = 0.0265


def myelin_fraction(months, half_time_months, rate_per_month):
    """Gompertz growth, scaled to one half at the half time.

    ``m = exp(-exp(-rate (t - half time) + ln ln 2))``.

    Parameters
    ----------
    months : float or ndarray
        Corrected age, months from term.
    half_time_months : float or ndarray
    rate_per_month : float

    Returns
    -------
    ndarray or float in 0..1
    """
    exponent = -rate_per_month * (months - half_time_months) + np.log(np.log(2.0))
    return np.exp(-np.exp(np.clip(exponent, -30, 5)))


def compaction(months):
    """Share of the mature effect on R1 that the myelin present has at an age, 0.3 to 1."""
    return np.clip(COMPACTION_AT_TERM + COMPACTION_PER_MONTH * months, 0.3, 1.0)


def myelinated_t1_ms(unmyelinated_t1_ms, months, half_time_months, mature_t1_ms=MYELINATED_T1_MS):
    """T1 of white matter, milliseconds: rates of the two compartments add in proportion (fast exchange)."""
    share = myelin_fraction(months, half_time_months, T1_RATE_PER_MONTH) * compaction(months)
    return 1 / ((1 - share) / unmyelinated_t1_ms + share / mature_t1_ms)


def myelinated_t2_ms(unmyelinated_t2_ms, months, half_time_months, mature_t2_ms=MYELINATED_T2_MS):
    """T2 of white matter, milliseconds: rates of the two compartments add in proportion (fast exchange)."""
    share = myelin_fraction(months, half_time_months, T2_RATE_PER_MONTH)
    return 1 / ((1 - share) / unmyelinated_t2_ms + share / mature_t2_ms)


def myelinated_proton_density(unmyelinated, months, t1_half_time_months):
    """Proton density falls as myelin takes the place of water (about 0.92 to 0.80)."""
    share = myelin_fraction(months, t1_half_time_months, T1_RATE_PER_MONTH) * compaction(months)
    return unmyelinated + share * (MYELINATED_PROTON_DENSITY - unmyelinated)
