"""Where networks look: MONAI's maps against the formulas, for pictures and volumes."""

import numpy as np
import pytest
import torch
from skimage.transform import resize
from torch import nn
from torch.nn import functional

from neolab.errors import InputError
from neolab.learn.attribution import class_activation_map, enlarge, grad_cam, input_gradient, occlusion
from neolab.learn.compute import seeded

AXES = [2, 3]


class Averaging(nn.Module):
    """Two stages of convolution, a mean over the image, and three classes."""

    def __init__(self, axes: int):
        super().__init__()
        convolution = {2: nn.Conv2d, 3: nn.Conv3d}[axes]
        self.layer1 = nn.Sequential(convolution(1, 4, 3, 2, 1), nn.ReLU())
        self.layer2 = nn.Sequential(convolution(4, 6, 3, 2, 1), nn.ReLU())
        self.fc = nn.Linear(6, 3)

    def forward(self, images):
        return self.fc(self.layer2(self.layer1(images)).flatten(2).mean(2))


def images(axes, n=3):
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n, 1, *[16] * axes)).astype(np.float32))


@pytest.fixture(params=AXES)
def axes(request):
    return request.param


@pytest.fixture
def network(axes):
    return seeded(lambda: Averaging(axes), 0)


@pytest.mark.parametrize("target", [0, 2])
def test_the_class_activation_map_is_the_head_at_every_place_and_averages_to_the_logit(network, axes, target):
    maps = class_activation_map(network, images(axes), target, "layer2", "fc")
    with torch.no_grad():
        features = network.layer2(network.layer1(images(axes)))
        expected = (
            torch.einsum("k,nk...->n...", network.fc.weight[target], features) + network.fc.bias[target]
        )
        logits = network(images(axes))[:, target]
    np.testing.assert_allclose(maps, expected, atol=1e-6)
    np.testing.assert_allclose(maps.reshape(3, -1).mean(1), logits, atol=1e-6)


@pytest.mark.parametrize("layer", ["layer1", "layer2"])
def test_grad_cam_weighs_the_maps_by_the_mean_of_their_gradient(network, axes, layer):
    found = grad_cam(network, images(axes), 1, layer)
    for image, cam in zip(images(axes), found, strict=True):
        maps = network.layer1(image[None])
        maps = network.layer2(maps) if layer == "layer2" else maps
        maps = maps.detach().requires_grad_()
        last = network.layer2(maps) if layer == "layer1" else maps
        (gradient,) = torch.autograd.grad(network.fc(last.flatten(2).mean(2))[0, 1], maps)
        weights = gradient.flatten(2).mean(2).view(1, -1, *[1] * axes)
        expected = torch.relu((weights * maps).sum(1, keepdim=True))
        mode = {2: "bilinear", 3: "trilinear"}[axes]
        expected = functional.interpolate(expected, image.shape[1:], mode=mode)[0, 0].detach().numpy()
        np.testing.assert_allclose(cam, expected / expected.max(), atol=1e-5)


def test_grad_cam_is_zero_where_no_map_speaks_for_the_class(network, axes):
    nn.init.constant_(network.fc.weight, -1.0)
    assert (grad_cam(network, images(axes), 1, "layer2") == 0).all()


def test_the_gradient_is_the_change_by_a_small_step(network, axes):
    network = network.double()
    seen = images(axes).double()
    gradient = input_gradient(network, seen, target=2)
    assert gradient.shape == seen.shape
    place = (1, 0, *[5] * axes)
    moved = seen.clone()
    moved[place] += 1e-6
    change = (network(moved) - network(seen))[1, 2].item() / 1e-6
    assert gradient[place] == pytest.approx(change, rel=1e-4)


def test_the_gradient_of_a_sum_is_its_weights():
    weights = torch.arange(40.0).view(2, 5, 4)
    network = nn.Sequential(nn.Flatten(), nn.Linear(40, 1, bias=False), nn.Flatten(0))
    network[1].weight = nn.Parameter(weights.view(1, 40))
    assert network(torch.rand(3, 2, 5, 4)).shape == (3,)
    np.testing.assert_array_equal(input_gradient(network, torch.rand(3, 2, 5, 4)), np.stack([weights] * 3))


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")  # MONAI's own indexing
def test_occlusion_of_one_channel_is_monais(network, axes):
    from monai.visualize import OcclusionSensitivity

    seen = images(axes)
    hide = OcclusionSensitivity(network, 8, verbose=False, mode="mean_img", overlap=0, activate=False)
    with torch.no_grad():
        change = torch.cat([hide(one)[0] for one in seen.split(1)]).numpy()
        change = change - network(seen).numpy()[(..., *[None] * axes)]
    found = occlusion(network, seen, patch=8, target=1, axes=axes)
    assert found.shape == (3, 1, *[2] * axes)
    np.testing.assert_allclose(
        found[:, 0], change[(slice(None), 1, *[slice(None, None, 8)] * axes)], atol=1e-6
    )


def test_occlusion_hides_one_patch_of_one_channel_at_a_time():
    class Loud(nn.Module):
        """Says what one patch of one channel holds."""

        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, pictures):
            return self.scale * pictures[:, 1, 2, 4:8, 0:4].sum(dim=(1, 2))

    pictures = torch.rand(2, 2, 3, 8, 8)
    found = occlusion(Loud(), pictures, patch=4)
    mean = pictures[:, 1, 2].mean(dim=(1, 2))
    expected = 16 * mean - pictures[:, 1, 2, 4:8, 0:4].sum(dim=(1, 2))
    np.testing.assert_allclose(found[:, 1, 2, 1, 0], expected, rtol=1e-5)
    found[:, 1, 2, 1, 0] = 0
    assert (found == 0).all()


def test_sides_that_patches_do_not_fill_are_refused(network, axes):
    with pytest.raises(InputError, match="expected multiples of the patch, 5"):
        occlusion(network, images(axes), patch=5, axes=axes)


def test_looking_leaves_the_network_as_it_was(network, axes):
    seen = images(axes)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    class_activation_map(network, seen, 1, "layer2")
    grad_cam(network, seen, 1, "layer1")
    input_gradient(network, seen)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


@pytest.mark.parametrize("shape", [(20, 30), (6, 9, 12)])
def test_enlarged_maps_are_scikit_images(shape):
    small = np.random.default_rng(0).random([5] * len(shape)).astype(np.float32)
    expected = resize(small, shape, order=1, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(enlarge(small[None], shape)[0], expected, atol=1e-6)
