"""A small repository with its own notebooks, runs and cache."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

SMALL_REPOSITORY = Path(__file__).resolve().parents[1] / "notebooks" / "data" / "repository"


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A copy of the small repository, which the package takes for its own."""
    root = tmp_path / "repository"
    shutil.copytree(SMALL_REPOSITORY, root)
    monkeypatch.setenv("NEOLAB_REPOSITORY", str(root))
    monkeypatch.setenv("NEOLAB_RUNS", str(root / "runs"))
    monkeypatch.setenv("NEOLAB_CACHE", str(tmp_path / "cache"))
    return root


@pytest.fixture
def runs(repository) -> Path:
    """Where the runs of the small repository go."""
    return repository / "runs"


class Hold:
    """Stops the runs of the slow notebook in the middle, each with a partly filled folder.

    Parameters
    ----------
    repository : Path
        The notebook notes its process in ``held`` after its first metric, and goes no further as long as
        the file ``hold`` is there.
    """

    def __init__(self, repository: Path):
        self._mark, self._notes = repository / "hold", repository / "held"
        self._notes.mkdir()
        self._mark.touch()

    def seeds_begun(self) -> list[int]:
        """The seed of every run that came so far, as often as it did."""
        return sorted(self._seed_of(note) for note in self._notes.iterdir())

    def waiting(self) -> dict[int, int]:
        """Process of each kernel that came so far and lives -> its seed."""
        notes = {
            int(note.name.partition("_process")[2]): self._seed_of(note) for note in self._notes.iterdir()
        }
        return {process: seed for process, seed in notes.items() if is_running(process)}

    def wait_for(self, n: int) -> None:
        """Return when ``n`` runs are in the middle of their work."""
        wait_until(lambda: len(self.waiting()) >= n, f"{n} runs in the middle of their work")

    def release(self) -> None:
        """Let every run go on."""
        self._mark.unlink()

    @staticmethod
    def _seed_of(note: Path) -> int:
        return int(note.name.partition("_process")[0].removeprefix("seed"))


def is_running(process: int) -> bool:
    """Whether the process lives; one that only waits to be collected by its parent does not."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Look again and again until the condition holds; ``what`` says in the failure what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.05)


@pytest.fixture
def hold(repository) -> Iterator[Hold]:
    """A hold on the runs of the small repository's slow notebook."""
    held = Hold(repository)
    yield held
    (repository / "hold").unlink(missing_ok=True)


@pytest.fixture(scope="session", name="wait_until")
def give_wait_until() -> Callable[..., None]:
    """The function ``wait_until(condition, what)``."""
    return wait_until
