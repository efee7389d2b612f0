"""The benchmark of the paper's profile runs where little more than torch is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters

ROOT = Path(__file__).parents[3]
# Not pandas: the fit engine, which is what is timed, writes its history as a table.
ABSENT = ("nibabel", "monai", "SimpleITK", "nilearn", "pydantic", "matplotlib", "tqdm", "papermill")
TINY = "--steps --width 0.0625 --batch 2 --detector-patch 16 --repeats 1 --volume 48 48 16"


def test_steps_are_timed_without_the_imaging_libraries():
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({ABSENT!r})); "
        f"sys.argv = ['microbleeds', *'{TINY}'.split()]; "
        "runpy.run_path('benchmarks/microbleeds.py', run_name='__main__')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for row in ("train detector", "train teacher", "train student, distilled", "all three steps"):
        assert row in done.stdout


def test_the_benchmarks_sizes_are_those_of_the_paper_profile():
    spec = importlib.util.spec_from_file_location("benchmark", ROOT / "benchmarks" / "microbleeds.py")
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    paper = Sundaresan2023Parameters.profile_values["paper"]
    assert {name: paper[name] for name in benchmark.PAPER} == benchmark.PAPER
    assert paper["discriminator_epochs"] == paper["epochs"] and paper["width"] == 1.0
