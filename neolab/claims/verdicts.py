"""From a published number and a run's number to a verdict, by prediction and beside a null.

Two questions, in this order:

1. *Would two studies of one truth differ by this much?* The printed number has its own sampling error, ours
   has its interval; together they make the 95 % prediction interval of `neolab.claims.prediction`, which a
   true replication passes in about 95 %. The exact share is simulated for every claim and stated.
2. *Would a predictor without skill have passed too?* The nulls of `neolab.claims.nulls` go through the same
   rule on the same design. A claim that one of them passes in more than 5 % does not discriminate, whatever
   the run.

=======================  ========================  ======================================================
images                   verdict                   when
=======================  ========================  ======================================================
real                     reproduced                inside the prediction interval, and every null fails
real                     not reproduced            outside the prediction interval
simulated                in silico: consistent     inside the prediction interval, and every null fails
simulated                in silico: inconsistent   outside the prediction interval
simulated                input                     follows from what the simulation is calibrated to
real or simulated        does not discriminate     inside the prediction interval, and so is a null
real or simulated        at reduced size           a network below the profile ``paper``, inside or outside
real or simulated        inconclusive              no usable interval, p alone, or no null known
any                      counted: the same         layers and parameters, which no image has a part in
any                      no verdict (smoke)        a run of the profile ``smoke``
=======================  ========================  ======================================================

A p-value is the size of a sample as much as of an effect, so p alone decides nothing. Group-average images
are no sample of anybody, and say nothing about published results on patients.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Literal

from neolab.claims.designs import Design
from neolab.claims.nulls import Null, try_nulls
from neolab.claims.prediction import Prediction, fault, sampling_of
from neolab.claims.sampling import MeanOfFew, Spread, published_sampling
from neolab.claims.schema import Claim
from neolab.io.result_class import ResultClass


class Verdict(StrEnum):
    """What can be said of one claim, from the audit or from runs; the strongest first."""

    CONTRADICTED = "contradicted"
    RECOMPUTED = "recomputed"
    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    CONSISTENT = "in silico: consistent"
    INCONSISTENT = "in silico: inconsistent"
    SAME_COUNT = "counted: the same"
    OTHER_COUNT = "counted: differs"
    NO_DISCRIMINATION = "does not discriminate"
    REDUCED = "at reduced size"
    INPUT = "input"
    INCONCLUSIVE = "inconclusive"
    SMOKE = "no verdict (smoke)"
    NOT_TESTABLE = "not testable"
    NO_RUN = "no run"


@dataclass(frozen=True)
class Result:
    """One metric of one run, or the typical one of several seeds.

    Attributes
    ----------
    value : float
    low, high : float or None
        Its interval, where it has one.
    result_class : ResultClass
        Class of the images it was measured on.
    n : int or None
    method : str
        Level, construction and unit of the interval.
    profile : str
    spread : (float, int) or None
        SD over the readers who were averaged, and how many they are.
    design : Design or None
        What it was measured on.
    """

    value: float
    low: float | None
    high: float | None
    result_class: ResultClass
    n: int | None = None
    method: str = ""
    profile: str = "paper"
    spread: tuple[float, int] | None = None
    design: Design | None = None

    @classmethod
    def from_record(cls, record: Mapping, result_class: ResultClass | str, **more) -> "Result | None":
        """Read an entry of ``metrics`` in ``results.json``; None where its value is missing."""
        value = record.get("value")
        if value is None or not math.isfinite(value):
            return None
        ends = [record.get("low"), record.get("high")]
        low, high = ends if None not in ends else (None, None)
        told = {"n": record.get("n"), "method": record.get("interval") or ""}
        return cls(float(value), low, high, ResultClass(result_class), **told, **more)

    def reach(self) -> tuple[float, float]:
        """Return how far the interval goes below and above the value, readers' own differences included."""
        below, above = self.value - self.low, self.high - self.value
        if self.spread is None or self.spread[1] < 2:
            return below, above
        half = float(MeanOfFew(*self.spread).interval(0.0)[1])
        return math.hypot(below, half), math.hypot(above, half)


@dataclass(frozen=True)
class Judgement:
    """A verdict with what it rests on.

    Attributes
    ----------
    verdict : Verdict
    reason : str
        Why not more can be said, or what the verdict leaves out; "" where it says all.
    low, high : float or None
        Results that would agree with the published number, for an interval like the run's.
    nulls : tuple of Null
        What predictors without skill get.
    """

    verdict: Verdict
    reason: str = ""
    low: float | None = None
    high: float | None = None
    nulls: tuple[Null, ...] = ()
    _replication: tuple | None = None

    @cached_property
    def power(self) -> float | None:
        """How often a true replication of the run's size would pass; None where nothing was judged."""
        if self._replication is None:
            return None
        prediction, ours = self._replication
        return prediction.power(ours)

    @property
    def strongest_null(self) -> Null | None:
        """The null that passes most often."""
        return max(self.nulls, key=lambda null: null.passes, default=None)


Kind = Literal["network", "reader", "image", "counted"]


