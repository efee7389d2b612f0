"""A cohort: a table with one row per scan, and the images behind it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.documents import read_json
from neolab.errors import InputError
from neolab.io.checks import CohortError, check_headers, check_study, locate_files
from neolab.io.dhcp import dhcp_mapping
from neolab.io.headers import content_checksum, read_header
from neolab.io.mapping import FILE_NAME, FolderMapping, read_mapping
from neolab.io.origin import LATENTS, check_origin, described
from neolab.io.result_class import ResultClass
from neolab.io.scans import add_labels, scan_name, scan_table
from neolab.io.tables import read_table
from neolab.io.volume import Volume
from neolab.io.voxels import read_volume

if TYPE_CHECKING:
    from neolab.io.pseudonyms import Pseudonyms

__all__ = ["Cohort", "CohortError"]

TRUTH_TABLES = "derivatives/ground_truth/sourcedata"


@dataclass
class Cohort:
    """A folder of scans, checked.

    Attributes
    ----------
    root : Path
    table : DataFrame
        One row per scan: ``participant_id`` and ``session_id`` without prefix; the columns of the folder's
        tables; ``label`` (1 positive, 0 negative) where the mapping says what is positive; one path column
        per kind of image, relative to ``root`` and "" where there is no file; ``latent_*`` where the folder
        knows what was simulated.
    result_class : ResultClass
    study : str or None
        The study the folder was loaded for.
    protocol : dict
        How the images were acquired, as far as the folder says.
    mapping : FolderMapping
    pseudonyms : Pseudonyms or None
        Where the table names no real participant, session or path: what its names stand for.
    """

    root: Path
    table: pd.DataFrame
    result_class: ResultClass
    study: str | None = None
    protocol: dict = field(default_factory=dict)
    mapping: FolderMapping | None = None
    pseudonyms: "Pseudonyms | None" = field(default=None, repr=False)

    @classmethod
    def load(cls, root: str | Path, study: str | None = None) -> "Cohort":
        """Read a folder: simulated, any BIDS folder with ``neolab.yaml``, or dHCP release 2 or 3 as it is.

        Parameters
        ----------
        root : path
        study : str, optional
            Check that the folder serves this study, and use its labels for dHCP.

        Raises
        ------
        InputError
            If there is no such folder or no way to read it.
        CohortError
            An ``InputError`` that lists everything that can be found wrong without reading voxels.
        """
        root = Path(root).absolute()
        if not root.is_dir():
            raise InputError(f"{root}: found no folder, expected a cohort")
        mapping = _find_mapping(root, study)
        problems: list[str] = []
        table = scan_table(root, mapping, problems)
        table = locate_files(table, root, mapping, problems)
        table = add_labels(table, mapping, problems)
        if table.empty:
            problems.append("scans: found none, expected at least one")
        elif study:
            check_study(mapping, table, study, problems)
        check_headers(table, root, mapping, problems)
        if problems:
            raise CohortError(root, problems)
        check_origin(root, table, mapping.result_class)
        table = _add_latents(table, root)
        return cls(root, table, mapping.result_class, study, _protocol(root), mapping)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def kinds(self) -> list[str]:
        """Kinds that at least one scan has."""
        return [kind for kind in self.mapping.kinds if (self.table[kind] != "").any()]

    def has(self, kind: str) -> bool:
        """Whether any scan has a file of this kind."""
        return kind in self.kinds or (kind.startswith("mask:") and f"{kind[5:]}_mask" in self.kinds)

    def path(self, row: "pd.Series | Mapping | int", kind: str) -> Path:
        """Return the path of one scan's file.

        Parameters
        ----------
        row : Series or int
            A row of ``table`` or its position.
        kind : str
            ``T1w``, ``dseg``, ``lesion_mask`` (or ``mask:lesion``) and so on.

        Raises
        ------
        InputError
            If this scan has none.
        """
        row = self.table.iloc[row] if isinstance(row, int | np.integer) else row
        name = row[self.mapping.pattern(kind).kind]
        if not name:
            raise InputError(
                f"{scan_name(row)}: found no {kind}, expected {self.mapping.pattern(kind).describe()}"
            )
        return self._place(name)

    def _place(self, name: str) -> Path:
        """Where the file is that the table calls ``name``."""
        return self.root / (self.pseudonyms.files.get(name, name) if self.pseudonyms else name)

    def there(self, row: "pd.Series | int", kind: str) -> bool:
        """Whether one scan has a file of this kind; False too where the folder has no such kind."""
        row = self.table.iloc[row] if isinstance(row, int | np.integer) else row
        known = {pattern.kind for pattern in self.mapping.patterns}
        kind = f"{kind[5:]}_mask" if kind.startswith("mask:") else kind
        return kind in known and bool(row[kind])

    def read(self, row: "pd.Series | int", kind: str) -> Volume:
        """Read and check one file: the one way to a scan's voxels.

        Parameters
        ----------
        row : Series or int
        kind : str
            An image gives numbers, a label map whole numbers, a mask booleans.

        Raises
        ------
        InputError
            If this scan has no such file, or the file cannot be read, is damaged, is not three-dimensional,
            or holds a voxel that is not finite or a label that its lookup table does not declare.
        """
        return read_volume(self.path(row, kind), self.mapping.pattern(kind))

    def find(self, row: "pd.Series | int", kind: str) -> Volume | None:
        """As `read`; None where the scan has no such file, which is something else than a bad one."""
        return self.read(row, kind) if self.there(row, kind) else None

    def lookup(self, kind: str = "dseg") -> dict[str, int]:
        """Return label name -> voxel value of a label map, {} if the folder does not say."""
        return dict(self.mapping.pattern(kind).lookup or {})

    def points_mm(self, row: "pd.Series | int", kind: str) -> np.ndarray:
        """Return the points of one scan in scanner millimetres, (N, 3).

        Points given in voxels are counted from 0 on the grid of the scan's first image.
        """
        pattern = self.mapping.pattern(kind)
        path = self.path(row, kind)
        table = read_table(path)
        absent = [name for name in pattern.columns if name not in table]
        if absent:
            raise InputError(f"{path}: found no column {absent[0]}, expected {', '.join(pattern.columns)}")
        try:
            points = table[list(pattern.columns)].to_numpy(float).reshape(-1, 3)
        except ValueError as error:
            raise InputError(f"{path}: found {str(error)[:80]}, expected numbers in its columns") from None
        if pattern.space == "mm":
            return points
        first = next(p.kind for p in self.mapping.patterns if p.role == "images" and self._has(row, p.kind))
        affine = read_header(self.path(row, first)).affine
        return points @ affine[:3, :3].T + affine[:3, 3]

    def _has(self, row: "pd.Series | int", kind: str) -> bool:
        row = self.table.iloc[row] if isinstance(row, int | np.integer) else row
        return bool(row[kind])

    def sidecar(self, row: "pd.Series | int", kind: str) -> dict:
        """Return the JSON beside an image, {} where there is none."""
        path = self.path(row, kind)
        sidecar = path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
        return read_json(sidecar) if sidecar.is_file() else {}

    def truth_table(self, name: str) -> pd.DataFrame:
        """Return a table of the ground truth, such as one row per lesion.

        Raises
        ------
        InputError
            If the folder has no such table.
        """
        path = self.root / TRUTH_TABLES / f"{name}.tsv"
        if not path.is_file():
            raise InputError(f"{self.root}: found no ground-truth table {name}, expected {path.name}")
        table = read_table(path)
        if self.pseudonyms is None:
            return table
        return table.assign(participant_id=table["participant_id"].map(self.pseudonyms.participants))

    def select(self, rows: object) -> "Cohort":
        """Return the cohort with some of its scans: a boolean mask over the table, or positions."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, table=self.table.iloc[rows].reset_index(drop=True))

    def data_hash(self) -> str:
        """Return a hash of the content of all files of the table, their tables and the mapping.

        It depends on what the files hold, not on when or where they were written. Compressed images enter
        with the CRC-32 that gzip stores (see ``headers.content_checksum``), so thousands of scans take
        seconds.
        """
        columns = [self.table[pattern.kind] for pattern in self.mapping.patterns]
        places = {self._place(path) for column in columns for path in column if path}
        paths = {place.relative_to(self.root).as_posix() for place in places}
        paths |= {p.relative_to(self.root).as_posix() for p in self.root.glob("*.tsv")}
        paths |= {p.relative_to(self.root).as_posix() for p in self.root.glob("sub-*/*_sessions.tsv")}
        paths |= {p.relative_to(self.root).as_posix() for p in self.root.glob(f"{TRUTH_TABLES}/*.tsv")}
        paths |= {name for name in (FILE_NAME, "dataset_description.json") if (self.root / name).is_file()}
        digest = hashlib.sha256()
        for path in sorted(paths):
            digest.update(f"{path} {content_checksum(self.root / path)}\n".encode())
        return digest.hexdigest()[:16]


def _find_mapping(root: Path, study: str | None) -> FolderMapping:
    if (root / FILE_NAME).is_file():
        return read_mapping(root)
    mapping = dhcp_mapping(root, study)
    if mapping is None:
        raise InputError(
            f"{root}: found neither {FILE_NAME} nor the dHCP layout, expected one of them; "
            f"data/README.md shows how to write {FILE_NAME}"
        )
    return mapping


def _add_latents(table: pd.DataFrame, root: Path) -> pd.DataFrame:
    path = root / LATENTS
    if not path.is_file():
        return table
    keys = ["participant_id", "session_id"]
    latents = read_table(path)
    latents = latents.rename(columns={name: f"latent_{name}" for name in latents.columns if name not in keys})
    return table.merge(latents.drop_duplicates(keys), on=keys, how="left")


def _protocol(root: Path) -> dict:
    stated = described(root).get("Neolab")
    protocol = stated.get("Protocol") if isinstance(stated, dict) else None
    return dict(protocol) if isinstance(protocol, dict) else {}
