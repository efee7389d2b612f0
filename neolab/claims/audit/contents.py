"""What the file of a paper holds that is to be audited: its tables and sentences, as printed."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _text(value: Any) -> str:
    if isinstance(value, float):
        raise ValueError(f"found {value}, expected quotes around it, so that no 0 at its end is lost")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"found {value!r}, expected a printed number in quotes")
    return str(value)


Printed = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, Field(ge=1)]


class Table(BaseModel):
    """One table of a paper.

    Attributes
    ----------
    name : str
    cells : dict of row to dict of column to str
        As printed, in quotes: "9.8 ± 3.1", "30 (63.8%)", "1.47 (1.10 to 1.96)", "85.0%", "<0.001". A column
        is a group (then ``n`` names it), a metric ("sensitivity"), or "p".
    n : dict of column to int, or int
        Sizes of the groups, or of the whole.
    total : int
        What the groups add up to.
    positives, negatives : int
        Cases of each class behind sensitivity, specificity and their like.
    folds, readers : int
        The values are means over so many cross-validation folds, or readers.
    lesions, subjects : int
        Behind detection results.
    whole_numbers, yes_no : list of row
        Rows whose single values are whole numbers, or 0 and 1.
    scale : (int, int)
        Lowest and highest whole number that a single value can be.
    percent : list of column
        Columns with the percent sign in their head.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    cells: dict[str, dict[str, Printed]] = Field(min_length=1)
    n: dict[str, Count] | Count | None = None
    total: Count | None = None
    positives: Count | None = None
    negatives: Count | None = None
    folds: Annotated[int, Field(ge=2)] | None = None
    readers: Annotated[int, Field(ge=2)] | None = None
    lesions: Count | None = None
    subjects: Count | None = None
    whole_numbers: tuple[str, ...] = ()
    yes_no: tuple[str, ...] = ()
    scale: tuple[int, int] | None = None
    percent: tuple[str, ...] = ()


class Document(BaseModel):
    """A paper: its title, what it states of its methods, tables and sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    states: dict[str, str | list[str]] = Field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    statements: tuple[str, ...] = ()
