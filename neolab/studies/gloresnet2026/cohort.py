"""The preterm cohort of GloResNet 2026: demographics, radiology scores, and lesions that follow the score.

Inputs are what Table 1 of the paper and the authors' public table report; no accuracy enters. Scores 1 to 5
have the frequencies 42, 32, 29, 2 and 23 among 128 infants; 3 and above counts as injury.

Source: Yuan et al., arXiv:2606.02498 (Table 1); ICL-SUST/GloResNet-Preterm-Brain, commit c6c4517
(aggregates of the label table).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.simulate import dhcp_cohort
from neolab.simulate.cohort import CohortPlan, apportion
from neolab.simulate.moments import draw_with_moments
from neolab.simulate.newborn import identifiers, random_stream

INJURY_FROM_SCORE = 3
SCORE_COUNTS = {1: 42, 2: 32, 3: 29, 4: 2, 5: 23}

#: Whole-cohort correlations of birth age with birth weight and with age at scan.
BIRTH_AGE_WEIGHT, BIRTH_AGE_SCAN_AGE = 0.86, 0.17
#: Birth age (weeks), birth weight (kg), scan age (weeks): limits of the cohort; weight is a design value.
LOW, HIGH = (24.29, 0.5, 29.3), (36.86, 3.6, 45.1)
MULTIPLE_SHARE = 50 / 128


@dataclass(frozen=True)
class Group:
    """Mean and (population) standard deviation of birth age, birth weight, scan age; share of boys."""

    mean: tuple[float, float, float]
    sd: tuple[float, float, float]
    male_share: float


GROUPS = {
    False: Group((32.91, 1.92, 36.35), (2.98, 0.66, 3.22), 48 / 74),
    True: Group((31.96, 1.74, 36.38), (3.74, 0.74, 3.75), 30 / 54),
}

# Departure: rendered at 1.25 mm instead of 0.8 mm. The network sees 128^3 voxels of a whole head, about 1 mm
# for a term brain, and 128 infants fit into minutes.
PROTOCOL = dhcp_cohort.coarser_t2w(1.25)

COLUMNS = {"label": "radiology_score", "positive": [3, 4, 5], "negative": [1, 2]}


def cohort_table(n: int = 128, seed: int = 0) -> pd.DataFrame:
    """Draw the infants: one row each, demographics, score and latents, no image.

    Parameters
    ----------
    n : int
        Number of infants, at least 4; scores keep the published proportions.
    seed : int

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, the columns of the dHCP's tables (see
        `neolab.simulate.dhcp_cohort`), and the latents ``findings`` (JSON) and ``motion``.

    Raises
    ------
    InputError
        If ``n`` is below 4 or ``seed`` negative.
    """
    rng = random_stream(n, seed, at_least=4, key=2026)
    scores = [score for score, times in apportion(n, SCORE_COUNTS).items() for _ in range(times)]
    table = pd.DataFrame(
        {
            **identifiers(n),
            "radiology_score": rng.permutation(scores),
            "singleton": np.where(rng.random(n) < MULTIPLE_SHARE, "Multiple", "Single"),
            "motion": dhcp_cohort.draw_motion(n, rng),
        }
    )
    for injured, group in GROUPS.items():
        rows = (table["radiology_score"] >= INJURY_FROM_SCORE) == injured
        for column, values in _draw_group(rng, group, int(rows.sum())).items():
            table.loc[rows, column] = values
    table["findings"] = [
        dhcp_cohort.to_json(dhcp_cohort.draw_findings(row.radiology_score, row.scan_age, rng))
        for row in table.itertuples()
    ]
    return table


def _draw_group(rng, group: Group, n: int) -> dict[str, np.ndarray]:
    birth_age, weight, scan_age = draw_with_moments(
        rng,
        n,
        LOW,
        HIGH,
        group.mean,
        group.sd,
        {(0, 1): BIRTH_AGE_WEIGHT, (0, 2): BIRTH_AGE_SCAN_AGE},
        allowed=lambda values: values[:, 2] > values[:, 0] + 0.3,  # no scan before the second day
    ).T
    return {
        "sex": np.where(rng.random(n) < group.male_share, "male", "female"),
        "birth_age": birth_age.round(2),
        "birth_weight": weight.round(2),
        "scan_age": scan_age.round(2),
    }


def plan(n: int, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw the cohort; see `cohort_table`. The profile changes nothing but the number of participants."""
    return dhcp_cohort.dhcp_plan(cohort_table(n, seed), seed, PROTOCOL, COLUMNS)
