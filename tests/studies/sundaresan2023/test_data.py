"""Folders of other people's scans, read as data/README.md says and taken through the preprocessing."""

import re
from functools import partial
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.volume import Volume
from neolab.studies.sundaresan2023 import data

README = Path(__file__).parents[3] / "data" / "README.md"
AFFINE = np.array([[-0.8, 0, 0, 20], [0, 0.8, 0, -20], [0, 0, 3.0, -20], [0, 0, 0, 1.0]])  # stored as LAS
SHAPE = (44, 48, 14)
SPOTS = [(16, 20, 6), (28, 30, 8)]


def example(heading: str) -> str:
    """The mapping under one heading of data/README.md."""
    text = README.read_text(encoding="utf-8")
    return re.search(rf"### {heading}.*?```yaml\n(.*?)```", text, flags=re.DOTALL).group(1)


def head(stripped: bool, seed: int = 0):
    """Image with two dark spots, brain and microbleed mask, on one grid."""
    x, y, z = np.indices(SHAPE)
    brain = ((x - 22) ** 2 + (y - 24) ** 2 < 17**2) & (z > 0) & (z < 13)
    spots = np.zeros(SHAPE, bool)
    for cx, cy, cz in SPOTS:
        spots |= ((x - cx) ** 2 + (y - cy) ** 2 < 6) & (z == cz)
    image = np.random.default_rng(seed).normal(400, 5, SHAPE)
    image[spots] = 40
    return np.where(brain, image, 0) if stripped else image, brain, spots


def save(path: Path, array, kind=np.int16):
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.asarray(array).astype(kind), AFFINE), path)


@pytest.fixture
def load(phantom):
    """Load a folder by the mapping under one heading of data/README.md."""
    return partial(_load, params=phantom.parameters(bias="smooth", vessels=False))


def _load(root: Path, heading: str, params):
    (root / "neolab.yaml").write_text(example(heading), encoding="utf-8")
    cohort = Cohort.load(root, "sundaresan2023")
    assert cohort.result_class == "real"
    return cohort, data.load(cohort, params).scans


def test_valdos_skull_stripped_scans_need_no_brain_mask(tmp_path, load):
    for number in (101, 102):
        image, brain, spots = head(stripped=True, seed=number)
        stem = tmp_path / f"sub-{number}" / f"sub-{number}_space-T2S_"
        save(Path(f"{stem}desc-masked_T2S.nii.gz"), image)
        save(Path(f"{stem}CMB.nii.gz"), spots if number == 101 else 0 * spots)
    _, scans = load(tmp_path, "VALDO, task 2")
    assert [len(scan.centres) for scan in scans] == [2, 0]
    assert scans[0].prepared.mask.sum() == brain.sum()
    seen = scans[0].prepared.channels[0][scans[0].lesions > 0]
    assert seen.min() > 0.8 > np.median(scans[0].prepared.channels[0][scans[0].prepared.mask])


def test_points_and_a_brain_mask_serve_as_well(tmp_path, load):
    image, brain, spots = head(stripped=False)
    save(tmp_path / "images" / "01.nii.gz", image)
    save(tmp_path / "brains" / "01.nii.gz", brain)
    rows = "\n".join(",".join(map(str, spot)) for spot in SPOTS)
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "01.csv").write_text(f"x,y,z\n{rows}\n", encoding="utf-8")
    cohort, scans = load(tmp_path, "SHK")
    assert data.main_kind(cohort, cohort.table.iloc[0]) == "swi"
    assert len(scans[0].centres) == 2
    # Both spots are bright where the points were grown, whatever the orientation in which they are stored.
    assert all(scans[0].prepared.channels[0][scans[0].lesions == i].max() > 0.8 for i in (1, 2))


def test_a_derivative_folder_with_masks_loads_and_a_missing_mask_means_no_microbleed(tmp_path, load):
    for seed, name in enumerate("AB"):
        image, brain, spots = head(stripped=False, seed=seed)
        folder = f"sub-{name}/anat/sub-{name}_"
        save(tmp_path / "derivatives/swi" / f"{folder}desc-swi_T2starw.nii.gz", image)
        save(tmp_path / "derivatives/swi" / f"{folder}desc-brain_mask.nii.gz", brain)
    save(tmp_path / "derivatives/manual/sub-A/anat/sub-A_label-microbleed_mask.nii.gz", spots)
    _, scans = load(tmp_path, "UK Biobank, OXVASC, TICH2")
    assert [len(scan.centres) for scan in scans] == [2, 0]


