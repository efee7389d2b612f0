"""Grad-CAM of held-out scans, how much of it lies in a region, and neighbours in t-SNE."""

import numpy as np
import pandas as pd
import pytest
import torch
from preterm_folders import setting

from neolab.learn.attribution import grad_cam
from neolab.learn.compute import seeded
from neolab.studies.gloresnet2026.attention import (
    held_out_maps,
    mass_ratio,
    median_ratio,
    median_ratios,
    neighbour_agreement,
    telling_rows,
    tsne,
)
from neolab.studies.gloresnet2026.network import GloResNet


def test_grad_cam_of_a_linear_network_is_its_weighted_maps():
    torch.manual_seed(0)
    network = GloResNet(width=0.0625).eval()
    volume = torch.randn(1, 1, 64, 64, 64)
    maps = []
    network.layer4.register_forward_hook(lambda _module, _inputs, output: maps.append(output.detach()))
    network(volume)
    weighted = torch.relu((network.fc.weight[1].detach().view(1, -1, 1, 1, 1) * maps[0]).sum(1, keepdim=True))
    expected = torch.nn.functional.interpolate(weighted, size=(64, 64, 64), mode="trilinear")[0, 0].numpy()
    np.testing.assert_allclose(grad_cam(network, volume)[0], expected / expected.max(), atol=1e-4)


def test_each_map_is_of_the_network_that_did_not_train_on_the_scan(blobs):
    networks = [seeded(setting().build, seed) for seed in (0, 1)]
    fold_of = np.arange(20) % 2
    maps = held_out_maps(blobs, networks, fold_of, [5, 2, 3], stage=2)
    for cam, row in zip(maps, (5, 2, 3), strict=True):
        own = grad_cam(networks[fold_of[row]], blobs.volumes[[row]], layer="layer2")[0]
        np.testing.assert_allclose(cam, own, atol=1e-4)


def test_an_even_map_has_ratio_one_and_nothing_is_said_of_empty_maps_or_regions():
    within = np.ones((4, 4, 4), bool)
    region = np.zeros_like(within)
    region[:2] = True
    even = np.ones(within.shape)
    assert mass_ratio(even, region, within) == pytest.approx(1)
    assert mass_ratio(np.where(region, 1.0, 0), region, within) == pytest.approx(2)
    assert np.isnan(mass_ratio(np.zeros(within.shape), region, within))
    assert np.isnan(mass_ratio(even, np.zeros_like(region), within))


def test_where_nobody_has_a_map_and_a_lesion_the_ratio_is_undefined_and_says_so():
    nobody = median_ratio(pd.Series([np.nan, np.nan]), 100)
    assert not nobody.defined and nobody.n == 0
    assert "no infant" in nobody.method
    table = pd.DataFrame({"stage4.trained": [1.0, 3.0, np.nan], "stage4.untrained": np.nan})
    ratios = median_ratios(table, 100)
    assert ratios["stage4.trained"].value == 2 and ratios["stage4.trained"].n == 2
    assert not ratios["stage4.untrained"].defined


def test_rows_to_look_at_are_the_surest_the_least_sure_and_the_worst_false_alarm():
    truth = np.array([1, 1, 1, 1, 1, 0, 0])
    probability = np.array([0.9, 0.1, 0.8, 0.7, 0.6, 0.2, 0.4])
    assert telling_rows(truth, probability, np.flatnonzero(truth)) == [0, 2, 3, 1, 6]
    assert telling_rows(truth, probability, np.array([1])) == [1, 6]


def test_neighbours_of_two_far_clouds_share_their_label_and_tsne_keeps_them_apart():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    clouds = rng.normal(size=(40, 8)) + 20 * labels[:, None]
    points = tsne(clouds)
    assert points.shape == (40, 2)
    assert neighbour_agreement(points, labels).mean() > 0.95
