"""The parameters of a run: three profiles set the sizes, everything else is checked before anything runs."""

import os
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from neolab.errors import QUOTED, InputError, quoted

PROFILES = ("smoke", "teach", "paper")
#: Sizes that no machine can compute; a larger number is a slip of the hand. Other whole numbers: a million.
LARGEST = {"seed": 2**31 - 1, "n_subjects": 100_000, "epochs": 100_000, "image_size": 1024, "side": 1024}
LARGEST_OF_ALL = 1_000_000
LONGEST_TEXT = 4096
Profile = Literal["smoke", "teach", "paper"]


class Parameters(BaseModel):
    """What every run has; each study adds its own fields in ``neolab/studies/<id>/parameters.py``.

    A field that a subclass lists in ``profile_values`` may be left out or given as None: it then takes the
    profile's value. Types are strict (a string is not a number, a boolean is not an integer) and unknown
    names are refused.

    Attributes
    ----------
    profile : {"smoke", "teach", "paper"}
        Sizes: for tests, for a lesson, or those of the paper.
    data : str or None
        A BIDS folder; None simulates a cohort.
    seed : int
        Seed of the simulated cohort, of the folds and of the training, from 0 to 2^31 - 1.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    profile_values: ClassVar[dict[str, dict[str, Any]]] = {name: {} for name in PROFILES}

    profile: Profile = "teach"
    data: str | None = Field(None, min_length=1)
    seed: int = Field(0, ge=0, le=2**31 - 1)

    @model_validator(mode="before")
    @classmethod
    def _take_the_profiles_values(cls, given: Any) -> Any:
        """Fill what is absent or None with the value of the chosen profile."""
        if not isinstance(given, Mapping):
            return given
        profile = given.get("profile")
        # A profile that does not exist is complained of once, not once for each value that it lacks.
        values = cls.profile_values[profile if profile in PROFILES else "teach"]
        chosen = {name: value for name, value in given.items() if value is not None}
        return {**values, **chosen}


def check_parameters(model: type[Parameters], given: Mapping[str, Any]) -> Parameters:
    """Return the resolved parameters.

    Parameters
    ----------
    model : type of Parameters
        The study's model.
    given : mapping of str to value
        What the user asked for; None means the profile's value.

    Raises
    ------
    InputError
        If a name is unknown or a value has the wrong type or range; one sentence for all of them.
    """
    try:
        params = model.model_validate(dict(given))
    except ValidationError as error:
        problems = [_explain(model, problem) for problem in error.errors()]
        more = [f"and {len(problems) - 5} more"] if len(problems) > 5 else []
        raise InputError("; ".join(problems[:5] + more)) from None
    for name, value in params:
        _check_size(name, value)
    return params


def _check_size(name: str, value: Any) -> None:
    """Refuse before memory or time is asked for."""
    most = LARGEST.get(name, LARGEST_OF_ALL)
    if isinstance(value, int) and value > most:
        raise InputError(f"parameter {name}: found {quoted(value)}, expected at most {most}")
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
        raise InputError(f"parameter {name}: found {quoted(value)}, expected printable text of usual length")
    if name.endswith("_path") and value is not None and not os.path.isfile(value):
        raise InputError(f"parameter {name}: found no file {quoted(value)}, expected one")


def _explain(model: type[Parameters], problem: Mapping[str, Any]) -> str:
    """One clause that names the parameter, what was found and what was expected."""
    name = ".".join(str(part)[:QUOTED] for part in problem["loc"][:1])
    if problem["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return f"parameter {name}: unknown (value {quoted(problem['input'])}), expected one of {known}"
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if problem["type"] == "missing":
        return f"parameter {name}: not given, and the profile has no value for it"
    return f"parameter {name}: found {quoted(problem['input'])}, expected {expected}"


def parse_value(text: str) -> Any:
    """Read the value of ``-p name=value``: None, a boolean, an integer, a number, or else the text itself.

    >>> [parse_value(text) for text in ("3", "1e-4", "true", "none", "None", "imagenet")]
    [3, 0.0001, True, 'none', None, 'imagenet']
    """
    words = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
