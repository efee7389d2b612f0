"""Preprocessing, mixup, training, Grad-CAM and baselines of GloResNet."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from scipy.spatial.transform import Rotation
from sklearn.metrics import roc_auc_score

from neolab.learn.compute import DivergedError, count_parameters
from neolab.studies.gloresnet2026.augment import mirror_some, rotate, rotation_matrix
from neolab.studies.gloresnet2026.baselines import cross_validated_probability, tissue_volumes
from neolab.studies.gloresnet2026.comparison import build, count_operations
from neolab.studies.gloresnet2026.fit import Recipe, fit_fold, predict, report_probabilities
from neolab.studies.gloresnet2026.gradcam import grad_cam
from neolab.studies.gloresnet2026.mixup import class_weights, draw_lambda, mix, soft_cross_entropy
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.studies.gloresnet2026.preprocess import prepare

SMALL = Recipe(epochs=6, batch_size=8, learning_rate=5e-3, mixup_alpha=0.0, mixed_precision=False)


def tiny_network():
    return GloResNet(width=0.0625)


@pytest.fixture(scope="module")
def bright_or_dark_blobs():
    """Twenty noisy cubes; half hold a bright blob off the middle."""
    rng = np.random.default_rng(0)
    volumes = rng.normal(size=(20, 1, 32, 32, 32)).astype(np.float32)
    labels = np.arange(20) % 2
    volumes[labels == 1, :, 6:14, 10:22, 10:22] += 2.0
    return torch.from_numpy(volumes), labels


@pytest.mark.parametrize("variant", ["paper", "code"])
def test_prepared_volumes_have_mean_zero_and_unit_spread_over_all_voxels(variant):
    volume = np.random.default_rng(1).gamma(2.0, size=(20, 31, 25))
    cube = prepare(volume, side=16, variant=variant)
    assert cube.shape == (16, 16, 16)
    np.testing.assert_allclose([cube.mean(), cube.std()], [0, 1], atol=1e-5)


def test_the_code_variant_is_scipys_plain_zoom():
    volume = np.random.default_rng(2).random((12, 18, 10)).astype(np.float32)
    cube = ndimage.zoom(volume, [16 / n for n in volume.shape], order=1)
    expected = (cube - cube.mean()) / cube.std()
    np.testing.assert_allclose(prepare(volume, 16, "code"), expected, atol=1e-6)


def test_the_paper_variant_keeps_the_faces_of_the_two_grids_together():
    ramp = np.broadcast_to(np.arange(32.0)[:, None, None], (32, 32, 32))
    cube = prepare(ramp, side=16, variant="paper")
    inner = cube[:, 0, 0]
    expected = np.arange(16) * 2 + 0.5
    np.testing.assert_allclose(inner, (expected - expected.mean()) / expected.std(), atol=1e-5)


def test_only_the_paper_variant_takes_the_brain_out_of_the_head():
    volume = np.random.default_rng(3).random((16, 16, 16))
    mask = np.zeros(volume.shape, bool)
    mask[4:12, 4:12, 4:12] = True
    assert not np.allclose(prepare(volume, 16, "paper", mask), prepare(volume, 16, "paper"))
    np.testing.assert_array_equal(prepare(volume, 16, "code", mask), prepare(volume, 16, "code"))


def test_mixing_coefficients_follow_the_beta_distribution_and_its_switches():
    rng = np.random.default_rng(0)
    draws = draw_lambda(4000, 0.4, 1.0, True, rng).numpy()
    assert stats.kstest(draws, stats.beta(0.4, 0.4).cdf).pvalue > 0.001
    unmixed = draw_lambda(4000, 0.4, 0.5, True, rng) == 1
    assert unmixed.float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert len(draw_lambda(8, 0.4, 1.0, False, rng).unique()) == 1
    assert (draw_lambda(8, 0.0, 1.0, True, rng) == 1).all()


def test_mixing_blends_volumes_and_labels_with_the_same_share():
    labels = torch.tensor([0, 1, 0, 1])
    volumes = labels.float().view(-1, 1, 1, 1, 1).expand(4, 1, 2, 2, 2)
    shares = torch.tensor([0.3, 0.6, 1, 0])
    one_hot = torch.nn.functional.one_hot(labels, 2).float()
    mixed, soft = mix(volumes, one_hot, shares, np.random.default_rng(0))
    torch.testing.assert_close(mixed[:, 0, 0, 0, 0], soft[:, 1])
    torch.testing.assert_close(soft.sum(1), torch.ones(4))


def test_a_rotation_is_scipys_about_the_centre():
    volume = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(24, 24, 24)), 2).astype(np.float32)
    rotated = rotate(torch.from_numpy(volume)[None, None], 30, np.random.default_rng(7))[0, 0].numpy()
    angles = np.deg2rad(np.random.default_rng(7).uniform(-30, 30, 3))
    matrix = Rotation.from_euler("xyz", angles).as_matrix()
    np.testing.assert_allclose(rotation_matrix(*angles), matrix, atol=1e-12)
    matrix = matrix[::-1, ::-1]  # torch's x is the last axis
    centre = np.full(3, 11.5)
    expected = ndimage.affine_transform(volume, matrix, centre - matrix @ centre, order=1, mode="nearest")
    np.testing.assert_allclose(rotated, expected, atol=1e-4)


def test_each_volume_of_a_batch_turns_by_its_own_angle_and_by_none_when_switched_off():
    volumes = torch.rand(1, 1, 16, 16, 16).expand(2, -1, -1, -1, -1)
    first, second = rotate(volumes, 10, np.random.default_rng(0))
    assert not torch.allclose(first, second)
    assert rotate(volumes, 0, np.random.default_rng(0)) is volumes


def test_mirroring_swaps_left_and_right_of_the_share_asked_for():
    volumes = torch.arange(4.0).view(1, 1, 4, 1, 1).expand(2000, 1, 4, 1, 1)
    mirrored = mirror_some(volumes, 0.3, np.random.default_rng(0))[:, 0, :, 0, 0]
    swapped = (mirrored == torch.tensor([3.0, 2, 1, 0])).all(dim=1)
    assert ((mirrored == torch.arange(4.0)).all(dim=1) | swapped).all()
    assert stats.binomtest(int(swapped.sum()), 2000, 0.3).pvalue > 0.001


def test_weighted_soft_loss_is_torchs_for_hard_labels():
    torch.manual_seed(0)
    logits, labels = torch.randn(10, 2), torch.tensor([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    weights = class_weights(labels)
    torch.testing.assert_close(weights, torch.tensor([10 / 14, 10 / 6]))
    expected = torch.nn.functional.cross_entropy(logits, labels, weight=weights, reduction="none").mean()
    one_hot = torch.nn.functional.one_hot(labels, 2).float()
    torch.testing.assert_close(soft_cross_entropy(logits, one_hot, weights), expected)


def test_training_learns_a_blob_and_is_repeatable(bright_or_dark_blobs):
    volumes, labels = bright_or_dark_blobs
    train, test = np.arange(14), np.arange(14, 20)
    first, second = (fit_fold(volumes, labels, train, test, SMALL, 3, tiny_network) for _ in range(2))
    np.testing.assert_array_equal(first.test_probability, second.test_probability)
    assert roc_auc_score(labels[test], report_probabilities(first, "clean", labels[test])) == 1.0
    assert first.test_probability.shape == (6, 6)


def test_choosing_the_epoch_on_the_reported_scans_is_optimistic_when_labels_mean_nothing():
    rng = np.random.default_rng(5)
    volumes = torch.from_numpy(rng.normal(size=(24, 1, 32, 32, 32)).astype(np.float32))
    labels = rng.permutation(np.arange(24) % 2)
    fit = fit_fold(volumes, labels, np.arange(12), np.arange(12, 24), SMALL, 0, tiny_network)
    truth = labels[12:] == 1
    chosen = {p: report_probabilities(fit, p, labels[12:]) for p in ("paper", "clean")}
    accuracy = {p: ((probability > 0.5) == truth).mean() for p, probability in chosen.items()}
    assert accuracy["paper"] == fit.history.test_accuracy.max()
    assert accuracy["clean"] == fit.history.test_accuracy.iloc[-1]
    assert accuracy["paper"] >= accuracy["clean"]


def test_predictions_do_not_depend_on_the_batches(bright_or_dark_blobs):
    volumes, _ = bright_or_dark_blobs
    torch.manual_seed(0)
    network = tiny_network()
    one, many = (predict(network, volumes, Recipe(batch_size=b, mixed_precision=False)) for b in (1, 20))
    np.testing.assert_allclose(one, many, atol=1e-5)


def test_a_loss_that_explodes_is_named(bright_or_dark_blobs):
    volumes, labels = bright_or_dark_blobs
    broken = volumes.clone()
    broken[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(DivergedError, match="loss is nan at epoch 1"):
        fit_fold(broken, labels, np.arange(14), np.arange(14, 20), SMALL, 0, tiny_network)


def test_grad_cam_of_a_linear_network_is_its_weighted_maps():
    torch.manual_seed(0)
    network = tiny_network().eval()
    volume = torch.randn(1, 1, 64, 64, 64)
    cam = grad_cam(network, volume)
    with torch.no_grad():
        maps = network.feature_maps(volume)
        weighted = torch.relu((network.fc.weight[1].view(1, -1, 1, 1, 1) * maps).sum(1, keepdim=True))
        expected = torch.nn.functional.interpolate(weighted, size=(64, 64, 64), mode="trilinear")[
            0, 0
        ].numpy()
    np.testing.assert_allclose(cam, expected / expected.max(), atol=1e-4)


def test_operations_of_a_convolution_are_counted_by_hand():
    layer = torch.nn.Conv3d(1, 4, kernel_size=3, padding=1)
    assert count_operations(layer, side=8) == 8**3 * 4 * 27


@pytest.mark.parametrize(
    ("name", "parameters"), [("resnet18", 33_161_026), ("resnet50", 46_159_170), ("densenet121", 11_244_674)]
)
def test_table_2_networks_have_the_parameters_of_their_libraries(name, parameters):
    with torch.device("meta"):
        network = build(name)
    assert count_parameters(network) == parameters


def test_operations_of_gloresnet_at_128_are_17_8_giga():
    with torch.device("meta"):
        network = build("gloresnet")
    assert count_operations(network, side=128) / 1e9 == pytest.approx(17.8, abs=0.1)


@pytest.mark.parametrize("name", ["vit_b", "swin_unet"])
def test_transformers_give_two_logits_and_refuse_nothing_but_unknown_names(name):
    network = build(name, side=64).to("meta")
    assert network(torch.empty(2, 1, 64, 64, 64, device="meta")).shape == (2, 2)
    with pytest.raises(ValueError, match="network: found 'unet', expected one of"):
        build("unet")


def test_volumes_are_voxels_times_their_size():
    labels = np.array([[[1, 1, 2, 3]]])
    volumes = tissue_volumes(labels, 0.008, {"brain": (1, 2), "ventricles": (3,)})
    assert volumes == pytest.approx({"brain_ml": 0.024, "ventricles_ml": 0.008})


def test_baseline_probabilities_are_out_of_fold():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    features = rng.normal(size=(40, 2)) + 3 * labels[:, None]
    folds = [(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))]
    assert roc_auc_score(labels, cross_validated_probability(features, labels, folds)) > 0.95
    noise = cross_validated_probability(rng.normal(size=(40, 30)), labels, folds)
    assert 0.2 < roc_auc_score(labels, noise) < 0.8
