"""The simple classifiers that the network has to beat."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def tissue_volumes(
    labels: np.ndarray, voxel_ml: float, groups: Mapping[str, tuple[int, ...]]
) -> dict[str, float]:
    """Volume of each group of labels.

    Parameters
    ----------
    labels : array of int, shape (X, Y, Z)
    voxel_ml : float
        Volume of a voxel in millilitres.
    groups : mapping of str to tuple of int
        Such as ``{"ventricles": (14, 15, 16), "brain": (...)}``.

    Returns
    -------
    dict of str to float
        Millilitres.
    """
    counts = np.bincount(labels.ravel(), minlength=1 + max(max(ids) for ids in groups.values()))
    return {f"{name}_ml": float(counts[list(ids)].sum() * voxel_ml) for name, ids in groups.items()}


def cross_validated_probability(features: np.ndarray, labels: np.ndarray, folds) -> np.ndarray:
    """Out-of-fold probability of injury from logistic regression on standardised features.

    Parameters
    ----------
    features : array, shape (n, n_features)
    labels : array of int, shape (n,)
    folds : iterable of (train, test)
        The network's own folds, so that the two are compared on the same scans.

    Returns
    -------
    array, shape (n,)
        NaN for rows that no fold tests.
    """
    probability = np.full(len(labels), np.nan)
    for train, test in folds:
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        probability[test] = model.fit(features[train], labels[train]).predict_proba(features[test])[:, 1]
    return probability


def baseline_features(scans: pd.DataFrame, measures: pd.DataFrame) -> dict[str, np.ndarray]:
    """What the simple classifiers know, as far as the folder has it.

    Parameters
    ----------
    scans : DataFrame
        One row a scan, with ``scan_age``, ``birth_age`` and ``birth_weight`` where they are known.
    measures : DataFrame
        On the same rows: ``mean_intensity`` and, where there are label maps, ``brain_ml``, ``ventricles_ml``.

    Returns
    -------
    dict of str to array, shape (n, n_features)
        ``"volumes and age"``: logarithms of ventricular and brain volume, and age at scan, with which both
        grow; ``"mean intensity"``: one number a scan; ``"demographics"``: what was known before the scan.
    """
    features = {"mean intensity": measures[["mean_intensity"]].to_numpy(float)}
    volumes = ["ventricles_ml", "brain_ml"]
    if set(volumes) <= set(measures) and "scan_age" in scans:
        logs = np.log(np.maximum(measures[volumes].to_numpy(float), 0.1))
        features["volumes and age"] = np.column_stack([logs, scans["scan_age"].to_numpy(float)])
    known = [name for name in ("birth_age", "birth_weight", "scan_age") if name in scans]
    if known:
        features["demographics"] = scans[known].to_numpy(float)
    return {name: values for name, values in features.items() if np.isfinite(values).all()}
