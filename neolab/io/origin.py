"""Whether a folder's own files say that its images were simulated, whatever its ``neolab.yaml`` claims.

The result class decides what may be concluded from a run, so one edited word must not turn a simulated cohort
into scans of people. Three marks are looked for; any one of them is enough.
"""

import os
from pathlib import Path

import pandas as pd

from neolab.documents import read_json
from neolab.errors import InputError
from neolab.io.result_class import ResultClass

DESCRIPTION = "dataset_description.json"
LATENTS = "derivatives/ground_truth/sourcedata/latents.tsv"
#: Identifiers of simulated participants begin with this.
SIMULATED_PREFIX = "SYN"


def check_origin(root: Path, table: pd.DataFrame, result_class: ResultClass) -> None:
    """Refuse a folder that calls itself real and carries a mark of the simulator.

    Parameters
    ----------
    root : Path
    table : DataFrame
        With ``participant_id``.
    result_class : ResultClass
        As the folder's mapping says.

    Raises
    ------
    InputError
        Naming the mark.
    """
    if result_class is not ResultClass.REAL:
        return
    mark = _mark(root, table)
    if mark:
        raise InputError(
            f"{root}: result_class: found real, but {mark}, expected synthetic for simulated images"
        )


def likely_class(root: Path, table: pd.DataFrame) -> ResultClass:
    """What a folder's own files say that it is; real where nothing speaks against it."""
    stated = described(root).get("Neolab")
    declared = stated.get("ResultClass") if isinstance(stated, dict) else None
    if declared in list(ResultClass):
        return ResultClass(declared)
    return ResultClass.SYNTHETIC if _mark(root, table) else ResultClass.REAL


def _mark(root: Path, table: pd.DataFrame) -> str:
    stated = described(root).get("Neolab")
    declared = stated.get("ResultClass") if isinstance(stated, dict) else None
    if declared and declared != ResultClass.REAL:
        return f"{DESCRIPTION} says {declared}"
    if (root / LATENTS).is_file():
        return f"it holds the latents of a simulation ({LATENTS})"
    simulated = [one for one in table["participant_id"] if str(one).startswith(SIMULATED_PREFIX)]
    if simulated:
        return f"participant {simulated[0]} has the identifier of a simulation"
    return ""


def described(root: Path) -> dict:
    """Return ``dataset_description.json``, {} where there is none.

    Raises
    ------
    InputError
        If it is there and cannot be read as JSON.
    """
    path = root / DESCRIPTION
    return read_json(path) if os.path.lexists(path) else {}
