"""The network of GloResNet against MONAI's ResNet-10."""

import pytest
import torch

from neolab.learn.compute import count_parameters
from neolab.studies.gloresnet2026.network import GloResNet


@pytest.fixture(scope="module")
def monai_resnet10():
    from monai.networks.nets import resnet10

    torch.manual_seed(1)
    return resnet10(
        spatial_dims=3,
        n_input_channels=1,
        num_classes=2,
        conv1_t_stride=2,
        shortcut_type="B",
        bias_downsample=False,
    )


def test_parameter_count_is_that_of_the_authors_code():
    with torch.device("meta"):
        assert count_parameters(GloResNet()) == 14_356_546


def test_it_computes_what_monais_resnet10_computes_from_the_same_weights(monai_resnet10):
    network = GloResNet()
    network.load_state_dict(monai_resnet10.state_dict(), strict=True)
    volume = torch.rand(2, 1, 32, 32, 32)
    network.train()
    monai_resnet10.train()
    torch.testing.assert_close(network(volume), monai_resnet10(volume))


def test_sides_fall_as_in_the_figure():
    sides = []
    network = GloResNet(width=0.0625)
    for stage in (network.conv1, network.layer1, network.layer2, network.layer3, network.layer4):
        stage.register_forward_hook(lambda _module, _inputs, output: sides.append(output.shape[-1]))
    network.eval()(torch.rand(1, 1, 128, 128, 128))
    assert sides == [64, 32, 16, 8, 4]


def test_a_backbone_has_the_72_entries_of_medicalnets():
    assert len([name for name in GloResNet(width=0.0625).state_dict() if not name.startswith("fc.")]) == 72
