"""The five levels of Wada 2019 in simulated infants, and the pictures cropped from them."""

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import INTRACRANIAL, TISSUES
from neolab.studies.wada2019.levels import find_levels, levels_by_height, picture
from neolab.studies.wada2019.network import LEVELS


@pytest.fixture(scope="module", params=[40.0, 66.0, 130.0], ids=["term", "6 months", "21 months"])
def infant(request):
    subject = Subject("SYN0001", "01", 3, request.param, "male")
    return make_anatomy(subject, (2.0, 2.0, 5.0))


def test_levels_lie_in_their_structures_from_below_upwards(infant):
    levels = find_levels(infant.labels(), TISSUES)
    assert tuple(levels) == LEVELS
    assert list(levels.values()) == sorted(set(levels.values()))
    # Template heights of the named structures in MNI152, mm, give or take a thick slice.
    heights = {name: infant.template_mm[2][:, :, z].mean() for name, z in levels.items()}
    assert -45 < heights["middle_cerebellar_peduncle"] < -22
    assert -25 < heights["midbrain"] < 2
    assert -4 < heights["internal_capsule_and_splenium"] < 20
    assert 22 < heights["centrum_semiovale"] < 50
    assert 30 < heights["subcortical_white_matter"] < 66
    above = infant.labels()[:, :, levels["centrum_semiovale"]]
    for name in ("lateral_ventricles", "corpus_callosum"):
        assert (above == TISSUES[name]).mean() < 0.002


def test_levels_by_height_are_close_to_those_from_anatomy(infant):
    labels = infant.labels()
    brain = np.isin(labels, [TISSUES[name] for name in INTRACRANIAL])
    brain &= infant.template_mm[2] > -65  # a scan's brain mask ends in the medulla
    by_labels, by_height = find_levels(labels, TISSUES), levels_by_height(brain)
    assert all(abs(by_labels[name] - by_height[name]) <= 2 for name in LEVELS)


def test_a_label_map_without_a_tissue_is_refused_by_name():
    with pytest.raises(InputError, match="found no brainstem"):
        find_levels(np.ones((4, 4, 9), np.uint8), {"white_matter": 1})


def test_a_picture_is_a_square_bitmap_around_the_brain():
    plane = np.zeros((90, 120), np.float32)
    plane[20:60, 30:100] = np.random.default_rng(0).random((40, 70)) + 1
    image = picture(plane, plane > 0)
    assert image.shape == (128, 128)
    assert image.min() == 0
    assert image.max() == 1
    np.testing.assert_allclose(image * 255, np.round(image * 255), atol=1e-4)
    filled = np.argwhere(image > 0.1)
    np.testing.assert_allclose(filled.mean(axis=0), 63.5, atol=1.5)
    assert np.ptp(filled[:, 1]) == pytest.approx(128 / 1.05, abs=4)


def test_a_fixed_scale_keeps_brain_size_and_the_default_loses_it():
    def side(radius, **options):
        grid = np.hypot(*(np.indices((160, 160)) - 80))
        image = picture((grid < radius).astype(np.float32), grid < radius, **options)
        return np.ptp(np.argwhere(image > 0.5)[:, 0])

    assert side(30) == pytest.approx(side(60), abs=3)
    assert side(60, scale_mm=150.0) == pytest.approx(2 * side(30, scale_mm=150.0), abs=4)
