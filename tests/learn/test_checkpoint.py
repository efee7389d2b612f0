"""A fit that is interrupted and goes on ends as one that was not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_networks import INPUTS, ROWS, TARGET, small_network, squared_error

from neolab.learn import checkpoint
from neolab.learn.fit import Recipe, fit, shuffled

RECIPE = Recipe(epochs=6, batch_size=8, learning_rate=1e-2, schedule="cosine", mixed_precision=False)


class Interrupted(Exception):
    """What a user's Ctrl-C is."""


def held_out(network):
    """Loss on all rows, and the predictions as a trace."""
    said = network(INPUTS)[:, 0]
    return {"loss": (said - TARGET).square().mean().item(), "said": said.numpy()}


def learn(path=None, stop_before=None, recipe=RECIPE, watch=held_out, **options):
    """Fit a network with dropout; an interruption comes within an epoch."""
    epochs = []

    def batches(rng):
        epochs.append(rng)
        for number, batch in enumerate(shuffled((INPUTS, TARGET), np.arange(ROWS), 8, rng)):
            if len(epochs) == stop_before and number == 1:
                raise Interrupted
            yield batch

    return fit(
        small_network(dropout=0.3),
        batches,
        squared_error,
        recipe,
        seed=5,
        watch=watch,
        checkpoint=path,
        **options,
    )


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)  # after every epoch
    return tmp_path / "fit.pt"


def same(first, second):
    one, other = first.network.state_dict(), second.network.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert first.history.equals(second.history)
    assert first.best_epoch == second.best_epoch
    assert first.traces.keys() == second.traces.keys()
    for name, trace in first.traces.items():
        np.testing.assert_array_equal(trace, second.traces[name])


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("options", [{}, {"every_batch": True}])
@pytest.mark.parametrize("keep", ["last", "best"])
def test_an_interrupted_fit_goes_on_to_the_same_bits(path, optimiser, options, keep):
    recipe = replace(RECIPE, optimiser=optimiser, keep=keep)
    whole = learn(recipe=recipe, **options)
    with pytest.raises(Interrupted):
        learn(path, stop_before=4, recipe=recipe, **options)
    assert path.is_file()
    same(learn(path, recipe=recipe, **options), whole)


def test_a_best_epoch_before_the_interruption_is_kept(path):
    def best_after_two_epochs(network):
        steps = int(network[1].num_batches_tracked)
        return {"loss": abs(steps - 2 * 3)}

    recipe = replace(RECIPE, keep="best")
    whole = learn(recipe=recipe, watch=best_after_two_epochs)
    with pytest.raises(Interrupted):
        learn(path, stop_before=4, recipe=recipe, watch=best_after_two_epochs)
    again = learn(path, recipe=recipe, watch=best_after_two_epochs)
    same(again, whole)
    assert again.best_epoch == 2


def test_a_finished_fit_is_not_fitted_again(path):
    whole = learn(path)
    again = learn(path, stop_before=1)  # would raise if it drew a batch
    same(again, whole)
    # Random modules go on alike: what is sampled after the fit is the same too.
    drawn = [torch.rand(3, generator=one.network[3].generator) for one in (whole, again)]
    assert torch.equal(*drawn)


def test_the_progress_bar_counts_the_epochs_from_before_the_interruption(path):
    with pytest.raises(Interrupted):
        learn(path, stop_before=4)
    said = []
    learn(path, on_epoch=said.append)
    assert [bool(numbers) for numbers in said] == [False] * 3 + [True] * 3


def test_nothing_is_saved_before_a_minute_has_passed(tmp_path):
    with pytest.raises(Interrupted):
        learn(tmp_path / "fit.pt", stop_before=4)
    assert not list(tmp_path.iterdir())


def test_checkpoints_lie_where_the_runner_says_in_the_order_of_the_calls(tmp_path, monkeypatch):
    monkeypatch.delenv(checkpoint.CHECKPOINTS_VARIABLE, raising=False)
    assert checkpoint.checkpoint_folder("folds") is None
    monkeypatch.setenv(checkpoint.CHECKPOINTS_VARIABLE, str(tmp_path))
    first, second = (checkpoint.checkpoint_folder("folds") for _ in range(2))
    assert first.is_dir() and first.parent == tmp_path and first.name < second.name
