"""Where computed things that can be made again are kept, and how they are put there whole or not at all."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

#: Names the folder in which the fits of a run are kept while it lasts; without it none are kept.
CHECKPOINTS_VARIABLE = "NEOLAB_CHECKPOINTS"


def cache_folder() -> Path:
    """The folder for things that neolab can make again; ``NEOLAB_CACHE`` moves it.

    Returns
    -------
    pathlib.Path
        Exists after the call.
    """
    chosen = os.environ.get("NEOLAB_CACHE")
    folder = Path(chosen).expanduser() if chosen else _user_cache_folder() / "neolab"
    folder.mkdir(parents=True, exist_ok=True)
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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        # Temporary files are private; what lies in a cache may be read by everyone.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


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
