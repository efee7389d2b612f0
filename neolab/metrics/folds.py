"""Mean and SD over folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.estimate import Estimate


@dataclass(frozen=True)
class FoldSummary:
    """Mean and SD of a metric over folds or raters.

    Attributes
    ----------
    mean, sd : float
        SD is NaN for a single value with ddof 1.
    n : int
        Folds with a defined value.
    ddof : int
        1 for the sample SD (divides by n - 1), 0 for the population SD (divides by n).
    undefined : int
        Folds whose value is NaN; they are left out.
    """

    mean: float
    sd: float
    n: int
    ddof: int
    undefined: int

    def __format__(self, spec: str) -> str:
        spec = spec or ".3g"
        return f"{format(self.mean, spec)} ± {format(self.sd, spec)}"

    def interval(self) -> Estimate:
        """Return the mean with Student's t interval.

        Folds share training cases, so that the interval is too narrow (Bengio and Grandvalet 2004, JMLR
        5:1089); it tells how the folds scatter, not how a new sample of patients would.
        """
        from scipy.stats import t

        method = f"t over {self.n} values, taken as independent"
        if self.n < 2 or not math.isfinite(self.sd):
            return Estimate(self.mean, None, None, self.n, f"95% {method}")
        sample_sd = self.sd * math.sqrt((self.n - self.ddof) / (self.n - 1))
        half = t.isf(0.025, self.n - 1) * sample_sd / math.sqrt(self.n)
        return Estimate.around(self.mean, half, self.n, method)


def over_folds(values: Sequence[float], ddof: int = 1) -> FoldSummary:
    """Summarise one value per fold (or per rater).

    Parameters
    ----------
    ddof : {1, 0}
        Sample or population SD; papers use both and seldom say which.
    """
    array = np.asarray(values, float)
    finite = array[np.isfinite(array)]
    if array.ndim != 1 or array.size == 0:
        raise InputError("values: found no number, expected one for each fold")
    if ddof not in (0, 1):
        raise InputError(f"ddof: found {ddof}, expected 0 or 1")
    if finite.size == 0:  # precision of a network that calls nobody positive
        return FoldSummary(math.nan, math.nan, 0, ddof, int(array.size))
    sd = float(finite.std(ddof=ddof)) if finite.size > ddof else math.nan
    return FoldSummary(float(finite.mean()), sd, int(finite.size), ddof, int(array.size - finite.size))
