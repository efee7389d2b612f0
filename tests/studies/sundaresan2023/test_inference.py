"""From a prepared scan to candidates: detection in blocks, components, clean-up."""

import numpy as np
import pytest
import torch

from neolab.metrics.detection import match_lesions
from neolab.studies.sundaresan2023.evaluation import match
from neolab.studies.sundaresan2023.inference import (
    CleanUp,
    candidate_patches,
    clean_up,
    detect,
    discriminate,
    find_candidates,
)
from neolab.studies.sundaresan2023.layers import initialise
from neolab.studies.sundaresan2023.network import Detector, Student


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
def test_candidates_know_the_lesions_they_overlap_as_the_metrics_room_counts_them(
    phantom, lesions, findings, hits
):
    scan, probability = phantom.scan_of(lesions), phantom.ball_map(*findings)
    candidates = phantom.with_scores(find_candidates(probability, scan, 0.5), np.ones(len(findings) and 1))
    if hits is not None:
        assert candidates.lesions == hits
    counted = match(candidates, np.ones(len(candidates.centres), bool))
    assert counted == match_lesions(scan.lesions, probability > 0.5, numbered_reference=True)


def test_one_finding_over_two_lesions_finds_both_and_two_over_one_find_one(phantom):
    scan = phantom.scan_of([(12, 12, 4), (12, 22, 4)])
    bridge = np.zeros(phantom.shape, np.float32)
    bridge[12, 12:23, 4] = 0.9
    one = find_candidates(bridge, scan, 0.5)
    assert one.lesions == [(0, 1)]
    assert match(one, np.array([True])).found == 2
    split = np.zeros(phantom.shape, np.float32)
    split[10, 12, 4] = split[14, 12, 4] = 0.9
    two = find_candidates(split, scan, 0.5)
    counts = match(two, np.array([True, True]))
    assert (counts.found, counts.true_findings, counts.missed) == (1, 2, 1)


def test_a_detector_that_marks_everything_has_no_candidate_rather_than_every_lesion(phantom):
    scan = phantom.scan_of([(12, 12, 4), (30, 34, 10)])
    everywhere = np.full(phantom.shape, 0.4, np.float32)
    assert len(find_candidates(everywhere, scan, 0.3).centres) == 0
    gamed = find_candidates(everywhere, scan, 0.3, largest_mm3=np.inf)
    assert match(gamed, np.array([True])).found == 2 and match(gamed, np.array([True])).false_findings == 0


def test_clean_up_gives_the_first_reason_in_the_papers_order(phantom):
    scan = phantom.scan_of([])
    probability = phantom.ball_map((24, 24, 8), (5, 24, 8))
    probability[36, 36, 8] = 0.9  # one voxel of 1.92 mm^3
    probability[14:34, 10, 2] = probability[14, 10:18, 2] = probability[33, 10:18, 2] = 0.9  # a hook
    candidates = find_candidates(probability, scan, 0.5)
    reasons = dict(
        zip(
            [tuple(np.round(c).astype(int)) for c in candidates.centres],
            clean_up(candidates, scan, CleanUp("code")),
            strict=True,
        )
    )
    assert reasons[(24, 24, 8)] == ""
    assert reasons[(5, 24, 8)] == "skull"
    assert reasons[(36, 36, 8)] == "size"
    assert "shape" in reasons.values()


def test_the_papers_ellipticity_rejects_a_line_and_keeps_a_disc(phantom):
    scan = phantom.scan_of([])
    probability = phantom.ball_map((24, 24, 8))
    probability[16:34, 36, 8] = 0.9
    candidates = find_candidates(probability, scan, 0.5)
    rules = CleanUp("paper")
    reasons = [clean_up(candidates, scan, rules)[i] for i in np.argsort(candidates.centres[:, 1])]
    assert reasons == ["", "shape"]
    assert (clean_up(candidates, scan, CleanUp("none")) == "").all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_blocks_give_the_same_probabilities_as_the_whole_volume(phantom, axis):
    torch.manual_seed(0)
    scan, detector = phantom.scan_of([(12, 12, 4)]), initialise(Detector(1 / 16), 0, "he").eval()
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


def test_no_candidate_gives_no_score(phantom):
    scan = phantom.scan_of([])
    assert candidate_patches(scan, np.zeros((0, 3))).shape == (0, 2, 24, 24, 24)
    assert discriminate(Student(1 / 16), candidate_patches(scan, np.zeros((0, 3)))).shape == (0,)
