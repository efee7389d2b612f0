"""The network of Wada 2019 against the shapes and counts that its Figure 2 implies."""

import pytest
import torch
import torch.nn.functional as F

from neolab.studies.wada2019.network import ContrastHead, MyelinAgeNetwork, SliceBranch


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
    first, second = branch.convolutions[0], branch.convolutions[3]
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
    features = network._levels(network.branches[0], slices).reshape(5, 100)
    torch.testing.assert_close(features, features[:1].expand(5, 100))
