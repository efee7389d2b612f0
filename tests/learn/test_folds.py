"""Cross-validation: every row once, seeds, side by side as one by one, and the guard against leakage."""

import time
from threading import Event

import numpy as np
import pandas as pd
import pytest
import torch
from small_networks import INPUTS, ROWS, TARGET, small_network, squared_error

from neolab import machine
from neolab.io.leakage import LeakageError
from neolab.io.splits import Fold, grouped_folds, leaky_folds
from neolab.learn.compute import networks_side_by_side
from neolab.learn.fit import Fit, Recipe, fit, shuffled
from neolab.learn.folds import FoldJob, Learnt, cross_validate, fold_seed

TABLE = pd.DataFrame(
    {
        "participant_id": [f"SYN{i // 2:04d}" for i in range(ROWS)],
        "session_id": [f"{i % 2}" for i in range(ROWS)],
        "label": (np.arange(ROWS) // 2) % 2,
    }
)
FOLDS = grouped_folds(TABLE, n_splits=3)
RECIPE = Recipe(epochs=2, batch_size=8, learning_rate=1e-2, mixed_precision=False)


def rows_themselves(job: FoldJob) -> Learnt:
    """Predicts the position of each row, and notes the job."""
    return Learnt({"position": job.test, "odd": job.test % 2 == 1}, job)


def small_fits(job: FoldJob) -> Learnt:
    """A small network with dropout."""
    learnt = fit(
        small_network(job.seed, dropout=0.3),
        lambda rng: shuffled((INPUTS, TARGET), job.train, 8, rng),
        squared_error,
        RECIPE,
        seed=job.seed,
        on_epoch=job.on_epoch,
        checkpoint=job.checkpoint,
    )
    with torch.no_grad():
        return Learnt({"estimate": learnt.network(INPUTS[job.test])[:, 0].numpy()}, learnt)


def test_every_row_is_predicted_once_in_its_place():
    result = cross_validate(TABLE, FOLDS, rows_themselves, progress=False)
    assert sorted(result.predictions["row"]) == list(range(ROWS))
    assert result.column("position").tolist() == list(range(ROWS))
    assert result.column("odd").tolist() == [row % 2 == 1 for row in range(ROWS)]
    for number, fold in enumerate(FOLDS):
        assert (result.fold_of()[fold.test] == number).all()


def test_the_fit_of_a_fold_has_not_been_given_its_test_rows():
    result = cross_validate(TABLE, FOLDS, rows_themselves, progress=False)
    for (_, number), job in result.fits.items():
        np.testing.assert_array_equal(job.train, FOLDS[number].train)
        assert not set(job.train) & set(np.flatnonzero(result.fold_of() == number))


def test_repeats_have_the_same_folds_and_seeds_of_their_own():
    result = cross_validate(TABLE, FOLDS, rows_themselves, seed=4, repeats=3, progress=False)
    assert result.n_repeats == 3
    assert (result.predictions.groupby("repeat")["row"].apply(sorted).map(len) == ROWS).all()
    np.testing.assert_array_equal(result.fold_of(0), result.fold_of(2))
    seeds = {where: job.seed for where, job in result.fits.items()}
    assert len(set(seeds.values())) == 9
    assert seeds[2, 1] == fold_seed(4, 2, 1) != fold_seed(5, 2, 1)


def test_the_history_names_the_fold_of_every_number():
    result = cross_validate(TABLE, FOLDS, small_fits, repeats=2, progress=False)
    assert list(result.history) == ["repeat", "fold", "epoch", "part", "metric", "value"]
    assert len(result.history) == 2 * 3 * RECIPE.epochs
    one = result.history.query("repeat == 1 and fold == 2")
    np.testing.assert_array_equal(one["value"], result.fits[1, 2].history["value"])


def test_a_method_without_epochs_has_an_empty_history():
    history = cross_validate(TABLE, FOLDS, rows_themselves, progress=False).history
    assert history.empty and list(history) == ["repeat", "fold", "epoch", "part", "metric", "value"]


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_fits_side_by_side_are_fits_one_after_another(monkeypatch, cores):
    with machine.one_thread_each():
        alone = [small_fits(FoldJob(f.train, f.test, 0, n, fold_seed(7, 0, n))) for n, f in enumerate(FOLDS)]
    monkeypatch.setattr(machine, "available_cores", lambda: cores)
    together = cross_validate(TABLE, FOLDS, small_fits, seed=7, progress=False)
    for number, one in enumerate(alone):
        estimate = together.column("estimate")[FOLDS[number].test]
        np.testing.assert_array_equal(estimate, one.predictions["estimate"])


def test_the_first_error_is_raised_and_ends_the_other_folds_at_their_next_epoch(monkeypatch):
    monkeypatch.setattr(machine, "available_cores", lambda: 2)
    failed = Event()

    def one_fails(job):
        if job.fold == 1:
            failed.set()
            raise ZeroDivisionError("the second fold")
        failed.wait(60)
        for _ in range(1000):
            time.sleep(0.01)
            job.on_epoch({})
        raise AssertionError("this fold was not ended")

    with pytest.raises(ZeroDivisionError, match="the second fold"):
        cross_validate(TABLE, FOLDS, one_fails, progress=False)


def test_rows_are_the_table_with_the_predictions_beside_it():
    rows = cross_validate(TABLE.assign(fold="old"), FOLDS, rows_themselves, progress=False).rows()
    assert rows["participant_id"].tolist() == TABLE["participant_id"].tolist()
    assert rows["position"].tolist() == list(range(ROWS))
    assert set(rows["fold"]) == {0, 1, 2}


def test_rows_that_no_fold_tests_are_left_out_or_empty():
    result = cross_validate(TABLE, FOLDS[:1], rows_themselves, progress=False)
    tested = FOLDS[0].test
    assert result.rows()["position"].tolist() == tested.tolist()
    position = result.column("position")
    assert np.isnan(np.delete(position, tested)).all() and position[tested].tolist() == tested.tolist()
    assert (np.delete(result.fold_of(), tested) == -1).all()
    said = result.apply(lambda job, rows: rows * 10)
    assert [said[row] for row in tested] == (tested * 10).tolist()
    assert said.count(None) == ROWS - len(tested)


def test_each_fit_looks_at_something_else_of_the_rows_that_it_has_not_seen():
    result = cross_validate(TABLE, FOLDS, rows_themselves, repeats=2, progress=False)

    def unseen(job, rows):
        assert not set(rows) & set(job.train)
        return [job.repeat] * len(rows)

    assert result.apply(unseen, repeat=1) == [1] * ROWS


def test_fits_are_thrown_away_where_nobody_needs_them():
    result = cross_validate(TABLE, FOLDS, small_fits, keep=False, progress=False)
    assert result.fits == {} and len(result.history) == 3 * RECIPE.epochs


def test_folds_that_divide_a_participant_are_refused_unless_that_is_the_lesson():
    divided = leaky_folds(TABLE, n_splits=3)
    with pytest.raises(LeakageError, match="participants? on both sides"):
        cross_validate(TABLE, divided, rows_themselves, progress=False)
    result = cross_validate(TABLE, divided, rows_themselves, leaky=True, progress=False)
    assert result.column("position").tolist() == list(range(ROWS))


def test_folds_that_divide_a_session_are_refused():
    table = TABLE.assign(session_id="same")
    with pytest.raises(LeakageError, match="found 1 session on both sides"):
        cross_validate(table, [Fold(np.array([0, 2]), np.array([1]))], rows_themselves, progress=False)


def test_a_row_on_both_sides_is_refused():
    both = Fold(np.arange(4), np.arange(3, 6))
    with pytest.raises(LeakageError, match="found 1 row on both sides"):
        cross_validate(TABLE, [both], rows_themselves, progress=False)


def test_one_image_under_two_names_is_refused_unless_that_is_the_lesson():
    images = np.random.default_rng(0).random((ROWS, 4, 4))
    assert cross_validate(TABLE, FOLDS, rows_themselves, images=images, progress=False).n_repeats == 1
    test, train = FOLDS[0].test[0], FOLDS[0].train[-1]
    images[test] = images[train]
    with pytest.raises(LeakageError, match=f"row {test} .* is row {train} "):
        cross_validate(TABLE, FOLDS, rows_themselves, images=images, progress=False)
    cross_validate(TABLE, FOLDS, rows_themselves, images=images, leaky=True, progress=False)


def test_every_fold_of_every_repeat_has_a_checkpoint_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("NEOLAB_CHECKPOINTS", str(tmp_path))
    result = cross_validate(TABLE, FOLDS, rows_themselves, repeats=2, progress=False)
    paths = {job.checkpoint for job in result.fits.values()}
    assert len(paths) == 6 and all(tmp_path in path.parents for path in paths)


def test_an_interrupted_cross_validation_goes_on_to_the_same_numbers(tmp_path, monkeypatch):
    whole = cross_validate(TABLE, FOLDS, small_fits, progress=False)
    monkeypatch.setenv("NEOLAB_CHECKPOINTS", str(tmp_path))
    numbers = iter([1, 1])
    monkeypatch.setattr("neolab.learn.checkpoint._calls", numbers)  # the notebook is run again from its start

    def dies_in_the_last_fold(job):
        if job.fold == 2:
            raise KeyboardInterrupt
        return small_fits(job)

    with pytest.raises(KeyboardInterrupt):
        cross_validate(TABLE, FOLDS, dies_in_the_last_fold, progress=False)
    again = cross_validate(TABLE, FOLDS, small_fits, progress=False)
    np.testing.assert_array_equal(again.column("estimate"), whole.column("estimate"))
    assert again.history.equals(whole.history)


def test_networks_beside_each_other_have_one_thread_each():
    with networks_side_by_side() as pool:
        assert set(pool.map(lambda _: torch.get_num_threads(), range(4))) == {1}


def test_a_network_that_nobody_keeps_is_let_go_when_its_fold_ends():
    import gc
    import weakref

    alive = []

    def method(job):
        gc.collect()
        assert not any(one() for one in alive), "the network of an earlier fold is still in memory"
        network = torch.nn.Linear(2, 1)
        alive.append(weakref.ref(network))
        history = pd.DataFrame({"epoch": [1.0], "part": ["train"], "metric": ["loss"], "value": [0.5]})
        return Learnt({"guess": np.zeros(len(job.test))}, Fit(network, history))

    table = pd.DataFrame({"participant_id": [f"{n:02d}" for n in range(6)]})
    folds = grouped_folds(table, None, 3)
    result = cross_validate(table, folds, method, keep=False, at_most=1, progress=False)
    assert not result.fits and list(result.history["fold"]) == [0, 1, 2]
