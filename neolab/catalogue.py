"""The studies there are: every folder ``neolab/studies/<id>/`` with a ``study.py`` in it, found when asked.

Nothing lists the studies. A new one is a new folder, and what the rest of neolab must know of it stands
in its `Study`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from neolab.errors import InputError, quoted

STUDIES_FOLDER = Path(__file__).parent / "studies"

#: Columns of numbers in the tables of the developing HCP, under its names and with units.
DHCP_NUMBERS = (
    "birth_age",
    "birth_weight",
    "scan_age",
    "birth_age_weeks",
    "birth_weight_kg",
    "postmenstrual_age_weeks",
)


@dataclass(frozen=True)
class LabelRule:
    """Which column of a cohort's tables is the label and what its values mean.

    Attributes
    ----------
    column : str
    positive, negative, ignore : tuple of str
        Values for label 1, label 0 and no label. Without ``negative`` every other value is negative.
    """

    column: str
    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """A paper and the notebook that follows it.

    Attributes
    ----------
    id : str
        First author and year, the name used on the command line and of the study's folder.
    title : str
        What the paper asks, in a few words.
    citation : str
        Authors, journal, year and DOI or arXiv number.
    notebook : str
        File stem in ``notebooks/``.
    modality : str
        Images that the study reads, in words.
    images : tuple of tuple of str
        Kinds of image of which the study needs at least one from each group: ``(("T1w",), ("T2w",))``.
    numbers : tuple of str
        Columns that hold numbers where a folder has them; text in one is refused when the folder is loaded.
    dhcp_label : LabelRule or None
        Which radiology scores of the developing Human Connectome Project are positive, for a study that can
        use its folders as they are.
    """

    id: str
    title: str
    citation: str
    notebook: str
    modality: str
    images: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()
    dhcp_label: LabelRule | None = None


@cache
def all_studies() -> Mapping[str, Study]:
    """Return identifier -> study, in the order of their notebooks."""
    names = sorted(path.parent.name for path in STUDIES_FOLDER.glob("*/study.py"))
    found = [study_module(name, "study").STUDY for name in names]
    return {study.id: study for study in sorted(found, key=lambda study: study.notebook)}


def get_study(name: str) -> Study:
    """Return the study called ``name``.

    Raises
    ------
    InputError
        If there is none; the message lists the names.
    """
    if name not in all_studies():
        raise InputError(f"study: found {quoted(name)}, expected one of {', '.join(all_studies())}")
    return all_studies()[name]


def study_module(study: str, name: str) -> ModuleType:
    """Import one module of a study's folder, such as its ``cohort``."""
    return import_module(f"neolab.studies.{study}.{name}")
