"""A first ``neolab.yaml`` for a folder, and what each study could do with it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from neolab.catalogue import Study, all_studies
from neolab.errors import InputError
from neolab.io.checks import check_headers, locate_files
from neolab.io.column_guesses import Guess, guess_columns
from neolab.io.dhcp import dhcp_mapping, dhcp_release
from neolab.io.kinds import KINDS
from neolab.io.mapping import FILE_NAME, FolderMapping, parse_mapping
from neolab.io.origin import likely_class
from neolab.io.patterns import ROLES
from neolab.io.recognise import Found
from neolab.io.scans import add_labels, scan_table
from neolab.io.survey import Survey, survey
from neolab.io.tables import as_numbers

_HEAD = """\
# A draft of {name} by `neolab map`. Read it, correct it, then say `neolab check-data STUDY PATH`.
# Lines that begin with # are guesses which only you can confirm; data/README.md explains every key.
result_class: {result_class:<12} # real, template (group averages) or synthetic
"""
_LABEL_HINT = """\
  # positive: []           # values that become label 1
  # negative: []           # values that become label 0
  # ignore: [n/a]          # values without a label
"""


_TABLE_ADVICE = "participants.tsv is, with a column participant_id and tabs between columns"


@dataclass
class Draft:
    """What `neolab map` says of a folder.

    Attributes
    ----------
    text : str
        Of ``neolab.yaml``; "" for a dHCP folder, which is read as it is.
    mapping : FolderMapping
    table : DataFrame
        Of the scans, as `neolab.io.cohort.Cohort.table`.
    problems : list of str
        What `neolab.io.cohort.Cohort.load` would refuse.
    notes : list of str
        About files that the draft leaves aside.
    """

    text: str
    mapping: FolderMapping
    table: pd.DataFrame
    problems: list[str]
    notes: list[str]


def draft_mapping(root: Path) -> Draft:
    """Look at a folder and draft its mapping.

    Raises
    ------
    InputError
        If nothing can be read as scans; see `neolab.io.survey.survey`.
    """
    mapping, text, notes = dhcp_mapping(root) if root.is_dir() else None, "", []
    if mapping is None:
        seen = survey(root)
        text = _text(seen)
        mapping = parse_mapping(yaml.safe_load(text), root, FILE_NAME)
        notes = seen.left_out + [f"{name}: this table is not read; {_TABLE_ADVICE}" for name in seen.tables]
    problems: list[str] = []
    table = locate_files(scan_table(root, mapping, problems), root, mapping, problems)
    table = add_labels(table, mapping, problems)
    check_headers(table, root, mapping, problems)
    return Draft(text, mapping, table, problems, notes)


def write_draft(draft: Draft, path: Path) -> None:
    """Write the text of a draft to a new file.

    Raises
    ------
    InputError
        If there is a file already, or it cannot be written.
    """
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(draft.text)
    except FileExistsError:
        raise InputError(f"{path}: found a file, expected a new one: name another place with --out") from None
    except OSError as error:
        raise InputError(f"{path}: found no way to write there ({error.strerror}), expected --out") from None


def _text(seen: Survey) -> str:
    """The text of ``neolab.yaml``; the tables are read with the files that were found."""
    bare = _blocks(seen)
    table = scan_table(seen.root, parse_mapping(yaml.safe_load(bare), seen.root, FILE_NAME), [])
    result_class = likely_class(seen.root, table)
    return _HEAD.format(name=FILE_NAME, result_class=result_class) + _columns(table, seen.root) + _body(bare)


def _body(bare: str) -> str:
    return bare.partition("\n")[2]


def _columns(table: pd.DataFrame, root: Path) -> str:
    guesses = guess_columns(table, root)
    if not guesses:
        return ""
    lines, labels = ["columns:                   # neolab's name: your column"], []
    for guess in guesses:
        (labels if guess.name == "label" else lines).append(_column(guess))
        labels += _rules(guess.source) if guess.name == "label" else []
    hint = _LABEL_HINT if labels else ""
    return "\n".join([*lines, *labels]) + "\n" + hint


def _rules(column: str) -> list[str]:
    """What studies themselves say of a column of the dHCP."""
    rules = {study.id: study.dhcp_label for study in all_studies().values() if study.dhcp_label}
    return [
        f"  # {name} takes {', '.join(rule.positive)} as positive and {', '.join(rule.negative)} as negative"
        for name, rule in rules.items()
        if rule.column == column
    ]


def _column(guess: Guess) -> str:
    mark = "" if guess.sure else "# "
    return f"  {mark}{_flow({guess.name: guess.source})[1:-1]}    # {guess.comment}"


def _blocks(seen: Survey) -> str:
    n_scans = len(set().union(*(one.scans for one in seen.chosen if one.role == "images")))
    lines = ["result_class: real"]
    for role in ROLES:
        found = [one for one in seen.chosen if one.role == role]
        lines += [f"{role}:"] if found else []
        for one in found:
            lines += _entry(one, n_scans)
            alike = [other for other in seen.others if (other.role, other.name) == (role, one.name)]
            lines += [f"  # or these, {len(other.scans)} scans: {_flow(other.entry)}" for other in alike]
    return "\n".join(lines) + "\n"


def _entry(one: Found, n_scans: int) -> list[str]:
    """Lines of one kind, its label values below."""
    entry = {key: value for key, value in one.entry.items() if key != "lookup"}
    if one.role == "images" and len(one.scans) < n_scans:
        entry["required"] = False
    name = one.name or "image"
    comment = f"{len(one.scans)} of {n_scans} scans"
    if one.role == "images" and name not in KINDS:
        comment += f"; which contrast is it? The studies know {', '.join(KINDS)}"
    if one.role == "points":
        comment += "; are these microbleeds? space: voxel counts from 0, space: mm is in scanner millimetres"
    if one.role != "labels":
        return [f"  {_flow({name: entry})[1:-1]}    # {comment}"]
    lookup = one.entry.get("lookup") or {f"unnamed_{value}": value for value in one.values}
    lines = [f"  {name}:    # {comment}"] + [
        f"    {_flow({key: value})[1:-1]}" for key, value in entry.items()
    ]
    if not one.entry.get("lookup"):
        lines.append(
            "    # Values that were seen; name them as your study asks (white_matter, brainstem, ...):"
        )
    return [*lines, "    lookup:", *(f"      {_flow({key: value})[1:-1]}" for key, value in lookup.items())]


def _flow(content: dict) -> str:
    """Content on one line of YAML, whatever marks its names have."""
    options = {"default_flow_style": True, "sort_keys": False, "width": 10_000}
    text = yaml.safe_dump(content, **options).strip()
    return text if "\n" not in text else yaml.safe_dump(content, default_style='"', **options).strip()


def describe_draft(draft: Draft) -> list[str]:
    """Return what was found, one line a kind, and what each study could do with it."""
    n_scans, participants = len(draft.table), draft.table["participant_id"].nunique()
    lines = [f"{n_scans} scans of {participants} participants"]
    for pattern in draft.mapping.patterns:
        there = int((draft.table[pattern.kind] != "").sum())
        lines.append(f"  {pattern.role:<7} {pattern.kind:<16} {there} of {n_scans}: {pattern.describe()}")
    if not draft.text:
        lines.append(f"dHCP release {dhcp_release(draft.mapping)}: read as it is, without {FILE_NAME}")
    lines += [f"note: {note}" for note in draft.notes]
    if draft.problems:
        more = f" (and {len(draft.problems) - 1} more)" if len(draft.problems) > 1 else ""
        lines.append(f"to be mended before a study can read it: {draft.problems[0]}{more}")
    if "label" not in draft.table and draft.text:
        lines.append(
            "no label is named yet: what compares groups needs one (columns: label, positive, negative)"
        )
    return lines + [line for study in all_studies().values() for line in study_lines(study, draft)]


def study_lines(study: Study, draft: Draft) -> list[str]:
    """Return whether a study could read the folder, and what it would miss."""
    table = draft.table
    has = [kind for group in study.images for kind in group if kind in table and (table[kind] != "").any()]
    lacking = [" or ".join(group) for group in study.images if not set(group) & set(has)]
    if lacking:
        return [f"{study.id}: cannot use it, for want of {' and of '.join(lacking)}"]
    missing = []
    if study.dhcp_label and "label" not in table and draft.text:
        missing.append("a label, without which this study cannot start")
    named = [name for name in study.numbers if name in table]
    absent = [name for name in study.numbers if name not in table]
    missing += [f"columns {', '.join(absent)}"] if absent else []
    lines = [f"{study.id}: can read {', '.join([*has, *named])}"]
    lines += [f"  missing: {one}" for one in missing]
    return lines + [f"  to be mended: {one}" for name in named for one in as_numbers(table, name)[:1]]
