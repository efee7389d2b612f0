import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.claims.schema import Claim
from neolab.claims.verdicts import Result, Verdict, combine, judge, p_value_interval
from neolab.io.result_class import ResultClass

REAL, SYNTHETIC, TEMPLATE = ResultClass.REAL, ResultClass.SYNTHETIC, ResultClass.TEMPLATE
AGREEMENT = {Verdict.REPRODUCED: 2, Verdict.CONSISTENT: 2, Verdict.INCONCLUSIVE: 1}


def claim_of(value=0.77, tolerance=0.1, **changes) -> Claim:
    fields = {
        "id": "wu2021.a",
        "place": "Table 2",
        "printed": f"{value:.2f}",
        "value": round(value, 2),
        "unit": "1",
        "metric": "auc",
        "tolerance": tolerance,
        "tolerance_origin": "fixed",
        "result": "gpnorm.auc",
    }
    return Claim(**fields | changes)


def result_of(low, value, high, result_class):
    return Result(value, low, high, result_class)


@pytest.mark.parametrize(
    ("low", "value", "high", "real", "synthetic"),
    [
        (0.70, 0.75, 0.80, "reproduced", "in silico: consistent"),
        (0.60, 0.70, 0.80, "inconclusive", "in silico: consistent"),
        (0.55, 0.65, 0.70, "inconclusive", "inconclusive"),
        (0.50, 0.55, 0.60, "not reproduced", "in silico: inconsistent"),
        (0.90, 0.93, 0.96, "not reproduced", "in silico: inconsistent"),
        (0.30, 0.77, 1.00, "inconclusive", "inconclusive"),
        (None, 0.75, None, "inconclusive", "in silico: consistent"),
        (None, 0.50, None, "not reproduced", "in silico: inconsistent"),
    ],
)
def test_the_table_of_rules(low, value, high, real, synthetic):
    claim = claim_of()
    assert judge(claim, result_of(low, value, high, REAL)) == real
    assert judge(claim, result_of(low, value, high, SYNTHETIC)) == synthetic
    assert judge(claim, result_of(low, value, high, TEMPLATE)) == "not testable"


def test_a_claim_without_a_metric_and_a_metric_without_a_run_are_told_apart():
    silent = claim_of(result=None, tolerance=None, tolerance_origin=None, not_testable="no such quantity")
    assert judge(silent, None) is Verdict.NOT_TESTABLE
    assert judge(claim_of(), None) is Verdict.NO_RUN


def test_rounding_widens_the_tolerance():
    exact = claim_of(tolerance=0)
    assert judge(exact, result_of(None, 0.7749, None, SYNTHETIC)) is Verdict.CONSISTENT
    assert judge(exact, result_of(None, 0.7751, None, SYNTHETIC)) is Verdict.INCONSISTENT


def test_quantities_without_sampling_error_need_no_interval():
    parameters = claim_of(printed="18 blocks", value=18, unit="count", role="design", tolerance=0)
    assert judge(parameters, result_of(None, 18, None, REAL)) is Verdict.REPRODUCED
    assert judge(parameters, result_of(None, 8, None, SYNTHETIC)) is Verdict.INCONSISTENT


def test_a_bound_has_one_side():
    significant = claim_of(printed="p < 0.05", value=0.05, relation="<", statistic="p_value", tolerance=0)
    assert judge(significant, result_of(None, 1e-9, None, REAL)) is Verdict.REPRODUCED
    at_least = claim_of(printed="> 0.90", value=0.9, relation=">", tolerance=0)
    assert judge(at_least, result_of(0.91, 0.94, 0.97, SYNTHETIC)) is Verdict.CONSISTENT
    assert judge(at_least, result_of(0.85, 0.94, 0.97, REAL)) is Verdict.INCONCLUSIVE


def test_a_p_value_disagrees_only_when_the_z_behind_it_does():
    common = {"statistic": "p_value", "metric": "p_value", "tolerance": 0}
    significant = claim_of(printed="p < 0.05", value=0.05, relation="<", **common)
    not_significant = claim_of(printed="p > 0.05", value=0.05, relation=">", **common)
    for result_class, agree, differ in [
        (SYNTHETIC, Verdict.CONSISTENT, Verdict.INCONSISTENT),
        (REAL, Verdict.REPRODUCED, Verdict.NOT_REPRODUCED),
    ]:
        found = {p: result_of(None, p, None, result_class) for p in (1e-9, 0.02, 0.08, 0.9)}
        assert judge(significant, found[0.02]) is agree
        assert judge(significant, found[0.08]) is Verdict.INCONCLUSIVE
        assert judge(not_significant, found[0.9]) is agree
        assert judge(not_significant, found[0.02]) is Verdict.INCONCLUSIVE
        assert judge(not_significant, found[1e-9]) is differ


