"""The ratios between the groups, and what a cut-off costs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from neolab.metrics.cutoff import youden_cutoff
from neolab.studies.wu2021 import cohort, ratios
from neolab.studies.wu2021.parameters import Wu2021Parameters

PARAMS = Wu2021Parameters(profile="smoke")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Seventy-nine newborns measured as their tissue is."""
    table = cohort.cohort_table(79, seed=4)
    truth = (table["diagnosis"] == "ABE").astype(int)
    latent = {"latent_gpnorm": table["gpnorm"], "latent_stnnorm": table["stnnorm"]}
    again = table["gpnorm"] + np.where(np.arange(79) % 2, 0.02, -0.02)
    return table.assign(label=truth, group=table["diagnosis"], gpnorm_again=again, **latent)


def test_the_groups_are_compared_as_scipy_and_scikit_learn_do(table):
    found = ratios.group_comparison(table, "gpnorm", PARAMS)
    abe, hb = (table.loc[table["group"] == group, "gpnorm"] for group in ("ABE", "HB"))
    assert found["t_p"].value == pytest.approx(stats.ttest_ind(abe, hb).pvalue)
    assert found["difference"].value == pytest.approx(abe.mean() - hb.mean())
    assert found["auc"].value == pytest.approx(roc_auc_score(table["label"], table["gpnorm"]))
    assert found["abe_sd"].value == pytest.approx(abe.std()) and found["abe_sd"].n == 47


def test_the_published_summaries_give_their_own_p():
    """1.47 (0.09) of 47 against 1.42 (0.07) of 32: the paper prints p > .05."""
    expected = stats.ttest_ind_from_stats(1.47, 0.09, 47, 1.42, 0.07, 32).pvalue
    assert ratios.published_t_test_p("stnnorm") == pytest.approx(expected)
    assert expected < 0.05


def test_the_binormal_area_is_that_of_many_normal_draws():
    rng = np.random.default_rng(0)
    draws = rng.normal(1.39, 0.06, 100_000), rng.normal(1.33, 0.06, 100_000)
    assert ratios.binormal_auc("gpnorm") == pytest.approx((draws[0] > draws[1]).mean(), abs=0.005)


def test_one_drawing_scatters_by_the_difference_of_two_over_root_two(table):
    drawing = ratios.repeatability(table)
    assert drawing["rater_sd"].value == pytest.approx(0.02 / np.sqrt(2))
    assert drawing["mean"].value == pytest.approx(table["gpnorm"].mean())


def test_what_is_measured_as_it_is_has_no_error(table):
    recovered = ratios.recovery(table)
    assert recovered["measurement_bias"].value == recovered["measurement_sd"].value == 0


def test_low_middling_and_high_newborns_are_shown_in_that_order(table):
    for group, rows in ratios.low_to_high(table).items():
        assert (table["group"][rows] == group).all()
        assert table["gpnorm"][rows].is_monotonic_increasing and len(set(rows)) == 3


def test_an_honest_cut_off_is_chosen_without_the_newborns_that_it_calls(table):
    honest = ratios.honest_cutoff(table, 5, seed=0)
    call, fold = honest.column("call"), honest.fold_of()
    for number in range(5):
        test = fold == number
        threshold = youden_cutoff(table["label"][~test], table["gpnorm"][~test]).threshold
        assert (call[test] == (table["gpnorm"][test] >= threshold)).all()
        assert honest.fits[0, number].threshold == threshold


def test_a_cut_off_judged_on_its_own_cases_flatters_on_average():
    rng = np.random.default_rng(1)
    noise = pd.DataFrame(
        {"participant_id": range(40), "label": np.arange(40) % 2, "gpnorm": rng.normal(size=40)}
    )
    assert ratios.cutoff_gains(noise, 5, deals=10).mean() > 0.05


def test_areas_of_other_cohorts_scatter_around_that_of_the_population():
    areas = ratios.areas_of_cohorts(["gpnorm"], 79, n_cohorts=20)["gpnorm"]
    assert areas.mean() == pytest.approx(0.77, abs=0.06) and 0.02 < areas.std() < 0.1
