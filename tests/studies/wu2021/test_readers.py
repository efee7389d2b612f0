"""The signal-detection model of three readers."""

import numpy as np
import pytest
from scipy.stats import norm

from neolab.metrics.roc import auc
from neolab.studies.wu2021 import readers


def cohort(n: int, difference: float = 0.06, sd: float = 0.06, seed: int = 0):
    """GP and STN ratios with given group difference; half the cases positive."""
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 2
    gp = 1.33 + difference * label + rng.normal(0, sd, n)
    return gp, 1.42 + difference * label + rng.normal(0, sd, n), label


def test_area_under_the_curve_is_what_signal_detection_theory_predicts():
    gp, stn, label = cohort(20000)
    reader = readers.Reader("one", noise=1.0, criterion_sd=0.0)
    readings = readers.simulate_readings(gp, stn, label, readers=[reader])
    seen = readers.impression(gp, stn, label)
    spread = [np.hypot(seen[label == group].std(), reader.noise) for group in (0, 1)]
    distance = seen[label == 1].mean() - seen[label == 0].mean()
    expected = norm.cdf(distance / np.hypot(*spread))
    assert auc(label, readings["confidence"]) == pytest.approx(expected, abs=0.01)


def test_noise_follows_webers_law():
    label = np.array([0, 1])
    weak = readers.impression(np.array([1.1, 1.11]), np.array([1.1, 1.11]), label)
    strong = readers.impression(np.array([1.4, 1.44]), np.array([1.4, 1.44]), label)
    assert np.ptp(weak) == pytest.approx(np.ptp(strong), rel=1e-6)


def test_without_a_difference_readers_guess():
    gp, stn, label = cohort(20000, difference=0.0)
    readings = readers.simulate_readings(gp, stn, label)
    for _, one in readings.groupby("reader"):
        assert auc(one["label"], one["confidence"]) == pytest.approx(0.5, abs=0.02)


def test_readers_who_see_the_same_images_agree_beyond_chance():
    gp, stn, label = cohort(4000)
    calls = readers.calls_by_reader(readers.simulate_readings(gp, stn, label))
    assert list(calls.columns) == ["senior", "fellow 1", "fellow 2"]
    correlation = calls.corr().to_numpy()[np.triu_indices(3, 1)]
    assert (correlation > 0.05).all()


def test_readings_repeat_with_the_seed_and_change_with_it():
    gp, stn, label = cohort(100)
    first, again, other = (readers.simulate_readings(gp, stn, label, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first["call"].equals(other["call"])


def test_the_majority_is_the_call_of_two_of_three():
    gp, stn, label = cohort(50)
    readings = readers.simulate_readings(gp, stn, label)
    calls = readers.calls_by_reader(readings)
    assert (readers.majority(readings) == (calls.sum(axis=1) >= 2).astype(int)).all()


def test_the_mean_over_readers_is_that_of_the_reader_table_and_its_interval_holds_it():
    from neolab.metrics.readers import reader_table

    gp, stn, label = cohort(80)
    calls = readers.calls_by_reader(readers.simulate_readings(gp, stn, label))
    means = readers.mean_over_readers(label, calls, n_resamples=200)
    table = reader_table(label, calls.to_numpy())
    for name, estimate in means.items():
        assert estimate.value == pytest.approx(table.loc["mean", name])
        assert estimate.low < estimate.value < estimate.high


def test_results_of_the_readers_have_a_spread_over_readers_and_an_agreement():
    from neolab.metrics.agreement import fleiss_kappa, kappa_of_independent_errors
    from neolab.studies.wu2021.parameters import Wu2021Parameters

    gp, stn, label = cohort(80)
    calls = readers.calls_by_reader(readers.simulate_readings(gp, stn, label))
    found = readers.reading_results(label, calls, Wu2021Parameters(profile="smoke"))
    accuracy = [(calls[name] == label).mean() for name in calls]
    assert found["accuracy"].value == pytest.approx(np.mean(accuracy))
    assert (
        found["accuracy_sd"].value == pytest.approx(np.std(accuracy, ddof=1)) and found["accuracy_sd"].n == 3
    )
    assert found["kappa"].value == fleiss_kappa(calls.to_numpy()).kappa.value
    alone = kappa_of_independent_errors(found["sensitivity"].value, found["specificity"].value, 0.5)
    assert found["kappa_of_independent_errors"].value == alone
