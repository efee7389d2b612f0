"""What a published number is: the rows of ``data/papers/<study>.yaml``."""

import math
import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from neolab.claims.numerals import Numeral, read_numerals
from neolab.claims.sources import Source, longest_prefix

Finite = Annotated[float, Field(allow_inf_nan=False)]
Margin = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Claim(BaseModel):
    """One number of one paper, at one place.

    The same quantity printed twice is two claims; a mean and its standard deviation are two claims.

    Attributes
    ----------
    id : str
        ``study.part.part``: lower case, digits, underscores. Permanent: never reused, never renamed.
    place : str
        Where it stands: "Abstract, Results", "Table 2, GPnorm row", "Results, paragraph 2".
    printed : str
        An excerpt exactly as printed, long enough to hold the number: "52.48 ± 13.58%".
    numeral : int
        Which number of ``printed`` is meant, counted from 1: 2 picks the 13.58 above.
    value : float
        What that number says, in ``unit``. A percentage in unit "1" is divided by 100.
    relation : str
        ``=`` for a value, ``<`` or ``>`` for a bound ("p < 0.05", "over 90 %"), ``~`` for "about".
    unit : str
        "1" for proportions, correlations and p-values; "%" only where percent points are meant; "count" for
        whole numbers that are exact; otherwise the unit in words or symbols ("days", "ms", "mm", "million").
    metric : str
        What is measured: sensitivity, auc, p_value, mse, age, ...
    statistic : str
        Which statistic of it: the value itself, or the mean, SD, ... over ``analysis_unit``.
    n : int or None
        How many ``analysis_unit`` it was computed from.
    analysis_unit : str
        What was counted: patients, slices, raters, folds, ...
    group, method : str
        Which subjects; which method or model produced it.
    role : str
        ``outcome``: a result. ``input``: a description of the patients to which a simulated cohort is
        calibrated, or a test that follows from it, so that agreement in silico says nothing.
        ``design``: a quantity without sampling error (numbers of subjects, protocol, network parameters).
    tolerance : float or (float, float) or None
        How far (below, above) ``value``, in ``unit``, the truth may lie: the 95 % half width of the printed
        number, used where `neolab.claims.sampling` has no formula for it. 0 for bounds and counts.
    tolerance_origin : str or None
        Why that far; decided before any result was seen.
    result : str or None
        The metric of ``results.json`` that measures the same quantity; None where none can.
    not_testable : str or None
        Why there is no such metric.
    same_as : str or None
        Identifier of the claim that prints the same quantity first.
    in_text : bool
        False where the number stands in a figure, a table or a digest that the paper's text file lacks.
    percent_in_header : bool
        True where the percent sign stands in the head of the column: a printed 58.33 says 0.5833 in unit "1".
    source : str
        ``primary``: the paper itself. ``secondary``: a digest by others, not checked against the paper; never
        to be quoted as published.
    note : str or None
        Anything a reader of the ledger should know.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str
    place: str = Field(min_length=3)
    printed: str = Field(min_length=1)
    numeral: int = Field(default=1, ge=1)
    value: Finite
    relation: Literal["=", "<", ">", "~"] = "="
    unit: str = Field(min_length=1)
    metric: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    statistic: Literal[
        "value", "mean", "sd", "median", "minimum", "maximum", "low", "high", "difference", "ratio", "p_value"
    ] = "value"
    n: int | None = Field(default=None, ge=1)
    analysis_unit: (
        Literal[
            "patient",
            "scan",
            "slice",
            "image",
            "rater",
            "fold",
            "voxel",
            "lesion",
            "model",
            "seed",
            "comparison",
            "paper",
        ]
        | None
    ) = None
    group: str = "all"
    method: str | None = None
    role: Literal["outcome", "input", "design"] = "outcome"
    tolerance: Margin | tuple[Margin, Margin] | None = None
    tolerance_origin: str | None = None
    result: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")
    not_testable: str | None = None
    same_as: str | None = None
    in_text: bool = True
    percent_in_header: bool = False
    source: Literal["primary", "secondary"] = "primary"
    note: str | None = None

    @field_validator("id")
    @classmethod
    def _id_is_dotted(cls, identifier: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z0-9_]+)+", identifier):
            raise ValueError(f"found {identifier!r}, expected study.part.part in lower case")
        return identifier

    @model_validator(mode="after")
    def _value_is_what_is_printed(self) -> Self:
        numbers = read_numerals(self.printed)
        if len(numbers) < self.numeral:
            raise ValueError(
                f"printed: {self.printed!r} holds {len(numbers)} numbers, expected number {self.numeral}"
            )
        read = self.reading.value * self._scale
        if not math.isclose(read, self.value, rel_tol=1e-9, abs_tol=1e-12):
            raise ValueError(
                f"value: found {self.value:g}, expected {read:g} {self.unit} as printed in {self.printed!r}"
            )
        return self

    @model_validator(mode="after")
    def _tests_are_complete(self) -> Self:
        if self.result is None and not self.not_testable:
            raise ValueError("not_testable: found nothing, expected the reason why result is null")
        if self.result is not None and self.tolerance is None:
            raise ValueError(f"tolerance: found nothing, expected one because result is {self.result!r}")
        if self.result is not None and self.not_testable:
            raise ValueError(f"not_testable: found a reason although result is {self.result!r}")
        if self.tolerance is not None and not self.tolerance_origin:
            raise ValueError("tolerance_origin: found nothing, expected where the tolerance comes from")
        return self

    @property
    def quantity(self) -> tuple:
        """What the claim says, wherever it stands: the same for a number that is printed twice."""
        return (self.result, self.relation, self.value) if self.result else (self.same_as or self.id,)

    @property
    def reading(self) -> Numeral:
        """The number of ``printed`` that is meant."""
        return read_numerals(self.printed)[self.numeral - 1]

    @property
    def _scale(self) -> float:
        percent = self.reading.percent or self.percent_in_header
        return 0.01 if self.unit == "1" and percent else 1.0

    @property
    def rounding_half_width(self) -> float:
        """Half a unit of the last printed place, in ``unit``; 0 for counts, bounds and numbers in words."""
        exact = self.unit == "count" or self.relation in "<>"
        return 0.0 if exact else self.reading.half_width * self._scale

    def rounding_interval(self) -> tuple[float, float]:
        """Return the values that print as this one: ``value`` +- ``rounding_half_width``."""
        return self.value - self.rounding_half_width, self.value + self.rounding_half_width

    def tolerance_interval(self) -> tuple[float, float]:
        """Return the values that count as the same, in ``unit``.

        [value - below, value + above], widened by the rounding on both sides; a bound ("p < 0.05") has no
        lower end, "over 90 %" no upper one.
        """
        pair = self.tolerance if isinstance(self.tolerance, tuple) else (self.tolerance or 0.0,) * 2
        low, high = self.rounding_interval()
        low, high = low - pair[0], high + pair[1]
        if self.relation == "<":
            low = -math.inf
        if self.relation == ">":
            high = math.inf
        return low, high


class NotAClaim(BaseModel):
    """A pattern of the paper's text whose numbers are not claims, with the reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str
    reason: str = Field(min_length=3)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"found {pattern!r}, expected a regular expression ({error})") from None
        return pattern


