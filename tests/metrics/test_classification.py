import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from neolab.errors import InputError
from neolab.metrics.classification import METRICS, ConfusionCounts, classification_metrics, count_confusion
from neolab.metrics.proportions import clopper_pearson, wilson

cases = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


@given(cases)
def test_every_metric_equals_that_of_scikit_learn(pairs):
    truth, predicted = (np.array(column, int) for column in zip(*pairs, strict=True))
    counts = count_confusion(truth, predicted)
    tn, fp, fn, tp = sklearn_metrics.confusion_matrix(truth, predicted, labels=[0, 1]).ravel()
    assert (counts.tn, counts.fp, counts.fn, counts.tp) == (tn, fp, fn, tp)
    expected = {
        "sensitivity": sklearn_metrics.recall_score(truth, predicted, zero_division=np.nan),
        "specificity": sklearn_metrics.recall_score(truth, predicted, pos_label=0, zero_division=np.nan),
        "precision": sklearn_metrics.precision_score(truth, predicted, zero_division=np.nan),
        "f1": sklearn_metrics.f1_score(truth, predicted, zero_division=np.nan),
        "accuracy": sklearn_metrics.accuracy_score(truth, predicted),
        "mcc": sklearn_metrics.matthews_corrcoef(truth, predicted),
    }
    if truth.any() and not truth.all():
        expected["balanced_accuracy"] = sklearn_metrics.balanced_accuracy_score(truth, predicted)
    for name, value in expected.items():
        assert counts.metric(name) == pytest.approx(value, abs=1e-12, nan_ok=True), name


def test_wu_2021_confusion_counts_give_its_printed_precision_f1_and_accuracy():
    counts = ConfusionCounts(tp=32, fp=7, tn=25, fn=15)
    assert round(100 * counts.precision, 2) == 82.05
    assert round(100 * counts.f1, 2) == 74.42
    assert round(100 * counts.accuracy, 2) == 72.15


def test_the_interval_of_each_proportion_rests_on_its_own_denominator():
    truth = np.repeat([1, 0], [47, 32])
    predicted = np.r_[np.repeat([1, 0], [32, 15]), np.repeat([1, 0], [7, 25])]
    estimates = classification_metrics(truth, predicted)
    assert estimates["sensitivity"] == wilson(32, 47)
    assert estimates["specificity"] == wilson(25, 32)
    assert estimates["precision"] == wilson(32, 39)
    assert estimates["accuracy"] == wilson(57, 79)
    exact = classification_metrics(truth, predicted, interval="clopper-pearson")
    assert exact["accuracy"] == clopper_pearson(57, 79)


def test_slices_within_patients_widen_the_interval_to_that_of_the_patients(rng):
    truth = np.repeat([1, 0], 30)
    predicted = (rng.random(60) < np.where(truth, 0.7, 0.3)).astype(int)
    patients = classification_metrics(truth, predicted, interval="bootstrap")
    slices = [np.repeat(column, 3) for column in (truth, predicted)]
    nested = classification_metrics(*slices, subjects=np.repeat(np.arange(60), 3))
    ignored = classification_metrics(*slices, interval="bootstrap")
    for name in METRICS:
        assert nested[name].value == pytest.approx(patients[name].value)
        assert nested[name].half_width == pytest.approx(patients[name].half_width, rel=1e-9)
        assert ignored[name].half_width < 0.75 * nested[name].half_width
    assert nested["accuracy"].n == 60


def test_bootstrap_interval_of_a_proportion_agrees_with_wilson_in_a_large_sample(rng):
    truth = np.repeat([1, 0], 1000)
    predicted = (rng.random(2000) < 0.5).astype(int)
    bootstrap = classification_metrics(truth, predicted, interval="bootstrap")["sensitivity"]
    assert bootstrap.half_width == pytest.approx(
        wilson(int(predicted[:1000].sum()), 1000).half_width, rel=0.07
    )


def test_metrics_without_a_denominator_are_undefined_and_have_no_interval():
    estimates = classification_metrics([1, 1, 0, 0], [0, 0, 0, 0])
    assert math.isnan(estimates["precision"].value) and estimates["precision"].low is None
    assert estimates["mcc"].value == 0


@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        ([0, 1, 2], [0, 1, 1], "truth: found 2, expected 0 or 1"),
        ([0, 1], [0, 1, 1], "truth 2, predicted 3"),
        ([0, 1], [0, math.nan], "predicted: found 1 missing"),
        ([], [], "truth: found shape"),
        (["a", "b"], [0, 1], "truth: found values that are not numbers"),
    ],
)
def test_bad_labels_get_one_sentence(truth, predicted, message):
    with pytest.raises(InputError, match=message):
        count_confusion(truth, predicted)


def test_an_unknown_interval_and_a_negative_count_are_refused():
    with pytest.raises(InputError, match="interval: found 'wald'"):
        classification_metrics([0, 1], [0, 1], interval="wald")
    with pytest.raises(InputError, match="fp: found -1"):
        ConfusionCounts(1, -1, 0, 0)
