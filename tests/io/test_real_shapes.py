"""Folders as people have them: the right number, or one sentence that says what is wrong.

The cases follow public reports (nibabel 626, 898, 1001; nilearn 282; fmriprep 792, 2507; nibabies 388; bids-
specification 1020; nnUNet 1669; spinalcordtoolbox 3232; data-multi-subject 153).
"""

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import yaml
from phantoms import (
    LOOKUP,
    ORDERS,
    T1_SIGNAL,
    T2_SIGNAL,
    WU_MAPPING,
    Codes,
    centred_affine,
    image_of,
    stored_as,
    tissue_labels,
    write,
    wu_folder,
)

from neolab.errors import InputError
from neolab.io.cohort import Cohort, CohortError
from neolab.io.voxel_checks import check_voxels


def pallidum_ratio(cohort: Cohort, row: int) -> float:
    """Signal of the globus pallidus over that of white matter, labels brought to the image."""
    t1w = cohort.read(row, "T1w")
    labels = cohort.read(row, "dseg").onto(t1w, "nearest").data
    return float(t1w.data[labels == 2].mean() / t1w.data[labels == 1].mean())


def assert_right(cohort: Cohort) -> None:
    """The numbers by construction: ratios 1.30 and 1.45, and the pallidum's volume of 2 x 1.75 ml."""
    assert check_voxels(cohort) == []
    ratios = [pallidum_ratio(cohort, row) for row in range(len(cohort))]
    np.testing.assert_allclose(ratios, [1.45 if row % 2 else 1.30 for row in range(len(cohort))], atol=0.003)
    labels = cohort.read(0, "dseg")
    expected = (tissue_labels() == 2).sum() * 0.008
    assert (labels.data == 2).sum() * labels.voxel_ml == pytest.approx(expected, rel=1e-6)


def only_a_long_quaternion(path, data, affine):
    """A turn by 180 degrees whose 32-bit quaternion is longer than 1 by 4e-7, and no sform."""
    raw = {"quatern_b": 0, "quatern_c": 0, "quatern_d": np.float32(np.sqrt(1 + 4e-7)), "sform_code": 0}
    turned = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    raw |= dict(zip(("qoffset_x", "qoffset_y", "qoffset_z"), turned[:3, 3], strict=True))
    return write(path, data, affine, Codes(sform=0, raw=raw))


def one_volume_of_four_dimensions(path, data, affine):
    raw = {"pixdim": [1, 2, 2, 2, 0, 0, 0, 0]}
    return write(path, data.astype(np.float64)[..., None], affine, Codes(raw=raw))


def labels_through_a_slope(path, data, affine):
    """As nibabel saves whole numbers in 64 bits into a 16-bit file: 1 comes back as 0.99997."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(data.astype(np.float64), affine)
    image.header.set_data_dtype(np.int16)
    nib.save(image, path)
    assert not float(np.asanyarray(nib.load(path).dataobj).max()).is_integer()


def slope_of_nan(path, data, affine):
    return write(path, data, affine, Codes(raw={"scl_slope": np.nan, "scl_inter": np.nan}))


def values_through_a_slope(path, data, affine):
    stored = ((data.astype(float) + 10) / 0.25).astype(np.int16)
    return write(path, stored, affine, Codes(raw={"scl_slope": 0.25, "scl_inter": -10.0}))


def left_to_right(path, data, affine):
    return write(path, *stored_as(data, affine, "LAS"))


def sagittal(path, data, affine):
    return write(path, *stored_as(data, affine, "PIR"))


def registered(path, data, affine):
    """The scanner's place in the qform, another in an sform that a registration wrote: the sform counts."""
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, code=2)
    image.set_qform(affine + [[0, 0, 0, 30], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], code=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        (only_a_long_quaternion, only_a_long_quaternion),
        (one_volume_of_four_dimensions, write),
        (write, labels_through_a_slope),
        (values_through_a_slope, slope_of_nan),
        (left_to_right, write),
        (sagittal, left_to_right),
        (registered, write),
    ],
)
def test_valid_files_give_the_numbers_of_the_plain_ones(tmp_path, image, labels):
    assert_right(Cohort.load(wu_folder(tmp_path / "c", image=image, labels=labels), "wu2021"))


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_the_axes_does_not_count(tmp_path, order):
    """48 ways of storing an image: position, volume, size and signal stay those of the head."""
    data, affine = stored_as(image_of(tissue_labels(), T1_SIGNAL), centred_affine(), order)
    folder = wu_folder(tmp_path / "c", n=2)
    write(folder / "sub-01" / "anat" / "sub-01_T1w.nii.gz", data, affine)
    cohort = Cohort.load(folder, "wu2021")
    volume = cohort.read(0, "T1w")
    assert volume.voxel_mm == pytest.approx((2.0, 2.0, 2.0)) and volume.shape == (48, 60, 32)
    np.testing.assert_array_equal(volume.data, image_of(tissue_labels(), T1_SIGNAL))
    np.testing.assert_allclose(volume.affine, centred_affine(), atol=1e-4)
    assert cohort.read(0, "dseg").same_grid(volume)


