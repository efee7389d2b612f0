"""Where computed things that can be made again are kept, and how they are put there whole or not at all."""

import errno
import hashlib
import os
import sys
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from neolab.errors import InputError, refusing

#: Names the folder in which the fits of a run are kept while it lasts; without it none are kept.
CHECKPOINTS_VARIABLE = "NEOLAB_CHECKPOINTS"


def cache_folder() -> Path:
    """The folder for things that neolab can make again; ``NEOLAB_CACHE`` moves it.

    Returns
    -------
    pathlib.Path
        Exists after the call.

    Raises
    ------
    InputError
        If it cannot be made or written to.
    """
    try:
        chosen = os.environ.get("NEOLAB_CACHE")
        folder = Path(chosen).expanduser() if chosen else _user_cache_folder() / "neolab"
    except RuntimeError:  # no HOME, and the system does not know the user either
        raise InputError("NEOLAB_CACHE: found no home folder, expected the path of a cache folder") from None
    with refusing("NEOLAB_CACHE"):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "permission denied", str(folder))
    return folder


def _user_cache_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def files_hash(paths: Iterable[Path]) -> str:
    """Sixteen hexadecimal digits over the content of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def write_whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a temporary file beside ``path`` and rename it, so that no half file is ever seen.

    Missing folders are made. Several processes may write the same path: each has a temporary name of its own.

    Parameters
    ----------
    path : pathlib.Path
    write : callable
        Receives the temporary path, which has the suffix of ``path``.

    Returns
    -------
    pathlib.Path
        ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for each writer, and permissions as the user's umask has them.
    temporary = path.with_name(f".writing-{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that a reader sees either the whole file or none."""
    write_whole(path, lambda temporary: temporary.write_bytes(content))


def keep_newest(folder: Path, pattern: str, count: int = 3) -> None:
    """Delete all but the newest files that match: versions that older code or data left behind.

    Parameters
    ----------
    folder : pathlib.Path
    pattern : str
        For ``Path.glob``.
    count : int
    """
    files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[count:]:
        path.unlink(missing_ok=True)
