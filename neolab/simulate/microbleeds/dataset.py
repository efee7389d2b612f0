"""Render the four cohorts and write them as one BIDS folder."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from neolab.errors import InputError
from neolab.machine import one_job_a_core
from neolab.simulate.microbleeds.cohorts import (
    COHORTS,
    COLUMNS,
    DESCRIPTIONS,
    PUBLISHED_SUBJECTS,
    VISIBLE_COLUMNS,
    cohort_table,
    subjects,
)
from neolab.simulate.microbleeds.render import GreScan, render
from neolab.simulate.microbleeds.template import load_template

# Range of scanner z in mm that each profile renders: the whole head is only for the paper's sizes. All of a
# person's microbleeds lie in the range, so a thin range is a denser one.
SLAB_MM = {"smoke": (0.0, 24.0), "teach": (-6.0, 36.0), "paper": None}

# Heads in work at a time: a whole one takes 1.5 GB.
AT_A_TIME = 2


def simulate(
    out: str | Path,
    *,
    n: int = PUBLISHED_SUBJECTS,
    seed: int = 0,
    profile: str = "teach",
    progress: bool = True,
) -> Path:
    """Write the cohorts to ``out``: images, brain and microbleed masks, and a table of every lesion.

    Parameters
    ----------
    out : path
        New or empty folder.
    n : int
        People in all cohorts together.
    seed : int
    profile : {"smoke", "teach", "paper"}
    progress : bool

    Returns
    -------
    Path
    """
    from tqdm import tqdm

    from neolab.io.bids_write import DatasetWriter

    if profile not in SLAB_MM:
        raise InputError(f"profile: found {profile!r}, expected one of {', '.join(SLAB_MM)}")
    table = cohort_table(n, seed)
    people = list(zip(subjects(table, seed), table.cohort, strict=True))
    protocols = {name: asdict(shape.protocol) for name, shape in COHORTS.items()}
    writer = DatasetWriter(
        out,
        study="sundaresan2023",
        result_class="synthetic",
        seed=seed,
        profile=profile,
        columns=COLUMNS,
        protocol=protocols,
    )

    def scan(subject, cohort: str) -> pd.DataFrame:
        done = render(subject, COHORTS[cohort].protocol, SLAB_MM[profile])
        _write(writer, subject.participant_id, cohort, done)
        return done.lesions.assign(participant_id=subject.participant_id, session_id="01")

    with writer:
        with one_job_a_core(at_most=AT_A_TIME) as pool:
            scans = pool.map(lambda person: scan(*person), people)
            bar = tqdm(
                scans, total=len(people), desc="microbleeds", unit="scan", disable=None if progress else True
            )
            lesions = list(bar)
        writer.participants(table[["participant_id", *VISIBLE_COLUMNS]], DESCRIPTIONS)
        writer.latents(table.drop(columns=list(VISIBLE_COLUMNS)))
        writer.truth_table("lesions", pd.concat(lesions, ignore_index=True))
    load_template.cache_clear()  # 150 MB that only another simulation would ask for
    return Path(out)


def _write(writer, participant_id: str, cohort: str, scan: GreScan) -> None:
    images = {"magnitude": scan.magnitude, "phase": scan.phase, "swi": scan.swi, "qsm": scan.qsm_ppm}
    for kind in COHORTS[cohort].protocol.products:
        writer.image(participant_id, "01", kind, images[kind], scan.affine, scan.sidecar)
    writer.mask(participant_id, "01", "brain", scan.brain_mask, scan.affine)
    writer.mask(participant_id, "01", "microbleed", scan.lesion_labels, scan.affine)
    writer.mask(participant_id, "01", "vein", scan.vein_mask, scan.affine)
