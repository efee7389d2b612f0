"""The cohort of Wu et al. 2021: newborns with hyperbilirubinaemia, some with acute encephalopathy (ABE).

Inputs are what the paper reports of its infants and its two signal ratios, never an accuracy or an AUC.
GPnorm and STNnorm, the signals of globus pallidus and subthalamic nucleus over that of anterior white
matter, are drawn for every infant and turned into the T1 of the nucleus by inverting the signal equation of
the protocol.

Source: Wu et al., BMC Medical Imaging 2021;21:103, doi:10.1186/s12880-021-00634-z (Table 1, Methods,
Results).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.simulate.cohort import CohortPlan
from neolab.simulate.newborn import identifiers, newborn_plan, random_stream, subjects_of
from neolab.simulate.protocols import Protocol
from neolab.simulate.ratio_calibration import t1_for_ratio
from neolab.simulate.relaxation import tissue_relaxation
from neolab.simulate.subject import Subject

LABEL, POSITIVE, NEGATIVE = "diagnosis", "ABE", "HB"

#: Source: Methods, "MRI Acquisition".
PROTOCOL = Protocol(
    "WU_T1_FFE",
    "T1w",
    "spoiled_gradient_echo",
    dict(repetition_time_ms=200.0, echo_time_ms=2.14, flip_angle_deg=80.0),
    in_plane_mm=0.9,
    reconstructed_mm=0.45,
    slice_thickness_mm=4.5,
    slice_spacing_mm=4.5,
    slices=18,
    dimensions=2,
    render_mm=(0.9, 0.9, 1.5),
    noise_sd=0.0015,
    bias_sd=0.01,  # left after the scanner's uniformity correction
    flip_sd=0.005,  # a newborn's head is small against the wavelength; what all heads share is in the ratio
    source="Wu et al., BMC Med Imaging 2021;21:103, MRI Acquisition",
    departures=(
        "the field of view ends at the head, not at 330 mm: what lies beyond is air",
        "0.45 mm is taken as the reconstructed voxel, zero-filled from 0.9 mm; one is printed",
    ),
)

#: Age at the scan, days: "from 1 to 18 days".
AGE_RANGE_DAYS = (1.0, 18.0)

#: Range of gestational ages and of birth weights drawn. Design values, about +-3 SD.
GESTATION_RANGE_WEEKS, WEIGHT_RANGE_KG = (34.0, 43.0), (1.9, 4.7)

#: Correlations that the paper does not report. Design values.
GESTATION_WEIGHT_CORRELATION = 0.5
GP_STN_CORRELATION = 0.6

#: Fall of both ratios for a week of postmenstrual age, the same in both groups, so that the paper's analysis
#: of covariance has something to adjust for. Design value.
RATIO_SLOPE_PER_WEEK = -0.01

#: What measuring does to a ratio: mean loss by partial volume in 4.5 mm slices, and standard deviation of
#: the error (coil field, slice position, the rater's hand). The paper prints means and SDs of *measured*
#: ratios, so those of the tissue are higher and scatter less. Measured on 79 simulated newborns with the
#: rater of ``neolab.studies.wu2021.rois``.
MEASUREMENT_LOSS = {"gpnorm": 0.017, "stnnorm": 0.049}
MEASUREMENT_SD = {"gpnorm": 0.025, "stnnorm": 0.042}


@dataclass(frozen=True)
class Group:
    """Size and share of boys of one diagnostic group; means and standard deviations (Table 1 and Results)."""

    n: int
    male_share: float
    age_days: tuple[float, float]
    gestational_age_weeks: tuple[float, float]
    weight_kg: tuple[float, float]
    total_serum_bilirubin_umol_l: tuple[float, float]
    albumin_g_l: tuple[float, float]
    gpnorm: tuple[float, float]
    stnnorm: tuple[float, float]

    @property
    def postmenstrual_age_weeks(self) -> tuple[float, float]:
        """Mean and standard deviation of gestational age plus age."""
        mean = self.gestational_age_weeks[0] + self.age_days[0] / 7
        return mean, float(np.hypot(self.gestational_age_weeks[1], self.age_days[1] / 7))


GROUPS = {
    POSITIVE: Group(
        n=47,
        male_share=29 / 47,
        age_days=(9.83, 3.05),
        gestational_age_weeks=(38.47, 1.58),
        weight_kg=(3.21, 0.48),
        total_serum_bilirubin_umol_l=(369.11, 114.78),
        albumin_g_l=(38.34, 2.98),
        gpnorm=(1.39, 0.06),
        stnnorm=(1.47, 0.09),
    ),
    NEGATIVE: Group(
        n=32,
        male_share=23 / 32,
        age_days=(12.15, 5.28),
        gestational_age_weeks=(38.38, 1.47),
        weight_kg=(3.36, 0.43),
        total_serum_bilirubin_umol_l=(326.13, 79.20),
        albumin_g_l=(38.45, 3.21),
        gpnorm=(1.33, 0.06),
        stnnorm=(1.42, 0.07),
    ),
}

#: Share of infants with ABE: 47 of 79.
ABE_SHARE = GROUPS[POSITIVE].n / sum(group.n for group in GROUPS.values())

#: Columns of ``participants.tsv`` and of the sessions' table; all others are latents.
PARTICIPANT_COLUMNS = (
    "sex",
    LABEL,
    "gestational_age_weeks",
    "weight_kg",
    "total_serum_bilirubin_umol_l",
    "albumin_g_l",
)
SESSION_COLUMNS = ("age_days", "postmenstrual_age_weeks")

DESCRIPTIONS = {
    "sex": {"Description": "Sex", "Levels": {"male": "male", "female": "female"}},
    LABEL: {
        "Description": "Clinical diagnosis",
        "Levels": {
            POSITIVE: "acute bilirubin encephalopathy",
            NEGATIVE: "hyperbilirubinaemia without encephalopathy",
        },
    },
    "age_days": {"Description": "Age at the scan", "Units": "day"},
    "gestational_age_weeks": {"Description": "Gestational age at birth", "Units": "week"},
    "postmenstrual_age_weeks": {"Description": "Gestational age plus age at the scan", "Units": "week"},
    "weight_kg": {"Description": "Weight", "Units": "kg"},
    "total_serum_bilirubin_umol_l": {"Description": "Total serum bilirubin", "Units": "umol/L"},
    "albumin_g_l": {"Description": "Serum albumin", "Units": "g/L"},
}

#: The ``columns`` block of the folder's mapping file.
COLUMNS = {"label": LABEL, "positive": [POSITIVE], "negative": [NEGATIVE]}


def cohort_table(n: int = 79, seed: int = 0) -> pd.DataFrame:
    """Draw the infants: one row each, demographics and latents, no image.

    Group means and standard deviations are those of the population that is drawn from; a sample's differ
    from them as samples do.

    Parameters
    ----------
    n : int
        Number of infants, at least two; 47/79 of them have ABE.
    seed : int

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, the columns of :data:`PARTICIPANT_COLUMNS` and
        :data:`SESSION_COLUMNS`, and the latents
        ``gpnorm``, ``stnnorm``, ``globus_pallidus_t1_ms``, ``subthalamic_nucleus_t1_ms``.

    Raises
    ------
    InputError
        If ``n`` is below two or ``seed`` negative.
    """
    rng = random_stream(n, seed, at_least=2, key=2021)
    positives = int(np.clip(round(n * ABE_SHARE), 1, n - 1))
    labels = rng.permutation([POSITIVE] * positives + [NEGATIVE] * (n - positives))
    table = pd.DataFrame({**identifiers(n), LABEL: labels})
    for label, group in GROUPS.items():
        rows = table[LABEL] == label
        for column, values in _draw_group(rng, group, int(rows.sum())).items():
            table.loc[rows, column] = values
    return _with_t1(table, seed)


def subjects(table: pd.DataFrame, seed: int) -> list[Subject]:
    """Latents of every row of :func:`cohort_table`, ready for the simulator."""
    nuclei = ("globus_pallidus_t1_ms", "subthalamic_nucleus_t1_ms")
    return subjects_of(table, seed, *nuclei, birth_age_weeks="gestational_age_weeks")


def _draw_group(rng, group: Group, n: int) -> dict[str, np.ndarray]:
    age = np.round(scaled_beta(rng, *group.age_days, *AGE_RANGE_DAYS, n))
    gestation_score, weight_score = _correlated_normals(rng, GESTATION_WEIGHT_CORRELATION, n)
    gestation = np.clip(_scaled(gestation_score, group.gestational_age_weeks), *GESTATION_RANGE_WEEKS)
    gestation = np.round(gestation * 7) / 7  # clinics record weeks and days
    postmenstrual = gestation + age / 7
    deviation = postmenstrual - group.postmenstrual_age_weeks[0]
    gp_score, stn_score = _correlated_normals(rng, GP_STN_CORRELATION, n)
    # Bilirubin is skewed and positive; a log-normal of the same mean and standard deviation.
    mean, sd = group.total_serum_bilirubin_umol_l
    log_sd = np.sqrt(np.log1p((sd / mean) ** 2))
    bilirubin = mean * np.exp(log_sd * rng.standard_normal(n) - log_sd**2 / 2)
    return {
        "sex": np.where(rng.random(n) < group.male_share, "male", "female"),
        "age_days": age,
        "gestational_age_weeks": gestation,
        "postmenstrual_age_weeks": postmenstrual,
        "weight_kg": np.clip(_scaled(weight_score, group.weight_kg), *WEIGHT_RANGE_KG).round(2),
        "total_serum_bilirubin_umol_l": bilirubin.round(1),
        "albumin_g_l": _scaled(rng.standard_normal(n), group.albumin_g_l).round(1),
        "gpnorm": _ratio(gp_score, deviation, group, "gpnorm"),
        "stnnorm": _ratio(stn_score, deviation, group, "stnnorm"),
    }


def scaled_beta(rng, mean, sd, low, high, n) -> np.ndarray:
    """Beta deviates on ``low`` to ``high`` with a given mean and standard deviation.

    A normal cut at 1 and 18 days cannot have the standard deviation that Table 1 prints (5.28 days; a
    uniform one has 4.9), a beta distribution can.
    """
    centre, spread = (mean - low) / (high - low), sd / (high - low)
    total = centre * (1 - centre) / spread**2 - 1
    return low + (high - low) * rng.beta(centre * total, (1 - centre) * total, n)


def tissue_ratio(group: Group, name: str) -> tuple[float, float]:
    """Mean and standard deviation of a ratio in the tissue, which measure as the paper prints them.

    Parameters
    ----------
    group : Group
    name : str
        ``"gpnorm"`` or ``"stnnorm"``.
    """
    mean, sd = getattr(group, name)
    return mean + MEASUREMENT_LOSS[name], float(np.sqrt(sd**2 - MEASUREMENT_SD[name] ** 2))


def _ratio(score: np.ndarray, age_deviation_weeks: np.ndarray, group: Group, name: str) -> np.ndarray:
    """A ratio with a group's mean and standard deviation, part of which follows age."""
    mean, sd = tissue_ratio(group, name)
    residual = np.sqrt(sd**2 - (RATIO_SLOPE_PER_WEEK * group.postmenstrual_age_weeks[1]) ** 2)
    return mean + RATIO_SLOPE_PER_WEEK * age_deviation_weeks + residual * score


