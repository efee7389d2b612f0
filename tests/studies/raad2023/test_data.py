"""From a folder to cubes: roles, checks, files on other grids, and folders that lack things."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.nifti import write_nifti
from neolab.io.resample import resample_to_voxel_size
from neolab.studies.raad2023.atlas import simulated_atlas
from neolab.studies.raad2023.data import Data, load, study_scans
from neolab.studies.raad2023.parameters import Raad2023Parameters
from neolab.studies.raad2023.preprocess import ARRAYS
from neolab.studies.raad2023.roles import draw_roles
from neolab.studies.raad2023.truth import EXCESS_LABEL, findings, shaped_scans, unusual_part

PARAMS = Raad2023Parameters(profile="smoke")
ROLES = ["train", "train", "validation", "validation", "test", "test"]


def test_a_tenth_of_the_normals_is_held_out_where_a_folder_has_no_roles():
    roles = draw_roles(np.array([0] * 89 + [1] * 8), seed=3)
    assert dict(zip(*np.unique(roles.astype(str), return_counts=True), strict=True)) == {
        "test": 8, "train": 80, "validation": 9,
    }  # fmt: skip
    assert (roles[89:] == "test").all()
    assert (draw_roles(np.array([0] * 89), 3) == draw_roles(np.array([0] * 89), 3)).all()


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """A cache of prepared scans of its own, so that the first test of a folder prepares it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setattr("neolab.learn.scans.cache_folder", lambda: folder)
        yield


@pytest.fixture(scope="module")
def head():
    """A newborn's head and its brain in voxels of 4 mm."""
    scan, mask = simulated_atlas()
    return resample_to_voxel_size(scan, 4.0), resample_to_voxel_size(mask, 4.0, "nearest")


@pytest.fixture(scope="module")
def make_folder(head, tmp_path_factory):
    """A function that writes six such heads, with or without masks, and loads the folder."""

    def make(*, masks: bool, lesions: bool = False, change=lambda index, scan: scan) -> Cohort:
        root = tmp_path_factory.mktemp("six") / "heads"
        rng = np.random.default_rng(0)
        scan, mask = head
        for i in range(len(ROLES)):
            stem = f"sub-{i}/anat/sub-{i}"
            noisy = scan.get_fdata(dtype=np.float32) + rng.normal(0, 2, scan.shape).astype(np.float32)
            (root / stem).parent.mkdir(parents=True)
            nib.save(nib.Nifti1Image(change(i, noisy), scan.affine), root / f"{stem}_T2w.nii.gz")
            if masks:  # on voxels of half the size, stored in another orientation
                fine = resample_to_voxel_size(mask, 2.0, "nearest")
                fine = nib.Nifti1Image(np.asarray(fine.dataobj)[::-1], fine.affine @ flip(fine.shape[0]))
                write_nifti(
                    root / f"masks/{stem}_desc-brain_mask.nii.gz", np.asarray(fine.dataobj), fine.affine
                )
            if lesions:
                painted = np.zeros(scan.shape, np.uint8)
                painted[tuple(np.argwhere(np.asarray(mask.dataobj)).mean(axis=0).astype(int))] = 3
                write_nifti(root / f"lesions/{stem}_desc-lesions_dseg.nii.gz", painted, scan.affine)
        write_tables(root, masks, lesions)
        return study_scans(Cohort.load(root, study="raad2023"))

    return make


def flip(size: int) -> np.ndarray:
    """Voxel indices counted from the other end of the first axis."""
    matrix = np.diag([-1.0, 1.0, 1.0, 1.0])
    matrix[0, 3] = size - 1
    return matrix


def write_tables(root, masks: bool, lesions: bool) -> None:
    people = pd.DataFrame({"participant_id": [f"sub-{i}" for i in range(len(ROLES))], "role": ROLES})
    people["score"] = np.where(people["role"] == "test", 5, 1)
    people.to_csv(root / "participants.tsv", sep="\t", index=False)
    mapping = {
        "study": "raad2023",
        "result_class": "synthetic",
        "columns": {"label": "score", "positive": [5], "negative": [1]},
        "images": {"T2w": {"suffix": "T2w"}},
    }
    if masks:
        mapping["masks"] = {"brain": {"suffix": "mask", "desc": "brain", "folder": "masks"}}
    if lesions:
        mapping["labels"] = {
            "lesions_dseg": {"suffix": "dseg", "desc": "lesions", "folder": "lesions", "lookup": {"clot": 3}}
        }
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))


def test_masks_on_another_grid_land_on_the_brain_and_lesions_keep_their_name(make_folder):
    data = load(make_folder(masks=True, lesions=True), PARAMS, progress=False)
    assert data.table["extraction_dice"].min() > 0.9
    assert data.side == 32 and len(data) == 6
    assert all(np.asarray(image).max() == 1 and np.asarray(image).min() == 0 for image in data.images)
    assert {data.lesion_names[label] for label in np.unique(data.lesions(4)) if label} == {"clot"}
    assert data.fold.train.tolist() == [0, 1] and data.fold.test.tolist() == [2, 3, 4, 5]


