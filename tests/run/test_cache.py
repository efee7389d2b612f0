"""The key of a run changes with what its results depend on, and with nothing else."""

import json
import re
from pathlib import Path

import pytest

import neolab
from neolab.parameters import check_parameters
from neolab.run import cache, fingerprint
from neolab.studies.wu2021.parameters import Wu2021Parameters

CELLS = ["x = 1", "print(x)"]


def key(cells=CELLS, data=None, **given) -> dict[str, str]:
    return cache.run_key("wu2021", cells, check_parameters(Wu2021Parameters, given), data)


def test_comments_blank_lines_and_docstrings_are_not_code():
    plain = "def f(x):\n    return x + 1"
    dressed = '# why\n\ndef f(x):\n    """Say what."""\n    return (x + 1)  # because\n'
    assert fingerprint.code_fingerprint(plain) == fingerprint.code_fingerprint(dressed)


@pytest.mark.parametrize(
    "other", ["def f(x):\n    return x + 2", "def g(x):\n    return x + 1", "", "%magic"]
)
def test_other_code_has_another_fingerprint(other):
    assert fingerprint.code_fingerprint("def f(x):\n    return x + 1") != fingerprint.code_fingerprint(other)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"cells": ["x = 2", "print(x)"]}, "code"),
        ({"cells": ["print(x)", "x = 1"]}, "code"),
        ({"seed": 1}, "parameters"),
        ({"epochs": 77}, "parameters"),
        ({"data": "abc"}, "data"),
    ],
)
def test_exactly_the_part_that_changed_differs(change, part):
    one, other = key(), key(**change)
    assert [name for name in one if one[name] != other[name]] == [part]


def test_asking_for_the_profiles_own_value_changes_nothing():
    assert key() == key(epochs=Wu2021Parameters.profile_values["teach"]["epochs"])


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A package folder of a few files in place of the real one."""
    root = tmp_path / "neolab"
    for name in ("metrics/roc.py", "models/wada2019/network.py", "models/wu2021/network.py", "run/report.py",
                 "run/studies/wu2021.py"):  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    monkeypatch.setattr(neolab, "__file__", str(root / "__init__.py"))
    return root


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("metrics/roc.py", True),
        ("models/wu2021/network.py", True),
        ("run/studies/wu2021.py", True),
        ("models/wada2019/network.py", False),
        ("run/report.py", False),
    ],
)
def test_the_packages_code_counts_where_the_notebook_can_reach_it(package, name, counts):
    before = key()["package"]
    (package / name).write_text("x = 1  # a comment\n")
    assert key()["package"] == before
    (package / name).write_text("x = 2\n")
    assert (key()["package"] != before) == counts


def test_a_new_version_of_a_library_changes_the_key(monkeypatch):
    before = key()
    monkeypatch.setattr(cache, "version", lambda name: "0.0.1")
    assert key()["versions"] != before["versions"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"study": "wu2021"}'])
def test_a_folder_without_a_readable_record_holds_no_run(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert cache.changed_parts(tmp_path, key()) is None


def test_a_run_with_a_damaged_result_is_no_run(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"key": key()}))
    (tmp_path / "results.json").write_text('{"metrics": ')
    assert cache.changed_parts(tmp_path, key()) is None
    (tmp_path / "results.json").write_text('{"metrics": {}}')
    assert cache.changed_parts(tmp_path, key()) == []


def test_no_study_uses_the_modules_of_another_one():
    """On this rests that the modules of other studies do not count."""
    from neolab.catalogue import all_studies

    root = Path(__file__).resolve().parents[2] / "neolab"
    crossing = []
    for path in root.rglob("*.py"):
        own = all_studies().keys() & {*path.relative_to(root).parts, path.stem}
        words = set(re.findall(r"^\s*(?:from|import) neolab\.([\w.]+)", path.read_text(), flags=re.MULTILINE))
        used = all_studies().keys() & {part for word in words for part in word.split(".")}
        if own and used - own:
            crossing.append(f"{path.relative_to(root)} imports {used - own}")
    assert crossing == []
