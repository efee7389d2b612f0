import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import cohen_kappa_score

from neolab.claims import designs, nulls
from neolab.claims.prediction import Prediction
from neolab.claims.sampling import Given
from neolab.errors import InputError

FOLDS = designs.Cases(((15, 11),) * 4 + ((14, 10),))


def gets(claim, design, below=0.05, above=0.05):
    return dict(nulls.simulate_nulls(claim, design, below, above))


@pytest.mark.parametrize(
    ("metric", "coin", "larger"),
    [
        ("accuracy", 0.5, 74 / 128),
        ("sensitivity", 0.5, 0.0),
        ("specificity", 0.5, 1.0),
        ("mcc", 0.0, 0.0),
        ("auc", 0.5, 0.5),
    ],
)
def test_coins_and_the_larger_group_get_what_they_must(make_claim, metric, coin, larger):
    got = gets(make_claim(metric=metric, statistic="mean", analysis_unit="fold", n=5), FOLDS)
    assert got["fair coin"].mean() == pytest.approx(coin, abs=0.01)
    assert got["larger group"].mean() == pytest.approx(larger, abs=0.003)
    assert got["larger group"].std() == pytest.approx(0, abs=1e-9)


def test_a_coin_at_the_prevalence_calls_as_many_as_there_are(make_claim):
    got = gets(make_claim(metric="sensitivity", statistic="value"), designs.Cases(((32, 47),)))
    assert got["coin at the prevalence"].mean() == pytest.approx(47 / 79, abs=0.01)
    assert got["coin at the prevalence"].std() == pytest.approx(np.sqrt(0.595 * 0.405 / 47), rel=0.1)


def test_the_best_of_five_folds_of_a_coin_is_better_than_a_coin(make_claim):
    mean = gets(make_claim(metric="accuracy", statistic="mean", analysis_unit="fold"), FOLDS)["fair coin"]
    best = gets(make_claim(metric="accuracy", statistic="maximum", analysis_unit="fold"), FOLDS)["fair coin"]
    # The expected largest of five standard normal values is 1.163.
    assert best.mean() == pytest.approx(mean.mean() + 1.163 * np.sqrt(0.25 / 25.6), abs=0.01)


def test_areas_are_those_of_a_rank_test():
    score = np.random.default_rng(0).random(30)
    wins = mannwhitneyu(score[12:], score[:12]).statistic / (12 * 18)
    assert nulls._area(score[None], 12)[0] == pytest.approx(wins)


def test_agreement_of_two_raters_is_cohens_kappa_where_both_call_equally_often():
    first, second = np.array([1, 1, 1, 0, 0, 0, 1, 0]), np.array([1, 1, 0, 1, 0, 0, 1, 0])
    ours = nulls._fleiss(np.stack([first, second])[None].astype(bool))[0]
    assert ours == pytest.approx(cohen_kappa_score(first, second))


def test_raters_who_toss_coins_agree_by_chance(make_claim):
    got = gets(make_claim(metric="fleiss_kappa"), designs.Cases(((32, 47),), 3))
    assert got["fair coin"].mean() == pytest.approx(0, abs=0.02)
    # Fleiss (1971): standard error under chance for two equal categories.
    assert got["fair coin"].std() == pytest.approx(np.sqrt(2 / (79 * 3 * 2)), rel=0.1)


def test_the_mean_of_all_ages_errs_by_their_spread(make_claim):
    ages = designs.of_quantities(np.linspace(0, 24, 119))
    rmse = gets(make_claim(metric="rmse"), ages)["mean of all"]
    assert rmse.mean() == pytest.approx(np.linspace(0, 24, 119).std(), rel=0.01)
    assert gets(make_claim(metric="correlation"), ages)["random order"].mean() == pytest.approx(0, abs=0.01)


def test_marks_in_random_places_find_next_to_nothing_and_no_mark_nothing(make_claim):
    marks = designs.Findings((3,) * 40, (5,) * 40)
    got = gets(make_claim(metric="sensitivity"), marks)
    assert got["random marks"].mean() < 0.03 and got["no mark"].max() == 0
    false = gets(make_claim(metric="false_positives_per_subject"), marks)
    assert false["random marks"].mean() == pytest.approx(5, rel=0.02)


def test_a_null_is_no_surer_of_itself_than_the_run(make_claim):
    claim = make_claim(metric="auc")
    prediction = Prediction(0.8, "=", 0.0, Given(0.05, 0.05))
    narrow = nulls.try_nulls(claim, prediction, designs.Cases(((320, 470),)), 0.02, 0.02)
    wide = nulls.try_nulls(claim, prediction, designs.Cases(((320, 470),)), 0.4, 0.4)
    assert all(null.fails for null in narrow) and not any(null.fails for null in wide)


def test_metrics_without_a_null_have_none(make_claim):
    assert gets(make_claim(metric="mse"), FOLDS) == {}
    assert gets(make_claim(metric="auc"), None) == {}
    assert gets(make_claim(metric="rmse"), FOLDS) == {}


def test_designs_are_counted_from_what_was_judged_and_survive_being_stored():
    cases = designs.of_cases([0, 1, 1, 0, 1], [0, 0, 1, 1, -1])
    assert cases.folds == ((1, 1), (1, 1))
    for design in (cases, FOLDS, designs.of_quantities([3.14159, 1]), designs.Findings((1, 0), (2, 2))):
        assert designs.read_design(designs.design_record(design)) == design
    assert designs.of_quantities([3.14159, 1]).truth == (1, 3.142)
    with pytest.raises(InputError, match="found kind 'x'"):
        designs.read_design({"kind": "x"})
    with pytest.raises(InputError, match="expected the fields of cases"):
        designs.read_design({"kind": "cases", "people": 3})
