"""Loading cohorts: what comes back, and what is said of a folder with faults."""

import gzip
import pickle
import shutil

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml
from builders import AFFINE, picture, real_folder, write_cohort

from neolab.errors import InputError
from neolab.io.cohort import Cohort, CohortError
from neolab.io.nifti import encode_nifti, write_nifti
from neolab.io.result_class import ResultClass
from neolab.io.voxel_checks import check_voxels


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return write_cohort(tmp_path_factory.mktemp("pristine") / "cohort")


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "cohort")


def t1w(folder, participant_id="SYN0001"):
    return folder / f"sub-{participant_id}/ses-01/anat/sub-{participant_id}_ses-01_T1w.nii.gz"


def truth(folder, name, participant_id="SYN0001"):
    base = folder / f"derivatives/ground_truth/sub-{participant_id}/ses-01/anat"
    return base / f"sub-{participant_id}_ses-01_{name}.nii.gz"


def problems(folder, study=None) -> list[str]:
    with pytest.raises(CohortError) as caught:
        Cohort.load(folder, study)
    assert str(caught.value).count("\n- ") == len(caught.value.problems)
    return caught.value.problems


def edit_mapping(folder, **changes):
    path = folder / "neolab.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def test_a_simulated_folder_becomes_one_row_per_scan(pristine):
    cohort = Cohort.load(pristine, study="wu2021")
    assert cohort.result_class is ResultClass.SYNTHETIC
    assert list(cohort.table["participant_id"]) == ["SYN0001", "SYN0002", "SYN0003", "SYN0004"]
    assert list(cohort.table["session_id"]) == ["01"] * 4
    assert list(cohort.table["label"]) == [0, 1, 0, 1]
    assert cohort.table["label"].dtype == np.int64
    np.testing.assert_allclose(cohort.table["postmenstrual_age_weeks"], [38, 39, 40, 41])
    np.testing.assert_allclose(
        cohort.table["latent_globus_pallidus_ratio"], np.linspace(1.3, 1.4, 4), atol=1e-6
    )
    assert list(cohort.table["lesion_mask"] != "") == [True, False, False, False]
    assert np.isnan(cohort.table["birth_weight"][0])
    assert list(cohort.truth_table("lesions")["ml"]) == [1.5, 2.5]
    assert cohort.sidecar(0, "T1w")["FlipAngle"] == 80
    assert check_voxels(cohort) == []


def test_rows_may_be_given_as_series_or_positions(pristine):
    cohort = Cohort.load(pristine)
    assert cohort.path(cohort.table.iloc[2], "T1w") == cohort.path(2, "T1w") == t1w(pristine, "SYN0003")
    assert cohort.select(cohort.table["label"] == 1).path(1, "T1w") == t1w(pristine, "SYN0004")
    with pytest.raises(InputError, match="sub-SYN0002_ses-01: found no mask:lesion"):
        cohort.path(1, "mask:lesion")
    with pytest.raises(InputError, match="found 'T9w', expected one of T1w"):
        cohort.path(1, "T9w")


def test_a_mapped_hospital_folder_loads_with_its_own_names(tmp_path):
    cohort = Cohort.load(real_folder(tmp_path / "h"), study="wu2021")
    assert cohort.result_class is ResultClass.REAL
    assert list(cohort.table["session_id"]) == ["", ""]
    assert list(cohort.table["sex"]) == ["male", "female"]
    assert list(cohort.table["label"]) == [1, 0]
    np.testing.assert_array_equal(cohort.read(1, "mask:globus_pallidus").data, picture(1) > 700)


