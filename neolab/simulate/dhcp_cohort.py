"""What cohorts shaped like the developing HCP share: tables, protocol, scores and the findings behind them.

Scores (dHCP release notes): 1 normal for age; 2 incidental, unlikely significance; 3 unlikely clinical but
possible analysis significance, such as several punctate lesions; 4 possible clinical significance outside the
brain; 5 possible or likely significance for both, such as major lesions. A score is drawn first and findings
follow it, with what readers miss: some scans scored 1 have one or two punctate lesions.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from neolab.simulate.cohort import CohortPlan
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.lesions.shape import with_shape
from neolab.simulate.newborn import newborn_plan, subjects_of
from neolab.simulate.protocols import DHCP_T2W, Protocol
from neolab.simulate.subject import Subject

SIDES = ("left", "right")

#: Columns of the dHCP's participants and sessions tables.
PARTICIPANT_COLUMNS = ("sex", "birth_age", "birth_weight", "singleton")
SESSION_COLUMNS = ("scan_age", "radiology_score")
DESCRIPTIONS = {
    "sex": {"Description": "Sex", "Levels": {"male": "male", "female": "female"}},
    "birth_age": {"Description": "Gestational age at birth", "Units": "week"},
    "birth_weight": {"Description": "Weight at birth", "Units": "kg"},
    "singleton": {"Description": "Singleton or multiple", "Levels": {"Single": "one", "Multiple": "more"}},
    "scan_age": {"Description": "Postmenstrual age at the scan", "Units": "week"},
    "radiology_score": {"Description": "Radiology score of the session, 1 (normal) to 5 (major lesions)"},
}

#: Share of scans with visible head motion, and its range of severity; independent of the findings.
MOTION_SHARE, MOTION_RANGE = 0.10, (0.3, 1.0)


def coarser_t2w(voxel_mm: float) -> Protocol:
    """The dHCP's T2w with cubic voxels of another size, for studies whose networks see no more.

    Departure: one axial stack of contiguous slices instead of a 0.5 mm reconstruction from several.
    """
    return replace(
        DHCP_T2W,
        name=f"DHCP_T2W_{voxel_mm:g}MM".replace(".", "P"),
        in_plane_mm=voxel_mm,
        reconstructed_mm=voxel_mm,
        slice_thickness_mm=voxel_mm,
        slice_spacing_mm=voxel_mm,
        render_mm=(voxel_mm,) * 3,
        departures=(
            f"one axial stack of contiguous {voxel_mm:g} mm slices instead of a 0.5 mm reconstruction",
        ),
    )


def dhcp_plan(
    table: pd.DataFrame,
    seed: int,
    protocol: Protocol,
    columns: Mapping,
    session_columns: Sequence[str] = SESSION_COLUMNS,
    descriptions: Mapping = DESCRIPTIONS,
) -> CohortPlan:
    """Plan the scans of a table of infants, all with the same protocol; see `CohortPlan`."""
    return newborn_plan(
        table,
        subjects(table, seed),
        [(protocol,)] * len(table),
        participant_columns=PARTICIPANT_COLUMNS,
        session_columns=session_columns,
        descriptions=descriptions,
        columns=columns,
    )


def draw_findings(
    score: int, postmenstrual_age_weeks: float, rng: np.random.Generator, silent_punctate: float = 0.10
) -> tuple[Lesion, ...]:
    """Draw the findings of one scan given its radiology score.

    Parameters
    ----------
    score : int
        1 to 5.
    postmenstrual_age_weeks : float
        Diffuse high signal belongs to 35 weeks and later.
    rng : numpy.random.Generator
    silent_punctate : float
        Share of score-1 scans with one or two unreported punctate lesions.

    Returns
    -------
    tuple of Lesion
        Score 1 nothing or silent lesions; 2 something incidental; 3 one to fifteen punctate lesions or a
        small bleed; 4 nothing in the brain; 5 one major pattern.
    """
    rules = {1: _normal, 2: _incidental, 3: _minor, 4: _nothing, 5: _major}
    findings = rules[score](rng, silent_punctate)
    if score in (2, 3) and postmenstrual_age_weeks >= 35 and rng.random() < 0.3:
        findings += (Lesion("diffuse_high_signal", severity=_severity(rng)),)
    return findings


def _severity(rng) -> float:
    return float(np.round(rng.beta(2, 2), 2))


def _side(rng) -> str:
    return str(rng.choice(SIDES))


def _nothing(rng, silent) -> tuple[Lesion, ...]:
    return ()


def _normal(rng, silent) -> tuple[Lesion, ...]:
    if rng.random() >= silent:
        return ()
    return (Lesion("punctate_white_matter", severity=0.2 * rng.random(), count=int(rng.integers(1, 3))),)


def _incidental(rng, silent) -> tuple[Lesion, ...]:
    kind = rng.choice(
        ["subependymal_cyst", "subdural_haemorrhage", "asymmetry", "diffuse_high_signal"],
        p=[0.3, 0.3, 0.2, 0.2],
    )
    side = "both" if kind == "diffuse_high_signal" else _side(rng)
    return (Lesion(str(kind), side, 0.5 * _severity(rng), stage="late"),)


def _minor(rng, silent) -> tuple[Lesion, ...]:
    if rng.random() < 0.75:
        count = int(np.clip(rng.negative_binomial(1.2, 0.2) + 2, 2, 15))  # mean 6.4 an infant (Parodi 2021)
        return (Lesion("punctate_white_matter", severity=_severity(rng), count=count),)
    kind = str(rng.choice(["germinal_matrix_haemorrhage", "cerebellar_haemorrhage"]))
    return (Lesion(kind, _side(rng), 0.4 * _severity(rng)),)


def _major(rng, silent) -> tuple[Lesion, ...]:
    patterns = (_cysts, _ventricles_with_blood, _infarction, _dilatation, _large_cerebellar)
    return patterns[int(rng.choice(len(patterns), p=[0.22, 0.22, 0.14, 0.24, 0.18]))](rng)


def _cysts(rng) -> tuple[Lesion, ...]:
    return (
        Lesion("cystic_leukomalacia", severity=_severity(rng), count=int(rng.integers(3, 9))),
        Lesion("ventricular_dilatation", severity=0.3 * _severity(rng)),
    )


def _ventricles_with_blood(rng) -> tuple[Lesion, ...]:
    side = str(rng.choice((*SIDES, "both")))
    return (
        Lesion("intraventricular_haemorrhage", side, 0.6 + 0.4 * _severity(rng)),
        Lesion("germinal_matrix_haemorrhage", side, _severity(rng)),
        Lesion("ventricular_dilatation", side, 0.2 + 0.4 * _severity(rng)),
    )


def _infarction(rng) -> tuple[Lesion, ...]:
    side = _side(rng)
    return (
        Lesion("periventricular_infarction", side, _severity(rng)),
        Lesion("intraventricular_haemorrhage", side, 0.4 + 0.4 * _severity(rng)),
        Lesion("ventricular_dilatation", side, 0.3 * _severity(rng)),
    )


def _dilatation(rng) -> tuple[Lesion, ...]:
    return (
        Lesion("ventricular_dilatation", str(rng.choice((*SIDES, "both"))), 0.3 + 0.7 * _severity(rng)),
        Lesion("volume_loss", severity=0.6 * _severity(rng)),
    )


def _large_cerebellar(rng) -> tuple[Lesion, ...]:
    return (
        Lesion("cerebellar_haemorrhage", _side(rng), 0.6 + 0.4 * _severity(rng)),
        Lesion("volume_loss", severity=0.4 * _severity(rng)),
    )


def draw_motion(n: int, rng: np.random.Generator) -> np.ndarray:
    """Severity of head motion, 0 to 1, of each of ``n`` scans; most lie still."""
    return np.where(rng.random(n) < MOTION_SHARE, rng.uniform(*MOTION_RANGE, n), 0.0).round(2)


def to_json(findings: tuple[Lesion, ...]) -> str:
    """Findings as text, for a table of latents."""
    return json.dumps([asdict(lesion) for lesion in findings])


def subjects(table: pd.DataFrame, seed: int) -> list[Subject]:
    """Latents of every row of a cohort table, ready for the simulator."""
    lesions = [tuple(Lesion(**record) for record in json.loads(findings)) for findings in table["findings"]]
    table = table.assign(postmenstrual_age_weeks=table["scan_age"], lesions=lesions)
    people = subjects_of(table, seed, "lesions", "motion", birth_age_weeks="birth_age")
    return [with_shape(person) for person in people]
