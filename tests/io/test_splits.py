"""Folds: every row tested once, nobody divided, classes balanced."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from neolab.errors import InputError
from neolab.io.leakage import LeakageError, check_leakage, voxel_hash
from neolab.io.splits import (
    first_folds,
    grouped_folds,
    grouped_parts,
    leaky_folds,
    quantile_bins,
    smallest_class,
)


def slices_of_wu_cohort() -> pd.DataFrame:
    """47 babies with two slices each and 32 with three, as in the paper's data set."""
    rows = [(f"A{i}", "ABE") for i in range(47) for _ in range(2)]
    rows += [(f"H{i}", "HB") for i in range(32) for _ in range(3)]
    return pd.DataFrame(rows, columns=["participant_id", "diagnosis"])


@st.composite
def cohorts(draw):
    """Tables in which each participant has one class and one to four rows."""
    n_splits = draw(st.integers(2, 5))
    rows = []
    for label in range(draw(st.integers(1, 3))):
        sizes = draw(st.lists(st.integers(1, 4), min_size=n_splits, max_size=25))
        rows += [(f"{label}p{i}", label) for i, size in enumerate(sizes) for _ in range(size)]
    order = draw(st.permutations(range(len(rows))))
    table = pd.DataFrame([rows[i] for i in order], columns=["participant_id", "label"])
    return table, n_splits, draw(st.integers(0, 2**32 - 1))


@settings(max_examples=60, deadline=None)
@given(cohorts())
def test_every_row_is_tested_once_and_no_participant_is_divided(case):
    table, n_splits, seed = case
    folds = grouped_folds(table, "label", n_splits, seed)
    assert np.array_equal(np.sort(np.concatenate([fold.test for fold in folds])), np.arange(len(table)))
    for fold in folds:
        assert np.array_equal(np.union1d(fold.train, fold.test), np.arange(len(table)))
        check_leakage(table, fold.train, fold.test)


@settings(max_examples=60, deadline=None)
@given(cohorts())
def test_rows_of_a_class_differ_between_test_sets_by_at_most_one_participant(case):
    table, n_splits, seed = case
    folds = grouped_folds(table, "label", n_splits, seed)
    for label, rows in table.groupby("label"):
        counts = [int((table["label"].iloc[fold.test] == label).sum()) for fold in folds]
        assert max(counts) - min(counts) <= rows["participant_id"].value_counts().max()


@settings(max_examples=30, deadline=None)
@given(cohorts())
def test_folds_depend_on_the_seed_and_participants_but_not_on_the_order_of_rows(case):
    table, n_splits, seed = case
    shuffled = table.sample(frac=1, random_state=seed % 1000).reset_index(drop=True)

    def tested_together(frame):
        folds = grouped_folds(frame, "label", n_splits, seed)
        return {frozenset(frame["participant_id"].iloc[fold.test]) for fold in folds}

    assert tested_together(table) == tested_together(shuffled)


def test_balance_is_at_least_that_of_scikit_learn_on_the_cohort_of_wu():
    table = slices_of_wu_cohort()

    def imbalance(tests):
        shares = [np.mean(table["diagnosis"].iloc[test] == "ABE") for test in tests]
        return max(shares) - min(shares)

    ours = [imbalance([f.test for f in grouped_folds(table, "diagnosis", 5, seed)]) for seed in range(10)]
    theirs = []
    for seed in range(10):
        splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        splits = splitter.split(table, table["diagnosis"], table["participant_id"])
        theirs.append(imbalance([test for _, test in splits]))
    assert np.mean(ours) <= np.mean(theirs)
    assert max(ours) < 0.08


