"""Folders that appear whole, and whose they are.

A folder that is being filled is called ``.partial-…``; an earlier one that steps aside for it is called
``.previous-…``. Each holds a mark that says who wrote it: host, process, when that process began, and a
token; that of a complete folder also lists its files. Nothing without a mark is ever touched, nothing that a
process still works on (a suspended one too), and no file that a complete folder does not list.
"""

import errno
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from neolab.errors import InputError

try:
    import fcntl
except ImportError:  # Windows, where two runs of one study at once are not kept apart
    fcntl = None

MARK = ".neolab.json"
PARTIAL = ".partial-"
PREVIOUS = ".previous-"

# Of a process on another host nothing is known but when it last touched its mark.
LOST_SECONDS = 7 * 86400
# Only renaming and deleting happens under the lock.
LOCK_SECONDS = 60
# A kernel looks for its parent every second.
ORPHAN_SECONDS = 5

# psutil gives the start of a process from the time of boot, which a clock that is set may move a little.
_START_SECONDS = 2.0
_KEPT_OF_A_NAME = 60
_OF_A_MARK = {"host": str, "pid": int, "started": float, "token": str, "final": str}


def open_partial(final: Path) -> Path:
    """Make and return an empty temporary folder beside ``final``, marked as this process's own."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        final.lstat()  # a name that is too long is refused now, not when all is done
    tidy(final.parent)
    mark = _own_mark(final)
    partial = final.parent / f"{PARTIAL}{final.name[:_KEPT_OF_A_NAME]}-{mark['token']}"
    partial.mkdir()
    _write_mark(partial, mark)
    return partial


def put_in_place(partial: Path, final: Path) -> None:
    """Give a complete folder its final name, in place of an earlier one of ours; the last to come wins.

    Raises
    ------
    InputError
        If there is something that we did not write; it stays as it is, and so does ``partial``.
    """
    with _alone_in(final.parent):
        refuse_foreign(final)
        mark = _read_mark(partial) or _own_mark(final)
        _write_mark(partial, {**mark, "final": final.name, "files": _names(partial)})
        previous = _set_aside(final) if final.exists() else None
        partial.rename(final)
        if previous is not None:
            _remove_listed(previous)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder in which there is anything that we did not write; an empty one is fine.

    Raises
    ------
    InputError
        Naming what was found.
    """
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"out: found {folder}, which is not a run but a file or link, expected a folder")
    foreign = sorted(set(_names(folder)) - _listed(folder))
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise InputError(
            f"out: found {folder}, which is not a run, or not only: {foreign[0][:80]}{more} was not written "
            "by neolab; expected a new folder or an earlier run"
        )


def tidy(parent: Path) -> None:
    """Remove what killed processes left in ``parent``, and put back what was set aside for nothing."""
    for folder in (path.parent for path in parent.glob(f".p*/{MARK}")):
        mark = _read_mark(folder)
        if mark is not None and not folder.is_symlink() and folder.name.endswith(f"-{mark['token']}"):
            with suppress(OSError), _alone_in(parent):
                _tidy_one(folder, mark)


def _tidy_one(folder: Path, mark: dict[str, Any]) -> None:
    if folder.name.startswith(PARTIAL):
        if not _is_alive(mark, folder / MARK) and os.access(folder, os.W_OK):
            _remove(folder)
    elif folder.name.startswith(PREVIOUS) and os.path.lexists(folder.parent / mark["final"]):
        _remove_listed(folder)
    elif folder.name.startswith(PREVIOUS):
        folder.rename(folder.parent / mark["final"])


@contextmanager
def _alone_in(parent: Path) -> Iterator[None]:
    """One process at a time gives folders in ``parent`` other names; the lock leaves no file behind."""
    if fcntl is None:
        yield
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _locked(handle):
            if time.monotonic() > deadline:
                raise InputError(f"{parent}: found it locked by another process, expected that to end")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EINTR)  # some network folders know no locks
    return True


def _own_mark(final: Path) -> dict[str, Any]:
    process = psutil.Process()
    return {
        "host": socket.gethostname(),
        "pid": process.pid,
        "started": process.create_time(),
        "token": uuid.uuid4().hex[:12],
        "final": final.name,
    }


def _write_mark(folder: Path, mark: dict[str, Any]) -> None:
    # Everything whose name begins as the mark's does is the mark's, also what a killed process left of it.
    half = folder / f"{MARK}.{mark['token']}"
    half.write_text(json.dumps(mark), encoding="utf-8")
    half.replace(folder / MARK)


def _read_mark(folder: Path) -> dict[str, Any] | None:
    """The mark of a folder; None where there is none that we could have written."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(mark, dict):
        return None
    right = all(isinstance(mark.get(key), kind) for key, kind in _OF_A_MARK.items())
    return mark if right and Path(mark["final"]).name == mark["final"] else None


def _is_alive(mark: dict[str, Any], path: Path) -> bool:
    """Whether the process that made the mark may still be there."""
    if mark["host"] != socket.gethostname():
        with suppress(OSError):
            return time.time() - path.stat().st_mtime < LOST_SECONDS
        return True
    try:
        process = psutil.Process(mark["pid"])
        same = abs(process.create_time() - mark["started"]) < _START_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _names(folder: Path) -> list[str]:
    """Everything in a folder but the mark: files, links and empty folders, relative and sorted."""
    names = []
    for place, folders, files in os.walk(folder, onerror=_raise):
        here = Path(place)
        names += [here / name for name in files if not (here == folder and name.startswith(MARK))]
        links = [here / name for name in folders if (here / name).is_symlink()]
        names += links or ([here] if here != folder and not folders and not files else [])
    return sorted(path.relative_to(folder).as_posix() for path in names)


def _raise(error: OSError) -> None:
    raise error


def _listed(folder: Path) -> set[str]:
    files = (_read_mark(folder) or {}).get("files")
    return {name for name in files if isinstance(name, str)} if isinstance(files, list) else set()


def _set_aside(final: Path) -> Path | None:
    """Give an earlier folder of ours another name and return it; an empty folder just goes."""
    mark = _read_mark(final)
    if mark is None:
        final.rmdir()
        return None
    previous = final.parent / f"{PREVIOUS}{final.name[:_KEPT_OF_A_NAME]}-{mark['token']}"
    final.rename(previous)
    return previous


def _remove_listed(folder: Path) -> None:
    """Remove the files that a complete folder lists, and the folders that are then empty."""
    listed = _listed(folder)
    for place, _, files in os.walk(folder, topdown=False):
        for path in (Path(place) / name for name in files):
            if path.relative_to(folder).as_posix() in listed or path.name.startswith(MARK):
                path.unlink(missing_ok=True)
        with suppress(OSError):  # something that we did not write came meanwhile
            os.rmdir(place)


def _remove(partial: Path) -> None:
    """Remove a dead process's folder, into which its kernel may write until it notices that it is alone."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while partial.exists() and time.monotonic() < deadline:
        # The mark goes last: whoever is stopped in the middle leaves something that the next one knows.
        for path in partial.iterdir():
            if path.name != MARK:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        time.sleep(0.1 * partial.exists())
