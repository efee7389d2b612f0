"""Finding the file of a scan, from BIDS entities or from a path template."""

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

IMAGE_SUFFIXES = (".nii.gz", ".nii")
ROLES = ("images", "masks", "labels", "maps", "points")


@dataclass(frozen=True)
class FilePattern:
    """Where the files of one kind stand in a folder, and what they are.

    Attributes
    ----------
    kind : str
        Name of the path column in the cohort table.
    role : str
        ``images``, ``masks``, ``labels``, ``maps`` or ``points``.
    suffix, entities, folder
        The BIDS way: last part of the name, ``key: value`` parts, folder that holds the ``sub-`` folders.
    template : str
        The other way: a path with ``{participant_id}`` and ``{session_id}`` in it, relative to the root; may
        hold ``*``.
    required : bool
        A scan without such a file is a problem.
    lookup : dict or None
        Label name -> voxel value, for label maps.
    columns, space
        For points: names of the three coordinate columns, and ``"voxel"`` or ``"mm"``.
    """

    kind: str
    role: str
    suffix: str = ""
    entities: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    template: str = ""
    required: bool = False
    lookup: dict[str, int] | None = None
    columns: tuple[str, ...] = ("x", "y", "z")
    space: str = "voxel"

    def find(self, root: Path, participant_id: str, session_id: str) -> list[str]:
        """Return the paths that fit one scan, relative to ``root``; more than one means a duplicate.

        Files whose entities are exactly those asked for come before files that carry further ones.
        """
        if self.template:
            return self._find_template(root, participant_id, session_id)
        exact, wider = [], []
        for directory in self._directories(root, participant_id, session_id):
            for name in list_folder(root / directory):
                parts = parse_name(name)
                if parts is None or not self._fits(parts, participant_id, session_id):
                    continue
                same = set(parts.entities) == set(self.entities)
                (exact if same else wider).append((directory / name).as_posix())
        return exact or wider

    def _find_template(self, root: Path, participant_id: str, session_id: str) -> list[str]:
        path = self.template.format(participant_id=participant_id, session_id=session_id)
        if any(mark in path for mark in "*?["):
            return sorted(found.relative_to(root).as_posix() for found in root.glob(path))
        return [path] if (root / path).is_file() else []

    def _directories(self, root: Path, participant_id: str, session_id: str) -> list[PurePosixPath]:
        base = PurePosixPath(self.folder, f"sub-{participant_id}")
        if session_id:
            base = base / f"ses-{session_id}"
        return [base / "anat", base / "swi", base]

    def _fits(self, parts: "NameParts", participant_id: str, session_id: str) -> bool:
        return (
            parts.suffix == self.suffix
            and parts.participant_id == participant_id
            and parts.session_id in (session_id, "")
            and all(parts.entities.get(key) == value for key, value in self.entities.items())
        )

    def discover(self, root: Path) -> list[tuple[str, str]]:
        """Return the (participant, session) pairs that a template's files name; [] for BIDS patterns."""
        if not self.template:
            return []
        pattern = re.escape(self.template).replace(r"\*", "[^/]*")
        seen: set[str] = set()
        for name in ("participant_id", "session_id"):
            mark = re.escape("{" + name + "}")
            while mark in pattern:
                group = f"(?P={name})" if name in seen else f"(?P<{name}>[0-9A-Za-z+]+)"
                pattern = pattern.replace(mark, group, 1)
                seen.add(name)
        glob = re.sub(r"\{[a-z_]+\}", "*", self.template)
        matches = (re.fullmatch(pattern, path.relative_to(root).as_posix()) for path in root.glob(glob))
        groups = [match.groupdict() for match in matches if match]
        return sorted({(group["participant_id"], group.get("session_id") or "") for group in groups})

    def describe(self) -> str:
        """Return the file name as a person would write it, for messages."""
        if self.template:
            return self.template
        entities = "".join(f"{key}-{value}_" for key, value in self.entities.items())
        return str(PurePosixPath(self.folder, f"sub-*_{entities}{self.suffix}.nii.gz"))


@dataclass(frozen=True)
class NameParts:
    """A BIDS file name taken apart."""

    participant_id: str
    session_id: str
    entities: dict[str, str]
    suffix: str


@cache
def parse_name(name: str) -> NameParts | None:
    """Take a NIfTI file name apart; None if it is no BIDS image."""
    stem = next((name[: -len(end)] for end in IMAGE_SUFFIXES if name.endswith(end)), None)
    if stem is None or not stem.startswith("sub-"):
        return None
    *pairs, suffix = stem.split("_")
    if any("-" not in pair for pair in pairs):
        return None
    entities = dict(pair.split("-", 1) for pair in pairs)
    return NameParts(entities.pop("sub", ""), entities.pop("ses", ""), entities, suffix)


def list_folder(folder: Path) -> list[str]:
    """Return the sorted names in ``folder``, [] where there is none."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
