"""The key of a run changes with what its results depend on, and with nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from neolab import fingerprint
from neolab.catalogue import all_studies
from neolab.parameters import check_parameters
from neolab.run import cache
from neolab.run.registry import notebook_names, notebook_source, parameters_of
from neolab.run.source import code_cells, read_source
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


PACKAGE = {
    "run/notebook.py": "from neolab.run.session import Run\n",
    "run/session.py": "Run = 1\n",
    "run/sections.py": "x = 1\n",
    "run/report.py": "from neolab.run.session import Run\n",
    "metrics/__init__.py": "x = attach(__name__, submod_attrs={'roc': ['auc'], 'froc': ['froc_curve']})\n",
    "metrics/roc.py": "from neolab.metrics.checks import check\n\n\ndef auc():\n    return 1\n",
    "metrics/froc.py": "def froc_curve():\n    return 1\n",
    "metrics/checks.py": "check = 1\n",
    "learn/__init__.py": "",
    "learn/fit.py": "def fit():\n    from neolab.learn.compute import pick_device\n",
    "learn/compute.py": "pick_device = 1\n",
    "studies/wu2021/__init__.py": "",
    "studies/wu2021/network.py": "from neolab.learn.fit import fit\n",
    "studies/wu2021/study.py": "STUDY = 1\n",
    "studies/wu2021/cohort.py": "x = 1\n",
    "studies/wu2021/parameters.py": "x = 1\n",
    "studies/wada2019/__init__.py": "",
    "studies/wada2019/network.py": "x = 1\n",
    "studies/wada2019/study.py": "STUDY = 2\n",
    "studies/wada2019/cohort.py": "x = 1\n",
    "studies/wada2019/parameters.py": "x = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A package folder of a few small files in place of the real one."""
    root = tmp_path / "neolab"
    for name, text in {"__init__.py": "", **PACKAGE}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(fingerprint, "_ROOT", root)
    return root


def counts(package: Path, name: str, cells: list[str]) -> bool:
    """Whether an edit of a file of the package changes the key of a run; a comment never does."""
    before = key(cells)["package"]
    path = package / name
    path.write_text(path.read_text() + "# a comment\n")
    assert key(cells)["package"] == before
    path.write_text(path.read_text() + "more = 1\n")
    return key(cells)["package"] != before


@pytest.mark.parametrize(
    ("name", "is_reached"),
    [
        ("metrics/roc.py", True),
        ("metrics/checks.py", True),  # by way of roc
        ("learn/compute.py", True),  # by way of an import inside a function
        ("studies/wu2021/network.py", True),
        ("studies/wu2021/cohort.py", True),  # by way of the catalogue
        ("run/session.py", True),  # every run has one
        ("metrics/froc.py", False),
        ("studies/wada2019/network.py", False),
        ("studies/wada2019/cohort.py", False),
        ("run/report.py", False),
    ],
)
def test_the_packages_code_counts_where_the_notebook_can_reach_it(package, name, is_reached):
    cells = ["from neolab.studies.wu2021 import network", "from neolab.metrics.roc import auc"]
    assert counts(package, name, cells) == is_reached


@pytest.mark.parametrize(
    ("cells", "roc", "froc"),
    [
        (["from neolab.metrics import auc"], True, False),
        (["from neolab import metrics", "metrics.auc()"], True, False),
        (["from neolab import metrics as m", "def f():\n    return m.froc.froc_curve()"], False, True),
        (["from neolab import metrics", "measure = metrics"], True, True),
        (["import neolab.metrics"], True, True),
        (["from neolab import metrics", "%time metrics.auc()"], False, False),
    ],
)
def test_of_a_room_the_modules_count_whose_names_are_used(package, cells, roc, froc):
    assert counts(package, "metrics/roc.py", cells) == roc
    assert counts(package, "metrics/froc.py", cells) == froc


def test_the_cohort_of_a_study_counts_for_a_lesson_that_reads_it(package):
    cells = ['cohort = run.cohort(study="wada2019", n=4)', 'names = ["raad2023"]']
    assert counts(package, "studies/wada2019/cohort.py", cells)
    assert not counts(package, "studies/wada2019/network.py", cells)


