"""Path templates for folders without BIDS names: files that differ in an identifier and perhaps a visit."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

#: What an identifier may be made of; the same as in `neolab.io.patterns`.
_WORD = re.compile(r"[0-9A-Za-z+]+")
#: Words with a digit that are no identifier: contrasts, and the channel that nnU-Net numbers.
_NO_IDENTIFIER = re.compile(r"t[12](?!\d).*|t[12]3d|pd\d?|[0-9.]+t|000\d|[23]d", re.IGNORECASE)
_DATE = re.compile(r"(19|20)\d\d(\d{4})?")


@dataclass(frozen=True)
class TemplateGroup:
    """Files of one path template.

    Attributes
    ----------
    template : str
        With ``{participant_id}``, perhaps ``{session_id}`` and ``*``.
    paths : tuple of str
    scans : tuple of (str, str)
        Participant and session of each path.
    """

    template: str
    paths: tuple[str, ...]
    scans: tuple[tuple[str, str], ...]


def find_templates(paths: Iterable[str], known: Collection[str] = ()) -> list[TemplateGroup]:
    """Return the templates that paths follow; files of which at least two do not differ alike are left out.

    Parameters
    ----------
    paths : iterable of str
        Relative to the root, with ``/``.
    known : collection of str
        Identifiers of the participants table, if there is one.

    Notes
    -----
    A word with a digit may be an identifier. The leftmost that varies (and is no date) is the participant's;
    the next that takes several values in one participant is the visit; what else varies becomes ``*``.
    """
    alike: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for path in sorted(paths):
        stem, dot, ending = _split_ending(path)
        words = [word for word in _WORD.findall(stem) if _may_identify(word)]
        shape = _WORD.sub(lambda found: "{}" if _may_identify(found[0]) else found[0], stem)
        if words and "*" not in stem and "{" not in stem:
            alike[shape + dot + ending].append((path, words))
    groups = [_template(shape, files, set(known)) for shape, files in alike.items() if len(files) > 1]
    return [group for group in groups if group]


def _split_ending(path: str) -> tuple[str, str, str]:
    ending = next((end for end in (".nii.gz", ".nii", ".csv", ".tsv") if path.endswith(end)), "")
    return path[: len(path) - len(ending)], "", ending


def _may_identify(word: str) -> bool:
    return any(mark.isdigit() for mark in word) and not _NO_IDENTIFIER.fullmatch(word)


def _template(shape: str, files: list[tuple[str, list[str]]], known: set[str]) -> TemplateGroup | None:
    columns = list(zip(*(words for _, words in files), strict=True))
    varying = [column for column in dict.fromkeys(columns) if len(set(column)) > 1]
    if not varying:
        return None
    who = _participants(varying, known)
    visits = next((c for c in varying if c != who and _several_in_one(who, c)), None)
    prefix = _prefix(who, known)
    marks = {who: prefix + "{participant_id}", visits: "{session_id}"}
    words = [marks.get(column, "*" if column in varying else column[0]) for column in columns]
    scans = zip((one[len(prefix) :] for one in who), visits or [""] * len(files), strict=True)
    return TemplateGroup(shape.format(*words), tuple(path for path, _ in files), tuple(scans))


def _participants(varying: list[tuple[str, ...]], known: set[str]) -> tuple[str, ...]:
    """The column of words that name participants."""
    listed = [column for column in varying if known & {one[len(_prefix(column, known)) :] for one in column}]
    undated = [column for column in varying if not all(map(_DATE.fullmatch, column))]
    return (listed or undated or varying)[0]


def _several_in_one(who: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(set(zip(who, other, strict=True))) > len(set(who))


def _prefix(column: tuple[str, ...], known: set[str]) -> str:
    """Letters before the number that the participants table leaves out, as in ``patient012`` for 012."""
    letters = re.match(r"[A-Za-z]*", column[0])[0]
    if not letters or known & set(column) or not all(word.startswith(letters) for word in column):
        return ""
    return letters if known & {word[len(letters) :] for word in column} else ""
