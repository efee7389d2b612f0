"""`neolab map`: what it drafts reads the same scans as a mapping written by hand, and guesses are guesses."""

import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from builders import real_folder, write_cohort
from described import described_folder
from phantoms import LOOKUP, T1_SIGNAL, centred_affine, image_of, tissue_labels, write, wu_folder
from test_data_readme import EXAMPLES, named
from test_dhcp import write_dhcp

from neolab.errors import InputError
from neolab.io.bids_write import DatasetWriter
from neolab.io.cohort import Cohort
from neolab.io.draft import describe_draft, draft_mapping, write_draft
from neolab.io.kinds import KINDS
from neolab.io.mapping import FILE_NAME


def drafted(root: Path) -> Cohort:
    """Draft a mapping for a folder that has none, and load the folder with it as it stands."""
    (root / FILE_NAME).unlink(missing_ok=True)
    draft = draft_mapping(root)
    assert draft.problems == []
    write_draft(draft, root / FILE_NAME)
    return Cohort.load(root)


def assert_same_scans(drafted: Cohort, written: Cohort, kinds: list[str] | None = None) -> None:
    for column in ("participant_id", "session_id", *(kinds or written.kinds)):
        assert list(drafted.table[column]) == list(written.table[column]), column
    assert drafted.result_class == written.result_class


def test_a_simulated_folder_without_its_mapping(tmp_path):
    root = write_cohort(tmp_path / "c")
    written = Cohort.load(root)
    cohort = drafted(root)
    assert_same_scans(cohort, written)
    assert cohort.lookup("dseg") == written.lookup("dseg")
    assert list(cohort.table["postmenstrual_age_weeks"]) == list(written.table["postmenstrual_age_weeks"])


def test_every_kind_of_a_simulated_folder_keeps_its_name(tmp_path):
    with DatasetWriter(tmp_path / "c", study="sundaresan2023", result_class="synthetic", seed=0) as writer:
        writer.participants(pd.DataFrame({"participant_id": ["SYN1", "SYN2"]}))
        for n, who in enumerate(("SYN1", "SYN2")):
            for kind in KINDS.keys() - {"T2starw"}:
                data = np.random.default_rng(n).integers(0, 900, (9, 8, 7)).astype(np.int16)
                writer.image(who, "01", kind, data + len(kind), np.eye(4))
            writer.mask(who, "01", "microbleed", data > 800, np.eye(4))
            writer.truth_map(who, "01", "susceptibility_map", data / 900.0, np.eye(4))
    written = Cohort.load(tmp_path / "c")
    assert_same_scans(drafted(tmp_path / "c"), written)


def test_a_hospital_folder(tmp_path):
    root = real_folder(tmp_path / "c")
    table = pd.read_csv(root / "participants.tsv", sep="\t").rename(columns={"sex": "gender"})
    table.to_csv(root / "participants.tsv", sep="\t", index=False)
    written = Cohort.load(root)
    cohort = drafted(root)
    assert_same_scans(cohort, written, ["T1w"])
    assert list(cohort.table["gp_mask"]) == list(written.table["globus_pallidus_mask"])
    assert list(cohort.table["sex"]) == ["male", "female"]
    text = (root / FILE_NAME).read_text()
    assert "  # label: group    # c (1), p (1)\n  # positive: []" in text and "label" not in cohort.table


@pytest.mark.parametrize("example", EXAMPLES, ids=map(named, EXAMPLES))
def test_the_folders_of_data_readme(tmp_path, example):
    root = described_folder(tmp_path / "c", example)
    written = Cohort.load(root)
    (root / FILE_NAME).unlink()
    draft = draft_mapping(root)
    assert draft.problems == []
    # A folder of images without a word for the contrast asks for it.
    unknown = "image: {path" in draft.text
    assert unknown == ("images/{participant_id}.nii.gz" in example)
    (root / FILE_NAME).write_text(draft.text.replace("image: {path", "swi: {path"))
    cohort = Cohort.load(root, written.mapping.studies[0])
    assert_same_scans(cohort, written)
    for row in range(len(cohort)) if "microbleeds" in written.kinds else ():
        np.testing.assert_array_equal(
            cohort.points_mm(row, "microbleeds"), written.points_mm(row, "microbleeds")
        )


