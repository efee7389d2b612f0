"""Executing one notebook into one run folder."""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neolab.cache import CHECKPOINTS_VARIABLE
from neolab.documents import read_json
from neolab.errors import InputError
from neolab.machine import available_cores
from neolab.owned import MARK, PARTIAL, open_partial, put_in_place, refuse_foreign, tidy
from neolab.parameters import Parameters, check_parameters
from neolab.run import cache, folders
from neolab.run.checkpoints import checkpoints
from neolab.run.files import write_json, write_text
from neolab.run.notebook import RUN_FOLDER_VARIABLE
from neolab.run.paths import runs_folder
from neolab.run.provenance import environment_record
from neolab.run.registry import notebook_source, parameters_of
from neolab.run.source import code_cells, read_source
from neolab.run.watch import Watch
from neolab.run.widget_state import widget_errors

if TYPE_CHECKING:
    from neolab.io.cohort import Cohort
    from neolab.io.pseudonyms import Pseudonyms

RUN_SCHEMA = 1
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
_LAST_LINES = 12


@dataclass(frozen=True)
class Plan:
    """A run that has been checked and not yet started.

    Attributes
    ----------
    study : str
        Identifier of the study or lesson.
    given : dict
        The parameters that the user named.
    params : Parameters
        All of them, resolved.
    folder : Path
        Where the run will be.
    key : dict of str to str
        What it depends on.
    changed : list of str or None
        What differs from the run that is there; None if there is none, empty if nothing does.
    pseudonyms : Pseudonyms or None
        What stands for the people of a folder of scans.
    """

    study: str
    given: dict[str, Any]
    params: Parameters
    folder: Path
    key: dict[str, str]
    changed: list[str] | None
    pseudonyms: "Pseudonyms | None" = None

    @property
    def is_done(self) -> bool:
        """Whether the run that is there is this one."""
        return self.changed == []


class RunFailed(Exception):
    """A notebook did not come to its end; the message says which, where, and the last lines of its error."""

    def __init__(self, study: str, where: str, lines: str, folder: Path | None = None):
        super().__init__(f"{study} failed {where}\n{lines}" + (f"\nsee {folder}" if folder else ""))
        self.study, self.where, self.lines, self.folder = study, where, lines, folder


def plan_run(study: str, given: Mapping[str, Any], out: Path | None = None, runs: Path | None = None) -> Plan:
    """Check everything that can be checked before a notebook is run.

    Raises
    ------
    InputError
        If the study, a parameter, the data folder or the output folder is not what it should be.
    """
    notebook = read_source(notebook_source(study))
    params = check_parameters(parameters_of(study), given)
    # The notebook runs in a folder of its own, where a relative path would lead nowhere.
    files = {name: str(path) for name, path in cache.named_files(params).items()}
    params, given = params.model_copy(update=files), {**given, **files}
    data, cohort, pseudonyms = None, None, None
    if params.data is not None:
        cohort = _load_data(study, params.data)
        params = params.model_copy(update={"data": str(cohort.root)})
        given["data"], data = params.data, cohort.data_hash()
    folder = Path(out).absolute() if out else (runs or runs_folder()) / study / folders.run_name(params)
    refuse_foreign(folder)
    cells = [cell.source for cell in code_cells(notebook)]
    key = cache.run_key(study, cells, params, data)
    changed = cache.changed_parts(folder, key)
    if cohort is not None and changed != []:
        _check_voxels(cohort)
        pseudonyms = _pseudonyms(cohort)
    tidy(folder.parent)
    return Plan(study, given, params, folder, key, changed, pseudonyms)


def _load_data(study: str, data: str) -> "Cohort":
    from neolab.io.cohort import Cohort

    if not Path(data).is_dir():
        raise InputError(f"data: found no folder at {data}, expected a BIDS folder")
    return Cohort.load(data, study=study)


def _check_voxels(cohort: "Cohort") -> None:
    """Refuse a folder that no study could use before anything long begins."""
    from neolab.io.voxel_checks import require_good_voxels, watched

    require_good_voxels(cohort, watched)


def _pseudonyms(cohort: "Cohort") -> "Pseudonyms | None":
    from neolab.io.pseudonymise import pseudonyms_of

    return pseudonyms_of(cohort)


def execute(plan: Plan, *, threads: int | None = None, parent: int | None = None) -> Path:
    """Execute the plan's notebook and put its run folder in place.

    Parameters
    ----------
    plan : Plan
        From ``plan_run``.
    threads : int, optional
        Threads for BLAS, torch and ITK; by default all cores.
    parent : int, optional
        Process on whose behalf this is done; see ``Watch``.

    Returns
    -------
    Path
        The folder, ``plan.folder``.

    Raises
    ------
    RunFailed
        If a cell raised, a widget's callback raised, or the notebook did not finish its run. The partly
        executed notebook stays beside the runs, in ``failed_<name>``.
    InputError
        If the notebook refused its input.
    """
    partial = open_partial(plan.folder)
    threads = threads or available_cores()
    started, clock = datetime.now(UTC), time.perf_counter()
    try:
        with checkpoints(plan.study, plan.key) as kept:
            with Watch(partial / MARK, parent) as watch:
                notebook = _execute_notebook(plan, partial, _kernel_environment(partial, threads, kept))
            _check_finished(plan.study, notebook, partial)
            if plan.pseudonyms:
                plan.pseudonyms.hide_in(partial)
            record = {
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - clock, 2),
                "threads": threads,
                "peak_memory_bytes": watch.peak_memory_bytes,
            }
            write_json(partial / "run.json", _run_record(plan, partial, record))
            put_in_place(partial, plan.folder)
    except RunFailed as failure:
        raise _keep_failed(plan, partial, failure) from failure.__cause__
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise RunFailed(plan.study, "because its folder could not be written", str(error)) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return plan.folder


