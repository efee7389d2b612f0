"""What the network must beat: a look-up table of slices, and one ratio with one cut-off."""

from collections.abc import Sequence

import numpy as np

from neolab.learn.baselines import from_estimator
from neolab.learn.folds import FoldJob, Learnt, Method
from neolab.metrics.cutoff import youden_cutoff
from neolab.studies.wu2021.data import Slices


def nearest_neighbour(slices: Slices) -> Method:
    """Find the training slice that looks most like each held-out one: a memory, not a diagnosis.

    It predicts ``nearest``, a row of ``slices.table``.
    """
    from sklearn.neighbors import KNeighborsRegressor

    pixels, rows = slices.images.reshape(len(slices), -1), np.arange(len(slices))
    # A regressor, since a row is no class: the mean over one neighbour is that neighbour.
    memory = KNeighborsRegressor(n_neighbors=1, algorithm="brute")
    return from_estimator(memory, pixels, rows, "nearest", lambda fitted, x: fitted.predict(x).astype(int))


def cutoff(truth: Sequence[int], score: Sequence[float]) -> Method:
    """Choose the cut-off of largest Youden index on the training rows; predicts ``call``, 1 from it on."""
    truth, score = np.asarray(truth), np.asarray(score, float)

    def learn(job: FoldJob) -> Learnt:
        chosen = youden_cutoff(truth[job.train], score[job.train])
        job.on_epoch({})
        return Learnt({"call": (score[job.test] >= chosen.threshold).astype(int)}, chosen)

    return learn
