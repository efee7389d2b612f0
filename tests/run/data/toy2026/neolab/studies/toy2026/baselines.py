"""What the network must beat: the brightest voxel."""

from sklearn.linear_model import LogisticRegression

from neolab.learn.baselines import from_estimator
from neolab.learn.folds import Method
from neolab.studies.toy2026.data import Data


def brightest_voxel(data: Data) -> Method:
    """Return the method that looks at one number of each scan."""
    brightest = data.images.max(axis=(1, 2, 3))
    return from_estimator(LogisticRegression(), brightest[:, None], data.label)
