"""Both dHCP releases as they are downloaded: names of files, tables and columns from the release notes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import AFFINE, picture

from neolab.errors import InputError
from neolab.io.cohort import Cohort, CohortError
from neolab.io.dhcp import dhcp_mapping, dhcp_release
from neolab.io.nifti import write_nifti
from neolab.io.result_class import ResultClass

# participant, sex, birth age, weight; then session, scan age, score, whether images were downloaded.
INFANTS = [
    ("CC00050XX01", "Female", 40.0, 3.2, [("7201", 41.1, "1", True)]),
    ("CC00063AN06", "Male", 33.4, 1.9, [("15102", 34.7, "3", True), ("20701", 41.0, "5", True)]),
    ("CC00120XX04", "Male", 30.1, 1.4, [("42302", 33.0, "Q", True), ("50000", 40.2, "2", False)]),
    ("CC99999XX99", "Female", 38.0, 3.0, []),
]
NAMES = {
    2: {
        "mask": "desc-bet_space-T2w_brainmask",
        "dseg": "desc-drawem9_space-T2w_dseg",
        "T1w": "desc-restore_space-T2w_T1w",
    },
    3: {"mask": "desc-brain_mask", "dseg": "desc-drawem9_dseg", "T1w": "desc-restore_T1w"},
}


def write_dhcp(pipeline: Path, tables: Path, release: int) -> None:
    """Write a structural pipeline folder, and the tables without any ``sub-`` or ``ses-`` in their ids."""
    sex = "gender" if release == 2 else "sex"
    rows = [
        dict(zip(["participant_id", sex, "birth_age", "birth_weight"], i[:4], strict=True)) for i in INFANTS
    ]
    tables.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).assign(singleton="S").to_csv(tables / "participants.tsv", sep="\t", index=False)
    for number, (participant_id, *_, sessions) in enumerate(INFANTS):
        columns = ["session_id", "scan_age", "radiology_score"]
        table = pd.DataFrame([session[:3] for session in sessions], columns=columns)
        path = tables / f"sub-{participant_id}" / f"sub-{participant_id}_sessions.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.assign(sedation=0).to_csv(path, sep="\t", index=False)
        for session_id, _, _, downloaded in sessions:
            if downloaded:
                write_session(pipeline, participant_id, session_id, int(session_id) + number, release)


def write_session(pipeline: Path, participant_id: str, session_id: str, seed: int, release: int) -> None:
    """Write the files that are read, and others that stand beside them and must not be."""
    anat = pipeline / f"sub-{participant_id}" / f"ses-{session_id}" / "anat"
    stem = f"sub-{participant_id}_ses-{session_id}_"
    data, names = picture(seed), NAMES[release]
    write_nifti(anat / f"{stem}desc-restore_T2w.nii.gz", data, AFFINE)
    write_nifti(anat / f"{stem}T2w.nii.gz", data + 1, AFFINE)
    write_nifti(anat / f"{stem}desc-biasfield_T2w.nii.gz", data + 2, AFFINE)
    write_nifti(anat / f"{stem}{names['T1w']}.nii.gz", data + 3, AFFINE)
    write_nifti(anat / f"{stem}{names['mask']}.nii.gz", data > 100, AFFINE)
    write_nifti(anat / f"{stem}{names['mask'].replace('bet', 'drawem')}.nii.gz", data > 100, AFFINE)
    write_nifti(anat / f"{stem}{names['dseg']}.nii.gz", (data / 100).astype(int), AFFINE)
    write_nifti(
        anat / f"{stem}{names['dseg'].replace('drawem9', 'drawem87')}.nii.gz", (data / 12).astype(int), AFFINE
    )
    (anat / f"{stem}hemi-left_wm.surf.gii").write_text("")
    (anat / f"{stem}curv.dscalar.nii").write_text("")


LAYOUTS = {
    "release 2, whole": (2, "derivatives/dhcp_anat_pipeline", ""),
    "release 2, pipeline only": (2, "", ""),
    "release 3, whole": (3, "derivatives/dhcp_anat_pipeline", ""),
    "release 3, as unpacked": (3, "rel3_dhcp_anat_pipeline", "rel3_dhcp_anat_pipeline"),
    "release 3, pipeline only": (3, "", ""),
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS.keys())
def dhcp(request, tmp_path):
    release, pipeline, tables = request.param
    write_dhcp(tmp_path / pipeline, tmp_path / tables, release)
    return tmp_path, release


def test_each_layout_gives_the_same_table(dhcp):
    root, release = dhcp
    cohort = Cohort.load(root, study="gloresnet2026")
    assert dhcp_release(dhcp_mapping(root)) == release
    assert cohort.result_class is ResultClass.REAL
    table = cohort.table
    assert list(table["participant_id"]) == ["CC00050XX01", "CC00063AN06", "CC00063AN06", "CC00120XX04"]
    assert list(table["session_id"]) == ["7201", "15102", "20701", "42302"]
    assert list(table["sex"]) == ["female", "male", "male", "male"]
    assert list(table["postmenstrual_age_weeks"]) == [41.1, 34.7, 41.0, 33.0]
    assert list(table["birth_weight_kg"]) == [3.2, 1.9, 1.9, 1.4]
    assert cohort.kinds == ["T2w", "T1w", "brain_mask", "dseg"]
    np.testing.assert_allclose(cohort.read(0, "T2w").data, picture(7201), atol=0.2)
    np.testing.assert_array_equal(cohort.read(0, "dseg").data, (picture(7201) / 100).astype(int))
    assert "desc-restore" in cohort.path(0, "T1w").name


def test_the_score_of_the_session_and_the_study_decide_the_label(dhcp):
    root, _ = dhcp
    preterm = Cohort.load(root, study="gloresnet2026").table["label"]
    assert list(preterm.astype(object).where(preterm.notna(), None)) == [0, 1, 1, None]
    anomaly = Cohort.load(root, study="raad2023").table["label"]
    assert list(anomaly.astype(object).where(anomaly.notna(), None)) == [0, None, 1, None]
    assert "label" not in Cohort.load(root).table


def test_a_score_that_does_not_exist_is_a_problem(tmp_path):
    write_dhcp(tmp_path, tmp_path, 3)
    path = next(tmp_path.glob("sub-CC00050XX01/*_sessions.tsv"))
    path.write_text(path.read_text().replace("\t1\t", "\t7\t"))
    with pytest.raises(CohortError, match="sub-CC00050XX01_ses-7201: found radiology_score '7', expected"):
        Cohort.load(tmp_path, study="raad2023")


def test_sessions_that_were_not_downloaded_are_left_out_but_half_ones_are_reported(tmp_path):
    write_dhcp(tmp_path, tmp_path, 3)
    next(tmp_path.glob("sub-CC00063AN06/ses-20701/anat/*desc-restore_T2w.nii.gz")).unlink()
    with pytest.raises(CohortError, match="sub-CC00063AN06_ses-20701: found no T2w") as caught:
        Cohort.load(tmp_path)
    assert len(caught.value.problems) == 1


def test_dhcp_does_not_serve_a_study_of_other_images(tmp_path):
    write_dhcp(tmp_path, tmp_path, 3)
    with pytest.raises(InputError, match="found a folder for raad2023, gloresnet2026, expected wu2021"):
        Cohort.load(tmp_path, study="wu2021")


def test_a_folder_of_something_else_is_not_taken_for_dhcp(tmp_path):
    write_nifti(tmp_path / "sub-1/ses-1/anat/sub-1_ses-1_T2w.nii.gz", picture(0), AFFINE)
    assert dhcp_mapping(tmp_path) is None
