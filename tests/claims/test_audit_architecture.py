"""The layer counter against the networks themselves."""

import pytest
import torch
from torch import nn

from neolab.claims.audit.architecture import Count
from neolab.claims.audit.networks import NETWORKS, densenet121, resnet, wada_branch, wada_network


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def macs(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-accumulates of convolutions and linear layers, from the shapes of a real forward pass."""
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Linear):
            total += layer.weight.numel() * (output.numel() // layer.out_features)
        else:
            total += layer.weight.numel() * output[0, 0].numel()

    kinds = (nn.Conv2d, nn.Conv3d, nn.Linear)
    hooks = [m.register_forward_hook(count) for m in module.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        module.eval()(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return total


def test_each_layer_counts_as_torch_does():
    module = nn.Sequential(
        nn.Conv3d(2, 5, 3, stride=2, padding=1),
        nn.BatchNorm3d(5),
        nn.MaxPool3d(2, 2),
        nn.Conv3d(5, 4, 1, bias=False),
        nn.Flatten(),
        nn.Linear(4 * 4**3, 7),
    )
    count = (
        Count((2, 16, 16, 16)).conv(5, 3, 2, 1).norm().pool(2, 2).conv(4, 1, bias=False).flatten().linear(7)
    )
    assert count.parameters == parameters(module)
    assert count.macs == macs(module, (2, 16, 16, 16))
    assert count.shape == (7,)


@pytest.mark.parametrize("depth", [10, 18, 50])
def test_3d_resnets_count_as_monais(depth):
    from monai.networks.nets import resnet as monai

    build = {10: monai.resnet10, 18: monai.resnet18, 50: monai.resnet50}[depth]
    module = build(
        spatial_dims=3,
        n_input_channels=1,
        num_classes=2,
        conv1_t_stride=2,
        shortcut_type="B",
        bias_downsample=False,
    )
    ours = resnet(depth, 32)
    assert ours.parameters == parameters(module)
    assert ours.macs == macs(module, (1, 32, 32, 32))


def test_resnet18_with_padded_shortcuts_counts_as_monais():
    from monai.networks.nets import resnet as monai

    module = monai.resnet18(
        spatial_dims=3, n_input_channels=1, num_classes=2, conv1_t_stride=2, shortcut_type="A"
    )
    assert resnet(18, 32, shortcut="A").parameters == parameters(module)


def test_2d_resnet18_counts_as_torchvisions():
    from torchvision.models import resnet18

    module = resnet18(weights=None, num_classes=2)
    ours = NETWORKS["resnet18_2d"](64)
    assert ours.parameters == parameters(module)
    assert ours.macs == macs(module, (3, 64, 64))


def test_densenet121_counts_as_monais():
    from monai.networks.nets import DenseNet121

    module = DenseNet121(spatial_dims=3, in_channels=1, out_channels=2)
    ours = densenet121(32)
    assert ours.parameters == parameters(module)
    assert ours.macs == macs(module, (1, 32, 32, 32))


def test_the_network_of_wada_counts_as_built_here():
    branch = nn.Sequential(
        nn.Conv2d(1, 16, 5),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 8, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(29 * 29 * 8, 100),
    )
    assert wada_branch().parameters == parameters(branch)
    assert wada_branch().macs == macs(branch, (1, 128, 128))
    head = nn.Sequential(nn.Linear(500, 100), nn.Linear(100, 100))
    tail = nn.Sequential(nn.Linear(200, 200), nn.Linear(200, 50), nn.Linear(50, 25), nn.Linear(25, 1))
    total = 10 * parameters(branch) + 2 * parameters(head) + parameters(tail)
    assert wada_network().parameters == total
