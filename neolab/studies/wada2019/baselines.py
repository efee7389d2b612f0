"""What age can be told without a network: nothing, brain volume, or ten ratios. Same folds as the network."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neolab.io.splits import Fold
from neolab.metrics.bootstrap import bootstrap_estimate
from neolab.metrics.estimate import Estimate

# Penalties of ridge regression to choose from, by leave-one-out within the training folds.
PENALTIES = np.logspace(-2, 4, 25)


def mean_age(ages: Sequence[float], folds: Sequence[Fold]) -> np.ndarray:
    """Say the mean age of the training infants of everybody, (n,) months."""
    ages = np.asarray(ages, float)
    return _by_fold(ages, folds, lambda train, test: np.full(len(test), ages[train].mean()))


def brain_volume(ages: Sequence[float], volume_ml: Sequence[float], folds: Sequence[Fold]) -> np.ndarray:
    """Tell age from brain volume alone by a parabola in it, (n,) months.

    Growth slows down, so that age is a curved function of volume.
    """
    ages, volume = np.asarray(ages, float), np.asarray(volume_ml, float)

    def estimate(train, test):
        curve = np.polynomial.Polynomial.fit(volume[train], ages[train], 2)
        return curve(volume[test])

    return _by_fold(ages, folds, estimate)


def ratio_ridge(ages: Sequence[float], ratios: pd.DataFrame, folds: Sequence[Fold]) -> np.ndarray:
    """Tell age from the white-to-grey ratios of all levels and contrasts by ridge regression, (n,) months.

    Parameters
    ----------
    ages : sequence, (n,)
    ratios : DataFrame, (n, 10)
        From `neolab.studies.wada2019.examination`; gaps take the mean of the training infants.
    folds : sequence of Fold
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    ages, features = np.asarray(ages, float), ratios.to_numpy(float)

    def estimate(train, test):
        model = make_pipeline(
            SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeCV(alphas=PENALTIES)
        )
        return model.fit(features[train], ages[train]).predict(features[test])

    return _by_fold(ages, folds, estimate)


def mae_difference(
    truth: Sequence[float],
    first: Sequence[float],
    second: Sequence[float],
    *,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Mean absolute error of ``first`` minus that of ``second`` on the same infants, bootstrapped in pairs.

    Below zero where ``first`` is the better one.
    """
    truth, first, second = (np.asarray(values, float) for values in (truth, first, second))
    gain = np.abs(first - truth) - np.abs(second - truth)
    return bootstrap_estimate(
        lambda rows: float(gain[rows].mean()), len(gain), n_resamples=n_resamples, seed=seed
    )


def _by_fold(ages: np.ndarray, folds: Sequence[Fold], estimate) -> np.ndarray:
    result = np.full(len(ages), np.nan)
    for fold in folds:
        result[fold.test] = estimate(fold.train, fold.test)
    return result