def test_a_folder_without_any_mask_is_prepared_with_a_simulated_head_as_atlas(make_folder):
    data = load(make_folder(masks=False), PARAMS, progress=False)
    assert data.table["extraction_dice"].isna().all()
    shares = [data.brain(row).mean() for row in range(6)]
    assert min(shares) > 0.2 and max(shares) < 0.7
    assert not data.lesions(5).any() and not data.fluid(0).any()


def test_a_second_load_reads_what_the_first_made(make_folder, monkeypatch):
    cohort = make_folder(masks=True, lesions=True)
    first = load(cohort, PARAMS, progress=False)
    monkeypatch.setattr("neolab.studies.raad2023.data.arrays_of", None)
    again = load(cohort, PARAMS, progress=False)
    np.testing.assert_array_equal(first.images[3], again.images[3])


def test_a_scan_with_a_block_of_nan_is_refused_by_name(make_folder, monkeypatch):
    cubes = {name: np.zeros((2, 2, 2)) for name in ARRAYS}
    monkeypatch.setattr("neolab.studies.raad2023.data.arrays_of", lambda *_: cubes)

    def with_a_hole(index, scan):
        if index == 3:
            scan[10:12, 10:12, 10:12] = np.nan
        return scan

    with pytest.raises(InputError, match="sub-3_T2w.nii.gz: found .*not finite"):
        load(make_folder(masks=True, change=with_a_hole), PARAMS, progress=False)


def test_a_role_with_fewer_than_two_scans_is_refused(make_folder):
    cohort = make_folder(masks=False)
    with pytest.raises(InputError, match="found fewer than 2 scans for test, expected at least 2"):
        study_scans(cohort.select(range(5)))


@pytest.mark.parametrize(
    ("ages", "last"), [([np.nan, np.nan], "15102"), ([41.0, 35.0], "7201"), ([35.0, 41.0], "15102")]
)
def test_the_last_scan_of_an_infant_is_taken_whatever_its_session_is_called(make_folder, ages, last):
    cohort = make_folder(masks=False)
    table = cohort.table.iloc[[0, 0, 1, 2, 3, 4, 5]].reset_index(drop=True)
    table["session_id"] = ["7201", "15102", *["1"] * 5]
    cohort.table = table.assign(postmenstrual_age_weeks=[*ages, *[40.0] * 5])
    twice = table["participant_id"].iloc[0]
    kept = study_scans(cohort).table.set_index("participant_id")
    assert len(kept) == 6 and kept.loc[twice, "session_id"] == last


def test_a_role_that_contradicts_the_score_is_refused(make_folder):
    cohort = make_folder(masks=False)
    cohort.table["label"] = 0
    with pytest.raises(InputError, match="found role test and label 0, expected the role test for abnormal"):
        study_scans(cohort)


def test_a_folder_without_a_table_of_findings_has_none(make_folder):
    cohort = make_folder(masks=False)
    assert findings(cohort).empty and shaped_scans(cohort) == frozenset()


def box(*corners: int) -> np.ndarray:
    """A block of voxels from the first three to the last three corners in a cube of 20."""
    block = np.zeros((20, 20, 20), bool)
    block[tuple(slice(low, high) for low, high in zip(corners[:3], corners[3:], strict=True))] = True
    return block


def test_an_enlarged_ventricle_is_marked_where_it_outgrew_the_normal_ones_and_specks_are_not():
    usual_share = np.where(box(5, 5, 5, 9, 9, 9), 1.0, 0.0)
    grown = box(5, 5, 5, 15, 9, 9)
    found = unusual_part(grown | box(0, 0, 0, 1, 1, 2), usual_share, voxel_mm=2.0)
    np.testing.assert_array_equal(found, grown & ~box(5, 5, 5, 9, 9, 9))
    assert not unusual_part(box(5, 5, 5, 9, 9, 9), usual_share, voxel_mm=2.0).any()


def test_only_scans_with_a_finding_of_shape_get_a_mask_of_it_and_painted_lesions_stay():
    nothing, usual, wide = box(0, 0, 0, 0, 0, 0), box(5, 5, 5, 9, 9, 9), box(5, 5, 5, 15, 9, 9)
    clot = box(12, 5, 5, 14, 9, 9)
    arrays = {
        "ventricles": [usual, usual, wide, wide],
        "lesion": [4 * mask.astype(np.uint8) for mask in (nothing, nothing, clot, nothing)],
    }
    table = pd.DataFrame({"role": ["train", "train", "test", "validation"]})
    data = Data(table, arrays, {}, 2.0, shaped=frozenset([2]))
    assert not data.lesions(0).any() and not data.lesions(3).any()
    np.testing.assert_array_equal(data.lesions(2) == 4, clot)
    np.testing.assert_array_equal(data.lesions(2) == EXCESS_LABEL, wide & ~usual & ~clot)
