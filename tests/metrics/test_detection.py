import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neolab.errors import InputError
from neolab.metrics.detection import LesionMatch, detection_metrics, label_components, match_lesions

small_masks = hnp.arrays(bool, (4, 4, 4), elements=st.booleans())


def volume(*boxes):
    """A mask with boxes given as (x, y, z) slices or single voxels."""
    mask = np.zeros((12, 12, 12), bool)
    for box in boxes:
        mask[box] = True
    return mask


def flood_components(mask):
    """Connected components by 26 neighbours, the plain way."""
    left = {tuple(voxel) for voxel in np.argwhere(mask)}
    components = []
    while left:
        stack, component = [left.pop()], set()
        while stack:
            voxel = stack.pop()
            component.add(voxel)
            near = {
                other for other in left if max(abs(a - b) for a, b in zip(voxel, other, strict=True)) <= 1
            }
            left -= near
            stack.extend(near)
        components.append(component)
    return components


@given(small_masks, small_masks)
def test_counts_equal_a_plain_flood_fill(reference, prediction):
    lesions, findings = flood_components(reference), flood_components(prediction)
    marked, diseased = set().union(*findings), set().union(*lesions)
    match = match_lesions(reference, prediction)
    assert match.lesions == len(lesions) and match.findings == len(findings)
    assert match.found == sum(bool(lesion & marked) for lesion in lesions)
    assert match.true_findings == sum(bool(finding & diseased) for finding in findings)


def test_lesions_that_touch_at_a_corner_are_one_by_26_neighbours_and_two_by_6():
    mask = volume((1, 1, 1), (2, 2, 2))
    assert label_components(mask)[1] == 1
    assert label_components(mask, connectivity=18)[1] == 2
    assert label_components(mask, connectivity=6)[1] == 2


def test_touching_lesions_stay_two_when_the_reference_numbers_them():
    reference = np.zeros((12, 12, 12), int)
    reference[2:4, 2, 2], reference[4:6, 2, 2] = 1, 2
    prediction = volume((3, 2, 2))
    assert match_lesions(reference, prediction) == LesionMatch(1, 1, 1, 1)
    assert match_lesions(reference, prediction, numbered_reference=True) == LesionMatch(2, 1, 1, 1)


def test_one_finding_over_two_lesions_finds_both_and_is_one_true_finding():
    reference = volume((2, 2, 2), (6, 2, 2))
    prediction = volume((slice(1, 8), 2, 2))
    match = match_lesions(reference, prediction)
    assert match == LesionMatch(lesions=2, found=2, findings=1, true_findings=1)
    assert match.false_findings == 0 and match.missed == 0


def test_two_findings_over_one_lesion_find_it_once_and_are_both_true():
    reference = volume((slice(1, 8), 2, 2))
    prediction = volume((2, 2, 2), (6, 2, 2))
    assert match_lesions(reference, prediction) == LesionMatch(
        lesions=1, found=1, findings=2, true_findings=2
    )


def test_a_near_miss_is_a_missed_lesion_and_a_false_finding():
    match = match_lesions(volume((2, 2, 2)), volume((4, 2, 2)))
    assert (match.missed, match.false_findings) == (1, 1)


def test_the_overlap_rule_decides_how_much_must_be_marked():
    reference = volume((slice(2, 6), 2, 2))
    prediction = volume((slice(4, 9), 2, 2))
    assert match_lesions(reference, prediction, minimum_overlap_voxels=2) == LesionMatch(1, 1, 1, 1)
    assert match_lesions(reference, prediction, minimum_overlap_voxels=3) == LesionMatch(1, 0, 1, 0)


def test_empty_subjects_count_their_false_positives_and_nothing_else():
    empty = volume()
    assert match_lesions(empty, empty) == LesionMatch(0, 0, 0, 0)
    assert match_lesions(empty, volume((1, 1, 1), (5, 5, 5))) == LesionMatch(0, 0, 2, 0)
    assert match_lesions(volume((1, 1, 1)), empty) == LesionMatch(1, 0, 0, 0)


def test_pooled_rates_use_found_lesions_for_sensitivity_and_true_findings_for_precision():
    matches = [LesionMatch(4, 3, 5, 2), LesionMatch(0, 0, 2, 0), LesionMatch(6, 6, 3, 3)]
    metrics = detection_metrics(matches)
    assert metrics["true_positive_rate"].value == pytest.approx(9 / 10)
    assert metrics["precision"].value == pytest.approx(5 / 10)
    assert metrics["false_positives_per_subject"].value == pytest.approx(5 / 3)
    assert metrics["false_positives_per_subject"].n == 3


def test_false_positive_interval_is_that_of_a_mean_over_subjects(rng):
    false = rng.poisson(2.0, 200)
    metrics = detection_metrics([LesionMatch(1, 1, int(k) + 1, 1) for k in false])
    assert metrics["false_positives_per_subject"].half_width == pytest.approx(
        1.96 * false.std() / math.sqrt(200), rel=0.07
    )
    assert metrics["true_positive_rate"].low == 1


def test_no_lesion_anywhere_leaves_the_sensitivity_undefined():
    metrics = detection_metrics([LesionMatch(0, 0, 2, 0)])
    assert math.isnan(metrics["true_positive_rate"].value) and metrics["true_positive_rate"].low is None


def test_bad_input_gets_one_sentence():
    with pytest.raises(InputError, match="prediction: found shape"):
        match_lesions(np.zeros((3, 3, 3)), np.zeros((3, 3, 4)))
    with pytest.raises(InputError, match="connectivity: found 8 in 3-D"):
        match_lesions(volume(), volume(), connectivity=8)
    with pytest.raises(InputError, match="minimum_overlap_voxels: found 0"):
        match_lesions(volume(), volume(), minimum_overlap_voxels=0)
    with pytest.raises(InputError, match="no subject"):
        detection_metrics([])


def test_components_of_a_map_are_formed_anew_at_each_threshold():
    reference = np.zeros((9, 9, 9), bool)
    reference[2, 2, 2] = reference[6, 2, 2] = True
    probability = np.zeros((9, 9, 9))
    probability[2:7, 2, 2] = [0.9, 0.3, 0.3, 0.3, 0.6]
    probability[4, 7, 7] = 0.5
    found = {cutoff: match_lesions(reference, probability >= cutoff) for cutoff in (0.8, 0.45, 0.2)}
    assert [match.found for match in found.values()] == [1, 2, 2]
    assert [match.false_findings for match in found.values()] == [0, 1, 1]
    assert found[0.2].findings == 2 and found[0.2].true_findings == 1
