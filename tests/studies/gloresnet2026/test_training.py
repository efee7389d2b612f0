"""Mixup, loss and training of GloResNet, and the two protocols of reporting it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from preterm_folders import data_of, parameters, setting
from scipy import stats
from sklearn.metrics import roc_auc_score

from neolab.io.leakage import LeakageError
from neolab.io.splits import Fold
from neolab.learn.compute import DivergedError
from neolab.learn.fit import Recipe
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.studies.gloresnet2026.training import (
    class_weights,
    draw_lambda,
    mix,
    predict,
    recipe,
    shuffled_labels,
    soft_cross_entropy,
    train,
)

PLAIN = Recipe(1, 20, 0.0, mixed_precision=False)
ONE_FOLD = [Fold(np.arange(14), np.arange(14, 20))]


def train_one(data, folds=ONE_FOLD, **options):
    return train(data, folds, parameters(), setting(), progress=False, **options)


def test_mixing_coefficients_follow_the_beta_distribution_and_its_switches():
    rng = np.random.default_rng(0)
    draws = draw_lambda(4000, 0.4, 1.0, rng).numpy()
    assert stats.kstest(draws, stats.beta(0.4, 0.4).cdf).pvalue > 0.001
    unmixed = draw_lambda(4000, 0.4, 0.5, rng) == 1
    assert unmixed.float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert (draw_lambda(8, 0.0, 1.0, rng) == 1).all()


def test_mixing_blends_volumes_and_labels_with_the_same_share():
    labels = torch.tensor([0, 1, 0, 1])
    volumes = labels.float().view(-1, 1, 1, 1, 1).expand(4, 1, 2, 2, 2)
    shares = torch.tensor([0.3, 0.6, 1, 0])
    one_hot = torch.nn.functional.one_hot(labels, 2).float()
    mixed, soft = mix(volumes, one_hot, shares, np.random.default_rng(0))
    torch.testing.assert_close(mixed[:, 0, 0, 0, 0], soft[:, 1])
    torch.testing.assert_close(soft.sum(1), torch.ones(4))


def test_weighted_soft_loss_is_torchs_for_hard_labels():
    torch.manual_seed(0)
    logits, labels = torch.randn(10, 2), torch.tensor([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    one_hot = torch.nn.functional.one_hot(labels, 2).float()
    weights = class_weights(one_hot)
    torch.testing.assert_close(weights, torch.tensor([10 / 14, 10 / 6]))
    expected = torch.nn.functional.cross_entropy(logits, labels, weight=weights, reduction="none").mean()
    torch.testing.assert_close(soft_cross_entropy(logits, one_hot, weights), expected)


def test_the_recipe_is_the_papers():
    how = recipe(parameters(profile="paper", width=1.0, epochs=150, batch_size=32, learning_rate=2e-3))
    assert (how.optimiser, how.schedule, how.weight_decay, how.keep) == ("adamw", "cosine", 0.01, "last")


def test_training_learns_a_blob_and_is_repeatable(blobs):
    first, second = (train_one(blobs, keep=True) for _ in range(2))
    test = ONE_FOLD[0].test
    np.testing.assert_array_equal(first.predictions["clean"], second.predictions["clean"])
    assert roc_auc_score(blobs.labels[test], first.column("clean")[test]) == 1.0
    assert np.stack(first.fits[0, 0].traces["mirrored"]).shape == (12, 6)
    assert np.isnan(first.column("clean")[0])


def test_seeds_differ_from_training_to_training(blobs):
    result = train_one(blobs, repeats=2)
    assert not np.allclose(result.column("clean", 0)[14:], result.column("clean", 1)[14:])


def test_the_history_has_every_epoch_and_the_training_accuracy_at_the_end(blobs):
    history = train_one(blobs).history
    counted = history.groupby(["part", "metric"])["epoch"].count().to_dict()
    expected = {
        ("train", "loss"): 12,
        ("test", "loss"): 12,
        ("test", "accuracy"): 12,
        ("train", "accuracy"): 1,
    }
    assert counted == expected
    row = history[(history["part"] == "train") & (history["metric"] == "accuracy")].iloc[0]
    assert row["epoch"] == 12 and row["value"] == 1.0


def test_choosing_the_epoch_on_the_reported_scans_is_optimistic_when_labels_mean_nothing():
    rng = np.random.default_rng(5)
    volumes = rng.normal(size=(24, 1, 32, 32, 32)).astype(np.float32)
    data = data_of(volumes, rng.permutation(np.arange(24) % 2))
    result = train_one(data, [Fold(np.arange(12), np.arange(12, 24))])
    history = result.history[(result.history["part"] == "test") & (result.history["metric"] == "accuracy")]
    truth = data.labels[12:] == 1
    accuracy = {p: ((result.column(p)[12:] > 0.5) == truth).mean() for p in ("paper", "clean")}
    assert accuracy["paper"] == history["value"].max()
    assert accuracy["clean"] == history["value"].iloc[-1]
    assert accuracy["paper"] >= accuracy["clean"]


def test_predictions_do_not_depend_on_the_batches(blobs):
    torch.manual_seed(0)
    network = GloResNet(width=0.0625)
    one, many = (predict(network, blobs.volumes, replace(PLAIN, batch_size=b)) for b in (1, 20))
    np.testing.assert_allclose(one, many, atol=1e-5)


def test_flip_averaging_gives_a_mirrored_brain_the_same_probability():
    torch.manual_seed(0)
    network = GloResNet(width=0.0625)
    volume = torch.rand(2, 1, 32, 32, 32)
    (plain, both), (turned, both_turned) = (predict(network, v, PLAIN) for v in (volume, volume.flip(2)))
    assert not np.allclose(plain, turned)
    np.testing.assert_allclose(both, both_turned, atol=1e-6)
    np.testing.assert_allclose(both, (plain + turned) / 2, atol=1e-6)


def test_a_loss_that_explodes_is_named(blobs):
    broken = blobs.volumes.clone()
    broken[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(DivergedError, match="at epoch 1"):
        train_one(replace(blobs, volumes=broken))


def test_the_same_image_on_both_sides_of_a_fold_is_refused(blobs):
    twin = blobs.volumes.clone()
    twin[19] = twin[0]
    with pytest.raises(LeakageError, match="image"):
        train_one(replace(blobs, volumes=twin))


def test_shuffling_keeps_the_labels_of_every_test_set_and_leaves_the_data_alone(blobs):
    folds = [Fold(np.arange(10, 20), np.arange(10)), Fold(np.arange(10), np.arange(10, 20))]
    before = blobs.labels.copy()
    shuffled = shuffled_labels(blobs, folds, seed=0)
    np.testing.assert_array_equal(blobs.labels, before)
    assert not np.array_equal(shuffled.labels, before)
    for fold in folds:
        np.testing.assert_array_equal(np.sort(shuffled.labels[fold.test]), np.sort(before[fold.test]))