def test_a_challenge_folder_without_tables_loads_through_path_templates(tmp_path):
    """The layout of VALDO's second task: no anat folders, no participants table, masks beside images."""
    for number, participant_id in enumerate(["101", "102", "203"]):
        base = tmp_path / f"sub-{participant_id}"
        write_nifti(base / f"sub-{participant_id}_space-T2S_desc-masked_T2S.nii.gz", picture(number), AFFINE)
        write_nifti(base / f"sub-{participant_id}_space-T2S_CMB.nii.gz", picture(number) > 895, AFFINE)
    stem = "sub-{participant_id}/sub-{participant_id}_space-T2S_"
    mapping = {
        "study": "sundaresan2023",
        "result_class": "real",
        "images": {"T2starw": {"path": stem + "desc-masked_T2S.nii.gz"}},
        "masks": {"microbleed": {"path": stem + "CMB.nii.gz", "required": True}},
    }
    (tmp_path / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    cohort = Cohort.load(tmp_path, "sundaresan2023")
    assert list(cohort.table["participant_id"]) == ["101", "102", "203"]
    np.testing.assert_array_equal(cohort.read(2, "mask:microbleed").data, picture(2) > 895)
    (tmp_path / "sub-203" / "sub-203_space-T2S_CMB.nii.gz").unlink()
    assert problems(tmp_path) == [f"sub-203: found no microbleed_mask, expected {stem}CMB.nii.gz"]


@pytest.mark.parametrize("space", ["voxel", "mm"])
def test_points_come_back_in_scanner_millimetres(tmp_path, space):
    """Images with a table of microbleed centres instead of masks, all in one folder."""
    voxels = np.array([[1.0, 2, 3], [4, 5, 6]])
    millimetres = nib.affines.apply_affine(AFFINE, voxels)
    write_nifti(tmp_path / "images" / "07_swi.nii.gz", picture(0), AFFINE)
    stored = pd.DataFrame(voxels if space == "voxel" else millimetres, columns=["i", "j", "k"])
    stored.to_csv(tmp_path / "images" / "07_points.csv", index=False)
    points = {"path": "images/{participant_id}_points.csv", "columns": ["i", "j", "k"], "space": space}
    mapping = {
        "result_class": "real",
        "images": {"swi": {"path": "images/{participant_id}_swi.nii.gz"}},
        "points": {"microbleeds": points},
    }
    (tmp_path / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    cohort = Cohort.load(tmp_path)
    np.testing.assert_allclose(cohort.points_mm(0, "microbleeds"), millimetres, atol=1e-5)


def test_all_problems_are_reported_at_once(folder):
    t1w(folder, "SYN0001").unlink()
    content = encode_nifti(picture(1, (40, 40, 40)), AFFINE)
    t1w(folder, "SYN0002").write_bytes(content[: len(content) // 2])
    elsewhere = AFFINE.copy()
    elsewhere[0, 3] += 6
    write_nifti(truth(folder, "desc-brain_mask", "SYN0003"), np.ones((9, 8, 6)), elsewhere)
    moved = AFFINE.copy()
    moved[0, 3] += 2
    write_nifti(truth(folder, "desc-tissues_dseg", "SYN0004"), np.zeros((9, 8, 7), int), moved)
    found = problems(folder)
    assert len(found) == 4
    text = "\n".join(found)
    assert "sub-SYN0001_ses-01: found no T1w, expected sub-*_T1w.nii.gz" in text
    assert "sub-SYN0002_ses-01_T1w.nii.gz: found" in text
    assert "the file is truncated" in text
    assert "desc-brain_mask.nii.gz: found it beside its T1w, expected it in the same place" in text
    assert "desc-tissues_dseg.nii.gz: found an affine 2 mm off its T1w" in text


@pytest.mark.parametrize("kept_bytes", [0, 5, 40, 300])
def test_a_file_cut_anywhere_is_found_without_reading_its_voxels(folder, kept_bytes):
    path = t1w(folder)
    path.write_bytes(path.read_bytes()[:kept_bytes])
    (found,) = problems(folder)
    assert "sub-SYN0001_ses-01_T1w.nii.gz: found" in found


def test_a_file_cut_by_one_byte_is_found(folder):
    path = t1w(folder)
    path.write_bytes(path.read_bytes()[:-1])
    assert "the file is truncated" in problems(folder)[0]


def test_a_gzip_file_of_several_members_is_whole(folder):
    """Block compressors write several members; only the last one's length stands at the end."""
    import gzip

    raw = gzip.decompress(t1w(folder).read_bytes())
    t1w(folder).write_bytes(gzip.compress(raw[:500]) + gzip.compress(raw[500:]) + gzip.compress(b""))
    assert len(Cohort.load(folder)) == 4


def test_text_under_the_name_of_an_image_is_no_image(folder):
    t1w(folder).write_text("<html>log in first</html>")
    assert problems(folder) == [
        "sub-SYN0001/ses-01/anat/sub-SYN0001_ses-01_T1w.nii.gz: "
        "found a page of text, expected a NIfTI image: download it again"
    ]


def test_two_files_for_one_scan_are_a_duplicate(folder):
    shutil.copy(t1w(folder, "SYN0002"), str(t1w(folder)).replace("_T1w", "_run-1_T1w"))
    assert len(Cohort.load(folder)) == 4  # the exact name wins over one with a further entity
    shutil.copy(t1w(folder, "SYN0002"), str(t1w(folder)).replace("_T1w", "_run-2_T1w"))
    t1w(folder).unlink()
    assert "found several T1w files" in problems(folder)[0]


def test_the_same_image_under_two_participants_is_a_duplicate(folder):
    shutil.copy(t1w(folder, "SYN0002"), t1w(folder, "SYN0003"))
    (found,) = problems(folder)
    assert "sub-SYN0002_ses-01_T1w.nii.gz: found the identical image as" in found
    assert "sub-SYN0003" in found


def test_a_participant_listed_twice_or_not_at_all_is_a_problem(folder):
    path = folder / "participants.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], lines[1]]) + "\n")
    assert problems(folder) == [
        "sub-SYN0004: found files but no row in participants.tsv, expected one",
        "participants.tsv: found sub-SYN0001 twice, expected one row per participant",
    ]


def test_a_label_outside_its_set_names_the_scan_and_the_set(folder):
    path = folder / "participants.tsv"
    path.write_text(path.read_text().replace("\tABE", "\tABE?", 1))
    assert problems(folder) == ["sub-SYN0002_ses-01: found diagnosis 'ABE?', expected ABE, HB"]


def test_ignored_label_values_have_no_label(folder):
    path = folder / "participants.tsv"
    path.write_text(path.read_text().replace("\tABE", "\tn/a", 1))
    assert problems(folder) == ["sub-SYN0002_ses-01: found diagnosis 'n/a', expected ABE, HB"]
    columns = {"label": "diagnosis", "positive": ["ABE"], "negative": ["HB"], "ignore": ["n/a"]}
    edit_mapping(folder, columns=columns)
    labels = Cohort.load(folder).table["label"]
    assert list(labels.isna()) == [False, True, False, False]
    assert list(labels.dropna()) == [0, 0, 1]


def test_label_voxels_outside_the_lookup_are_found_when_voxels_are_read(folder):
    labels = np.zeros((9, 8, 7), int)
    labels[0, 0, 0] = 99
    write_nifti(truth(folder, "desc-tissues_dseg"), labels, AFFINE)
    cohort = Cohort.load(folder)
    with pytest.raises(InputError, match="found label 99, expected one of 0, 1, 8"):
        cohort.read(0, "dseg")
    assert check_voxels(cohort) == [
        "sub-SYN0001_ses-01_desc-tissues_dseg.nii.gz: found label 99, expected one of 0, 1, 8"
    ]


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7, 0.9, 0.99])
def test_damage_in_the_middle_of_a_file_is_found_when_voxels_are_read(folder, place):
    content = bytearray(t1w(folder).read_bytes())
    content[int(place * len(content))] ^= 0xFF
    t1w(folder).write_bytes(content)
    (found,) = check_voxels(Cohort.load(folder))
    assert "sub-SYN0001_ses-01_T1w.nii.gz: found damaged voxels" in found


def test_voxels_that_unzip_but_are_not_those_that_were_written_are_damage(folder):
    """Only the checksum at the end of the file can tell, which nibabel does not read."""
    plain = bytearray(gzip.decompress(t1w(folder).read_bytes()))
    whole = gzip.compress(plain)
    plain[-5] ^= 1
    t1w(folder).write_bytes(gzip.compress(plain)[:-8] + whole[-8:])
    cohort = Cohort.load(folder)
    assert nib.load(cohort.path(0, "T1w")).get_fdata().shape == (9, 8, 7)
    with pytest.raises(InputError, match="found damaged voxels .*CRC.*expected a whole image"):
        cohort.read(0, "T1w")


def test_an_empty_cohort_is_a_problem(folder):
    for path in folder.glob("sub-*"):
        shutil.rmtree(path)
    shutil.rmtree(folder / "derivatives")
    (folder / "participants.tsv").write_text("participant_id\tdiagnosis\tbirth_weight\n")
    assert "scans: found none, expected at least one" in problems(folder)


def test_a_folder_for_another_study_or_without_its_images_is_refused(folder):
    assert "study: found a folder for wu2021, expected raad2023" in problems(folder, "raad2023")
    edit_mapping(folder, study=["wu2021", "raad2023"])
    assert problems(folder, "raad2023") == ["images: found no T2w, expected one for raad2023"]
    assert len(Cohort.load(folder, "wu2021")) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"result_class": "phantom"}, "found result_class 'phantom', expected result_class to be one of"),
        ({"result_class": None}, "found no result_class, expected"),
        ({"study": "wu2022"}, "found study 'wu2022', expected one of wu2021"),
        ({"mask": {}}, "found key 'mask', expected one of .*did you mean masks"),
        ({"images": {}}, "found no images, expected at least one"),
        ({"images": {"T1w": {"acq": "x"}}}, "images: T1w: found neither suffix nor path"),
        ({"images": {"T1w": {"path": "a.nii"}}}, "expected {participant_id} in it"),
        ({"images": {"T1w": {"path": "{participant_id}/{scan}.nii"}}}, "no other name in"),
        ({"images": {"T1w": {"path": "{participant_id.nii"}}}, "expected {participant_id} in it"),
        ({"images": {"T1w": {"path": "../{participant_id}.nii"}}}, "expected one inside the folder"),
        ({"images": {"T1w": {"path": "{participant_id}.nii", "run": 1}}}, "found run beside path"),
        (
            {"labels": {"dseg": {"suffix": "dseg", "lookup": {"a": "b"}}}},
            "lookup: a: found 'b', expected a whole",
        ),
        ({"labels": {"dseg": {"suffix": "dseg", "lookup": "x.tsv"}}}, "lookup: found no file x.tsv"),
        ({"columns": {"label": "x"}}, "columns: found label, expected both label and positive"),
        ({"columns": {"label": "x", "positive": [1], "negative": [1]}}, "found '1' in two lists"),
        ({"columns": ["a"]}, "expected key: value pairs"),
    ],
)
def test_a_faulty_mapping_is_one_sentence_that_names_the_key(folder, change, sentence):
    edit_mapping(folder, **change)
    with pytest.raises(InputError, match=sentence) as caught:
        Cohort.load(folder)
    assert "\n" not in str(caught.value) and "neolab.yaml" in str(caught.value)


