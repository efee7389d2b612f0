"""The ResNet18 of Wu 2021: architecture, augmentation, class activation maps, training."""

import urllib.request

import numpy as np
import pandas as pd
import pytest
import torch

from neolab import machine
from neolab.errors import InputError
from neolab.io.splits import grouped_folds, leaky_folds
from neolab.studies.wu2021 import cam, cross_validation, fitting, network
from neolab.studies.wu2021.augmentation import Augmentation
from neolab.studies.wu2021.slice_set import SliceSet, balance


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return network.build_network().eval()


def test_the_network_has_8_blocks_18_layers_and_the_parameters_of_resnet18_with_two_outputs(net):
    assert network.count_residual_blocks(net) == 8
    assert network.count_learnable_layers(net) == 18
    assert sum(parameter.numel() for parameter in net.parameters()) == 11_177_538


def test_the_class_activation_map_averages_to_the_logit(net):
    pictures = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        logits = net(pictures)
    for label in (0, 1):
        maps = cam.class_activation_maps(net, pictures, label)
        expected = logits[:, label].numpy() - net.head.bias[label].item()
        assert maps.mean(axis=(1, 2)) == pytest.approx(expected, abs=1e-4)


def test_weights_come_from_a_file_of_torchvisions_resnet18(tmp_path):
    from torchvision.models import resnet18

    torch.manual_seed(1)
    original = resnet18(weights=None)
    torch.save(original.state_dict(), tmp_path / "mine.pt")
    state, used = network.pretrained_weights(str(tmp_path / "mine.pt"))
    assert used == "mine.pt"
    loaded = network.build_network(state)
    assert torch.equal(loaded.backbone.conv1.weight, original.conv1.weight)
    assert loaded.head.out_features == 2


@pytest.mark.parametrize("content", [None, b"not weights", "other"])
def test_a_file_that_does_not_fit_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "weights.pt"
    if content == "other":
        torch.save({"layer": torch.zeros(2)}, path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="weights.pt"):
        network.pretrained_weights(str(path))