def _with_t1(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Add the T1 of the nuclei that gives each infant's ratios under the protocol."""
    for row in table.itertuples():
        subject = Subject(row.participant_id, row.session_id, seed, row.postmenstrual_age_weeks, row.sex)
        tissues = tissue_relaxation(subject, PROTOCOL.field_tesla)
        for ratio, nucleus in (("gpnorm", "globus_pallidus"), ("stnnorm", "subthalamic_nucleus")):
            t1_ms = t1_for_ratio(getattr(row, ratio), tissues[nucleus], tissues["white_matter"], PROTOCOL)
            table.loc[row.Index, f"{nucleus}_t1_ms"] = t1_ms
    return table


def _correlated_normals(rng, correlation, n):
    first, second = rng.standard_normal((2, n))
    return first, correlation * first + np.sqrt(1 - correlation**2) * second


def _scaled(score, mean_sd):
    return mean_sd[0] + mean_sd[1] * score


def plan(n: int, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw the cohort; see `cohort_table`. The profile changes nothing but the number of participants."""
    table = cohort_table(n, seed)
    return newborn_plan(
        table,
        subjects(table, seed),
        [(PROTOCOL,)] * len(table),
        participant_columns=PARTICIPANT_COLUMNS,
        session_columns=SESSION_COLUMNS,
        descriptions=DESCRIPTIONS,
        columns=COLUMNS,
    )
