"""The guard against leakage: nobody, no session and no image may stand on both sides of a split."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.errors import InputError

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage


class LeakageError(InputError):
    """Training and test data share something."""


def check_leakage(
    table: pd.DataFrame,
    train: Iterable[int],
    test: Iterable[int],
    hashes: Sequence[str] | None = None,
) -> None:
    """Refuse a split whose sides share a participant, a session or an image.

    Parameters
    ----------
    table : DataFrame
        With ``participant_id`` and, where there is one, ``session_id``.
    train, test : iterable of int
        Positions of rows.
    hashes : sequence of str, optional
        `voxel_hash` of what is seen of each row of the table.

    Raises
    ------
    LeakageError
        Naming what is shared.
    """
    train, test = list(train), list(test)
    _refuse("row", set(train) & set(test))
    ids = [str(value) for value in table["participant_id"]]
    if "session_id" in table:
        sessions = [f"{i} ses-{session}" for i, session in zip(ids, table["session_id"], strict=True)]
        _refuse("session", {sessions[i] for i in train} & {sessions[i] for i in test})
    _refuse("participant", {ids[i] for i in train} & {ids[i] for i in test})
    if hashes is not None:
        if len(hashes) != len(table):
            raise InputError(f"images: found {len(hashes)}, expected one per row of the table, {len(table)}")
        _check_images(ids, train, test, hashes)


def _check_images(ids: list[str], train: list[int], test: list[int], hashes: Sequence[str]) -> None:
    seen = {hashes[i]: i for i in train}
    twins = [(seen[hashes[i]], i) for i in test if hashes[i] in seen]
    _refuse("image", {f"row {i} ({ids[i]}) is row {j} ({ids[j]})" for j, i in twins})


def _refuse(what: str, shared: set) -> None:
    if not shared:
        return
    names = sorted(map(str, shared))
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    plural = "s" if len(names) > 1 else ""
    raise LeakageError(f"split: found {len(names)} {what}{plural} on both sides ({shown}), expected none")


def voxel_hash(image: "np.ndarray | SpatialImage | str | Path") -> str:
    """Return a hash of an image's shape and voxel values, whatever its header, type of number or file.

    Values are compared as 32-bit floats.
    """
    if isinstance(image, str | Path):
        import nibabel as nib

        image = nib.load(image)
    data = np.asanyarray(getattr(image, "dataobj", image))
    values = np.ascontiguousarray(data, dtype=np.float32)
    values = np.where(values == 0, np.float32(0), values)  # -0.0 and 0.0 are the same voxel
    return hashlib.sha256(repr(values.shape).encode() + values.tobytes()).hexdigest()
