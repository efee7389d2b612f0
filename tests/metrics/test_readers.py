import numpy as np
import pytest

from neolab.errors import InputError
from neolab.metrics.classification import count_confusion
from neolab.metrics.readers import reader_table


def test_mean_and_sd_are_those_of_the_readers_by_either_convention(rng):
    truth = np.repeat([1, 0], [47, 32])
    calls = (rng.random((79, 3)) < np.where(truth, 0.55, 0.45)[:, None]).astype(int)
    table = reader_table(truth, calls)
    readers = table.loc[["reader 1", "reader 2", "reader 3"]]
    np.testing.assert_allclose(table.loc["mean"], readers.mean())
    np.testing.assert_allclose(table.loc["SD"], readers.std(ddof=1))
    np.testing.assert_allclose(reader_table(truth, calls, ddof=0).loc["SD"], readers.std(ddof=0))
    assert table.loc["reader 2", "sensitivity"] == count_confusion(truth, calls[:, 1]).sensitivity


def test_the_auc_of_a_call_is_its_balanced_accuracy(rng):
    truth = np.repeat([1, 0], 20)
    table = reader_table(truth, rng.integers(2, size=(40, 4)))
    np.testing.assert_allclose(table.auc[:-1], table.balanced_accuracy[:-1])


def test_published_ratings_become_calls_at_a_threshold_and_keep_their_own_auc(van_dyke):
    truth, ratings = van_dyke
    names = [f"R{i}" for i in range(1, 6)]
    lenient = reader_table(truth, ratings[0], threshold=2, readers=names)
    strict = reader_table(truth, ratings[0], threshold=5, readers=names)
    assert (lenient.sensitivity[:5] >= strict.sensitivity[:5]).all()
    assert (lenient.specificity[:5] <= strict.specificity[:5]).all()
    np.testing.assert_allclose(lenient.auc, strict.auc)
    # Mean empirical AUC of the first technique, printed by Hillis et al. 2005 as 0.897.
    assert lenient.loc["mean", "auc"] == pytest.approx(0.897, abs=0.0005)


def test_ratings_that_do_not_fit_the_cases_are_refused():
    with pytest.raises(InputError, match="expected 3 cases x readers"):
        reader_table([0, 1, 1], np.zeros((2, 3)))
    with pytest.raises(InputError, match="readers: found 1 names"):
        reader_table([0, 1], np.zeros((2, 3)), readers=["A"])
