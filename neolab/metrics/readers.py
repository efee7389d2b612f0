"""Tables of several readers of the same cases: each reader's metrics, their mean and SD."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.errors import InputError
from neolab.metrics.checks import labels
from neolab.metrics.classification import METRICS, count_confusion
from neolab.metrics.folds import over_folds
from neolab.metrics.roc import auc

if TYPE_CHECKING:
    import pandas as pd


def reader_table(
    truth: Sequence,
    ratings: np.ndarray,
    *,
    threshold: float = 1.0,
    readers: Sequence[str] | None = None,
    ddof: int = 1,
) -> "pd.DataFrame":
    """Return the metrics of every reader, then their mean and SD.

    Parameters
    ----------
    truth : sequence of 0 and 1, one per case
    ratings : array, shape (n_cases, n_readers)
        Calls (0 and 1) or ordered ratings (1-5).
    threshold : float
        A case is called positive when its rating is at or above this: 1 for calls.
    readers : sequence of str, optional
        Names; "reader 1", ... without.
    ddof : {1, 0}
        Sample or population SD.

    Returns
    -------
    pandas.DataFrame
        Rows: readers, "mean", "SD". Columns: `METRICS` and "auc". The AUC is taken over the ratings
        themselves; for calls it equals the balanced accuracy.
    """
    import pandas as pd

    truth, ratings = labels("truth", truth), np.asarray(ratings, float)
    if ratings.ndim != 2 or len(ratings) != len(truth):
        raise InputError(f"ratings: found shape {ratings.shape}, expected {len(truth)} cases x readers")
    names = list(readers) if readers is not None else [f"reader {i + 1}" for i in range(ratings.shape[1])]
    if len(names) != ratings.shape[1]:
        raise InputError(f"readers: found {len(names)} names, expected {ratings.shape[1]}")
    table = pd.DataFrame([_one_reader(truth, column, threshold) for column in ratings.T], index=names)
    summaries = {column: over_folds(table[column], ddof) for column in table}
    table.loc["mean"] = {column: summary.mean for column, summary in summaries.items()}
    table.loc["SD"] = {column: summary.sd for column, summary in summaries.items()}
    return table


def _one_reader(truth: np.ndarray, rating: np.ndarray, threshold: float) -> dict[str, float]:
    counts = count_confusion(truth, rating >= threshold)
    return {name: counts.metric(name) for name in METRICS} | {"auc": auc(truth, rating)}
