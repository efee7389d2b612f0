"""Run folders: their names, and how one is filled under a temporary name and then put in place.

A folder that is being filled is called ``.partial-…``. When it is complete the previous run of that name
steps aside as ``.previous-…``, the new one is renamed, and the previous one is deleted. A process that is
killed at any of these moments leaves something that ``tidy`` can tell from a run.
"""

import hashlib
import json
import os
import shutil
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psutil

from neolab.parameters import Parameters

PARTIAL = ".partial-"
PREVIOUS = ".previous-"
FAILED = "failed_"
INTERACTIVE = "interactive_"
HEARTBEAT = "heartbeat"

# A heartbeat that is older belongs to a process that is gone; the file is touched every few seconds.
STALE_SECONDS = 120

# A kernel looks for its parent every second.
ORPHAN_SECONDS = 5


def run_name(params: Parameters) -> str:
    """Return ``<profile>_seed<seed>``, with a hash of every parameter that is not the profile's own value."""
    usual = type(params).model_validate({"profile": params.profile, "seed": params.seed}).model_dump()
    other = {name: value for name, value in params.model_dump().items() if value != usual[name]}
    name = f"{params.profile}_seed{params.seed}"
    if other:
        name += "_" + hashlib.sha256(json.dumps(other, sort_keys=True).encode()).hexdigest()[:8]
    return name


def open_partial(final: Path) -> Path:
    """Make and return an empty temporary folder beside ``final``, marked as this process's own."""
    final.parent.mkdir(parents=True, exist_ok=True)
    tidy(final.parent)
    partial = final.parent / f"{PARTIAL}{final.name}-{uuid.uuid4().hex[:8]}"
    partial.mkdir()
    (partial / HEARTBEAT).write_text(f"{socket.gethostname()} {os.getpid()}\n", encoding="utf-8")
    return partial


def put_in_place(partial: Path, final: Path) -> None:
    """Rename a complete folder to its final name, in place of what is there."""
    (partial / HEARTBEAT).unlink(missing_ok=True)
    previous = final.parent / f"{PREVIOUS}{final.name}"
    if final.exists():
        shutil.rmtree(previous, ignore_errors=True)
        final.rename(previous)
    partial.rename(final)
    shutil.rmtree(previous, ignore_errors=True)


def tidy(parent: Path) -> None:
    """Remove what killed processes left in ``parent``, and put back a run that was set aside for nothing."""
    for partial in parent.glob(f"{PARTIAL}*"):
        if not _is_alive(partial):
            _remove(partial)
    for previous in parent.glob(f"{PREVIOUS}*"):
        final = parent / previous.name.removeprefix(PREVIOUS)
        with suppress(OSError):  # another process may be tidying too
            shutil.rmtree(previous) if final.exists() else previous.rename(final)


def _remove(partial: Path) -> None:
    """Remove a dead run's folder, into which its kernel may write until it notices that it is alone."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    shutil.rmtree(partial, ignore_errors=True)
    while partial.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
        shutil.rmtree(partial, ignore_errors=True)


def _is_alive(partial: Path) -> bool:
    """Whether the process that made the folder still works on it."""
    mark = partial / HEARTBEAT
    try:
        host, pid = mark.read_text(encoding="utf-8").split()
        age = time.time() - mark.stat().st_mtime
    except (OSError, ValueError):  # being made, being put in place, or never marked
        with suppress(OSError):
            return time.time() - partial.stat().st_mtime < STALE_SECONDS
        return False
    if host == socket.gethostname() and not psutil.pid_exists(int(pid)):
        return False
    return age < STALE_SECONDS


def list_runs(runs: Path) -> list[Path]:
    """Return the complete runs below ``runs``, by study and name.

    Raises nothing for a folder that does not exist: there are no runs in it.
    """
    return sorted(
        found.parent
        for found in Path(runs).glob("*/*/run.json")
        if not found.parent.name.startswith((".", FAILED, INTERACTIVE))
        and (found.parent / "results.json").is_file()
    )
