import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.claims.designs import Cases, Findings, Quantities
from neolab.claims.schema import Claim
from neolab.claims.verdicts import Result, Verdict, combine, judge
from neolab.io.result_class import ResultClass

REAL, SYNTHETIC, TEMPLATE = ResultClass.REAL, ResultClass.SYNTHETIC, ResultClass.TEMPLATE
PATIENTS = Cases(((320, 470),))
AGREES = {Verdict.REPRODUCED, Verdict.CONSISTENT, Verdict.NO_DISCRIMINATION}
DIFFERS = {Verdict.NOT_REPRODUCED, Verdict.INCONSISTENT}


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


def result_of(low, value, high, result_class=SYNTHETIC, **more):
    return Result(value, low, high, result_class, **{"design": PATIENTS} | more)


@pytest.mark.parametrize(
    ("low", "value", "high", "real", "synthetic"),
    [
        (0.70, 0.75, 0.80, "reproduced", "in silico: consistent"),
        (0.80, 0.85, 0.90, "reproduced", "in silico: consistent"),
        (0.60, 0.65, 0.70, "not reproduced", "in silico: inconsistent"),
        (0.90, 0.93, 0.96, "not reproduced", "in silico: inconsistent"),
        (0.30, 0.77, 1.00, "does not discriminate", "does not discriminate"),
        (None, 0.75, None, "inconclusive", "inconclusive"),
        (0.75, 0.75, 0.75, "inconclusive", "inconclusive"),
        (0.80, 0.75, 0.70, "inconclusive", "inconclusive"),
        (0.80, 0.75, 0.85, "inconclusive", "inconclusive"),
        (math.nan, 0.75, 0.80, "inconclusive", "inconclusive"),
    ],
)
def test_the_table_of_rules(low, value, high, real, synthetic):
    claim = claim_of()
    assert judge(claim, result_of(low, value, high, REAL)).verdict == real
    assert judge(claim, result_of(low, value, high)).verdict == synthetic
    assert judge(claim, result_of(low, value, high, TEMPLATE)).verdict == "not testable"


@pytest.mark.parametrize(
    ("low", "value", "high", "reason"),
    [
        (None, 0.75, None, "the run gives no interval"),
        (0.75, 0.75, 0.75, "the interval has no width: every resample gave the same value"),
        (0.8, 0.75, 0.7, "the interval is reversed: 0.8 to 0.7"),
        (0.8, 0.75, 0.85, "the interval does not hold its value"),
    ],
)
def test_an_interval_that_cannot_be_judged_by_says_why(low, value, high, reason):
    assert judge(claim_of(), result_of(low, value, high)).reason == reason


def test_two_estimates_with_normal_errors_are_held_apart_by_the_root_of_both_squares():
    # 1.96 SE of 0.1 and 0.075: the difference may be as large as 0.125, and half a unit of the last digit.
    claim = claim_of(0.77, 0.1)
    for value, verdict in ((0.639, Verdict.INCONSISTENT), (0.641, Verdict.CONSISTENT)):
        found = judge(claim, result_of(value - 0.075, value, value + 0.075))
        assert found.verdict is verdict
        assert (found.low, found.high) == pytest.approx((0.77 - 0.13, 0.77 + 0.13))


def test_a_claim_without_a_metric_and_a_metric_without_a_run_are_told_apart():
    silent = claim_of(result=None, tolerance=None, tolerance_origin=None, not_testable="no such quantity")
    assert judge(silent, None).verdict is Verdict.NOT_TESTABLE
    assert judge(silent, None).reason == "no such quantity"
    assert judge(claim_of(), None).verdict is Verdict.NO_RUN


def test_counts_need_no_interval_and_no_null_and_are_the_same_or_not():
    blocks = claim_of(printed="18 blocks", value=18, unit="count", role="design", tolerance=0)
    for result_class in ResultClass:
        assert judge(blocks, result_of(None, 18, None, result_class), kind="counted").verdict == (
            "counted: the same"
        )
        assert judge(blocks, result_of(None, 8, None, result_class), kind="counted").verdict == (
            "counted: differs"
        )
    rounded = claim_of(printed="5.4M", value=5.4, unit="million", role="design", tolerance=0)
    assert judge(rounded, result_of(None, 5.449, None), kind="counted").verdict is Verdict.SAME_COUNT
    assert judge(rounded, result_of(None, 5.451, None), kind="counted").verdict is Verdict.OTHER_COUNT