def bare_folder(root: Path, age: str = "scan_age", values: tuple = (41.0, 52.5, 70.25)) -> Path:
    """A BIDS folder with one contrast and an age, and nothing else."""
    values = np.asarray(values)
    for n in range(len(values)):
        data = image_of(tissue_labels(), T1_SIGNAL, n)
        write(root / f"sub-{n + 1:02d}" / "anat" / f"sub-{n + 1:02d}_T1w.nii.gz", data, centred_affine())
    rows = [f"sub-{n + 1:02d}\t{value}" for n, value in enumerate(values)]
    (root / "participants.tsv").write_text("\n".join([f"participant_id\t{age}", *rows]) + "\n")
    return root


@pytest.mark.parametrize(
    ("column", "values", "units", "sure"),
    [
        ("scan_age", (41.0, 44.5, 58.25), None, {"postmenstrual_age_weeks"}),
        ("ga", (37.0, 40.5, 41.0), None, {"gestational_age_weeks"}),
        ("scan_age", (287, 311, 407), None, set()),  # days under a name that means weeks
        ("age", (1.0, 7.0, 17.5), None, set()),
        ("age", (1.0, 7.0, 17.5), "days", set()),
        ("age_in_days", (1, 7, 17), None, {"age_days"}),
        ("AGE", (61, 70, 82), "years", set()),
        ("corrected_age", (-1.5, 7.0, 17.5), None, {"corrected_age_months"}),
        ("corrected_age", (-1.5, 7.0, 17.5), "weeks", set()),
        ("stage", (1, 2, 3), None, set()),
        ("scanAge", (40.5, 42, 130.5), None, {"postmenstrual_age_weeks"}),
    ],
)
def test_an_age_is_taken_only_where_name_and_values_say_its_unit(tmp_path, column, values, units, sure):
    root = bare_folder(tmp_path / "c", column, values)
    if units:
        (root / "participants.json").write_text(f'{{"{column}": {{"Units": "{units}"}}}}')
    cohort = drafted(root)
    assert set(cohort.mapping.columns) == sure
    for name in sure:
        assert list(cohort.table[name]) == list(values)
    offered = [line for line in (root / FILE_NAME).read_text().splitlines() if f": {column} " in line]
    assert bool(offered) == (column != "stage")
    assert all(f"{min(values):g} to {max(values):g}" in line for line in offered)


def test_scores_of_the_dhcp_come_with_what_the_studies_make_of_them(tmp_path):
    text = draft_mapping(bare_folder(tmp_path / "c", "radiology_score", (1, 5, 5))).text
    assert "# label: radiology_score    # 1 (1), 5 (2)" in text
    assert "# raad2023 takes 5 as positive and 1 as negative" in text
    assert "# gloresnet2026 takes 3, 4, 5 as positive and 1, 2 as negative" in text


def test_label_maps_without_names_list_their_values(tmp_path):
    root = wu_folder(tmp_path / "c")
    written = Cohort.load(root)
    cohort = drafted(root)
    assert_same_scans(cohort, written)
    assert cohort.lookup("dseg") == {f"unnamed_{value}": value for value in (1, 2, 3, 4)}
    (root / FILE_NAME).unlink()
    rows = [f"{value}\t{name}" for name, value in LOOKUP.items()]
    table = root / "derivatives" / "manual" / "dseg.tsv"
    table.write_text("\n".join(["index\tname", *rows]) + "\n")
    assert drafted(root).lookup("dseg") == LOOKUP
    (root / FILE_NAME).unlink()
    table.write_text("\n".join(["index\tname", *rows[:2]]) + "\n")  # names for some values only
    assert set(drafted(root).lookup("dseg")) == {f"unnamed_{value}" for value in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    ("names", "template", "scans"),
    [
        (["P012/T1.nii.gz", "P013/T1.nii.gz"], "{participant_id}/T1.nii.gz", [("P012", ""), ("P013", "")]),
        (["a/NEO-7_t1.nii", "a/NEO-12_t1.nii"], "a/NEO-{participant_id}_t1.nii", [("12", ""), ("7", "")]),
        (
            ["P1/20200103/T1_4.nii.gz", "P1/20210103/T1_3.nii.gz", "P2/20200105/T1_9.nii.gz"],
            "{participant_id}/{session_id}/T1_*.nii.gz",
            [("P1", "20200103"), ("P1", "20210103"), ("P2", "20200105")],
        ),
        (
            ["P1/P1_v1_T1.nii.gz", "P1/P1_v2_T1.nii.gz", "P2/P2_v1_T1.nii.gz"],
            "{participant_id}/{participant_id}_{session_id}_T1.nii.gz",
            [("P1", "v1"), ("P1", "v2"), ("P2", "v1")],
        ),
        (
            ["imagesTr/case_001_T1_0000.nii.gz", "imagesTr/case_002_T1_0000.nii.gz"],
            "imagesTr/case_{participant_id}_T1_0000.nii.gz",
            [("001", ""), ("002", "")],
        ),
        (
            ["sub-01_T1w.nii.gz", "sub-02_T1w.nii.gz"],
            "sub-{participant_id}_T1w.nii.gz",
            [("01", ""), ("02", "")],
        ),
    ],
)
def test_folders_without_bids_names_get_a_path_with_the_identifier(tmp_path, names, template, scans):
    for n, name in enumerate(names):
        write(tmp_path / "c" / name, image_of(tissue_labels(), T1_SIGNAL, n), centred_affine())
    cohort = drafted(tmp_path / "c")
    assert cohort.mapping.pattern("T1w").template == template
    assert list(cohort.table[["participant_id", "session_id"]].itertuples(index=False, name=None)) == scans
    assert "" not in set(cohort.table["T1w"])


