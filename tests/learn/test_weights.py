"""Weights to start from: found, said in words, loaded whole or refused."""

import sys
import urllib.request
from types import SimpleNamespace

import pytest
import torch
from monai.networks.nets import resnet10, resnet18
from torchvision.models import resnet18 as picture_resnet18

from neolab.errors import InputError
from neolab.learn.compute import seeded
from neolab.learn.weights import Weights, find_weights, load_backbone


def volume_network(seed: int = 0, build=resnet10, **options):
    """MONAI's ResNet with MedicalNet's layers, narrow."""
    options = {"shortcut_type": "B", "bias_downsample": False, "widen_factor": 0.0625} | options
    return seeded(
        lambda: build(spatial_dims=3, n_input_channels=1, num_classes=2, conv1_t_stride=2, **options), seed
    )


def medicalnet_file(path, network, change=lambda state: None):
    """A checkpoint as MedicalNet writes it: a dictionary of a dictionary, every name after ``module.``."""
    state = {f"module.{k}": v for k, v in network.state_dict().items() if not k.startswith("fc.")}
    change(state)
    torch.save({"state_dict": state}, path)
    return path


def equal_but_for_the_head(network, other):
    mine, its = network.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], its[name]) for name in its if not name.startswith("fc."))


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Every download fails, and nothing has been downloaded before."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    # urllib keeps the proxies of its first call for the life of the process.
    monkeypatch.setattr(urllib.request, "_opener", None)


def test_no_weights_are_random_ones_and_leave_the_network_alone():
    weights = find_weights("none")
    assert not weights.pretrained and str(weights) == "random"
    network = load_backbone(volume_network(1), weights)
    assert equal_but_for_the_head(network, volume_network(1))


def test_a_checkpoint_with_medicalnets_layout_fills_the_backbone_and_leaves_the_head(tmp_path):
    path = medicalnet_file(tmp_path / "resnet_10.pth", volume_network(1))
    assert len(torch.load(path)["state_dict"]) == 72
    weights = find_weights(str(path), volume_network())
    assert weights.pretrained and str(weights) == "resnet_10.pth"
    network = load_backbone(volume_network(2), weights)
    assert equal_but_for_the_head(network, volume_network(1))
    assert torch.equal(network.fc.weight, volume_network(2).fc.weight)


def test_medicalnets_weights_come_from_the_hub(tmp_path, monkeypatch):
    path = medicalnet_file(tmp_path / "resnet_10.pth", volume_network(1))
    hub = SimpleNamespace(hf_hub_download=lambda repository, name: str(path))
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    weights = find_weights("medicalnet", volume_network())
    assert weights.pretrained and str(weights) == "MedicalNet"
    assert equal_but_for_the_head(load_backbone(volume_network(), weights), volume_network(1))


def test_imagenets_weights_come_from_torchvisions_cache_and_do_not_count_their_batches(tmp_path, monkeypatch):
    original = seeded(lambda: picture_resnet18(weights=None), 1)
    state = {k: v for k, v in original.state_dict().items() if not k.endswith("num_batches_tracked")}
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(state, folder / "resnet18-f37072fd.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    network = picture_resnet18(weights=None, num_classes=2)
    weights = find_weights("imagenet", network)
    assert weights.pretrained and str(weights) == "ImageNet"
    assert equal_but_for_the_head(load_backbone(network, weights), original)
    assert network.fc.out_features == 2


def test_imagenets_weights_that_cannot_be_downloaded_leave_random_ones_and_say_why(no_network):
    weights = find_weights("imagenet")
    assert not weights.pretrained and weights.asked == "imagenet"
    assert str(weights).startswith("random (ImageNet's could not be downloaded: ")


def test_medicalnets_weights_that_cannot_be_had_leave_random_ones_and_say_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # as where it is not installed
    weights = find_weights("medicalnet")
    assert not weights.pretrained and "huggingface_hub is not installed" in weights.reason

    def refuses(repository, name):
        raise ConnectionError("no route")

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=refuses))
    assert "could not be downloaded: ConnectionError" in str(find_weights("medicalnet"))


def drop_shortcuts(state):
    for name in [name for name in state if ".downsample." in name]:
        del state[name]


def add_a_block(state):
    state["module.layer1.1.conv1.weight"] = torch.zeros(4, 4, 3, 3, 3)


def drop_a_norm(state):
    del state["module.bn1.weight"]


def add_a_layer(state):
    state["module.layer5.weight"] = torch.zeros(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_shortcuts, "shortcuts are of type A, expected type B"),
        (add_a_block, "has 5 residual blocks, expected 4"),
        (drop_a_norm, "lacks 1 and adds 0 of the 72 expected entries"),
        (add_a_layer, r"lacks 0 and adds 1 of the 72 expected entries \(first: layer5.weight\)"),
    ],
)
def test_weights_of_another_network_are_refused_and_change_nothing(tmp_path, change, message):
    path = medicalnet_file(tmp_path / "other.pth", volume_network(1), change)
    with pytest.raises(InputError, match=message):
        find_weights(str(path), volume_network())
    network = volume_network(2)
    with pytest.raises(InputError, match=message):
        load_backbone(network, find_weights(str(path)))
    assert equal_but_for_the_head(network, volume_network(2))


def test_weights_of_a_deeper_or_a_wider_network_are_refused(tmp_path):
    deep = medicalnet_file(tmp_path / "deep.pth", volume_network(build=resnet18))
    with pytest.raises(InputError, match=r"deep.pth has 8 residual blocks, expected 4"):
        find_weights(str(deep), volume_network())
    narrow = medicalnet_file(tmp_path / "narrow.pth", volume_network())
    with pytest.raises(InputError, match=r"weight in .*narrow.pth has shape .*\(4, .*expected \(8, "):
        find_weights(str(narrow), volume_network(widen_factor=0.125))


@pytest.mark.parametrize("content", [None, b"not weights", [1, 2], {"layer": "not a tensor"}, {}])
def test_a_file_without_weights_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "weights.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(InputError, match="weights.pt"):
        find_weights(str(path))


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch.save(picture_resnet18, tmp_path / "code.pt")  # a pickled function
    with pytest.raises(InputError, match="code.pt cannot be read"):
        find_weights(str(tmp_path / "code.pt"))


def test_weights_say_what_they_are():
    assert str(Weights("imagenet", "random", reason="no route")) == "random (no route)"
    assert Weights("a/b.pt", "b.pt", {"conv1.weight": torch.zeros(1)}).pretrained
