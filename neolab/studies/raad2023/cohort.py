"""The cohort of Raad 2023: normal scans to learn from, a few abnormal ones to find.

80 normal scans for training, 9 normal for validation, 8 abnormal, mostly term births (Methods, "Data
description"). Some normals carry a finding that the score does not tell, as the paper found; abnormal scans
mix asymmetry, excess fluid, volume loss, tentorial and occipital haemorrhage, cysts and white-matter lesions,
as its Figures 5 to 8 describe.

Source: Raad et al., Scientific Reports 2023, doi:10.1038/s41598-023-38430-0.
"""

import numpy as np
import pandas as pd

from neolab.simulate import dhcp_cohort
from neolab.simulate.cohort import CohortPlan
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.moments import draw_with_moments
from neolab.simulate.newborn import identifiers, random_stream
from neolab.studies.raad2023.roles import ABNORMAL, TRAIN, VALIDATION

#: Share of normals with an unreported small finding, between 5 and 10 % (the paper names two; design value).
UNREPORTED = 0.08
SESSION_COLUMNS = (*dhcp_cohort.SESSION_COLUMNS, "role")
DESCRIPTIONS = dhcp_cohort.DESCRIPTIONS | {
    "role": {
        "Description": "Part in the study",
        "Levels": {
            "train": "normal, the model learns from it",
            "validation": "normal, held out",
            "test": "abnormal",
        },
    }
}
COLUMNS = {"label": "radiology_score", "positive": [5], "negative": [1]}

# Departure: 1.5 mm instead of 0.8 mm; the models see 32 to 128 voxels along a side of the whole head.
PROTOCOL = dhcp_cohort.coarser_t2w(1.5)

#: Birth age (weeks), birth weight (kg), scan age (weeks) of the dHCP's mostly term births: design values
#: inside the paper's range of 24 to 45 weeks.
LOW, HIGH = (29.0, 0.9, 35.0), (42.3, 4.8, 45.0)
MEAN, SD = (38.9, 3.2, 40.6), (2.3, 0.62, 1.9)


def cohort_table(n: int = TRAIN + VALIDATION + ABNORMAL, seed: int = 0) -> pd.DataFrame:
    """Draw the infants: one row each, demographics, score, role and latents, no image.

    Parameters
    ----------
    n : int
        Number of infants, at least 8. From 97 on, the shares of abnormal and of held-out normal infants are
        the paper's; a smaller cohort has fewer normals to learn from and keeps 8 abnormal and 9 held-out
        normals as far as it goes (from 45 on), because they decide how precise every AUC is.
    seed : int

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, the columns of the dHCP's tables (see
        `neolab.simulate.dhcp_cohort`), ``role``, and the latents ``findings`` (JSON) and ``motion``.

    Raises
    ------
    InputError
        If ``n`` is below 8 or ``seed`` negative.
    """
    rng = random_stream(n, seed, at_least=8, key=2023)
    train, validation, abnormal = role_sizes(n)
    roles = rng.permutation(["test"] * abnormal + ["validation"] * validation + ["train"] * train)
    birth_age, weight, scan_age = draw_with_moments(
        rng, n, LOW, HIGH, MEAN, SD, {(0, 1): 0.7, (0, 2): 0.5}, lambda v: v[:, 2] > v[:, 0] + 0.3
    ).T
    table = pd.DataFrame(
        {
            **identifiers(n),
            "sex": rng.choice(["female", "male"], n),
            "birth_age": birth_age.round(2),
            "birth_weight": weight.round(2),
            "singleton": np.where(rng.random(n) < 0.1, "Multiple", "Single"),
            "scan_age": scan_age.round(2),
            "radiology_score": np.where(roles == "test", 5, 1),
            "role": roles,
            "motion": dhcp_cohort.draw_motion(n, rng),
        }
    )
    patterns = iter(_rotate(rng))
    table["findings"] = [
        dhcp_cohort.to_json(next(patterns)(rng) if role == "test" else _of_a_normal(rng)) for role in roles
    ]
    return table


def role_sizes(n: int) -> tuple[int, int, int]:
    """Normal scans to learn from, normals held out, and abnormal scans among ``n``; see `cohort_table`."""
    paper = TRAIN + VALIDATION + ABNORMAL
    if n >= paper:
        validation, abnormal = round(n * VALIDATION / paper), round(n * ABNORMAL / paper)
    else:
        validation, abnormal = max(2, min(VALIDATION, n // 5)), max(3, min(ABNORMAL, round(n / 6)))
    return n - validation - abnormal, validation, abnormal


def _of_a_normal(rng) -> tuple[Lesion, ...]:
    if rng.random() >= UNREPORTED:
        return ()
    if rng.random() < 0.5:
        return (Lesion("asymmetry", str(rng.choice(dhcp_cohort.SIDES)), 0.2 * rng.random()),)
    return (Lesion("punctate_white_matter", severity=0.4, count=int(rng.integers(1, 4))),)


def _rotate(rng):
    """Every pattern comes up before one comes up again, in random order."""
    while True:
        yield from (_PATTERNS[i] for i in rng.permutation(len(_PATTERNS)))


def _strength(rng) -> float:
    return round(float(rng.uniform(0.3, 1.0)), 2)


def _side(rng) -> str:
    return str(rng.choice(dhcp_cohort.SIDES))


_PATTERNS = (
    lambda rng: (
        Lesion("asymmetry", _side(rng), _strength(rng)),
        Lesion("subdural_haemorrhage", _side(rng), _strength(rng), stage="subacute"),
        Lesion("volume_loss", severity=_strength(rng)),
    ),
    lambda rng: (Lesion("ventricular_dilatation", severity=_strength(rng)),),
    lambda rng: (
        Lesion("cystic_leukomalacia", severity=_strength(rng), count=int(rng.integers(3, 7))),
        Lesion("ventricular_dilatation", severity=0.2),
    ),
    lambda rng: (
        Lesion("punctate_white_matter", severity=_strength(rng), count=int(rng.integers(6, 15))),
        Lesion("diffuse_high_signal", severity=_strength(rng)),
    ),
    lambda rng: (Lesion("watershed_injury", severity=_strength(rng)),),
    lambda rng: (
        Lesion("intraventricular_haemorrhage", _side(rng), _strength(rng)),
        Lesion("ventricular_dilatation", severity=0.3),
    ),
)


def plan(n: int, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw the cohort; see `cohort_table`. The profile changes nothing but the number of participants."""
    table = cohort_table(n, seed)
    return dhcp_cohort.dhcp_plan(table, seed, PROTOCOL, COLUMNS, SESSION_COLUMNS, DESCRIPTIONS)
