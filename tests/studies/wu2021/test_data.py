"""One pass over a cohort: on real template images, on folders of the simulator, and on phantoms."""

import shutil

import nibabel
import numpy as np
import pandas as pd
import pytest
import yaml

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.nifti import write_nifti
from neolab.studies.wu2021 import data, rois
from neolab.studies.wu2021.parameters import Wu2021Parameters
from neolab.viz.slices import radiological

PARAMS = Wu2021Parameters(profile="smoke", image_size=48, field_of_view_mm=165.0)
LOOKUP = {"white_matter": 1, "globus_pallidus": 2, "subthalamic_nucleus": 3}


def load(cohort: Cohort, **changed) -> data.Data:
    return data.load(cohort, PARAMS.model_copy(update=changed), progress=False)


@pytest.mark.parametrize("source", ["atag", "tian"])
def test_the_ratio_of_the_real_mni152_is_that_of_its_regions(make_pallidum_folder, tmp_path, source):
    cohort = Cohort.load(make_pallidum_folder(tmp_path / source, source), study="wu2021")
    loaded = load(cohort)
    measured = loaded.table.iloc[0]
    image, labels = cohort.read(0, "T1w").data.astype(float), cohort.read(0, "dseg").data
    pallidum, white = (labels == cohort.lookup()[name] for name in ("globus_pallidus", "white_matter"))
    k = int(pallidum.sum(axis=(0, 1)).argmax())
    rows = np.flatnonzero(white[:, :, k].any(axis=0))
    white[:, : rows[0] + 3 * (rows[-1] - rows[0]) // 4] = False
    # Whole regions of the slice against outlines in it; an adult pallidum is darker than white matter on T1.
    expected = image[:, :, k][pallidum[:, :, k]].mean() / image[:, :, k][white[:, :, k]].mean()
    assert measured["slice_index"] == k
    assert measured["gpnorm"] == pytest.approx(expected, rel=0.03)
    assert 0.8 < measured["gpnorm"] < 1.0
    assert np.isnan(measured["stnnorm"])
    assert loaded.slices is None


def test_outlines_lie_on_the_picture_that_they_belong_to(pallidum_folder):
    loaded = load(Cohort.load(pallidum_folder))
    picture, drawn = loaded.pictures[0], loaded.rois[0]
    ratio = picture[drawn["globus_pallidus"]].mean() / picture[drawn["white_matter"]].mean()
    assert ratio == pytest.approx(loaded.table["gpnorm"][0], rel=1e-5)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    from neolab.run.cohorts import simulate_cohort

    out = tmp_path_factory.mktemp("wu2021") / "cohort"
    return Cohort.load(simulate_cohort("wu2021", out, n=3, seed=5, progress=False), study="wu2021")


def test_measured_ratios_of_simulated_newborns_are_near_the_true_ones(simulated):
    table = load(simulated).table
    for name in ("gpnorm", "stnnorm"):
        error = table[name] - table[f"latent_{name}"]
        assert error.abs().max() < 0.15


@pytest.mark.slow
def test_measuring_loses_and_scatters_as_the_cohort_table_allows_for(tmp_path):
    from neolab.run.cohorts import simulate_cohort
    from neolab.studies.wu2021 import cohort as wu2021

    cohort = Cohort.load(simulate_cohort("wu2021", tmp_path / "c", n=20, seed=11, progress=False))
    table = load(cohort).table
    for name in ("gpnorm", "stnnorm"):
        error = table[name] - table[f"latent_{name}"]
        expected_sd = wu2021.MEASUREMENT_SD[name]
        # Four standard errors of a mean and of an SD over 20 newborns.
        assert error.mean() == pytest.approx(
            -wu2021.MEASUREMENT_LOSS[name], abs=4 * expected_sd / np.sqrt(20)
        )
        assert error.std() == pytest.approx(expected_sd, rel=4 / np.sqrt(2 * 19))


def test_network_pictures_are_scaled_and_counted_as_in_the_paper(simulated):
    slices = load(simulated).slices
    counts = slices.table.groupby("participant_id").agg(n=("label", "size"), label=("label", "first"))
    assert counts["n"].tolist() == [2 if label else 3 for label in counts["label"]]
    assert slices.images.shape[1:] == (48, 48) and slices.images.dtype == np.float32
    assert slices.images.min() >= 0 and 0.5 < slices.images.max() <= 1
    assert slices.pixel_mm == pytest.approx(165 / 48)


def test_a_label_that_the_lookup_table_does_not_declare_stops_the_examination(pallidum_folder, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(pallidum_folder, folder)
    cohort = Cohort.load(folder)
    labels = nibabel.load(cohort.path(0, "dseg"))
    data = np.asarray(labels.dataobj).copy()
    data[0, 0, 0] = 77
    nibabel.save(nibabel.Nifti1Image(data, labels.affine), cohort.path(0, "dseg"))
    with pytest.raises(InputError, match="found label 77, expected one of"):
        load(cohort)


def phantom(shape, affine, stn_slice: int = 2):
    """Labels on any grid of a head whose globus pallidus is largest 13.5 mm above its origin.

    White matter is an ellipse around the origin; the nuclei are discs on both sides, each 4.5 mm high.
    """
    x, y, z = np.moveaxis(np.stack(np.indices(shape), -1) @ affine[:3, :3].T + affine[:3, 3], -1, 0)
    labels = (np.hypot(x / 41, y / 54) < 1).astype(np.int16)
    level = np.floor(z / 4.5 + 0.5)
    for side in (-1, 1):
        for k, radius_mm in ((2, 4.5), (3, 6.3), (4, 3.6)):
            labels[(level == k) & (np.hypot(x - side * 14.4, y) < radius_mm)] = 2
        labels[(level == stn_slice) & (np.hypot(x - side * 7.2, y + 9) < 3.6)] = 3
    return labels


def write_phantom(root, image_affine, image_shape, label_affine, label_shape, with_labels=True):
    """A folder of one scan, white matter 100 and pallidum 140, whose labels lie on a grid of their own."""
    signal = np.choose(phantom(image_shape, image_affine), [0.0, 100.0, 140.0, 150.0])
    write_nifti(root / "sub-01/anat/sub-01_T1w.nii.gz", signal.astype(np.float32), image_affine)
    mapping = {"result_class": "real", "images": {"T1w": {"suffix": "T1w"}}}
    mapping["columns"] = {"label": "dx", "positive": ["ABE"], "negative": ["HB"]}
    if with_labels:
        labels = phantom(label_shape, label_affine)
        write_nifti(root / "labels/sub-01/anat/sub-01_dseg.nii.gz", labels, label_affine)
        mapping["labels"] = {"dseg": {"suffix": "dseg", "folder": "labels", "lookup": LOOKUP}}
    (root / "participants.tsv").write_text("participant_id\tdx\nsub-01\tABE\n")
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return Cohort.load(root)


def affine_of(voxel_mm, origin_mm):
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = origin_mm
    return affine


IMAGE_GRID = affine_of((0.9, 0.9, 4.5), (-54, -63, 0)), (120, 140, 6)
# Sagittal, as 3-D sequences are stored: voxel axes run to the front, to the feet, to the left.
SAGITTAL = (
    np.array([[0, 0, -1.2, 60], [0.6, 0, 0, -66], [0, -0.8, 0, 26], [0, 0, 0, 1]], float),
    (220, 40, 100),
)
GRIDS = {
    "the same grid": IMAGE_GRID,
    "shifted by voxels": (affine_of((0.9, 0.9, 4.5), (-54 - 9, -63 - 4.5, -9)), (130, 150, 9)),
    "finer, and shifted by part of a voxel": (
        affine_of((0.5, 0.5, 1.5), (-60.2, -70.3, -6.4)),
        (240, 280, 25),
    ),
    "left-right flipped": (affine_of((-0.9, 0.9, 4.5), (57.6, -63, 0)), (125, 140, 6)),
    "oblong pixels": (affine_of((0.6, 1.1, 4.5), (-60, -66, 0)), (200, 120, 6)),
    "sagittal": SAGITTAL,
}


@pytest.mark.parametrize("grid", GRIDS)
def test_labels_on_another_grid_are_laid_on_the_image_by_their_place_in_the_scanner(
    tmp_path, monkeypatch, grid
):
    """A rater who keeps clear of the border must find the ratio of the tissue, 140 to 100, exactly."""
    monkeypatch.setattr(rois.RaterJitter.__init__, "__defaults__", (0.1, 1.4, 0.0, 0.1))
    cohort = write_phantom(tmp_path, *IMAGE_GRID, *GRIDS[grid])
    loaded = load(cohort)
    assert loaded.table["slice_index"][0] == 3
    assert loaded.table["gpnorm"][0] == pytest.approx(1.4, rel=1e-6)
    assert loaded.table["stnnorm"][0] == pytest.approx(1.5, rel=1e-6)


@pytest.mark.parametrize("grid", GRIDS)
def test_images_of_any_orientation_and_pixel_shape_give_the_ratio_and_a_round_head(
    tmp_path, monkeypatch, grid
):
    monkeypatch.setattr(rois.RaterJitter.__init__, "__defaults__", (0.1, 1.4, 0.0, 0.1))
    loaded = load(write_phantom(tmp_path, *GRIDS[grid], *IMAGE_GRID))
    assert loaded.table["gpnorm"][0] == pytest.approx(1.4, rel=1e-6)
    for picture, pixel_mm in ((loaded.pictures[0], loaded.pixel_mm), (loaded.slices.images[0], 165 / 48)):
        head = picture > 0.3 * picture.max()
        height, width = (np.flatnonzero(head.any(axis=axis)).size * pixel_mm for axis in (1, 0))
        # Two pixels, of the picture or of the coarsest scan.
        assert (height, width) == pytest.approx((108, 82), abs=2 * max(pixel_mm, 1.2))


def test_a_scan_whose_labels_show_no_pallidum_is_told_by_its_name(tmp_path):
    cohort = write_phantom(tmp_path, *IMAGE_GRID, *IMAGE_GRID)
    labels = cohort.read(0, "dseg")
    write_nifti(cohort.path(0, "dseg"), np.where(labels.data == 2, 1, labels.data), labels.affine)
    with pytest.raises(InputError, match="01: found no globus pallidus"):
        load(cohort)


def test_a_folder_without_labels_gives_the_network_its_slices_and_no_ratio(tmp_path):
    loaded = load(write_phantom(tmp_path, *IMAGE_GRID, *IMAGE_GRID, with_labels=False))
    assert loaded.table[["gpnorm", "stnnorm"]].isna().all(axis=None)
    assert loaded.rois == [{}]
    assert len(loaded.slices) == 2


def test_without_labels_the_slices_of_a_newborn_show_its_pallidum(simulated):
    for row in range(len(simulated)):
        labels = simulated.read(row, "dseg")
        scan = rois.LabelledScan.of(simulated.read(row, "T1w"), labels, simulated.lookup())
        blind = rois.LabelledScan.of(simulated.read(row, "T1w"), None, {})
        chosen = data.neighbouring_slices(blind, 3)
        assert scan.area_mm2("globus_pallidus")[chosen].sum() > 0.4 * scan.area_mm2("globus_pallidus").sum()


def test_one_scan_without_labels_leaves_all_ratios_unmeasured(simulated):
    cohort = simulated.select(np.arange(len(simulated)))
    assert data.has_nuclei(cohort)
    cohort.table.loc[1, "dseg"] = ""
    assert not data.has_nuclei(cohort)
    assert load(cohort).table["gpnorm"].isna().all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_neighbouring_slices_are_contiguous_and_hold_the_largest_pallidum(n):
    affine, shape = IMAGE_GRID
    labels = phantom(shape, affine)
    chosen = data.neighbouring_slices(rois.LabelledScan(labels * 1.0, labels, LOOKUP, (0.9, 0.9, 4.5)), n)
    assert chosen == list(range(chosen[0], chosen[0] + n))
    assert 3 in chosen


def test_the_front_is_up_and_the_right_side_left():
    plane = np.zeros((4, 6))
    plane[3, 5] = 1  # right, anterior
    assert radiological(plane)[0, 0] == 1
    assert data.square_picture(plane, (1.0, 1.0), 6.0, 6)[0, 1] == 1


@pytest.mark.parametrize("field_mm, expected", [(10, 10), (30, 30)])
def test_the_square_field_keeps_the_middle_where_it_is(field_mm, expected):
    plane = np.zeros((20, 14))
    plane[10, 7] = 1
    field = data.square_field(plane, 1.0, field_mm)
    assert field.shape == (expected, expected)
    assert np.argwhere(field == 1).tolist() == [[expected // 2, expected // 2]]


def test_balancing_leaves_as_many_slices_of_each_group():
    table = pd.DataFrame(
        {"participant_id": list("aabbbcc"), "label": [1, 1, 0, 0, 0, 1, 1], "slice_index": 0}
    )
    balanced = data.balance(data.Slices(np.arange(7.0)[:, None, None], table, 1.0), seed=0)
    assert balanced.table["label"].value_counts().to_dict() == {0: 3, 1: 3}
    assert (np.diff(balanced.images[:, 0, 0]) > 0).all()


def test_balancing_never_loses_a_newborn():
    table = pd.DataFrame(
        {"participant_id": [*"aabbcc", "x", "y"], "label": [0] * 6 + [1] * 2, "slice_index": 0}
    )
    for seed in range(20):
        balanced = data.balance(data.Slices(np.zeros((8, 2, 2)), table, 1.0), seed)
        assert set(balanced.table["participant_id"]) == set("abcxy")
        assert balanced.table["label"].value_counts().to_dict() == {0: 3, 1: 2}
