"""The layout of the developing Human Connectome Project, neonatal releases 2 and 3, read as it is downloaded.

File names: release notes, "Data directory structure", https://biomedia.github.io/dHCP-release-notes/structure.html;
the masks of release 2 are called ``brainmask`` and its derived files carry ``space-T2w``.
"""

from pathlib import Path

from neolab.catalogue import all_studies, get_study
from neolab.io.mapping import FolderMapping
from neolab.io.patterns import FilePattern, list_folder
from neolab.io.result_class import ResultClass

TABLE = "participants.tsv"
PIPELINES = ("dhcp_anat_pipeline", "rel3_dhcp_anat_pipeline")

# Draw-EM tissue classes: Makropoulos et al. 2018, NeuroImage 173:88-112.
DRAWEM9 = {
    "background": 0,
    "csf": 1,
    "cortex": 2,
    "white_matter": 3,
    "outlier": 4,
    "ventricles": 5,
    "cerebellum": 6,
    "deep_grey_matter": 7,
    "brainstem": 8,
    "hippocampus_amygdala": 9,
}

# Names in the cohort table -> names in the releases' tables (release 2 says gender, release 3 sex).
COLUMNS = {
    "sex": "sex",
    "birth_age_weeks": "birth_age",
    "birth_weight_kg": "birth_weight",
    "postmenstrual_age_weeks": "scan_age",
}


def dhcp_mapping(root: Path, study: str | None = None) -> FolderMapping | None:
    """Return how to read ``root``, or None if it is no dHCP folder.

    Parameters
    ----------
    root : Path
        The release folder (with ``derivatives/dhcp_anat_pipeline``) or the structural pipeline's own folder.
    study : str, optional
        Decides which radiology scores are positive; without one the scores stay unlabelled.
    """
    folder = _pipeline_folder(root)
    if folder is None:
        return None
    names = _first_session_names(root / folder)
    if not any("_desc-restore_T2w.nii" in name for name in names):
        return None
    release_2 = any("_brainmask.nii" in name for name in names)
    mask = ("brainmask", {"desc": "bet"}) if release_2 else ("mask", {"desc": "brain"})
    patterns = (
        FilePattern("T2w", "images", "T2w", {"desc": "restore"}, folder, required=True),
        FilePattern("T1w", "images", "T1w", {"desc": "restore"}, folder),
        FilePattern("brain_mask", "masks", *mask, folder),
        FilePattern("dseg", "labels", "dseg", {"desc": "drawem9"}, folder, lookup=DRAWEM9),
    )
    return FolderMapping(
        ResultClass.REAL,
        studies=tuple(name for name, known in all_studies().items() if known.dhcp_label),
        label=get_study(study).dhcp_label if study else None,
        columns=_columns(root, folder),
        patterns=patterns,
        skip_missing_scans=True,
        table_folders=tuple(dict.fromkeys((folder, "", "rawdata", "sourcedata"))),
    )


def _columns(root: Path, folder: str) -> dict[str, str]:
    """Return the column names of the release at hand."""
    path = next((p for p in (root / folder / TABLE, root / TABLE) if p.is_file()), None)
    header = path.open(encoding="utf-8").readline().split() if path else []
    columns = COLUMNS | ({"sex": "gender"} if "gender" in header else {})
    return columns if path else {}


def dhcp_release(mapping: FolderMapping) -> int:
    """Return the release, 2 or 3, that a mapping of :func:`dhcp_mapping` reads."""
    return 2 if mapping.pattern("brain_mask").suffix == "brainmask" else 3


def _pipeline_folder(root: Path) -> str | None:
    """Return the folder below ``root`` that holds the structural pipeline's ``sub-`` folders."""
    candidates = ["", *PIPELINES, *(f"derivatives/{name}" for name in PIPELINES)]
    for candidate in candidates:
        if _first_session_names(root / candidate):
            return candidate
    return None


def _first_session_names(folder: Path) -> list[str]:
    """Return the file names in the first ``sub-*/ses-*/anat`` that has any."""
    for subject in list_folder(folder):
        for session in list_folder(folder / subject) if subject.startswith("sub-") else ():
            names = list_folder(folder / subject / session / "anat") if session.startswith("ses-") else []
            if names:
                return names
    return []
