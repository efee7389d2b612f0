"""Simple methods through the folds of the networks are scikit-learn's own cross-validation."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neolab.io.splits import grouped_folds
from neolab.learn.baselines import from_estimator
from neolab.learn.folds import cross_validate

RNG = np.random.default_rng(0)
LABELS = np.arange(40) % 2
FEATURES = RNG.normal(size=(40, 3)) + LABELS[:, None]
TABLE = pd.DataFrame({"participant_id": [f"SYN{i:04d}" for i in range(40)], "label": LABELS})
FOLDS = grouped_folds(TABLE, n_splits=4)
PAIRS = [(fold.train, fold.test) for fold in FOLDS]


def through_the_folds(estimator, target, **options):
    method = from_estimator(estimator, FEATURES, target, **options)
    return cross_validate(TABLE, FOLDS, method, progress=False)


def test_a_classifiers_probabilities_are_scikit_learns():
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    expected = cross_val_predict(estimator, FEATURES, LABELS, cv=PAIRS, method="predict_proba")[:, 1]
    result = through_the_folds(estimator, LABELS)
    np.testing.assert_allclose(result.column("probability"), expected)


def test_a_regressions_estimates_are_scikit_learns():
    target = FEATURES.sum(axis=1) ** 2
    expected = cross_val_predict(Ridge(), FEATURES, target, cv=PAIRS)
    result = through_the_folds(Ridge(), target, column="age_months")
    np.testing.assert_allclose(result.column("age_months"), expected)
    squared = through_the_folds(Ridge(), target, predict=lambda ridge, rows: ridge.predict(rows) ** 2)
    np.testing.assert_allclose(squared.column("probability"), expected**2)


def test_every_fold_has_an_estimator_of_its_own():
    estimator = LogisticRegression()
    result = through_the_folds(estimator, LABELS)
    assert len({id(fit) for fit in result.fits.values()}) == 4
    assert not hasattr(estimator, "coef_")


@pytest.mark.parametrize("inside", [False, True])
def test_estimators_that_draw_random_numbers_repeat_with_the_seed(inside):
    forest = RandomForestClassifier(5)
    forest = make_pipeline(StandardScaler(), forest) if inside else forest
    method = from_estimator(forest, FEATURES, LABELS)
    first, second, other = (
        cross_validate(TABLE, FOLDS, method, seed=seed, progress=False).column("probability")
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_seed_that_an_estimator_has_already_stays():
    fixed = through_the_folds(RandomForestClassifier(5, random_state=3), LABELS)
    assert {fit.random_state for fit in fixed.fits.values()} == {3}