def test_labels_drawn_on_the_other_contrast_are_brought_over_by_world_position(tmp_path):
    """T1w and T2w have one matrix and different places; the labels lie on the T2w's grid."""
    folder, tissue, affine = wu_folder(tmp_path / "c"), tissue_labels(), centred_affine()
    moved = affine.copy()
    moved[1, 3] -= 5 * 2.0
    for number in range(4):
        name = f"sub-{number + 1:02d}"
        t1w = image_of(tissue, T1_SIGNAL | {2: 145 if number % 2 else 130}, number)
        write(folder / name / "anat" / f"{name}_T1w.nii.gz", np.roll(t1w, 5, axis=1), moved)
        write(folder / name / "anat" / f"{name}_T2w.nii.gz", image_of(tissue, T2_SIGNAL, 9 + number), affine)
    images = {"T1w": {"suffix": "T1w"}, "T2w": {"suffix": "T2w"}}
    (folder / "neolab.yaml").write_text(yaml.safe_dump(WU_MAPPING | {"images": images}))
    assert_right(Cohort.load(folder, "wu2021"))


def test_masks_are_read_by_the_stated_rule(tmp_path):
    tissue, affine = tissue_labels(), centred_affine()
    inside = tissue > 0
    kinds = {
        "bytes": inside.astype(np.uint8),
        "full": inside.astype(np.uint8) * 255,
        "numbered": (inside * (1 + (np.indices(inside.shape)[0] > 24))).astype(np.int16),
        "probable": np.where(inside, 0.9, 0.2).astype(np.float32),
        "fraction": np.where(inside, np.float32(0.7), 0),
    }
    masks = {name: {"suffix": "mask", "desc": name, "folder": "derivatives/manual"} for name in kinds}
    folder = wu_folder(tmp_path / "c", n=2)
    for name, data in kinds.items():
        path = folder / "derivatives" / "manual" / "sub-01" / "anat" / f"sub-01_desc-{name}_mask.nii.gz"
        write(path, data, affine)
    (folder / "neolab.yaml").write_text(yaml.safe_dump(WU_MAPPING | {"masks": masks}))
    cohort = Cohort.load(folder, "wu2021")
    for name in kinds:
        np.testing.assert_array_equal(cohort.read(0, f"{name}_mask").data, inside, err_msg=name)


def nan_background(path, data, affine):
    return write(path, np.where(data < 20, np.nan, data).astype(np.float32), affine)


def colours(path, data, affine):
    rgb = np.zeros(data.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(rgb, affine), path)


def not_compressed(path, data, affine):
    plain = write(path.with_suffix(""), data, affine)
    plain.rename(path)


def compressed_under_a_plain_name(path, data, affine):
    write(path, data, affine).rename(path.with_suffix(""))


def pointer(path, data, affine):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n")


def link_without_content(path, data, affine):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("../../.git/annex/objects/SHA256E-s1--0.nii.gz")


def sizes_that_disagree(path, data, affine):
    return write(path, data, affine, Codes(raw={"pixdim": [1, 1, 1, 1, 0, 0, 0, 0]}))


