"""The latents of the two dHCP-shaped cohorts against the published demographics and score rules."""

import json

import numpy as np
import pytest
from scipy import stats

from neolab.errors import InputError
from neolab.simulate import dhcp_cohort
from neolab.simulate.lesions.record import Lesion
from neolab.simulate.moments import draw_with_moments
from neolab.studies.gloresnet2026 import cohort as gloresnet2026
from neolab.studies.raad2023 import cohort as raad2023


@pytest.fixture(scope="module")
def preterm():
    table = gloresnet2026.cohort_table(1280, seed=3)
    table["kinds"] = [[lesion["kind"] for lesion in json.loads(text)] for text in table.findings]
    return table


def test_maximum_entropy_draws_have_the_moments_asked_for():
    values = draw_with_moments(
        np.random.default_rng(0), 4000, (0, -5), (10, 5), (6.0, 0.5), (1.5, 1.2), {(0, 1): 0.6}
    )
    np.testing.assert_allclose(values.mean(axis=0), (6.0, 0.5), atol=0.08)
    np.testing.assert_allclose(values.std(axis=0), (1.5, 1.2), atol=0.08)
    assert np.corrcoef(values.T)[0, 1] == pytest.approx(0.6, abs=0.04)


@pytest.mark.parametrize("injured", [False, True])
def test_group_means_and_deviations_are_those_of_table_1(preterm, injured):
    group = gloresnet2026.GROUPS[injured]
    rows = preterm[(preterm.radiology_score >= 3) == injured]
    for column, mean, sd in zip(("birth_age", "birth_weight", "scan_age"), group.mean, group.sd, strict=True):
        standard_error = sd / np.sqrt(len(rows))
        assert rows[column].mean() == pytest.approx(mean, abs=4 * standard_error)
        assert rows[column].std(ddof=0) == pytest.approx(sd, rel=0.12)


def test_correlations_are_those_of_the_public_table_and_nobody_is_scanned_before_birth(preterm):
    correlation = preterm[["birth_age", "birth_weight", "scan_age"]].corr()
    assert correlation.loc["birth_age", "birth_weight"] == pytest.approx(0.86, abs=0.04)
    assert correlation.loc["birth_age", "scan_age"] == pytest.approx(0.17, abs=0.08)
    assert (preterm.scan_age > preterm.birth_age).all()
    assert preterm.birth_age.between(24.29, 36.87).all()


def test_128_infants_have_exactly_the_published_scores():
    counts = gloresnet2026.cohort_table(128, seed=0).radiology_score.value_counts().to_dict()
    assert counts == {1: 42, 2: 32, 3: 29, 4: 2, 5: 23}


def test_score_rules(preterm):
    major = {
        "cystic_leukomalacia",
        "intraventricular_haemorrhage",
        "periventricular_infarction",
        "ventricular_dilatation",
        "cerebellar_haemorrhage",
    }
    for score, kinds in zip(preterm.radiology_score, preterm.kinds, strict=True):
        if score == 1:
            assert set(kinds) <= {"punctate_white_matter"}
        elif score == 2:
            assert kinds and not major & set(kinds)
        elif score == 3:
            assert kinds and not {"cystic_leukomalacia", "periventricular_infarction"} & set(kinds)
        elif score == 4:
            assert kinds == []
        else:
            assert major & set(kinds)


def test_silent_lesions_in_normals_have_their_prevalence(preterm):
    normal = preterm[preterm.radiology_score == 1]
    silent = sum(bool(kinds) for kinds in normal.kinds)
    assert stats.binomtest(silent, len(normal), 0.10).pvalue > 0.001


def test_motion_is_independent_of_the_label(preterm):
    moved = preterm.motion > 0
    assert stats.binomtest(int(moved.sum()), len(moved), dhcp_cohort.MOTION_SHARE).pvalue > 0.001
    table = np.histogram2d(moved, preterm.radiology_score >= 3, bins=2)[0]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_punctate_lesions_number_about_six_where_they_count():
    rng = np.random.default_rng(0)
    counts = [
        lesion.count
        for _ in range(800)
        for lesion in dhcp_cohort.draw_findings(3, 36.0, rng)
        if lesion.kind == "punctate_white_matter"
    ]
    assert np.mean(counts) == pytest.approx(6.4, abs=0.8)  # Parodi 2021: 517 lesions in 81 infants


def test_subjects_carry_their_findings_and_their_shape():
    table = gloresnet2026.cohort_table(32, seed=1)
    for row, subject in zip(table.itertuples(), dhcp_cohort.subjects(table, 1), strict=True):
        assert dhcp_cohort.to_json(subject.lesions) == row.findings
        dilated = any(lesion.kind == "ventricular_dilatation" for lesion in subject.lesions)
        assert (subject.occipital_horn_dilatation > 0) == dilated


def test_raads_cohort_has_80_9_and_8_and_only_small_findings_among_normals():
    table = raad2023.cohort_table(seed=2)
    assert table.role.value_counts().to_dict() == {"train": 80, "validation": 9, "test": 8}
    assert ((table.radiology_score == 5) == (table.role == "test")).all()
    for row in table.itertuples():
        lesions = [Lesion(**record) for record in json.loads(row.findings)]
        assert bool(lesions) or row.role != "test"
        if row.role != "test":
            assert all(lesion.severity <= 0.4 for lesion in lesions)


def test_unreported_findings_among_raads_normals_have_their_share():
    table = raad2023.cohort_table(1000, seed=0)
    normals = table[table.role != "test"]
    found = int((normals.findings != "[]").sum())
    assert stats.binomtest(found, len(normals), raad2023.UNREPORTED).pvalue > 0.001


@pytest.mark.parametrize("cohort", [gloresnet2026, raad2023])
def test_the_same_seed_gives_the_same_table_and_too_few_infants_are_refused(cohort):
    assert cohort.cohort_table(12, seed=4).equals(cohort.cohort_table(12, seed=4))
    assert not cohort.cohort_table(12, seed=4).equals(cohort.cohort_table(12, seed=5))
    with pytest.raises(InputError, match="n is 2, expected at least"):
        cohort.cohort_table(2)
