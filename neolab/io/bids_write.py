"""Writing a cohort as a BIDS folder: images, tables, ground truth, and the mapping that reads it back."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import neolab
from neolab.cache import write_bytes
from neolab.errors import InputError
from neolab.io.kinds import (
    GROUND_TRUTH,
    TRUTH_MAPS,
    Kind,
    bids_label,
    image_kind,
    label_map_kind,
    map_kind,
    mask_kind,
    strip_prefix,
)
from neolab.io.nifti import encode_nifti
from neolab.io.result_class import ResultClass
from neolab.owned import MARK, open_partial

BIDS_VERSION = "1.10.0"
# BIDS leaves the inside of "sourcedata" to its owner; a table with several rows a scan fits nowhere else.
TRUTH_TABLES = f"{GROUND_TRUTH}/sourcedata"
ORIGIN = {
    ResultClass.SYNTHETIC: "Simulated images: nobody was scanned, and no result is a finding about patients.",
    ResultClass.TEMPLATE: "Group-average images: no single person was scanned.",
    ResultClass.REAL: "Scans of people.",
}


class DatasetWriter:
    """Write one dataset; nothing appears under its final name until all of it is there.

    Files go to a hidden sibling folder, which is renamed when the ``with`` block ends without an error and
    removed when it ends with one. The writer can be pickled: several processes may write images of different
    scans at once, while the process that opened it writes the tables.

    Parameters
    ----------
    out : path
        Folder to make; it must not exist or must be empty.
    study : str
        Study identifier, written into the description.
    result_class : ResultClass or str
        Origin of the images.
    seed, profile : int, str
        What the cohort was made from, recorded in the description; None for images that were not simulated.
    columns : mapping, optional
        ``columns`` block of ``neolab.yaml``: label column, its positive values and so on.
    protocol : mapping, optional
        The acquisition protocol, recorded as it is.
    name : str, optional
        Title of the dataset.
    licence : str, optional
        Licence of the images.

    Examples
    --------
    ::

        with DatasetWriter("cohort", study="wu2021", result_class="synthetic", seed=1) as writer:
            writer.participants(table)
            writer.image("SYN0001", "01", "T1w", voxels, affine, {"EchoTime": 0.00214})
            writer.mask("SYN0001", "01", "brain", brain, affine)
    """

    def __init__(
        self,
        out: str | Path,
        *,
        study: str,
        result_class: ResultClass | str,
        seed: int | None = None,
        profile: str | None = None,
        columns: Mapping | None = None,
        protocol: Mapping | None = None,
        name: str | None = None,
        licence: str = "CC0",
    ):
        self.out = Path(out).absolute()
        self.study = study
        self.result_class = ResultClass(result_class)
        self.seed, self.profile = seed, profile
        self.columns, self.protocol = dict(columns or {}), dict(protocol or {})
        self.name = name or f"{study}: {self.result_class} cohort"
        self.licence = licence
        self.root: Path | None = None

    def __enter__(self) -> "DatasetWriter":
        if os.path.lexists(self.out) and not (self.out.is_dir() and not any(self.out.iterdir())):
            raise InputError(
                f"output folder {self.out}: found something there, expected a new or empty folder"
            )
        self.root = open_partial(self.out)
        return self

    def __exit__(self, error_type, error, traceback) -> None:
        try:
            if error_type is None:
                self._finish()
                if self.out.is_dir():
                    self.out.rmdir()
                os.replace(self.root, self.out)
                (self.out / MARK).unlink()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def participants(self, table: pd.DataFrame, descriptions: Mapping[str, object] | None = None) -> None:
        """Write ``participants.tsv`` and its JSON.

        Parameters
        ----------
        table : DataFrame
            One row per participant; ``participant_id`` with or without ``sub-``.
        descriptions : mapping, optional
            Column -> a sentence, or a BIDS dictionary with ``Description``, ``Units``, ``Levels``.
        """
        table = _with_prefix(table, "participant_id", "sub-")
        if table["participant_id"].duplicated().any():
            raise InputError(
                "participants table: found a participant twice, expected one row per participant"
            )
        self._tsv("participants.tsv", table)
        self._json("participants.json", _column_descriptions(table, descriptions))

    def sessions(self, table: pd.DataFrame, descriptions: Mapping[str, object] | None = None) -> None:
        """Write one ``sub-*_sessions.tsv`` per participant from a table with one row per session."""
        table = _with_prefix(table, "session_id", "ses-")
        ids = table["participant_id"].map(lambda value: strip_prefix(value, "sub-"))
        content = table.drop(columns="participant_id")
        content = content[["session_id", *content.columns.drop("session_id")]]
        for participant_id, rows in content.groupby(ids, sort=True):
            self._tsv(f"sub-{participant_id}/sub-{participant_id}_sessions.tsv", rows)
        self._json("sessions.json", _column_descriptions(content, descriptions))

    def latents(self, table: pd.DataFrame, descriptions: Mapping[str, object] | None = None) -> None:
        """Write what the simulation knows and a reader must not see: one row per scan."""
        self.truth_table("latents", table, descriptions)

    def truth_table(
        self, name: str, table: pd.DataFrame, descriptions: Mapping[str, object] | None = None
    ) -> None:
        """Write a table of the ground truth, such as one row per lesion.

        Parameters
        ----------
        name : str
            ``Cohort.truth_table(name)`` reads it back.
        table : DataFrame
            With ``participant_id`` and ``session_id``; a scan may have any number of rows.
        descriptions : mapping, optional
            As for :meth:`participants`.
        """
        table = _with_prefix(_with_prefix(table, "session_id", "ses-"), "participant_id", "sub-")
        self._tsv(f"{TRUTH_TABLES}/{bids_label(name)}.tsv", table)
        self._json(f"{TRUTH_TABLES}/{bids_label(name)}.json", _column_descriptions(table, descriptions))

    def image(
        self,
        participant_id: str,
        session_id: str,
        kind: str | Kind,
        data: np.ndarray,
        affine: np.ndarray,
        sidecar: Mapping | None = None,
    ) -> Path:
        """Write one image of a named kind (see ``kinds.KINDS``) with its JSON sidecar; return its path."""
        kind = image_kind(kind) if isinstance(kind, str) else kind
        # BIDS asks every derived image whether it was skull-stripped, and every phase image for its unit.
        required = {"SkullStripped": False} if kind.folder else {}
        required |= {"Units": "rad"} if kind.entities.get("part") == "phase" else {}
        return self._volume(kind, participant_id, session_id, data, affine, required | dict(sidecar or {}))

    def label_map(
        self,
        participant_id: str,
        session_id: str,
        data: np.ndarray,
        affine: np.ndarray,
        lookup: Mapping[str, int],
        name: str = "tissues",
    ) -> Path:
        """Write a label map to the ground truth, and its lookup table (label name -> voxel value)."""
        kind = label_map_kind(name)
        rows = pd.DataFrame({"index": list(lookup.values()), "name": list(lookup)}).sort_values("index")
        table = self.root / GROUND_TRUTH / f"{kind.name()}.tsv"
        if not table.exists():
            self._tsv(table.relative_to(self.root), rows)
        return self._volume(kind, participant_id, session_id, data, affine, {"Manual": False})

    def mask(
        self, participant_id: str, session_id: str, name: str, data: np.ndarray, affine: np.ndarray
    ) -> Path:
        """Write the mask called ``name`` ("brain", "lesion") to the ground truth as 0 and 1."""
        kind = mask_kind(name)
        sidecar = {"Type": "Brain" if name == "brain" else "Lesion" if "lesion" in name else "ROI"}
        return self._volume(kind, participant_id, session_id, np.asarray(data) > 0, affine, sidecar)

    def truth_map(
        self, participant_id: str, session_id: str, name: str, data: np.ndarray, affine: np.ndarray
    ) -> Path:
        """Write a quantitative map (see ``kinds.TRUTH_MAPS`` for names and units) to the ground truth."""
        sidecar = {"Units": TRUTH_MAPS[name].unit, "SkullStripped": False} if name in TRUTH_MAPS else {}
        return self._volume(map_kind(name), participant_id, session_id, data, affine, sidecar)

    def _volume(self, kind: Kind, participant_id, session_id, data, affine, sidecar) -> Path:
        participant_id = bids_label(strip_prefix(participant_id, "sub-"))
        session_id = bids_label(strip_prefix(session_id, "ses-"))
        path = self.root / kind.path(participant_id, session_id)
        if path.exists():
            raise InputError(f"{path.name}: found it written already, expected each image once")
        write_bytes(path, encode_nifti(data, affine))
        if sidecar:
            write_bytes(path.with_name(path.name.replace(".nii.gz", ".json")), _json_bytes(sidecar))
        return path

    def _finish(self) -> None:
        if not (self.root / "participants.tsv").exists():
            raise InputError("dataset: found no participants table, expected writer.participants(table)")
        self._json("dataset_description.json", self._description())
        for folder in sorted((self.root / "derivatives").glob("*")):
            relative = folder.relative_to(self.root)
            self._json(relative / "dataset_description.json", self._derivative_description(folder.name))
            self._text(relative / "README.md", f"# {folder.name.replace('_', ' ')}\n\nSee ../../README.md\n")
        self._text("neolab.yaml", yaml.safe_dump(self._mapping(), sort_keys=False, allow_unicode=True))
        self._text("README.md", self._readme())
        self._text(".bidsignore", "neolab.yaml\n")

    def _generated_by(self) -> list[dict]:
        return [{"Name": "neolab", "Version": neolab.__version__}]

    def _description(self) -> dict:
        return {
            "Name": self.name,
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "License": self.licence,
            "Authors": ["neolab"],
            "GeneratedBy": self._generated_by(),
            "Neolab": {
                "Study": self.study,
                "ResultClass": str(self.result_class),
                "Seed": self.seed,
                "Profile": self.profile,
                "Protocol": self.protocol,
            },
        }

    def _derivative_description(self, name: str) -> dict:
        return {
            "Name": f"{self.name}: {name.replace('_', ' ')}",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
            "License": self.licence,
            "GeneratedBy": self._generated_by(),
            "SourceDatasets": [{"URL": "../.."}],
        }

    def _mapping(self) -> dict:
        """Return the content of ``neolab.yaml``, from the files that were written."""
        from neolab.io.describe import describe_files

        mapping = {"study": self.study, "result_class": str(self.result_class)}
        if self.columns:
            mapping["columns"] = self.columns
        return mapping | describe_files(self.root)

    def _readme(self) -> str:
        return (
            f"# {self.name}\n\n{ORIGIN[self.result_class]}\n\n"
            f"- result class: {self.result_class}\n- study: {self.study}\n"
            f"- seed: {self.seed}\n- profile: {self.profile}\n\n"
            "`neolab.yaml` says which files and columns mean what; "
            f"`{GROUND_TRUTH}` holds what is known about each scan beyond its image.\n"
        )

    def _tsv(self, relative: str | Path, table: pd.DataFrame) -> None:
        text = table.to_csv(sep="\t", index=False, na_rep="n/a", float_format="%.10g", lineterminator="\n")
        self._text(relative, text)

    def _json(self, relative: str | Path, content: Mapping) -> None:
        write_bytes(self.root / relative, _json_bytes(content))

    def _text(self, relative: str | Path, text: str) -> None:
        write_bytes(self.root / relative, text.encode())


def _with_prefix(table: pd.DataFrame, column: str, prefix: str) -> pd.DataFrame:
    """Return ``table`` with ``column`` first and its values prefixed as BIDS wants them."""
    if column not in table:
        raise InputError(f"table: found no column {column}, expected one among {', '.join(table.columns)}")
    ids = [prefix + bids_label(strip_prefix(value, prefix)) for value in table[column]]
    return pd.concat([pd.Series(ids, name=column, index=table.index), table.drop(columns=column)], axis=1)


def _column_descriptions(table: pd.DataFrame, descriptions: Mapping[str, object] | None) -> dict:
    descriptions = descriptions or {}
    columns = [column for column in table.columns if column not in ("participant_id", "session_id")]
    result = {}
    for column in columns:
        text = descriptions.get(column, column.replace("_", " "))
        result[column] = {"Description": text} if isinstance(text, str) else dict(text)
    return result


def _json_bytes(content: Mapping) -> bytes:
    return (json.dumps(content, indent=2, default=_plain, ensure_ascii=False) + "\n").encode()


def _plain(value: object) -> object:
    """Return numpy scalars and arrays as what JSON knows."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
