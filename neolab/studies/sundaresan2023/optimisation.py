"""What one batch does to each network: its loss, and one step of the optimiser.

Kept apart from the drawing of patches, so that a machine with torch alone can time exactly what a training
repeats.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from neolab.learn.compute import channels_last, finite_loss, gradient_scaler, mixed_precision
from neolab.studies.sundaresan2023.losses import Distillation, detector_loss, student_loss, teacher_loss
from neolab.studies.sundaresan2023.networks import Detector, Student, Teacher

#: Images (B, 2, X, Y, Z), voxel targets (B, X, Y, Z) and patch labels (B,) to a scalar.
Objective = Callable[[Tensor, Tensor, Tensor], Tensor]


def detector_objective(network: Detector) -> Objective:
    """Step 1: mark microbleed voxels."""
    return lambda images, targets, labels: detector_loss(network(images), targets)


def teacher_objective(network: Teacher) -> Objective:
    """Step 2, teacher: mark voxels and classify the patch."""
    return lambda images, targets, labels: teacher_loss(*network(images), targets, labels)


def student_objective(network: Student, teacher: Teacher | None, distillation: Distillation) -> Objective:
    """Step 2, student: labels alone without a teacher, else also the teacher's soft answers.

    The teacher is in evaluation mode, sees the very patches that the student sees, and gets no gradient.
    """

    def loss_of(images: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
        soft = None
        if teacher is not None:
            with torch.no_grad():
                soft = teacher.eval()(images)[1]
        return student_loss(network(images), labels, soft, distillation)

    return loss_of


class Trainer:
    """Adam with mixed precision on GPUs and channels last on CPUs, which take a quarter less time for it.

    Parameters
    ----------
    network : Module
        On its device already.
    loss_of : callable
        One of the objectives above, of the same network.
    learning_rate, epsilon : float
        Of Adam; 1e-3 and 1e-4 in the paper.
    """

    def __init__(self, network: nn.Module, loss_of: Objective, learning_rate: float, epsilon: float):
        self.network, self.loss_of = network, loss_of
        self.device = next(network.parameters()).device
        self.on_cpu = self.device.type == "cpu"
        if self.on_cpu:
            channels_last(network)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate, eps=epsilon)
        self.scaler = gradient_scaler(self.device)

    def step(self, batch: tuple[Tensor, Tensor, Tensor], where: str = "") -> float:
        """Learn from one batch on the network's device; its loss, or `DivergedError` naming ``where``."""
        images, targets, labels = batch
        images = channels_last(images) if self.on_cpu else images
        self.network.train()
        self.optimiser.zero_grad(set_to_none=True)
        with mixed_precision(self.device, self.device.type == "cuda"):
            loss = self.loss_of(images, targets, labels)
        self.scaler.scale(finite_loss(loss, where)).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return loss.item()
