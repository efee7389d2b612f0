"""Where the repository and its run folders are."""

import os
from pathlib import Path

import neolab


def repository_folder() -> Path:
    """Return the folder that holds ``notebooks/`` and ``data/``: $NEOLAB_REPOSITORY, or the package's own."""
    named = os.environ.get("NEOLAB_REPOSITORY")
    return Path(named) if named else Path(neolab.__file__).resolve().parents[1]


def runs_folder() -> Path:
    """Return the absolute folder of all runs: $NEOLAB_RUNS, else ``runs`` in the repository, else here."""
    named = os.environ.get("NEOLAB_RUNS")
    if named:
        return Path(named).absolute()
    root = repository_folder()
    return (root if (root / "notebooks").is_dir() else Path.cwd()) / "runs"
