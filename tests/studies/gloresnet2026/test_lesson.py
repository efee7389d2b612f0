"""The lesson on a folder as the developing HCP releases it: what it lacks is skipped, the rest is done."""

import json

import pytest
from preterm_folders import write_dhcp

from neolab.run.runner import execute, plan_run


@pytest.mark.notebook
def test_a_dhcp_folder_goes_through_the_lesson_without_lesions_motion_and_shuffled_labels(tmp_path):
    scores = ["1", "2", "3", "5", "Q", "4", "1", "2", "3", "1", "2", "5"]
    folder = write_dhcp(tmp_path / "dhcp", scores)
    given = {"data": str(folder), "permuted_control": False, "ablations": "short"}
    run = execute(plan_run("gloresnet2026", {"profile": "smoke", "seed": 0, **given}, runs=tmp_path / "runs"))
    results = json.loads((run / "results.json").read_text())
    assert results["result_class"] == "real"
    skipped = [sentence for sentence in results["limitations"] if "skipped" in sentence]
    assert [sentence.partition(":")[0] for sentence in skipped] == [
        "Findings of the cohort",
        "Permuted labels",
        "Grad-CAM",
        "Error analysis",
        "Motion",
    ]
    metrics = results["metrics"]
    assert not [name for name in metrics if name.startswith(("control.", "gradcam."))]
    assert {"gloresnet.clean.auc", "table1.gestational_age_injury", "baseline.volumes_and_age.auc"} <= set(
        metrics
    )
    assert {f"errors.sensitivity.score{score}" for score in (3, 4, 5)} <= set(metrics)
    assert (run / "predictions.csv").read_text().count("\n") == 12  # a header and eleven scans with a score
