"""The lesson on Wu 2021: it reports what the paper's claims ask for, and reads real images."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from neolab.run.paths import repository_folder
from neolab.run.runner import execute, plan_run

pytestmark = pytest.mark.notebook


def results(folder) -> dict:
    return json.loads((folder / "results.json").read_text())


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    return execute(plan_run("wu2021", {"profile": "smoke", "seed": 0}, runs=tmp_path_factory.mktemp("runs")))


def test_every_claim_that_asks_for_a_result_gets_one(smoke):
    claims = yaml.safe_load((repository_folder() / "data" / "papers" / "wu2021.yaml").read_text())["claims"]
    wanted = {claim["result"] for claim in claims if claim.get("result")}
    assert len(wanted) > 50
    assert wanted <= set(results(smoke)["metrics"])


def test_every_newborn_is_called_once_by_every_method(smoke):
    predictions = pd.read_csv(smoke / "predictions.csv")
    assert predictions["participant_id"].is_unique
    calls = predictions.filter(like="_call")
    assert calls.shape[1] == 5 and calls.isin([0, 1]).all(axis=None)
    assert predictions.notna().all(axis=None)


def test_a_real_template_gives_its_ratio_and_says_what_it_lacks(pallidum_folder, tmp_path):
    folder = execute(plan_run("wu2021", {"data": str(pallidum_folder)}, runs=tmp_path))
    found = results(folder)
    assert found["result_class"] == "template"
    assert 0.8 < found["metrics"]["gpnorm.mean"]["value"] < 1.0
    assert set(found["metrics"]) == {"gpnorm.mean", "gpnorm.rater_sd"}
    skipped = [sentence.split(":")[0] for sentence in found["limitations"]]
    assert skipped[:2] == ["Table 1", "Figure 3"] and "ResNet18" in skipped
    assert all("no column of diagnoses" in sentence for sentence in found["limitations"])


def test_a_folder_with_diagnoses_and_nothing_else_is_told_what_each_section_lacks(tmp_path):
    """No label map, and none of the columns of Table 1: every section is skipped, and the run still ends."""
    from neolab.io.nifti import write_nifti

    root, rng = tmp_path / "hospital", np.random.default_rng(0)
    for name in ("01", "02"):
        write_nifti(root / f"sub-{name}/anat/sub-{name}_T1w.nii.gz", rng.random((12, 12, 6)), np.eye(4))
    (root / "participants.tsv").write_text("participant_id\tdx\nsub-01\tABE\nsub-02\tHB\n")
    columns = {"label": "dx", "positive": ["ABE"], "negative": ["HB"]}
    mapping = {"result_class": "real", "columns": columns, "images": {"T1w": {"suffix": "T1w"}}}
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    found = results(execute(plan_run("wu2021", {"data": str(root)}, runs=tmp_path / "runs")))
    assert found["result_class"] == "real" and found["metrics"] == {}
    told = dict(sentence.split(": skipped, because this folder has no ") for sentence in found["limitations"])
    assert told["Table 1"] == "column of sex, age, weight or blood values."
    assert told["GP/WM ratio"] == "label map with white matter and globus pallidus."
    assert told["ResNet18"] == "set of 5 newborns in each group, one a fold."
    assert told["Visual inspection"] == (
        "label map with white matter and globus pallidus and no simulated contrast."
    )


def test_the_network_learns_from_a_folder_with_diagnoses_and_without_label_maps(tmp_path):
    """No tissue is labelled: readers and ratios are skipped by name, and the network learns."""
    from neolab.io.nifti import write_nifti

    root, rng = tmp_path / "hospital", np.random.default_rng(0)
    rows = ["participant_id\tdx"]
    for number in range(8):
        who = f"sub-{number:02d}"
        write_nifti(root / who / f"anat/{who}_T1w.nii.gz", rng.random((24, 28, 8)), np.diag([5, 5, 10, 1.0]))
        rows.append(f"{who}\t{('ABE', 'HB')[number % 2]}")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    columns = {"label": "dx", "positive": ["ABE"], "negative": ["HB"]}
    mapping = {"result_class": "real", "columns": columns, "images": {"T1w": {"suffix": "T1w"}}}
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    params = {"data": str(root), "profile": "smoke"}
    folder = execute(plan_run("wu2021", params, runs=tmp_path / "runs"))
    found = results(folder)
    assert {"resnet18.slice.accuracy", "resnet18.patient.auc_by_newborn"} <= set(found["metrics"])
    assert not {name for name in found["metrics"] if name.startswith(("gpnorm", "visual", "compare"))}
    assert {"figure5a_training", "figure6_misread", "figure4_comparison"} <= set(found["figures"])
    skipped = {sentence.split(":")[0] for sentence in found["limitations"] if "skipped" in sentence}
    assert {"GP/WM ratio", "Cut-off", "What the network follows", "Paired comparison"} <= skipped
    assert not {"ResNet18", "Comparison"} & skipped
    calls = pd.read_csv(folder / "predictions.csv").filter(like="_call")
    assert list(calls) == ["resnet18_slice_call", "resnet18_patient_call"]
