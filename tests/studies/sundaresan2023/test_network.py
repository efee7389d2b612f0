"""Layer tables, losses and distillation of the microbleed networks."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from neolab.errors import InputError
from neolab.studies.sundaresan2023.layers import PRIOR, OwnDropout, initialise
from neolab.studies.sundaresan2023.losses import (
    Distillation,
    detector_loss,
    dice_loss,
    student_loss,
    teacher_loss,
)
from neolab.studies.sundaresan2023.network import Detector, Encoder, Student, Teacher, scaled_channels


def settings(**changes):
    """The paper's distillation with some values changed."""
    paper = {"alpha": 0.4, "alpha_on": "labels", "temperature": 4.0, "scale_by_temperature": False}
    return Distillation(**{**paper, **changes})


def parameters_of(network):
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_are_those_of_the_published_code():
    assert parameters_of(Detector()) == 3_433_611
    assert parameters_of(Teacher(dense="code")) == 5_373_165
    assert parameters_of(Student(dense="code")) == 3_139_371
    # The classifier alone, and the batch normalisation that the figure adds between dense layers.
    assert parameters_of(Teacher(dense="code")) - parameters_of(Detector()) == 1_939_554
    assert parameters_of(Teacher()) - parameters_of(Teacher(dense="code")) == 2 * (128 + 32)


def test_the_student_has_58_percent_of_the_teachers_parameters():
    assert parameters_of(Student(dense="code")) / parameters_of(Teacher(dense="code")) == pytest.approx(
        0.58, abs=0.005
    )


def test_feature_shapes_follow_the_layer_table():
    full, half, quarter = Encoder(1 / 16)(torch.zeros(1, 2, 48, 48, 48))
    a, b, c = scaled_channels(1 / 16)
    assert full.shape == (1, a, 48, 48, 48)
    assert half.shape == (1, b, 24, 24, 24)
    assert quarter.shape == (1, c, 12, 12, 12)
    voxels, patch = Teacher(1 / 16)(torch.zeros(2, 2, 24, 24, 24))
    assert voxels.shape == (2, 2, 24, 24, 24) and patch.shape == (2, 2)
    squeezed = Teacher(1 / 16).classifier.squeeze(torch.zeros(1, c, 6, 6, 6))
    assert squeezed.shape[2:] == (8, 8, 8)  # padding around a 1^3 kernel


@pytest.mark.parametrize("seed", range(3))
def test_networks_for_short_trainings_start_from_the_rarity_of_microbleeds(seed):
    noise = torch.rand(1, 2, 16, 16, 12, generator=torch.Generator().manual_seed(seed))
    network = initialise(Teacher(1 / 16), seed, "he").decoder
    features = [torch.zeros(1, c, 8, 8, 8) for c in scaled_channels(1 / 16)]
    nothing_seen = torch.softmax(network.scores(features[0]), dim=1)[:, 1]
    torch.testing.assert_close(nothing_seen, torch.full_like(nothing_seen, PRIOR))
    detector = initialise(Detector(1 / 16), seed, "he").train()
    seen = torch.softmax(detector(noise), dim=1)[:, 1]
    assert seen.min() > PRIOR / 4 and seen.max() < 4 * PRIOR
    paper = initialise(Detector(1 / 16), seed, "paper")
    assert (paper.decoder.scores.bias == 0.1).all()


def test_dropout_has_random_numbers_of_its_own():
    ones = torch.ones(400, 500)
    first, again, other = OwnDropout(0.2), OwnDropout(0.2), OwnDropout(0.2)
    other.reseed(1)
    dropped = first(ones)
    torch.rand(7)  # another network draws from the common stream
    torch.testing.assert_close(again(ones), dropped, rtol=0, atol=0)
    assert not torch.equal(first(ones), dropped) and not torch.equal(other(ones), dropped)
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    # Mean 1, SD of one value sqrt(.2 / .8): 4 standard errors of the mean of 200,000.
    assert abs(dropped.mean().item() - 1) < 4 * 0.5 / 200_000**0.5
    assert torch.equal(first.eval()(ones), ones)


def test_the_detector_takes_any_size():
    detector = Detector(1 / 16).eval()
    for shape in ((47, 50, 18), (33, 20, 5)):
        assert detector(torch.zeros(1, 2, *shape)).shape == (1, 2, *shape)


def test_a_width_factor_scales_channels_and_parameters():
    assert scaled_channels(1.0) == (64, 128, 256)
    assert scaled_channels(0.125) == (8, 16, 32)
    ratio = parameters_of(Detector(1.0)) / parameters_of(Detector(0.5))
    assert 3.8 < ratio < 4.1


