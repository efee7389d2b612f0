"""What networks and baselines see of a cohort: one checked pass over its scans."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from neolab.io.cohort import Cohort
from neolab.parameters import Parameters


@dataclass(frozen=True)
class Data:
    """The scans of a cohort.

    Attributes
    ----------
    table : DataFrame
        One row a scan.
    images : ndarray, (n, 12, 12, 12)
        Mean 0 and standard deviation 1 each.
    """

    table: pd.DataFrame
    images: np.ndarray

    @property
    def label(self) -> np.ndarray:
        """1 where there is a spot, else 0."""
        return self.table["label"].to_numpy(int)


def load(cohort: Cohort, params: Parameters, progress: bool = True) -> Data:
    """Read every scan once."""
    rows = tqdm(range(len(cohort)), unit="scan", disable=None if progress else True)
    images = np.stack([cohort.read(row, "T1w").data for row in rows]).astype(np.float32)
    mean, sd = (f(images, axis=(1, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return Data(cohort.table, (images - mean) / sd)
