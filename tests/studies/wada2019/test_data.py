"""From a folder of scans to pictures and measurements."""

import numpy as np
import pandas as pd
import pytest
import yaml

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.nifti import write_nifti
from neolab.studies.wada2019 import data
from neolab.studies.wada2019.data import ScanPair
from neolab.studies.wada2019.network import LEVELS
from neolab.studies.wada2019.parameters import Wada2019Parameters

LOOKUP = {"white_matter": 1, "cortex": 2, "csf": 3}
PARAMS = Wada2019Parameters(profile="smoke")
MASKS = {"brain": {"suffix": "mask", "desc": "brain", "folder": "derivatives/brains"}}


@pytest.fixture
def pair():
    labels = np.zeros((40, 50, 12), np.uint8)
    labels[5:35, 5:45, 1:11] = 3
    labels[8:32, 8:42, 1:11] = 2
    labels[14:26, 14:36, 1:11] = 1
    images = tuple(np.choose(labels, [0, white, 100, 10]).astype(np.float32) for white in (120, 80))
    return ScanPair(images, labels > 0, (1.0, 1.0, 5.0), labels, LOOKUP)


def test_ratios_and_volume_are_those_that_were_drawn(pair):
    levels = dict(zip(LEVELS, range(2, 7), strict=True))
    ratios = pair.ratios(levels)
    assert [value for name, value in ratios.items() if name.startswith("T1w")] == pytest.approx([1.2] * 5)
    assert [value for name, value in ratios.items() if name.startswith("T2w")] == pytest.approx([0.8] * 5)
    assert pair.brain_volume_ml() == pytest.approx(24 * 34 * 10 * 5 / 1000)


def test_without_labels_levels_go_by_height_and_fluid_counts_as_brain(pair):
    bare = ScanPair(pair.images, pair.brain, pair.voxel_mm, None, {})
    levels = list(bare.levels().values())
    assert levels == sorted(set(levels))
    assert bare.ratios(bare.levels()) == {}
    assert bare.brain_volume_ml() == pytest.approx(30 * 40 * 10 * 5 / 1000)


def test_slices_are_the_planes_of_the_levels_in_both_contrasts(pair):
    levels = dict(zip(LEVELS, range(2, 7), strict=True))
    slices = pair.slices(levels)
    assert slices.shape == (2, 5, 40, 50)
    for contrast, level in np.ndindex(2, 5):
        np.testing.assert_array_equal(slices[contrast, level], pair.images[contrast][:, :, 2 + level])


def test_a_label_map_that_lacks_a_landmark_leaves_the_levels_to_the_height(pair):
    assert pair.levels() == data.levels_by_height(pair.brain)


def write_folder(root, ages, t2_step=1.0, **absent):
    """Infants with T1w, T2w, brain mask and the given columns of ages.

    T2w has voxels of ``t2_step`` mm in plane. ``absent`` names what the second infant lacks.
    """
    brain = np.zeros((36, 44, 14), bool)
    brain[4:32, 4:40, 2:12] = True
    count = len(next(iter(ages.values())))
    for number in range(count):
        name, rng = f"{number + 1:02d}", np.random.default_rng(number)
        step = int(t2_step)
        t1 = (brain * (100 + rng.random(brain.shape))).astype(np.float32)
        t2 = (brain * (50 + rng.random(brain.shape)))[::step, ::step].astype(np.float32)
        files = {
            f"sub-{name}/anat/sub-{name}_T1w": (t1, 1.0),
            f"sub-{name}/anat/sub-{name}_T2w": (t2, t2_step),
            f"derivatives/brains/sub-{name}/anat/sub-{name}_desc-brain_mask": (brain.astype(np.uint8), 1.0),
        }
        for file, (voxels, side) in files.items():
            if not (number == 1 and file.rpartition("_")[2] in absent):
                write_nifti(root / f"{file}.nii.gz", voxels, np.diag([side, side, 5.0, 1.0]))
    table = pd.DataFrame({"participant_id": [f"sub-{number + 1:02d}" for number in range(count)], **ages})
    table.to_csv(root / "participants.tsv", sep="\t", index=False, na_rep="n/a")
    mapping = {
        "result_class": "real",
        "images": {name: {"suffix": name, "required": not absent} for name in ("T1w", "T2w")},
        "masks": MASKS,
    }
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return Cohort.load(root, study="wada2019")


AGES = {"corrected_age_months": [1.0, 9.0, 17.0]}
SIX_AGES = {"corrected_age_months": [1.0, 3.0, 9.0, 11.0, 17.0, 20.0]}
TWO_RANGES = "set of infants of 5 ages, with both ranges of model B in every fold"


