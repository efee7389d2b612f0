"""Simulated cohorts on disk: latents first, then one scan after another, all cores at work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from neolab.machine import one_job_a_core
from neolab.simulate.lesions.record import PAINTED

if TYPE_CHECKING:
    import pandas as pd

    from neolab.io.bids_write import DatasetWriter
    from neolab.simulate.protocols import Protocol
    from neolab.simulate.subject import Subject

LESION_DESCRIPTIONS = {
    "kind": {"Description": "Kind of finding"},
    "side": {"Description": "Side of the head"},
    "severity": {"Description": "0 just visible to 1 gross"},
    "count": {"Description": "Punctate lesions in all, or cysts a side"},
    "stage": {"Description": "Age of blood"},
    "volume_ml": {"Description": "Volume", "Units": "mL"},
    **{f"{axis}_mm": {"Description": f"Centroid in MNI152 space, {axis}", "Units": "mm"} for axis in "xyz"},
}


@dataclass(frozen=True)
class CohortPlan:
    """A cohort whose latents are drawn and whose images are still to be made.

    Attributes
    ----------
    table : DataFrame
        One row a scan: ``participant_id``, ``session_id``, the columns below, and latents.
    scan : callable
        Renders the scan of one row (its position), gives its files to a
        `~neolab.io.bids_write.DatasetWriter` and returns its findings, one row each.
    participant_columns, session_columns : sequence of str
        Columns for the tables that everybody may see; what is in neither is a latent.
    descriptions : mapping
        Column -> BIDS description.
    columns : mapping
        ``columns`` block of the ``neolab.yaml``.
    protocol : mapping
        How the images are acquired, recorded as it is.
    finding_descriptions : mapping
        As ``descriptions``, for the table of findings.
    at_a_time : int
        Scans in work at a time, however many cores there are.
    release : callable
        Called at the end, to let go of what only the simulation needed.
    """

    table: "pd.DataFrame"
    scan: Callable[["DatasetWriter", int], "pd.DataFrame"]
    participant_columns: Sequence[str]
    session_columns: Sequence[str]
    descriptions: Mapping
    columns: Mapping = field(default_factory=dict)
    protocol: Mapping = field(default_factory=dict)
    finding_descriptions: Mapping | None = None
    at_a_time: int = 8
    release: Callable[[], None] = lambda: None


def newborn_plan(
    table: "pd.DataFrame",
    subjects: "Sequence[Subject]",
    protocols: "Sequence[Sequence[Protocol]]",
    *,
    participant_columns: Sequence[str],
    session_columns: Sequence[str],
    descriptions: Mapping,
    columns: Mapping,
) -> CohortPlan:
    """Plan a cohort of digital newborns and infants: row i is a scan of subject i with all protocols i.

    The other parameters are those of `CohortPlan`.
    """
    return CohortPlan(
        table,
        lambda writer, row: write_scan(writer, subjects[row], protocols[row]),
        participant_columns,
        session_columns,
        descriptions,
        columns,
        {protocol.name: protocol.sidecar() for series in protocols for protocol in series},
        LESION_DESCRIPTIONS,
    )


def write_cohort(
    plan: CohortPlan, out: str | Path, *, study: str, seed: int, profile: str, progress: bool = True
) -> Path:
    """Render a planned cohort into a new BIDS folder.

    Parameters
    ----------
    plan : CohortPlan
    out : path
        Folder to make; it appears when it is complete, or not at all.
    study, seed, profile
        What the plan was made from, written into the description.
    progress : bool
        Show a progress bar on a terminal.

    Raises
    ------
    InputError
        For a folder that is not empty.
    """
    from neolab.io.bids_write import DatasetWriter

    people = plan.table["participant_id"].nunique()
    writer = DatasetWriter(
        out,
        study=study,
        result_class="synthetic",
        seed=seed,
        profile=profile,
        columns=plan.columns,
        protocol=plan.protocol,
        name=f"{study}: simulated cohort of {people} participants",
    )
    try:
        with writer:
            _write_tables(writer, plan)
            _write_findings(writer, plan, _render(writer, plan, progress))
    finally:
        plan.release()
    return Path(out)


def _write_tables(writer: "DatasetWriter", plan: CohortPlan) -> None:
    person = ["participant_id", *plan.participant_columns]
    scan = ["participant_id", "session_id", *plan.session_columns]
    writer.participants(plan.table[person].drop_duplicates("participant_id"), plan.descriptions)
    if plan.session_columns:
        writer.sessions(plan.table[scan], plan.descriptions)
    visible = {*plan.participant_columns, *plan.session_columns}
    writer.latents(plan.table[[name for name in plan.table if name not in visible]])


def _write_findings(writer: "DatasetWriter", plan: CohortPlan, findings: "Sequence[pd.DataFrame]") -> None:
    """Write one row a lesion to the ground truth, if there is any."""
    import pandas as pd

    rows = [table for table in findings if len(table)]
    if rows:
        writer.truth_table("lesions", pd.concat(rows, ignore_index=True), plan.finding_descriptions)


def _render(writer: "DatasetWriter", plan: CohortPlan, progress: bool) -> "list[pd.DataFrame]":
    """Simulate all scans with one thread a core; the first error stops the rest."""
    from tqdm import tqdm

    rows = range(len(plan.table))
    with one_job_a_core(plan.at_a_time) as pool:
        done = pool.map(lambda row: plan.scan(writer, row), rows)
        return list(tqdm(done, total=len(rows), unit="scan", disable=None if progress else True))


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
