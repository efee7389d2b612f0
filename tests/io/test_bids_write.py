"""What the dataset writer leaves on disk, and what it does not."""

import json
import pickle
import subprocess
from concurrent.futures import ProcessPoolExecutor

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from builders import AFFINE, LOOKUP, picture, write_cohort, write_scan, write_tables

from neolab.errors import InputError
from neolab.io.bids_write import DatasetWriter
from neolab.io.cohort import Cohort
from neolab.io.nifti import encode_nifti, quantise


def validator_errors(validator, folder) -> list[str]:
    """Codes and places of all errors that the official validator finds, derivatives included."""
    command = [validator, str(folder), "--recursive", "--format", "json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    reports = [report, *report.get("derivativesSummary", {}).values()]
    issues = [issue for part in reports for issue in part["issues"]["issues"]]
    assert len(reports) > 1
    return [f"{i['code']} {i.get('location')}" for i in issues if i["severity"] == "error"]


def test_the_official_validator_finds_no_error_and_does_find_a_planted_one(bids_validator, tmp_path):
    out = tmp_path / "cohort"
    with DatasetWriter(out, study="sundaresan2023", result_class="synthetic", seed=1) as writer:
        write_tables(writer, ids := ["SYN0001", "SYN0002"])
        for number, participant_id in enumerate(ids):
            write_scan(writer, participant_id, number)
            for offset, kind in enumerate(["T2w", "magnitude", "phase", "swi", "qsm"], start=10 * number + 5):
                writer.image(participant_id, "01", kind, picture(offset), AFFINE, {"EchoTime": 0.02})
            writer.truth_map(participant_id, "01", "susceptibility_map", picture(3) - 400, AFFINE)
            writer.truth_map(participant_id, "01", "t1_map", picture(4), AFFINE)
        writer.mask(participant_id, "01", "microbleed", picture(1) > 890, AFFINE)
    assert validator_errors(bids_validator, out) == []
    (out / "sub-SYN0001" / "ses-01" / "anat" / "brain.nii.gz").write_bytes(b"")
    assert validator_errors(bids_validator, out) != []


def test_images_come_back_within_half_a_quantisation_step_and_in_place(tmp_path):
    cohort = Cohort.load(write_cohort(tmp_path / "c"), study="wu2021")
    image = nib.load(cohort.path(0, "T1w"))
    np.testing.assert_array_equal(cohort.read(0, "T1w").data, image.get_fdata())
    np.testing.assert_allclose(cohort.read(0, "T1w").affine, AFFINE, atol=1e-6)
    step = picture(0).max() / 4095
    assert np.abs(image.get_fdata() - picture(0)).max() <= step / 2 * 1.001
    np.testing.assert_allclose(image.affine, AFFINE, atol=1e-6)
    np.testing.assert_allclose(image.get_qform(), AFFINE, atol=1e-5)
    assert int(image.header["qform_code"]) == int(image.header["sform_code"]) == 1
    assert image.header.get_xyzt_units()[0] == "mm"
    assert image.get_data_dtype() == np.int16


def test_masks_and_labels_come_back_exactly_as_bytes(tmp_path):
    cohort = Cohort.load(write_cohort(tmp_path / "c"))
    assert nib.load(cohort.path(1, "dseg")).get_data_dtype() == np.uint8
    expected = np.select([picture(1) > 600, picture(1) > 300], [8, 1], 0)
    np.testing.assert_array_equal(cohort.read(1, "dseg").data, expected)
    np.testing.assert_array_equal(cohort.read(1, "mask:brain").data, picture(1) > 300)
    assert cohort.lookup() == LOOKUP


def test_signed_images_keep_their_sign_and_sixteen_bits():
    data = np.linspace(-np.pi, np.pi, 60).reshape(3, 4, 5)
    image = nib.Nifti1Image.from_bytes(__import__("gzip").decompress(encode_nifti(data, AFFINE)))
    assert np.abs(image.get_fdata() - data).max() <= np.pi / 32767


def test_equal_input_gives_equal_bytes():
    assert encode_nifti(picture(1), AFFINE) == encode_nifti(picture(1).copy(), AFFINE.copy())


def test_images_that_cannot_be_stored_are_refused():
    with pytest.raises(InputError, match="not finite"):
        quantise(np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="from 0 to 70000, expected them to fit 16 bits"):
        quantise(np.array([0, 70000]))


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    out = tmp_path / "c"
    out.mkdir()
    (out / "thesis.txt").write_text("keep me")
    with pytest.raises(InputError, match="expected a new or empty folder"):
        write_cohort(out)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert (out / "thesis.txt").read_text() == "keep me"


def test_an_error_half_way_leaves_nothing_behind(tmp_path):
    with (
        pytest.raises(RuntimeError),
        DatasetWriter(tmp_path / "c", study="wu2021", result_class="synthetic") as writer,
    ):
        write_tables(writer, ["SYN0001"])
        write_scan(writer, "SYN0001", 0)
        raise RuntimeError("the simulator failed")
    assert list(tmp_path.iterdir()) == []


def test_nothing_appears_under_the_final_name_before_the_end(tmp_path):
    with DatasetWriter(tmp_path / "c", study="wu2021", result_class="synthetic") as writer:
        write_tables(writer, ["SYN0001"])
        write_scan(writer, "SYN0001", 0)
        assert not (tmp_path / "c").exists()
    assert (tmp_path / "c" / "participants.tsv").exists()


def write_in_worker(pickled: bytes, number: int) -> None:
    write_scan(pickle.loads(pickled), f"SYN{number:04d}", number)


def test_several_processes_write_one_dataset(tmp_path):
    ids = [f"SYN{number:04d}" for number in range(6)]
    with DatasetWriter(tmp_path / "c", study="wu2021", result_class="synthetic", columns=None) as writer:
        write_tables(writer, ids)
        with ProcessPoolExecutor(2) as pool:
            list(pool.map(write_in_worker, [pickle.dumps(writer)] * 6, range(6)))
    cohort = Cohort.load(tmp_path / "c")
    assert list(cohort.table["participant_id"]) == ids
    np.testing.assert_array_equal(cohort.read(5, "brain_mask").data, picture(5) > 300)
    assert not list((tmp_path / "c").rglob("*.part"))


def test_the_description_says_what_made_the_images(tmp_path):
    out = write_cohort(tmp_path / "c", profile="smoke", protocol={"echo_time_ms": 2.14})
    block = json.loads((out / "dataset_description.json").read_text())["Neolab"]
    assert block == {
        "Study": "wu2021",
        "ResultClass": "synthetic",
        "Seed": 1,
        "Profile": "smoke",
        "Protocol": {"echo_time_ms": 2.14},
    }
    assert "nobody was scanned" in (out / "README.md").read_text()
    assert Cohort.load(out).protocol == {"echo_time_ms": 2.14}


def test_writing_an_image_or_participant_twice_is_refused(tmp_path):
    with (
        pytest.raises(InputError, match="expected each image once"),
        DatasetWriter(tmp_path / "c", study="wu2021", result_class="synthetic") as writer,
    ):
        write_scan(writer, "SYN0001", 0)
        write_scan(writer, "SYN0001", 0)
    with (
        pytest.raises(InputError, match="expected one row per participant"),
        DatasetWriter(tmp_path / "c", study="wu2021", result_class="synthetic") as writer,
    ):
        writer.participants(pd.DataFrame({"participant_id": ["SYN0001", "sub-SYN0001"]}))
    assert list(tmp_path.iterdir()) == []