def test_a_folder_is_read_once_into_pictures_and_measurements_of_every_scan(tmp_path):
    cohort = data.with_ages(write_folder(tmp_path, AGES))
    scans = data.load(cohort, PARAMS, progress=False)
    assert scans.images.shape == scans.images_to_scale.shape == (3, 2, 5, 32, 32)
    assert scans.images.dtype == np.float32
    assert scans.age_months.tolist() == [1, 9, 17]
    np.testing.assert_array_equal(scans.images, scans.images_by_height)  # there is nothing else to go by
    assert scans.brain_volume_ml == pytest.approx([28 * 36 * 10 * 5 / 1000] * 3)
    assert scans.ratios.shape == (3, 0)


def test_a_t2_of_another_resolution_is_brought_to_the_grid_of_the_t1(tmp_path):
    cohort = write_folder(tmp_path, AGES, t2_step=2.0)
    scan = data.read_scan(cohort, 0)
    assert scan.images[1].shape == scan.images[0].shape == scan.brain.shape
    inside = scan.images[1][8:28, 8:36, 4:10]
    assert inside.min() > 49 and inside.max() < 52


@pytest.mark.parametrize("absent", ["T2w", "mask"])
def test_a_scan_that_lacks_a_contrast_or_the_brain_is_named_before_any_is_read(tmp_path, absent, monkeypatch):
    cohort = data.with_ages(write_folder(tmp_path, AGES, **{absent: True}))
    monkeypatch.setattr(Cohort, "read", lambda *_: pytest.fail("read a scan"))
    what = "T2w" if absent == "T2w" else "dseg or brain_mask"
    with pytest.raises(InputError, match=f"sub-02: found no {what}, expected both contrasts and one of them"):
        data.load(cohort, PARAMS, progress=False)


def test_a_folder_of_one_contrast_is_refused(tmp_path):
    write_folder(tmp_path, AGES)
    for file in tmp_path.glob("sub-*/anat/*_T2w.nii.gz"):
        file.unlink()
    with pytest.raises(InputError, match="T2w"):
        Cohort.load(tmp_path, study="wada2019")


def test_age_is_counted_from_40_weeks_where_the_tables_have_postmenstrual_age_and_the_ageless_are_left_out(
    tmp_path,
):
    cohort = write_folder(tmp_path, {"postmenstrual_age_weeks": [40.0, None, 92.0]})
    aged = data.with_ages(cohort)
    assert aged.table["participant_id"].tolist() == ["01", "03"]
    assert data.ages(aged.table) == pytest.approx([0, 52 * 12 / 52.18], abs=0.01)
    assert "corrected_age_months" not in cohort.table


def test_an_age_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(InputError, match="sub-02: found corrected_age_months 'nine', expected a number"):
        write_folder(tmp_path, {"corrected_age_months": ["1.5", "nine", "17"]})


def test_what_a_folder_lacks_is_known_before_it_is_read(tmp_path):
    cohort = data.with_ages(write_folder(tmp_path, SIX_AGES | {"field_strength_tesla": [3.0] * 5 + [1.5]}))
    absent = {
        part: [words for words, there in needs.items() if not there]
        for part, needs in data.needs(cohort, PARAMS).items()
    }
    assert absent == {
        "simulation": ["simulated infants"],
        "ages": [],
        "pictures": [],
        "models": [],
        "scanners": ["column field_strength_tesla with two field strengths"],
        "labels": ["tissue labels"],
        "myelin": ["simulated myelin ages"],
        "phantoms": ["simulated infants"],
    }


def test_a_folder_without_ages_or_without_old_infants_is_told_so(tmp_path):
    ageless = data.with_ages(write_folder(tmp_path / "ageless", {"sex": ["F", "M", "F"]}))
    assert not any(data.needs(ageless, PARAMS)["ages"].values())
    young = data.with_ages(
        write_folder(tmp_path / "young", {"corrected_age_months": [0.1, 0.5, 1.0, 2, 3, 4]})
    )
    needs = data.needs(young, PARAMS)
    assert all(needs["pictures"].values())
    assert not needs["models"][TWO_RANGES]


@pytest.mark.parametrize(
    ("months", "possible"),
    [
        ([0.5, 1, 2, 3, 4, 10], False),  # the fold that tests the one old infant learns of none
        ([0.5, 1, 2, 3, 10, 11, 12], True),
        ([9.0] * 8, False),  # one age: no correlation, no normal range
        ([0.5, 9, 10, 11], False),
        ([], False),
    ],
)
def test_folds_are_only_made_where_every_model_can_learn_and_be_judged(months, possible):
    table = pd.DataFrame({"participant_id": map(str, range(len(months))), "corrected_age_months": months})
    assert bool(data.age_folds(table, PARAMS)) == possible
