"""Every mapping of data/README.md reads the folder that its text describes, up to the study's data."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from described import IDS, described_folder, microbleeds

from neolab.catalogue import study_module
from neolab.io.cohort import Cohort
from neolab.io.kinds import KINDS
from neolab.io.voxel_checks import check_voxels
from neolab.parameters import check_parameters

README = Path(__file__).parents[2] / "data" / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


def named(example: str) -> str:
    return "-".join([yaml.safe_load(example)["study"], *yaml.safe_load(example)["images"]])


@pytest.fixture(params=EXAMPLES, ids=map(named, EXAMPLES))
def cohort(request, tmp_path) -> Cohort:
    root = described_folder(tmp_path / "folder", request.param)
    return Cohort.load(root, yaml.safe_load(request.param)["study"])


def test_the_folder_is_read_whole_and_the_study_gets_its_data(cohort):
    """Numbers by construction: who has which label and age, signal ratios, and how many microbleeds."""
    assert check_voxels(cohort) == []
    assert list(cohort.table["participant_id"]) == list(IDS)
    module, params = study_module(cohort.study, "data"), _params(cohort.study)
    used = module.with_ages(cohort) if cohort.study == "wada2019" else cohort
    _CHECKS[cohort.study](module.load(used, params, progress=False))


def _params(study: str):
    model = next(
        one
        for name, one in vars(study_module(study, "parameters")).items()
        if name.lower() == f"{study}parameters"
    )
    return check_parameters(model, {"profile": "smoke"})


def _check_newborns(data) -> None:
    assert list(data.table["label"]) == [0, 1] * 3
    assert (
        list(data.table["age_days"]) == list(range(3, 9))
        and list(data.table["sex"]) == ["female", "male"] * 3
    )
    np.testing.assert_allclose(data.table["gpnorm"], 1.40, atol=0.01)


def _check_infants(data) -> None:
    # 41.5 weeks, then every twelve; a month has 30.4375 days, or about 4.345 weeks.
    months = (1.5 + 12 * np.arange(6)) * 7 / 30.4375
    np.testing.assert_allclose(data.table["corrected_age_months"], months, rtol=1e-3)
    brain_ml = 4 / 3 * np.pi * 40 * 52 * 26 / 1000
    np.testing.assert_allclose(data.brain_volume_ml, brain_ml, rtol=0.02)


def _check_microbleeds(data) -> None:
    assert [len(scan.centres) for scan in data.scans] == [2] * 5 + [0]
    voxels = int((data.scans[0].lesions > 0).sum())
    assert voxels == pytest.approx(microbleeds(0).sum(), rel=0.8)


_CHECKS = {"wu2021": _check_newborns, "wada2019": _check_infants, "sundaresan2023": _check_microbleeds}


def test_there_is_an_example_for_each_study_that_needs_a_mapping():
    studies = {yaml.safe_load(example)["study"] for example in EXAMPLES}
    assert studies == {"wu2021", "wada2019", "sundaresan2023"}


def test_the_list_of_kinds_is_complete():
    listed = re.search(r"Kinds that the studies\s+know: (.*?)\.\n", TEXT, flags=re.DOTALL).group(1)
    assert re.sub(r"\s+", " ", listed).replace("`", "").split(", ") == list(KINDS)