def nowhere(path, data, affine):
    return write(path, data, affine, Codes(sform=0, qform=0))


def metres(path, data, affine):
    small = np.diag([0.001, 0.001, 0.001, 1]) @ affine
    return write(path, data, small)


def two_places(path, data, affine):
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine + [[0, 0, 0, 30], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], code=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)


def two_volumes(path, data, affine):
    return write(path, np.stack([data, data], axis=3), affine)


REFUSED = [
    (nan_background, "voxels that are not finite"),
    (colours, "expected one real number a voxel"),
    (not_compressed, "not compressed, expected gzip"),
    (compressed_under_a_plain_name, "found a gzip file, expected one that is named .nii.gz"),
    (pointer, "git lfs pull"),
    (link_without_content, "git-annex or DataLad: get the file first"),
    (sizes_that_disagree, r"2 x 2 x 2 mm in its affine and of 1 x 1 x 1 mm in its header"),
    (nowhere, "neither a qform nor an sform"),
    (metres, "expected 0.05 to 20 mm a side"),
    (two_places, "place a corner 30 mm apart"),
    (two_volumes, "found shape 48x60x32x2, expected three dimensions"),
]


@pytest.mark.parametrize(("image", "sentence"), REFUSED, ids=[case[0].__name__ for case in REFUSED])
def test_what_cannot_give_a_right_number_is_refused_with_its_cause(tmp_path, image, sentence):
    def first_only(path, data, affine):
        return (image if "sub-01" in path.name else write)(path, data, affine)

    folder = wu_folder(tmp_path / "c", image=first_only)
    with pytest.raises(CohortError, match=sentence) as found:
        cohort = Cohort.load(folder, "wu2021")
        if problems := check_voxels(cohort):
            raise CohortError(folder, problems)
    assert len(found.value.problems) == 1 and "sub-01" in found.value.problems[0]


def test_images_behind_links_and_a_difficult_path_are_read(tmp_path):
    """A store beside the folder, as DataLad and hospitals keep one; blanks, accents, brackets, per cent."""
    folder = wu_folder(tmp_path / "Säuglinge [T1] 100% (Kopie)" / "data")
    store = folder.parent / "store"
    store.mkdir()
    for path in folder.rglob("*_T1w.nii.gz"):
        path.rename(store / path.name)
        path.symlink_to(Path("..") / ".." / ".." / "store" / path.name)
    assert_right(Cohort.load(folder, "wu2021"))


def test_a_label_map_beside_its_image_is_refused(tmp_path):
    def elsewhere(path, data, affine):
        return write(path, data[:, :, :20], affine + [[0, 0, 0, 90], [0] * 4, [0] * 4, [0] * 4])

    with pytest.raises(CohortError, match="found it beside its T1w, expected it in the same place"):
        Cohort.load(wu_folder(tmp_path / "c", labels=elsewhere), "wu2021")


TABLE = "participant_id\tdiagnosis\tage_days\n" + "".join(
    f"sub-{n + 1:02d}\t{'ABE' if n % 2 else 'HB'}\t{3 + n}.5\n" for n in range(4)
)


@pytest.mark.parametrize(
    "content",
    [
        TABLE.replace("\n", "\r\n").encode("utf-8-sig"),
        TABLE.replace("diagnosis", "diagnosis ").replace("ABE", "ABE ").encode(),
        TABLE.replace("sub-", "").encode(),
    ],
    ids=["byte-order mark and CRLF", "blanks", "identifiers without sub-"],
)
def test_tables_of_other_programs_are_read(tmp_path, content):
    folder = wu_folder(tmp_path / "c")
    (folder / "participants.tsv").write_bytes(content)
    table = Cohort.load(folder, "wu2021").table
    assert list(table["label"]) == [0, 1, 0, 1] and list(table["age_days"]) == [3.5, 4.5, 5.5, 6.5]