def test_the_teacher_starts_from_the_detector():
    detector, teacher = initialise(Detector(1 / 16), 1), initialise(Teacher(1 / 16), 2)
    teacher.start_from(detector)
    patch = torch.rand(2, 2, 24, 24, 24)
    teacher.eval(), detector.eval()
    torch.testing.assert_close(teacher(patch)[0], detector(patch))


def test_initial_weights_are_cut_normals_and_depend_on_the_seed_alone():
    first, again, other = (initialise(Detector(0.25), seed) for seed in (0, 0, 1))
    weight = first.encoder.third[1][0][0].weight
    assert weight.abs().max() <= 0.1 and 0.03 < weight.std() < 0.05
    torch.testing.assert_close(weight, again.encoder.third[1][0][0].weight)
    assert not torch.equal(weight, other.encoder.third[1][0][0].weight)
    assert (first.encoder.third[1][0][0].bias == 0.1).all()


def test_dice_has_a_gradient_where_the_published_code_has_none():
    logits = torch.zeros(1, 2, 4, 4, 4, requires_grad=True)
    target = torch.zeros(1, 4, 4, 4)
    target[0, 1, 1, 1] = 1
    dice_loss(logits, target).backward()
    assert logits.grad.abs().max() > 0


def test_dice_of_a_perfect_answer_is_near_zero():
    target = torch.zeros(1, 8, 8, 8)
    target[0, 2:6, 2:6, 2:6] = 1
    logits = torch.stack([-20 * (2 * target - 1), 20 * (2 * target - 1)], dim=1)
    assert dice_loss(logits, target) < 1e-3
    assert dice_loss(-logits, target) > 0.9


def test_a_missed_microbleed_voxel_costs_ten_times_a_false_one():
    target = torch.zeros(1, 1, 1, 2)
    target[..., 1] = 1
    wrong_background = torch.tensor([[[[[0.0, -3.0]]], [[[3.0, 3.0]]]]])
    wrong_lesion = torch.tensor([[[[[3.0, 3.0]]], [[[0.0, -3.0]]]]])

    def entropy(logits):
        return detector_loss(logits, target, weight=10.0) - dice_loss(logits, target)

    classes = torch.tensor([1.0, 10.0])
    for logits in (wrong_background, wrong_lesion):
        expected = functional.cross_entropy(logits, target.long(), weight=classes)
        torch.testing.assert_close(entropy(logits), expected)
    assert entropy(wrong_lesion) > 3 * entropy(wrong_background)


def test_the_teachers_loss_is_the_sum_of_its_two_tasks():
    voxels, patch = torch.randn(2, 2, 4, 4, 4), torch.randn(2, 2)
    target, label = torch.zeros(2, 4, 4, 4), torch.tensor([0, 1])
    expected = detector_loss(voxels, target) + functional.cross_entropy(patch, label)
    torch.testing.assert_close(teacher_loss(voxels, patch, target, label), expected)


def softened(logits, t):
    e = np.exp(logits / t - (logits / t).max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_the_students_loss_is_the_papers_formula():
    rng = np.random.default_rng(0)
    student, teacher, label = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)) * 3, rng.integers(0, 2, 5)
    p, q = softened(teacher, 4.0), softened(student, 4.0)
    divergence = (p * np.log(p / q)).sum(axis=1).mean()
    entropy = -np.log(softened(student, 1.0)[np.arange(5), label]).mean()
    tensors = torch.tensor(student), torch.tensor(label), torch.tensor(teacher)
    paper = student_loss(*tensors, settings())
    assert float(paper) == pytest.approx(0.4 * entropy + 0.6 * divergence, rel=1e-5)
    code = student_loss(*tensors, settings(alpha=0.1, alpha_on="teacher", scale_by_temperature=True))
    assert float(code) == pytest.approx(0.9 * entropy + 0.1 * 16 * divergence, rel=1e-5)


def test_without_a_teacher_the_student_learns_from_labels_alone():
    logits, label = torch.randn(4, 2), torch.tensor([0, 1, 1, 0])
    torch.testing.assert_close(
        student_loss(logits, label, None, settings()), functional.cross_entropy(logits, label)
    )


def test_impossible_distillation_settings_are_refused():
    with pytest.raises(InputError, match="alpha_on"):
        settings(alpha_on="both")
    with pytest.raises(InputError, match="alpha: found 1.5"):
        settings(alpha=1.5)
