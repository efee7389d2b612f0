import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neolab.errors import InputError
from neolab.metrics.compare import chi_square
from neolab.metrics.covariates import ancova, comparable, covariate_table, usable_covariates
from neolab.metrics.groups import t_test


@pytest.fixture
def patients(rng):
    """79 patients whose ratio depends on age and sex; the groups differ in age only."""
    group = np.repeat(["ABE", "HB"], [47, 32])
    age = np.where(group == "ABE", 9.0, 13.0) + rng.normal(0, 3, 79)
    sex = rng.choice(["female", "male"], 79)
    ratio = 1.6 - 0.02 * age + 0.03 * (sex == "male") + rng.normal(0, 0.03, 79)
    return pd.DataFrame({"group": group, "age": age, "sex": sex, "ratio": ratio})


def partialled_out(table, outcome, covariates):
    """The group effect by Frisch, Waugh and Lovell: residuals on residuals, without a regression package."""
    group = (table.group == "ABE").to_numpy(float)
    sex = (table.sex == "male").to_numpy(float)
    columns = {"sex": sex, "age": table.age.to_numpy()}
    others = np.column_stack([np.ones(len(table)), *(columns[name] for name in covariates)])

    def residual(values):
        return values - others @ np.linalg.lstsq(others, values, rcond=None)[0]

    x, y = residual(group), residual(table[outcome].to_numpy())
    slope = (x @ y) / (x @ x)
    freedom = len(table) - others.shape[1] - 1
    error = np.sqrt(((y - slope * x) ** 2).sum() / freedom / (x @ x))
    return slope, error, freedom


def test_the_adjusted_difference_its_interval_and_f_equal_residuals_on_residuals(patients):
    result = ancova(patients, "ratio", "group", ["age", "sex"], positive="ABE")
    slope, error, freedom = partialled_out(patients, "ratio", ["age", "sex"])
    assert result.difference.value == pytest.approx(slope)
    assert result.difference.half_width == pytest.approx(stats.t.isf(0.025, freedom) * error)
    assert result.f == pytest.approx((slope / error) ** 2)
    assert result.p == pytest.approx(stats.f.sf(result.f, 1, freedom))
    assert result.residual_degrees_of_freedom == freedom


def test_a_difference_that_age_makes_is_gone_once_age_is_held_equal(patients):
    raw = t_test(patients.ratio[patients.group == "ABE"], patients.ratio[patients.group == "HB"])
    adjusted = ancova(patients, "ratio", "group", ["age", "sex"], positive="ABE")
    assert raw.difference.low > 0.02
    assert adjusted.difference.low < 0 < adjusted.difference.high
    assert set(adjusted.coefficients.index) == {"const", "group", "age", "sex"}
    age_slope = adjusted.coefficients.loc["age"]
    assert age_slope.low < -0.02 < age_slope.high


def test_adjusted_means_differ_by_the_adjusted_difference(patients):
    result = ancova(patients, "ratio", "group", ["age"], positive="ABE")
    means = result.adjusted_means
    assert means["ABE"] - means["HB"] == pytest.approx(result.difference.value)
    weighted = (47 * means["ABE"] + 32 * means["HB"]) / 79
    assert weighted == pytest.approx(patients.ratio.mean())


def test_without_covariates_it_is_the_t_test_and_exchanging_groups_changes_the_sign(patients):
    plain = ancova(patients, "ratio", "group", [], positive="ABE")
    raw = t_test(patients.ratio[patients.group == "ABE"], patients.ratio[patients.group == "HB"])
    assert (plain.p, plain.difference.low) == pytest.approx((raw.p, raw.difference.low))
    exchanged = ancova(patients, "ratio", "group", [], positive="HB")
    assert exchanged.difference.value == pytest.approx(-plain.difference.value)


def test_the_table_of_characteristics_holds_the_tests_of_each_row(patients):
    table = covariate_table(patients, "group", {"sex": "Sex", "age": "Age (days)"}, positive="ABE")
    abe, hb = patients[patients.group == "ABE"], patients[patients.group == "HB"]
    sex, age = table.iloc[0], table.iloc[1]
    counts = [[(part.sex == "male").sum(), (part.sex == "female").sum()] for part in (abe, hb)]
    assert sex.level == "male" and sex["SD or count (ABE)"] == counts[0][0]
    assert sex["mean or share (HB)"] == pytest.approx(counts[1][0] / 32)
    assert sex.p == pytest.approx(chi_square(counts, yates=False).p)
    assert age["mean or share (ABE)"] == pytest.approx(abe.age.mean())
    assert age["SD or count (HB)"] == pytest.approx(hb.age.std(ddof=1))
    assert age.p == pytest.approx(t_test(abe.age, hb.age).p)


def test_bad_columns_get_one_sentence(patients):
    with pytest.raises(InputError, match="no column 'pma'"):
        ancova(patients, "ratio", "group", ["pma"], positive="ABE")
    with pytest.raises(InputError, match="age: found 1 missing"):
        ancova(patients.assign(age=[np.nan, *patients.age[1:]]), "ratio", "group", ["age"], positive="ABE")
    with pytest.raises(InputError, match="one of them 'sick'"):
        ancova(patients, "ratio", "group", ["age"], positive="sick")
    with pytest.raises(InputError, match="determine each other"):
        ancova(patients.assign(days=patients.age * 24), "ratio", "group", ["age", "days"], positive="ABE")


def test_covariates_that_a_table_cannot_adjust_for_are_left_out(patients):
    table = patients.assign(
        gap=np.r_[np.nan, patients["age"][1:]],
        same=1.0,
        months=patients["age"] * 12,
        diagnosis=patients["group"],
        scanner=np.resize(["A", "B", "C"], 79),
    )
    wanted = ["age", "months", "gap", "same", "diagnosis", "scanner", "absent", "sex"]
    kept = usable_covariates(table, "group", wanted, positive="ABE")
    assert kept == ["age", "sex"]
    assert np.isfinite(ancova(table, "ratio", "group", kept, positive="ABE").p)


def test_a_degree_of_freedom_is_left_for_the_test(patients):
    few = patients.iloc[[0, 1, 77, 78]].assign(sex=["male", "female", "male", "female"])
    assert usable_covariates(few, "group", ["age", "sex"], positive="ABE") == ["age"]


def test_only_what_varies_and_is_known_in_both_groups_can_be_compared(patients):
    table = patients.assign(
        same="yes", one=np.r_[1.0, np.full(78, np.nan)], site=np.resize(["A", "B", "C"], 79)
    )
    columns = ["age", "same", "one", "site", "absent", "sex"]
    assert comparable(table, "group", columns) == ["age", "sex"]
    assert comparable(table.drop(columns="group"), "group", columns) == []
