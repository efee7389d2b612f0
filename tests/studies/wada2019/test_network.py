"""The network of Wada 2019 against the shapes and counts that its Figure 2 implies."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from neolab.learn.compute import count_parameters
from neolab.studies.wada2019.architecture import counts, feature_maps, layer_table
from neolab.studies.wada2019.network import (
    AgeEnsemble,
    ContrastHead,
    MyelinAgeNetwork,
    SliceBranch,
    combine,
)


def n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_two_convolutions_leave_the_29_by_29_by_8_maps_of_the_figure():
    assert SliceBranch().convolutions(torch.zeros(1, 1, 128, 128)).shape == (1, 8, 29, 29)


def test_parameter_counts_follow_from_the_layer_table():
    convolutions = (25 + 1) * 16 + (16 * 25 + 1) * 8
    branch = convolutions + (6728 + 1) * 100
    head = 501 * 100 + 101 * 100
    tail = 201 * 200 + 201 * 50 + 51 * 25 + 26
    assert n_parameters(SliceBranch()) == branch
    assert n_parameters(ContrastHead()) == head
    assert n_parameters(MyelinAgeNetwork()) == 10 * branch + 2 * head + tail
    assert n_parameters(MyelinAgeNetwork(shared_branches=True)) == 2 * branch + 2 * head + tail


@pytest.mark.parametrize("strided", [False, True])
def test_a_branch_computes_what_its_layers_say_whatever_the_memory_layout(strided):
    torch.manual_seed(0)
    branch = SliceBranch(32)
    image = torch.rand(3, 5, 32, 32)[:, 2:3] if strided else torch.rand(3, 1, 32, 32)
    first, second = (layer for layer in branch.convolutions if hasattr(layer, "weight"))
    maps = F.max_pool2d(F.relu(F.conv2d(image.contiguous(), first.weight, first.bias)), 2)
    maps = F.max_pool2d(F.relu(F.conv2d(maps, second.weight, second.bias)), 2).contiguous()
    expected = F.relu(F.linear(maps.reshape(3, -1), branch.dense[1].weight, branch.dense[1].bias))
    torch.testing.assert_close(branch(image), expected)


@pytest.mark.parametrize("shared", [False, True])
def test_ten_slices_give_one_age_and_every_level_has_a_say(shared):
    torch.manual_seed(0)
    network = MyelinAgeNetwork(shared_branches=shared, image_size=32)
    images = torch.rand(3, 2, 5, 32, 32, requires_grad=True)
    age = network(images)
    age.sum().backward()
    assert age.shape == (3,)
    assert (images.grad.abs().sum(dim=(0, 3, 4)) > 0).all()


def test_shared_branches_treat_equal_slices_equally_at_every_level():
    torch.manual_seed(0)
    network = MyelinAgeNetwork(shared_branches=True, image_size=32).eval()
    slices = torch.rand(1, 1, 32, 32).expand(1, 5, 32, 32)
    pairs = zip(network.branches[0], slices.split(1, dim=1), strict=True)
    features = torch.cat([branch(one) for branch, one in pairs])
    torch.testing.assert_close(features, features[:1].expand(5, 100))


@pytest.mark.parametrize("shared", [False, True])
def test_the_layer_table_accounts_for_every_parameter(shared):
    table = layer_table(shared)
    total = (table["parameters"] * table["copies"]).sum()
    assert total == count_parameters(MyelinAgeNetwork(shared))
    assert total == counts()["parameters"]["shared" if shared else "independent"]
    assert table["output"].tolist()[3] == "8 × 29 × 29"


def test_eight_layers_and_the_maps_of_the_figure():
    assert feature_maps() == (8, 29, 29)
    assert (counts()["convolutions"], counts()["dense_layers"]) == (2, 6)


@given(st.floats(-5, 30, width=32), st.floats(-5, 30, width=32))
def test_the_combined_age_lies_between_the_two_estimates(younger, older):
    result = combine(torch.tensor([younger]), torch.tensor([older])).item()
    assert min(younger, older) - 1e-5 <= result <= max(younger, older) + 1e-5


def test_the_rule_for_the_overlap():
    younger, older = torch.tensor([2.0, 10, 15, 8]), torch.tensor([9.0, 14, 22, 8])
    assert combine(younger, older).tolist() == [2, 12, 22, 8]


def test_the_ensemble_answers_by_the_rule():
    torch.manual_seed(0)
    younger, older = MyelinAgeNetwork(image_size=32), MyelinAgeNetwork(image_size=32)
    images = torch.rand(3, 2, 5, 32, 32)
    ensemble = AgeEnsemble(younger, older)
    torch.testing.assert_close(ensemble(images), combine(younger(images), older(images)))
