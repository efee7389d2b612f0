"""Resampling subjects with replacement: all rows of a subject stay together."""

from collections.abc import Callable, Sequence

import numpy as np

from neolab.errors import InputError
from neolab.metrics.estimate import Estimate, percentile_estimate

RESAMPLES = 2000


def subject_codes(subjects: Sequence | None, n_rows: int) -> np.ndarray:
    """Return a whole number per row that tells its subject; without ``subjects`` every row is its own.

    Subjects are numbered in the order in which they appear, so that their names do not matter.
    """
    if subjects is None:
        return np.arange(n_rows)
    if len(subjects) != n_rows:
        raise InputError(f"subjects: found {len(subjects)}, expected one for each of the {n_rows} rows")
    _, first, codes = np.unique(np.asarray(subjects).astype(str), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes]


def draw_subjects(
    n_subjects: int, n_resamples: int = RESAMPLES, *, seed: int = 0, strata: np.ndarray | None = None
) -> np.ndarray:
    """Return ``n_resamples`` bootstrap samples of subjects.

    Parameters
    ----------
    strata : array of shape (n_subjects,), optional
        Subjects are drawn within each stratum, so that every sample has as many of each as the data: an AUC
        then never lacks a class.

    Returns
    -------
    array of int, shape (n_resamples, n_subjects)
    """
    rng = np.random.default_rng(seed)
    if strata is None:
        return rng.integers(n_subjects, size=(n_resamples, n_subjects))
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    return np.hstack([m[rng.integers(len(m), size=(n_resamples, len(m)))] for m in members])


def subject_strata(codes: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Return the label of every subject, or None where some subject has rows of several labels."""
    first = np.zeros(codes.max() + 1, dtype=labels.dtype)
    first[codes] = labels
    return first if np.array_equal(first[codes], labels) else None


def bootstrap_estimate(
    statistic: Callable[[np.ndarray], float],
    n_rows: int,
    *,
    subjects: Sequence | None = None,
    labels: np.ndarray | None = None,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return a statistic with its percentile bootstrap interval over subjects.

    Parameters
    ----------
    statistic : callable
        Takes an array of row indices and returns a number (NaN where undefined).
    n_rows : int
        Rows of the data.
    subjects : sequence, optional
        Subject of every row; rows of one subject are drawn together.
    labels : array, optional
        Class of every row; subjects are drawn within classes where every subject has one class.
    """
    codes = subject_codes(subjects, n_rows)
    n_subjects = int(codes.max()) + 1
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    strata = None if labels is None else subject_strata(codes, np.asarray(labels))
    draws = draw_subjects(n_subjects, n_resamples, seed=seed, strata=strata)
    one_each = n_subjects == n_rows
    rows = np.concatenate(rows_of)
    samples = [
        statistic(rows[draw] if one_each else np.concatenate([rows_of[i] for i in draw])) for draw in draws
    ]
    return percentile_estimate(statistic(np.arange(n_rows)), np.array(samples), n=n_subjects)
