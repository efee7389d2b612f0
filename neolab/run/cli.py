"""The command line. Each command imports what it needs when it is called."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from neolab.errors import InputError, os_sentence
from neolab.run.options import usage_sentence

# What a shell gives for a process that Ctrl-C ended.
STOPPED = 130
# What typer raises of words that it cannot read; newer versions have it from a click of their own.
_UsageError = typer.BadParameter.__base__

app = typer.Typer(
    help="Teach and replicate deep learning on neonatal and brain MRI.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Profile = Annotated[str, typer.Option(help="Sizes: smoke, teach or paper.")]
Seed = Annotated[int, typer.Option(help="Seed of the cohort, the folds and the training.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; repeatable.")
]


def main() -> None:
    """Run the command line: status 0 done, 1 a run failed, 2 bad input, 130 stopped; said in one sentence."""
    _prepare_streams()
    status, sentence = 2, ""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
        if status == STOPPED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        sys.stdout.flush()
    except InputError as error:
        sentence = str(error)
    except _UsageError as error:
        sentence = usage_sentence(error, sys.argv[1:])
    except (typer.Abort, KeyboardInterrupt):
        status, sentence = STOPPED, "stopped; what was complete before is as it was"
    except BrokenPipeError:  # whoever read the output has seen enough
        status = 1
    except OSError as error:
        sentence = os_sentence(error)
    except MemoryError:
        status, sentence = 1, "memory: found too little for this, expected a smaller n or a larger machine"
    if sentence:
        print(f"neolab: {sentence}", file=sys.stderr)
    _close_output()
    sys.exit(status)


def _prepare_streams() -> None:
    """Closed streams take what is printed and lose it; a terminal that lacks a letter shows its number."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  (for as long as we live)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _close_output() -> None:
    """Leave nothing for the interpreter to complain of when it closes a full or broken output."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.command()
def studies() -> None:
    """List the studies and whether their notebook is here."""
    from neolab.catalogue import all_studies
    from neolab.run.registry import available

    here = available()
    for study in all_studies().values():
        notebook = f"notebooks/{study.notebook}.ipynb" if study.id in here else "no notebook in this copy"
        lines = (f"{study.title} ({study.modality})", study.citation, notebook)
        print(f"{study.id:<16}" + ("\n" + " " * 16).join(lines))


@app.command()
def simulate(
    study: str,
    out: Path,
    n: Annotated[
        int | None, typer.Option(help="Participants; the profile's number by default.", min=1, max=100_000)
    ] = None,
    seed: Seed = 0,
    profile: Profile = "teach",
) -> None:
    """Simulate a study's cohort into OUT, a new BIDS folder."""
    from neolab.catalogue import get_study
    from neolab.parameters import check_parameters
    from neolab.run.cohorts import simulate_cohort
    from neolab.run.registry import parameters_of

    get_study(study)
    params = check_parameters(parameters_of(study), {"profile": profile, "seed": seed})
    n = n or params.n_subjects
    folder = simulate_cohort(study, out, n=n, seed=seed, profile=profile, progress=sys.stderr.isatty())
    print(f"{study}: {n} simulated participants in {folder}")


@app.command("map")
def draft_map(
    path: Path,
    out: Annotated[Path | None, typer.Option(help="Where to write; PATH/neolab.yaml if absent.")] = None,
) -> None:
    """Look at the scans in PATH, draft a neolab.yaml for them, and say what each study could do."""
    from neolab.io.draft import describe_draft, draft_mapping, write_draft

    draft = draft_mapping(path)
    place = out or path / "neolab.yaml"
    if draft.text:
        write_draft(draft, place)
    print("\n".join([f"{path}:", *describe_draft(draft)]))
    if draft.text:
        print(f"{place}: written; its comments say what to fill in")


@app.command("check-data")
def check_data(
    study: str,
    path: Path,
    voxels: Annotated[
        bool | None, typer.Option(help="Read every file whole; by default under 50 scans.")
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="List the pseudonyms that runs write.")] = False,
) -> None:
    """Check that PATH is a folder that STUDY can read, and say what is in it."""
    from neolab.catalogue import get_study
    from neolab.io.cohort import Cohort, CohortError
    from neolab.io.pseudonymise import pseudonyms_of
    from neolab.io.voxel_checks import check_voxels, watched

    get_study(study)
    if not path.is_dir():
        raise InputError(f"data: found no folder at {path}, expected a BIDS folder")
    cohort = Cohort.load(path, study=study)
    voxels = len(cohort) < 50 if voxels is None else voxels
    if problems := check_voxels(cohort, watched) if voxels else []:
        raise CohortError(path, problems)
    participants = cohort.table["participant_id"].nunique()
    scans = f"{len(cohort.table)} scans of {participants} participants"
    depth = "" if voxels else "; headers only, --voxels reads everything"
    print(f"{path}: {scans}, result class {cohort.result_class}{depth}")
    if ids and (pseudonyms := pseudonyms_of(cohort)):
        print(pseudonyms.names.to_csv(sep="\t", index=False), end="")


