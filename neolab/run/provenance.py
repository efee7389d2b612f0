"""Where a run came from: the commit, the machine, the versions."""

import platform
import subprocess
from pathlib import Path
from typing import Any

from neolab.machine import available_cores
from neolab.run.cache import versions
from neolab.run.kernel import processor_name
from neolab.run.paths import repository_folder


def environment_record() -> dict[str, Any]:
    """Return commit, versions and machine, as ``run.json`` stores them."""
    return {
        "git": git_state(repository_folder()),
        "versions": versions(),
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": processor_name(),
            "cores": available_cores(),
        },
    }


def git_state(folder: Path) -> dict[str, Any]:
    """Return the commit and whether the code differs from it; nulls where there is no repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--", "neolab", "notebooks", "data")
    return {"commit": commit, "changed": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
