"""One run in a process of its own: ``python -m neolab.run.one JOB``, where JOB is the JSON of a Job."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neolab.errors import InputError, os_sentence


@dataclass(frozen=True)
class Job:
    """A run to be made: parameters as the user gave them, and where to put it.

    Attributes
    ----------
    study : str
        Identifier of the study or lesson.
    given : dict
        Parameters, profile and seed among them.
    runs : str
        Folder of all runs, absolute.
    threads : int
        Threads that the run may use.
    """

    study: str
    given: dict[str, Any]
    runs: str
    threads: int

    def __str__(self) -> str:
        others = [f"{name}={value}" for name, value in self.given.items() if name not in ("profile", "seed")]
        return " ".join([self.study, self.given["profile"], f"seed {self.given['seed']}", *others])


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes
    ----------
    job : Job
        What was asked.
    status : {"done", "kept", "failed", "refused"}
        Run now, already there, failed, or its input was bad.
    folder : str
        The run's folder, or that of the failed run.
    message : str
        What went wrong.
    """

    job: Job
    status: str
    folder: str = ""
    message: str = ""


def run_in_process(job: Job) -> Outcome:
    """Do the job in a new process, which ends when this one does, and return how it ended."""
    request = json.dumps({"job": asdict(job), "parent": os.getpid()})
    done = subprocess.run(
        [sys.executable, "-m", "neolab.run.one", request], stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        return Outcome(job, "failed", message=f"its process ended with {how} before the run was complete")
    return Outcome(job, **said)


def main() -> None:
    """Do the job of the first argument and print how it ended as one line of JSON."""
    from neolab.run.runner import RunFailed, execute, plan_run

    request = json.loads(sys.argv[1])
    job = Job(**request["job"])
    try:
        plan = plan_run(job.study, job.given, runs=Path(job.runs))
        status = "kept" if plan.is_done else "done"
        if not plan.is_done:
            execute(plan, threads=job.threads, parent=request["parent"])
        said = {"status": status, "folder": str(plan.folder)}
    except RunFailed as failure:
        said = {"status": "failed", "folder": str(failure.folder or ""), "message": str(failure)}
    except InputError as error:
        said = {"status": "refused", "message": str(error)}
    except OSError as error:
        said = {"status": "refused", "message": os_sentence(error)}
    except KeyboardInterrupt:
        sys.exit(130)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
