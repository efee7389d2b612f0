"""The simple classifiers that the network has to beat."""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neolab.io.splits import Fold
from neolab.learn.baselines import from_estimator
from neolab.learn.folds import cross_validate
from neolab.studies.gloresnet2026.data import Data


def features(data: Data) -> dict[str, np.ndarray]:
    """What the simple classifiers know, as far as the folder has it.

    Returns
    -------
    dict of str to array, shape (n, n_features)
        ``"mean intensity"``: one number a scan; ``"volumes and age"``: logarithms of ventricular and brain
        volume, and age at scan, with which both grow; ``"demographics"``: what was known before the scan.
        What is not known of every scan is left out.
    """
    table = data.table
    known = {"mean intensity": table[["mean_intensity"]].to_numpy(float)}
    volumes = ["ventricles_ml", "brain_ml"]
    if {*volumes, "postmenstrual_age_weeks"} <= set(table):
        logs = np.log(np.maximum(table[volumes].to_numpy(float), 0.1))
        known["volumes and age"] = np.column_stack([logs, table["postmenstrual_age_weeks"].to_numpy(float)])
    before = ("birth_age_weeks", "birth_weight_kg", "postmenstrual_age_weeks")
    columns = [name for name in before if name in table]
    if columns:
        known["demographics"] = table[columns].to_numpy(float)
    return {name: values for name, values in known.items() if np.isfinite(values).all()}


def probabilities(data: Data, folds: Sequence[Fold], progress: bool = True) -> dict[str, np.ndarray]:
    """Out-of-fold probability of injury from logistic regression on standardised features, (n,) each."""
    regression = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    return {
        name: cross_validate(
            data.table,
            folds,
            from_estimator(regression, values, data.labels),
            keep=False,
            name=name,
            progress=progress,
        ).column("probability")
        for name, values in features(data).items()
    }
