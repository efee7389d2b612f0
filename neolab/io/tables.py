"""Reading the tables of a folder: what Excel, R and hospitals write is read, or refused with its cause.

Rules: UTF-8 (a byte-order mark is fine); columns split by tabs (``.tsv``) or commas (``.csv``); blanks around
names and values do not count; ``n/a``, ``NA``, ``NaN`` and an empty cell are missing; identifiers are text. A
column whose numbers have decimal commas is refused, because it would silently be taken for text.
"""

import io
import re
import warnings
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from neolab.errors import InputError
from neolab.io.kinds import strip_prefix

MISSING = ("n/a", "N/A", "NA", "NaN", "nan", "")
IDENTIFIERS = {"participant_id": "sub-", "session_id": "ses-"}
#: A table of more columns or rows is no table of scans.
MOST_COLUMNS, MOST_BYTES = 10_000, 200_000_000

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_OTHER_SEPARATORS = {"\t": ((";", "semicolons"), (",", "commas")), ",": ((";", "semicolons"), ("\t", "tabs"))}


def read_table(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """Read a TSV (or CSV); see the rules at the top of this module.

    Parameters
    ----------
    path : Path
    texts : collection of str
        Columns whose values are kept as text, whatever they look like.

    Returns
    -------
    DataFrame
        Identifiers as text without ``sub-`` and ``ses-``; numbers as numbers; other text stripped of blanks.

    Raises
    ------
    InputError
        If it cannot be read as a table; the message names the file, and column and row where there are any.
    """
    text = _text(path)
    separator = "," if path.suffix == ".csv" else "\t"
    header = _header(path, text, separator)
    try:
        with warnings.catch_warnings():
            # A row with more cells than the header would lose the rest.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                header=0,
                names=header,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                on_bad_lines="error",
            ).fillna("")
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        pd.errors.ParserWarning,
        ValueError,
        OverflowError,
    ) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"{path}: found no readable table ({reason}), expected columns split by tabs"
        ) from None
    columns = {name: table[name].astype(str).str.strip() for name in header}
    return pd.DataFrame(
        {name: values if name in texts else _column(path, name, values) for name, values in columns.items()}
    )


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: found a table that cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{path}: found {len(content)} bytes, expected a table of at most {MOST_BYTES}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(
            f"{path}: found UTF-16 (Excel's 'Unicode text'), expected UTF-8: save it again as CSV UTF-8"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}: found a character in line {row} that is not UTF-8 (Windows-1252, as Excel writes it?), "
            "expected UTF-8: save it again as UTF-8"
        ) from None


def _header(path: Path, text: str, separator: str) -> list[str]:
    first = text.partition("\n")[0].rstrip("\r")
    names = [name.strip().strip('"') for name in first.split(separator)]
    if len(names) == 1:
        for other, words in _OTHER_SEPARATORS[separator]:
            if other in first:
                wanted = "tabs" if separator == "\t" else "commas"
                raise InputError(f"{path}: found columns split by {words}, expected {wanted}")
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{path}: found {len(names)} columns, expected at most {MOST_COLUMNS}")
    twice = [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"{path}: found column {twice[0]!r} twice, expected each name once")
    return names


def _column(path: Path, name: str, values: pd.Series) -> pd.Series:
    if name in IDENTIFIERS:
        return values.map(lambda value: strip_prefix(value, IDENTIFIERS[name]))
    values = values.where(~values.isin(MISSING))
    commas = values.str.fullmatch(_DECIMAL_COMMA).fillna(False).astype(bool)
    if commas.any():
        row = int(commas.to_numpy().argmax())
        raise InputError(
            f"{path}: column {name}, row {row + 1}: found {values.iloc[row]!r}, expected a decimal point"
        )
    numbers = pd.to_numeric(values, errors="coerce")
    if values.notna().any() and (numbers.notna() == values.notna()).all():
        return numbers
    return values.astype(object)


def as_numbers(table: pd.DataFrame, column: str) -> list[str]:
    """Return one sentence for each row of a column of numbers that holds text, at most three.

    Parameters
    ----------
    table : DataFrame
        With ``participant_id``.
    column : str
    """
    values = table[column]
    wrong = pd.to_numeric(values, errors="coerce").isna() & values.notna()
    return [
        f"sub-{table['participant_id'][row]}: found {column} {str(values[row])[:40]!r}, expected a number"
        for row in table.index[wrong][:3]
    ]