def test_text_that_is_not_yaml_is_one_sentence(folder):
    (folder / "neolab.yaml").write_text("images: [T1w: {")
    with pytest.raises(InputError, match="found text that is not YAML") as caught:
        Cohort.load(folder)
    assert "\n" not in str(caught.value)


def test_a_mapped_column_that_does_not_exist_is_a_problem(folder):
    edit_mapping(folder, columns={"birth_age_weeks": "gestation"})
    assert "columns: birth_age_weeks: found no column gestation, expected one among" in problems(folder)[0]


def test_no_folder_and_no_mapping_are_one_sentence_each(tmp_path):
    with pytest.raises(InputError, match="found no folder, expected a cohort"):
        Cohort.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="found neither neolab.yaml nor the dHCP layout"):
        Cohort.load(tmp_path)


def test_the_data_hash_follows_content_not_place_or_time(pristine, folder):
    first = Cohort.load(pristine).data_hash()
    assert Cohort.load(folder).data_hash() == first
    write_nifti(t1w(folder), picture(77), AFFINE)
    assert Cohort.load(folder).data_hash() != first


def test_the_data_hash_follows_the_tables(folder):
    first = Cohort.load(folder).data_hash()
    path = folder / "participants.tsv"
    path.write_text(path.read_text().replace("ABE", "HB", 1))
    assert Cohort.load(folder).data_hash() != first


def test_the_error_survives_pickling(tmp_path):
    error = CohortError(tmp_path, ["a: found 1, expected 2"])
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) and copy.problems == error.problems
