"""A sixth study is a folder, a notebook and a YAML file, added to the repository without editing any file.

The toy study in ``data/toy2026`` follows CONTRIBUTING.md. Everything happens in a copy of the repository, in
processes that import the package from there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "data" / "toy2026"
FILES = [path.relative_to(TOY) for path in TOY.rglob("*") if path.is_file() and path.suffix != ".pyc"]

pytestmark = pytest.mark.slow

KEYS = """
import json
from neolab.catalogue import all_studies
from neolab.parameters import check_parameters
from neolab.run.cache import run_key
from neolab.run.cohorts import simulator_fingerprint
from neolab.run.registry import notebook_source, parameters_of
from neolab.run.source import code_cells, read_source
keys = {}
for name in all_studies():
    if name != "toy2026":
        cells = [cell.source for cell in code_cells(read_source(notebook_source(name)))]
        key = run_key(name, cells, check_parameters(parameters_of(name), {}), None)
        keys[name] = [key, simulator_fingerprint(name)]
print(json.dumps(keys))
"""


class Copy:
    """A copy of the repository; the notebooks of the other studies lie beside it."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copytree(ROOT / "neolab", root / "neolab", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "data" / "papers", root / "data" / "papers")
        shutil.copy(ROOT / "pyproject.toml", root)
        (root / "notebooks").mkdir()
        self.others = root.parent / "others"
        shutil.copytree(ROOT / "notebooks", self.others / "notebooks")

    def add_the_toy(self) -> None:
        """Add the study's files; none of them may be there already."""
        for name in FILES:
            place = self.root / name
            assert not place.exists(), name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOY / name, place)

    def environment(self, **more: str) -> dict[str, str]:
        own = {"PYTHONPATH": str(self.root), "NEOLAB_CACHE": str(self.root.parent / "cache")}
        return {k: v for k, v in os.environ.items() if not k.startswith("NEOLAB_")} | own | more

    def python(self, code: str, *words: object, **more: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", code, *map(str, words)]
        return subprocess.run(
            command, cwd=self.root, env=self.environment(**more), capture_output=True, text=True, check=False
        )

    def neolab(self, *words: object) -> str:
        """Call the command line, which must end well; return what it prints."""
        done = self.python("from neolab.run.cli import main; main()", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lint_imports(self) -> subprocess.CompletedProcess:
        command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
        return subprocess.run(
            command, cwd=self.root, env=self.environment(), capture_output=True, text=True, check=False
        )

    def keys_of_the_others(self) -> dict[str, list]:
        """Study -> key of its usual run and fingerprint of its simulator, with the package of the copy."""
        done = self.python(KEYS, NEOLAB_REPOSITORY=str(self.others))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Copy:
    copied = Copy(tmp_path_factory.mktemp("sixth") / "repository")
    copied.keys_before = copied.keys_of_the_others()
    copied.add_the_toy()
    return copied


@pytest.fixture(scope="module")
def run_folder(copy) -> Path:
    copy.neolab("run", "toy2026", "--profile", "smoke")
    return copy.root / "runs" / "toy2026" / "smoke_seed0"


def test_the_study_is_a_folder_a_notebook_and_a_yaml_file():
    folders = {path.parent.as_posix() for path in FILES}
    assert folders == {"neolab/studies/toy2026", "notebooks", "data/papers"}
    assert not [path for path in FILES if (ROOT / path).exists()]


def test_contributing_describes_every_file_of_it():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in FILES:
        if path.parent.name == "toy2026" and path.name != "__init__.py":
            assert f"`{path.name}`" in text


def test_it_is_listed_last_with_its_notebook(copy):
    listed = [line for line in copy.neolab("studies").splitlines() if not line.startswith(" ")]
    assert len(listed) == 6
    assert " ".join(listed[-1].split()) == "toy2026 A bright spot in a cube of noise (T1w, 12 voxels a side)"


def test_its_cohort_is_valid_bids_and_can_be_checked(copy, bids_validator):
    out = copy.root.parent / "cohort"
    assert "toy2026: 9 simulated participants" in copy.neolab(
        "simulate", "toy2026", out, "--n", 9, "--seed", 4
    )
    assert "9 scans of 9 participants, result class synthetic" in copy.neolab("check-data", "toy2026", out)
    said = subprocess.run([bids_validator, str(out), "--json"], capture_output=True, text=True, check=False)
    issues = json.loads(said.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue.get("severity") == "error"] == []


def test_its_run_learns_in_folds_beside_a_baseline(run_folder):
    results = json.loads((run_folder / "results.json").read_text())
    record = json.loads((run_folder / "run.json").read_text())
    assert set(results["metrics"]) == {"network.auc", "brightest_voxel.auc"}
    assert results["metrics"]["network.auc"]["n"] == 16
    assert (run_folder / "figures" / "roc.png").is_file()
    assert record["seconds"] < 60


def test_its_claims_stand_in_the_ledger_and_the_report(copy, run_folder):
    out = copy.neolab("replicate", "--profile", "smoke")
    assert "toy2026 smoke seed 0: nothing has changed, kept" in out
    assert "toy2026.results.auc" in out
    assert '<tr data-paper="toy2026"' in (copy.root / "runs" / "report.html").read_text(encoding="utf-8")


def test_its_published_numbers_can_be_audited(copy):
    assert copy.neolab("audit", "toy2026")


def test_the_runs_and_cohorts_of_the_other_studies_stay_what_they_are(copy):
    assert len(copy.keys_before) == 5
    assert copy.keys_of_the_others() == copy.keys_before


def test_the_import_contracts_hold_with_it_and_would_not_if_it_used_another_study(copy, tmp_path):
    held = copy.lint_imports()
    assert held.returncode == 0, held.stdout
    other = Copy(tmp_path / "repository")
    other.add_the_toy()
    network = other.root / "neolab" / "studies" / "toy2026" / "network.py"
    network.write_text("from neolab.studies.wu2021 import study\n" + network.read_text())
    assert "Studies do not know each other BROKEN" in other.lint_imports().stdout


def test_a_run_killed_in_the_middle_of_a_training_goes_on_to_the_same_results(copy, tmp_path, wait_until):
    """Kill -9 of the runner after the first checkpoint that is not the last one."""
    words = ["run", "toy2026", "--profile", "smoke", "-p", "epochs=100"]
    code = "from neolab.run.cli import main; main()"
    calm, disturbed = (tmp_path / name for name in ("calm", "disturbed"))
    assert copy.python(code, *words, "--out", calm, NEOLAB_CACHE=str(tmp_path / "a")).returncode == 0
    more = {"NEOLAB_CACHE": str(tmp_path / "b"), "NEOLAB_CHECKPOINT_SECONDS": "0"}
    command = [sys.executable, "-c", code, *words, "--out", str(disturbed)]
    process = subprocess.Popen(command, cwd=copy.root, env=copy.environment(**more), start_new_session=True)
    saved = lambda: sorted((tmp_path / "b" / "checkpoints").glob("toy2026_*/*/repeat*.pt"))  # noqa: E731
    wait_until(lambda: saved() or process.poll() is not None, "the first checkpoint")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not disturbed.exists()
    epochs = [json.loads(torch.load(path)["numbers"])["epoch"] for path in saved()]
    assert min(epochs) < 100, "the fits were complete when the run was killed"
    time.sleep(1.5)  # a kernel looks for its parent every second
    assert copy.python(code, *words, "--out", disturbed, **more).returncode == 0
    assert (disturbed / "results.json").read_bytes() == (calm / "results.json").read_bytes()
    assert (disturbed / "figures" / "roc.csv").exists() == (calm / "figures" / "roc.csv").exists()
    assert saved() == []
