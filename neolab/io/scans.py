"""The table of scans: participants, sessions, and where the file of each kind is."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from neolab.errors import InputError
from neolab.io.kinds import strip_prefix
from neolab.io.mapping import FolderMapping
from neolab.io.patterns import list_folder

MISSING = ["n/a", "N/A", "NaN", "nan", ""]
SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


def scan_table(root: Path, mapping: FolderMapping, problems: list[str]) -> pd.DataFrame:
    """Return one row per scan with the columns of the participants and sessions tables.

    What is wrong with the tables is appended to ``problems``.
    """
    on_disk = _scans_on_disk(root, mapping)
    participants = _participants(root, mapping, sorted(on_disk), problems)
    ids = list(participants["participant_id"])
    sessions = _sessions(root, mapping, ids, problems)
    rows = []
    for participant_id in ids:
        listed = list(sessions.loc[sessions["participant_id"] == participant_id, "session_id"])
        known = dict.fromkeys([*listed, *sorted(on_disk.get(participant_id, ()))])
        rows += [(participant_id, session_id) for session_id in known or [""]]
    scans = pd.DataFrame(rows, columns=["participant_id", "session_id"], dtype=str)
    table = scans.merge(participants, on="participant_id", how="left")
    new = [name for name in sessions if name not in table or name in scans]
    table = table.merge(sessions[new], on=list(scans), how="left")
    return _rename(table, mapping, problems)


def read_table(path: Path) -> pd.DataFrame:
    """Read a TSV (or CSV) with identifiers as text and ``n/a`` as missing.

    Raises
    ------
    InputError
        If it cannot be read as a table.
    """
    separator = "," if path.suffix == ".csv" else "\t"
    text = {name: str for name in ("participant_id", "session_id")}
    try:
        table = pd.read_csv(path, sep=separator, dtype=text, na_values=MISSING, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: found no readable table ({reason}), expected columns split by tabs"
        ) from None
    for name, prefix in (("participant_id", "sub-"), ("session_id", "ses-")):
        if name in table:
            ids = [strip_prefix(value, prefix) for value in table[name]]
            table[name] = pd.Series(ids, index=table.index, dtype=str)
    return table


def _table_path(root: Path, mapping: FolderMapping, name: str) -> Path | None:
    paths = (root / folder / name for folder in mapping.table_folders)
    return next((path for path in paths if path.is_file()), None)


def _participants(
    root: Path, mapping: FolderMapping, on_disk: list[str], problems: list[str]
) -> pd.DataFrame:
    """Return the participants table, or the participants that have files where there is no table."""
    path = _table_path(root, mapping, "participants.tsv")
    bare = pd.DataFrame({"participant_id": pd.Series(on_disk, dtype=str)})
    if path is None:
        return bare
    table = read_table(path)
    if "participant_id" not in table:
        problems.append(f"{path.name}: found no column participant_id, expected one")
        return bare
    for participant_id in table.loc[table["participant_id"].duplicated(), "participant_id"].unique():
        problems.append(f"{path.name}: found sub-{participant_id} twice, expected one row per participant")
    if not mapping.skip_missing_scans:
        for participant_id in sorted(set(on_disk) - set(table["participant_id"])):
            problems.append(f"sub-{participant_id}: found files but no row in {path.name}, expected one")
    return table.drop_duplicates("participant_id")


def _scans_on_disk(root: Path, mapping: FolderMapping) -> dict[str, set[str]]:
    """Return participant -> sessions, as folders and path templates show them."""
    found: dict[str, set[str]] = defaultdict(set)
    for pattern in mapping.patterns:
        for participant_id, session_id in pattern.discover(root) if pattern.role == "images" else ():
            found[participant_id] |= {session_id} if session_id else set()
    for folder in {pattern.folder for pattern in mapping.patterns if not pattern.template}:
        for name in list_folder(root / folder):
            if name.startswith("sub-") and (root / folder / name).is_dir():
                sessions = [below for below in list_folder(root / folder / name) if below.startswith("ses-")]
                found[strip_prefix(name, "sub-")] |= {strip_prefix(below, "ses-") for below in sessions}
    return found


def _sessions(root: Path, mapping: FolderMapping, ids: list[str], problems: list[str]) -> pd.DataFrame:
    """Return the rows of all sessions tables, with their participant."""
    tables = [pd.DataFrame({"participant_id": [], "session_id": []}, dtype=str)]
    for participant_id in ids:
        path = _table_path(root, mapping, _sessions_name(participant_id))
        if path is None:
            continue
        table = read_table(path)
        if "session_id" not in table:
            problems.append(f"{path.name}: found no column session_id, expected one")
            continue
        for session_id in table.loc[table["session_id"].duplicated(), "session_id"].unique():
            problems.append(f"{path.name}: found ses-{session_id} twice, expected one row per session")
        tables.append(table.drop_duplicates("session_id").assign(participant_id=participant_id))
    return pd.concat(tables, ignore_index=True)


def _sessions_name(participant_id: str) -> str:
    return f"sub-{participant_id}/sub-{participant_id}_sessions.tsv"


def _rename(table: pd.DataFrame, mapping: FolderMapping, problems: list[str]) -> pd.DataFrame:
    """Add the columns that the mapping names, with sexes spelled out."""
    for name, source in mapping.columns.items():
        if source in table:
            table[name] = table[source]
        else:
            names = ", ".join(table.columns)
            problems.append(f"columns: {name}: found no column {source}, expected one among {names}")
    if "sex" in table:
        table["sex"] = [SEXES.get(str(value).strip().lower(), value) for value in table["sex"]]
    return table


def add_labels(table: pd.DataFrame, mapping: FolderMapping, problems: list[str]) -> pd.DataFrame:
    """Add ``label``: 1 positive, 0 negative, missing where the value is to be ignored."""
    rule = mapping.label
    if rule is None:
        return table
    if rule.column not in table:
        names = ", ".join(table.columns)
        problems.append(f"columns: label: found no column {rule.column}, expected one among {names}")
        return table
    values = table[rule.column].map(value_text)
    labels = values.map({**dict.fromkeys(rule.positive, 1), **dict.fromkeys(rule.negative, 0)})
    if not rule.negative:
        labels = labels.fillna(0)
    known = (*rule.positive, *rule.negative, *rule.ignore)
    wrong = ~values.isin(known) if rule.negative else values.eq("n/a") & ("n/a" not in rule.ignore)
    expected = ", ".join(known) if rule.negative else "a value"
    for index in table.index[wrong]:
        scan = scan_name(table.loc[index])
        problems.append(f"{scan}: found {rule.column} {values[index]!r}, expected {expected}")
    labels[values.isin(rule.ignore)] = None
    whole = labels.notna().all()
    return table.assign(label=labels.astype("int64" if whole else "Int64"))


def value_text(value: object) -> str:
    """Return a table value as the mapping file would write it: 5.0 is ``5``, missing is ``n/a``."""
    if pd.isna(value):
        return "n/a"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def scan_name(row: pd.Series) -> str:
    """Return ``sub-X_ses-Y`` of a row."""
    session = f"_ses-{row['session_id']}" if row["session_id"] else ""
    return f"sub-{row['participant_id']}{session}"
