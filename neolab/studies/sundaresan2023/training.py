"""Training of detector, teacher and students, and the methods that go through cross-validation."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from torch import nn

from neolab.errors import InputError
from neolab.learn.compute import channels_last, pick_device
from neolab.learn.fit import Batch, Fit, Recipe, fit
from neolab.learn.folds import FoldJob, Learnt, Method, OutOfFold
from neolab.machine import return_free_memory
from neolab.studies.sundaresan2023.batches import Augmentation, Draw, Places, anywhere, stack, training_places
from neolab.studies.sundaresan2023.data import LabelledScan
from neolab.studies.sundaresan2023.inference import (
    DISCRIMINATION_PATCH,
    CandidateSet,
    CleanUp,
    Networks,
    first_step,
    search,
)
from neolab.studies.sundaresan2023.layers import initialise
from neolab.studies.sundaresan2023.losses import (
    Distillation,
    Objective,
    detector_objective,
    student_objective,
    teacher_objective,
)
from neolab.studies.sundaresan2023.network import Detector, Student, Teacher
from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters

# As reported for the paper: the learning rate falls to a tenth every two epochs and not below 1e-6; twenty
# epochs without a lower loss end a training.
STEP_EPOCHS, LOWEST_LEARNING_RATE, PATIENCE = 2, 1e-6, 20
# Departure, of the profiles that follow a cosine: where it ends, over where it starts, and the rate at which
# the discriminators still learn evenly.
COSINE_END, FASTEST_DISCRIMINATOR = 0.01, 3e-3
# A smaller detector patch is half as deep as wide: small ones belong to slabs of a few thick slices.
SMALLEST_CUBE = 48
#: Folds trained at a time where there are as many cores: each holds its patches and a searched volume.
FOLDS_AT_A_TIME = 4


def recipe(params: Sundaresan2023Parameters, network: str = "detector") -> Recipe:
    """How one network is trained; an epoch's weights are kept if its loss on other patches is the lowest.

    Parameters
    ----------
    params : Sundaresan2023Parameters
    network : str
        ``detector``, ``teacher``, ``student_plain`` or ``student_distilled``.
    """
    first = network == "detector"
    rate = params.learning_rate if first else min(params.learning_rate, FASTEST_DISCRIMINATOR)
    return Recipe(
        epochs=params.epochs if first else params.discriminator_epochs,
        batch_size=params.batch_size,
        learning_rate=rate,
        epsilon=params.epsilon,
        schedule=params.schedule,
        step_epochs=STEP_EPOCHS,
        final_learning_rate=LOWEST_LEARNING_RATE if params.schedule == "step" else COSINE_END * rate,
        mixed_precision=pick_device().type == "cuda",
        keep="best",
        patience=PATIENCE,
    )


def epochs(params: Sundaresan2023Parameters) -> int:
    """Epochs of all networks of one fold, if none stops early."""
    return params.epochs + 3 * params.discriminator_epochs


@dataclass
class People:
    """Scans to learn from, and scans that only choose the epoch; without any, other patches choose it."""

    train: list[LabelledScan]
    checks: list[LabelledScan]


def hold_back(scans: list[LabelledScan], share: float, seed: int) -> People:
    """Split training people into those learned from and those who choose the epoch; both have microbleeds."""
    order = np.random.default_rng([seed, 4]).permutation(len(scans))
    with_lesions = [i for i in order if len(scans[i].centres)]
    count = round(share * len(scans))
    if count == 0 or len(with_lesions) < 2:
        return People(scans, [])
    held = {with_lesions[0], *[i for i in order if i not in with_lesions[:2]][: count - 1]}
    return People([scan for i, scan in enumerate(scans) if i not in held], [scans[i] for i in sorted(held)])


def three_steps(scans: list[LabelledScan], params: Sundaresan2023Parameters) -> Method:
    """Return a method for `neolab.learn.folds.cross_validate`: fit all networks, search the test people.

    It predicts ``candidates``, one `CandidateSet` a person, and its fits are `Networks`.
    """

    def learn(job: FoldJob) -> Learnt:
        networks = fit_networks(_people(scans, params, job), params, job)
        return _searched(networks, scans, params.detector_threshold, params, job)

    return learn


def students_anew(
    scans: list[LabelledScan], params: Sundaresan2023Parameters, start: Networks, threshold: float
) -> Method:
    """As `three_steps`, but only the students are fitted, as the paper does on its GRE data.

    Parameters
    ----------
    scans, params
    start : Networks
        Whose detector and teacher are kept; they must come from other people.
    threshold : float
        Detector probability above which a component is a candidate.
    """

    def learn(job: FoldJob) -> Learnt:
        people = _people(scans, params, job)
        places = _places(start.detector, people, threshold, job.seed)
        plain, distilled = _fit_students(*places, start.teacher, params, job)
        history = _histories({"student_plain": plain, "student_distilled": distilled})
        networks = Networks(start.detector, start.teacher, plain.network, distilled.network, history)
        return _searched(networks, scans, threshold, params, job)

    return learn


def detector_alone(scans: list[LabelledScan], params: Sundaresan2023Parameters) -> Method:
    """As `three_steps`, but step 1 alone: candidates have the detector's score and none is dropped."""

    def learn(job: FoldJob) -> Learnt:
        fitted = fit_detector(_people(scans, params, job), params, job)
        found = [first_step(fitted.network, scans[i], params.detector_threshold) for i in job.test]
        return Learnt({"candidates": found}, fitted)

    return learn