def test_different_seeds_give_different_folds():
    table = slices_of_wu_cohort()
    first, second = (grouped_folds(table, "diagnosis", 5, seed)[0].test for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_leaky_folds_divide_participants_and_the_guard_refuses_them():
    table = slices_of_wu_cohort()
    fold = leaky_folds(table, "diagnosis", 5, seed=0)[0]
    with pytest.raises(LeakageError, match="participants on both sides"):
        check_leakage(table, fold.train, fold.test)
    assert (table["diagnosis"].iloc[fold.test] == "ABE").mean() == pytest.approx(94 / 190, abs=0.02)


def test_participants_whose_scans_differ_in_class_stay_whole():
    table = pd.DataFrame({"participant_id": list("aabbccddeeff"), "label": [0, 1] * 4 + [0, 0, 1, 1]})
    for fold in grouped_folds(table, "label", 2, seed=3):
        check_leakage(table, fold.train, fold.test)


def test_too_few_participants_of_a_class_are_one_clear_sentence():
    table = pd.DataFrame({"participant_id": list("abcde"), "label": [0, 0, 0, 0, 1]})
    with pytest.raises(InputError, match="label 1: found 1 to deal, expected at least 2 for 2 folds"):
        grouped_folds(table, "label", 2)


def test_missing_labels_and_absent_columns_are_refused():
    table = pd.DataFrame({"participant_id": list("abcd"), "label": [0, 1, None, 1]})
    with pytest.raises(InputError, match="label: found 1 rows without a value"):
        grouped_folds(table, "label", 2)
    with pytest.raises(InputError, match="expected diagnosis among them"):
        grouped_folds(table, "diagnosis", 2)


@settings(max_examples=40, deadline=None)
@given(cohorts(), st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_named_parts_cover_all_rows_and_keep_their_shares(case, weights):
    table, _, seed = case
    parts = grouped_parts(table, {f"p{i}": w for i, w in enumerate(weights)}, "label", seed)
    assert np.array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(len(table)))
    for _, rows in table.groupby("label"):
        members = set(rows["participant_id"])
        for part, weight in zip(parts.values(), weights, strict=True):
            inside = members & set(table["participant_id"].iloc[part])
            assert abs(len(inside) - weight / sum(weights) * len(members)) <= 1
    everyone = [set(table["participant_id"].iloc[part]) for part in parts.values()]
    assert sum(map(len, everyone)) == len(set.union(*everyone))


def test_parts_given_as_counts_have_those_counts():
    table = pd.DataFrame({"participant_id": [f"s{i}" for i in range(78)]})
    parts = grouped_parts(table, {"train": 44, "validation": 10, "test": 24}, label=None, seed=1)
    assert {name: len(rows) for name, rows in parts.items()} == {"train": 44, "validation": 10, "test": 24}


def test_quantile_bins_are_equally_full_and_ordered():
    ages = np.random.default_rng(0).uniform(-1.7, 23.5, 100)
    bins = quantile_bins(ages, 5)
    assert np.bincount(bins).tolist() == [20] * 5
    assert np.all(np.diff(bins[np.argsort(ages)]) >= 0)


def test_the_guard_finds_an_identical_image_under_two_names():
    rng = np.random.default_rng(0)
    images = [rng.normal(size=(4, 5)).astype(np.float32) for _ in range(4)]
    images[3] = images[0].astype(np.float64)
    table = pd.DataFrame({"participant_id": list("abcd")})
    check_leakage(table, [0, 1], [2, 3])
    with pytest.raises(LeakageError, match="1 image on both sides"):
        check_leakage(table, [0, 1], [2, 3], [voxel_hash(image) for image in images])


def test_the_guard_names_a_session_before_its_participant():
    table = pd.DataFrame({"participant_id": ["a", "a", "a"], "session_id": ["1", "1", "2"]})
    with pytest.raises(LeakageError, match="1 session on both sides .a ses-1."):
        check_leakage(table, [0], [1])
    with pytest.raises(LeakageError, match="1 participant on both sides .a."):
        check_leakage(table, [0], [2])


def test_voxel_hash_depends_on_shape_and_values_only():
    values = np.arange(6.0)
    assert voxel_hash(values) == voxel_hash(values.astype(np.int16))
    assert voxel_hash(values.reshape(2, 3)) != voxel_hash(values.reshape(3, 2))
    assert voxel_hash(np.array([0.0, 1.0])) == voxel_hash(np.array([-0.0, 1.0]))
    assert voxel_hash(values) != voxel_hash(values + 1e-3)


def test_the_rarer_class_is_counted_in_participants():
    table = pd.DataFrame({"participant_id": list("aabbcd"), "label": [0, 0, 0, 1, 1, None]})
    assert smallest_class(table) == 2
    assert smallest_class(table.assign(label=0)) == 0
    assert smallest_class(table.drop(columns="label")) == 0


def test_the_first_deal_that_serves_is_taken_and_none_where_no_deal_can():
    table = pd.DataFrame({"participant_id": [f"p{i}" for i in range(6)]})
    rare = np.array([True, True, False, False, False, False])

    def deal(seed):
        return grouped_folds(table, None, 2, seed)

    def serves(fold):
        return bool(rare[fold.train].any())

    for seed in range(20):
        folds = first_folds(deal, serves, seed)
        assert all(map(serves, folds)) and len(folds) == 2
        if all(map(serves, deal(seed))):
            assert [list(fold.test) for fold in folds] == [list(fold.test) for fold in deal(seed)]
    assert first_folds(deal, lambda fold: False, 0) == []
