"""Simulated cohorts of the studies, kept in a cache whose names say what made them."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from neolab.cache import cache_folder
from neolab.catalogue import get_study, study_module
from neolab.errors import InputError, quoted
from neolab.fingerprint import fingerprint
from neolab.machine import return_free_memory
from neolab.parameters import PROFILES
from neolab.run.registry import parameters_of

# What decides the images besides the seed; the simulator computes with these.
_LIBRARIES = ("numpy", "scipy", "nibabel", "SimpleITK")


def simulate_cohort(
    study: str,
    out: str | Path,
    *,
    n: int | None = None,
    seed: int = 0,
    profile: str = "teach",
    progress: bool = True,
) -> Path:
    """Simulate the cohort of a study into a new BIDS folder.

    Parameters
    ----------
    study : str
        Identifier of the study.
    out : path
        Folder to make; it appears when it is complete, or not at all.
    n : int, optional
        Participants; the profile's number when None.
    seed : int
        Equal seeds give equal bytes.
    profile : str
        ``"smoke"``, ``"teach"`` or ``"paper"``.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    pathlib.Path
        ``out``.

    Raises
    ------
    InputError
        For an unknown study or profile, a size that the study cannot have, or a folder that is not empty.
    """
    from neolab.simulate.cohort import write_cohort

    get_study(study)
    if profile not in PROFILES:
        raise InputError(f"profile: found {quoted(profile)}, expected one of {', '.join(PROFILES)}")
    n = parameters_of(study).profile_values[profile]["n_subjects"] if n is None else n
    plan = study_module(study, "cohort").plan(n, seed, profile)
    return write_cohort(plan, out, study=study, seed=seed, profile=profile, progress=progress)


def simulated_cohort(
    study: str, profile: str, seed: int, n: int | None = None, progress: bool | None = None
) -> Path:
    """Return the folder of a simulated cohort, which is made now if the cache does not have it.

    Parameters
    ----------
    study, profile, seed, n
        What to simulate; n None is the profile's own number of participants.
    progress : bool, optional
        Whether to show a progress bar; by default where someone watches.

    Notes
    -----
    Of several processes that want the same cohort one makes it and the others wait. A process that is
    killed leaves nothing behind that a later one would take for a cohort.
    """
    from filelock import FileLock

    parent = cache_folder() / "cohorts"
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"{study}_{profile}_n{n or 'default'}_seed{seed}_{simulator_fingerprint(study)}"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            return_free_memory()
            simulate_cohort(study, folder, n=n, seed=seed, profile=profile, progress=progress is not False)
            return_free_memory()
    return folder


def simulator_fingerprint(study: str) -> str:
    """Return twelve hex digits that change with the study's simulator and the libraries it computes with."""
    parts = [fingerprint([f"neolab.studies.{study}.cohort"])]
    parts += [f"{name}=={version(name)}" for name in _LIBRARIES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
