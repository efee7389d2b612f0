"""What the columns of a folder's tables may mean: ages with their unit, sex, and groups.

A meaning is taken only where the name of the column (or its unit in ``participants.json``) says it and the
values fit. Everything else is offered for a person to confirm: a wrong unit would go unnoticed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neolab.documents import read_json
from neolab.io.scans import SEXES, value_text

_SEX = re.compile(r"sex|gender", re.IGNORECASE)
_GROUP = re.compile(
    r"(^|_)(diagnosis|dx|group|condition|status|outcome|label|score|patient|class|arm)(_|$)", re.IGNORECASE
)
_AGE = re.compile(r"(?i:(?:^|[^a-z])(?:age|gest|(?:pma|ga|dol)(?![a-z])))|[a-z]Age")
MOST_GROUPS = 12


@dataclass(frozen=True)
class AgeMeaning:
    """An age that studies know: its name, what other tables call it, and its range in its unit."""

    name: str
    words: str
    low: float
    high: float
    unit: str


# Ranges of living infants and adults; narrower than what a wrong unit would give.
AGES = (
    AgeMeaning("postmenstrual_age_weeks", r"pma|post_?menstrual|scan_?age|age_?at_?scan", 22, 150, "weeks"),
    AgeMeaning("gestational_age_weeks", r"^ga$|^ga_|_ga$|gest|birth_?age|age_?at_?birth", 20, 44, "weeks"),
    AgeMeaning("corrected_age_months", r"corrected|adjusted", -5, 40, "months"),
    AgeMeaning("age_days", r"day|postnatal|^dol$", 0, 400, "days"),
    AgeMeaning("age_years", r"year|yrs", 0, 110, "years"),
)


@dataclass(frozen=True)
class Guess:
    """One line of the ``columns`` block.

    Attributes
    ----------
    name, source : str
        Neolab's name and the table's.
    sure : bool
        Whether name and values leave no other meaning.
    comment : str
        Range, or values with their counts.
    """

    name: str
    source: str
    sure: bool
    comment: str


def guess_columns(table: pd.DataFrame, root: Path) -> list[Guess]:
    """Return what the columns of a table of scans look like; columns that have neolab's name are left out."""
    units = _units(root)
    names = [name for name in table if name not in ("participant_id", "session_id")]
    guesses = [guess for name in names for guess in _guesses(table[name], name, units.get(name, ""))]
    taken: set[str] = {*map(str, table)}
    kept = []
    for guess in sorted(guesses, key=lambda guess: not guess.sure):
        if guess.name == "label" or guess.name not in taken:
            taken |= {guess.name} if guess.sure else set()
            kept.append(guess)
    return kept


def _guesses(values: pd.Series, name: str, unit: str) -> list[Guess]:
    known = values.dropna()
    if known.empty:
        return []
    if _SEX.fullmatch(name):
        sure = set(known.map(lambda value: str(value).strip().lower())) <= set(SEXES)
        return [Guess("sex", name, sure, _counted(known) + ("" if sure else "; expected M, F, male, female"))]
    if pd.api.types.is_numeric_dtype(known) and _AGE.search(name):
        return _ages(known, name, unit)
    if _GROUP.search(name) and 2 <= known.nunique() <= min(MOST_GROUPS, max(len(known) - 1, 2)):
        return [Guess("label", name, False, _counted(known))]
    return []


def _ages(values: pd.Series, name: str, unit: str) -> list[Guess]:
    low, high = float(values.min()), float(values.max())
    spread = f"{low:g} to {high:g}"
    named = next((age for age in AGES if re.search(age.words, name, re.IGNORECASE)), None)
    if named:
        fits = named.low <= low and high <= named.high
        other = "" if fits else f": these are no {named.unit}, convert them first"
        return [Guess(named.name, name, fits and _agrees(unit, named.unit), f"{spread}; {named.unit}{other}")]
    possible = [age for age in AGES if age.low <= low and high <= age.high and _agrees(unit, age.unit)]
    said = f"unit {unit!r}" if unit else "the table does not say the unit"
    return [Guess(age.name, name, False, f"{spread}; {age.unit}? ({said})") for age in possible]


def _agrees(stated: str, unit: str) -> bool:
    """Whether a unit of ``participants.json`` (``year``, ``wk``, ``d``) may be this one."""
    return not stated or stated.lower().startswith(unit[0])


def _counted(values: pd.Series) -> str:
    counts = values.map(value_text).value_counts().sort_index()
    return " ".join(", ".join(f"{value} ({n})" for value, n in counts.head(MOST_GROUPS).items()).split())


def _units(root: Path) -> dict[str, str]:
    """Units that ``participants.json`` states."""
    path = root / "participants.json"
    columns = read_json(path).items() if path.is_file() else ()
    return {name: str(one["Units"]) for name, one in columns if isinstance(one, dict) and one.get("Units")}