def test_a_bound_is_missed_only_by_more_than_one_sided_chance():
    at_least = claim_of(printed="> 0.90", value=0.9, relation=">", tolerance=0)
    assert judge(at_least, result_of(0.91, 0.94, 0.97)).verdict is Verdict.CONSISTENT
    # 0.05 is 1.96 standard errors; 1.645 of them are 0.042.
    assert judge(at_least, result_of(0.81, 0.86, 0.91)).verdict is Verdict.CONSISTENT
    assert judge(at_least, result_of(0.80, 0.85, 0.90)).verdict is Verdict.INCONSISTENT
    assert judge(at_least, result_of(0.80, 0.85, 0.90)).high == 1


def test_p_alone_decides_nothing():
    for p in (1e-9, 0.02, 0.08, 0.9):
        for relation, printed in (("<", "p < 0.05"), (">", "p > 0.05"), ("=", "p = 0.05")):
            claim = claim_of(
                printed=printed, value=0.05, relation=relation, statistic="p_value", tolerance=0.02
            )
            found = judge(claim, result_of(p / 2, p, p * 1.05, REAL))
            assert found.verdict is Verdict.INCONCLUSIVE and found.reason.startswith("p alone")


def test_smoke_gives_no_verdict_whatever_it_found():
    for result_class in ResultClass:
        for value in (0.1, 0.77):
            found = result_of(value - 0.01, value, value + 0.01, result_class, profile="smoke")
            assert judge(claim_of(), found).verdict is Verdict.SMOKE


def test_a_network_below_the_papers_size_is_never_inconsistent_nor_consistent():
    for value, place in ((0.3, "outside"), (0.77, "inside")):
        small = result_of(value - 0.02, value, value + 0.02, profile="teach")
        found = judge(claim_of(), small, kind="network")
        assert found.verdict is Verdict.REDUCED and found.reason.startswith(place)
        full = result_of(value - 0.02, value, value + 0.02, profile="paper")
        assert judge(claim_of(), full, kind="network").verdict in (Verdict.INCONSISTENT, Verdict.CONSISTENT)


def test_what_the_simulation_is_calibrated_to_is_input_in_silico_and_a_result_on_real_scans():
    found = judge(claim_of(), result_of(0.7, 0.75, 0.8), is_input=True)
    assert found.verdict is Verdict.INPUT
    assert judge(claim_of(), result_of(0.7, 0.75, 0.8, REAL), is_input=True).verdict is Verdict.REPRODUCED


def test_agreement_that_a_coin_would_have_reached_does_not_discriminate():
    accuracy = claim_of(0.54, 0.11, metric="accuracy", n=79, analysis_unit="patient")
    few = judge(accuracy, result_of(0.43, 0.55, 0.66, design=Cases(((32, 47),))))
    assert few.verdict is Verdict.NO_DISCRIMINATION
    assert few.strongest_null.passes > 0.9 and "passes in" in few.reason
    better = claim_of(0.85, 0.08, metric="accuracy", n=79, analysis_unit="patient")
    found = judge(better, result_of(0.75, 0.84, 0.91, design=Cases(((32, 47),))))
    assert found.verdict is Verdict.CONSISTENT and all(null.fails for null in found.nulls)


def test_a_gain_that_its_own_error_does_not_exclude_to_be_none_does_not_discriminate():
    gain = claim_of(printed="+15%", value=0.15, tolerance=0.163, statistic="difference", metric="sensitivity")
    assert judge(gain, result_of(0.0, 0.0, 0.0)).verdict is Verdict.INCONCLUSIVE
    found = judge(gain, result_of(-0.05, 0.0, 0.05))
    assert found.verdict is Verdict.NO_DISCRIMINATION and found.strongest_null.name == "no difference"


def test_a_mean_age_and_marks_in_random_places_are_nulls_too():
    ages = Quantities(tuple(range(24)))
    rmse = claim_of(2.12, 0.27, metric="rmse", unit="months", n=119, analysis_unit="patient")
    assert judge(rmse, result_of(1.9, 2.2, 2.5, design=ages)).verdict is Verdict.CONSISTENT
    poor = claim_of(6.5, 0.8, metric="rmse", unit="months", n=119, analysis_unit="patient")
    assert judge(poor, result_of(5.9, 6.6, 7.3, design=ages)).verdict is Verdict.NO_DISCRIMINATION
    marks = Findings((2,) * 50, (3,) * 50)
    sensitivity = claim_of(0.93, 0.04, metric="sensitivity", n=186, analysis_unit="lesion")
    assert judge(sensitivity, result_of(0.88, 0.92, 0.96, design=marks)).verdict is Verdict.CONSISTENT
    few = claim_of(
        printed="< 2",
        value=2,
        relation="<",
        tolerance=0,
        metric="false_positives_per_subject",
        unit="/ subject",
    )
    assert judge(few, result_of(0.8, 1, 1.2, design=marks)).verdict is Verdict.NO_DISCRIMINATION