def _execute_notebook(plan: Plan, partial: Path, environment: dict[str, str]) -> Any:
    """Execute the notebook's source with the plan's parameters; its output is saved after every cell."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from neolab.run.engine import ENGINE

    given = plan.given | {"profile": plan.params.profile, "seed": plan.params.seed}
    if plan.params.data is not None:
        given["data"] = plan.params.data
    try:
        return papermill.execute_notebook(
            read_source(notebook_source(plan.study)),
            str(partial / "notebook.ipynb"),
            parameters=given,
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=sys.stderr.isatty(),
            cwd=str(partial),
            env=environment,
        )
    except PapermillExecutionError as error:
        if error.ename in _input_error_names():
            raise InputError(error.evalue) from None
        # papermill puts a notice at the top of the notebook before it saves it.
        where = f"in code cell {error.exec_count}: {_first_line(error.source)}"
        raise RunFailed(plan.study, where, _plain("\n".join(error.traceback))) from error
    except RuntimeError as error:
        # nbclient's DeadKernelError, or what jupyter_client raises of a kernel that never came up.
        raise RunFailed(
            plan.study, "because its kernel died", _why_the_kernel_died(error, partial)
        ) from error


def _why_the_kernel_died(error: RuntimeError, partial: Path) -> str:
    """The usual cause: too little memory after a cell has run, else a kernelspec of another Python."""
    saved = partial / "notebook.ipynb"
    cells = read_json(saved).get("cells", []) if saved.is_file() else []
    if any(cell.get("execution_count") for cell in cells):
        return f"{error}; too little memory is the usual cause"
    return (
        f"{error}; it never began: does the kernelspec python3 (`jupyter kernelspec list`) start "
        f"{sys.executable}, which has ipykernel?"
    )


def _kernel_environment(partial: Path, threads: int, kept: Path | None) -> dict[str, str]:
    return (
        os.environ
        | dict.fromkeys(_THREAD_VARIABLES, str(threads))
        | {
            RUN_FOLDER_VARIABLE: str(partial),
            CHECKPOINTS_VARIABLE: "" if kept is None else str(kept),
            "PYTHONHASHSEED": "0",
            # cuBLAS computes the same way twice only with this setting.
            "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        }
    )


def _input_error_names() -> set[str]:
    """Names of InputError and of the exceptions that refine it, as a kernel's traceback gives them."""
    import neolab.io.cohort  # noqa: F401  (defines a refinement)

    found, names = [InputError], set()
    while found:
        kind = found.pop()
        names.add(kind.__name__)
        found += kind.__subclasses__()
    return names


def _check_finished(study: str, notebook: Any, partial: Path) -> None:
    errors = widget_errors(notebook)
    if errors:
        raise RunFailed(study, "in a widget's callback", "\n".join(errors))
    if not (partial / "results.json").is_file():
        raise RunFailed(study, "at its end", "the notebook did not call run.finish(), so it has no results")


def _run_record(plan: Plan, partial: Path, measured: dict[str, Any]) -> dict[str, Any]:
    """Return what ``run.json`` holds; takes over what the kernel said of itself."""
    results = json.loads((partial / "results.json").read_text(encoding="utf-8"))
    parameters, given = _shown(plan, plan.params.model_dump()), _shown(plan, plan.given)
    said = partial / "kernel.json"
    kernel = json.loads(said.read_text(encoding="utf-8"))
    said.unlink()
    peak = max(measured["peak_memory_bytes"], kernel["peak_memory_bytes"])
    return {
        "schema": RUN_SCHEMA,
        "study": plan.study,
        "parameters": parameters,
        "given": given,
        "profile": plan.params.profile,
        "seed": plan.params.seed,
        "result_class": results["result_class"],
        "results_sha256": cache.results_hash(partial),
        "data_hash": plan.key["data"],
        "device": kernel["device"],
        **measured,
        "peak_memory_bytes": peak,
        **environment_record(),
        "key": plan.key,
    }


def _shown(plan: Plan, values: dict[str, Any]) -> dict[str, Any]:
    """Parameters without the place of a folder of scans."""
    return values | {"data": plan.pseudonyms.label} if plan.pseudonyms else values


def _keep_failed(plan: Plan, partial: Path, failure: RunFailed) -> RunFailed:
    """Move the partial folder to ``failed_<name>`` and return the failure with its place."""
    place = plan.folder.parent / f"{folders.FAILED}{plan.folder.name}"
    last = "\n".join(failure.lines.splitlines()[-_LAST_LINES:])
    try:
        write_text(partial / "error.txt", f"{failure.study} failed {failure.where}\n\n{failure.lines}\n")
        if plan.pseudonyms:
            plan.pseudonyms.hide_in(partial)
        try:
            put_in_place(partial, place)
        except InputError:  # something else is there
            place = place.with_name(f"{folders.FAILED}{partial.name.removeprefix(PARTIAL)}")
            put_in_place(partial, place)
    except OSError:  # a full disk, which may be why the run failed
        shutil.rmtree(partial, ignore_errors=True)
        return RunFailed(failure.study, failure.where, last)
    return RunFailed(failure.study, failure.where, last, place)


def _plain(text: str) -> str:
    """``text`` without the escape sequences that colour it on a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _first_line(source: str) -> str:
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0] if lines else ""
