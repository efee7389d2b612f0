"""Watching a run from outside: its sign of life, the memory it takes, and the parent it works for."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import psutil

_SAMPLE_SECONDS = 0.25
_SAMPLES_PER_BEAT = 20


class Watch:
    """Within ``with Watch(mark) as watch`` the mark of the run's folder is touched and memory is sampled.

    Parameters
    ----------
    mark : Path
        File to touch every five seconds.
    parent : int, optional
        Process for which the run is done. When it is gone this process ends at once: whoever takes the work
        over would otherwise compete with it.

    Attributes
    ----------
    peak_memory_bytes : int
        Largest resident memory of all child processes together (the kernel and what it started).
    """

    def __init__(self, mark: Path, parent: int | None = None):
        self.peak_memory_bytes = 0
        self._mark = mark
        self._parent = parent
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        count = 0
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.peak_memory_bytes = max(self.peak_memory_bytes, _children_memory())
            if self._parent is not None and os.getppid() != self._parent:
                _end_with_children()
            if count % _SAMPLES_PER_BEAT == 0:
                with suppress(OSError):
                    os.utime(self._mark)
            count += 1


def _children_memory() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def _end_with_children() -> None:
    """End this process and the kernel that it started, without any cleaning up."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            process.kill()
    os._exit(1)