def test_an_image_with_its_skull_and_no_brain_mask_is_refused(tmp_path, load):
    image, _, spots = head(stripped=False)
    stem = tmp_path / "sub-101" / "sub-101_space-T2S_"
    save(Path(f"{stem}desc-masked_T2S.nii.gz"), image)
    save(Path(f"{stem}CMB.nii.gz"), spots)
    with pytest.raises(InputError, match="101: found no brain mask and an image with its skull"):
        load(tmp_path, "VALDO, task 2")


def test_a_mask_on_another_grid_than_the_image_is_brought_to_it(tmp_path, load):
    image, brain, spots = head(stripped=False)
    folder = "sub-A/anat/sub-A_"
    save(tmp_path / "derivatives/swi" / f"{folder}desc-swi_T2starw.nii.gz", image)
    save(tmp_path / "derivatives/swi" / f"{folder}desc-brain_mask.nii.gz", brain)
    path = tmp_path / "derivatives/manual" / f"{folder}label-microbleed_mask.nii.gz"
    save(path, spots)
    _, (expected,) = load(tmp_path, "UK Biobank, OXVASC, TICH2")
    fine = np.kron(spots, np.ones((2, 2, 1)))
    affine = AFFINE @ np.diag([0.5, 0.5, 1, 1])
    affine[:3, 3] = (AFFINE @ [-0.25, -0.25, 0, 1])[:3]
    nib.save(nib.Nifti1Image(fine.astype(np.int16), affine), path)
    _, (scan,) = load(tmp_path, "UK Biobank, OXVASC, TICH2")
    np.testing.assert_array_equal(scan.lesions, expected.lesions)


def test_a_folder_without_cohorts_is_one_data_set(tmp_path, load, phantom):
    image, brain, spots = head(stripped=False)
    save(tmp_path / "images" / "01.nii.gz", image)
    save(tmp_path / "brains" / "01.nii.gz", brain)
    rows = "\n".join(",".join(map(str, spot)) for spot in SPOTS)
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "01.csv").write_text(f"x,y,z\n{rows}\n", encoding="utf-8")
    cohort, _ = load(tmp_path, "SHK")
    whole = data.load(cohort, phantom.parameters(bias="smooth", vessels=False))
    assert whole.names == [whole.main] and len(whole.of(whole.main).scans) == 1
    assert whole.of("ukb").scans == [] and data.vein_masks(cohort, whole) == {}
    images, voxel_mm = data.contrasts(cohort, whole.table.iloc[0])
    assert list(images) == ["SWI", "SWI, darkest of 5 slices"] and voxel_mm == pytest.approx((0.8, 0.8, 3.0))
    assert images["SWI"].shape == SHAPE


def test_a_point_beside_its_image_is_refused_and_not_forgotten():
    image = Volume(np.zeros((10, 12, 8)), AFFINE)
    inside, outside = AFFINE @ [2, 3, 4, 1], AFFINE @ [2, 3, 8, 1]
    assert data.grow_points(inside[None, :3], image)[2, 3, 4]
    with pytest.raises(
        InputError, match="found one at voxel 2, 3, 8, expected it within the image of 10x12x8"
    ):
        data.grow_points(np.stack([inside, outside])[:, :3], image)


def data_of(phantom, bleeding, cohorts=("data",)):
    """Scans with and without a microbleed, one a person."""
    scans = [phantom.scan_of([(24, 24, 8)] if one else []) for one in bleeding]
    names = [f"P{number}" for number in range(len(scans))]
    return data.Data(pd.DataFrame({"participant_id": names, "cohort": np.resize(cohorts, len(scans))}), scans)


@pytest.mark.parametrize("seed", range(8))
def test_every_training_part_has_microbleeds_to_learn_from(phantom, seed):
    whole = data_of(phantom, [True] * 4 + [False] * 4)
    folds = whole.folds(4, seed)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(8))
    assert all(whole.bleeding[fold.train].any() for fold in folds)


@pytest.mark.parametrize(("bleeding", "n_folds"), [([True] * 3 + [False] * 5, 2), ([True] * 4, 5), ([], 2)])
def test_there_are_no_folds_of_too_few_people(phantom, bleeding, n_folds):
    assert data_of(phantom, bleeding).folds(n_folds, 0) == []


def test_without_the_papers_data_set_the_largest_is_learnt_from(phantom):
    assert data_of(phantom, [True] * 5, cohorts=("small", "large", "large")).main == "large"
    assert data_of(phantom, [True] * 5, cohorts=("large", "ukb", "large")).main == "ukb"
