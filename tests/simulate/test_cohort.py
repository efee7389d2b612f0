"""A simulated cohort on disk: complete, valid, repeatable, or not there at all."""

import hashlib
import json
import subprocess
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from neolab import machine
from neolab.errors import InputError
from neolab.run.cohorts import simulate_cohort
from neolab.simulate import newborn
from neolab.simulate.tissues import TISSUES
from neolab.studies.wu2021.cohort import cohort_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_cohort("wu2021", tmp_path_factory.mktemp("wu") / "cohort", n=3, seed=4)


def content(root):
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(root).rglob("*"))
        if path.is_file()
    }


def test_the_official_validator_finds_no_error(bids_validator, folder):
    run = subprocess.run([bids_validator, "--format", "json", str(folder)], capture_output=True, text=True)
    issues = json.loads(run.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue.get("severity") == "error"] == []


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 1)
    again = simulate_cohort("wu2021", tmp_path / "again", n=3, seed=4)
    assert content(again) == content(folder)


def test_another_seed_gives_other_images(folder, tmp_path):
    other = simulate_cohort("wu2021", tmp_path / "other", n=2, seed=5)
    image = "sub-SYN0001/ses-01/anat/sub-SYN0001_ses-01_T1w.nii.gz"
    assert content(other)[image] != content(folder)[image]


def test_the_cohort_is_read_back_as_it_was_drawn(folder):
    from neolab.io.cohort import Cohort

    cohort = Cohort.load(folder, study="wu2021")
    drawn = cohort_table(3, seed=4)
    assert str(cohort.result_class) == "synthetic" and cohort.study == "wu2021"
    table = cohort.table.sort_values("participant_id").reset_index(drop=True)
    assert table["diagnosis"].tolist() == drawn["diagnosis"].tolist()
    np.testing.assert_allclose(table["latent_gpnorm"].astype(float), drawn["gpnorm"], rtol=1e-5)
    np.testing.assert_allclose(table["age_days"].astype(float), drawn["age_days"])


def test_a_scan_has_eighteen_slices_and_its_ground_truth_lies_on_them(folder):
    image = nib.load(next(folder.glob("sub-SYN0001/**/*_T1w.nii.gz")))
    assert image.shape[2] == 18
    np.testing.assert_allclose(image.header.get_zooms(), [0.45, 0.45, 4.5], rtol=0.01)
    truth = folder / "derivatives" / "ground_truth"
    labels = nib.load(next(truth.glob("sub-SYN0001/**/*_dseg.nii.gz")))
    mask = nib.load(next(truth.glob("sub-SYN0001/**/*_mask.nii.gz")))
    for truth_image in (labels, mask):
        assert truth_image.shape == image.shape
        np.testing.assert_allclose(truth_image.affine, image.affine, atol=1e-4)
    voxels = np.asarray(labels.dataobj)
    assert {TISSUES["globus_pallidus"], TISSUES["subthalamic_nucleus"]} <= set(np.unique(voxels))
    assert (np.asarray(mask.dataobj)[voxels == TISSUES["white_matter"]] == 1).all()


def test_the_sidecar_speaks_bids_units(folder):
    sidecar = json.loads(next(folder.glob("sub-SYN0001/**/*_T1w.json")).read_text())
    assert sidecar["RepetitionTime"] == pytest.approx(0.2)
    assert sidecar["EchoTime"] == pytest.approx(0.00214)
    assert sidecar["FlipAngle"] == 80 and sidecar["MagneticFieldStrength"] == 3
    assert sidecar["SliceThickness"] == 4.5


def test_latents_are_not_in_the_tables_that_a_reader_sees(folder):
    participants = pd.read_csv(folder / "participants.tsv", sep="\t")
    assert not {"gpnorm", "stnnorm", "globus_pallidus_t1_ms"} & set(participants.columns)


def test_a_scan_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("scanner on fire")

    monkeypatch.setattr(newborn, "write_scan", fail)
    with pytest.raises(RuntimeError, match="on fire"):
        simulate_cohort("wu2021", tmp_path / "cohort", n=2, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed_where_nobody_watches(tmp_path, capfd):
    simulate_cohort("wu2021", tmp_path / "cohort", n=2, seed=0, progress=True)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(study="wu2020"), "study: found 'wu2020', expected one of"),
        (dict(study="wu2021", profile="huge"), "profile: found 'huge', expected one of smoke, teach, paper"),
        (dict(study="wu2021", n=1), "n is 1, expected at least 2"),
        (dict(study="wu2021", n=2, seed=-1), "seed is -1, expected zero or more"),
    ],
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        simulate_cohort(arguments.pop("study"), tmp_path / "cohort", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="expected a new or empty folder"):
        simulate_cohort("wu2021", tmp_path, n=2, seed=0)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