def apply(
    networks: Networks, scans: list[LabelledScan], params: Sundaresan2023Parameters
) -> list[CandidateSet]:
    """Search scans with fitted networks, at the thresholds and by the rules of the parameters."""
    rules = CleanUp(params.clean_up_shape)
    return [search(networks, scan, params.detector_threshold, rules) for scan in scans]


def apply_out_of_fold(
    searched: OutOfFold, scans: list[LabelledScan], params: Sundaresan2023Parameters
) -> list[CandidateSet]:
    """Search other scans of the same people, each with the networks that have not seen the person.

    Parameters
    ----------
    searched : OutOfFold
        By `three_steps`.
    scans : list of LabelledScan
        In the order of its table.
    params
    """
    return searched.apply(lambda networks, rows: apply(networks, [scans[row] for row in rows], params))


def _people(scans, params, job: FoldJob) -> People:
    return hold_back([scans[i] for i in job.train], params.validation_share, job.seed)


def _searched(networks: Networks, scans, threshold: float, params, job: FoldJob) -> Learnt:
    return_free_memory()
    rules = CleanUp(params.clean_up_shape)
    return Learnt({"candidates": [search(networks, scans[i], threshold, rules) for i in job.test]}, networks)


def _histories(fits: dict[str, Fit]) -> pd.DataFrame:
    return pd.concat([one.history.assign(network=name) for name, one in fits.items()], ignore_index=True)


def fit_networks(people: People, params: Sundaresan2023Parameters, job: FoldJob) -> Networks:
    """Fit detector, teacher, and the student with and without distillation on the same people."""
    detector = fit_detector(people, params, job)
    places = _places(detector.network, people, params.detector_threshold, job.seed)
    teacher = fit_teacher(detector.network, places[0], people, params, job)
    plain, distilled = _fit_students(*places, teacher.network, params, job)
    fits = {"detector": detector, "teacher": teacher, "student_plain": plain, "student_distilled": distilled}
    return Networks(*(one.network for one in fits.values()), _histories(fits))


def _places(
    detector: Detector, people: People, threshold: float, seed: int
) -> tuple[Places | None, Places | None]:
    """Where discriminators are trained, and where their epoch is chosen; None without a microbleed."""
    return tuple(
        training_places(scans, [first_step(detector, scan, threshold) for scan in scans], seed)
        if any(len(scan.centres) for scan in scans)
        else None
        for scans in (people.train, people.checks)
    )


