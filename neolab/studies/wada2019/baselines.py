"""What age can be told without a network: nothing, brain volume, or ten ratios."""

from collections.abc import Sequence

import numpy as np

from neolab.io.splits import Fold
from neolab.learn.baselines import from_estimator
from neolab.learn.folds import cross_validate
from neolab.studies.wada2019.data import Data

# Penalties of ridge regression to choose from, by leave-one-out within the training folds.
PENALTIES = np.logspace(-2, 4, 25)


def estimators() -> dict:
    """Return name -> estimator.

    ``mean_age`` says the mean age of the training infants of everybody. ``brain_volume`` is a parabola,
    because growth slows down. ``ratio_ridge`` is a ridge regression on the white-to-grey ratios of all levels
    and contrasts; gaps take the mean of the training infants.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    return {
        "mean_age": DummyRegressor(),
        "brain_volume": make_pipeline(StandardScaler(), PolynomialFeatures(2), LinearRegression()),
        "ratio_ridge": make_pipeline(
            SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeCV(alphas=PENALTIES)
        ),
    }


def estimates(data: Data, folds: Sequence[Fold]) -> dict[str, np.ndarray]:
    """Let every baseline estimate the ages of infants it has not seen, through the folds of the networks.

    Returns
    -------
    dict of str to ndarray, (n,)
        Name -> months; see `estimators`. Without tissue labels there are no ratios.
    """
    volume = data.brain_volume_ml[:, None]
    features = {"mean_age": volume, "brain_volume": volume}
    if data.ratios.notna().any(axis=None):
        features["ratio_ridge"] = data.ratios.to_numpy(float)
    known, found = estimators(), {}
    for name, seen in features.items():
        method = from_estimator(known[name], seen, data.age_months, "estimate")
        result = cross_validate(data.table, folds, method, keep=False, name=name, progress=False)
        found[name] = result.column("estimate")
    return found
