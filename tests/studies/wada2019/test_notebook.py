"""The myelin lesson on a folder shaped like a hospital's: what can be done is done, the rest says why not."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from neolab.io.nifti import write_nifti
from neolab.run.paths import repository_folder
from neolab.run.runner import execute, plan_run

pytestmark = pytest.mark.notebook


def printed_mapping() -> str:
    """The ``neolab.yaml`` that data/README.md prints for this study."""
    text = (repository_folder() / "data" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    return next(one for one in examples if yaml.safe_load(one)["study"] == "wada2019")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Ten infants with T1w, T2w, brain mask, and white matter that changes with age; no labels."""
    root = tmp_path_factory.mktemp("hospital")
    weeks = np.linspace(38, 138, 10)
    head = np.zeros((36, 44, 14), bool)
    head[3:33, 3:41, 1:13] = True
    white = np.zeros_like(head)
    white[12:24, 14:30, 3:11] = True
    for number, age in enumerate(weeks):
        rng, name = np.random.default_rng(number), f"{number + 1:02d}"
        noise = 100 + 10 * rng.standard_normal((2, *head.shape))
        for image, contrast, sign in zip(noise, ("T1w", "T2w"), (1, -1), strict=True):
            voxels = (head * (image + sign * (age - 80) * white)).astype(np.float32)
            write_nifti(root / f"sub-{name}/anat/sub-{name}_{contrast}.nii.gz", voxels, np.diag([4, 4, 8, 1]))
        mask = root / f"derivatives/brains/sub-{name}/anat/sub-{name}_desc-brain_mask.nii.gz"
        write_nifti(mask, head.astype(np.uint8), np.diag([4, 4, 8, 1]))
    table = pd.DataFrame({"participant_id": [f"sub-{i + 1:02d}" for i in range(10)], "scan_age": weeks})
    table.assign(sex="F").to_csv(root / "participants.tsv", sep="\t", index=False)
    (root / "neolab.yaml").write_text(printed_mapping())
    return root


def test_every_cell_survives_a_folder_without_labels_and_field_strengths(hospital, tmp_path):
    given = {"profile": "smoke", "seed": 0, "data": str(hospital)}
    folder = execute(plan_run("wada2019", given, runs=tmp_path))
    found = json.loads((folder / "results.json").read_text())
    assert found["result_class"] == "real"
    told = dict(
        sentence.split(": skipped, because this folder has no ")
        for sentence in found["limitations"]
        if ": skipped" in sentence
    )
    assert told == {
        "Figure 1": "simulated infants.",
        "Field strength": "column field_strength_tesla.",
        "Residuals explained": "simulated myelin ages.",
        "Attribution": "simulated infants.",
        "Myelin or anatomy": "simulated infants.",
        "Age slider": "simulated infants.",
        "Levels without labels": "tissue labels.",
        "Delayed infants": "simulated infants.",
    }
    done = {"simple.cv.mae", "ensemble.cv.mae", "simple.cv.mae_seed_sd", "compare.ensemble_minus_simple_mae"}
    done |= {"baseline.brain_volume.mae", "size.matched_spearman", "delay.flagged_normal_share"}
    assert done <= set(found["metrics"])
    assert {"ages", "levels", "figure4_scatter", "baselines"} == set(found["figures"])


def test_a_folder_with_images_and_nothing_else_is_told_so_before_anything_long_runs(hospital, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(hospital, bare, ignore=shutil.ignore_patterns("derivatives", "participants.tsv"))
    mapping = yaml.safe_load(printed_mapping())
    kept = {name: mapping[name] for name in ("study", "result_class", "images")}
    (bare / "neolab.yaml").write_text(yaml.safe_dump(kept))
    given = {"profile": "smoke", "seed": 0, "data": str(bare)}
    folder = execute(plan_run("wada2019", given, runs=tmp_path / "runs"))
    found = json.loads((folder / "results.json").read_text())
    assert {name.partition(".")[0] for name in found["metrics"]} == {"network"}
    training = next(sentence for sentence in found["limitations"] if sentence.startswith("Training"))
    assert training == (
        "Training: skipped, because this folder has no column corrected_age_months or "
        "postmenstrual_age_weeks and no label map or brain mask and no infants of both age ranges of model B."
    )
