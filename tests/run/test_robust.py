"""Bad input of every kind ends in one sentence: InputError in the package, exit 2 on the command line."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from neolab.documents import read_json, read_yaml
from neolab.errors import InputError, os_sentence, quoted
from neolab.io.checks import CohortError
from neolab.io.describe import read_lookup
from neolab.io.mapping import parse_mapping
from neolab.io.tables import read_table
from neolab.parameters import check_parameters
from neolab.run import cli
from neolab.run.options import parse_assignments, parse_grid, parse_seeds
from neolab.run.overview import Overview
from neolab.run.records import read_run
from neolab.run.registry import parameters_of
from neolab.run.replicate import make_jobs

LONGEST_SENTENCE = 2000
STUDIES = ("wu2021", "raad2023", "wada2019", "sundaresan2023", "gloresnet2026")

NO_NUMBERS = [float("nan"), float("inf"), -float("inf"), "many", True, [1], {}]
PARAMETERS = [
    *((study, {"epochs": value}) for study in STUDIES for value in (*NO_NUMBERS, 0, -1, 10**9, 10**30, 1.5)),
    *((study, {"learning_rate": value}) for study in STUDIES for value in (*NO_NUMBERS, 0, -1.0)),
    *((study, {"n_subjects": value}) for study in STUDIES for value in (0, 10**7, 10**40, "x" * 10**5)),
    *((study, {"seed": value}) for study in STUDIES for value in (-1, 2**31, 10**30, 0.5)),
    *((study, {"profile": value}) for study in STUDIES for value in ("large", "x" * 10**5, 3, "\0")),
    *((study, {name: 1}) for study in STUDIES for name in ("epohcs", "x" * 10**4, "__class__", "ä")),
    ("wu2021", {"side": 100_000}),
    ("wada2019", {"image_size": 16_000}),
    ("gloresnet2026", {"image_size": 100_000}),
    ("raad2023", {"template_path": "no/such/file.nii.gz"}),
    ("raad2023", {"template_path": "\udcff.nii"}),
    ("raad2023", {"template_path": "x" * 10**4}),
    ("gloresnet2026", {"weights": "no/such/file.pt"}),
    ("wu2021", {f"name{number}": 1 for number in range(1000)}),
]  # fmt: skip


@pytest.mark.parametrize(("study", "given"), PARAMETERS, ids=range(len(PARAMETERS)))
def test_a_bad_parameter_is_refused_in_one_short_sentence(study, given):
    with pytest.raises(InputError) as caught:
        check_parameters(parameters_of(study), given)
    assert len(str(caught.value)) < LONGEST_SENTENCE
    assert "\n" not in str(caught.value)
    assert next(iter(given))[:40] in str(caught.value)


OPTIONS = [
    (parse_assignments, ["epochs"]),
    (parse_assignments, ["=3"]),
    (parse_assignments, ["a b=3"]),
    (parse_assignments, ["seed=3"]),
    (parse_assignments, ["data=x"]),
    (parse_assignments, ["epochs=3", "epochs=3"]),
    (parse_assignments, ["x" * 10**6]),
    (parse_grid, ["epochs=3,4", "epochs=5"]),
    (parse_grid, ["profile=smoke,teach"]),
    *(
        (parse_seeds, text)
        for text in ("", ",", "x", "-1", "1.5", "²", "١", "1" * 5000, "1,,2", "0 1", "nan")
    ),
]


@pytest.mark.parametrize(("parse", "words"), OPTIONS, ids=range(len(OPTIONS)))
def test_bad_words_are_refused_in_one_short_sentence(parse, words):
    with pytest.raises(InputError, match="^option -") as caught:
        parse(words)
    assert len(str(caught.value)) < 300


def test_a_grid_of_too_many_runs_is_refused_before_it_is_unfolded(tmp_path):
    grid = {f"p{number}": list(range(100)) for number in range(10)}
    with pytest.raises(InputError, match="found 1000+ runs"):
        make_jobs(["wu2021"], [0], "smoke", grid, tmp_path, 1)


IMAGES = {"T1w": {"suffix": "T1w"}}
MAPPINGS = [
    {"images": {"T1w": {"suffix": "T1w", "folder": "../x"}}},
    {"images": {"T1w": {"suffix": "T1w", "folder": "/etc"}}},
    {"images": {"T1w": {"suffix": "T1w", "folder": "a/../../b"}}},
    {"images": {"T1w": {"suffix": "T1w", "folder": "a\0b"}}},
    {"images": {"T1w": {"suffix": {"a": 1}}}},
    {"images": {"T1w": {"suffix": "T1w", "acq": ["a"]}}},
    {"images": {"T1w": {"suffix": "T1w", "required": "yes"}}},
    {"images": {"T1w": {"path": "{participant_id:>999999999}.nii"}}},
    {"images": {"T1w": {"path": "{participant_id!r}.nii"}}},
    {"images": {"T1w": {"path": "{participant_id.__class__}.nii"}}},
    {"images": {"T1w": {"path": "{0}.nii"}}},
    {"images": {"T1w": {"path": "**{participant_id}.nii"}}},
    {"images": {"T1w": {"path": "/{participant_id}.nii"}}},
    {"images": {"T1w": {"path": ["{participant_id}.nii"]}}},
    {"images": {"participant_id": {"suffix": "T1w"}}},
    {"images": {"label": {"suffix": "T1w"}}},
    {"images": {"T1w": 3}},
    {"images": [1]},
    {"images": IMAGES, "maps": IMAGES},
    {"images": IMAGES, "masks": {"lesion": {"suffix": "mask"}, "lesion_mask": {"suffix": "mask"}}},
    {"images": IMAGES, "columns": {"T1w": "x"}},
    {"images": IMAGES, "columns": {"session_id": "x"}},
    {"images": IMAGES, "columns": {"age": ["x"]}},
    {"images": IMAGES, "columns": {"age": True}},
    {"images": IMAGES, "labels": {"dseg": {"suffix": "dseg", "lookup": {"a": 2**40}}}},
    {"images": IMAGES, "labels": {"dseg": {"suffix": "dseg", "lookup": {"a": True}}}},
    {"images": IMAGES, "labels": {"dseg": {"suffix": "dseg", "lookup": "../../etc/passwd"}}},
    {"images": IMAGES, "labels": {"dseg": {"suffix": "dseg", "lookup": 5}}},
    {"images": IMAGES, "points": {"p": {"path": "{participant_id}.csv", "columns": "xyz"}}},
    {"images": IMAGES, "points": {"p": {"path": "{participant_id}.csv", "columns": ["x", "y"]}}},
    {"images": IMAGES, "points": {"p": {"path": "{participant_id}.csv", "space": "inch"}}},
    {"images": IMAGES, "study": "x" * 10**5},
    {"images": IMAGES, "result_class": ["real"]},
    {"images": IMAGES, "skip_missing_scans": 1},
    {"images": IMAGES, "x" * 10**5: 1},
    {},
    [],
    None,
    "text",
]


@pytest.mark.parametrize("content", MAPPINGS, ids=range(len(MAPPINGS)))
def test_a_bad_mapping_is_refused_in_one_short_sentence(tmp_path, content):
    if isinstance(content, dict):
        content = {"result_class": "real"} | content
    with pytest.raises(InputError) as caught:
        parse_mapping(content, tmp_path, "neolab.yaml")
    assert len(str(caught.value)) < LONGEST_SENTENCE
    assert str(caught.value).startswith("neolab.yaml")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
DOCUMENTS = [
    *(
        (read_yaml, text)
        for text in (
            "",
            "- 1",
            "text",
            "a: [",
            "a: 1\na: 2",
            "a: &x [*x]",
            LAUGHS,
            "[" * 10**5,
            "a: !!python/object:os.system x",
            "a: 2020-99-99",
            f"a: {'9' * 5000}",
            "? [a]\n: 1\n? {b: 1}\n: 2",
            "\t",
            "%",
            "a: \x07",
            "{a: " * 60,
            "<<: 1",
        )
    ),
    *(
        (read_json, text)
        for text in (
            "",
            "{",
            "[]",
            "3",
            "null",
            "{}{}",
            '{"a": ' * 10**5,
            f'{{"a": {"9" * 5000}}}',
            "\0",
            "<html>",
        )
    ),
    *(
        (read_table, text)
        for text in (
            "participant_id\ta\ta\n",
            "participant_id;a\n1;2\n",
            "participant_id,a\n1,2\n",
            "\t".join(map(str, range(20000))),
            "participant_id\ta\n1\t1,5\n",
            'participant_id\ta\n"1\t2\n',
            "participant_id\ta\n1\t2\t3\t4\n",
        )
    ),
    *(
        (read_lookup, text)
        for text in (
            "",
            "index\n1\n",
            "name\na\n",
            "index\tname\nx\ta\n",
            "index\tname\n1.5\ta\n",
            "index\tname\n1e400\ta\n",
            "index\tname\n\ta\n",
            "index\tname\n99999999999\ta\n",
        )
    ),
]


@pytest.mark.parametrize(("read", "text"), DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_bad_document_is_refused_in_one_short_sentence_that_names_it(tmp_path, read, text):
    path = tmp_path / "document.tsv"
    path.write_bytes(text.encode())
    with pytest.raises(InputError, match=r"document\.tsv") as caught:
        read(path)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("read", [read_json, read_yaml, read_table, read_lookup])
@pytest.mark.parametrize("kind", ["absent", "folder", "loop", "long", "latin", "utf16", "below a file"])
def test_a_place_that_cannot_be_read_is_named(tmp_path, read, kind):
    path = tmp_path / "place.tsv"
    if kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "long":
        path = tmp_path / ("place.tsv" * 100)
    elif kind == "latin":
        path.write_bytes("a: größe".encode("latin-1"))
    elif kind == "utf16":
        path.write_bytes("a: größe".encode("utf-16"))
    elif kind == "below a file":
        path.write_text("a: 1")
        path = path / "place.tsv"
    with pytest.raises(InputError, match=r"place\.tsv"):
        read(path)


def test_a_list_of_problems_is_cut_after_twenty():
    error = CohortError("folder", [f"problem {number} {'x' * 10**5}" for number in range(10**4)])
    assert str(error).count("\n- ") == 21
    assert str(error).endswith("- and 9980 more")
    assert len(str(error)) < 12_000
    assert len(error.problems) == 10**4


def test_what_was_given_is_quoted_in_at_most_eighty_characters():
    assert quoted("short") == "'short'"
    assert len(quoted("x" * 10**7)) < 100
    assert len(os_sentence(OSError(36, "File name too long", "x" * 10**5))) < 500


@pytest.fixture
def run_folder(tmp_path):
    """A run folder that can be read."""
    from PIL import Image

    folder = tmp_path / "runs" / "wu2021" / "smoke_seed0"
    (folder / "figures").mkdir(parents=True)
    Image.new("RGB", (40, 30), "white").save(folder / "figures" / "roc.png")
    results = {
        "study": "wu2021", "result_class": "synthetic", "profile": "smoke", "seed": 0,
        "metrics": {"a.b": {"value": 0.7, "unit": "1"}}, "tables": {}, "limitations": [],
        "figures": {"roc": {"caption": "", "paper": "", "metrics": []}},
    }  # fmt: skip
    record = {
        "study": "wu2021", "profile": "smoke", "seed": 0, "given": {}, "result_class": "synthetic",
        "data_hash": "simulated", "device": "cpu", "seconds": 1.5, "threads": 1, "peak_memory_bytes": 1,
        "started": "", "git": {"commit": None, "changed": None}, "versions": {}, "machine": {},
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "run.json").write_text(json.dumps(record))
    return folder


FAULTS = [
    ("results.json", lambda text: text[:-20]),
    ("results.json", lambda text: text.replace("0.7", '"high"')),
    ("results.json", lambda text: text.replace("0.7", "NaN")),
    ("results.json", lambda text: text.replace('"roc"', '"../../../secret"')),
    ("results.json", lambda text: text.replace('"roc"', '"absent"')),
    ("results.json", lambda text: text.replace('"smoke"', '"large"')),
    ("results.json", lambda text: text.replace('"synthetic"', '"invented"')),
    ("results.json", lambda text: "[]"),
    ("results.json", lambda text: "[" * 10**5),
    ("run.json", lambda text: ""),
    ("run.json", lambda text: text.replace('"given"', '"taken"')),
    ("run.json", lambda text: text.replace('"commit": null', '"commit": 3')),
    ("run.json", lambda text: text.replace("1.5", '"long"')),
    ("figures/roc.png", lambda text: text[:50]),
    ("figures/roc.png", lambda text: ""),
    ("figures/roc.png", lambda text: "<svg/>"),
]


@pytest.mark.parametrize(("name", "change"), FAULTS, ids=range(len(FAULTS)))
def test_a_run_folder_that_cannot_be_read_is_listed_and_the_others_are_shown(run_folder, name, change):
    good = run_folder.with_name("smoke_seed1")
    subprocess.run(["cp", "-r", run_folder, good], check=True)
    assert len(Overview(run_folder.parents[1]).runs) == 2
    path = run_folder / name
    path.write_bytes(change(path.read_bytes().decode("latin-1")).encode("latin-1"))
    with pytest.raises(InputError):
        read_run(run_folder)
    overview = Overview(run_folder.parents[1])
    assert [run.folder for run in overview.runs] == [good]
    assert [failed.folder for failed in overview.failed] == [run_folder]
    assert "cannot be read" in overview.failed[0].error


def test_a_picture_that_leaves_the_run_folder_by_a_link_is_refused(run_folder, tmp_path):
    picture = run_folder / "figures" / "roc.png"
    picture.rename(tmp_path / "secret.png")
    picture.symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="expected the name of a picture in this run"):
        read_run(run_folder)


@pytest.fixture
def neolab(monkeypatch, capsys):
    """Call the command line in this process; return its exit status and standard error."""

    def call(*words) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["neolab", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code or 0, capsys.readouterr().err

    return call


PLACES = {
    "file": lambda folder: (folder / "file").write_text("") and None or folder / "file",
    "below a file": lambda folder: folder / "file" / "below",
    "loop": lambda folder: folder / "loop",
    "long": lambda folder: folder / ("x" * 300),
    "device": lambda folder: "/dev/null",
    "below a device": lambda folder: "/dev/null/x",
    "system": lambda folder: "/proc/none/such",
}


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize(
    "words",
    [
        ["simulate", "wu2021", "PLACE", "--profile", "smoke"],
        ["check-data", "wu2021", "PLACE"],
        ["run", "wu2021", "--profile", "smoke", "--data", "PLACE"],
        ["run", "wu2021", "--profile", "smoke", "--out", "PLACE"],
        ["report", "PLACE"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_place_that_cannot_be_is_one_sentence_and_exit_2(neolab, tmp_path, monkeypatch, words, kind):
    monkeypatch.setenv("NEOLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("neolab.run.runner.execute", lambda plan: (plan.folder / "x").mkdir(parents=True))
    monkeypatch.setattr("neolab.run.cohorts.study_module", lambda *_: pytest.fail("nothing is simulated"))
    monkeypatch.setattr("neolab.run.cohorts.simulate_cohort", _open_only)
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    place = PLACES[kind](tmp_path)
    status, said = neolab(*(place if word == "PLACE" else word for word in words))
    assert status == 2
    assert said.startswith("neolab: ")
    assert said.count("\n") == 1


def _open_only(study, out, **_):
    from neolab.io.bids_write import DatasetWriter

    with DatasetWriter(out, study=study, result_class="synthetic"):
        pytest.fail("a place was found")


@pytest.mark.parametrize("place", ["/dev/null/x", "/proc/none", "file"])
def test_a_cache_that_cannot_be_written_is_named_by_its_variable(neolab, tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEOLAB_CACHE", place)
    from neolab.cache import cache_folder

    with pytest.raises(InputError, match="^NEOLAB_CACHE: "):
        cache_folder()


def start(*words, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", "from neolab.run.cli import main; main()", *map(str, words)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def test_a_full_disk_behind_the_output_is_one_sentence():
    with open("/dev/full", "w") as full:
        process = start("studies", stdout=full)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith("neolab: the system: found no space left on device, expected")
    assert said.count("\n") == 1


def test_a_closed_pipe_ends_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    process = start("studies", stdout=writer)
    os.close(writer)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (1, "")


def test_no_home_and_a_poor_terminal_do_no_harm(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "LANG", "LC_ALL")}
    environment = kept | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = start("studies", stdout=subprocess.PIPE, env=environment)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert "wu2021" in out


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [2.5, 5.0])
def test_control_c_and_kill_of_simulate_leave_nothing_behind(tmp_path, seconds):
    environment = os.environ | {"NEOLAB_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    words = ("simulate", "wu2021", tmp_path / "places" / "out", "--profile", "smoke")
    for how in (signal.SIGINT, signal.SIGKILL):
        process = start(*words, stdout=subprocess.PIPE, env=environment)
        time.sleep(seconds)
        process.send_signal(how)
        _, said = process.communicate(timeout=120)
        if how == signal.SIGINT and process.returncode != 0:
            assert process.returncode == 130
            assert said.splitlines()[-1].startswith("neolab: stopped")
            assert "Traceback" not in said
    process = start(*words, stdout=subprocess.PIPE, env=environment)
    process.communicate(timeout=300)
    assert [path.name for path in (tmp_path / "places").iterdir()] == ["out"]