@app.command()
def run(
    study: str,
    profile: Profile = "teach",
    data: Annotated[Path | None, typer.Option(help="A BIDS folder; simulated if absent.")] = None,
    seed: Seed = 0,
    param: Params = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/STUDY/... if absent.")] = None,
) -> None:
    """Execute a study's notebook into a run folder."""
    from neolab.run.options import parse_assignments
    from neolab.run.runner import RunFailed, execute, plan_run

    given = {"profile": profile, "seed": seed, **parse_assignments(param or [])}
    if data is not None:
        given["data"] = str(data)
    plan = plan_run(study, given, out)
    if plan.is_done:
        print(f"{study}: nothing has changed since the run in {_short(plan.folder)}")
        return
    if plan.changed:
        print(f"{study}: running again, because of changes in {', '.join(plan.changed)}")
    try:
        execute(plan)
    except RunFailed as failure:
        print(f"neolab: {failure}", file=sys.stderr)
        sys.exit(1)
    print(f"{study}: done, see {_short(plan.folder)}")


@app.command()
def replicate(
    study: Annotated[list[str] | None, typer.Argument(help="Studies; all by default.")] = None,
    profile: Profile = "teach",
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "0",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=V1,V2", help="A parameter and its values; repeatable."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Runs at a time on this machine.", min=1)] = 1,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler instead.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads a run; cores divided by jobs.", min=1)] = None,
    runs: Annotated[Path | None, typer.Option(help="Folder of all runs.")] = None,
) -> None:
    """Run studies, print the claim ledger and write the report. Runs that are there are not repeated."""
    from neolab.run import replicate as many
    from neolab.run.options import parse_grid, parse_seeds
    from neolab.run.overview import Overview
    from neolab.run.paths import runs_folder
    from neolab.run.report import write_report
    from neolab.run.summary import print_ledger, show_progress

    folder = runs.absolute() if runs else runs_folder()
    grid, chosen = parse_grid(param or []), many.choose_studies(study or [])
    threads = threads or (1 if dask else many.threads_per_run(jobs))
    wanted = many.make_jobs(chosen, parse_seeds(seeds), profile, grid, folder, threads)
    kept, waiting = many.split_done(wanted)
    outcomes = many.run_on_dask(waiting, dask) if dask else many.run_here(waiting, jobs)
    failed = show_progress(kept, outcomes, len(wanted))
    overview = Overview(folder)
    print_ledger(overview)
    print(f"report: {_short(write_report(overview))}")
    if failed:
        sys.exit(1)


@app.command()
def audit(
    paper: Annotated[
        str | None, typer.Argument(help="A study, a YAML file, or a folder of them; all studies by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    new: Annotated[
        Path | None, typer.Option(help="Write a commented YAML file for a paper of your own.")
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="Print such a file, from the statistics in a text.")
    ] = None,
) -> None:
    """Check published numbers against each other: the five papers', or those of any paper. Needs no data."""
    from neolab.run.summary import print_audit, print_proposal, print_template

    if sum(option is not None for option in (paper, new, text)) > 1:
        raise InputError("audit: found several of PAPER, --new and --text, expected one of them")
    if new is not None:
        print_template(new)
    elif text is not None:
        print_proposal(text)
    else:
        print_audit(paper, as_json=json)


@app.command()
def report(
    runs: Annotated[Path | None, typer.Argument(help="Folder of runs.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="report_public.html, without pictures of people.")
    ] = False,
) -> None:
    """Write report.html from the runs that are there."""
    from neolab.run.overview import Overview
    from neolab.run.paths import runs_folder
    from neolab.run.report import write_report

    folder = runs.absolute() if runs else runs_folder()
    if not folder.is_dir():
        raise InputError(
            f"runs: found no folder at {folder}, expected one that `neolab replicate` has filled"
        )
    print(f"report: {_short(write_report(Overview(folder, public=public)))}")


def _short(path: Path) -> str:
    """The path as seen from here, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
