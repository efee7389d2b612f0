"""Parameters of the study ``sundaresan2023``."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from neolab.parameters import Parameters

# The paper's own settings as far as they are known (a digest of the article and the public code): people in
# its four data sets; full width; 100 epochs; learning rate 1e-3, Adam's epsilon 1e-4; thresholds of the
# ablation and of both cross-validations; alpha on the labels, temperature 4. Patches an epoch follow from
# its rules: about 105 microbleeds in 44 training people, each with 10 variants (detector) or 5 (others), and
# as many patches without; in whole batches of 8. 10 of 54 people choose the epoch.
_PAPER = {
    "n_subjects": 287,
    "width": 1.0,
    "n_folds": 5,
    "n_seeds": 3,
    "epochs": 100,
    "discriminator_epochs": 100,
    "detector_patch": 48,
    "detector_patches": 2304,
    "discriminator_patches": 1256,
    "validation_share": 10 / 54,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "epsilon": 1e-4,
    "schedule": "step",
    "initialisation": "paper",
    "contrast_augmentation": 0.0,
    "noise_variance": 0.04,
    "bias": "n4",
    "vessels": True,
    "detector_threshold": 0.3,
    "ablation_detector_threshold": 0.5,
    "student_threshold": 0.3,
    "plain_student_threshold": 0.35,
    "alpha": 0.4,
    "alpha_on": "labels",
    "temperature": 4.0,
    "scale_by_temperature": False,
    "clean_up_shape": "code",
    "n_bootstrap": 2000,
}
#: Both thresholds within the thick-slice GRE cohort, where the paper has others than on SWI (digest).
GRE_THRESHOLD = 0.2
# Departures for two cores: an eighth of the channels, small patches, a learning rate that gets somewhere in
# a few epochs, nobody held back to choose the epoch, and varied contrast so that one short training serves
# thick slices and QSM too.
_SMALL: dict[str, Any] = {
    "width": 0.125,
    "detector_patch": 24,
    "batch_size": 16,
    "learning_rate": 1e-2,
    "epsilon": 1e-8,
    "schedule": "cosine",
    "initialisation": "he",
    "contrast_augmentation": 0.5,
    "noise_variance": 0.003,
    "validation_share": 0.0,
    "bias": "smooth",
}


class Sundaresan2023Parameters(Parameters):
    """Sundaresan et al. 2023: cerebral microbleeds with knowledge distillation.

    Attributes
    ----------
    n_subjects : int
        Participants to simulate in all four cohorts.
    width : float
        Factor on the channels of all networks.
    n_folds : int
        Folds of the cross-validations.
    n_seeds : int
        Trainings of the detector that differ in nothing but their seed.
    epochs, discriminator_epochs : int
        Of the detector; of teacher and students.
    detector_patch : int
        Side of the detector's patches in voxels, in plane; through plane half of it below 48.
    detector_patches, discriminator_patches : int
        Patches an epoch.
    validation_share : float
        Share of the training people who only choose the epoch; 0 takes other patches of the same people.
    batch_size, learning_rate, epsilon, schedule, initialisation
        Of the training; see ``neolab.learn.fit.Recipe`` and ``layers.initialise``.
    contrast_augmentation : float
        Patches are multiplied by 1 - this to 1.2; 0 does not.
    noise_variance : float
        Largest variance of the noise added to patches.
    bias : {"n4", "smooth", "none"}
        Bias correction of SWI and GRE.
    vessels : bool
        In-paint vessels and sulci.
    detector_threshold, student_threshold : float
        Fixed before the results, at the values of the paper's cross-validation and use across cohorts.
    ablation_detector_threshold, plain_student_threshold : float
        The same for the ablation; the distilled student has ``student_threshold`` there, too.
    alpha, alpha_on, temperature, scale_by_temperature
        Of the distillation; see ``neolab.studies.sundaresan2023.losses.Distillation``.
    clean_up_shape : {"code", "paper", "none"}
        Shape rule of the clean-up.
    n_bootstrap : int
    """

    profile_values: ClassVar = {
        "smoke": {**_PAPER, **_SMALL, "n_subjects": 12, "width": 0.0625, "n_folds": 2, "n_seeds": 2,
                  "epochs": 2, "discriminator_epochs": 2, "detector_patches": 64, "discriminator_patches": 32,
                  "n_bootstrap": 200},
        "teach": {**_PAPER, **_SMALL, "n_subjects": 30, "n_folds": 2, "n_seeds": 2,
                  "epochs": 10, "discriminator_epochs": 6, "detector_patches": 256,
                  "discriminator_patches": 128},
        "paper": _PAPER,
    }  # fmt: skip

    n_subjects: int = Field(ge=8)
    width: float = Field(gt=0, le=2)
    n_folds: int = Field(ge=2)
    n_seeds: int = Field(ge=2)
    epochs: int = Field(ge=1)
    discriminator_epochs: int = Field(ge=1)
    detector_patch: int = Field(ge=16)
    detector_patches: int = Field(ge=8)
    discriminator_patches: int = Field(ge=8)
    validation_share: float = Field(ge=0, lt=1)
    batch_size: int = Field(ge=2)
    learning_rate: float = Field(gt=0)
    epsilon: float = Field(gt=0)
    schedule: Literal["step", "cosine"]
    initialisation: Literal["paper", "he"]
    contrast_augmentation: float = Field(ge=0, lt=1)
    noise_variance: float = Field(ge=0)
    bias: Literal["n4", "smooth", "none"]
    vessels: bool
    detector_threshold: float = Field(gt=0, lt=1)
    ablation_detector_threshold: float = Field(gt=0, lt=1)
    student_threshold: float = Field(gt=0, lt=1)
    plain_student_threshold: float = Field(gt=0, lt=1)
    alpha: float = Field(ge=0, le=1)
    alpha_on: Literal["labels", "teacher"]
    temperature: float = Field(gt=0)
    scale_by_temperature: bool
    clean_up_shape: Literal["code", "paper", "none"]
    n_bootstrap: int = Field(ge=100)
