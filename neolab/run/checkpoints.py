"""Where the fits of a run are kept until it is complete, so that an interrupted run goes on."""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from neolab.cache import cache_folder
from neolab.run.cache import short_hash

KEPT_DAYS = 30


@contextmanager
def checkpoints(study: str, key: Mapping[str, str]) -> Iterator[Path | None]:
    """Lend a run the folder of its checkpoints; it is removed when the block ends without an exception.

    What an interrupted run with the same key left is in it. Folders that nobody went on with are removed
    after a month.

    Parameters
    ----------
    study : str
    key : mapping of str to str
        Everything that the run depends on; see `neolab.run.cache.run_key`.

    Yields
    ------
    Path or None
        None where another process has the folder: two runs do not share their checkpoints.
    """
    from filelock import FileLock, Timeout

    parent = cache_folder() / "checkpoints"
    parent.mkdir(exist_ok=True)
    _tidy(parent)
    folder = parent / f"{study}_{short_hash(dict(key))}"
    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield None
        return
    try:
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def _tidy(parent: Path) -> None:
    oldest = time.time() - KEPT_DAYS * 86400
    for path in parent.iterdir():
        if _touched(path) < oldest:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _touched(path: Path) -> float:
    """When something in the folder was last written; now, for what another process is removing."""
    try:
        return max(found.stat().st_mtime for found in (path, *path.rglob("*")))
    except OSError:
        return time.time()
