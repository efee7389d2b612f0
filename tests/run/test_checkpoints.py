"""The fits of a run are kept until it is complete, each run's by itself."""

import os
import time

import pytest

from neolab.run.checkpoints import KEPT_DAYS, checkpoints

KEY = {"code": "a", "data": "simulated"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEOLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "checkpoints"


def test_what_an_interrupted_run_left_is_there_again_and_gone_after_a_complete_one():
    with pytest.raises(KeyboardInterrupt), checkpoints("wu2021", KEY) as folder:
        (folder / "fit.pt").write_bytes(b"half")
        raise KeyboardInterrupt
    with checkpoints("wu2021", KEY) as again:
        assert again == folder
        assert (again / "fit.pt").read_bytes() == b"half"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("study", "key"), [("wada2019", KEY), ("wu2021", KEY | {"code": "b"}), ("wu2021", KEY | {"data": "x"})]
)
def test_any_other_run_has_a_folder_of_its_own(study, key):
    with checkpoints("wu2021", KEY) as one, checkpoints(study, key) as other:
        assert one != other
        assert other.is_dir()


def test_two_runs_at_a_time_with_the_same_key_do_not_share(cache):
    with checkpoints("wu2021", KEY) as first:
        with checkpoints("wu2021", KEY) as second:
            assert second is None
        assert first.is_dir()


def test_folders_that_nobody_went_on_with_are_removed_after_a_month(cache):
    def age(path, days):
        path.mkdir(parents=True)
        (path / "fit.pt").write_bytes(b"half")
        moment = time.time() - days * 86400
        for each in (path / "fit.pt", path):
            os.utime(each, (moment, moment))

    age(cache / "wu2021_old", KEPT_DAYS + 1)
    age(cache / "wu2021_young", KEPT_DAYS - 1)
    with checkpoints("wada2019", KEY):
        assert not (cache / "wu2021_old").exists()
        assert (cache / "wu2021_young" / "fit.pt").is_file()
