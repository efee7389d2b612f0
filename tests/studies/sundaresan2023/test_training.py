"""Patches, the fit of three networks, and folds side by side."""

import numpy as np
import pandas as pd
import pytest
import torch

from neolab.errors import InputError
from neolab.io.leakage import LeakageError
from neolab.io.splits import Fold
from neolab.learn.folds import FoldJob, cross_validate
from neolab.studies.sundaresan2023 import training
from neolab.studies.sundaresan2023.baselines import SCORE, bright_and_round
from neolab.studies.sundaresan2023.batches import Augmentation, round_spots, training_places
from neolab.studies.sundaresan2023.data import cut
from neolab.studies.sundaresan2023.evaluation import OperatingPoint, kept, match
from neolab.studies.sundaresan2023.inference import find_candidates
from neolab.studies.sundaresan2023.layers import initialise
from neolab.studies.sundaresan2023.network import Teacher
from neolab.studies.sundaresan2023.training import People, hold_back

TINY = {
    "detector_patch": 16,
    "detector_patches": 64,
    "discriminator_patches": 32,
    "epochs": 8,
    "discriminator_epochs": 6,
    "batch_size": 8,
    "noise_variance": 0.001,
    "contrast_augmentation": 0.0,
}
SHORT = {**TINY, "detector_patches": 32, "discriminator_patches": 16, "discriminator_epochs": 1}


def job(seed=0, train=(), test=()):
    """One fold of a cross-validation, by hand."""
    return FoldJob(np.array(train, int), np.array(test, int), 0, 0, seed)


def table_of(scans):
    return pd.DataFrame({"participant_id": [scan.name for scan in scans]})


def test_reference_lesions_are_numbered_and_centred(phantom):
    scan = phantom.scan_of([(12, 12, 4), (30, 34, 10)])
    np.testing.assert_allclose(scan.centres, [[12, 12, 4], [30, 34, 10]], atol=0.01)


def test_a_patch_at_the_border_is_filled_with_zeros():
    volume = np.arange(4 * 5 * 6, dtype=float).reshape(4, 5, 6)
    patch = cut(volume, (0, 0, 0), 4)
    np.testing.assert_array_equal(patch[2:, 2:, 2:], volume[:2, :2, :2])
    assert not patch[:2].any() and not patch[:, :2].any()
    two = cut(np.stack([volume, -volume]), (2, 2, 3), (2, 2, 2))
    np.testing.assert_array_equal(two[0], volume[1:3, 1:3, 2:4])


def test_augmentation_leaves_the_symmetry_channel_and_the_range_alone():
    rng = np.random.default_rng(0)
    patch = rng.random((2, 8, 8, 8)).astype(np.float32)
    varied = Augmentation((0.01, 0.04), varied_share=1.0)(patch, rng)
    np.testing.assert_array_equal(varied[1], patch[1])
    assert varied.min() >= 0 and varied.max() <= 1 and not np.array_equal(varied[0], patch[0])
    assert Augmentation((0.01, 0.04), varied_share=0.0)(patch, rng) is patch


def test_training_places_are_lesions_and_round_things_that_are_none(phantom):
    scan = phantom.scan_of([(12, 12, 4)], veins=[(34, 8)])
    assert np.linalg.norm((round_spots(scan) - [12, 12, 4]) * [1, 1, 3], axis=1).min() < 3
    empty = find_candidates(phantom.ball_map((34, 24, 8)), scan, 0.5)
    places = training_places([scan], [empty], seed=0)
    assert (places.labels == 1).sum() == 1
    away = np.linalg.norm((places.centres[places.labels == 0] - [12, 12, 4]) * [0.8, 0.8, 3], axis=1)
    assert away.min() > 6


def training_scans(phantom, n=3):
    rng = np.random.default_rng(3)
    scans = []
    for i in range(n):
        places = [(12, 12, 5), (34, 30, 9), (16, 34, 11)]
        places = [tuple(np.array(p) + rng.integers(-2, 3, 3)) for p in places]
        scans.append(phantom.scan_of(places, name=f"SYN{i:04d}", veins=[(25, 3), (38, 12)], seed=i))
    return scans


