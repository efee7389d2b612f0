"""The losses of the three networks, with the settings in which the paper and its code differ."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from neolab.errors import InputError
from neolab.studies.sundaresan2023.network import Detector, Student, Teacher

# Weight of a microbleed voxel in the cross-entropy (paper); the code of 2025 has a constant 100 for patches.
MICROBLEED_WEIGHT = 10.0


def dice_loss(logits: Tensor, target: Tensor, smooth: float = 1.0) -> Tensor:
    """1 - soft Dice overlap of the microbleed class over the batch.

    Departure: the code of 2023 computes Dice on the thresholded mask, which has no gradient.

    Parameters
    ----------
    logits : Tensor (B, 2, X, Y, Z)
    target : Tensor (B, X, Y, Z)
        0 or 1.
    """
    probability = torch.softmax(logits.float(), dim=1)[:, 1]
    target = target.float()
    overlap = (probability * target).sum()
    return 1 - (2 * overlap + smooth) / (probability.sum() + target.sum() + smooth)


def detector_loss(logits: Tensor, target: Tensor, weight: float = MICROBLEED_WEIGHT) -> Tensor:
    """Dice plus voxel cross-entropy in which microbleeds weigh ``weight`` times as much.

    Departure: the code averages the cross-entropy before the weights multiply it, which makes them inert.
    """
    classes = torch.tensor([1.0, weight], device=logits.device)
    entropy = functional.cross_entropy(logits.float(), target.long(), weight=classes)
    return dice_loss(logits, target) + entropy


def teacher_loss(voxels: Tensor, patch: Tensor, target: Tensor, label: Tensor) -> Tensor:
    """Segmentation and patch classification, equally weighted."""
    return detector_loss(voxels, target) + functional.cross_entropy(patch.float(), label.long())


@dataclass(frozen=True)
class Distillation:
    """How the student listens to labels and to the teacher.

    Attributes
    ----------
    alpha : float
        Weight of one term; the other has 1 - alpha. The paper has .4 (and beta .6), the code .1 or .4.
    alpha_on : {"labels", "teacher"}
        Which term alpha multiplies: the cross-entropy in the paper, the divergence in the code.
    temperature : float
        Softens both distributions; 4 in paper and code.
    scale_by_temperature : bool
        Multiply the divergence by the temperature squared, as the code does and the paper's formula does not.
        With a temperature of 4 that is a factor of 16, so the two are not equivalent.
    """

    alpha: float
    alpha_on: str
    temperature: float
    scale_by_temperature: bool

    def __post_init__(self):
        if self.alpha_on not in ("labels", "teacher"):
            raise InputError(f"alpha_on: found {self.alpha_on!r}, expected labels or teacher")
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha: found {self.alpha}, expected a number from 0 to 1")

    @property
    def weights(self) -> tuple[float, float]:
        """Weights of the label term and of the teacher term, without the temperature factor."""
        on_labels = self.alpha if self.alpha_on == "labels" else 1 - self.alpha
        return on_labels, 1 - on_labels


def student_loss(logits: Tensor, label: Tensor, teacher: Tensor | None, distillation: Distillation) -> Tensor:
    """Cross-entropy with the labels and divergence from the softened teacher.

    Parameters
    ----------
    logits : Tensor (B, 2)
    label : Tensor (B,)
    teacher : Tensor (B, 2) or None
        Teacher logits; None trains on labels alone.
    distillation : Distillation
    """
    entropy = functional.cross_entropy(logits.float(), label.long())
    if teacher is None:
        return entropy
    t = distillation.temperature
    divergence = functional.kl_div(
        functional.log_softmax(logits.float() / t, dim=1),
        functional.log_softmax(teacher.float() / t, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    factor = t**2 if distillation.scale_by_temperature else 1.0
    on_labels, on_teacher = distillation.weights
    return on_labels * entropy + on_teacher * factor * divergence


#: Network, images (B, 2, X, Y, Z), voxel targets (B, X, Y, Z) and patch labels (B,) to a scalar.
Objective = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


def detector_objective(network: Detector, images: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
    """Step 1: mark microbleed voxels."""
    return detector_loss(network(images), targets)


def teacher_objective(network: Teacher, images: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
    """Step 2, teacher: mark voxels and classify the patch."""
    return teacher_loss(*network(images), targets, labels)


def student_objective(teacher: Teacher | None, distillation: Distillation) -> Objective:
    """Step 2, student: labels alone without a teacher, else also the teacher's soft answers.

    The teacher is in evaluation mode, sees the very patches that the student sees, and gets no gradient.
    """

    def objective(network: Student, images: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
        soft = None
        if teacher is not None:
            with torch.no_grad():
                _, soft = teacher.eval()(images)
        return student_loss(network(images), labels, soft, distillation)

    return objective
