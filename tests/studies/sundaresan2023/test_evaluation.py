"""Operating points, changes by each step, free-response curves, errors and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from neolab.studies.sundaresan2023 import sentences
from neolab.studies.sundaresan2023.baselines import SCORE, bright_round_spots
from neolab.studies.sundaresan2023.errors import (
    false_causes,
    false_findings,
    found_by_lesion,
    removal_table,
    sensitivity_by_group,
)
from neolab.studies.sundaresan2023.evaluation import (
    OperatingPoint,
    ablation_points,
    change,
    free_response,
    free_response_bands,
    kept,
    match,
    measure,
    outcomes,
    pooled_at,
    seed_spread,
    step_changes,
    step_table,
)
from neolab.studies.sundaresan2023.inference import CandidateSet, CleanUp, find_candidates


def at(score, detector=0.3, clean_up=False):
    """The distilled student at a threshold."""
    return OperatingPoint("student_distilled", detector, score, clean_up)


def test_an_operating_point_needs_both_thresholds_and_the_clean_up(phantom):
    scan = phantom.scan_of([(12, 12, 4)])
    candidates = phantom.with_scores(
        find_candidates(phantom.ball_map((12, 12, 4), (30, 30, 8)), scan, 0.5), [0.6, 0.2]
    )
    candidates.dropped[0] = "skull"
    assert kept(candidates, at(0.3)).tolist() == [True, False]
    assert kept(candidates, at(0.1, clean_up=True)).tolist() == [False, True]
    assert not kept(candidates, at(0.1, detector=0.95)).any()


@pytest.fixture
def population(phantom):
    """Two people: all lesions found at one false finding, and none at two."""
    first = phantom.with_scores(
        find_candidates(
            phantom.ball_map((12, 12, 4), (30, 30, 8), (12, 34, 4)),
            phantom.scan_of([(12, 12, 4), (30, 30, 8)]),
            0.5,
        ),
        [0.9, 0.2, 0.8],
    )
    second = phantom.with_scores(
        find_candidates(phantom.ball_map((30, 30, 8), (40, 12, 4)), phantom.scan_of([(12, 12, 4)]), 0.5),
        [0.7, 0.4],
    )
    return [first, second]


def test_measured_rates_are_the_pooled_counts(population):
    point = at(0.3)
    counts = [match(one, kept(one, point)) for one in population]
    result = measure(population, point, n_resamples=200)
    assert result["sensitivity"].value == sum(c.found for c in counts) / 3
    assert result["false_positives"].value == sum(c.false_findings for c in counts) / 2
    assert result["sensitivity"].low <= result["sensitivity"].value
    together = pooled_at(population, "student_distilled", 0.3, 0.3, clean_up=False)
    assert {name: together[name] for name in result} == {name: e.value for name, e in result.items()}
    assert together["found"] + together["missed"] == 3


def test_the_gain_between_two_points_is_the_difference_of_their_sensitivities(population):
    strict, lenient = (at(score) for score in (0.5, 0.1))
    gain = change(population, strict, lenient, n_resamples=200)
    for name in ("sensitivity", "false_positives"):
        first, second = (measure(population, p, n_resamples=100)[name].value for p in (strict, lenient))
        assert gain[name].value == pytest.approx(second - first)
        assert gain[name].low <= gain[name].value <= gain[name].high


@pytest.fixture
def crowd(phantom):
    """People with one lesion and three false candidates each, which the plain student does not tell apart."""
    people = []
    for i in range(20):
        places = [(12, 12, 4), (30, 30, 8), (12, 34, 4), (34, 12, 10)]
        one = find_candidates(
            phantom.ball_map(*places), phantom.scan_of([(12, 12, 4)], name=f"SYN{i:04d}"), 0.5
        )
        one.dropped = np.full(4, "", object)
        one.scores = {
            "detector": np.full(4, 0.9),
            "student_plain": np.full(4, 0.9),
            "student_distilled": np.where(one.is_true, 0.9, 0.1),
        }
        people.append(one)
    return people


def test_the_step_table_says_which_step_helps_and_which_does_not(phantom, crowd):
    points = ablation_points(phantom.parameters())
    steps = step_table(step_changes(crowd, points, n_resamples=200))
    assert steps.verdict.to_dict() == {
        "student, labels only": "no clear change",
        "student, distilled": "clear gain",
        "distillation": "clear gain",
        "clean-up": "no clear change",
        "all three": "clear gain",
    }
    assert steps.loc["all three", "false positives per subject"] == "-3.0 (-3.0 to -3.0)"
    for one in crowd:  # a clean-up that takes the lesions and nothing else
        one.dropped = np.where(one.is_true, "skull", "").astype(object)
    steps = step_table(step_changes(crowd, points, n_resamples=200))
    assert steps.verdict[["clean-up", "all three"]].tolist() == ["clear loss", "trade"]


def test_the_sentence_names_the_curve_that_is_highest(crowd):
    curves = {name: free_response(crowd[:4], name) for name in ("student_plain", "student_distilled")}
    rates = {name: curve.sensitivity_at(2.0, n_resamples=50) for name, curve in curves.items()}
    assert sentences.at_one_rate(rates, 2.0).endswith("Highest: student_distilled.")


def test_a_detector_that_has_hardly_learned_is_named_with_its_losses():
    def losses(fold, *values):
        rows = {"network": "detector", "fold": fold, "epoch": range(1, len(values) + 1), "value": values}
        both = [pd.DataFrame(rows).assign(part=part, metric="loss") for part in ("train", "validation")]
        return pd.concat(both)

    good, idle = losses(0, 1.1, 0.6, 0.1), losses(1, 1.04, 0.9, 0.87)
    assert sentences.learning(good).startswith("Every detector has learned")
    told = sentences.learning(pd.concat([good, idle]))
    assert "fold 2 its loss fell from 1.04 to 0.87 only" in told and "fold 1 " not in told


def test_the_rule_without_learning_finds_discs_prefers_them_to_lines_and_says_nothing_of_noise(phantom):
    scan, nothing = phantom.scan_of([(14, 14, 4), (32, 30, 10)], veins=[(24, 7)]), phantom.scan_of([])
    for one in (scan, nothing):
        one.prepared.channels[1] /= one.prepared.channels[1].max()  # as the preprocessing scales it
    found = bright_round_spots(scan, 0.3, CleanUp("none"))
    scores = found.scores[SCORE]
    hit = {lesion for lesions in found.lesions for lesion in lesions}
    assert hit == {0, 1}
    assert scores[found.is_true].min() > scores[~found.is_true].max(initial=0)
    empty = bright_round_spots(nothing, 0.3, CleanUp("code"))
    assert len(empty.centres) == 0 and len(empty.dropped) == 0


def test_the_free_response_curve_agrees_with_each_operating_point(population):
    curve = free_response(population, "student_distilled")
    for threshold in (0.75, 0.5, 0.3):
        index = np.flatnonzero(curve.thresholds >= threshold)[-1]
        result = measure(population, at(threshold - 1e-9), n_resamples=50)
        assert curve.true_positive_rate[index] == pytest.approx(result["sensitivity"].value)
        false = result["false_positives"].value
        assert curve.false_positives_per_subject[index] == pytest.approx(false)
    bands = free_response_bands({"distilled": curve}, most_false=2.0, n_resamples=50)
    assert bands.sensitivity.iloc[-1] == curve.sensitivity_at(2.0, n_resamples=50).value
    assert (bands.low <= bands.sensitivity).all() and (bands.sensitivity <= bands.high).all()


@pytest.fixture
def bodies():
    columns = {"participant_id": "sub-SYN0001", "region": "lobar", "susceptibility_ppm": 1.0, "depth_mm": 9.0}
    return pd.DataFrame(
        [
            {"kind": "microbleed", "x_mm": 9.6, "y_mm": 9.6, "z_mm": 12, "diameter_mm": 2.0, **columns},
            {"kind": "microbleed", "x_mm": 24, "y_mm": 24, "z_mm": 24, "diameter_mm": 1.0, **columns},
            {"kind": "calcification", "x_mm": 9.6, "y_mm": 27.2, "z_mm": 12, "diameter_mm": 2.0, **columns},
        ]
    )


def test_errors_are_traced_to_lesions_and_mimics(phantom, bodies):
    scan = phantom.scan_of([(12, 12, 4), (30, 30, 8)])
    found = phantom.with_scores(
        find_candidates(phantom.ball_map((12, 12, 4), (12, 34, 4), (38, 12, 12)), scan, 0.5), [1, 1, 1]
    )
    point = at(0.3)
    wrong = false_findings([found], [scan], point, bodies, {})
    assert sorted(wrong.cause) == ["calcification", "other"]
    veins = {"SYN0001": phantom.ball_map((38, 12, 12)) > 0}
    assert sorted(false_findings([found], [scan], point, bodies, veins).cause) == ["calcification", "vein"]
    lesions = found_by_lesion([found], [scan], point, bodies)
    assert lesions.sort_values("diameter_mm").found.tolist() == [False, True]
    groups = sensitivity_by_group(lesions).set_index(["by", "value"])
    assert groups.loc[("size", "< 1.5"), "found"] == 0 and groups.loc[("size", "1.5–2"), "found"] == 1
    assert groups.loc[("from the skull", "5–10 mm"), "microbleeds"] == 2
    causes = false_causes([found], [scan], {"all": point}, bodies, {})
    assert causes["all"].to_dict() == {"calcification": 1.0, "other": 1.0}


def test_the_ablation_ends_with_the_clean_up(phantom):
    points = list(ablation_points(phantom.parameters()).values())
    assert [p.network for p in points] == [
        "detector",
        "student_plain",
        "student_distilled",
        "student_distilled",
    ]
    assert [p.clean_up for p in points] == [False, False, False, True]


def test_a_candidate_set_without_candidates_is_a_result_too(phantom):
    none = CandidateSet("SYN0001", np.zeros(phantom.shape, int), np.zeros((0, 3)), np.zeros(0), [], 2)
    none = phantom.with_scores(none, np.zeros(0))
    counts = match(none, kept(none, at(0.3, clean_up=True)))
    assert (counts.lesions, counts.found, counts.findings) == (2, 0, 0)


def test_the_clean_up_is_told_by_reason_for_true_and_false_findings(population):
    first, second = population
    first.dropped[:2] = "skull", "size"
    second.dropped[0] = "skull"
    table = removal_table(population, at(0.3, clean_up=True))
    assert table.loc["skull", ["false dropped", "true dropped"]].tolist() == [1, 1]
    assert table.loc["size"].sum() == 0  # its score of .2 was no finding before the clean-up either


def test_outcomes_lie_in_the_voxels_of_the_scan_and_name_what_was_missed(phantom):
    scan = phantom.scan_of([(12, 12, 4), (30, 30, 8)])
    found = phantom.with_scores(
        find_candidates(phantom.ball_map((12, 12, 4), (12, 34, 4)), scan, 0.5), [0.9, 0.2]
    )
    scan.prepared.box = tuple(slice(start, None) for start in (5, 7, 2))
    table = outcomes(found, scan, at(0.3)).set_index("kind")
    assert table.loc["found microbleed", list("xyz")].tolist() == pytest.approx([17, 19, 6])
    assert table.loc["rejected candidate", list("xyz")].tolist() == pytest.approx([17, 41, 6])
    assert table.loc["missed microbleed", list("xyz")].tolist() == pytest.approx([35, 37, 10])


def test_the_spread_over_seeds_is_the_standard_deviation_of_the_trainings(population):
    results = [measure(population, at(score), n_resamples=50) for score in (0.1, 0.3, 0.85)]
    rates = [result["sensitivity"].value for result in results]
    assert seed_spread(results)["sensitivity_seed_sd"] == pytest.approx(np.std(rates, ddof=1))
