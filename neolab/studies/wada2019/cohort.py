"""The cohort of Wada 2019: neurologically normal infants from birth to 24 months, on two scanners.

119 infants, corrected age -1.71 to 23.54 months, 40 boys and 79 girls, 95 at 3 T and 24 at 1.5 T; no lesions.
The youngest and the oldest have the ages that the paper prints. Nobody is scanned before birth.
Myelin age scatters around corrected age, by 0.6 months at term and 3 months at 24 (design value): without it
a phantom's myelin would tell the age far better than an infant's can.

Source: Wada et al., arXiv preprint, 10 September 2019 (Methods 2.1 and 2.2).
"""

import numpy as np
import pandas as pd

from neolab.simulate.cohort import CohortPlan
from neolab.simulate.newborn import identifiers, newborn_plan, random_stream, subjects_of
from neolab.simulate.protocols import Protocol
from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH, Subject

STUDY = "wada2019"
N = 119
AGE_RANGE_MONTHS = (-1.71, 23.54)
GIRL_SHARE, HIGH_FIELD_SHARE = 79 / 119, 95 / 119
#: Standard deviation of myelin age around corrected age: at term, and more for every month. Design values.
SCATTER_AT_TERM_MONTHS, SCATTER_PER_MONTH = 0.6, 0.10
#: Fewer infants are scanned with every quarter year of age; this Beta over the age range has a mean
#: of about 10 months (design value; the paper prints only the range).
AGE_SHAPE = (0.9, 1.15)
#: Gestational age at birth, mean and standard deviation in weeks, and the longest pregnancy. Design values.
BIRTH_AGE_WEEKS, LONGEST_PREGNANCY_WEEKS = (38.8, 1.8), 41.5

PARTICIPANT_COLUMNS = ("sex", "birth_age")
SESSION_COLUMNS = ("corrected_age_months", "postmenstrual_age_weeks", "field_strength_tesla")
DESCRIPTIONS = {
    "sex": {"Description": "Sex", "Levels": {"male": "male", "female": "female"}},
    "birth_age": {"Description": "Gestational age at birth", "Units": "week"},
    "corrected_age_months": {"Description": "Age at the scan, 40 weeks counting as 0", "Units": "month"},
    "postmenstrual_age_weeks": {"Description": "Postmenstrual age at the scan", "Units": "week"},
    "field_strength_tesla": {"Description": "Field strength of the scanner", "Units": "T"},
}
COLUMNS: dict = {}


# Departure: 1.4 mm in plane instead of 0.4 to 0.9 mm. The network sees a cropped brain in 128 pixels, which
# is 1 to 1.3 mm, and 119 infants in two contrasts fit into minutes.
_COARSE = dict(
    dimensions=2,
    in_plane_mm=1.4,
    reconstructed_mm=0.7,
    departures=("1.4 mm in plane, zero-filled to 0.7 mm",),
)
_3T = dict(
    slice_thickness_mm=5.0,
    slice_spacing_mm=5.5,
    render_mm=(1.4, 1.4, 5.5 / 2),
    source="Wada et al. 2019, arXiv, scanner A (3 T)",
    **_COARSE,
)
_1P5T = dict(
    field_tesla=1.5,
    slice_thickness_mm=5.5,
    slice_spacing_mm=6.0,
    render_mm=(1.4, 1.4, 6.0 / 2),
    bias_sd=0.03,
    flip_sd=0.01,
    source="Wada et al. 2019, arXiv, scanner B (1.5 T)",
    **_COARSE,
)
#: Field strength, tesla -> T1 and T2.
PROTOCOLS: dict[float, tuple[Protocol, Protocol]] = {
    3.0: (
        Protocol(
            "WADA_3T_T1_TIR_1P4MM",
            "T1w",
            "inversion_recovery",
            dict(repetition_time_ms=2155.0, echo_time_ms=10.0, inversion_time_ms=1000.0),
            noise_sd=0.004,
            **_3T,
        ),
        Protocol(
            "WADA_3T_T2_TSE_1P4MM",
            "T2w",
            "turbo_spin_echo",
            dict(repetition_time_ms=4000.0, echo_time_ms=80.0),
            noise_sd=0.006,
            **_3T,
        ),
    ),
    1.5: (
        Protocol(
            "WADA_1P5T_T1_SE_1P4MM",
            "T1w",
            "spin_echo",
            dict(repetition_time_ms=530.0, echo_time_ms=11.0, flip_angle_deg=80.0),
            noise_sd=0.006,
            **_1P5T,
        ),
        Protocol(
            "WADA_1P5T_T2_TSE_1P4MM",
            "T2w",
            "turbo_spin_echo",
            dict(repetition_time_ms=4100.0, echo_time_ms=94.0),
            noise_sd=0.010,
            **_1P5T,
        ),
    ),
}


def cohort_table(n: int = N, seed: int = 0) -> pd.DataFrame:
    """Draw the infants: one row each, demographics and latents, no image.

    Parameters
    ----------
    n : int
        Number of infants, at least 4.
    seed : int

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, the columns of `PARTICIPANT_COLUMNS` and `SESSION_COLUMNS`, and
        the latent ``myelin_age_offset_months``.

    Raises
    ------
    InputError
        If ``n`` is below 4 or ``seed`` negative.
    """
    rng = random_stream(n, seed, at_least=4, key=2019)
    low, high = AGE_RANGE_MONTHS
    months = (low + (high - low) * rng.beta(*AGE_SHAPE, n)).round(2)
    months[[months.argmin(), months.argmax()]] = AGE_RANGE_MONTHS
    weeks = (TERM_WEEKS + WEEKS_PER_MONTH * months).round(2)
    pregnancy = np.minimum(rng.normal(*BIRTH_AGE_WEEKS, n), LONGEST_PREGNANCY_WEEKS)
    girls, high_field = round(n * GIRL_SHARE), round(n * HIGH_FIELD_SHARE)
    spread = SCATTER_AT_TERM_MONTHS + SCATTER_PER_MONTH * np.maximum(months, 0)
    offset = (spread * rng.standard_normal(n)).round(3)
    return pd.DataFrame(
        {
            **identifiers(n),
            "sex": rng.permutation(["female"] * girls + ["male"] * (n - girls)),
            "birth_age": np.minimum(pregnancy.round(1), np.floor(10 * weeks) / 10),
            "corrected_age_months": months,
            "postmenstrual_age_weeks": weeks,
            "field_strength_tesla": rng.permutation([3.0] * high_field + [1.5] * (n - high_field)),
            "myelin_age_offset_months": offset,
        }
    )


def protocols(row) -> tuple[Protocol, Protocol]:
    """T1 and T2 protocol of an infant's scanner."""
    return PROTOCOLS[row.field_strength_tesla]


def subjects(table: pd.DataFrame, seed: int) -> list[Subject]:
    """Latents of every row of `cohort_table`, ready for the simulator."""
    return subjects_of(table, seed, "myelin_age_offset_months", birth_age_weeks="birth_age")


def plan(n: int, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw the cohort; see `cohort_table`. The profile changes nothing but the number of participants."""
    table = cohort_table(n, seed)
    return newborn_plan(
        table,
        subjects(table, seed),
        [protocols(row) for row in table.itertuples()],
        participant_columns=PARTICIPANT_COLUMNS,
        session_columns=SESSION_COLUMNS,
        descriptions=DESCRIPTIONS,
        columns=COLUMNS,
    )
