"""The table of scans: participants, sessions, and where the file of each kind is."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from neolab.io.kinds import strip_prefix
from neolab.io.mapping import FolderMapping
from neolab.io.patterns import list_folder
from neolab.io.tables import read_table

_OF_THE_SESSION, _FOUND = " (session)", " found"

SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


def scan_table(root: Path, mapping: FolderMapping, problems: list[str]) -> pd.DataFrame:
    """Return one row per scan with the columns of the participants and sessions tables.

    What is wrong with the tables is appended to ``problems``. A column that stands in both tables is that of
    the session, wherever the session has a row.
    """
    on_disk = _scans_on_disk(root, mapping)
    participants, visits = _participants(root, mapping, sorted(on_disk), problems)
    ids = list(participants["participant_id"])
    sessions = pd.concat([visits, _sessions(root, mapping, ids, problems)], ignore_index=True)
    listed, rows = sessions.groupby("participant_id")["session_id"].agg(list), []
    for participant_id in ids:
        known = dict.fromkeys([*listed.get(participant_id, ()), *sorted(on_disk.get(participant_id, ()))])
        rows += [(participant_id, session_id) for session_id in known or [""]]
    scans = pd.DataFrame(rows, columns=["participant_id", "session_id"], dtype=str)
    table = scans.merge(participants, on="participant_id", how="left")
    table = table.merge(
        sessions, on=list(scans), how="left", suffixes=("", _OF_THE_SESSION), indicator=_FOUND
    )
    return _rename(_settle_levels(table), mapping, problems)


def _settle_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Where a column stands in both tables, take the session's for every session that has a row."""
    listed = table.pop(_FOUND) == "both"
    for name in [name for name in table if name.endswith(_OF_THE_SESSION)]:
        plain = name.removesuffix(_OF_THE_SESSION)
        table[plain] = table.pop(name).where(listed, table[plain])
    return table


def _table_path(root: Path, mapping: FolderMapping, name: str) -> Path | None:
    paths = (root / folder / name for folder in mapping.table_folders)
    return next((path for path in paths if path.is_file()), None)


def _participants(
    root: Path, mapping: FolderMapping, on_disk: list[str], problems: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per participant, and one per visit where the table lists visits.

    Participants that have files stand for the table where there is none.
    """
    path = _table_path(root, mapping, "participants.tsv")
    bare = pd.DataFrame({"participant_id": pd.Series(on_disk, dtype=str)})
    none = pd.DataFrame({"participant_id": [], "session_id": []}, dtype=str)
    if path is None:
        return bare, none
    table = read_table(path)
    if "participant_id" not in table:
        names = ", ".join(repr(name) for name in table)[:80]
        problems.append(f"{path.name}: found columns {names}, expected participant_id among them")
        return bare, none
    lost = _lost_zeros(table["participant_id"], on_disk)
    if lost:
        problems.append(
            f"{path.name}: found {lost[0]} for the folder sub-{lost[1]}, expected the same: the zeros in "
            "front were lost (Excel?)"
        )
        return table[:0].drop(columns="session_id", errors="ignore"), none
    if not mapping.skip_missing_scans:
        for participant_id in sorted(set(on_disk) - set(table["participant_id"])):
            problems.append(f"sub-{participant_id}: found files but no row in {path.name}, expected one")
    if "session_id" in table:
        _report_twice(table, ["participant_id", "session_id"], path.name, problems)
        return table[["participant_id"]].drop_duplicates(), table.drop_duplicates(
            ["participant_id", "session_id"]
        )
    _report_twice(table, ["participant_id"], path.name, problems)
    return table.drop_duplicates("participant_id"), none


def _report_twice(table: pd.DataFrame, keys: list[str], name: str, problems: list[str]) -> None:
    """Report rows that stand twice; a table of visits is told how to say so."""
    visits = next((column for column in ("session", "visit", "timepoint") if column in table), None)
    way = f" (if its rows are visits, call the column {visits!r} session_id)" if visits else ""
    for row in table.loc[table[keys].duplicated()].drop_duplicates(keys).itertuples():
        problems.append(f"{name}: found {_row_name(row)} twice, expected one row per participant{way}")


def _row_name(row) -> str:
    session = getattr(row, "session_id", "")
    return f"sub-{row.participant_id}" + (f"_ses-{session}" if session else "")


def _lost_zeros(listed: pd.Series, on_disk: list[str]) -> tuple[str, str] | None:
    """A listed number and the folder of the same number with zeros in front, if the table lost them."""
    folders = {name.lstrip("0"): name for name in on_disk if name.isdigit() and name.startswith("0")}
    known = set(on_disk)
    return next(((one, folders[one]) for one in listed if one not in known and one in folders), None)


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