def test_without_a_design_there_is_no_null_and_so_no_agreement():
    found = judge(claim_of(), result_of(0.7, 0.75, 0.8, design=None))
    assert found.verdict is Verdict.INCONCLUSIVE and found.reason.startswith("no null")
    assert judge(claim_of(), result_of(0.3, 0.35, 0.4, design=None)).verdict is Verdict.INCONSISTENT


def test_a_control_that_the_run_trained_is_a_null():
    control = result_of(0.7, 0.75, 0.8)
    found = judge(claim_of(), result_of(0.7, 0.76, 0.8), control=control)
    assert found.verdict is Verdict.NO_DISCRIMINATION and "trained control" in found.reason
    worse = result_of(0.45, 0.5, 0.55)
    assert judge(claim_of(), result_of(0.7, 0.76, 0.8), control=worse).verdict is Verdict.CONSISTENT


def test_few_readers_widen_what_is_known_of_their_mean():
    claim = claim_of(0.54, 0.06, metric="accuracy", statistic="mean", n=3, analysis_unit="rater")
    alone = judge(claim, result_of(0.50, 0.54, 0.58))
    three = judge(claim, result_of(0.50, 0.54, 0.58, spread=(0.05, 3)))
    # t with 2 degrees of freedom: 4.303 * 0.05 / sqrt(3) = 0.124 more, in squares.
    assert three.high - three.low == pytest.approx(
        2 * (math.sqrt(0.06**2 + 0.04**2 + 0.1242**2) + 0.005), abs=1e-3
    )
    assert three.high - three.low > alone.high - alone.low


finite = st.floats(-3, 3)


@st.composite
def results(draw, result_class=None):
    value = draw(finite)
    ends = draw(st.none() | st.tuples(st.floats(0, 2), st.floats(0, 2)))
    low, high = (None, None) if ends is None else (value - ends[0], value + ends[1])
    profile = draw(st.sampled_from(["smoke", "teach", "paper"]))
    return Result(
        value, low, high, result_class or draw(st.sampled_from(list(ResultClass))), profile=profile,
        design=draw(st.none() | st.just(Cases(((8, 12),)))),
    )  # fmt: skip


@st.composite
def claims(draw, statistics=("value", "mean", "p_value")):
    tolerance = draw(st.floats(0, 2) | st.tuples(st.floats(0, 2), st.floats(0, 2)))
    return claim_of(
        draw(st.floats(0, 2)),
        tolerance,
        relation=draw(st.sampled_from("=<>~")),
        role=draw(st.sampled_from(["outcome", "input"])),
        statistic=draw(st.sampled_from(statistics)),
    )


KINDS = st.sampled_from(["network", "reader", "image", "counted"])


@given(claims(), results(), KINDS, st.none() | st.sampled_from(["recomputed", "contradicted", "note"]))
def test_only_real_images_can_reproduce_or_fail_to(claim, result, kind, audit):
    verdict = combine(audit, judge(claim, result, kind=kind).verdict)
    if result.result_class is not REAL:
        assert verdict not in (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED)
    if result.result_class is not SYNTHETIC:
        assert verdict not in (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.INPUT)


@given(claims(), results(), st.floats(0, 4), st.floats(0, 4))
def test_a_larger_published_error_never_turns_agreement_into_disagreement(claim, result, first, second):
    narrow, wide = (judge(claim, result, scale=scale).verdict for scale in sorted((first, second)))
    assert not (narrow in AGREES and wide in DIFFERS)


@given(claims(), results())
def test_agreement_asks_for_an_interval_and_for_nulls_that_fail(claim, result):
    found = judge(claim, result)
    if found.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT):
        assert result.low < result.high and found.nulls and all(null.fails for null in found.nulls)
        assert found.low - 1e-6 <= result.value <= found.high + 1e-6 or not 0 <= result.value <= 1
        assert found.power > 0.5
    if found.verdict in DIFFERS:
        assert result.profile != "smoke" and result.low < result.high


@pytest.mark.parametrize(
    ("audit", "run", "expected"),
    [
        ("contradicted", Verdict.CONSISTENT, Verdict.CONTRADICTED),
        ("contradicted", Verdict.NOT_TESTABLE, Verdict.CONTRADICTED),
        ("recomputed", Verdict.INCONSISTENT, Verdict.INCONSISTENT),
        ("recomputed", Verdict.NO_DISCRIMINATION, Verdict.RECOMPUTED),
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
    assert (half.low, half.high) == (None, None) and half.result_class is REAL
