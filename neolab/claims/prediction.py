"""Would two studies of one truth differ by this much? The 95 % prediction interval for a second result.

Published value P with its interval [p1, p2], ours O with [o1, o2]. The two agree when 0 lies in the interval
for the difference O - P that is made of the two by squaring and adding (Zou and Donner 2008; for shares
Newcombe 1998):

    O - P <= sqrt((O - o1)^2 + (p2 - P)^2)    and    P - O <= sqrt((o2 - O)^2 + (P - p1)^2)

which for normal errors is |O - P| <= 1.96 sqrt(SE_P^2 + SE_O^2), and which lets lopsided intervals be
lopsided. A bound ("over 80 %") has no value of its own: ours has to be on its side, or nearer to it than
1.645 of its own standard errors. The rounding of the printed number widens both.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neolab.claims.sampling import Drawn, Given, MeanOfFew, Sampling, Share, Spread, Z

ONE_SIDED = 1.6448536269514722 / Z
N_DRAWS = 4000


@dataclass(frozen=True)
class Prediction:
    """What a published number leaves for a second study.

    Attributes
    ----------
    value : float
        As printed.
    relation : str
        ``=``, ``~``, ``<`` or ``>``.
    rounding : float
        Half a unit of the last printed place.
    sampling : Sampling or None
        How the printed number varies; None for a bound.
    scale : float
        Multiplies the sampling error of the printed number, for the sensitivity analysis.
    """

    value: float
    relation: Literal["=", "~", "<", ">"]
    rounding: float
    sampling: Sampling | None
    scale: float = 1.0

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """Return the results that agree, for a study whose interval reaches this far around its value."""
        if self.relation == ">":
            return self.value - ONE_SIDED * above, np.inf
        if self.relation == "<":
            return -np.inf, self.value + ONE_SIDED * below
        low, high = self._ends(self.value, *self._around(self.value), below, above)
        return low - self.rounding, high + self.rounding

    def agrees(self, value, low, high) -> np.ndarray:
        """Whether results with their intervals agree with what is printed; NaN does not."""
        first, last = self.interval(np.subtract(value, low), np.subtract(high, value))
        slack = 1e-9 * max(1.0, abs(self.value))
        return (np.asarray(value) >= first - slack) & (np.asarray(value) <= last + slack)

    def power(self, ours: Sampling, *, seed: int = 0, draws: int = N_DRAWS) -> float:
        """Return how often a study like ours passes where the printed number (or bound) is the truth.

        Both studies are drawn anew, each with its own size; the printed one is not taken for the truth.
        """
        rng = np.random.default_rng(seed)
        value, low, high = ours.draw(rng, self.value, draws)
        if self.sampling is None:
            return float(np.mean(self.agrees(value, low, high)))
        printed, first, last = self.sampling.draw(rng, self.value, draws)
        return float(np.mean(self._meet((printed, first, last), (value, low, high))))

    def _meet(self, printed: Drawn, ours: Drawn) -> np.ndarray:
        value, low, high = ours
        below, above = np.subtract(value, low), np.subtract(high, value)
        first, last = self._ends(*printed, below, above)
        return (value >= first - self.rounding) & (value <= last + self.rounding)

    def _around(self, value):
        low, high = self.sampling.interval(value)
        return value - self.scale * (value - low), value + self.scale * (high - value)

    @staticmethod
    def _ends(value, low, high, below, above):
        return value - np.hypot(above, value - low), value + np.hypot(below, high - value)


def sampling_of(value: float, low: float, high: float, method: str, n: int | None) -> Sampling:
    """Return how a result of ours varies: by its own n where its interval says how, else by the interval."""
    if "Wilson" in method and n:
        return Share(n)
    if "chi-square" in method and n and n > 1:
        return Spread(n - 1)
    if " t over " in method and n and n > 1:
        one = MeanOfFew(1.0, n)
        return MeanOfFew((high - low) / 2 / float(one.interval(0.0)[1]), n)
    return Given(value - low, high - value)


def fault(value: float, low: float | None, high: float | None) -> str:
    """Return why an interval cannot be judged by; "" where it can."""
    if low is None or high is None or not np.isfinite([low, high]).all():
        return "the run gives no interval"
    if low > high:
        return f"the interval is reversed: {low:g} to {high:g}"
    if low == high:
        return "the interval has no width: every resample gave the same value"
    if not low <= value <= high:
        return "the interval does not hold its value"
    return ""
