"""Run folders: their names, and which of them are complete runs."""

import hashlib
import json
import os
from pathlib import Path

from neolab.parameters import Parameters

FAILED = "failed_"
INTERACTIVE = "interactive_"


def run_name(params: Parameters) -> str:
    """Return ``<profile>_seed<seed>``, with a hash of every parameter that is not the profile's own value."""
    usual = type(params).model_validate({"profile": params.profile, "seed": params.seed}).model_dump()
    other = {name: value for name, value in params.model_dump().items() if value != usual[name]}
    name = f"{params.profile}_seed{params.seed}"
    if other:
        name += "_" + hashlib.sha256(json.dumps(other, sort_keys=True).encode()).hexdigest()[:8]
    return name


def list_runs(runs: Path) -> list[Path]:
    """Return the complete runs below ``runs``, by study and name.

    Raises nothing for a folder that does not exist: there are no runs in it.
    """
    return sorted(
        found.parent
        for found in Path(runs).glob("*/*/run.json")
        if not found.parent.name.startswith((".", FAILED, INTERACTIVE))
        and os.path.isfile(found.parent / "results.json")
    )
