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
    images: "Sequence[np.ndarray | SpatialImage | str | Path] | None" = None,
) -> None:
    """Refuse a split whose sides share a participant, a session or an image.

    Parameters
    ----------
    table : DataFrame
        With ``participant_id`` and, where there is one, ``session_id``.
    train, test : iterable of int
        Positions of rows.
    images : sequence, optional
        One per row of the table: an array, a nibabel image, or a path. Two are identical when shape and voxel
        values are, whatever their participant, file name and header.

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
    if images is not None:
        if len(images) != len(table):
            raise InputError(f"images: found {len(images)}, expected one per row of the table, {len(table)}")
        _check_images(table, train, test, images)


def _check_images(table: pd.DataFrame, train: list[int], test: list[int], images: Sequence) -> None:
    seen = {voxel_hash(images[i]): i for i in train}
    twins = [(seen[digest], i) for i in test if (digest := voxel_hash(images[i])) in seen]
    if twins:
        names = {f"row {i} is row {j} ({table['participant_id'].iloc[j]})" for j, i in twins}
        _refuse("image", names)


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
