"""Where and how networks are computed does not change what they compute."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from neolab.learn import compute
from neolab.learn.compute import channels_last, count_parameters, guard_small_maps, mixed_precision, seeded

CPU = torch.device("cpu")


def volume_layers():
    return nn.Sequential(
        nn.Conv3d(2, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.Conv3d(4, 3, 3, padding=1)
    )


def picture_layers():
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


@pytest.mark.parametrize(
    ("build", "shape"), [(volume_layers, (2, 2, 6, 6, 6)), (picture_layers, (2, 2, 6, 6))]
)
def test_the_layout_in_memory_changes_nothing_but_rounding(build, shape):
    inputs = torch.rand(shape)
    plain, laid_out = seeded(build, 0), channels_last(seeded(build, 0))
    assert laid_out[0].weight.stride()[1] == 1  # channels vary fastest
    torch.testing.assert_close(laid_out(channels_last(inputs)), plain(inputs))


def test_a_network_of_pictures_and_volumes_is_laid_out_whole():
    network = channels_last(nn.ModuleList([volume_layers(), picture_layers()]))
    assert [network[0][0].weight.stride()[1], network[1][0].weight.stride()[1]] == [1, 1]


def test_networks_built_beside_each_other_are_those_of_their_seeds_and_leave_torchs_stream_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda seed: seeded(volume_layers, seed), range(4)))
    assert torch.equal(torch.rand(1), expected)
    for seed, network in enumerate(beside):
        torch.manual_seed(seed)
        assert torch.equal(network[0].weight, volume_layers()[0].weight)


@pytest.mark.parametrize("fast", [True, False])
def test_a_processor_computes_in_16_bits_only_where_it_gains_from_them(monkeypatch, fast):
    monkeypatch.setattr(compute, "has_fast_bfloat16", lambda device: fast)
    with mixed_precision(CPU):
        assert (torch.rand(2, 2) @ torch.rand(2, 2)).dtype == (torch.bfloat16 if fast else torch.float32)
    with mixed_precision(CPU, enabled=False):
        assert (torch.rand(2, 2) @ torch.rand(2, 2)).dtype == torch.float32
    assert not compute.gradient_scaler(CPU).is_enabled()


@pytest.mark.parametrize("side", [1, 2, 5])
def test_guarded_convolutions_compute_small_maps_in_32_bits(monkeypatch, side):
    monkeypatch.setattr(compute, "has_fast_bfloat16", lambda device: True)
    network, plain = guard_small_maps(seeded(volume_layers, 0).eval()), seeded(volume_layers, 0).eval()
    inputs = torch.rand(1, 2, side, side, side)
    torch.testing.assert_close(network(inputs), plain(inputs), rtol=0, atol=0)
    assert network.state_dict().keys() == plain.state_dict().keys()
    with mixed_precision(CPU):
        assert network[0](inputs).dtype == (torch.float32 if side <= 2 else torch.bfloat16)


def test_only_what_is_trained_counts_as_a_parameter():
    network = nn.Linear(3, 2)
    assert count_parameters(network) == 8
    network.bias.requires_grad_(False)
    assert count_parameters(network) == 6
