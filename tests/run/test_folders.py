"""Run folders appear whole, and what killed processes leave is told from runs."""

import os
import time

import pytest

from neolab.parameters import check_parameters
from neolab.run import folders
from neolab.studies.wu2021.parameters import Wu2021Parameters


def name(**given) -> str:
    return folders.run_name(check_parameters(Wu2021Parameters, given))


def test_a_usual_run_is_named_by_profile_and_seed():
    assert name(profile="smoke", seed=2) == "smoke_seed2"
    assert name(profile="smoke", seed=2, epochs=1) == "smoke_seed2"


def test_any_other_parameter_gives_a_name_of_its_own():
    names = {name(), name(epochs=77), name(epochs=78), name(n_folds=7), name(data="a"), name(data="b")}
    assert len(names) == 6
    assert all(item.startswith("teach_seed0") for item in names)


def fill(folder, text) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(text)
    (folder / "run.json").write_text(text)


def test_a_complete_folder_takes_the_place_of_the_previous_one(tmp_path):
    final = tmp_path / "wu2021" / "smoke_seed0"
    fill(final, "old")
    partial = folders.open_partial(final)
    fill(partial, "new")
    folders.put_in_place(partial, final)
    assert [path.name for path in final.parent.iterdir()] == ["smoke_seed0"]
    assert (final / "results.json").read_text() == "new"
    assert not (final / folders.HEARTBEAT).exists()


def test_a_process_killed_between_the_two_renames_loses_no_run(tmp_path):
    fill(tmp_path / f"{folders.PREVIOUS}smoke_seed0", "old")
    folders.tidy(tmp_path)
    assert (tmp_path / "smoke_seed0" / "results.json").read_text() == "old"


def test_a_previous_run_that_was_replaced_is_removed(tmp_path):
    fill(tmp_path / f"{folders.PREVIOUS}smoke_seed0", "old")
    fill(tmp_path / "smoke_seed0", "new")
    folders.tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["smoke_seed0"]
    assert (tmp_path / "smoke_seed0" / "results.json").read_text() == "new"


def test_the_folder_of_a_living_process_is_left_alone(tmp_path):
    partial = folders.open_partial(tmp_path / "smoke_seed0")
    folders.tidy(tmp_path)
    assert partial.is_dir()


@pytest.mark.parametrize("mark", ["{host} 4194305", "elsewhere 1"])
def test_the_folder_of_a_dead_process_is_removed(tmp_path, mark):
    """4194305 is above Linux' largest process number; on another host only the heartbeat can be judged."""
    partial = folders.open_partial(tmp_path / "smoke_seed0")
    heartbeat = partial / folders.HEARTBEAT
    heartbeat.write_text(mark.format(host=heartbeat.read_text().split()[0]))
    if mark.startswith("elsewhere"):
        folders.tidy(tmp_path)
        assert partial.is_dir()
        old = time.time() - 2 * folders.STALE_SECONDS
        os.utime(heartbeat, (old, old))
    folders.tidy(tmp_path)
    assert not partial.exists()


def test_only_complete_runs_are_listed(tmp_path):
    for folder in ("wu2021/smoke_seed0", "wada2019/teach_seed1", "wu2021/failed_smoke_seed1",
                   "wu2021/interactive_smoke_seed0", "wu2021/.partial-smoke_seed2-abc"):  # fmt: skip
        fill(tmp_path / folder, "{}")
    (tmp_path / "wu2021" / "teach_seed0").mkdir()
    (tmp_path / "wu2021" / "teach_seed0" / "run.json").write_text("{}")
    listed = [folder.relative_to(tmp_path).as_posix() for folder in folders.list_runs(tmp_path)]
    assert listed == ["wada2019/teach_seed1", "wu2021/smoke_seed0"]
