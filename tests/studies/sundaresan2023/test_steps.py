"""Candidates, clean-up, evaluation and training, on phantoms made by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from neolab.errors import InputError
from neolab.metrics.detection import match_lesions
from neolab.studies.sundaresan2023.baseline import SCORE, bright_and_round
from neolab.studies.sundaresan2023.candidates import symmetry_candidates, training_centres
from neolab.studies.sundaresan2023.cleanup import CleanUp, clean_up
from neolab.studies.sundaresan2023.evaluation import (
    OperatingPoint,
    ablation_points,
    false_findings,
    found_by_lesion,
    free_response,
    kept,
    match,
    measure,
    sensitivity_gain,
    sentence_at,
    step_table,
)
from neolab.studies.sundaresan2023.frst import radial_symmetry
from neolab.studies.sundaresan2023.inference import (
    CandidateSet,
    candidate_patches,
    detect,
    discriminate,
    find_candidates,
)
from neolab.studies.sundaresan2023.losses import Distillation
from neolab.studies.sundaresan2023.networks import Detector, Student, Teacher, initialise
from neolab.studies.sundaresan2023.patches import Augmentation, cut, label_reference, vary
from neolab.studies.sundaresan2023.pipeline import (
    Settings,
    apply_pipeline,
    detector_out_of_fold,
    hold_back,
    out_of_fold,
)
from neolab.studies.sundaresan2023.preprocessing import Prepared
from neolab.studies.sundaresan2023.training import Recipe, fit_detector, fit_student, learning_sentence

SHAPE = (48, 48, 16)


def scan_of(boxes, noise=0.02, name="SYN0001", veins=(), seed=0):
    """Tissue at 0 with bright balls at ``boxes`` (microbleeds) and bright lines at ``veins``."""
    rng = np.random.default_rng(seed)
    x, y, z = np.indices(SHAPE)
    image, reference = rng.normal(0, noise, SHAPE).astype(np.float32), np.zeros(SHAPE, bool)
    for cx, cy, cz in boxes:
        ball = (x - cx) ** 2 + (y - cy) ** 2 + 4 * (z - cz) ** 2 < 7
        image[ball], reference[ball] = 0.9, True
    for cx, cz in veins:
        image[cx : cx + 2, 6:42, cz] = 0.9
    image = np.clip(image, 0, 1)
    mask = np.zeros(SHAPE, bool)
    mask[3:-3, 3:-3] = True
    symmetry = np.clip(radial_symmetry(image, mask=mask), 0, 1)
    box = tuple(slice(0, n) for n in SHAPE)
    prepared = Prepared(
        np.stack([image, symmetry]), mask, box, (0.8, 0.8, 3.0), np.diag([0.8, 0.8, 3.0, 1.0])
    )
    return label_reference(name, prepared, reference)


def ball_map(*centres, level=0.9):
    x, y, z = np.indices(SHAPE)
    out = np.zeros(SHAPE, np.float32)
    for cx, cy, cz in centres:
        out[(x - cx) ** 2 + (y - cy) ** 2 + 4 * (z - cz) ** 2 < 7] = level
    return out


def with_scores(candidates, score):
    candidates.scores = dict.fromkeys(
        ("detector", "teacher", "student_plain", "student_distilled"), np.asarray(score, float)
    )
    candidates.dropped = np.full(len(candidates.centres), "", object)
    return candidates


def test_reference_lesions_are_numbered_and_centred():
    scan = scan_of([(12, 12, 4), (30, 34, 10)])
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
    varied = vary(patch, rng, Augmentation(probability=1.0))
    np.testing.assert_array_equal(varied[1], patch[1])
    assert varied.min() >= 0 and varied.max() <= 1 and not np.array_equal(varied[0], patch[0])
    assert vary(patch, rng, Augmentation(probability=0.0)) is patch


@pytest.mark.parametrize(
    ("lesions", "findings", "hits"),
    [
        ([(12, 12, 4)], [(12, 12, 4)], [(0,)]),
        ([(12, 12, 4), (17, 12, 4)], [(12, 12, 4), (17, 12, 4)], None),  # touching
        ([(12, 12, 4)], [(30, 30, 4)], [()]),
        ([], [(30, 30, 4)], [()]),
        ([(12, 12, 4)], [], []),
    ],
)
def test_candidates_know_the_lesions_they_overlap_as_the_metrics_room_counts_them(lesions, findings, hits):
    scan, probability = scan_of(lesions), ball_map(*findings)
    candidates = with_scores(find_candidates(probability, scan, 0.5), np.ones(len(findings) and 1))
    if hits is not None:
        assert candidates.lesions == hits
    counted = match(candidates, np.ones(len(candidates.centres), bool))
    assert counted == match_lesions(scan.lesions, probability > 0.5, numbered_reference=True)


def test_one_finding_over_two_lesions_finds_both_and_two_over_one_find_one():
    scan = scan_of([(12, 12, 4), (12, 22, 4)])
    bridge = np.zeros(SHAPE, np.float32)
    bridge[12, 12:23, 4] = 0.9
    one = find_candidates(bridge, scan, 0.5)
    assert one.lesions == [(0, 1)]
    assert match(one, np.array([True])).found == 2
    split = np.zeros(SHAPE, np.float32)
    split[10, 12, 4] = split[14, 12, 4] = 0.9
    two = find_candidates(split, scan, 0.5)
    counts = match(two, np.array([True, True]))
    assert (counts.found, counts.true_findings, counts.missed) == (1, 2, 1)


def test_a_detector_that_marks_everything_has_no_candidate_rather_than_every_lesion():
    scan = scan_of([(12, 12, 4), (30, 34, 10)])
    everywhere = np.full(SHAPE, 0.4, np.float32)
    assert len(find_candidates(everywhere, scan, 0.3).centres) == 0
    gamed = find_candidates(everywhere, scan, 0.3, largest_mm3=np.inf)
    assert match(gamed, np.array([True])).found == 2 and match(gamed, np.array([True])).false_findings == 0


def test_clean_up_gives_the_first_reason_in_the_papers_order():
    scan = scan_of([])
    probability = ball_map((24, 24, 8), (5, 24, 8))
    probability[36, 36, 8] = 0.9  # one voxel of 1.92 mm^3
    probability[14:34, 10, 2] = probability[14, 10:18, 2] = probability[33, 10:18, 2] = 0.9  # a hook
    candidates = find_candidates(probability, scan, 0.5)
    reasons = dict(
        zip(
            [tuple(np.round(c).astype(int)) for c in candidates.centres],
            clean_up(candidates, scan, CleanUp()),
            strict=True,
        )
    )
    assert reasons[(24, 24, 8)] == ""
    assert reasons[(5, 24, 8)] == "skull"
    assert reasons[(36, 36, 8)] == "size"
    assert "shape" in reasons.values()


def test_the_papers_ellipticity_rejects_a_line_and_keeps_a_disc():
    scan = scan_of([])
    probability = ball_map((24, 24, 8))
    probability[16:34, 36, 8] = 0.9
    candidates = find_candidates(probability, scan, 0.5)
    rules = CleanUp(shape="paper")
    reasons = [clean_up(candidates, scan, rules)[i] for i in np.argsort(candidates.centres[:, 1])]
    assert reasons == ["", "shape"]
    assert (clean_up(candidates, scan, CleanUp(shape="none")) == "").all()


def test_an_operating_point_needs_both_thresholds_and_the_clean_up():
    scan = scan_of([(12, 12, 4)])
    candidates = with_scores(find_candidates(ball_map((12, 12, 4), (30, 30, 8)), scan, 0.5), [0.6, 0.2])
    candidates.dropped[0] = "skull"
    assert kept(candidates, OperatingPoint(score=0.3, clean_up=False)).tolist() == [True, False]
    assert kept(candidates, OperatingPoint(score=0.1, clean_up=True)).tolist() == [False, True]
    assert not kept(candidates, OperatingPoint(detector=0.95, score=0.1, clean_up=False)).any()


def population():
    """Two people: all lesions found at one false finding, and none at two."""
    first = with_scores(
        find_candidates(
            ball_map((12, 12, 4), (30, 30, 8), (12, 34, 4)), scan_of([(12, 12, 4), (30, 30, 8)]), 0.5
        ),
        [0.9, 0.2, 0.8],
    )
    second = with_scores(
        find_candidates(ball_map((30, 30, 8), (40, 12, 4)), scan_of([(12, 12, 4)]), 0.5), [0.7, 0.4]
    )
    return [first, second]


def test_measured_rates_are_the_pooled_counts():
    people = population()
    point = OperatingPoint(score=0.3, clean_up=False)
    counts = [match(one, kept(one, point)) for one in people]
    result = measure(people, point, n_resamples=200)
    assert result["true_positive_rate"].value == sum(c.found for c in counts) / 3
    assert result["false_positives_per_subject"].value == sum(c.false_findings for c in counts) / 2
    assert result["true_positive_rate"].low <= result["true_positive_rate"].value


def test_the_gain_between_two_points_is_the_difference_of_their_sensitivities():
    people = population()
    strict, lenient = (OperatingPoint(score=s, clean_up=False) for s in (0.5, 0.1))
    gain = sensitivity_gain(people, strict, lenient, n_resamples=200)
    rates = [measure(people, p, n_resamples=100)["true_positive_rate"].value for p in (strict, lenient)]
    assert gain.value == pytest.approx(rates[1] - rates[0])
    assert gain.low <= gain.value <= gain.high


def crowd(n=20):
    """People with one lesion and three false candidates each, which the plain student does not tell apart."""
    people = []
    for i in range(n):
        places = [(12, 12, 4), (30, 30, 8), (12, 34, 4), (34, 12, 10)]
        one = find_candidates(ball_map(*places), scan_of([(12, 12, 4)], name=f"SYN{i:04d}"), 0.5)
        one.dropped = np.full(4, "", object)
        one.scores = {
            "detector": np.full(4, 0.9),
            "student_plain": np.full(4, 0.9),
            "student_distilled": np.where(one.is_true, 0.9, 0.1),
        }
        people.append(one)
    return people


def test_the_step_table_says_which_step_helps_and_which_does_not():
    people, points = crowd(), ablation_points(0.3, 0.35, 0.3)
    steps = step_table(people, points, n_resamples=200)
    assert steps.verdict.to_dict() == {
        "student, labels only": "no clear change",
        "student, distilled": "clear gain",
        "distillation": "clear gain",
        "clean-up": "no clear change",
        "all three": "clear gain",
    }
    assert steps.loc["all three", "false positives per subject"] == "-3.0 (-3.0 to -3.0)"
    for one in people:  # a clean-up that takes the lesions and nothing else
        one.dropped = np.where(one.is_true, "skull", "").astype(object)
    steps = step_table(people, points, n_resamples=200)
    assert steps.verdict[["clean-up", "all three"]].tolist() == ["clear loss", "trade"]


def test_the_sentence_names_the_curve_that_is_highest():
    curves = {name: free_response(crowd(4), name) for name in ("student_plain", "student_distilled")}
    rates = {name: curve.sensitivity_at(2.0, n_resamples=50) for name, curve in curves.items()}
    assert sentence_at(rates, 2.0).endswith("Highest: student_distilled.")


def test_the_rule_without_learning_finds_discs_prefers_them_to_lines_and_says_nothing_of_noise():
    scan, nothing = scan_of([(14, 14, 4), (32, 30, 10)], veins=[(24, 7)]), scan_of([])
    for one in (scan, nothing):
        one.prepared.channels[1] /= one.prepared.channels[1].max()  # as the preprocessing scales it
    (found,) = bright_and_round([scan], 0.3, CleanUp(shape="none"))
    scores = found.scores[SCORE]
    hit = {lesion for lesions in found.lesions for lesion in lesions}
    assert hit == {0, 1}
    assert scores[found.is_true].min() > scores[~found.is_true].max(initial=0)
    (empty,) = bright_and_round([nothing], 0.3)
    assert len(empty.centres) == 0 and len(empty.dropped) == 0


def test_the_free_response_curve_agrees_with_each_operating_point():
    people = population()
    curve = free_response(people, "student_distilled")
    for threshold in (0.75, 0.5, 0.3):
        index = np.flatnonzero(curve.thresholds >= threshold)[-1]
        result = measure(people, OperatingPoint(score=threshold - 1e-9, clean_up=False), n_resamples=50)
        assert curve.true_positive_rate[index] == pytest.approx(result["true_positive_rate"].value)
        false = result["false_positives_per_subject"].value
        assert curve.false_positives_per_subject[index] == pytest.approx(false)


def bodies():
    columns = {"participant_id": "sub-SYN0001", "region": "lobar", "susceptibility_ppm": 1.0, "depth_mm": 9.0}
    return pd.DataFrame(
        [
            {"kind": "microbleed", "x_mm": 9.6, "y_mm": 9.6, "z_mm": 12, "diameter_mm": 2.0, **columns},
            {"kind": "microbleed", "x_mm": 24, "y_mm": 24, "z_mm": 24, "diameter_mm": 1.0, **columns},
            {"kind": "calcification", "x_mm": 9.6, "y_mm": 27.2, "z_mm": 12, "diameter_mm": 2.0, **columns},
        ]
    )


def test_errors_are_traced_to_lesions_and_mimics():
    scan = scan_of([(12, 12, 4), (30, 30, 8)])
    found = with_scores(
        find_candidates(ball_map((12, 12, 4), (12, 34, 4), (38, 12, 12)), scan, 0.5), [1, 1, 1]
    )
    point = OperatingPoint(clean_up=False)
    wrong = false_findings([found], [scan], point, bodies())
    assert sorted(wrong.cause) == ["calcification", "other"]
    veins = {"SYN0001": ball_map((38, 12, 12)) > 0}
    assert sorted(false_findings([found], [scan], point, bodies(), veins).cause) == ["calcification", "vein"]
    lesions = found_by_lesion([found], [scan], point, bodies())
    assert lesions.sort_values("diameter_mm").found.tolist() == [False, True]


def test_the_ablation_ends_with_the_clean_up():
    points = list(ablation_points(0.3, 0.35, 0.3).values())
    assert [p.network for p in points] == [
        "detector",
        "student_plain",
        "student_distilled",
        "student_distilled",
    ]
    assert [p.clean_up for p in points] == [False, False, False, True]


def test_training_places_are_lesions_and_round_things_that_are_none():
    scan = scan_of([(12, 12, 4)], veins=[(34, 8)])
    assert np.linalg.norm((symmetry_candidates(scan) - [12, 12, 4]) * [1, 1, 3], axis=1).min() < 3
    empty = find_candidates(ball_map((34, 24, 8)), scan, 0.5)
    centres = training_centres([scan], [empty])
    assert (centres.labels == 1).sum() == 1
    away = np.linalg.norm((centres.centres[centres.labels == 0] - [12, 12, 4]) * [0.8, 0.8, 3], axis=1)
    assert away.min() > 6


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_blocks_give_the_same_probabilities_as_the_whole_volume(axis):
    torch.manual_seed(0)
    scan, detector = scan_of([(12, 12, 4)]), initialise(Detector(1 / 16), 0, "he").eval()
    times = 3 if axis < 2 else 10
    scan.prepared.channels = np.concatenate([scan.prepared.channels] * times, axis=axis + 1)
    scan.prepared.mask = np.concatenate([scan.prepared.mask] * times, axis=axis)
    longest = []
    detector.register_forward_pre_hook(lambda _, inputs: longest.append(inputs[0].shape[2 + axis]))
    whole = detect(detector, scan)
    blocks = detect(detector, scan, block_voxels=scan.prepared.mask.size // 3)
    assert longest[0] == scan.prepared.mask.shape[axis] and len(longest) >= 4
    assert max(longest[1:]) < longest[0]
    np.testing.assert_allclose(blocks, whole, atol=1e-4)


def test_no_candidate_gives_no_score():
    scan = scan_of([])
    assert candidate_patches(scan, np.zeros((0, 3))).shape == (0, 2, 24, 24, 24)
    assert discriminate(Student(1 / 16), candidate_patches(scan, np.zeros((0, 3)))).shape == (0,)


TINY = Recipe(
    patch=(16, 16, 12),
    patches_per_epoch=32,
    epochs=8,
    learning_rate=1e-2,
    epsilon=1e-8,
    schedule="cosine",
    initialisation="he",
    augmentation=Augmentation(shift_voxels=3, noise_variance=(0.0, 0.001)),
)


def training_scans(n=3):
    rng = np.random.default_rng(3)
    scans = []
    for i in range(n):
        places = [(12, 12, 5), (34, 30, 9), (16, 34, 11)]
        places = [tuple(np.array(p) + rng.integers(-2, 3, 3)) for p in places]
        scans.append(scan_of(places, name=f"SYN{i:04d}", veins=[(25, 3), (38, 12)], seed=i))
    return scans


@pytest.fixture(scope="module", params=[0, 1, 2], ids="seed {}".format)
def fitted(request):
    torch.set_num_threads(1)
    scans = training_scans()
    settings = Settings(
        width=1 / 16,
        detector=TINY,
        teacher=TINY,
        student=TINY,
        distillation=Distillation(),
        candidate_threshold=0.3,
        seed=request.param,
    )
    folds = [(np.array([0, 1]), np.array([2]))]
    found, pipelines, _ = out_of_fold(scans, folds, settings)
    return scans, settings, found, pipelines


def test_the_three_steps_find_round_lesions_in_a_scan_they_have_not_seen(fitted):
    _, _, found, _ = fitted
    unseen = found[2]
    assert unseen.n_lesions == 3
    result = match(unseen, kept(unseen, OperatingPoint(detector=0.3, score=0.3, clean_up=False)))
    assert result.found == 3
    assert set(unseen.scores) == {"detector", "teacher", "student_plain", "student_distilled"}
    scores = unseen.scores["student_distilled"]
    assert scores[unseen.is_true].min() > scores[~unseen.is_true].max(initial=0)


def test_applying_the_pipeline_again_gives_the_same_scores(fitted):
    scans, settings, found, pipelines = fitted
    again = apply_pipeline(pipelines[0], scans[2], settings)
    for name, scores in found[2].scores.items():
        np.testing.assert_allclose(again.scores[name], scores, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_people_held_back_choose_the_epoch_and_teach_nothing(seed):
    people = [scan_of([(12, 12, 4)] if i in (2, 5) else [], name=f"SYN{i:04d}") for i in range(7)]
    train, checks = hold_back(people, Settings(validation_share=0.3, seed=seed))
    assert len(checks) == 2 and len(train) == 5
    assert {p.name for p in train}.isdisjoint(p.name for p in checks)
    for group in (train, checks):
        assert any(len(p.centres) for p in group)
    assert hold_back(people, Settings(validation_share=0.0)) == (people, [])
    assert hold_back(people[:3], Settings(validation_share=0.3)) == (people[:3], [])


def test_losses_fall_and_every_network_has_a_history(fitted):
    history = fitted[3][0].history
    assert set(history.network) == {"detector", "teacher", "student_plain", "student_distilled"}
    for _, losses in history.groupby("network"):
        assert losses.train.iloc[-1] < losses.train.iloc[0]


def test_the_same_seed_trains_the_same_network():
    scans = training_scans(1)
    short = Recipe(**{**TINY.__dict__, "epochs": 1, "patches_per_epoch": 8})
    first, again, other = (fit_detector(scans, [], short, width=1 / 16, seed=s).network for s in (0, 0, 1))
    weights = [network.encoder.first[0][0].weight for network in (first, again, other)]
    torch.testing.assert_close(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_folds_trained_side_by_side_are_those_trained_alone_and_the_detector_alone_is_step_one():
    scans = training_scans(4)
    short = Recipe(**{**TINY.__dict__, "epochs": 1, "patches_per_epoch": 16})
    settings = Settings(width=1 / 16, detector=TINY, teacher=short, student=short, seed=3)
    folds = [(np.array([1, 3]), np.array([2, 0])), (np.array([0, 2]), np.array([3, 1]))]
    together, _, fold_of = out_of_fold(scans, folds, settings)
    assert fold_of.tolist() == [0, 1, 0, 1]
    assert [one.name for one in together] == [scan.name for scan in scans]
    first_step = detector_out_of_fold(scans, folds, settings)
    for number, fold in enumerate(folds):
        torch.rand(number + 1)  # whatever random numbers others draw
        alone, _, _ = out_of_fold(scans, [fold], settings)
        for i in fold[1]:
            assert len(together[i].centres)
            for name, scores in together[i].scores.items():
                np.testing.assert_array_equal(alone[i].scores[name], scores)
            np.testing.assert_array_equal(first_step[i].scores["detector"], together[i].scores["detector"])
        assert all(alone[i] is None for i in fold[0])


def test_a_detector_that_has_hardly_learned_is_named_with_its_losses():
    def losses(fold, *values):
        rows = {"network": "detector", "fold": fold, "epoch": range(1, len(values) + 1), "train": values}
        return pd.DataFrame(rows).assign(validation=lambda table: table.train)

    good, idle = losses(0, 1.1, 0.6, 0.1), losses(1, 1.04, 0.9, 0.87)
    assert learning_sentence(good).startswith("Every detector has learned")
    told = learning_sentence(pd.concat([good, idle]))
    assert "fold 2 its loss fell from 1.04 to 0.87 only" in told and "fold 1 " not in told


def test_training_does_not_change_the_teacher():
    scans = training_scans(1)
    empty = find_candidates(np.zeros(SHAPE, np.float32), scans[0], 0.5)
    teacher = initialise(Teacher(1 / 16), 0, "he")
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    short = Recipe(**{**TINY.__dict__, "epochs": 1, "patches_per_epoch": 8})
    fit_student(training_centres(scans, [empty]), None, short, teacher, width=1 / 16)
    for name, value in teacher.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_training_without_a_single_lesion_is_refused():
    with pytest.raises(InputError, match="found no microbleed"):
        fit_detector([scan_of([])], [], TINY)


def test_a_candidate_set_without_candidates_is_a_result_too():
    none = CandidateSet("SYN0001", np.zeros(SHAPE, int), np.zeros((0, 3)), np.zeros(0), [], 2)
    none = with_scores(none, np.zeros(0))
    counts = match(none, kept(none, OperatingPoint()))
    assert (counts.lesions, counts.found, counts.findings) == (2, 0, 0)
