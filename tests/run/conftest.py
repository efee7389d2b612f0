"""A small repository with its own notebooks, runs and cache."""

import shutil
from pathlib import Path

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
