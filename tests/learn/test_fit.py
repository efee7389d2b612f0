"""One fit: against a plain loop of torch, its history, early stopping, schedules, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_networks import INPUTS, ROWS, TARGET, small_network, squared_error

from neolab.errors import InputError
from neolab.learn.compute import DivergedError
from neolab.learn.fit import HISTORY, Recipe, fit, make_optimiser, make_schedule, shuffled

PLAIN = Recipe(epochs=5, batch_size=8, learning_rate=1e-2, mixed_precision=False)


def batches(rng):
    return shuffled((INPUTS, TARGET), np.arange(ROWS), 8, rng)


def watched_losses(*losses):
    """A watch that says these losses one after another."""
    said = iter(losses)
    return lambda network: {"loss": next(said)}


def equal_weights(network, other):
    mine, its = network.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], its[name]) for name in mine)


def test_a_fit_is_a_plain_loop_of_torch():
    network = small_network()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    expected = []
    for epoch in range(1, 6):
        order = np.random.default_rng([7, epoch]).permutation(ROWS)
        losses = []
        for rows in np.split(order, 3):
            loss = squared_error(network, INPUTS[rows], TARGET[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        expected.append(np.mean(losses))
    learnt = fit(small_network(), batches, squared_error, PLAIN, seed=7)
    for mine, its in zip(learnt.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(mine, its)
    np.testing.assert_allclose(learnt.history["value"], expected, rtol=1e-5)
    assert expected[-1] < expected[0]


def test_the_history_has_one_row_a_number():
    def loss(network, inputs, target):
        error = squared_error(network, inputs, target)
        return {"loss": error, "root": error.sqrt()}

    learnt = fit(
        small_network(),
        batches,
        loss,
        PLAIN,
        watch=lambda n: {"loss": 1.0, "traced": np.ones(2)},
        watched="held",
    )
    history = learnt.history
    assert tuple(history.columns) == HISTORY
    assert set(map(tuple, history[["part", "metric"]].to_numpy())) == {
        ("train", "loss"),
        ("train", "root"),
        ("held", "loss"),
    }
    for _, rows in history.groupby(["part", "metric"]):
        assert rows["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert len(learnt.traces["traced"]) == 5 and learnt.best_epoch == 5


def test_an_epochs_loss_is_the_mean_over_its_scans_and_not_over_its_batches():
    def uneven(rng):
        yield INPUTS[:16], TARGET[:16]
        yield INPUTS[16:], TARGET[16:]

    still = replace(PLAIN, epochs=1, learning_rate=0.0)
    network = small_network().eval()
    network.train = lambda mode=True: network  # no batch statistics, so that the parts can be added
    history = fit(network, uneven, squared_error, still).history
    assert history["value"].item() == pytest.approx(squared_error(network, INPUTS, TARGET).item(), rel=1e-5)


def test_every_batch_is_written_down_at_its_fraction_of_the_epoch():
    learnt = fit(small_network(), batches, squared_error, replace(PLAIN, epochs=2), every_batch=True)
    np.testing.assert_allclose(learnt.history["epoch"], np.arange(1, 7) / 3)
    mean = fit(small_network(), batches, squared_error, replace(PLAIN, epochs=2)).history["value"]
    np.testing.assert_allclose(learnt.history["value"].to_numpy().reshape(2, 3).mean(1), mean, rtol=1e-6)


def test_the_network_of_a_fit_is_in_evaluation_mode_and_holds_no_gradients():
    network = fit(small_network(), batches, squared_error, PLAIN).network
    assert not network.training
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_best_epochs_weights_are_those_of_a_fit_that_stops_there():
    recipe = replace(PLAIN, keep="best")
    best = fit(small_network(), batches, squared_error, recipe, watch=watched_losses(3, 1, 2, 4, 5))
    short = fit(small_network(), batches, squared_error, replace(PLAIN, epochs=2))
    assert best.best_epoch == 2
    assert equal_weights(best.network, short.network)


@pytest.mark.parametrize(
    ("losses", "patience", "epochs"),
    [((3, 1, 2, 4, 5), 2, 4), ((3, 1, 2, 0.5, 5), 2, 5), ((1, 1, 1, 1, 1), 3, 4), ((5, 4, 3, 2, 1), 1, 5)],
)
def test_fitting_stops_when_patience_ends(losses, patience, epochs):
    learnt = fit(
        small_network(),
        batches,
        squared_error,
        replace(PLAIN, patience=patience),
        watch=watched_losses(*losses),
    )
    assert learnt.history["epoch"].max() == epochs
    assert equal_weights(
        learnt.network, fit(small_network(), batches, squared_error, replace(PLAIN, epochs=epochs)).network
    )


@pytest.mark.parametrize("asked", [{"patience": 3}, {"keep": "best"}])
def test_a_recipe_that_decides_by_a_watched_loss_needs_one(asked):
    with pytest.raises(InputError, match="watch: found nothing, expected a loss"):
        fit(small_network(), batches, squared_error, replace(PLAIN, **asked))
    with pytest.raises(InputError, match="watch: found accuracy, expected a loss"):
        fit(
            small_network(),
            batches,
            squared_error,
            replace(PLAIN, **asked),
            watch=lambda network: {"accuracy": 1},
        )


def test_an_epoch_without_batches_is_refused():
    with pytest.raises(InputError, match="batches: found none in epoch 1"):
        fit(small_network(), lambda rng: [], squared_error, PLAIN)


def test_a_loss_that_is_not_finite_names_the_epoch():
    calls = iter(range(100))

    def spoilt(network, inputs, target):
        loss = squared_error(network, inputs, target)
        return loss * float("inf") if next(calls) == 4 else loss

    with pytest.raises(DivergedError, match="loss is (inf|nan) at epoch 2"):
        fit(small_network(), batches, spoilt, PLAIN)


@pytest.mark.parametrize("micro_batch", [1, 3, 8])
def test_parts_of_a_batch_add_up_to_its_gradient(micro_batch):
    def gradient(recipe):
        network = small_network()
        network[1].eval()
        network[1].train = lambda mode=True: network[1]  # batch normalisation would see the parts
        fit(network, batches, squared_error, replace(recipe, epochs=1, optimiser="sgd", momentum=0.0))
        return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])

    torch.testing.assert_close(gradient(replace(PLAIN, micro_batch=micro_batch)), gradient(PLAIN))


def test_a_batch_in_parts_says_the_loss_of_the_whole():
    still = replace(PLAIN, epochs=1, learning_rate=0.0)
    network = small_network().eval()
    network.train = lambda mode=True: network
    whole = fit(network, batches, squared_error, still).history["value"].item()
    parts = fit(network, batches, squared_error, replace(still, micro_batch=3)).history["value"].item()
    assert parts == pytest.approx(whole, rel=1e-5)


def rates(recipe, torchs):
    """Learning rates of each epoch: the recipe's, and those of a schedule of torch's."""
    weight = torch.nn.Parameter(torch.zeros(1))
    mine = make_optimiser(recipe, [weight])
    its = torch.optim.Adam([weight], lr=recipe.learning_rate)
    schedules = make_schedule(recipe, mine), torchs(its)
    said = []
    for _ in range(recipe.epochs):
        said.append([mine.param_groups[0]["lr"], its.param_groups[0]["lr"]])
        for optimiser, schedule in zip((mine, its), schedules, strict=True):
            optimiser.step()
            schedule.step()
    return np.array(said).T


def test_cosine_and_step_are_torchs_schedules():
    schedules = torch.optim.lr_scheduler
    cosine = replace(PLAIN, epochs=9, schedule="cosine", final_learning_rate=1e-4)
    mine, its = rates(cosine, lambda o: schedules.CosineAnnealingLR(o, 9, 1e-4))
    np.testing.assert_array_equal(mine, its)
    step = replace(PLAIN, epochs=5, schedule="step")
    mine, its = rates(step, lambda o: schedules.StepLR(o, 2, 0.1))
    np.testing.assert_allclose(mine, its)
    mine, its = rates(PLAIN, lambda o: schedules.ConstantLR(o, 1.0))
    np.testing.assert_array_equal(mine, its)


def test_steps_of_the_learning_rate_end_at_its_floor():
    step = replace(PLAIN, epochs=9, schedule="step", final_learning_rate=1e-4)
    mine, _ = rates(step, lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0))
    np.testing.assert_allclose(mine, [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4])


@pytest.mark.parametrize(
    ("name", "torchs"),
    [
        ("adam", lambda p: torch.optim.Adam(p, lr=1e-2, eps=1e-4, weight_decay=0.1)),
        ("adamw", lambda p: torch.optim.AdamW(p, lr=1e-2, eps=1e-4, weight_decay=0.1)),
        ("sgd", lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.8, weight_decay=0.1)),
    ],
)
def test_optimisers_are_torchs(name, torchs):
    recipe = replace(PLAIN, optimiser=name, epsilon=1e-4, weight_decay=0.1, momentum=0.8)
    mine, its = small_network(), small_network()
    for network, optimiser in (
        (mine, make_optimiser(recipe, mine.parameters())),
        (its, torchs(its.parameters())),
    ):
        for _ in range(3):
            optimiser.zero_grad()
            squared_error(network, INPUTS, TARGET).backward()
            optimiser.step()
    for one, other in zip(mine.parameters(), its.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_groups_of_layers_learn_at_their_own_rates():
    def groups(network):
        return [{"params": network[0].parameters(), "lr": 0.0}, {"params": network[4].parameters()}]

    start, learnt = (
        small_network(),
        fit(small_network(), batches, squared_error, PLAIN, groups=groups).network,
    )
    assert torch.equal(learnt[0].weight, start[0].weight)
    assert not torch.equal(learnt[4].weight, start[4].weight)


def test_modules_that_draw_random_numbers_are_seeded_anew_in_every_epoch():
    seeds = []

    class Noted(torch.nn.Module):
        def reseed(self, seed):
            seeds.append(seed)

        def forward(self, values):
            return values

    recipe = replace(PLAIN, epochs=2)
    fit(torch.nn.Sequential(small_network(), Noted(), Noted()), batches, squared_error, recipe, seed=1)
    assert len(seeds) == len(set(seeds)) == 2 * 3  # two modules; two epochs and what comes after


def test_a_fit_repeats_with_its_seed_and_differs_with_another():
    first, second, other = (
        fit(small_network(dropout=0.3), batches, squared_error, PLAIN, seed=seed) for seed in (1, 1, 2)
    )
    assert equal_weights(first.network, second.network) and first.history.equals(second.history)
    assert not equal_weights(first.network, other.network)


def test_each_epoch_says_its_numbers():
    said = []
    fit(
        small_network(),
        batches,
        squared_error,
        replace(PLAIN, epochs=2),
        watch=lambda network: {"loss": 2.0, "trace": np.zeros(1)},
        watched="test",
        on_epoch=said.append,
    )
    assert [set(numbers) for numbers in said] == [{"train loss", "test loss"}] * 2


def test_shuffled_batches_hold_every_row_once_and_may_leave_out_the_rest():
    rows = np.array([1, 3, 5, 7, 9])
    numbers = torch.arange(10)
    parts = [part for (part,) in shuffled((numbers,), rows, 2, np.random.default_rng(0))]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert sorted(torch.cat(parts).tolist()) == rows.tolist()
    full = list(shuffled((numbers,), rows, 2, np.random.default_rng(0), drop_last=True))
    assert [len(part) for (part,) in full] == [2, 2]
    (only,) = shuffled((numbers,), rows, 9, np.random.default_rng(0), drop_last=True)
    assert len(only[0]) == 5
