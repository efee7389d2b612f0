import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.claims.audit.counts import (
    attainable,
    auc_attainable,
    counts_within,
    nearest_proportions,
    reconstruct,
    sizes_giving,
    sums_of_squares,
)
from neolab.claims.audit.rounding import Interval, as_read, exactly, first_rounded, printed, round_as


def test_a_printed_number_stands_for_every_value_that_rounds_to_it():
    assert printed("76.90%") == Interval(pytest.approx(0.76895), pytest.approx(0.76905))
    assert printed("0.769").contains(0.7685) and printed("0.769").contains(0.7695)
    assert not printed("0.769").contains(0.76951)
    assert printed("1.47 ± 0.09", 2).low == pytest.approx(0.085)


def test_digits_cut_off_or_padded_stand_for_other_values_than_rounded_ones():
    assert as_read(printed("33.1"), "33.1", "cut").contains(33.161)
    assert not printed("33.1").contains(33.161)
    assert as_read(printed("-0.34"), "0.34", "cut").contains(-0.349)
    assert as_read(printed("0.00"), "0.00", "cut") == Interval(pytest.approx(-0.01), pytest.approx(0.01))
    assert as_read(printed("68.10"), "68.10", "padded").contains(68.09) and not printed("68.10").contains(
        68.09
    )
    assert as_read(printed("68.1"), "68.1", "padded") == printed("68.1")


@given(st.floats(-1, 1), st.integers(0, 4), st.sampled_from(["half-even", "half-up", "truncate"]))
def test_every_way_to_round_first_lies_within_the_bounds(value, decimals, how):
    low, high = first_rounded(np.array(value), np.array(value), decimals, how == "truncate")
    assert low - 1e-9 <= round_as(value, decimals, how) <= high + 1e-9


@pytest.mark.parametrize(("how", "expected"), [("half-even", 0.12), ("half-up", 0.13), ("truncate", 0.12)])
def test_ties_round_as_the_convention_says(how, expected):
    assert round_as(0.125, 2, how) == expected


# Bauer and Francis, Psychol Sci 2021;32:1660: means of 4.71 and 5.3 of 40 people. Equal groups of 20 cannot
# have 4.71; groups of 17 (4.71) and 23 (5.3) can have both.
@pytest.mark.parametrize(
    ("mean", "n", "possible"),
    [("4.71", 20, False), ("5.3", 20, True), ("4.71", 17, True), ("5.3", 23, True)],
)
def test_grim_agrees_with_the_published_example_of_bauer_and_francis(mean, n, possible):
    assert attainable(printed(mean), n) is possible


# Examples in the documentation of the R package scrutiny (grim, grimmer), an independent implementation.
@pytest.mark.parametrize(
    ("mean", "n", "possible"),
    [
        ("5.27", 43, False),
        ("7.22", 32, True),
        ("4.74", 25, False),
        ("5.23", 29, False),
        ("2.57", 24, False),
        ("5.90", 40, True),
        ("5.71", 40, False),
    ],
)
def test_grim_agrees_with_scrutiny(mean, n, possible):
    assert attainable(printed(mean), n) is possible


@pytest.mark.parametrize(("n", "possible"), [(35, False), (31, True)])
def test_grimmer_agrees_with_scrutiny(n, possible):
    assert bool(sums_of_squares(printed("5.23"), printed("2.55"), n)) is possible


# README of scrutiny, its data sets pigs1 (means) and pigs2 (percentages).
@pytest.mark.parametrize(
    ("text", "n", "possible"),
    [
        ("7.22", 32, True),
        ("6.77", 27, False),
        ("2.68", 28, True),
        ("7.01", 29, False),
        ("7.38", 26, True),
        ("3.14", 27, False),
        ("6.89", 31, False),
        ("5.00", 25, True),
        ("0.24", 28, False),
        ("67.4%", 150, False),
        ("54.2%", 150, False),
        ("54.0%", 150, True),
        ("69.8%", 150, False),
        ("68.1%", 150, False),
        ("55.4%", 150, False),
    ],
)
def test_grim_agrees_with_scrutinys_printed_tables(text, n, possible):
    assert attainable(printed(text), n) is possible


@given(st.integers(0, 999), st.integers(2, 99))
def test_grim_agrees_with_the_grim_package(hundredths, n):
    import decimal

    grim = pytest.importorskip("grim.mean_tester", reason="the test extra brings the package grim")
    text = f"{hundredths / 100:.2f}"
    ways = (decimal.ROUND_HALF_UP, decimal.ROUND_HALF_EVEN, decimal.ROUND_HALF_DOWN)
    assert attainable(printed(text), n) is any(grim.consistency_check(text, str(n), way) for way in ways)
    cut = as_read(printed(text), text, "cut")
    if grim.consistency_check(text, str(n), decimal.ROUND_DOWN):
        assert attainable(cut, n)


def test_grimmer_agrees_with_the_example_of_scrutinys_vignette():
    assert attainable(printed("7.3"), 12) and not sums_of_squares(printed("7.3"), printed("2.51"), 12)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=25))
def test_values_on_a_scale_are_reconstructed_with_their_sums(values):
    data = np.array(values)
    pairs = [(int(data.sum()), int((data**2).sum()))]
    (found,) = reconstruct(pairs, len(values), 1, 7)
    assert (sum(found), sum(v * v for v in found)) == pairs[0] and all(1 <= v <= 7 for v in found)


def test_a_scale_rules_out_what_sums_alone_allow():
    # Mean 1.5 of four values with a sum of squares of 18 needs a 4; on a scale of 1 to 3 there is none.
    assert reconstruct([(6, 12)], 4, 0, 3) and reconstruct([(6, 18)], 4, 0, 4)
    assert reconstruct([(6, 18)], 4, 1, 3) == [] and reconstruct([(6, 36)], 4, 0, 5) == []


def test_grimmer_accepts_seven_ones_among_two_hundred():
    # Reported to scrutiny as a false alarm of its earlier version: 7 ones and 193 zeros have these values.
    assert sums_of_squares(printed("0.03"), printed("0.18"), 200)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=40), st.integers(0, 1))
def test_grimmer_finds_the_true_sums(values, ddof):
    data = np.array(values)
    mean, sd = (Interval(x - 0.005, x + 0.005) for x in (data.mean(), data.std(ddof=ddof)))
    assert (data.sum(), (data**2).sum()) in sums_of_squares(mean, sd, len(data), ddof)


@given(st.integers(1, 300), st.integers(0, 300))
def test_every_count_is_found_from_its_proportion(n, k):
    k = min(k, n)
    assert k in counts_within(exactly(k / n), n)
    below, above = nearest_proportions(k / n + 1e-12, n)
    assert below == pytest.approx(k / n) and above == pytest.approx((k + 1) / n)


def test_group_sizes_follow_from_a_count_and_its_percentage():
    assert list(sizes_giving(printed("64.9%"), 48)) == [74]
    assert list(sizes_giving(printed("55.6%"), 30)) == [54]
    with pytest.raises(ValueError, match="expected a positive one"):
        sizes_giving(printed("0%"), 0)


def test_an_auc_is_a_multiple_of_half_a_pair():
    assert auc_attainable(printed("0.861"), 11, 15)  # 284 / 330
    assert not auc_attainable(printed("0.861"), 10, 15)
    assert auc_attainable(exactly(0.5 / 6), 2, 3)
