"""Simulated cohorts on disk: latents first, then one scan after another, all cores at work."""

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from neolab.errors import InputError
from neolab.machine import one_job_a_core
from neolab.simulate.lesions.record import PAINTED
from neolab.studies import get_study


@dataclass(frozen=True)
class Recipe:
    """How a study's cohort is simulated.

    Attributes
    ----------
    module : str
        Imported when the cohort is made. It offers ``cohort_table(n, seed)``, ``subjects(table, seed)``,
        ``protocols(row)``, ``PARTICIPANT_COLUMNS``, ``SESSION_COLUMNS``, ``DESCRIPTIONS`` and ``COLUMNS``;
        or, for heads of another kind, ``simulate(out, n=, seed=, profile=, progress=)`` which does it all.
    sizes : dict
        Profile -> number of participants.
    """

    module: str
    sizes: dict[str, int] = field(default_factory=dict)


RECIPES: dict[str, Recipe] = {
    "wu2021": Recipe("neolab.simulate.wu2021", {"smoke": 20, "teach": 79, "paper": 79}),
    "raad2023": Recipe("neolab.simulate.raad2023", {"smoke": 12, "teach": 48, "paper": 97}),
    "wada2019": Recipe("neolab.simulate.wada2019", {"smoke": 12, "teach": 72, "paper": 119}),
    "gloresnet2026": Recipe("neolab.simulate.gloresnet2026", {"smoke": 16, "teach": 128, "paper": 128}),
    "sundaresan2023": Recipe("neolab.simulate.microbleeds.dataset", {"smoke": 12, "teach": 30, "paper": 287}),
}


LESION_DESCRIPTIONS = {
    "kind": {"Description": "Kind of finding"},
    "side": {"Description": "Side of the head"},
    "severity": {"Description": "0 just visible to 1 gross"},
    "count": {"Description": "Punctate lesions in all, or cysts a side"},
    "stage": {"Description": "Age of blood"},
    "volume_ml": {"Description": "Volume", "Units": "mL"},
    **{f"{axis}_mm": {"Description": f"Centroid in MNI152 space, {axis}", "Units": "mm"} for axis in "xyz"},
}


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
        For a study without a simulated cohort, an unknown profile, or a folder that is not empty.
    """
    recipe = _recipe(study)
    n = _size(recipe, profile) if n is None else n
    cohort = import_module(recipe.module)
    if hasattr(cohort, "simulate"):
        return cohort.simulate(out, n=n, seed=seed, profile=profile, progress=progress)
    table = cohort.cohort_table(n, seed)
    subjects = cohort.subjects(table, seed)
    return _write(study, Path(out), cohort, table, subjects, seed, profile, progress)


def _recipe(study: str) -> Recipe:
    get_study(study)
    if study not in RECIPES:
        raise InputError(f"study: {study} has no simulated cohort, expected one of {', '.join(RECIPES)}")
    return RECIPES[study]


def _size(recipe: Recipe, profile: str) -> int:
    if profile not in recipe.sizes:
        raise InputError(f"profile: found {profile!r}, expected one of {', '.join(recipe.sizes)}")
    return recipe.sizes[profile]


def _write(study, out, cohort, table, subjects, seed, profile, progress) -> Path:
    from neolab.io.bids_write import DatasetWriter

    protocols = [cohort.protocols(row) for row in table.itertuples()]
    summary = {protocol.name: protocol.sidecar() for series in protocols for protocol in series}
    writer = DatasetWriter(
        out,
        study=study,
        result_class="synthetic",
        seed=seed,
        profile=profile,
        columns=cohort.COLUMNS,
        protocol=summary,
        name=f"{study}: simulated cohort of {table['participant_id'].nunique()} participants",
    )
    with writer:
        _write_tables(writer, cohort, table)
        _write_findings(writer, _write_scans(writer, subjects, protocols, progress))
    return out


def _write_tables(writer, cohort, table) -> None:
    person = ["participant_id", *cohort.PARTICIPANT_COLUMNS]
    scan = ["participant_id", "session_id", *cohort.SESSION_COLUMNS]
    writer.participants(table[person].drop_duplicates("participant_id"), cohort.DESCRIPTIONS)
    writer.sessions(table[scan], cohort.DESCRIPTIONS)
    visible = set(person) | set(scan)
    hidden = [column for column in table.columns if column not in visible]
    writer.latents(table[["participant_id", "session_id", *hidden]])


def _write_findings(writer, findings) -> None:
    """Write one row a lesion to the ground truth, if there is any."""
    import pandas as pd

    rows = [table for table in findings if len(table)]
    if rows:
        writer.truth_table("lesions", pd.concat(rows, ignore_index=True), LESION_DESCRIPTIONS)


def _write_scans(writer, subjects, protocols, progress: bool) -> list:
    """Simulate all scans with one thread a core; the first error stops the rest.

    Returns the table of findings of every subject.
    """
    from tqdm import tqdm

    with one_job_a_core() as pool:
        done = pool.map(lambda job: write_scan(writer, *job), zip(subjects, protocols, strict=True))
        return list(tqdm(done, total=len(subjects), unit="scan", disable=None if progress else True))


def write_scan(writer, subject, protocols):
    """Scan one subject with every protocol and write the images and their ground truth.

    The label map and the masks lie on the grid of the first protocol. Labels are those of the anatomy without
    its lesions.

    Parameters
    ----------
    writer : neolab.io.bids_write.DatasetWriter
    subject : Subject
    protocols : sequence of Protocol

    Returns
    -------
    DataFrame
        One row a finding, with ``participant_id`` and ``session_id``; see `neolab.simulate.lesions.paint`.
    """
    import numpy as np

    from neolab.simulate.acquisition import acquire, scan_labels, scan_mask, view_for
    from neolab.simulate.anatomy import make_anatomy
    from neolab.simulate.lesions.paint import paint
    from neolab.simulate.tissues import INTRACRANIAL, TISSUES

    where = subject.participant_id, subject.session_id
    seen = None
    for index, protocol in enumerate(protocols):
        asked = *view_for(subject, protocol), protocol.field_tesla
        if asked != seen:  # T1 and T2 of one session mostly share the anatomy
            anatomy, seen = make_anatomy(subject, *asked[:2]), asked
            painted = paint(anatomy, protocol.field_tesla)
        scan = acquire(painted.anatomy, protocol, painted.relaxation)
        writer.image(*where, protocol.suffix, scan.image, scan.affine, scan.sidecar)
        if index == 0:
            findings = painted.findings
            labels = scan_labels(anatomy, protocol)
            writer.label_map(*where, labels, scan.affine, TISSUES)
            # The mask of the developing HCP: everything inside the skull, fluid too.
            brain = np.isin(labels, [TISSUES[name] for name in INTRACRANIAL])
            writer.mask(*where, "brain", brain, scan.affine)
            if painted.mask.any():
                kinds = scan_mask(anatomy, protocol, painted.mask)
                writer.mask(*where, "lesion", kinds, scan.affine)
                writer.label_map(*where, kinds, scan.affine, PAINTED, name="lesions")
    return findings.assign(participant_id=where[0], session_id=where[1])