def judge(
    claim: Claim,
    result: Result | None,
    *,
    kind: Kind = "image",
    is_input: bool = False,
    published_spread: float | None = None,
    control: "Result | None" = None,
    scale: float = 1.0,
) -> Judgement:
    """Return the verdict of one run on one claim; the rules stand at the top of this module.

    Parameters
    ----------
    result : Result or None
        None where no run measured ``claim.result``.
    kind, is_input, published_spread
        From `Paper.kind_of`, `Paper.follows_from_inputs` and `Paper.spread_of`.
    control : Result or None
        What the run's own control got: the same method, trained where there is nothing to learn.
    scale : float
        Multiplies the published sampling error, for the sensitivity analysis.
    """
    if claim.result is None:
        return Judgement(Verdict.NOT_TESTABLE, claim.not_testable or "")
    if result is None:
        return Judgement(Verdict.NO_RUN)
    if result.profile == "smoke":
        return Judgement(Verdict.SMOKE)
    if kind == "counted":
        return _count(claim, result)
    if result.result_class is ResultClass.TEMPLATE:
        return Judgement(Verdict.NOT_TESTABLE, "group-average images are no sample of patients")
    if is_input and result.result_class is ResultClass.SYNTHETIC:
        return Judgement(Verdict.INPUT, "the simulation is calibrated to what this number follows from")
    if claim.statistic == "p_value":
        return Judgement(
            Verdict.INCONCLUSIVE, "p alone: no effect is printed that ours could be held against"
        )
    prediction = Prediction(
        claim.value,
        claim.relation,
        claim.rounding_half_width,
        None if claim.relation in "<>" else published_sampling(claim, published_spread),
        scale,
    )
    return _predict(claim, _with_interval(claim, result), prediction, kind, control)


def _count(claim: Claim, result: Result) -> Judgement:
    low, high = claim.tolerance_interval()
    slack = 1e-9 * max(1.0, abs(claim.value))
    same = low - slack <= result.value <= high + slack
    return Judgement(Verdict.SAME_COUNT if same else Verdict.OTHER_COUNT, "", low, high)


def _with_interval(claim: Claim, result: Result) -> Result:
    """Give an SD over few the interval that its n implies, which no run records."""
    if claim.statistic != "sd" or result.low is not None or not result.n or result.n < 2 or result.value <= 0:
        return result
    low, high = Spread(result.n - 1).interval(result.value)
    return replace(result, low=float(low), high=float(high), method="95% chi-square")


def _predict(
    claim: Claim, result: Result, prediction: Prediction, kind: Kind, control: Result | None
) -> Judgement:
    if problem := fault(result.value, result.low, result.high):
        return Judgement(Verdict.INCONCLUSIVE, problem)
    if prediction.sampling is None and claim.relation not in "<>":
        return Judgement(Verdict.INCONCLUSIVE, "the printed number tells nothing of its own error")
    below, above = result.reach()
    ends = result.value - below, result.value + above
    inside = bool(prediction.agrees(result.value, *ends))
    nulls = try_nulls(claim, prediction, result.design, below, above)
    if control is not None and not fault(control.value, control.low, control.high):
        told = control.value, control.low, control.high
        nulls += (Null("trained control", *told, float(prediction.agrees(*told))),)
    ours = sampling_of(result.value, *ends, result.method, result.n)
    low, high = _possible(claim, *prediction.interval(below, above))
    return Judgement(*_decide(result, kind, inside, nulls), low, high, nulls, (prediction, ours))


def _possible(claim: Claim, low: float, high: float) -> tuple[float, float]:
    """Cut a prediction interval to what the quantity can be."""
    signed = claim.metric in ("correlation", "mcc", "fleiss_kappa") or claim.statistic == "difference"
    most = 1.0 if claim.unit == "1" else math.inf
    return max(float(low), -most if signed else 0.0), min(float(high), most)


def _decide(result: Result, kind: Kind, inside: bool, nulls: tuple[Null, ...]) -> tuple[Verdict, str]:
    real = result.result_class is ResultClass.REAL
    if kind == "network" and result.profile != "paper":
        place = "inside" if inside else "outside"
        return Verdict.REDUCED, f"{place} the prediction interval, for a smaller network or training"
    if not inside:
        return (Verdict.NOT_REPRODUCED if real else Verdict.INCONSISTENT), ""
    if not nulls:
        return Verdict.INCONCLUSIVE, "no null: the run records no design that one could be simulated on"
    passing = [null for null in nulls if not null.fails]
    if passing:
        worst = max(passing, key=lambda null: null.passes)
        return Verdict.NO_DISCRIMINATION, f"{worst.name} passes in {worst.passes:.0%}"
    return (Verdict.REPRODUCED if real else Verdict.CONSISTENT), ""


# From the strongest statement to the weakest; the first that holds is the claim's verdict.
_DECISIVE = (
    Verdict.REPRODUCED,
    Verdict.NOT_REPRODUCED,
    Verdict.CONSISTENT,
    Verdict.INCONSISTENT,
    Verdict.SAME_COUNT,
    Verdict.OTHER_COUNT,
)


def combine(audit: str | None, run: Verdict) -> Verdict:
    """Return the one verdict that the ledger counts.

    A number that other published numbers rule out is contradicted whatever a run says; a decisive run comes
    before *recomputed*, which speaks of the paper's arithmetic only; and that before having learnt nothing.

    Parameters
    ----------
    audit : str or None
        ``"contradicted"``, ``"recomputed"``, or anything else for no verdict.
    """
    if audit == Verdict.CONTRADICTED:
        return Verdict.CONTRADICTED
    if run in _DECISIVE:
        return run
    return Verdict.RECOMPUTED if audit == Verdict.RECOMPUTED else run
