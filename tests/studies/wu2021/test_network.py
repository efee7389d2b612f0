"""The ResNet18 of Wu 2021: its architecture beside torchvision's."""

import pytest
import torch
from torchvision.models import resnet18

from neolab.learn.weights import find_weights
from neolab.studies.wu2021 import network


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return network.build_network().eval()


def test_the_network_has_8_blocks_18_layers_and_the_parameters_of_resnet18_with_two_outputs(net):
    assert network.count_residual_blocks(net) == 8
    assert network.count_learnable_layers(net) == 18
    assert sum(parameter.numel() for parameter in net.parameters()) == 11_177_538


@torch.no_grad()
def test_the_stages_are_those_of_torchvisions_resnet18_on_a_grey_picture_in_three_colours(net):
    pictures = torch.rand(3, 1, 64, 64)
    scaled = (torch.cat([pictures] * 3, dim=1) - net.mean) / net.sd
    assert torch.equal(net(pictures), net.backbone(scaled))


def test_a_network_starts_from_the_weights_of_a_file_but_for_its_last_layer(tmp_path):
    torch.manual_seed(1)
    original = resnet18(weights=None)
    torch.save(original.state_dict(), tmp_path / "mine.pt")
    loaded = network.build_network(find_weights(str(tmp_path / "mine.pt"), network.build_network().backbone))
    assert torch.equal(loaded.backbone.conv1.weight, original.conv1.weight)
    assert torch.equal(loaded.backbone.layer4[1].bn2.weight, original.layer4[1].bn2.weight)
    assert loaded.head.out_features == 2
