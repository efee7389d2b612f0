"""A cohort of digital newborns and infants: what is scanned with what, and the files of one scan."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.errors import InputError
from neolab.simulate.cohort import CohortPlan
from neolab.simulate.lesions.record import PAINTED
from neolab.simulate.subject import Subject

if TYPE_CHECKING:
    import pandas as pd

    from neolab.simulate.protocols import Protocol

LESION_DESCRIPTIONS = {
    "kind": {"Description": "Kind of finding"},
    "side": {"Description": "Side of the head"},
    "severity": {"Description": "0 just visible to 1 gross"},
    "count": {"Description": "Punctate lesions in all, or cysts a side"},
    "stage": {"Description": "Age of blood"},
    "volume_ml": {"Description": "Volume", "Units": "mL"},
    **{f"{axis}_mm": {"Description": f"Centroid in MNI152 space, {axis}", "Units": "mm"} for axis in "xyz"},
}


def random_stream(n: int, seed: int, *, at_least: int, key: int) -> np.random.Generator:
    """Return the stream from which a cohort of ``n`` infants is drawn; ``key`` keeps studies apart.

    Raises
    ------
    InputError
        If ``n`` is below ``at_least`` or ``seed`` negative.
    """
    if n < at_least:
        raise InputError(f"n is {n}, expected at least {at_least} infants")
    if seed < 0:
        raise InputError(f"seed is {seed}, expected zero or more")
    return np.random.default_rng(np.random.SeedSequence([seed, n, key]))


def identifiers(n: int) -> dict[str, object]:
    """Columns ``participant_id`` and ``session_id`` of ``n`` infants with one scan each."""
    return {"participant_id": [f"SYN{i + 1:04d}" for i in range(n)], "session_id": "01"}


def subjects_of(table: "pd.DataFrame", seed: int, *fields: str, **columns: str) -> list[Subject]:
    """Return one subject for every row of a cohort table.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``participant_id``, ``session_id``, ``postmenstrual_age_weeks`` and ``sex``.
    seed : int
        Seed of the cohort.
    *fields : str
        Other fields of `Subject` that are columns of the same name.
    **columns : str
        Those that stand in a column of another name.
    """
    same = ("participant_id", "session_id", "postmenstrual_age_weeks", "sex", *fields)
    chosen = {**{name: name for name in same}, **columns}
    return [
        Subject(seed=seed, **{field: row[column] for field, column in chosen.items()})
        for row in table.to_dict("records")
    ]


def newborn_plan(
    table: "pd.DataFrame",
    subjects: "Sequence[Subject]",
    protocols: "Sequence[Sequence[Protocol]]",
    **tables: Sequence[str] | Mapping,
) -> CohortPlan:
    """Plan a cohort of digital newborns and infants: row i is a scan of subject i with all protocols i.

    The other parameters are those of `CohortPlan` that say what stands in the folder's tables:
    ``participant_columns``, ``session_columns``, ``descriptions`` and ``columns``.
    """
    return CohortPlan(
        table,
        lambda writer, row: write_scan(writer, subjects[row], protocols[row]),
        protocol={protocol.name: protocol.sidecar() for series in protocols for protocol in series},
        finding_descriptions=LESION_DESCRIPTIONS,
        **tables,
    )


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
    from neolab.simulate.acquisition import acquire, scan_labels, scan_mask, view_for
    from neolab.simulate.anatomy import make_anatomy
    from neolab.simulate.lesions.paint import paint
    from neolab.simulate.model import HeadModel
    from neolab.simulate.tissues import INTRACRANIAL, TISSUES

    where = subject.participant_id, subject.session_id
    head, seen = HeadModel.of(subject), None
    for index, protocol in enumerate(protocols):
        asked = *view_for(subject, protocol), protocol.field_tesla
        if asked != seen:  # T1 and T2 of one session mostly share the anatomy
            anatomy, seen = make_anatomy(head, *asked[:2]), asked
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
