"""The lesson on Wu 2021: it reports what the paper's claims ask for, and reads real images."""

import json

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
