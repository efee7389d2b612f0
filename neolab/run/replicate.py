"""Many runs: studies by seeds by parameters, in processes of this machine or on a Dask cluster."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from neolab.errors import InputError
from neolab.machine import available_cores
from neolab.run.one import Job, Outcome, run_in_process
from neolab.run.registry import available, check_name
from neolab.run.runner import plan_run

#: More would take years; the number is a slip in the grid.
MOST_RUNS = 10_000
# A worker that is lost is no fault of the run; after this many losses the run is reported as failed.
_DASK_RETRIES = 3
_DASK_CONNECT_SECONDS = 30


def choose_studies(names: Sequence[str]) -> list[str]:
    """Return the studies to run: those named, or all whose notebook exists.

    Raises
    ------
    InputError
        If a name is unknown or nothing is left to run.
    """
    chosen = list(dict.fromkeys(check_name(name) for name in names)) or available()
    if not chosen:
        raise InputError("studies: found no notebook in notebooks/, expected at least one study to run")
    return chosen


def make_jobs(
    studies: Iterable[str],
    seeds: Iterable[int],
    profile: str,
    grid: Mapping[str, Sequence[Any]],
    runs: Path,
    threads: int,
) -> list[Job]:
    """Return one job for each study, seed and combination of parameter values, in that order.

    Raises
    ------
    InputError
        If there are more than ``MOST_RUNS``.
    """
    seeds, studies = list(seeds), list(studies)
    count = len(studies) * len(seeds) * math.prod(map(len, grid.values()))
    if count > MOST_RUNS:
        raise InputError(f"replicate: found {count} runs, expected at most {MOST_RUNS} at a time")
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    return [
        Job(study, {"profile": profile, "seed": seed, **others}, str(runs), threads)
        for study, seed, others in itertools.product(studies, seeds, combinations)
    ]


def split_done(jobs: Iterable[Job]) -> tuple[list[Outcome], list[Job]]:
    """Return the jobs whose runs are already there, as outcomes, and those still to do.

    Raises
    ------
    InputError
        If a job's parameters or data are bad; then nothing has been run.
    """
    kept, waiting = [], []
    for job in jobs:
        plan = plan_run(job.study, job.given, runs=Path(job.runs))
        if plan.is_done:
            kept.append(Outcome(job, "kept", str(plan.folder)))
        else:
            waiting.append(job)
    return kept, waiting


def threads_per_run(n_jobs: int) -> int:
    """Return the threads for each of ``n_jobs`` runs that share this machine."""
    return max(1, available_cores() // n_jobs)


def run_here(jobs: Sequence[Job], n_jobs: int) -> Iterator[Outcome]:
    """Do the jobs in ``n_jobs`` processes at a time; yield outcomes as they come."""
    # The threads only wait for the processes, of which each job has its own.
    with ThreadPoolExecutor(n_jobs) as pool:
        futures = [pool.submit(run_in_process, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def run_on_dask(jobs: Sequence[Job], address: str) -> Iterator[Outcome]:
    """Do the jobs on an existing Dask cluster whose workers see the same folders; yield outcomes.

    A job whose worker is lost is given to another one.

    Raises
    ------
    InputError
        If Dask is not installed or no scheduler answers at the address.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as as_dask_completes
    except ImportError:
        raise InputError("dask: not installed, expected the extra: pip install 'neolab[cluster]'") from None
    try:
        client = Client(address, timeout=_DASK_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError):
        raise InputError(
            f"dask: found no scheduler at {address!r}, expected one like tcp://host:8786"
        ) from None
    with client:
        futures = {client.submit(run_in_process, job, pure=False, retries=_DASK_RETRIES): job for job in jobs}
        for future in as_dask_completes(futures):
            try:
                yield future.result()
            except KilledWorker as error:
                yield Outcome(futures[future], "failed", message=f"its workers were lost: {error}")
