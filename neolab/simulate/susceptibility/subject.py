"""The latents of one adult scan; its random streams are those of `neolab.simulate.subject.stream`."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class AdultSubject:
    """What is drawn before any image: an image is a pure function of this and a protocol.

    Attributes
    ----------
    participant_id : str
        Starts with ``SYN``.
    seed : int
        Seed of the cohort.
    age_years : float
        Sets deep-grey iron, ventricle size and sulcal width.
    sex : str
        ``female`` or ``male``; sets the mean head size.
    n_microbleeds : int
        Haemosiderin deposits to place.
    n_calcifications : int
        Parenchymal calcifications: the same dark dot on magnitude, the opposite sign on phase and QSM.
    haematoma : bool
        One old intracerebral haemorrhage of 15-40 mm, which is not a microbleed.
    session_id : None
        Everyone is scanned once.
    """

    session_id: ClassVar[None] = None

    participant_id: str
    seed: int = 0
    age_years: float = 65.0
    sex: str = "female"
    n_microbleeds: int = 2
    n_calcifications: int = 1
    haematoma: bool = False