class Paper(BaseModel):
    """All published numbers of one study.

    Attributes
    ----------
    study : str
        Study identifier; every claim's identifier begins with it.
    source : str
        Authors, journal, DOI.
    text_file : str or None
        Start of the name of the paper's text file ("000"), for the coverage test.
    shared : dict
        YAML anchors for fields that many claims share; ignored.
    results : dict of str to str
        What each metric of ``results.json`` that a claim names has to hold: a guide for the notebook.
    sources : dict of str to Source
        What makes the results whose names begin with the key; the longest key that fits is the one.
    claims : tuple of Claim
    not_claims : tuple of NotAClaim
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str
    source: str
    text_file: str | None = None
    shared: dict = Field(default_factory=dict)
    results: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    claims: tuple[Claim, ...] = Field(min_length=1)
    not_claims: tuple[NotAClaim, ...] = ()

    @model_validator(mode="after")
    def _identifiers_fit(self) -> Self:
        seen: set[str] = set()
        for claim in self.claims:
            if not claim.id.startswith(f"{self.study}."):
                raise ValueError(f"{claim.id}: id: expected it to begin with {self.study!r} and a dot")
            if claim.id in seen:
                raise ValueError(f"{claim.id}: id: found twice, expected every identifier once")
            if claim.same_as is not None and claim.same_as not in seen:
                raise ValueError(
                    f"{claim.id}: same_as: found {claim.same_as!r}, expected an earlier claim's id"
                )
            seen.add(claim.id)
        return self

    @model_validator(mode="after")
    def _results_are_described(self) -> Self:
        for claim in self.claims:
            if self.results and claim.result is not None and claim.result not in self.results:
                raise ValueError(f"{claim.id}: result: {claim.result!r} is not described under results")
        return self

    @model_validator(mode="after")
    def _sources_name_results(self) -> Self:
        measured = {claim.result for claim in self.claims if claim.result}
        for name, source in self.sources.items():
            for other in source.rests_on:
                if other not in measured:
                    raise ValueError(f"sources: {name}: rests_on: found {other!r}, expected a claim's result")
        return self

    def kind_of(self, claim: Claim) -> str:
        """Return what makes a claim's result: ``counted`` for a design, else as declared, else a network.

        Blocks and parameters are counted in what is built, at the paper's own size in every run.
        """
        if claim.role == "design":
            return "counted"
        declared = longest_prefix(self.sources, claim.result or "")
        return declared.kind if declared else "network"

    def control_of(self, claim: Claim) -> str | None:
        """Return the result of the trained null that goes with a claim; None without one."""
        prefix = longest_prefix({name: name for name in self.sources}, claim.result or "")
        if prefix is None or self.sources[prefix].control is None:
            return None
        return f"{self.sources[prefix].control}{claim.result.removeprefix(prefix)}"

    def follows_from_inputs(self, result: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a result is an input of the simulated cohort, or rests on such results alone."""
        if result in self._inputs:
            return True
        source = longest_prefix(self.sources, result)
        parents = source.rests_on if source else ()
        return bool(parents) and all(
            other not in seen and self.follows_from_inputs(other, seen | {result}) for other in parents
        )

    @cached_property
    def _inputs(self) -> frozenset[str]:
        return frozenset(claim.result for claim in self.claims if claim.role == "input" and claim.result)

    def spread_of(self, claim: Claim) -> float | None:
        """Return the SD that the paper prints for the same readers or folds as a mean; None without one."""
        if claim.statistic != "mean" or claim.result is None:
            return None
        return self._spreads.get((f"{claim.result}_sd", claim.analysis_unit, claim.n))

    @cached_property
    def _spreads(self) -> dict[tuple, float]:
        spreads = (claim for claim in self.claims if claim.statistic == "sd")
        return {(claim.result, claim.analysis_unit, claim.n): claim.value for claim in spreads}

    def claim(self, identifier: str) -> Claim:
        """Return the claim with this identifier; KeyError where there is none."""
        for claim in self.claims:
            if claim.id == identifier:
                return claim
        raise KeyError(identifier)
