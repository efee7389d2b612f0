"""One pass over a cohort: on real template images, and on a folder that the simulator wrote."""

import shutil

import nibabel
import numpy as np
import pytest

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.studies.wu2021.examination import examine


@pytest.mark.parametrize("source", ["atag", "tian"])
def test_the_ratio_of_the_real_mni152_is_that_of_its_regions(make_pallidum_folder, tmp_path, source):
    cohort = Cohort.load(make_pallidum_folder(tmp_path / source, source), study="wu2021")
    examination = examine(cohort)
    measured = examination.measurements.iloc[0]
    image = np.asarray(cohort.image(0, "T1w").dataobj, float)
    labels = cohort.labels(0)
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
    assert examination.slices is None


def test_outlines_lie_on_the_picture_that_they_belong_to(pallidum_folder):
    examination = examine(Cohort.load(pallidum_folder))
    picture, rois = examination.pictures[0], examination.rois[0]
    ratio = picture[rois["globus_pallidus"]].mean() / picture[rois["white_matter"]].mean()
    assert ratio == pytest.approx(examination.measurements["gpnorm"][0], rel=1e-5)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    from neolab.run.cohorts import simulate_cohort

    out = tmp_path_factory.mktemp("wu2021") / "cohort"
    return Cohort.load(simulate_cohort("wu2021", out, n=3, seed=5, progress=False), study="wu2021")


def test_measured_ratios_of_simulated_newborns_are_near_the_true_ones(simulated):
    examination = examine(simulated, image_size=48, field_of_view_mm=165)
    for name in ("gpnorm", "stnnorm"):
        error = examination.measurements[name] - simulated.table[f"latent_{name}"]
        assert error.abs().max() < 0.15


@pytest.mark.slow
def test_measuring_loses_and_scatters_as_the_cohort_table_allows_for(tmp_path):
    from neolab.run.cohorts import simulate_cohort
    from neolab.studies.wu2021 import cohort as wu2021

    cohort = Cohort.load(simulate_cohort("wu2021", tmp_path / "c", n=20, seed=11, progress=False))
    measured = examine(cohort, image_size=48, field_of_view_mm=165).measurements
    for name in ("gpnorm", "stnnorm"):
        error = measured[name] - cohort.table[f"latent_{name}"]
        expected_sd = wu2021.MEASUREMENT_SD[name]
        # Four standard errors of a mean and of an SD over 20 newborns.
        assert error.mean() == pytest.approx(
            -wu2021.MEASUREMENT_LOSS[name], abs=4 * expected_sd / np.sqrt(20)
        )
        assert error.std() == pytest.approx(expected_sd, rel=4 / np.sqrt(2 * 19))


def test_network_pictures_are_scaled_and_counted_as_in_the_paper(simulated):
    slices = examine(simulated, image_size=48, field_of_view_mm=165).slices
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
        examine(cohort)
