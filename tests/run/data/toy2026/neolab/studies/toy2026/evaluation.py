"""Numbers of Nobody 2026."""

from neolab.learn.folds import OutOfFold
from neolab.metrics.estimate import Estimate
from neolab.metrics.roc import delong_interval


def results(out_of_fold: OutOfFold) -> dict[str, Estimate]:
    """Return what `Run.record` takes of one method."""
    rows = out_of_fold.rows()
    return {"auc": delong_interval(rows["label"], rows["probability"])}
