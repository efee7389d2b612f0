"""Fine-tuning: augmentation, the step, batch normalisation, and what the networks of all folds say."""

import numpy as np
import pytest
import torch

from neolab import machine
from neolab.learn.compute import channels_last, seeded
from neolab.learn.folds import FoldJob
from neolab.learn.weights import Weights
from neolab.studies.wu2021 import evaluation, network, training
from neolab.studies.wu2021.parameters import Wu2021Parameters

RANDOM = Weights("none", "random")


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return network.build_network().eval()


def parameters(**values) -> Wu2021Parameters:
    return Wu2021Parameters(profile="smoke", **values)


def judge(slices, split="patient", **values):
    params = parameters(**values)
    method = training.method(slices, params, RANDOM)
    return evaluation.judged_slices(slices, split, method, params, params.epochs)


def matrices(n: int) -> torch.Tensor:
    """What augmentation does to places, from where it takes the corners of pictures of coordinates."""
    size = 225
    line = torch.linspace(-1 + 1 / size, 1 - 1 / size, size)
    across, down = torch.meshgrid(line, line, indexing="xy")
    pictures = torch.stack([across, down]).expand(n, -1, -1, -1)
    moved = training.AUGMENTATION(pictures, np.random.default_rng(0))
    middle, step = size // 2, 20
    here = moved[:, :, middle, middle]
    right, below = moved[:, :, middle, middle + step] - here, moved[:, :, middle + step, middle] - here
    return torch.cat([torch.stack([right, below], dim=2) / (2 * step / size), here[..., None]], dim=2)


def test_augmentation_stays_in_the_papers_ranges_and_fills_them():
    found = matrices(1500)
    determinant = torch.linalg.det(found[:, :, :2])
    angles = torch.rad2deg(torch.atan2(-found[:, 0, 1], found[:, 0, 0])).numpy()
    zoom = 1 / determinant.abs().sqrt().numpy()
    shift = found[:, :, 2].numpy() / 2 * 224
    assert -30.01 <= angles.min() < -29 and 29 < angles.max() <= 30.01
    assert 0.8999 <= zoom.min() < 0.905 and 1.095 < zoom.max() <= 1.1001
    assert (determinant < 0).float().mean() == pytest.approx(0.5, abs=0.05)
    assert 29 < np.abs(shift).max() <= 30.01


def test_the_flip_is_up_down():
    """Without rotation a mirrored picture keeps its columns in place: x grows to the right in both."""
    found = matrices(1500)
    upright = found[torch.linalg.det(found[:, :, :2]) > 0]
    flipped = found[torch.linalg.det(found[:, :, :2]) < 0]
    assert (upright[:, 0, 0] > 0).all() and (upright[:, 1, 1] > 0).all()
    assert (flipped[:, 0, 0] > 0).all() and (flipped[:, 1, 1] < 0).all()


def test_the_class_activation_map_averages_to_the_logit(net):
    pictures = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        logits = net(pictures)
    for label in (0, 1):
        maps = training.activation_maps(net, pictures, label)
        assert maps.mean(axis=(1, 2)) == pytest.approx(logits[:, label].numpy(), abs=1e-4)


def test_the_recipe_is_the_papers():
    recipe = training.recipe(Wu2021Parameters(profile="paper"))
    assert (recipe.optimiser, recipe.epochs, recipe.batch_size, recipe.learning_rate) == ("sgd", 6, 10, 3e-4)
    assert recipe.schedule == "constant" and recipe.keep == "last" and recipe.patience == 0


def test_the_new_layer_learns_ten_times_faster_and_no_weight_is_left_out(net):
    body, head = training.parameter_groups(net, 3e-4)
    assert head["lr"] == pytest.approx(3e-3) and "lr" not in body
    assert {id(weight) for weight in head["params"]} == {id(weight) for weight in net.head.parameters()}
    assert len(body["params"]) + len(head["params"]) == len(list(net.parameters()))


def test_every_slice_is_predicted_once_and_a_strong_signal_is_learned(easy_slices):
    slices = easy_slices()
    result = judge(slices, epochs=8, batch_size=6, learning_rate=1e-3, seed=0)
    judged = result.rows()
    assert judged["probability"].between(0, 1).all()
    assert set(judged["fold"]) == {0, 1}
    right = (judged["probability"] > 0.5) == judged["label"].astype(bool)
    assert right.mean() > 0.9
    assert np.stack(judged["activation_map"]).shape == (len(slices), 1, 1)


def test_training_is_gradient_descent_with_momentum_and_then_the_batch_norm_of_all_pictures(easy_slices):
    """The same written out by hand: batches of five, the rest left out, the new layer ten times faster."""
    slices, job = easy_slices(12, size=64), FoldJob(np.arange(14), np.arange(14, 24), 0, 0, seed=7)
    params = parameters(epochs=2, batch_size=5, learning_rate=3e-4)
    said = training.method(slices, params, RANDOM)(job).predictions["probability"]

    pictures, labels = torch.from_numpy(slices.images)[:, None], torch.tensor(slices.table["label"])
    net = channels_last(seeded(network.build_network, 7))
    body = [weight for name, weight in net.named_parameters() if not name.startswith("backbone.fc")]
    groups = [{"params": body}, {"params": net.head.parameters(), "lr": 3e-3}]
    optimiser = torch.optim.SGD(groups, 3e-4, momentum=0.9, weight_decay=1e-4)
    for epoch in (1, 2):
        rng = np.random.default_rng([7, epoch])
        for chosen in np.split(rng.permutation(job.train)[:10], 2):
            seen = training.AUGMENTATION(pictures[chosen], rng)
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net.train()(seen), labels[chosen]).backward()
            optimiser.step()
    training.settle_batch_norm(net, pictures[job.train])
    with torch.no_grad():
        expected = net(pictures[job.test]).softmax(dim=1)[:, 1].numpy()
    assert said == pytest.approx(expected, abs=1e-3)


def test_every_batch_and_after_every_epoch_the_held_out_fold_are_written_down(easy_slices):
    history = judge(easy_slices(), epochs=2, batch_size=5).history
    counts = history[history["metric"] == "loss"].groupby(["fold", "part"]).size().unstack()
    assert (counts["train"] == 2 * (12 // 5)).all() and (counts["test"] == 2).all()
    assert set(history["metric"]) == {"loss", "accuracy"}


def test_training_repeats_with_the_seed_whatever_the_number_of_cores(monkeypatch, easy_slices):
    found = []
    for cores in (1, 2):
        monkeypatch.setattr(machine, "available_cores", lambda cores=cores: cores)
        found.append(judge(easy_slices(8), epochs=1, batch_size=4, seed=3).rows()["probability"])
    assert found[0].equals(found[1])


def test_batch_norm_statistics_are_those_of_all_training_pictures():
    torch.manual_seed(0)
    net = network.build_network()
    pictures = torch.rand(8, 1, 32, 32)
    training.settle_batch_norm(net, pictures, batch_size=8)
    with torch.no_grad():
        first = net.backbone.conv1((pictures.expand(-1, 3, -1, -1) - net.mean) / net.sd)
    assert torch.allclose(net.backbone.bn1.running_mean, first.mean(dim=(0, 2, 3)), atol=1e-4)
    assert not net.training
