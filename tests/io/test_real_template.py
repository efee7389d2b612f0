"""A real T1-weighted template with real labels goes through the same door as any cohort."""

import numpy as np
import pytest

from neolab.io.cohort import Cohort
from neolab.io.result_class import ResultClass


def ratio(cohort: Cohort) -> float:
    """Median of the pallidum over median of white matter."""
    lookup = cohort.lookup("dseg")
    labels, image = cohort.read(0, "dseg").data, cohort.read(0, "T1w").data
    return float(np.median(image[labels == lookup["globus_pallidus"]]) / np.median(image[labels == 1]))


def test_the_folder_is_a_template_and_can_serve_the_pallidum_study(pallidum_folder):
    cohort = Cohort.load(pallidum_folder, study="wu2021")
    assert cohort.result_class is ResultClass.TEMPLATE
    assert list(cohort.table["participant_id"]) == ["MNI152"]
    assert "label" not in cohort.table
    assert cohort.lookup("dseg") == {"white_matter": 1, "globus_pallidus": 2}


def test_the_adult_pallidum_is_a_little_darker_than_white_matter(pallidum_folder):
    """Iron makes the adult pallidum dark on T2*, but on T1 it stays between grey and white matter."""
    assert 0.8 < ratio(Cohort.load(pallidum_folder)) < 1


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shift_voxels", [-8, 8])
def test_labels_moved_from_their_place_cover_a_less_uniform_piece(pallidum_folder, axis, shift_voxels):
    """A geometry error of 8 mm in any direction would leave the pallidum's uniform tissue."""
    cohort = Cohort.load(pallidum_folder)
    pallidum, image = cohort.read(0, "dseg").data == 2, cohort.read(0, "T1w").data
    assert image[pallidum].std() < image[np.roll(pallidum, shift_voxels, axis)].std()


def test_two_atlases_agree_on_the_ratio(pallidum_folder, make_pallidum_folder, tmp_path):
    other = Cohort.load(make_pallidum_folder(tmp_path / "tian", "tian"))
    assert ratio(other) == pytest.approx(ratio(Cohort.load(pallidum_folder)), rel=0.05)