def test_imagenet_weights_that_cannot_be_downloaded_leave_random_ones_and_say_so(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    # urllib keeps the proxies of its first call for the life of the process.
    monkeypatch.setattr(urllib.request, "_opener", None)
    state, used = network.pretrained_weights("imagenet")
    assert state is None
    assert used.startswith("none (download failed")


def angle_of(matrix: torch.Tensor) -> float:
    return float(torch.rad2deg(torch.atan2(-matrix[0, 1], matrix[0, 0])))


def test_augmentation_stays_in_the_papers_ranges_and_fills_them():
    matrices = Augmentation().matrices(4000, torch.Generator().manual_seed(0))
    angles = np.array([angle_of(m) for m in matrices])
    zoom = 1 / torch.linalg.det(matrices[:, :, :2]).abs().sqrt().numpy()
    flipped = torch.linalg.det(matrices[:, :, :2]).numpy() < 0
    shift = matrices[:, :, 2].numpy() / 2 * 224
    assert -30 <= angles.min() < -29 and 29 < angles.max() <= 30
    assert 0.9 <= zoom.min() < 0.905 and 1.095 < zoom.max() <= 1.1 + 1e-6
    assert flipped.mean() == pytest.approx(0.5, abs=0.03)
    assert 29 < np.abs(shift).max() <= 30 + 1e-4


def test_the_flip_is_up_down():
    picture = torch.zeros(1, 1, 9, 9)
    picture[0, 0, 1, 2] = 1
    still = Augmentation(rotation_deg=0, flip_probability=1.0, zoom=(1, 1), shift_share=0)
    flipped = still(picture, torch.Generator())
    assert torch.allclose(flipped, picture.flip(2), atol=1e-5)


def test_no_augmentation_is_the_identity():
    pictures = torch.rand(4, 1, 16, 16)
    still = Augmentation(rotation_deg=0, flip_probability=0.0, zoom=(1, 1), shift_share=0)
    assert torch.allclose(still(pictures, torch.Generator()), pictures, atol=1e-5)


def easy_slices(n_newborns: int = 12, per_newborn: int = 2, size: int = 32) -> SliceSet:
    """Positive newborns have a bright middle; every newborn has a pattern of its own."""
    rng = np.random.default_rng(0)
    rows, images = [], []
    for newborn in range(n_newborns):
        label = newborn % 2
        pattern = rng.random((size, size)) * 0.4
        for k in range(per_newborn):
            image = pattern + rng.random((size, size)) * 0.02
            image[12:20, 12:20] += 0.5 * label
            images.append(image)
            rows.append({"participant_id": f"SYN{newborn:04d}", "label": label, "slice_index": k})
    return SliceSet(np.stack(images).astype(np.float32), pd.DataFrame(rows), 1.0)


def test_every_slice_is_predicted_once_and_a_strong_signal_is_learned():
    slices = easy_slices()
    recipe = fitting.Recipe(epochs=8, batch_size=6, learning_rate=3e-3)
    folds = grouped_folds(slices.table, n_splits=2)
    result = cross_validation.cross_validate(slices, folds, recipe, seed=1)
    assert result.predictions["probability"].between(0, 1).all()
    assert set(result.predictions["fold"]) == {0, 1}
    right = (result.predictions["probability"] > 0.5) == result.predictions["label"].astype(bool)
    assert right.mean() > 0.9
    assert len(result.activation_maps) == len(slices)


def test_training_repeats_with_the_seed_whatever_the_number_of_cores(monkeypatch):
    slices = easy_slices(8)
    folds = grouped_folds(slices.table, n_splits=2)
    recipe = fitting.Recipe(epochs=1, batch_size=4)
    found = []
    for cores in (1, 2):
        monkeypatch.setattr(machine, "available_cores", lambda cores=cores: cores)
        found.append(cross_validation.cross_validate(slices, folds, recipe, seed=3).predictions)
    assert found[0].equals(found[1])


def test_slice_level_folds_leak_and_patient_level_folds_do_not():
    slices = easy_slices(40)
    slices.images[:, 12:20, 12:20] = 0.2  # nothing left to diagnose
    leaky = cross_validation.nearest_neighbour(slices, leaky_folds(slices.table, n_splits=5))
    honest = cross_validation.nearest_neighbour(slices, grouped_folds(slices.table, n_splits=5))
    accuracy = [((one["probability"] > 0.5) == one["label"].astype(bool)).mean() for one in (leaky, honest)]
    assert leaky["same_newborn"].mean() > 0.6 and accuracy[0] > 0.75
    assert not honest["same_newborn"].any() and accuracy[1] < 0.7


def test_patients_get_the_mean_of_their_slices():
    predictions = pd.DataFrame(
        {"participant_id": ["a", "b", "a"], "label": [1, 0, 1], "probability": [0.2, 0.9, 0.6]}
    )
    patients = cross_validation.by_patient(predictions)
    assert patients["probability"].tolist() == pytest.approx([0.4, 0.9])
    assert patients["label"].tolist() == [1, 0]


def test_balancing_leaves_as_many_slices_of_each_group():
    table = pd.DataFrame(
        {"participant_id": list("aabbbcc"), "label": [1, 1, 0, 0, 0, 1, 1], "slice_index": 0}
    )
    balanced = balance(SliceSet(np.arange(7.0)[:, None, None], table, 1.0), seed=0)
    assert balanced.table["label"].value_counts().to_dict() == {0: 3, 1: 3}
    assert (np.diff(balanced.images[:, 0, 0]) > 0).all()


def test_batch_norm_statistics_are_those_of_all_training_pictures():
    torch.manual_seed(0)
    net = network.build_network()
    pictures = torch.rand(8, 1, 32, 32)
    fitting.settle_batch_norm(net, pictures, batch_size=8)
    with torch.no_grad():
        first = net.backbone.conv1((pictures.expand(-1, 3, -1, -1) - net.mean) / net.sd)
    assert torch.allclose(net.backbone.bn1.running_mean, first.mean(dim=(0, 2, 3)), atol=1e-4)
    assert not net.training


def test_balancing_never_loses_a_newborn():
    table = pd.DataFrame(
        {"participant_id": [*"aabbcc", "x", "y"], "label": [0] * 6 + [1] * 2, "slice_index": 0}
    )
    for seed in range(20):
        balanced = balance(SliceSet(np.zeros((8, 2, 2)), table, 1.0), seed)
        assert set(balanced.table["participant_id"]) == set("abcxy")
        assert balanced.table["label"].value_counts().to_dict() == {0: 3, 1: 2}
