"""A notebook and parameters give one run folder, or leave what was there as it was."""

import json
import os
import resource
import signal
import subprocess
import sys

import nbformat
import psutil
import pytest

from neolab.errors import InputError
from neolab.owned import MARK, open_partial, put_in_place
from neolab.run.pairing import pair, write_pair
from neolab.run.runner import RunFailed, execute, plan_run

pytestmark = pytest.mark.slow

SMOKE = {"profile": "smoke", "seed": 0}


def contents(folder) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARK)
    return {path.name: path.read_bytes() for path in files}


def put_previous(folder) -> None:
    """An earlier run of which only the results are looked at."""
    partial = open_partial(folder)
    (partial / "results.json").write_text("previous")
    put_in_place(partial, folder)


def leftovers(runs) -> list[str]:
    return [path.name for path in runs.glob("*/.*") if path.name != MARK]


def test_a_run_folder_holds_notebook_results_figures_and_provenance(runs):
    folder = execute(plan_run("wu2021", SMOKE))
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "notebook.ipynb",
        "results.json",
        "run.json",
        MARK,
        "predictions.csv",
        "figures/draws.png",
        "figures/draws.csv",
    }
    record = json.loads((folder / "run.json").read_text())
    assert record["parameters"]["epochs"] == 1
    assert record["result_class"] == "synthetic"
    assert 0 < record["seconds"] < 300
    # Between a bare interpreter and everything that this machine has.
    assert 20 * 2**20 < record["peak_memory_bytes"] < psutil.virtual_memory().total
    assert record["versions"]["numpy"]
    assert plan_run("wu2021", SMOKE).is_done
    assert leftovers(runs) == []


def test_plain_papermill_on_the_ipynb_gives_the_same_results(runs, repository, tmp_path):
    folder = execute(plan_run("wu2021", SMOKE | {"epochs": 2}))
    source = repository / "notebooks" / "01_wu2021_bilirubin.py"
    write_pair(source, pair(source))
    command = [sys.executable, "-m", "papermill", source.with_suffix(".ipynb"), tmp_path / "out.ipynb"]
    options = ["-p", "profile", "smoke", "-p", "epochs", "2", "--no-progress-bar"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    by_hand = runs / "wu2021" / "interactive_smoke_seed0"
    for name in ("results.json", "predictions.csv", "figures/draws.csv", "figures/draws.png"):
        assert (by_hand / name).read_bytes() == (folder / name).read_bytes()


def test_plain_papermill_stops_at_an_unknown_parameter(runs, repository, tmp_path):
    source = repository / "notebooks" / "01_wu2021_bilirubin.py"
    write_pair(source, pair(source))
    command = [sys.executable, "-m", "papermill", source.with_suffix(".ipynb"), tmp_path / "out.ipynb"]
    done = subprocess.run([*command, "-p", "epohcs", "2"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "parameter epohcs: unknown" in done.stderr


@pytest.mark.parametrize(
    ("n_bootstrap", "where", "line"),
    [
        (101, "in code cell 4", "RuntimeError: asked to fail"),
        (102, "in a widget's callback", "ValueError: the callback raised"),
    ],
)
def test_a_failed_run_leaves_the_previous_one_and_says_where_it_failed(runs, n_bootstrap, where, line):
    plan = plan_run("wu2021", SMOKE | {"n_bootstrap": n_bootstrap})
    put_previous(plan.folder)
    with pytest.raises(RunFailed) as raised:
        execute(plan)
    assert where in str(raised.value)
    assert str(raised.value).splitlines()[-2:] == [line, f"see {raised.value.folder}"]
    assert (plan.folder / "results.json").read_text() == "previous"
    assert leftovers(runs) == []
    executed = nbformat.read(raised.value.folder / "notebook.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)
    assert line in (raised.value.folder / "error.txt").read_text()


def test_a_notebook_that_never_finishes_its_run_has_failed(runs, repository):
    source = repository / "notebooks" / "01_wu2021_bilirubin.py"
    source.write_text(source.read_text().replace("run.finish()", "pass"))
    with pytest.raises(RunFailed, match=r"did not call run\.finish"):
        execute(plan_run("wu2021", SMOKE))


def test_input_that_the_notebook_refuses_is_bad_input_and_leaves_nothing(runs, repository):
    source = repository / "notebooks" / "01_wu2021_bilirubin.py"
    refusal = (
        'from neolab.io.cohort import CohortError\nraise CohortError("cohort", ["no scans"])\nrun.finish()'
    )
    source.write_text(source.read_text().replace("run.finish()", refusal))
    with pytest.raises(InputError, match="no scans"):
        execute(plan_run("wu2021", SMOKE))
    assert list((runs / "wu2021").iterdir()) == []


def test_prose_may_change_and_code_may_not(runs, repository):
    source = repository / "notebooks" / "01_wu2021_bilirubin.py"
    execute(plan_run("wu2021", SMOKE))
    text = source.read_text()
    source.write_text(text.replace("A notebook small enough", "A notebook quite small enough"))
    assert plan_run("wu2021", SMOKE).is_done
    source.write_text(text.replace("size=1000", "size=999"))
    assert plan_run("wu2021", SMOKE).changed == ["code"]


def test_an_output_folder_that_is_no_run_is_refused(runs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    (tmp_path / "mine" / "run.json").write_text("{}")
    with pytest.raises(InputError, match="which is not a run"):
        plan_run("wu2021", SMOKE, out=tmp_path / "mine")
    assert contents(tmp_path / "mine") == {"run.json": b"{}", "thesis.txt": b"precious"}


def start_slow_run(runs, **options) -> subprocess.Popen:
    """Start a run of the notebook that takes its time, in a process group of its own."""
    code = (
        "from neolab.run.runner import execute, plan_run\n"
        "plan = plan_run('wada2019', {'profile': 'smoke', 'seed': 0})\n"
        "print('planned', flush=True)\n"
        "execute(plan)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline() == "planned\n"
    return process


@pytest.mark.parametrize("seconds", [0.3, 1.5, 3.0])
def test_after_kill_9_of_the_runner_a_second_call_gives_the_undisturbed_results(runs, seconds):
    process = start_slow_run(runs)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    plan = plan_run("wada2019", SMOKE)
    if not plan.is_done:
        execute(plan)
    killed = (plan.folder / "results.json").read_bytes()
    undisturbed = execute(plan_run("wada2019", SMOKE, out=runs / "other"))
    assert (undisturbed / "results.json").read_bytes() == killed
    assert leftovers(runs) == []


def test_a_kernel_that_is_killed_fails_the_run_and_the_next_call_completes_it(runs):
    process = start_slow_run(runs, stderr=subprocess.PIPE)
    kernel = None
    while kernel is None and process.poll() is None:
        heartbeats = list(runs.glob("*/.partial-*/notebook.ipynb"))
        children = psutil.Process(process.pid).children(recursive=True)
        kernel = next(
            (child for child in children if heartbeats and "ipykernel" in " ".join(child.cmdline())), None
        )
    kernel.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "RunFailed" in errors
    plan = plan_run("wada2019", SMOKE)
    assert not plan.is_done
    execute(plan)
    assert leftovers(runs) == []


def test_a_disk_that_takes_no_more_leaves_the_previous_run(runs):
    """A limit on the size of files stands for the full disk: writing fails in the same way."""
    plan = plan_run("wada2019", SMOKE)
    put_previous(plan.folder)
    limit = 2000
    process = start_slow_run(
        runs,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "RunFailed" in errors
    assert contents(plan.folder) == {"results.json": b"previous"}
    assert leftovers(runs) == []
