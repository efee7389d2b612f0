"""Who is called wrongly, counted by hand."""

import pandas as pd
import pytest

from neolab.metrics.proportions import wilson
from neolab.studies.gloresnet2026.errors import (
    false_positives_by,
    finding_results,
    main_findings,
    prevalence,
    share_called,
    shares,
)

SCANS = pd.DataFrame(
    {
        "participant_id": list("abcdef"),
        "session_id": "01",
        "radiology_score": [5, 3, 1, 1, 1, 4],
        "label": [1, 1, 0, 0, 0, 1],
        "called": [True, False, True, False, False, False],
    }
)
FINDINGS = pd.DataFrame(
    {
        "participant_id": list("aabb") + ["c"],
        "session_id": "01",
        "kind": ["volume_loss", "intraventricular_haemorrhage", *["punctate_white_matter"] * 3],
    }
)


def test_a_scan_is_filed_under_its_most_conspicuous_finding():
    found = main_findings(FINDINGS, SCANS).tolist()
    none = ["none"] * 3
    assert found == ["intraventricular_haemorrhage", *["punctate_white_matter"] * 2, *none]


def test_infants_are_counted_once_a_finding():
    table = prevalence(FINDINGS, SCANS)
    assert table.loc["punctate_white_matter"].to_dict() == {"score 1": 1, "score 3": 1, "score 5": 0}


def test_shares_have_wilsons_interval_and_are_named_by_the_label():
    scans = SCANS.assign(finding=main_findings(FINDINGS, SCANS))
    results = finding_results(share_called(scans, "finding"))
    assert set(results["sensitivity"]) == {"intraventricular_haemorrhage", "punctate_white_matter", "none"}
    none = results["false_positive_rate"]["none"]
    expected = wilson(0, 2)
    assert (none.value, none.low, none.high, none.n) == (0, expected.low, expected.high, 2)


def test_scans_without_a_score_have_no_share():
    unknown = SCANS.assign(radiology_score=pd.array([pd.NA] * 6, "Int64"))
    assert shares(share_called(unknown, "radiology_score"), []) == {}


def test_false_alarms_of_moving_heads_are_compared_where_there_are_any():
    table, test = false_positives_by(SCANS, pd.Series([False, False, True, False, False, False]))
    assert table[["condition", "n", "called"]].to_numpy().tolist() == [[False, 2, 0], [True, 1, 1]]
    assert test.p == pytest.approx(1 / 3)
    assert false_positives_by(SCANS, pd.Series([False] * 6))[1] is None
