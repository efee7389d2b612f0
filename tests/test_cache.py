import os

import pytest

from neolab import cache


def test_the_environment_moves_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEOLAB_CACHE", str(tmp_path / "elsewhere"))
    assert cache.cache_folder() == tmp_path / "elsewhere"
    assert cache.cache_folder().is_dir()


def test_the_hash_follows_the_content_and_not_the_name(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"cortex")
    second.write_bytes(b"cortex")
    assert cache.files_hash([first]) == cache.files_hash([second])
    second.write_bytes(b"Cortex")
    assert cache.files_hash([first]) != cache.files_hash([second])


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "fields.npz"
    target.write_text("old")

    def half(path):
        path.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.write_whole(target, half)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_succeeds_is_there_whole(tmp_path):
    target = cache.write_whole(tmp_path / "fields.npz", lambda path: path.write_text("new"))
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_only_the_newest_versions_are_kept(tmp_path):
    for age, name in enumerate(("new", "older", "oldest")):
        (tmp_path / f"base_{name}.npz").write_text(name)
        os.utime(tmp_path / f"base_{name}.npz", (1e9 - age, 1e9 - age))
    (tmp_path / "other.npz").write_text("kept")
    cache.keep_newest(tmp_path, "base_*.npz", count=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base_new.npz", "base_older.npz", "other.npz"]
