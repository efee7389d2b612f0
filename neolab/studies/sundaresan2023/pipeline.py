"""The three steps together: fit them on some people, apply them to others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from neolab.learn.compute import networks_side_by_side
from neolab.machine import return_free_memory
from neolab.studies.sundaresan2023.candidates import training_centres
from neolab.studies.sundaresan2023.cleanup import CleanUp, clean_up
from neolab.studies.sundaresan2023.inference import (
    CandidateSet,
    candidate_patches,
    detect,
    discriminate,
    find_candidates,
)
from neolab.studies.sundaresan2023.losses import Distillation
from neolab.studies.sundaresan2023.networks import Detector, Student, Teacher
from neolab.studies.sundaresan2023.patches import Augmentation, LabelledScan
from neolab.studies.sundaresan2023.training import Recipe, fit_detector, fit_student, fit_teacher

#: Discriminators whose scores are kept for every candidate.
DISCRIMINATORS = ("teacher", "student_plain", "student_distilled")
#: Folds trained at a time where there are as many cores: each holds its patches and a searched volume.
FOLDS_AT_A_TIME = 4


@dataclass(frozen=True)
class Settings:
    """Everything that decides a fit and its use.

    Attributes
    ----------
    width : float
        Factor on the channels of all networks.
    detector, teacher, student : Recipe
    distillation : Distillation
    clean_up : CleanUp
    candidate_threshold : float
        Detector probability above which a component is a candidate, in use and for training.
    validation_share : float
        Share of the training people who choose the epoch and nothing else; 0 takes other patches of the same
        people.
    seed : int
    """

    width: float = 1.0
    detector: Recipe = Recipe()
    teacher: Recipe = Recipe(patch=(24, 24, 24))
    student: Recipe = Recipe(patch=(24, 24, 24))
    distillation: Distillation = Distillation()
    clean_up: CleanUp = CleanUp()
    candidate_threshold: float = 0.3
    validation_share: float = 0.0
    seed: int = 0


def settings_from(params) -> Settings:
    """Settings from a study's parameters (any object with their names as attributes)."""
    augmentation = Augmentation(
        noise_variance=(params.noise_variance / 4, params.noise_variance),
        contrast=(1.0, 1.0) if params.contrast_augmentation == 0 else (1 - params.contrast_augmentation, 1.2),
        probability=0.7,
    )
    side = params.detector_patch
    detector = Recipe(
        patch=(side, side, side if side >= 48 else side // 2),
        patches_per_epoch=params.detector_patches,
        epochs=params.epochs,
        batch_size=params.batch_size,
        learning_rate=params.learning_rate,
        epsilon=params.epsilon,
        schedule=params.schedule,
        augmentation=augmentation,
        initialisation=params.initialisation,
    )
    second = replace(
        detector,
        patch=(24, 24, 24),
        patches_per_epoch=params.discriminator_patches,
        epochs=params.discriminator_epochs,
        learning_rate=min(params.learning_rate, 3e-3),
    )
    return Settings(
        width=params.width,
        detector=detector,
        teacher=second,
        student=second,
        distillation=Distillation(
            params.alpha, params.alpha_on, params.temperature, params.scale_by_temperature
        ),
        clean_up=CleanUp(shape=params.clean_up_shape),
        candidate_threshold=params.detector_threshold,
        validation_share=params.validation_share,
        seed=params.seed,
    )


def with_candidate_threshold(settings: Settings, threshold: float) -> Settings:
    """The same settings with another detector threshold."""
    return replace(settings, candidate_threshold=threshold)


@dataclass
class Pipeline:
    """Fitted networks and how their losses fell (``network``, ``epoch``, ``train``, ``validation``)."""

    detector: Detector
    teacher: Teacher
    student_plain: Student
    student_distilled: Student
    history: pd.DataFrame = field(repr=False)


def fit_pipeline(
    train: list[LabelledScan],
    validation: list[LabelledScan],
    settings: Settings,
    on_epoch: Callable[[], None] = lambda: None,
) -> Pipeline:
    """Fit detector, teacher, and the student with and without distillation on the same people."""
    common = {"width": settings.width, "seed": settings.seed, "on_epoch": on_epoch}
    detector = fit_detector(train, validation, settings.detector, **common)
    centres, checks = (_centres(detector.network, scans, settings) for scans in (train, validation))
    teacher = fit_teacher(train, validation, settings.teacher, detector.network, centres=centres, **common)
    students = {
        name: fit_student(centres, checks, settings.student, guide, settings.distillation, **common)
        for name, guide in (("student_plain", None), ("student_distilled", teacher.network))
    }
    fits = {"detector": detector, "teacher": teacher, **students}
    history = pd.concat([fit.history.assign(network=name) for name, fit in fits.items()], ignore_index=True)
    return Pipeline(*(fit.network for fit in fits.values()), history)


def refit_students(
    pipeline: Pipeline,
    train: list[LabelledScan],
    validation: list[LabelledScan],
    settings: Settings,
    on_epoch: Callable[[], None] = lambda: None,
) -> Pipeline:
    """Keep detector and teacher, fit the students anew on other people, as the paper does on its GRE data."""
    common = {"width": settings.width, "seed": settings.seed, "on_epoch": on_epoch}
    centres, checks = (_centres(pipeline.detector, scans, settings) for scans in (train, validation))
    fits = [
        fit_student(centres, checks, settings.student, guide, settings.distillation, **common)
        for guide in (None, pipeline.teacher)
    ]
    history = pd.concat(
        [fit.history.assign(network=name) for fit, name in zip(fits, DISCRIMINATORS[1:], strict=True)]
    )
    return Pipeline(pipeline.detector, pipeline.teacher, *(fit.network for fit in fits), history)


def _centres(detector: Detector, scans: list[LabelledScan], settings: Settings):
    if not any(len(scan.centres) for scan in scans):
        return None
    found = [_candidates(detector, scan, settings) for scan in scans]
    return training_centres(scans, found, seed=settings.seed)


def _candidates(detector: Detector, scan: LabelledScan, settings: Settings) -> CandidateSet:
    """What step 1 finds in one scan."""
    found = find_candidates(detect(detector, scan), scan, settings.candidate_threshold)
    found.scores["detector"] = found.detector_score
    return_free_memory(collect=False)  # every shape of scan leaves blocks that fit no other
    return found


def apply_pipeline(pipeline: Pipeline, scan: LabelledScan, settings: Settings) -> CandidateSet:
    """Candidates of one scan with the scores of every network and the verdict of the clean-up."""
    candidates = _candidates(pipeline.detector, scan, settings)
    patches = candidate_patches(scan, candidates.centres)
    for name in DISCRIMINATORS:
        candidates.scores[name] = discriminate(getattr(pipeline, name), patches).astype(float)
    candidates.dropped = clean_up(candidates, scan, settings.clean_up)
    return candidates


def apply_pipelines(
    pipelines: Sequence[Pipeline], scans: Sequence[LabelledScan], settings: Settings
) -> list[CandidateSet]:
    """Candidates of several scans, each with a pipeline of its own."""
    return [apply_pipeline(one, scan, settings) for one, scan in zip(pipelines, scans, strict=True)]


def hold_back(
    people: list[LabelledScan], settings: Settings
) -> tuple[list[LabelledScan], list[LabelledScan]]:
    """Split training people into those learned from and those who choose the epoch; both have microbleeds."""
    rng = np.random.default_rng([settings.seed, 4])
    order = rng.permutation(len(people))
    with_lesions = [i for i in order if len(people[i].centres)]
    count = round(settings.validation_share * len(people))
    if count == 0 or len(with_lesions) < 2:
        return people, []
    held = {with_lesions[0], *[i for i in order if i not in with_lesions[:2]][: count - 1]}
    return [p for i, p in enumerate(people) if i not in held], [people[i] for i in sorted(held)]


def out_of_fold(
    scans: list[LabelledScan],
    folds: list[tuple[np.ndarray, np.ndarray]],
    settings: Settings,
    start: Pipeline | None = None,
    on_epoch: Callable[[], None] = lambda: None,
) -> tuple[list[CandidateSet], list[Pipeline], np.ndarray]:
    """Every scan searched by a pipeline that has not seen the person.

    Parameters
    ----------
    scans : list of LabelledScan
    folds : list of (train, test)
        Positions in ``scans``.
    settings : Settings
    start : Pipeline, optional
        Only the students are fitted, on features of this one; it must come from other people.
    on_epoch : callable

    Returns
    -------
    candidates : list of CandidateSet
        In the order of ``scans``.
    pipelines : list of Pipeline
        One a fold.
    fold_of : ndarray of int
        Fold in which each scan was tested.
    """

    def search(fold) -> tuple[Pipeline, list[CandidateSet]]:
        train, test = ([scans[i] for i in part] for part in fold)
        people = hold_back(train, settings)
        if start is None:
            pipeline = fit_pipeline(*people, settings, on_epoch)
        else:
            pipeline = refit_students(start, *people, settings, on_epoch)
        return_free_memory()
        return pipeline, apply_pipelines([pipeline] * len(test), test, settings)

    results = _by_fold(search, folds)
    fold_of = np.zeros(len(scans), int)
    for number, (_, test) in enumerate(folds):
        fold_of[test] = number
    pipelines = [pipeline for pipeline, _ in results]
    return _in_order([found for _, found in results], folds, len(scans)), pipelines, fold_of


def detector_out_of_fold(
    scans: list[LabelledScan],
    folds: list[tuple[np.ndarray, np.ndarray]],
    settings: Settings,
    on_epoch: Callable[[], None] = lambda: None,
) -> list[CandidateSet]:
    """Every scan searched by step 1 alone, by a detector that has not seen the person."""

    def search(fold) -> list[CandidateSet]:
        train, test = ([scans[i] for i in part] for part in fold)
        people = hold_back(train, settings)
        fit = fit_detector(
            *people, settings.detector, width=settings.width, seed=settings.seed, on_epoch=on_epoch
        )
        return [_candidates(fit.network, scan, settings) for scan in test]

    return _in_order(_by_fold(search, folds), folds, len(scans))


def _by_fold(search: Callable, folds) -> list:
    with networks_side_by_side(FOLDS_AT_A_TIME) as pool:
        return list(pool.map(search, folds))


def _in_order(found: list[list[CandidateSet]], folds, count: int) -> list[CandidateSet | None]:
    """Candidates of the test people of each fold in the order of the scans; None where nobody looked."""
    order: list[CandidateSet | None] = [None] * count
    for (_, test), of_fold in zip(folds, found, strict=True):
        for i, one in zip(test, of_fold, strict=True):
            order[i] = one
    return order
