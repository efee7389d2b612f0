"""Pseudonyms: what runs on scans of people write instead of the identifiers of participants and sessions.

A pseudonym is a keyed hash of the identifier. The key is a hash of what all files hold and of what they are
called, and it is written nowhere: whoever has the folder gets the same pseudonyms on every machine, so folds
and results are the same there, and who does not have it cannot try identifiers out. Sessions are numbered, in
the order of their identifiers. Rows are in the order of pseudonyms, because the order of a published list of
participants would give them away.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from neolab.catalogue import all_studies
from neolab.io.cohort import Cohort
from neolab.io.headers import content_checksum
from neolab.io.pseudonyms import Pseudonyms
from neolab.io.result_class import ResultClass

_KEYS = ["participant_id", "session_id"]
# Words of the studies for groups of people, kept however many groups there are.
_GROUPS = ("label", "sex", "group", "role", "cohort")
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(\D.*)?")


def pseudonyms_of(cohort: Cohort) -> Pseudonyms | None:
    """Return the pseudonyms of a folder; None where nobody needs any, because its images are simulated."""
    if cohort.result_class is ResultClass.SYNTHETIC:
        return None
    key, names = _key(cohort), cohort.table[_KEYS].copy()
    hashed = {
        name: hmac.new(key, name.encode(), "sha256").hexdigest() for name in set(names["participant_id"])
    }
    names["pseudonym"] = ["P" + hashed[name][:10] for name in names["participant_id"]]
    rank = names.groupby("participant_id")["session_id"].rank(method="dense").astype(int)
    names["visit"] = [
        f"{n:02d}" if session else "" for n, session in zip(rank, names["session_id"], strict=True)
    ]
    label = "folder-" + hmac.new(key, b"", "sha256").hexdigest()[:10]
    return Pseudonyms(cohort.root, names, dict(_renamed(cohort, names)), label)


def _key(cohort: Cohort) -> bytes:
    paths = {path for kind in cohort.mapping.kinds for path in cohort.table[kind] if path}
    lines = [f"{path} {content_checksum(cohort.root / path)}" for path in sorted(paths)]
    return hashlib.sha256("\n".join(lines).encode()).digest()


def _renamed(cohort: Cohort, names: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Path without identifiers -> path, for every file of the table."""
    for kind in cohort.mapping.kinds:
        for row, real in zip(names.itertuples(), cohort.table[kind], strict=True):
            if real:
                yield _file_name(row, kind, real), real


def _file_name(row, kind: str, real: str) -> str:
    place = f"sub-{row.pseudonym}" + (f"/ses-{row.visit}" if row.visit else "")
    return f"{place}/{kind}" + (".nii.gz" if real.endswith(".nii.gz") else Path(real).suffix)


def pseudonymise(cohort: Cohort) -> Cohort:
    """Return the cohort under pseudonyms, as it is where its images are simulated.

    The paths of its table are pseudonyms too; ``Cohort.path`` and the readers know where the files are.
    Columns stay if the mapping or the study names them or if they form groups of participants; others, such
    as names, record numbers and dates, could tell who somebody is.
    """
    pseudonyms = pseudonyms_of(cohort)
    if pseudonyms is None:
        return cohort
    names, table = pseudonyms.names, cohort.table.copy()
    for kind in cohort.mapping.kinds:
        given = [
            _file_name(row, kind, real) for row, real in zip(names.itertuples(), table[kind], strict=True)
        ]
        table[kind] = [name if real else "" for name, real in zip(given, table[kind], strict=True)]
    table["participant_id"], table["session_id"] = names["pseudonym"], names["visit"]
    table = table[[name for name in table if _may_stay(cohort, name)]]
    table = table.sort_values(_KEYS, ignore_index=True)
    return replace(cohort, table=table, pseudonyms=pseudonyms)


def _may_stay(cohort: Cohort, name: str) -> bool:
    """Whether a column of the cohort's table says nothing that only one person has."""
    mapping, study = cohort.mapping, all_studies().get(cohort.study)
    named = {*_KEYS, *_GROUPS, *mapping.kinds, *mapping.columns, *(study.numbers if study else ())}
    named |= {mapping.label.column} if mapping.label else set()
    values = cohort.table[name].dropna()
    if any(isinstance(value, str) and _DATE.fullmatch(value) for value in values):
        return False
    groups_of_two = 2 * values.nunique() <= cohort.table["participant_id"].nunique()
    return name in named or name.startswith("latent_") or groups_of_two
