"""From files to cubes and measures, for a folder as the dHCP releases it and for broken ones."""

import nibabel as nib
import numpy as np
import pytest
from preterm_folders import AFFINE, SHAPE, head, parameters
from scipy import ndimage

from neolab.errors import InputError
from neolab.io.nifti import write_nifti
from neolab.io.volume import Volume
from neolab.studies.gloresnet2026.data import brain_of, centre_crop, load, prepare, tissue_volumes


def rewrite(cohort, row, kind, array, affine=AFFINE):
    write_nifti(cohort.path(row, kind), array, affine)


def test_a_dhcp_folder_gives_the_columns_of_the_study_and_leaves_scans_without_a_score_out(dhcp):
    data = load(dhcp, parameters(), progress=False)
    assert data.n_unlabelled == 1 and len(data.table) == len(data.cohort) == len(data.volumes) == 7
    assert data.labels.tolist() == [0, 0, 1, 1, 1, 0, 0]
    assert data.table["group"].tolist() == ["normal"] * 2 + ["injury"] * 3 + ["normal"] * 2
    assert data.table["radiology_score"].tolist() == [1, 2, 3, 5, 4, 1, 2]
    assert data.table["birth_age_weeks"].iloc[1] == 30.25
    assert data.table["birth_weight_kg"].iloc[1] == 1.55
    assert data.table["postmenstrual_age_weeks"].iloc[1] == 36.2
    assert not {"finding", "motion"} & set(data.table)
    assert data.majority == pytest.approx(4 / 7)


def test_the_first_axis_of_a_cube_runs_from_left_to_right(dhcp):
    image, labels = head(0)
    expected = prepare(image[::-1], 32, "paper", labels[::-1] > 0)  # files run from right to left, in 16 bits
    np.testing.assert_allclose(load(dhcp, parameters(), progress=False).volumes[0, 0], expected, atol=1e-3)


def test_measures_are_of_the_brain_in_the_units_of_the_file_and_in_millilitres(dhcp):
    image, labels = head(0)
    row = load(dhcp, parameters(), progress=False).table.iloc[0]
    assert row["mean_intensity"] == pytest.approx(image[labels > 0].mean(), rel=1e-3)
    assert row["ventricles_ml"] == pytest.approx((labels == 5).sum() * 0.01)
    assert row["brain_ml"] == pytest.approx((labels == 3).sum() * 0.01)


def test_volumes_follow_the_voxels_of_the_label_map_whatever_the_grid_of_the_image(dhcp):
    fine = AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    _, labels = head(0)
    rewrite(dhcp, 0, "dseg", np.kron(labels, np.ones((2, 2, 2))).astype(np.int16), fine)
    row = load(dhcp, parameters(), progress=False).table.iloc[0]
    assert row["ventricles_ml"] == pytest.approx((labels == 5).sum() * 0.01)


def test_a_mask_on_another_grid_is_brought_onto_the_image(dhcp):
    _, labels = head(0)
    fine = AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    fine[:3, 3] = AFFINE[:3, 3] - 0.25 * AFFINE[:3, :3].sum(axis=1)  # the outer faces coincide
    rewrite(dhcp, 0, "brain_mask", np.kron(labels > 0, np.ones((2, 2, 2), bool)), fine)
    brain = brain_of(dhcp, 0, dhcp.read(0, "T2w"))
    assert brain.shape == SHAPE
    assert (brain != (labels[::-1] > 0)).mean() < 0.03


def test_a_scan_with_a_block_of_nan_is_refused_with_its_name(dhcp):
    image, _ = head(2)
    image[5:9, 5:9, 5:9] = np.nan
    nib.save(nib.Nifti1Image(image.astype(np.float32), AFFINE), dhcp.path(2, "T2w"))
    with pytest.raises(InputError, match=r"CC00002XX01.*not finite"):
        load(dhcp, parameters(), progress=False)


def test_an_empty_brain_mask_is_refused(dhcp):
    rewrite(dhcp, 1, "brain_mask", np.zeros(SHAPE, bool))
    with pytest.raises(InputError, match="sub-CC00001XX01_ses-7001: found an empty brain_mask"):
        load(dhcp, parameters(), progress=False)


def test_volumes_are_voxels_times_their_size():
    labels = Volume(np.array([[[3, 3, 8, 5]]]), np.diag([0.2, 0.2, 0.2, 1]))
    lookup = {"white_matter": 3, "brainstem": 8, "ventricles": 5, "csf": 1}
    assert tissue_volumes(labels, lookup) == pytest.approx({"brain_ml": 2.4e-5, "ventricles_ml": 8e-6})


@pytest.mark.parametrize("variant", ["paper", "code"])
def test_prepared_volumes_have_mean_zero_and_unit_spread_over_all_voxels(variant):
    volume = np.random.default_rng(1).gamma(2.0, size=(20, 31, 25))
    cube = prepare(volume, side=16, variant=variant)
    assert cube.shape == (16, 16, 16)
    np.testing.assert_allclose([cube.mean(), cube.std()], [0, 1], atol=1e-5)


def test_the_code_variant_is_scipys_plain_zoom():
    volume = np.random.default_rng(2).random((12, 18, 10)).astype(np.float32)
    cube = ndimage.zoom(volume, [16 / n for n in volume.shape], order=1)
    expected = (cube - cube.mean()) / cube.std()
    np.testing.assert_allclose(prepare(volume, 16, "code"), expected, atol=1e-6)


def test_the_paper_variant_keeps_the_faces_of_the_two_grids_together():
    ramp = np.broadcast_to(np.arange(32.0)[:, None, None], (32, 32, 32))
    cube = prepare(ramp, side=16, variant="paper")
    inner = cube[:, 0, 0]
    expected = np.arange(16) * 2 + 0.5
    np.testing.assert_allclose(inner, (expected - expected.mean()) / expected.std(), atol=1e-5)


def test_only_the_paper_variant_takes_the_brain_out_of_the_head():
    volume = np.random.default_rng(3).random((16, 16, 16))
    mask = np.zeros(volume.shape, bool)
    mask[4:12, 4:12, 4:12] = True
    assert not np.allclose(prepare(volume, 16, "paper", mask), prepare(volume, 16, "paper"))
    np.testing.assert_array_equal(prepare(volume, 16, "code", mask), prepare(volume, 16, "code"))


def test_the_middle_is_cut_from_long_axes_and_short_ones_are_filled_up():
    volume = np.arange(1, 7.0)[:, None, None] * np.ones((6, 2, 4))
    cube = centre_crop(volume, 4)
    assert cube.shape == (4, 4, 4)
    np.testing.assert_array_equal(cube[:, 1, 0], [2, 3, 4, 5])
    np.testing.assert_array_equal(cube[0, :, 0], [0, 2, 2, 0])


def test_fewer_infants_in_a_group_than_folds_are_refused_before_a_scan_is_read(dhcp, monkeypatch):
    monkeypatch.setattr(type(dhcp), "read", lambda *_: pytest.fail("read a scan"))
    with pytest.raises(InputError, match="found 3 infants in the smaller group .* expected at least 4"):
        load(dhcp, parameters(n_folds=4), progress=False)
    one_class = dhcp.select(dhcp.table["label"].eq(0).fillna(False).to_numpy(bool))
    with pytest.raises(InputError, match="found 0 infants in the smaller group"):
        load(one_class, parameters(), progress=False)
    dhcp.table = dhcp.table.drop(columns="label")
    with pytest.raises(InputError, match="found no column of scores"):
        load(dhcp, parameters(), progress=False)