def test_missing_numbers_of_r_are_missing(tmp_path):
    folder = wu_folder(tmp_path / "c")
    (folder / "participants.tsv").write_text(TABLE.replace("4.5", "NA"))
    ages = Cohort.load(folder, "wu2021").table["age_days"]
    assert np.isnan(ages[1]) and list(ages.dropna()) == [3.5, 5.5, 6.5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (TABLE.replace(".5", ",5").encode(), "column age_days, row 1: found '3,5', expected a decimal point"),
        (TABLE.replace("\t", ";").encode(), "found columns split by semicolons, expected tabs"),
        (TABLE.encode("utf-16"), "found UTF-16"),
        (TABLE.replace("HB", "HB\xe9", 1).encode("cp1252"), "character in line 2 that is not UTF-8"),
        (TABLE.replace("age_days", "diagnosis").encode(), "found column 'diagnosis' twice"),
        (TABLE.replace("4.5", "four").encode(), "found age_days 'four', expected a number"),
        (TABLE.replace("sub-0", "").encode(), "found 1 for the folder sub-01, expected the same: the zeros"),
        (TABLE.replace("participant_id", "subject").encode(), "expected participant_id among them"),
        (b"", "found"),
    ],
)
def test_tables_that_would_be_misread_are_refused_with_their_cause(tmp_path, content, sentence):
    folder = wu_folder(tmp_path / "c")
    (folder / "participants.tsv").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        Cohort.load(folder, "wu2021")


def visits(folder, session_column: bool, listed: bool):
    """Two visits of every child, with an age at each in its sessions table or in the participants table."""
    tissue, affine = tissue_labels(), centred_affine()
    rows = []
    for number in range(3):
        name = f"sub-{number + 1:02d}"
        for session, age in (("01", 1.0 + number), ("02", 7.0 + number)):
            stem = folder / name / f"ses-{session}" / "anat" / f"{name}_ses-{session}_T1w.nii.gz"
            write(stem, image_of(tissue, T1_SIGNAL, int(session) * 10 + number), affine)
            rows.append((name, f"ses-{session}", age))
    if listed:
        for name in {row[0] for row in rows}:
            lines = [f"{session}\t{age}" for who, session, age in rows if who == name]
            (folder / name / f"{name}_sessions.tsv").write_text("session_id\tage\n" + "\n".join(lines) + "\n")
        rows = [row for row in rows if row[1] == "ses-01"]
    column = "session_id" if session_column else "session"
    lines = [f"{who}\t{session}\t{age}" if not listed else f"{who}\t{age}" for who, session, age in rows]
    header = f"participant_id\t{column}\tage" if not listed else "participant_id\tage"
    (folder / "participants.tsv").write_text("\n".join([header, *lines]) + "\n")
    mapping = {"result_class": "real", "columns": {"age_months": "age"}, "images": {"T1w": {"suffix": "T1w"}}}
    (folder / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return folder


@pytest.mark.parametrize("listed", [True, False], ids=["age in both tables", "one row per session"])
def test_every_visit_has_the_age_of_that_visit(tmp_path, listed):
    table = Cohort.load(visits(tmp_path, session_column=True, listed=listed)).table
    assert list(table["age_months"]) == [1.0, 7.0, 2.0, 8.0, 3.0, 9.0]


def test_rows_of_visits_under_another_name_are_told_the_way_out(tmp_path):
    with pytest.raises(CohortError, match="call the column 'session' session_id"):
        Cohort.load(visits(tmp_path, session_column=False, listed=False))


def test_one_edited_word_does_not_make_a_simulation_real(tmp_path):
    from builders import write_cohort

    folder = write_cohort(tmp_path / "c")
    text = (folder / "neolab.yaml").read_text()
    (folder / "neolab.yaml").write_text(text.replace("result_class: synthetic", "result_class: real"))
    with pytest.raises(InputError, match="found real, but dataset_description.json says synthetic"):
        Cohort.load(folder)
    (folder / "dataset_description.json").unlink()
    with pytest.raises(InputError, match="latents of a simulation"):
        Cohort.load(folder)


def test_a_whole_gzip_of_nothing_is_no_image(tmp_path):
    folder = wu_folder(tmp_path / "c", n=2)
    path = folder / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    path.write_bytes(gzip.compress(b""))
    with pytest.raises(CohortError, match="does not begin as NIfTI does"):
        Cohort.load(folder)
    assert LOOKUP["globus_pallidus"] == 2
