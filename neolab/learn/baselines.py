"""Simple methods from scikit-learn, put through the folds of the networks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from neolab.learn.folds import FoldJob, Learnt, Method


def from_estimator(
    estimator: Any,
    features: np.ndarray,
    target: np.ndarray,
    column: str = "probability",
    predict: Callable[[Any, np.ndarray], np.ndarray] | None = None,
) -> Method:
    """Return a method for `neolab.learn.folds.cross_validate` that fits an estimator anew in every fold.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Cloned for every fold; where it draws random numbers, from the seed of the fold.
    features : array, shape (n, n_features)
    target : array, shape (n,)
    column : str
        Name of what it predicts.
    predict : callable, optional
        From the fitted estimator and features to predictions; by default the probability of the second class
        where the estimator gives one, else its prediction.
    """
    from sklearn.base import clone

    def method(job: FoldJob) -> Learnt:
        fitted = _seeded(clone(estimator), job.seed).fit(features[job.train], target[job.train])
        said = (predict or _predict)(fitted, features[job.test])
        job.on_epoch({})
        return Learnt({column: said}, fitted)

    return method


def _seeded(estimator: Any, seed: int) -> Any:
    drawing = [
        name
        for name, value in estimator.get_params().items()
        if name.split("__")[-1] == "random_state" and value is None
    ]
    return estimator.set_params(**dict.fromkeys(drawing, seed))


def _predict(fitted: Any, features: np.ndarray) -> np.ndarray:
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(features)[:, 1]
    return fitted.predict(features)