def test_identifiers_of_the_table_decide_what_belongs_to_the_path(tmp_path):
    for n in range(3):
        data = image_of(tissue_labels(), T1_SIGNAL, n)
        write(tmp_path / "c" / "2021" / f"patient{n + 1:03d}_T1.nii.gz", data, centred_affine())
    (tmp_path / "c" / "participants.tsv").write_text("participant_id\tsex\n001\tM\n002\tF\n003\tF\n")
    cohort = drafted(tmp_path / "c")
    assert cohort.mapping.pattern("T1w").template == "2021/patient{participant_id}_T1.nii.gz"
    assert list(cohort.table["sex"]) == ["male", "female", "female"]


def test_acquisitions_that_no_scan_has_both_of_are_one_kind(tmp_path):
    root = bare_folder(tmp_path / "c")
    first = root / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    first.rename(first.with_name("sub-01_acq-ffe_T1w.nii.gz"))
    cohort = drafted(root)
    assert len(cohort) == 3 and cohort.table["T1w"][0].endswith("acq-ffe_T1w.nii.gz")
    assert "T1w: {suffix: T1w} " in (root / FILE_NAME).read_text()


def test_of_two_files_of_one_contrast_the_raw_one_is_taken_and_the_other_offered(tmp_path):
    root = bare_folder(tmp_path / "c")
    for path in list(root.rglob("*_T1w.nii.gz")):
        name = path.name.replace("_T1w", "_desc-preproc_T1w")
        copy = root / "derivatives" / "prep" / path.relative_to(root).parent / name
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    cohort = drafted(root)
    assert cohort.mapping.pattern("T1w").folder == ""
    text = (root / FILE_NAME).read_text()
    assert "# or these, 3 scans: {suffix: T1w, desc: preproc, folder: derivatives/prep}" in text


def test_phase_is_never_taken_for_magnitude(tmp_path):
    root = tmp_path / "c"
    for n, part in [(n, part) for n in (1, 2) for part in ("phase", "mag")]:
        data = image_of(tissue_labels(), T1_SIGNAL, n + 10 * len(part))
        write(
            root / f"sub-{n}" / "anat" / f"sub-{n}_acq-x_part-{part}_T2starw.nii.gz", data, centred_affine()
        )
    cohort = drafted(root)
    assert all("part-mag" in path for path in cohort.table["magnitude"])
    assert all("part-phase" in path for path in cohort.table["phase"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("FLAIR_T2", "FLAIR"), ("T2_FLAIR", "FLAIR"), ("T2_star", "T2starw"), ("tse_T2", "T2w")],
)
def test_a_contrast_is_not_taken_for_its_neighbour(tmp_path, name, kind):
    for n in range(2):
        data = image_of(tissue_labels(), T1_SIGNAL, n)
        write(tmp_path / "c" / f"P0{n}" / f"{name}.nii.gz", data, centred_affine())
    assert drafted(tmp_path / "c").kinds == [kind]


@pytest.mark.parametrize("release", [2, 3])
def test_a_dhcp_folder_is_read_as_it_is(tmp_path, release):
    write_dhcp(tmp_path / "c", tmp_path / "c", release)
    draft = draft_mapping(tmp_path / "c")
    said = "\n".join(describe_draft(draft))
    assert draft.text == "" and f"dHCP release {release}: read as it is" in said
    assert "raad2023: can read T2w" in said and "gloresnet2026: can read T2w" in said


