"""The cohort of Wada 2019 against what its Methods print."""

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.studies.wada2019 import cohort as wada2019


@pytest.fixture(scope="module")
def table():
    return wada2019.cohort_table(119, seed=0)


def test_counts_are_those_of_the_paper(table):
    assert table.sex.value_counts().to_dict() == {"female": 79, "male": 40}
    assert table.field_strength_tesla.value_counts().to_dict() == {3.0: 95, 1.5: 24}
    assert (table.corrected_age_months.min(), table.corrected_age_months.max()) == (-1.71, 23.54)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_scanned_before_birth(seed):
    table = wada2019.cohort_table(119, seed)
    assert (table.birth_age <= table.postmenstrual_age_weeks).all()
    assert table.birth_age.between(28, 41.5).all()


@pytest.mark.parametrize(
    ("field", "t1", "t2"),
    [
        (3.0, dict(repetition_time_ms=2155, echo_time_ms=10, inversion_time_ms=1000), (4000, 80)),
        (1.5, dict(repetition_time_ms=530, echo_time_ms=11, flip_angle_deg=80), (4100, 94)),
    ],
)
def test_sequences_have_the_times_of_methods_2_2(field, t1, t2):
    first, second = wada2019.PROTOCOLS[field]
    assert first.parameters == t1
    assert second.sequence == "turbo_spin_echo"
    assert (second.parameters["repetition_time_ms"], second.parameters["echo_time_ms"]) == t2
    assert first.slice_thickness_mm == second.slice_thickness_mm


def test_myelin_age_scatters_more_in_older_infants():
    table = wada2019.cohort_table(4000, seed=1)
    expected = 0.6 + 0.10 * table.corrected_age_months.clip(lower=0)
    standard = table.myelin_age_offset_months / expected
    assert standard.std() == pytest.approx(1, abs=0.05)
    assert abs(standard.mean()) < 0.06
    assert abs(np.corrcoef(standard, table.corrected_age_months)[0, 1]) < 0.06


def test_each_infant_gets_the_sequences_of_its_scanner(table):
    for row in table.itertuples():
        t1, t2 = wada2019.protocols(row)
        assert t1.field_tesla == t2.field_tesla == row.field_strength_tesla
        assert (t1.suffix, t2.suffix) == ("T1w", "T2w")
        assert t1.sequence == ("inversion_recovery" if row.field_strength_tesla == 3.0 else "spin_echo")
        assert t1.slice_thickness_mm == (5.0 if row.field_strength_tesla == 3.0 else 5.5)


def test_subjects_carry_age_and_scatter_and_no_lesion(table):
    for row, subject in zip(table.itertuples(), wada2019.subjects(table, 0), strict=True):
        assert subject.months_from_term == pytest.approx(row.corrected_age_months, abs=0.01)
        assert subject.myelin_age_offset_months == row.myelin_age_offset_months
        assert subject.lesions == ()


def test_too_few_infants_are_refused():
    with pytest.raises(InputError, match="n is 3, expected at least 4"):
        wada2019.cohort_table(3)
