"""Who is called wrongly: shares of calls by finding, by score and by motion."""

from collections.abc import Iterable

import pandas as pd

from neolab.metrics.compare import Comparison, fisher_exact
from neolab.metrics.estimate import Estimate
from neolab.metrics.proportions import wilson

#: Findings from the most to the least conspicuous; a scan is filed under the first that it has.
CONSPICUOUS = (
    "periventricular_infarction",
    "intraventricular_haemorrhage",
    "cystic_leukomalacia",
    "ventricular_dilatation",
    "basal_ganglia_injury",
    "watershed_injury",
    "cerebellar_haemorrhage",
    "volume_loss",
    "germinal_matrix_haemorrhage",
    "punctate_white_matter",
    "subdural_haemorrhage",
    "asymmetry",
    "subependymal_cyst",
    "diffuse_high_signal",
)
NO_FINDING = "none"
SCAN = ["participant_id", "session_id"]


def main_findings(findings: pd.DataFrame, scans: pd.DataFrame) -> pd.Series:
    """The most conspicuous finding of every scan, ``"none"`` where there is none.

    Parameters
    ----------
    findings : DataFrame
        One row a finding: ``participant_id``, ``session_id``, ``kind``.
    scans : DataFrame
        One row a scan: ``participant_id``, ``session_id``.
    """
    rank = {kind: position for position, kind in enumerate(CONSPICUOUS)}
    ordered = findings.assign(_rank=findings["kind"].map(rank).fillna(len(rank))).sort_values("_rank")
    first = ordered.drop_duplicates(SCAN)[[*SCAN, "kind"]]
    return scans[SCAN].merge(first, on=SCAN, how="left")["kind"].fillna(NO_FINDING).set_axis(scans.index)


def prevalence(findings: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """Number of infants with each finding (rows) by radiology score (columns).

    Parameters
    ----------
    findings : DataFrame
        As for `main_findings`.
    scans : DataFrame
        One row a scan: ``participant_id``, ``session_id``, ``radiology_score``.
    """
    counted = findings.merge(scans[[*SCAN, "radiology_score"]]).drop_duplicates(["participant_id", "kind"])
    return pd.crosstab(counted["kind"], "score " + counted["radiology_score"].astype(str)).rename_axis(
        columns=None
    )


def share_called(scans: pd.DataFrame, by: str) -> pd.DataFrame:
    """Share of scans called injured, for every value of a column and both groups.

    Parameters
    ----------
    scans : DataFrame
        One row a scan: ``label`` (1 injury), ``called`` (bool) and the column ``by``.
    by : str

    Returns
    -------
    DataFrame
        ``label``, ``by``, ``n``, ``called``, ``share`` and the ends ``low`` and ``high`` of Wilson's 95 %
        interval. With label 1 the share is a sensitivity, with label 0 a false-positive rate.
    """
    rows = []
    for (label, value), part in scans.groupby(["label", by], sort=True):
        estimate = wilson(int(part["called"].sum()), len(part))
        ends = estimate.value, estimate.low, estimate.high
        rows.append((label, value, len(part), int(part["called"].sum()), *ends))
    return pd.DataFrame(rows, columns=["label", by, "n", "called", "share", "low", "high"])


def false_positives_by(scans: pd.DataFrame, condition: pd.Series) -> tuple[pd.DataFrame, Comparison | None]:
    """Compare the false-positive rate of normal scans with and without a condition, such as motion.

    Parameters
    ----------
    scans : DataFrame
        ``label`` and ``called``.
    condition : Series of bool
        On the same rows.

    Returns
    -------
    table : DataFrame
        As from `share_called`, label 0 only, by ``condition``.
    test : Comparison or None
        Fisher's exact test; None where all normal scans are alike in condition or call.
    """
    normal = scans.assign(condition=condition.astype(bool))[scans["label"] == 0]
    counts = pd.crosstab(normal["condition"], normal["called"])
    return share_called(normal, "condition"), fisher_exact(counts) if counts.shape == (2, 2) else None


def finding_results(table: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """Shares by finding by name of the result: sensitivities, and false-positive rates."""
    groups = {"sensitivity": table[table["label"] == 1], "false_positive_rate": table[table["label"] == 0]}
    return {name: shares(part, part["finding"]) for name, part in groups.items()}


def shares(table: pd.DataFrame, names: Iterable[str]) -> dict[str, Estimate]:
    """Rows of `share_called` as estimates under the given names."""
    return {
        name: Estimate(row.share, row.low, row.high, row.n, "95% Wilson, infants")
        for name, row in zip(names, table.itertuples(), strict=True)
    }