def test_each_study_is_told_what_it_could_do_and_what_is_missing(tmp_path):
    said = describe_draft(draft_mapping(bare_folder(tmp_path / "c")))
    assert "wu2021: can read T1w, postmenstrual_age_weeks" in said[:-1]
    assert "wada2019: cannot use it, for want of T2w" in said
    assert any(line.startswith("no label is named yet") for line in said)


def test_tables_that_are_not_read_and_files_that_cannot_be_are_named(tmp_path):
    root = bare_folder(tmp_path / "c")
    (root / "demographics.xlsx").write_bytes(b"PK")
    for n in (1, 2, 3):
        (root / f"sub-{n:02d}" / "anat" / f"sub-{n:02d}_T2w.nii.gz").write_bytes(b"")
    notes = draft_mapping(root).notes
    assert any(note.startswith("demographics.xlsx: this table is not read") for note in notes)
    assert any("sub-01_T2w.nii.gz: found an empty file" in note for note in notes)
    assert "T2w" not in drafted(root).kinds


def test_what_the_reader_would_refuse_is_told_with_the_draft(tmp_path):
    root = bare_folder(tmp_path / "c")
    path = root / "sub-02" / "anat" / "sub-02_T1w.nii.gz"
    path.write_bytes(path.read_bytes()[:-400])
    (problem,) = draft_mapping(root).problems
    assert "sub-02_T1w.nii.gz" in problem and "truncated" in problem


def nothing(root):
    root.mkdir()


def only_dicom(root):
    root.mkdir()
    (root / "IM0001.dcm").write_bytes(b"x")


def no_pattern(root):
    for name in ("anna", "bert"):
        write(root / f"{name}.nii.gz", image_of(tissue_labels(), T1_SIGNAL), centred_affine())


def unreadable(root):
    for name in ("sub-01", "sub-02"):
        (root / name).mkdir(parents=True)
        (root / name / f"{name}_T1w.nii.gz").write_text("version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        (lambda root: None, "found no folder, expected one with scans"),
        (nothing, "found no NIfTI file"),
        (only_dicom, "DICOM: convert it first"),
        (no_pattern, "anna.nii.gz follows neither BIDS nor a pattern with an identifier"),
        (unreadable, "git lfs pull"),
    ],
)
def test_a_folder_that_cannot_be_read_as_scans_gets_one_sentence(tmp_path, folder, sentence):
    folder(tmp_path / "c")
    with pytest.raises(InputError, match=sentence) as found:
        draft_mapping(tmp_path / "c")
    assert "\n" not in str(found.value)


def test_links_in_a_circle_end(tmp_path):
    root = bare_folder(tmp_path / "c")
    (root / "again").symlink_to(root)
    assert len(drafted(root)) == 3


def test_a_draft_is_yaml_whatever_the_names_are(tmp_path):
    root = bare_folder(tmp_path / "c", "group: #1", ("yes", "no", "a: {b"))
    odd = tmp_path / "c" / "derivatives" / "a: #\nb" / "sub-01" / "anat" / "sub-01_desc-x: y_mask.nii.gz"
    write(odd, (tissue_labels() > 0).astype(np.uint8), centred_affine())
    draft = draft_mapping(root)
    content = yaml.safe_load(draft.text)
    assert content["images"] == {"T1w": {"suffix": "T1w"}}
    assert [entry["folder"] for entry in content["masks"].values()] == ["derivatives/a: #\nb"]
    assert list(draft.table[draft.mapping.kinds[1]]) == [str(odd.relative_to(root)), "", ""]


@pytest.mark.slow
def test_900_sessions_are_checked_by_their_headers_in_ten_seconds(tmp_path):
    """Processor time, which a busy machine does not stretch as it does the clock."""
    root, data = tmp_path / "c", np.zeros((4, 4, 4), np.int16)
    rows = ["participant_id\tsex"]
    for n in range(450):
        name = f"sub-{n:03d}"
        rows.append(f"{name}\tM")
        for visit in ("01", "02"):
            for suffix, value in (("T2w", 2 * n + int(visit)), ("dseg", 1)):
                stem = root / name / f"ses-{visit}" / "anat" / f"{name}_ses-{visit}_{suffix}.nii.gz"
                write(stem, data + np.int16(value), np.eye(4))
        table = root / name / f"{name}_sessions.tsv"
        table.write_text(f"session_id\tscan_age\nses-01\t{40 + n / 100}\nses-02\t{50 + n / 100}\n")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    begun = time.process_time()
    draft = draft_mapping(root)
    half = time.process_time()
    write_draft(draft, root / FILE_NAME)
    assert len(Cohort.load(root, "raad2023")) == 900
    assert half - begun < 10 and time.process_time() - half < 10
