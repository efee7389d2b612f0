"""Training of the autoencoders, and what they then say of a scan."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import torch

from neolab.io.leakage import LeakageError
from neolab.learn.compute import DivergedError
from neolab.learn.fit import Fit
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.parameters import Raad2023Parameters
from neolab.studies.raad2023.training import (
    AutoencoderDetector,
    Cubes,
    recipe,
    reconstruction_loss,
    residual,
    train_models,
)


def parameters(**changes) -> Raad2023Parameters:
    return Raad2023Parameters(profile="smoke", **{"models": "std_16x16", "side": 32} | changes)


def balls(n: int, seed: int) -> list[np.ndarray]:
    """Spheres of slightly varying size in cubes of 32 voxels."""
    rng = np.random.default_rng(seed)
    radius = np.sqrt(((np.indices((32, 32, 32)) - 15.5) ** 2).sum(0))
    return [(1 / (1 + np.exp(radius - rng.uniform(9, 11)))).astype(np.float32) for _ in range(n)]


def cohort(train: list, held_out: list, **columns) -> Data:
    roles = ["train"] * len(train) + ["validation"] * len(held_out)
    table = pd.DataFrame({"participant_id": [f"S{i}" for i in range(len(roles))], "role": roles, **columns})
    return Data(table, {"image": train + held_out}, {}, 1.0)


def mse_of(learnt: Fit, part: str) -> np.ndarray:
    rows = learnt.history
    return rows.loc[(rows["part"] == part) & (rows["metric"] == "mse"), "value"].to_numpy()


@pytest.fixture(scope="module")
def trained() -> Fit:
    data = cohort(balls(6, 0), balls(2, 1))
    return train_models(data, parameters(epochs=25, learning_rate=3e-3))["std_16x16"]


def test_reconstruction_error_falls_to_a_fraction_of_where_it_began(trained):
    for part in ("train", "validation"):
        assert mse_of(trained, part)[-1] < 0.2 * mse_of(trained, part)[0]


def test_a_scan_with_a_hole_scores_worse_and_its_residual_is_negative_there(trained):
    (normal,), (broken,) = balls(1, 2), balls(1, 2)
    broken[10:16, 10:16, 10:16] = 0.0
    said = list(AutoencoderDetector(trained.network).look([normal, broken]))
    assert said[1].score > said[0].score
    assert said[1].residual[10:16, 10:16, 10:16].mean() < 0


def test_the_watched_error_is_that_of_the_residuals_of_scans_that_are_held_out(trained):
    said = AutoencoderDetector(trained.network).look(balls(2, 1))
    assert mse_of(trained, "validation")[-1] == pytest.approx(np.mean([one.score for one in said]), rel=1e-3)


def test_training_is_repeatable_and_does_not_depend_on_what_else_is_trained():
    data = cohort(balls(2, 0), balls(1, 1))
    alone = train_models(data, parameters(models="vae_16x16_256", channels=4))
    beside = train_models(data, parameters(models="std_16x16,vae_16x16_256", channels=4))
    assert alone["vae_16x16_256"].history.equals(beside["vae_16x16_256"].history)
    other = train_models(data, parameters(models="vae_16x16_256", channels=4, seed=1))
    assert not alone["vae_16x16_256"].history.equals(other["vae_16x16_256"].history)


def test_a_loss_that_explodes_is_named():
    broken = balls(2, 0)
    broken[0][0, 0, 0] = float("nan")
    with pytest.raises(DivergedError, match="loss is nan at epoch 1"):
        train_models(cohort(broken, balls(1, 1)), parameters(channels=4))


def test_an_infant_who_is_both_in_training_and_held_out_is_refused():
    data = cohort(balls(2, 0), balls(1, 1))
    data.table.loc[2, "participant_id"] = "S0"
    with pytest.raises(LeakageError, match=r"1 participant on both sides \(S0\)"):
        train_models(data, parameters())


def test_the_loss_is_the_squared_error_and_the_divergence_of_a_voxel(monkeypatch):
    torch.manual_seed(0)
    network = Autoencoder("vae_16x16_256", side=32, channels=4).eval()
    volume = torch.rand(2, 1, 32, 32, 32)
    reconstruction, divergence = network(volume)
    said = reconstruction_loss(0.5)(network, volume)
    torch.testing.assert_close(said["mse"], torch.nn.functional.mse_loss(reconstruction, volume))
    torch.testing.assert_close(said["loss"], said["mse"] + 0.5 * divergence / 32**3)
    torch.testing.assert_close(reconstruction_loss()(network, volume)["loss"], said["mse"])
    monkeypatch.setattr("neolab.studies.raad2023.training.mixed_precision", lambda device: nullcontext())
    torch.testing.assert_close(residual(network, volume), volume - reconstruction)


def test_the_recipe_is_the_papers_with_the_epsilon_of_keras():
    chosen = recipe(Raad2023Parameters(profile="paper"))
    assert (chosen.epochs, chosen.batch_size, chosen.optimiser) == (50, 1, "adam")
    assert (chosen.learning_rate, chosen.epsilon, chosen.keep) == (1e-3, 1e-7, "last")


def test_an_epoch_shows_every_cube_once_in_another_order_every_time():
    images = [np.full((2, 2, 2), i, np.float16) for i in range(9)]
    cubes = Cubes(images, [8, 1, 5, 2, 4], torch.device("cpu"))
    orders = []
    for seed in range(2):
        batches = [batch for (batch,) in cubes.epoch(np.random.default_rng(seed), batch_size=2)]
        assert [batch.shape for batch in batches] == [(2, 1, 2, 2, 2)] * 2 + [(1, 1, 2, 2, 2)]
        orders.append([int(cube.max()) for batch in batches for cube in batch])
    assert sorted(orders[0]) == sorted(orders[1]) == [1, 2, 4, 5, 8] and orders[0] != orders[1]
