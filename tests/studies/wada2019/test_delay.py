"""From a whole volume to a flag for delayed myelination."""

import numpy as np
import pytest
import torch

from neolab.errors import InputError
from neolab.studies.wada2019.data import ScanPair
from neolab.studies.wada2019.delay import FIFTH_PERCENTILE, NormalRange, assess, by_delay, late_infants
from neolab.studies.wada2019.network import MyelinAgeNetwork
from neolab.studies.wada2019.phantoms import Phantom
from neolab.studies.wada2019.training import predict


@pytest.fixture
def bare():
    """A scan without labels."""
    rng, brain = np.random.default_rng(0), np.zeros((40, 50, 12), bool)
    brain[5:35, 5:45, 1:11] = True
    return ScanPair(tuple(brain * rng.random(brain.shape) for _ in "ab"), brain, (1.0, 1.0, 5.0), None, {})


def test_the_pipeline_reads_the_age_off_the_volume_and_flags_only_what_lies_below_the_range(bare):
    torch.manual_seed(0)
    network = MyelinAgeNetwork(image_size=32).eval()
    levels = bare.levels()
    estimate = predict(network, bare.pictures(levels, 32)[None])[0]
    for above, delayed in ((1.6, False), (1.7, True)):
        normal = NormalRange((float(estimate) + above - 12.0, 1.0), (1.0, 0.0))
        found = assess(bare, 12.0, network, normal, 32)
        assert found.levels == levels
        assert found.estimate_months == pytest.approx(estimate)
        assert found.z == pytest.approx(-above, abs=1e-5)
        assert found.delayed is delayed


def test_the_age_that_is_known_has_no_part_in_the_estimate(bare):
    torch.manual_seed(0)
    network = MyelinAgeNetwork(image_size=32).eval()
    normal = NormalRange((0.0, 1.0), (1.0, 0.0))
    young, old = (assess(bare, age, network, normal, 32) for age in (1.0, 20.0))
    assert young.estimate_months == old.estimate_months
    assert young.z - old.z == pytest.approx(19)


def test_the_normal_range_recovers_a_known_spread_and_flags_one_in_twenty():
    rng = np.random.default_rng(1)
    age = rng.uniform(0, 24, 20_000)
    estimate = 1 + 0.9 * age + (0.5 + 0.1 * age) * rng.standard_normal(age.size)
    normal = NormalRange.of(age, estimate)
    assert normal.expected(12.0) == pytest.approx(1 + 0.9 * 12, abs=0.1)
    assert normal.sd(20.0) == pytest.approx(2.5, rel=0.05)
    assert (normal.z(age, estimate) < FIFTH_PERCENTILE).mean() == pytest.approx(0.05, abs=0.01)


def test_the_spread_of_the_normal_range_is_positive_at_every_age_seen():
    age = np.arange(10.0)
    normal = NormalRange.of(age, age + np.r_[3.0, -3.0, 1.0, -1.0, 0, 0, 0, 0, 0, 0])
    assert (normal.sd(age) > 0).all()
    with pytest.raises(InputError, match="found 4 infants"):
        NormalRange.of(age[:4], age[:4])


def test_every_late_infant_has_its_own_estimate_z_and_flag_and_delays_are_averaged():
    torch.manual_seed(0)
    network = MyelinAgeNetwork(image_size=32).eval()
    pictures = np.random.default_rng(0).random((3, 2, 2, 5, 32, 32)).astype(np.float32)
    scans = [[Phantom(12.0, 12.0, {}, np.empty(0), one, 1.0) for one in infant] for infant in pictures]
    found = late_infants(scans, [0.0, 8.0], 12.0, network, NormalRange((0.0, 1.0), (1.0, 0.0)))
    assert found["infant"].tolist() == [0, 0, 1, 1, 2, 2]
    assert found["delay_months"].tolist() == [0, 8] * 3
    for row in found.itertuples():
        alone = predict(network, pictures[row.infant, int(row.delay_months > 0)][None])[0]
        assert row.estimate == pytest.approx(alone, abs=1e-4)
        assert row.z == pytest.approx(row.estimate - 12, abs=1e-5)
        assert row.flagged == (row.z < FIFTH_PERCENTILE)
    late = by_delay(found).loc[8.0]
    assert late["infants"] == 3
    assert late["estimate"] == pytest.approx(found["estimate"][1::2].mean())
