"""Folders appear whole, only what we wrote is ever removed, and nothing that a process still works on."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from neolab import owned
from neolab.errors import InputError

IN_A_PROCESS = """
import sys, time
from pathlib import Path
from neolab import owned
partial = owned.open_partial(Path(sys.argv[1]))
(partial / "results.json").write_text("new")
print(partial, flush=True)
time.sleep(100)
"""


def make(final, text="old", names=("results.json", "figures/one.png")):
    """Make a complete folder and return it."""
    partial = owned.open_partial(final)
    for name in names:
        (partial / name).parent.mkdir(exist_ok=True)
        (partial / name).write_text(text)
    owned.put_in_place(partial, final)
    return final


def contents(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != owned.MARK
    }


def change_mark(folder, **values) -> None:
    path = folder / owned.MARK
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_complete_folder_takes_the_place_of_the_previous_one(tmp_path):
    final = make(tmp_path / "run", "old")
    make(final, "new", ["results.json"])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert contents(final) == {"results.json": b"new"}


@pytest.mark.parametrize(
    "added", ["thesis.txt", "figures/mine.png", "notes/a/b.txt", ".hidden", "empty/", "link@"]
)
def test_a_folder_with_anything_that_we_did_not_write_is_refused_and_stays(tmp_path, added):
    final = make(tmp_path / "run", "old")
    place = final / added.rstrip("/@")
    if added.endswith("/"):
        place.mkdir()
    elif added.endswith("@"):
        place.symlink_to(tmp_path)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("precious")
    before = contents(final)
    partial = owned.open_partial(final)
    with pytest.raises(InputError, match=place.name.partition("/")[0]):
        owned.put_in_place(partial, final)
    assert contents(final) == before
    assert os.path.lexists(place)


@pytest.mark.parametrize("forged", ["{}", "[]", '{"files": ["thesis.txt"]}', "[" * 5000, "\x00"])
def test_a_mark_that_we_did_not_write_makes_no_folder_ours(tmp_path, forged):
    final = tmp_path / "run"
    final.mkdir()
    (final / owned.MARK).write_text(forged)
    (final / "run.json").write_text("{}")
    (final / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="which is not a run"):
        owned.refuse_foreign(final)


def test_a_link_and_a_file_are_no_run_folders(tmp_path):
    final = make(tmp_path / "run")
    (tmp_path / "link").symlink_to(final)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("link", "file", "loop"):
        with pytest.raises(InputError, match="which is not a run"):
            owned.refuse_foreign(tmp_path / name)


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "run").mkdir()
    assert contents(make(tmp_path / "run", "new", ["a"])) == {"a": b"new"}


def test_a_process_killed_between_the_two_renames_loses_no_run(tmp_path):
    final = make(tmp_path / "run", "old")
    owned._set_aside(final)
    owned.tidy(tmp_path)
    assert contents(final)["results.json"] == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_previous_run_that_was_replaced_is_removed_but_for_what_was_added(tmp_path):
    make(tmp_path / "run", "old")
    make(tmp_path / "other", "new")
    previous = owned._set_aside(tmp_path / "run")
    (tmp_path / "other").rename(tmp_path / "run")
    (previous / "thesis.txt").write_text("precious")
    owned.tidy(tmp_path)
    assert contents(tmp_path / "run")["results.json"] == b"new"
    assert contents(previous) == {"thesis.txt": b"precious"}


@pytest.mark.parametrize("name", [".partial-mine", ".previous-run", ".partial-run-0123456789ab"])
def test_what_others_called_so_is_not_tidied(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("precious")
    make(tmp_path / "run")
    assert (tmp_path / name / "thesis.txt").read_text() == "precious"


def test_a_copy_of_a_partial_folder_is_not_tidied(tmp_path):
    partial = owned.open_partial(tmp_path / "run")
    change_mark(partial, pid=4194305)
    partial.rename(tmp_path / ".partial-mine")
    owned.tidy(tmp_path)
    assert (tmp_path / ".partial-mine").is_dir()


def test_the_folder_of_a_living_process_is_left_alone(tmp_path):
    partial = owned.open_partial(tmp_path / "run")
    os.utime(partial / owned.MARK, (0, 0))
    owned.tidy(tmp_path)
    assert partial.is_dir()


def test_the_folder_of_a_process_that_is_gone_is_removed(tmp_path):
    """4194305 is above Linux' largest process number."""
    partial = owned.open_partial(tmp_path / "run")
    change_mark(partial, pid=4194305)
    owned.tidy(tmp_path)
    assert not partial.exists()


def test_a_process_number_that_was_given_again_is_another_process(tmp_path):
    partial = owned.open_partial(tmp_path / "run")
    change_mark(partial, started=psutil.Process().create_time() - 60)
    owned.tidy(tmp_path)
    assert not partial.exists()


def test_of_another_host_only_what_was_silent_for_a_week_is_removed(tmp_path):
    partial = owned.open_partial(tmp_path / "run")
    change_mark(partial, host="elsewhere", pid=4194305)
    owned.tidy(tmp_path)
    assert partial.is_dir()
    old = time.time() - 2 * owned.LOST_SECONDS
    os.utime(partial / owned.MARK, (old, old))
    owned.tidy(tmp_path)
    assert not partial.exists()


@pytest.fixture
def started(tmp_path):
    """A process that fills a folder, and that folder."""
    command = [sys.executable, "-c", IN_A_PROCESS, str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    partial = tmp_path / process.stdout.readline().strip().rpartition("/")[2]
    yield process, partial
    process.kill()
    process.wait()


def test_a_suspended_process_keeps_its_folder_however_long_it_sleeps(tmp_path, started):
    process, partial = started
    process.send_signal(signal.SIGSTOP)
    os.utime(partial / owned.MARK, (0, 0))
    make(tmp_path / "run")
    assert (partial / "results.json").read_text() == "new"
    process.send_signal(signal.SIGCONT)
    assert process.poll() is None
    owned.tidy(tmp_path)
    assert partial.is_dir()


def test_a_killed_process_loses_its_folder_even_before_its_parent_has_noticed(tmp_path, started):
    process, partial = started
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    owned.tidy(tmp_path)
    assert not partial.exists()


def _make_often(final, text, times) -> None:
    for _ in range(times):
        make(final, text)


def test_of_many_that_come_at_once_the_last_one_wins_and_none_fails(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_make_often, args=(tmp_path / "run", text, 25)) for text in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    owned.tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    found = contents(tmp_path / "run")
    assert len(set(found.values())) == 1
    assert set(found) == {"results.json", "figures/one.png"}


def test_names_of_every_length_and_script_are_taken(tmp_path):
    for name in ("ä" * 100, "x" * 250, "a b", "[1]"):
        assert contents(make(tmp_path / name, "new", ["a"])) == {"a": b"new"}
