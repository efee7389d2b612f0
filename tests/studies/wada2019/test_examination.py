"""From simulated volumes to pictures and measurements, and infants made to order."""

import numpy as np
import pandas as pd
import pytest
import torch

from neolab.studies.wada2019 import phantoms
from neolab.studies.wada2019.delay import NormalRange, assess
from neolab.studies.wada2019.examination import Volumes
from neolab.studies.wada2019.fit import AgeFit
from neolab.studies.wada2019.network import LEVELS, MyelinAgeNetwork

LOOKUP = {"white_matter": 1, "cortex": 2, "csf": 3}


@pytest.fixture
def volumes():
    labels = np.zeros((40, 50, 12), np.uint8)
    labels[5:35, 5:45, 1:11] = 3
    labels[8:32, 8:42, 1:11] = 2
    labels[14:26, 14:36, 1:11] = 1
    images = tuple(np.choose(labels, [0, white, 100, 10]).astype(np.float32) for white in (120, 80))
    return Volumes(images, labels > 0, (1.0, 1.0, 5.0), labels, LOOKUP)


def test_ratios_and_volume_are_those_that_were_drawn(volumes):
    levels = dict(zip(LEVELS, range(2, 7), strict=True))
    ratios = volumes.ratios(levels)
    assert [value for name, value in ratios.items() if name.startswith("T1w")] == pytest.approx([1.2] * 5)
    assert [value for name, value in ratios.items() if name.startswith("T2w")] == pytest.approx([0.8] * 5)
    assert volumes.brain_volume_ml() == pytest.approx(24 * 34 * 10 * 5 / 1000)


def test_without_labels_levels_go_by_height_and_fluid_counts_as_brain(volumes):
    bare = Volumes(volumes.images, volumes.brain, volumes.voxel_mm, None, {})
    levels = list(bare.levels().values())
    assert levels == sorted(set(levels))
    assert bare.ratios(bare.levels()) == {}
    assert bare.brain_volume_ml() == pytest.approx(30 * 40 * 10 * 5 / 1000)


def test_slices_are_the_planes_of_the_levels_in_both_contrasts(volumes):
    levels = dict(zip(LEVELS, range(2, 7), strict=True))
    slices = volumes.slices(levels)
    assert slices.shape == (2, 5, 40, 50)
    for contrast, level in np.ndindex(2, 5):
        np.testing.assert_array_equal(slices[contrast, level], volumes.images[contrast][:, :, 2 + level])


@pytest.fixture(scope="module")
def three_ages_of_myelin():
    """One brain of six months with the myelin of 2, 6 and 16 months."""
    return phantoms.scan(phantoms.infant(6.0), [2.0, 6.0, 16.0], image_size=64)


def test_moving_myelin_alone_leaves_all_but_white_matter_as_it_was(three_ages_of_myelin):
    late, on_time, _ = three_ages_of_myelin
    assert late.levels == on_time.levels
    assert (late.myelin_months, on_time.myelin_months) == (2.0, 6.0)
    difference = np.abs(on_time.slices - late.slices)
    unchanged = difference < 0.01 * on_time.slices.max(axis=(2, 3), keepdims=True)
    assert unchanged.mean() > 0.7
    assert difference[0, 2].max() > 0.1 * np.quantile(on_time.slices[0, 2], 0.9)


def test_myelin_brightens_t1_first_and_darkens_t2_later(three_ages_of_myelin):
    late, on_time, ahead = (phantom.slices[:, 2:] for phantom in three_ages_of_myelin)
    assert (on_time[0] - late[0]).sum() > 0
    assert (ahead[1] - on_time[1]).sum() < 0


def test_an_infant_made_to_order_is_the_same_at_every_call():
    again = phantoms.scan(phantoms.infant(6.0), [6.0], image_size=64)[0]
    other = phantoms.scan(phantoms.infant(6.0, seed=1), [6.0], image_size=64)[0]
    first = phantoms.growing_infant([6.0], 64)[0]
    np.testing.assert_array_equal(again.pictures, first.pictures)
    assert np.abs(other.pictures - first.pictures).mean() > 0.02


def test_the_pipeline_reads_the_age_off_the_volume_and_flags_only_what_lies_below_the_range(volumes):
    bare = Volumes(volumes.images, volumes.brain, volumes.voxel_mm, None, {})
    torch.manual_seed(0)
    model = AgeFit(MyelinAgeNetwork(image_size=32), pd.DataFrame())
    levels = bare.levels()
    estimate = model.predict(torch.from_numpy(bare.pictures(levels, 32)[None]))[0]
    for above, delayed in ((1.6, False), (1.7, True)):
        normal = NormalRange((float(estimate) + above - 12.0, 1.0), (1.0, 0.0))
        found = assess(bare, 12.0, model, normal, 32)
        assert found.levels == levels
        assert found.estimate_months == pytest.approx(estimate)
        assert found.z == pytest.approx(-above, abs=1e-5)
        assert found.delayed is delayed


def test_the_age_that_is_known_has_no_part_in_the_estimate(volumes):
    torch.manual_seed(0)
    model = AgeFit(MyelinAgeNetwork(image_size=32), pd.DataFrame())
    bare = Volumes(volumes.images, volumes.brain, volumes.voxel_mm, None, {})
    normal = NormalRange((0.0, 1.0), (1.0, 0.0))
    young, old = (assess(bare, age, model, normal, 32) for age in (1.0, 20.0))
    assert young.estimate_months == old.estimate_months
    assert young.z - old.z == pytest.approx(19)
