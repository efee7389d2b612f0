"""A number with its interval: what every metric returns."""

import math
from dataclasses import dataclass

import numpy as np

#: Standard errors on either side of a normal 95 % interval. Every interval of the package holds 95 %.
Z = 1.9599639845400545


@dataclass(frozen=True)
class Estimate:
    """A value, the interval around it, and how both came about.

    Attributes
    ----------
    value : float
        The estimate; NaN where it is undefined (precision without a positive call).
    low, high : float or None
        Ends of the interval; None where there is no interval.
    n : int or None
        How many independent units (patients, unless ``method`` says otherwise) it rests on.
    method : str
        Level, construction and unit of the interval: "95% Wilson, patients".
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str = ""

    @classmethod
    def around(cls, value: float, half: float, n: int, method: str) -> "Estimate":
        """Return ``value`` with the 95 % interval that reaches ``half`` to both sides."""
        return cls(float(value), float(value - half), float(value + half), n, f"95% {method}")

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval; None without one."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def defined(self) -> bool:
        """Whether the value is a finite number."""
        return math.isfinite(self.value)

    def __format__(self, spec: str) -> str:
        """Format value and interval alike: ``f"{estimate:.2f}"`` gives "0.77 [0.66, 0.87]"."""
        spec = spec or ".3g"
        if not self.defined:
            return "undefined"
        text = format(self.value, spec)
        if self.low is None or self.high is None:
            return text
        return f"{text} [{format(self.low, spec)}, {format(self.high, spec)}]"

    def __str__(self) -> str:
        return format(self, "")

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate in another unit (``factor`` > 0): 100 for percent."""
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return Estimate(self.value * factor, low, high, self.n, self.method)

    def clipped(self, lowest: float, highest: float) -> "Estimate":
        """Return the estimate with an interval that keeps to what the quantity can be."""
        low, high = (None if end is None else min(max(end, lowest), highest) for end in (self.low, self.high))
        return Estimate(self.value, low, high, self.n, self.method)


def counted(value: float, n: int) -> Estimate:
    """Return a number without an interval and how many cases it rests on."""
    return Estimate(float(value), n=int(n))


def percentile_estimate(
    value: float, samples: np.ndarray, *, n: int | None, method: str = "bootstrap over subjects"
) -> Estimate:
    """Return ``value`` with the percentile interval of bootstrap ``samples``.

    Samples in which the statistic is undefined (NaN) are left out; where more than half are, there is no
    interval.
    """
    samples = np.asarray(samples, float)
    finite = samples[np.isfinite(samples)]
    label = f"95% {method}"
    if not math.isfinite(value) or len(finite) < max(1, len(samples) / 2):
        return Estimate(float(value), None, None, n, label)
    low, high = np.quantile(finite, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high), n, label)
