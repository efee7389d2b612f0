"""Many runs: each once, none stopped by another, and the same wherever and however often they are made."""

import json
import signal
import subprocess
import sys
import time

import psutil
import pytest

from neolab.errors import InputError
from neolab.run import replicate as many
from neolab.run.one import Job, run_in_process

CLI = [sys.executable, "-c", "from neolab.run.cli import main; main()"]


def test_jobs_are_studies_by_seeds_by_parameters(runs):
    jobs = many.make_jobs(["wu2021", "wada2019"], [0, 1], "smoke", {"epochs": [1, 2]}, runs, 1)
    assert [(job.study, job.given["seed"], job.given["epochs"]) for job in jobs] == [
        (study, seed, epochs) for study in ("wu2021", "wada2019") for seed in (0, 1) for epochs in (1, 2)
    ]


def test_all_studies_means_those_whose_notebook_is_here(repository):
    assert many.choose_studies([]) == ["wu2021", "wada2019"]
    assert many.choose_studies(["wada2019", "wada2019"]) == ["wada2019"]
    with pytest.raises(InputError, match="wu2020"):
        many.choose_studies(["wu2021", "wu2020"])


@pytest.mark.parametrize(
    ("cores", "jobs", "threads"), [(8, 2, 4), (2, 2, 1), (2, 4, 1), (6, 4, 1), (1, 1, 1)]
)
def test_threads_are_divided_among_the_runs(monkeypatch, cores, jobs, threads):
    monkeypatch.setattr(many, "available_cores", lambda: cores)
    assert many.threads_per_run(jobs) == threads


@pytest.mark.slow
def test_a_job_whose_process_is_killed_is_reported_as_failed(runs):
    from threading import Thread

    job = Job("wada2019", {"profile": "smoke", "seed": 0}, str(runs), 1)
    outcomes = []
    worker = Thread(target=lambda: outcomes.append(run_in_process(job)))
    worker.start()
    child = None
    while child is None and worker.is_alive():
        children = psutil.Process().children()
        child = next((c for c in children if "neolab.run.one" in c.cmdline()), None)
    time.sleep(1)
    child.kill()
    worker.join(30)
    assert outcomes[0].status == "failed"
    assert "signal 9" in outcomes[0].message


def results(runs, study="wada2019") -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in runs.glob(f"{study}/smoke_*/results.json")}


def settle(runs) -> None:
    """Wait until no process is left that works on a run: those of a killed parent end by themselves."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(
        str(runs) in " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    ):
        time.sleep(0.2)


@pytest.mark.slow
def test_replication_killed_at_any_moment_is_completed_by_a_second_call(runs, repository):
    """Kill -9 of the command at three moments, then once to the end; every result as if never disturbed."""
    words = [
        "replicate",
        "wada2019",
        "--profile",
        "smoke",
        "--seeds",
        "0,1",
        "--jobs",
        "2",
        "--runs",
        str(runs),
    ]
    for seconds in (2.0, 4.0, 6.0):
        process = subprocess.Popen([*CLI, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        settle(runs)
    subprocess.run([*CLI, *words], check=True, capture_output=True)
    other = repository / "undisturbed"
    for seed in (0, 1):
        run_in_process(Job("wada2019", {"profile": "smoke", "seed": seed}, str(other), 1))
    assert results(runs) == results(other)
    assert len(results(runs)) == 2
    assert not list(runs.glob("*/.*"))


@pytest.mark.slow
def test_dask_gives_the_same_results_and_survives_the_loss_of_a_worker(runs, repository):
    """Two worker processes; one is killed while it works, and the scheduler gives its run to another."""
    from distributed import LocalCluster

    here = repository / "here"
    for seed in (0, 1, 2):
        run_in_process(Job("wada2019", {"profile": "smoke", "seed": seed}, str(here), 1))
    jobs = many.make_jobs(["wada2019"], [0, 1, 2], "smoke", {}, runs, 1)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        outcomes = many.run_on_dask(jobs, cluster.scheduler_address)
        first = next(outcomes)
        victim = next(iter(cluster.workers.values())).process.pid
        psutil.Process(victim).kill()
        rest = list(outcomes)
    assert [outcome.status for outcome in (first, *rest)] == ["done"] * 3
    assert results(runs) == results(here)
    assert {json.loads(text)["seed"] for text in results(runs).values()} == {0, 1, 2}
