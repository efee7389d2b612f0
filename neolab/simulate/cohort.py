"""Simulated cohorts on disk: latents first, then one scan after another, all cores at work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neolab.machine import one_job_a_core

if TYPE_CHECKING:
    import pandas as pd

    from neolab.io.bids_write import DatasetWriter


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


def apportion(n: int, shares: "Mapping[Any, float]") -> "dict[Any, int]":
    """Return how many of ``n`` each gets in proportion to ``shares``; the largest remainders get the rest.

    >>> apportion(10, {"few": 1, "many": 2})
    {'few': 3, 'many': 7}
    """
    exact = n * np.array(list(shares.values())) / sum(shares.values())
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: n - whole.sum()]] += 1
    return dict(zip(shares, whole.tolist(), strict=True))


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
