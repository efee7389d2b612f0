"""The network of GloResNet against MONAI's ResNet-10 and MedicalNet's key layout."""

import sys

import pytest
import torch

from neolab.errors import InputError
from neolab.studies.gloresnet2026.experiments import builder, settings, starting_weights
from neolab.studies.gloresnet2026.fit import Recipe
from neolab.studies.gloresnet2026.medicalnet import load_backbone
from neolab.studies.gloresnet2026.network import RESNET18, GloResNet, predict_with_flip


def n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


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
        assert n_parameters(GloResNet()) == 14_356_546


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


def test_flip_averaging_gives_a_mirrored_brain_the_same_probability():
    torch.manual_seed(0)
    network = GloResNet(width=0.0625).eval()
    volume = torch.rand(2, 1, 32, 32, 32)
    assert not torch.allclose(network(volume), network(volume.flip(2)))
    torch.testing.assert_close(predict_with_flip(network, volume), predict_with_flip(network, volume.flip(2)))


def medicalnet_file(path, network, change=lambda state: None):
    state = {f"module.{k}": v for k, v in network.state_dict().items() if not k.startswith("fc.")}
    change(state)
    torch.save({"state_dict": state}, path)
    return path


def test_a_checkpoint_with_medicalnets_layout_fills_the_backbone_and_leaves_the_head(tmp_path):
    source, target = GloResNet(width=0.0625), GloResNet(width=0.0625)
    path = medicalnet_file(tmp_path / "resnet_10.pth", source)
    assert len(torch.load(path)["state_dict"]) == 72
    head = target.fc.weight.clone()
    load_backbone(target, path)
    torch.testing.assert_close(target.fc.weight, head)
    for name, value in source.state_dict().items():
        if not name.startswith("fc."):
            torch.testing.assert_close(target.state_dict()[name], value)


def drop_shortcuts(state):
    for name in [name for name in state if ".downsample." in name]:
        del state[name]


def add_a_block(state):
    state["module.layer1.1.conv1.weight"] = torch.zeros(4, 4, 3, 3, 3)


def drop_a_norm(state):
    del state["module.bn1.weight"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_shortcuts, "shortcuts are of type A, expected type B"),
        (add_a_block, "has 5 residual blocks, expected 4"),
        (drop_a_norm, "lacks 1 and adds 0 of the 72 expected entries"),
    ],
)
def test_a_checkpoint_of_another_network_is_refused(tmp_path, change, message):
    network = GloResNet(width=0.0625)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    path = medicalnet_file(tmp_path / "other.pth", network, change)
    with pytest.raises(InputError, match=message):
        load_backbone(network, path)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_a_deeper_checkpoint_is_refused(tmp_path):
    path = medicalnet_file(tmp_path / "resnet_18.pth", GloResNet(width=0.0625, blocks=RESNET18))
    with pytest.raises(InputError, match=r"resnet_18.pth has 8 residual blocks, expected 4 \(ResNet-10\)"):
        load_backbone(GloResNet(width=0.0625), path)


def test_networks_are_built_from_a_checkpoint_with_random_heads(tmp_path):
    source = GloResNet(width=0.0625)
    build = builder(0.0625, medicalnet_file(tmp_path / "resnet_10.pth", source))
    first, second = build(), build()
    torch.testing.assert_close(first.conv1.weight, source.conv1.weight)
    torch.testing.assert_close(first.layer4.state_dict(), source.layer4.state_dict())
    assert not torch.equal(first.fc.weight, second.fc.weight)


def test_where_medicalnets_weights_cannot_be_had_the_start_is_random_and_says_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # as where it is not installed
    path, used = starting_weights("medicalnet")
    assert path is None
    assert used.startswith("none, because MedicalNet's cannot be had")
    assert "huggingface_hub" in used
    assert starting_weights("none") == (None, "none")


def test_a_named_checkpoint_that_does_not_fit_stops_the_study(tmp_path):
    path = medicalnet_file(tmp_path / "narrow.pth", GloResNet(width=0.0625))
    with pytest.raises(InputError, match="conv1.weight in"):
        starting_weights(str(path))


def test_ablations_grow_with_their_extent_and_a_random_start_is_one_only_beside_a_pretrained_one():
    recipe = Recipe()
    assert settings(recipe, "none", pretrained=True) == {}
    assert set(settings(recipe, "short", pretrained=False)) == {"baseline"}
    assert set(settings(recipe, "all", pretrained=True)) == {"baseline", "random", "i", "ii", "unweighted"}
    bare = settings(recipe, "all", pretrained=True)["i"]
    assert (bare.recipe.mixup_alpha, bare.recipe.flip_at_test, bare.blocks) == (0.0, False, RESNET18)


def test_a_checkpoint_of_another_width_is_refused(tmp_path):
    path = medicalnet_file(tmp_path / "narrow.pth", GloResNet(width=0.0625))
    with pytest.raises(InputError, match=r"conv1.weight in .* has shape \(4, 1, 7, 7, 7\), expected \(8"):
        load_backbone(GloResNet(width=0.125), path)


def test_a_missing_and_a_broken_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="no file at"):
        load_backbone(GloResNet(width=0.0625), tmp_path / "absent.pth")
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="cannot be read"):
        load_backbone(GloResNet(width=0.0625), broken)