@given(st.floats(0, 1))
def test_the_interval_of_a_p_value_holds_it(p):
    low, high = p_value_interval(p)
    assert 0 <= low <= p <= high <= 1


def test_the_interval_of_a_p_value_covers_the_expected_z_as_often_as_it_says():
    import numpy as np
    from scipy.stats import norm

    z = np.random.default_rng(0).normal(2.5, 1, 4000)
    intervals = [p_value_interval(2 * norm.sf(abs(value))) for value in z]
    covered = np.mean([low <= 2 * norm.sf(2.5) <= high for low, high in intervals])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 4000)


finite = st.floats(-3, 3)


@st.composite
def results(draw, result_class=None):
    value = draw(finite)
    ends = draw(st.none() | st.tuples(st.floats(0, 2), st.floats(0, 2)))
    low, high = (None, None) if ends is None else (value - ends[0], value + ends[1])
    return Result(value, low, high, result_class or draw(st.sampled_from(list(ResultClass))))


@st.composite
def claims(draw, statistics=("value", "mean", "p_value")):
    tolerance = draw(st.floats(0, 2) | st.tuples(st.floats(0, 2), st.floats(0, 2)))
    return claim_of(
        draw(st.floats(0, 2)),
        tolerance,
        relation=draw(st.sampled_from("=<>~")),
        role=draw(st.sampled_from(["outcome", "input", "design"])),
        statistic=draw(st.sampled_from(statistics)),
    )


@given(
    claims(), results(), st.floats(0, 10), st.none() | st.sampled_from(["recomputed", "contradicted", "note"])
)
def test_only_real_images_can_reproduce_or_fail_to(claim, result, scale, audit):
    verdict = combine(audit, judge(claim, result, scale))
    if result.result_class is not REAL:
        assert verdict not in (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED)
    if result.result_class is not SYNTHETIC:
        assert verdict not in (Verdict.CONSISTENT, Verdict.INCONSISTENT)


@given(claims(), results(), st.floats(0, 4), st.floats(0, 4))
def test_a_larger_tolerance_never_turns_agreement_into_disagreement(claim, result, first, second):
    narrow, wide = sorted((first, second))
    assert AGREEMENT.get(judge(claim, result, narrow), 0) <= AGREEMENT.get(judge(claim, result, wide), 0)


@given(claims(["value", "mean"]), results(REAL), st.floats(0.1, 3))
def test_a_vaguer_real_result_is_never_a_firmer_one(claim, result, extra):
    low, high = result.interval
    vaguer = Result(result.value, low - extra, high + extra, REAL)
    if judge(claim, vaguer) is Verdict.REPRODUCED:
        assert judge(claim, Result(result.value, low, high, REAL)) is Verdict.REPRODUCED
    if judge(claim, vaguer) is Verdict.NOT_REPRODUCED:
        assert judge(claim, result) is Verdict.NOT_REPRODUCED


@given(claims(), results())
def test_disagreement_means_disjoint_intervals(claim, result):
    low, high = claim.tolerance_interval()
    verdict = judge(claim, result)
    if verdict in (Verdict.NOT_REPRODUCED, Verdict.INCONSISTENT):
        assert result.interval[1] < low or result.interval[0] > high
    if verdict is Verdict.REPRODUCED:
        assert low - 1e-8 <= result.interval[0] and result.interval[1] <= high + 1e-8


def test_two_studies_of_one_truth_are_called_inconsistent_about_once_in_180_comparisons():
    from scipy.stats import norm

    # Estimates with equal standard errors; their 95 % intervals are disjoint beyond 2 * 1.96 errors.
    chance = 2 * norm.sf(2 * norm.isf(0.025) / math.sqrt(2))
    assert chance == pytest.approx(1 / 180, rel=0.02)


@pytest.mark.parametrize(
    ("audit", "run", "expected"),
    [
        ("contradicted", Verdict.CONSISTENT, Verdict.CONTRADICTED),
        ("contradicted", Verdict.NOT_TESTABLE, Verdict.CONTRADICTED),
        ("recomputed", Verdict.INCONSISTENT, Verdict.INCONSISTENT),
        ("recomputed", Verdict.INCONCLUSIVE, Verdict.RECOMPUTED),
        ("recomputed", Verdict.NOT_TESTABLE, Verdict.RECOMPUTED),
        ("ambiguous", Verdict.NO_RUN, Verdict.NO_RUN),
        (None, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_audit_and_runs_join_into_one_verdict(audit, run, expected):
    assert combine(audit, run) is expected


def test_a_record_without_a_finite_value_is_no_result():
    assert Result.from_record({"value": None}, "synthetic") is None
    assert Result.from_record({"value": math.nan}, "synthetic") is None
    half = Result.from_record({"value": 1, "low": 0.5}, "real")
    assert half.interval == (1, 1) and half.result_class is REAL