def fit_detector(people: People, params: Sundaresan2023Parameters, job: FoldJob) -> Fit:
    """Step 1: learn to mark microbleed voxels in balanced patches.

    Raises
    ------
    InputError
        If nobody has a microbleed.
    """
    if not any(len(scan.centres) for scan in people.train):
        raise InputError(
            f"training scans: found no microbleed in {len(people.train)} scans, expected at least one"
        )
    side = params.detector_patch
    size = (side, side, side if side >= SMALLEST_CUBE else side // 2)
    draw, check = (anywhere(scans, size, Augmentation.of(params)) for scans in _learn_and_check(people))
    network = initialise(Detector(params.width), job.seed, params.initialisation)
    return _fit("detector", network, detector_objective, draw, check, params, job)


def _learn_and_check(people: People) -> tuple[list[LabelledScan], list[LabelledScan]]:
    return people.train, people.checks or people.train


def fit_teacher(
    detector: Detector, places: Places, people: People, params: Sundaresan2023Parameters, job: FoldJob
) -> Fit:
    """Step 2, teacher: segment and classify patches of candidates, started from the detector."""
    network = initialise(Teacher(params.width), job.seed, params.initialisation)
    network.start_from(detector)
    vary = Augmentation.of(params)
    check = anywhere(_learn_and_check(people)[1], (DISCRIMINATION_PATCH,) * 3, vary)
    return _fit("teacher", network, teacher_objective, places.around(vary), check, params, job)


def _fit_students(
    places: Places, checks: Places | None, teacher: Teacher, params, job: FoldJob
) -> tuple[Fit, Fit]:
    """Without and with the teacher's help; everything else is the same."""
    return fit_student(places, checks, None, params, job), fit_student(places, checks, teacher, params, job)


def fit_student(
    places: Places,
    checks: Places | None,
    teacher: Teacher | None,
    params: Sundaresan2023Parameters,
    job: FoldJob,
) -> Fit:
    """Step 2, student: classify candidates from labels alone or also from the teacher's soft answers."""
    network = initialise(Student(params.width), job.seed, params.initialisation)
    if teacher is not None:
        # The student is T_f and T_c of the teacher without T_s; it starts from the same features.
        network.encoder.load_state_dict(teacher.encoder.state_dict())
    objective = student_objective(
        teacher,
        Distillation(params.alpha, params.alpha_on, params.temperature, params.scale_by_temperature),
    )
    draw, check = (one.around(Augmentation.of(params)) for one in (places, checks or places))
    name = "student_plain" if teacher is None else "student_distilled"
    return _fit(name, network, objective, draw, check, params, job)


def _fit(
    name: str, network: nn.Module, objective: Objective, draw: Draw, check: Draw, params, job: FoldJob
) -> Fit:
    """Fit one network; the epoch is chosen by its loss on patches drawn once, a quarter of an epoch's."""
    how, device = recipe(params, name), pick_device()
    network = network.to(device)
    if device.type == "cpu":
        channels_last(network)
    an_epoch = params.detector_patches if name == "detector" else params.discriminator_patches
    held_out = check(np.random.default_rng([job.seed, 2]), max(how.batch_size, an_epoch // 4))

    def batch_of(examples: list) -> Batch:
        images, targets, labels = stack(examples, device)
        return channels_last(images) if device.type == "cpu" else images, targets, labels

    def batches(rng: Generator) -> Iterator[Batch]:
        for _ in range(max(1, an_epoch // how.batch_size)):
            yield batch_of(draw(rng, how.batch_size))

    def watch(network: nn.Module) -> dict[str, float]:
        parts = [held_out[i : i + how.batch_size] for i in range(0, len(held_out), how.batch_size)]
        return {"loss": float(np.mean([objective(network, *batch_of(part)).item() for part in parts]))}

    return fit(
        network,
        batches,
        objective,
        how,
        seed=job.seed,
        watch=watch,
        watched="validation",
        on_epoch=job.on_epoch,
        checkpoint=job.checkpoint and job.checkpoint.with_stem(f"{job.checkpoint.stem}_{name}"),
    )
