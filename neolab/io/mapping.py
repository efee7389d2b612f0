"""``neolab.yaml``: the small file that says what the columns and files of a BIDS folder mean."""

import difflib
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from neolab.catalogue import LabelRule, all_studies
from neolab.documents import read_yaml
from neolab.errors import InputError, quoted
from neolab.io.describe import read_lookup
from neolab.io.patterns import ROLES, FilePattern
from neolab.io.result_class import ResultClass

FILE_NAME = "neolab.yaml"
TOP_KEYS = ("study", "result_class", "columns", "skip_missing_scans", *ROLES)
LABEL_KEYS = ("label", "positive", "negative", "ignore")
#: Columns of the cohort table that no other column and no kind of image may be called.
RESERVED = ("participant_id", "session_id", "label")
#: The largest label of an image: voxels have 32 bits.
LARGEST_LABEL = 2**31 - 1
FILE_KEYS = ("suffix", "folder", "path", "required", "lookup", "columns", "space")


@dataclass(frozen=True)
class FolderMapping:
    """Content of ``neolab.yaml``.

    Attributes
    ----------
    result_class : ResultClass
    studies : tuple of str
        Studies that the folder serves; () for any.
    label : LabelRule or None
    columns : dict
        Name in the cohort table -> name in the folder's tables.
    patterns : tuple of FilePattern
    skip_missing_scans : bool
        Leave out scans that the tables name and the folder does not hold, instead of reporting them.
    table_folders : tuple of str
        Folders, relative to the root, in which participants and sessions tables are looked for.
    """

    result_class: ResultClass
    studies: tuple[str, ...] = ()
    label: LabelRule | None = None
    columns: dict[str, str] = field(default_factory=dict)
    patterns: tuple[FilePattern, ...] = ()
    skip_missing_scans: bool = False
    table_folders: tuple[str, ...] = ("",)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the path columns."""
        return tuple(pattern.kind for pattern in self.patterns)

    def pattern(self, kind: str) -> FilePattern:
        """Return the pattern of one kind; ``mask:lesion`` is another way to write ``lesion_mask``.

        Raises
        ------
        InputError
            If the folder has no such kind.
        """
        name = mask_name(kind.removeprefix("mask:")) if kind.startswith("mask:") else kind
        for pattern in self.patterns:
            if pattern.kind == name:
                return pattern
        raise InputError(
            f"image kind: found {kind!r}, expected one of {', '.join(self.kinds) or 'none at all'}"
        )


def read_mapping(root: Path) -> FolderMapping:
    """Read ``root/neolab.yaml``.

    Raises
    ------
    InputError
        If a key or value is not what it should be; the message names it.
    """
    path = root / FILE_NAME
    return parse_mapping(read_yaml(path), root, str(path))


def parse_mapping(content: object, root: Path, place: str) -> FolderMapping:
    """Return the mapping that ``content`` describes.

    Parameters
    ----------
    content : object
        What YAML read.
    root : Path
        Lookup tables are read relative to it.
    place : str
        Named in messages.
    """
    content = _block(content, place, TOP_KEYS)
    columns = dict(_block(content.get("columns") or {}, f"{place}: columns"))
    patterns = [
        _pattern(role, name, entry, root, f"{place}: {role}: {name}")
        for role in ROLES
        for name, entry in _names_of(_block(content.get(role) or {}, f"{place}: {role}"))
    ]
    label = _label_rule(columns, place)
    _check_names([pattern.kind for pattern in patterns], list(columns), place)
    if not any(pattern.role == "images" for pattern in patterns):
        raise InputError(
            f"{place}: found no images, expected at least one, such as images: {{T1w: {{suffix: T1w}}}}"
        )
    return FolderMapping(
        result_class=_result_class(content.get("result_class"), place),
        studies=_studies(content.get("study"), place),
        label=label,
        columns={name: _text(value, f"{place}: columns: {name}") for name, value in columns.items()},
        patterns=tuple(patterns),
        skip_missing_scans=_flag(content.get("skip_missing_scans", False), f"{place}: skip_missing_scans"),
    )


def _names_of(block: Mapping) -> list[tuple[str, object]]:
    return [(str(name), entry) for name, entry in block.items()]


def _check_names(kinds: list[str], columns: list[str], place: str) -> None:
    """Refuse two things of one name: each is a column of the cohort table."""
    names = [*RESERVED, *columns, *kinds]
    twice = next((name for name in (*columns, *kinds) if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"{place}: found {quoted(twice)} twice or reserved, expected each kind and column once and none "
            f"called {', '.join(RESERVED)}"
        )


def mask_name(name: str) -> str:
    """Return the column of a mask: ``lesion`` and ``lesion_mask`` are both ``lesion_mask``."""
    return name if name.endswith("_mask") else f"{name}_mask"


def _block(value: object, place: str, keys: tuple[str, ...] | None = None) -> Mapping:
    if not isinstance(value, Mapping):
        raise InputError(f"{place}: found {quoted(value)}, expected key: value pairs")
    for key in value if keys else ():
        if key not in keys:
            close = difflib.get_close_matches(str(key)[:80], keys, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(f"{place}: found key {quoted(key)}, expected one of {', '.join(keys)}{hint}")
    return value


def _result_class(value: object, place: str) -> ResultClass:
    try:
        return ResultClass(value)
    except ValueError:
        found = "no result_class" if value is None else f"result_class {quoted(value)}"
        names = ", ".join(ResultClass)
        raise InputError(f"{place}: {'found ' + found}, expected result_class to be one of {names}") from None


def _studies(value: object, place: str) -> tuple[str, ...]:
    names = () if value is None else tuple(map(str, value)) if isinstance(value, list) else (str(value),)
    for name in names:
        if name not in all_studies():
            raise InputError(
                f"{place}: found study {quoted(name)}, expected one of {', '.join(all_studies())}"
            )
    return names


def _label_rule(columns: dict, place: str) -> LabelRule | None:
    """Take the label keys out of ``columns`` and return the rule."""
    found = {key: columns.pop(key) for key in LABEL_KEYS if key in columns}
    if not found:
        return None
    if "label" not in found or not found.get("positive"):
        raise InputError(f"{place}: columns: found {', '.join(found)}, expected both label and positive")
    values = {key: tuple(map(_value, _list(found.get(key)))) for key in LABEL_KEYS[1:]}
    twice = [name for name in values["positive"] if name in values["negative"] + values["ignore"]]
    if twice:
        raise InputError(
            f"{place}: columns: found {quoted(twice[0])} in two lists, expected each label value in one"
        )
    return LabelRule(_text(found["label"], f"{place}: columns: label"), **values)


def _pattern(role: str, name: str, entry: object, root: Path, place: str) -> FilePattern:
    entry = dict(_block(entry, place))
    # Points have columns and a space; of other files ``space`` is an entity of the name.
    keys = FILE_KEYS if role == "points" else FILE_KEYS[:-2]
    given = {key: entry.pop(key) for key in keys if key in entry}
    entities = {str(key): _text(value, f"{place}: {key}") for key, value in entry.items()}
    template = _text(given.get("path", ""), f"{place}: path")
    if bool(template) == bool(given.get("suffix")):
        found = "both suffix and path" if template else "neither suffix nor path"
        raise InputError(f"{place}: found {found}, expected one of them")
    if template:
        _check_template(template, entities, place)
    space = given.get("space", "voxel")
    if space not in ("voxel", "mm"):
        raise InputError(f"{place}: found space {quoted(space)}, expected voxel or mm")
    return FilePattern(
        kind=mask_name(name) if role == "masks" else name,
        role=role,
        suffix=_text(given.get("suffix", ""), f"{place}: suffix"),
        entities=entities,
        folder=_inside(given.get("folder", ""), f"{place}: folder"),
        template=template,
        required=_flag(given.get("required", role == "images"), f"{place}: required"),
        lookup=_lookup(given.get("lookup"), root, place),
        columns=_coordinates(given.get("columns", ["x", "y", "z"]), f"{place}: columns"),
        space=space,
    )


def _check_template(template: str, entities: dict[str, str], place: str) -> None:
    if entities:
        raise InputError(f"{place}: found {', '.join(entities)} beside path, expected path to name the file")
    try:
        fields = [field[1:] for field in string.Formatter().parse(template) if field[1] is not None]
    except ValueError:
        fields = []
    names = {name for name, width, conversion in fields if not width and not conversion}
    if "participant_id" not in names or len(fields) > 8 or names - {"participant_id", "session_id"}:
        raise InputError(
            f"{place}: found path {quoted(template)}, expected {{participant_id}} in it, and no other name "
            "in braces than {session_id}"
        )
    if any(width or conversion for _, width, conversion in fields) or "**" in template or "\0" in template:
        raise InputError(f"{place}: found path {quoted(template)}, expected names in braces and single *")
    if template.startswith("/") or ".." in template.split("/"):
        raise InputError(f"{place}: found path {quoted(template)}, expected one inside the folder")


def _inside(value: object, place: str) -> str:
    """A folder below the root."""
    folder = _text(value, place)
    if folder.startswith(("/", "~")) or ".." in folder.split("/") or "\0" in folder:
        raise InputError(f"{place}: found {quoted(folder)}, expected a folder inside the data folder")
    return folder.strip("/")


def _coordinates(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) != 3:
        raise InputError(f"{place}: found {quoted(value)}, expected the names of three columns")
    return tuple(_text(name, place) for name in value)


def _lookup(value: object, root: Path, place: str) -> dict[str, int] | None:
    if value is None:
        return None
    if isinstance(value, str):
        path = root / _inside(value, f"{place}: lookup")
        if not path.is_file():
            raise InputError(
                f"{place}: lookup: found no file {value[:80]}, expected a table with index and name"
            )
        return read_lookup(path)
    lookup = dict(_block(value, f"{place}: lookup"))
    for name, number in lookup.items():
        if isinstance(number, bool) or not isinstance(number, int) or abs(number) > LARGEST_LABEL:
            raise InputError(
                f"{place}: lookup: {str(name)[:80]}: found {quoted(number)}, expected a whole number"
            )
    return {str(name): number for name, number in lookup.items()}


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{place}: found {quoted(value)}, expected true or false")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InputError(f"{place}: found {quoted(value)}, expected text")
    return str(value)


def _list(value: object) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