@pytest.fixture(scope="module", params=[0, 1, 2], ids="seed {}".format)
def fitted(request, phantom):
    torch.set_num_threads(1)
    scans, params = training_scans(phantom), phantom.parameters(**TINY)
    folds = [Fold(np.array([0, 1]), np.array([2]))]
    method = training.three_steps(scans, params)
    return scans, params, cross_validate(table_of(scans), folds, method, seed=request.param, progress=False)


def test_the_three_steps_find_round_lesions_in_a_scan_they_have_not_seen(fitted):
    unseen = fitted[2].column("candidates")[2]
    assert unseen.n_lesions == 3
    result = match(unseen, kept(unseen, OperatingPoint("student_distilled", 0.3, 0.3, False)))
    assert result.found == 3
    assert set(unseen.scores) == {"detector", "teacher", "student_plain", "student_distilled"}
    scores = unseen.scores["student_distilled"]
    assert scores[unseen.is_true].min() > scores[~unseen.is_true].max(initial=0)


def test_applying_the_networks_again_gives_the_same_scores(fitted):
    scans, params, out = fitted
    (again,) = training.apply(out.fits[0, 0], scans[2:], params)
    nobody, no_one, once_more = training.apply_out_of_fold(out, scans, params)
    assert nobody is None and no_one is None  # no fold tests them
    for name, scores in out.column("candidates")[2].scores.items():
        np.testing.assert_allclose(again.scores[name], scores, atol=1e-6)
        np.testing.assert_allclose(once_more.scores[name], scores, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_people_held_back_choose_the_epoch_and_teach_nothing(phantom, seed):
    people = [phantom.scan_of([(12, 12, 4)] if i in (2, 5) else [], name=f"SYN{i:04d}") for i in range(7)]
    split = hold_back(people, 0.3, seed)
    train, checks = split.train, split.checks
    assert len(checks) == 2 and len(train) == 5
    assert {p.name for p in train}.isdisjoint(p.name for p in checks)
    for group in (train, checks):
        assert any(len(p.centres) for p in group)
    assert hold_back(people, 0.0, 0) == People(people, [])
    assert hold_back(people[:3], 0.3, 0) == People(people[:3], [])


def test_losses_fall_and_every_network_has_a_history(fitted):
    history = fitted[2].history
    assert set(history.network) == {"detector", "teacher", "student_plain", "student_distilled"}
    assert set(history.part) == {"train", "validation"} and set(history.metric) == {"loss"}
    for _, losses in history[history.part == "train"].groupby("network"):
        assert losses.value.iloc[-1] < losses.value.iloc[0]


def test_the_same_seed_trains_the_same_network(phantom):
    people = People(training_scans(phantom, 1), [])
    short = phantom.parameters(**{**TINY, "epochs": 1, "detector_patches": 8})
    fits = [training.fit_detector(people, short, job(seed)) for seed in (0, 0, 1)]
    weights = [fit.network.encoder.first[0][0].weight for fit in fits]
    torch.testing.assert_close(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_folds_trained_side_by_side_are_those_trained_alone_and_the_detector_alone_is_step_one(phantom):
    scans, short = training_scans(phantom, 4), phantom.parameters(**SHORT)
    folds = [Fold(np.array([1, 3]), np.array([0, 2])), Fold(np.array([0, 2]), np.array([1, 3]))]
    common = {"seed": 3, "images": [scan.prepared.channels for scan in scans], "progress": False}
    learn = training.three_steps(scans, short)
    together = cross_validate(table_of(scans), folds, learn, **common)
    one_at_a_time = cross_validate(table_of(scans), folds, learn, **common, at_most=1)
    first_step = cross_validate(table_of(scans), folds, training.detector_alone(scans, short), **common)
    assert together.fold_of().tolist() == [0, 1, 0, 1]
    assert [one.name for one in together.column("candidates")] == [scan.name for scan in scans]
    for one, alone, step in zip(
        *(out.column("candidates") for out in (together, one_at_a_time, first_step)), strict=True
    ):
        torch.rand(1)  # whatever random numbers others draw
        assert len(one.centres)
        for name, scores in one.scores.items():
            np.testing.assert_array_equal(alone.scores[name], scores)
        np.testing.assert_array_equal(step.scores["detector"], one.scores["detector"])


def test_students_fitted_anew_keep_the_detector_and_the_teacher_and_learn_from_their_own_people(fitted):
    scans, params, out = fitted
    start = out.fits[0, 0]
    folds = [Fold(np.array([2]), np.array([0, 1]))]
    short = params.model_copy(update={"discriminator_epochs": 1, "discriminator_patches": 8})
    anew = training.students_anew(scans, short, start, threshold=0.2)
    other = cross_validate(table_of(scans), folds, anew, progress=False).fits[0, 0]
    assert other.detector is start.detector and other.teacher is start.teacher
    assert set(other.history.network) == {"student_plain", "student_distilled"}
    weights = [networks.student_plain.encoder.stem.weight for networks in (start, other)]
    assert not torch.equal(*weights)


def test_the_rule_without_learning_goes_through_the_same_folds_and_their_guard(phantom):
    scans = training_scans(phantom, 2)
    folds = [Fold(np.array([0]), np.array([1])), Fold(np.array([1]), np.array([0]))]
    rule = bright_and_round(scans, phantom.parameters())
    images = [scan.prepared.channels for scan in scans]
    found = cross_validate(table_of(scans), folds, rule, images=images, progress=False).column("candidates")
    assert [one.name for one in found] == [scan.name for scan in scans] and SCORE in found[0].scores
    with pytest.raises(LeakageError, match="image"):
        cross_validate(table_of(scans), folds, rule, images=images[:1] * 2, progress=False)


def test_an_interrupted_fold_goes_on_and_gives_what_it_would_have_given(phantom, tmp_path):
    scans = training_scans(phantom, 2)
    people, short = People(scans[:1], []), phantom.parameters(**{**SHORT, "epochs": 2})
    whole = training.fit_networks(people, short, job())
    saved = FoldJob(np.array([0]), np.array([1]), 0, 0, 0, checkpoint=tmp_path / "fold0.pt")
    training.fit_detector(people, short, saved)
    assert [path.name for path in tmp_path.iterdir()] == ["fold0_detector.pt"]
    resumed = training.fit_networks(people, short, saved)
    for name, weight in whole.student_distilled.state_dict().items():
        torch.testing.assert_close(resumed.student_distilled.state_dict()[name], weight, rtol=0, atol=0)


def test_training_does_not_change_the_teacher(phantom):
    scans = training_scans(phantom, 1)
    empty = find_candidates(np.zeros(phantom.shape, np.float32), scans[0], 0.5)
    teacher = initialise(Teacher(1 / 16), 0, "he")
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    short = phantom.parameters(**{**TINY, "discriminator_epochs": 1, "discriminator_patches": 8})
    training.fit_student(training_places(scans, [empty], seed=0), None, teacher, short, job())
    for name, value in teacher.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_training_without_a_single_lesion_is_refused(phantom):
    with pytest.raises(InputError, match="found no microbleed"):
        training.fit_detector(People([phantom.scan_of([])], []), phantom.parameters(), job())


def test_the_paper_profile_trains_as_reported(phantom):
    paper = type(phantom.parameters())(profile="paper")
    recipe = training.recipe(paper)
    assert (recipe.epochs, recipe.patience, recipe.batch_size, recipe.keep) == (100, 20, 8, "best")
    assert (recipe.learning_rate, recipe.epsilon, recipe.optimiser) == (1e-3, 1e-4, "adam")
    assert (recipe.schedule, recipe.step_epochs, recipe.final_learning_rate) == ("step", 2, 1e-6)
    assert training.recipe(paper, "teacher") == recipe
    assert Augmentation.of(paper).noise_variance == (0.01, 0.04)
