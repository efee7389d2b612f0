"""Many runs: each once, none stopped by another, and the same wherever and however often they are made."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

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
def test_a_job_whose_process_is_killed_is_reported_as_failed(runs, hold):
    job = Job("wada2019", {"profile": "smoke", "seed": 0}, str(runs), 1)
    with ThreadPoolExecutor() as pool:
        outcome = pool.submit(run_in_process, job)
        hold.wait_for(1)
        (child,) = (c for c in psutil.Process().children() if "neolab.run.one" in c.cmdline())
        child.kill()
        assert outcome.result(60).status == "failed"
        assert "signal 9" in outcome.result().message


def results(runs, study="wada2019") -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in runs.glob(f"{study}/smoke_*/results.json")}


def processes_of(runs) -> list[psutil.Process]:
    """Every process that has the folder of runs among its arguments."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(runs) in " ".join(process.info["cmdline"] or [])
    ]


@pytest.fixture
def undisturbed(repository):
    """The results of seeds 0, 1 and 2, each run once with nothing in its way."""
    for seed in (0, 1, 2):
        run_in_process(
            Job("wada2019", {"profile": "smoke", "seed": seed}, str(repository / "undisturbed"), 1)
        )
    return results(repository / "undisturbed")


@pytest.mark.slow
def test_replication_killed_at_any_moment_is_completed_by_a_second_call(undisturbed, runs, hold, wait_until):
    """Kill -9 of the command: with both runs under way, then at three random moments, then to the end."""
    words = ["replicate", "wada2019", "--profile", "smoke", "--seeds", "0,1,2", "--jobs", "2", "--runs", runs]

    def start() -> subprocess.Popen:
        return subprocess.Popen([*CLI, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(process: subprocess.Popen) -> None:
        process.kill()
        process.wait()
        wait_until(lambda: not processes_of(runs), "the end of what the killed command had started")

    process = start()
    hold.wait_for(2)
    kill(process)
    assert results(runs) == {}
    hold.release()
    moments = [random.uniform(0, 12) for _ in range(3)]
    print(f"killed after {moments} s")  # pytest shows it if the test fails
    for seconds in moments:
        process = start()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        kill(process)
    subprocess.run([*CLI, *words], check=True, capture_output=True)
    assert results(runs) == undisturbed
    assert not list(runs.glob("*/.*"))


@pytest.mark.slow
def test_dask_gives_the_same_results_and_survives_the_loss_of_a_worker(undisturbed, runs, hold, wait_until):
    """Two worker processes; one is killed in the middle of a run, which the scheduler gives to another."""
    from distributed import LocalCluster

    jobs = many.make_jobs(["wada2019"], [0, 1, 2], "smoke", {}, runs, 1)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        ThreadPoolExecutor() as pool,
    ):
        outcomes = pool.submit(lambda: list(many.run_on_dask(jobs, cluster.scheduler_address)))
        hold.wait_for(2)
        kernel, lost_seed = next(iter(hold.waiting().items()))
        workers = {worker.process.pid for worker in cluster.workers.values()}
        (victim,) = (parent for parent in psutil.Process(kernel).parents() if parent.pid in workers)
        victim.kill()
        wait_until(lambda: kernel not in hold.waiting(), "the end of the run whose worker was lost")
        hold.release()
        assert [outcome.status for outcome in outcomes.result()] == ["done"] * 3
    assert hold.seeds_begun().count(lost_seed) == 2
    assert results(runs) == undisturbed
    assert not list(runs.glob("*/.*"))
