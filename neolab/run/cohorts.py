"""Simulated cohorts, kept in a cache whose names say what made them."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from neolab.machine import return_free_memory
from neolab.run.fingerprint import other_studies, source_fingerprint

# The modules that turn arrays into files.
_WRITERS = ("io/bids_write.py", "io/describe.py", "io/kinds.py", "io/nifti.py")

# What decides the images besides the seed; the simulator computes with these.
_LIBRARIES = ("numpy", "scipy", "nibabel", "SimpleITK")


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

    from neolab.simulate.cache import cache_folder
    from neolab.simulate.generate import simulate_cohort

    parent = Path(cache_folder()) / "cohorts"
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
    parts = [source_fingerprint(("simulate", *_WRITERS), without=other_studies(study))]
    parts += [f"{name}=={version(name)}" for name in _LIBRARIES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