def test_every_studys_description_counts_for_a_lesson_that_lists_them(package):
    assert counts(package, "studies/wada2019/study.py", ["from neolab.catalogue import all_studies"])


def test_a_module_that_does_not_exist_is_left_for_the_notebook_to_complain_of(package):
    missing = ["from neolab.metrics.missing import x"]
    before = key(missing)
    (package / "metrics/missing.py").write_text("x = 1\n")
    assert [part for part in before if before[part] != key(missing)[part]] == ["package"]


def keys_of_all_notebooks() -> dict[str, dict[str, str]]:
    """Study or lesson -> the key of its usual run."""
    return {name: key_of_notebook(name) for name in notebook_names()}


def key_of_notebook(name: str) -> dict[str, str]:
    cells = [cell.source for cell in code_cells(read_source(notebook_source(name)))]
    return cache.run_key(name, cells, check_parameters(parameters_of(name), {}), None)


@pytest.fixture(scope="module")
def copied_package(tmp_path_factory):
    """A copy of the real package, to be edited; the notebooks are the real ones."""
    root = tmp_path_factory.mktemp("package") / "neolab"
    real = fingerprint._ROOT
    shutil.copytree(real, root, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_ROOT", root)
        yield root


def changed_by_an_edit(package: Path, name: str) -> set[str]:
    """The studies and lessons whose runs are made again after an edit of a file of the package."""
    path, before = package / name, keys_of_all_notebooks()
    text = path.read_text()
    path.write_text(text + "\nan_edit = 1\n")
    after = keys_of_all_notebooks()
    path.write_text(text)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("study", all_studies())
def test_an_edit_to_a_study_makes_the_run_of_that_study_alone_again(copied_package, study):
    assert changed_by_an_edit(copied_package, f"studies/{study}/network.py") == {study}


def test_an_edit_to_the_susceptibility_engine_concerns_the_microbleeds_alone(copied_package):
    assert changed_by_an_edit(copied_package, "simulate/susceptibility/gre.py") == {"sundaresan2023"}


def test_an_edit_to_the_fit_engine_concerns_every_study_and_no_lesson(copied_package):
    assert changed_by_an_edit(copied_package, "learn/fit.py") == set(all_studies())


def test_an_edit_to_the_report_or_the_command_line_concerns_no_run(copied_package):
    assert changed_by_an_edit(copied_package, "run/report.py") == set()
    assert changed_by_an_edit(copied_package, "run/cli.py") == set()


@pytest.fixture
def papers(tmp_path, monkeypatch) -> Path:
    """A repository whose papers are two small files."""
    folder = tmp_path / "data" / "papers"
    folder.mkdir(parents=True)
    for name in ("wu2021.yaml", "wada2019.yaml"):
        (folder / name).write_text("claims: []\n")
    monkeypatch.setenv("NEOLAB_REPOSITORY", str(tmp_path))
    return folder


@pytest.mark.parametrize(
    ("cell", "own", "others"),
    [
        ("x = 1", False, False),
        ('run.published("gpnorm.auc")', True, False),
        ("from neolab.claims.load import load_papers", True, True),
    ],
)
def test_the_papers_that_a_run_reads_count(papers, cell, own, others):
    for name, expected in (("wu2021.yaml", own), ("wada2019.yaml", others)):
        before = key([cell])
        (papers / name).write_text(f"claims: []  # {cell}\n")
        assert [part for part in before if before[part] != key([cell])[part]] == ["papers"] * expected


def test_of_a_parameter_that_names_a_file_the_content_counts(tmp_path, monkeypatch):
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"first")
    before = key(weights=str(weights))
    weights.write_bytes(b"second")
    after = key(weights=str(weights))
    assert [part for part in before if before[part] != after[part]] == ["parameters"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imagenet").write_bytes(b"a file that happens to be called like a word")
    params = check_parameters(Wu2021Parameters, {"weights": "imagenet"})
    assert cache.named_files(params) == {}
    params = check_parameters(Wu2021Parameters, {"weights": "weights.pt"})
    assert cache.named_files(params) == {"weights": weights}


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
