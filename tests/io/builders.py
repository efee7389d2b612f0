"""Small folders for the tests of neolab.io."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from neolab.io.bids_write import DatasetWriter
from neolab.io.nifti import write_nifti

AFFINE = np.array([[0.9, 0.1, 0.0, -10.0], [-0.1, 0.9, 0.0, 5.0], [0.0, 0.0, 3.0, -4.0], [0, 0, 0, 1.0]])
LOOKUP = {"air": 0, "white_matter": 1, "globus_pallidus": 8}
COLUMNS = {
    "label": "diagnosis",
    "positive": ["ABE"],
    "negative": ["HB"],
    "postmenstrual_age_weeks": "scan_age",
}


def picture(seed: int, shape=(9, 8, 7)) -> np.ndarray:
    """An image that is unlike that of any other seed."""
    return np.random.default_rng(seed).uniform(0, 900, shape).astype(np.float32)


def write_cohort(out: Path, ids=("SYN0001", "SYN0002", "SYN0003", "SYN0004"), **options) -> Path:
    """Write a cohort with T1w, labels, a brain mask, and a lesion in the first participant."""
    options = {"study": "wu2021", "result_class": "synthetic", "seed": 1, "columns": COLUMNS} | options
    with DatasetWriter(out, **options) as writer:
        write_tables(writer, ids)
        for number, participant_id in enumerate(ids):
            write_scan(writer, participant_id, number)
        writer.mask(ids[0], "01", "lesion", picture(0) > 800, AFFINE)
    return out


def write_tables(writer: DatasetWriter, ids) -> None:
    """Write participants, sessions, latents and one row per lesion."""
    count = len(ids)
    diagnosis = ["ABE" if number % 2 else "HB" for number in range(count)]
    sexes = ["male" if number % 2 else "female" for number in range(count)]
    weights = [np.nan, *np.linspace(2.5, 3.5, count - 1)]
    writer.participants(
        pd.DataFrame({"participant_id": ids, "sex": sexes, "birth_weight": weights, "diagnosis": diagnosis}),
        {"birth_weight": {"Description": "Weight at birth", "Units": "kg"}},
    )
    scans = pd.DataFrame({"participant_id": ids, "session_id": "01"})
    writer.sessions(scans.assign(scan_age=np.linspace(38, 41, count)))
    writer.latents(scans.assign(globus_pallidus_ratio=np.linspace(1.3, 1.4, count)))
    writer.truth_table(
        "lesions", pd.DataFrame([(ids[0], "01", 1.5), (ids[0], "01", 2.5)], columns=[*scans, "ml"])
    )


def write_scan(writer: DatasetWriter, participant_id: str, number: int) -> None:
    """Write the images of one scan."""
    data = picture(number)
    writer.image(participant_id, "01", "T1w", data, AFFINE, {"EchoTime": 0.00214, "FlipAngle": 80})
    labels = np.select([data > 600, data > 300], [8, 1], 0)
    writer.label_map(participant_id, "01", labels, AFFINE, LOOKUP)
    writer.mask(participant_id, "01", "brain", data > 300, AFFINE)


def real_folder(root: Path, ids=("01", "02"), mapping: dict | None = None) -> Path:
    """Write a BIDS folder as a hospital might have it: no sessions, one T1w each, a mask of another name."""
    root.mkdir(parents=True, exist_ok=True)
    for number, participant_id in enumerate(ids):
        anat = root / f"sub-{participant_id}" / "anat"
        write_nifti(anat / f"sub-{participant_id}_acq-se_T1w.nii.gz", picture(10 + number), AFFINE)
        manual = root / "derivatives" / "manual" / f"sub-{participant_id}" / "anat"
        write_nifti(manual / f"sub-{participant_id}_label-GP_mask.nii.gz", picture(number) > 700, AFFINE)
    table = pd.DataFrame(
        {"participant_id": [f"sub-{i}" for i in ids], "sex": ["M", "F"], "group": ["p", "c"]}
    )
    table.to_csv(root / "participants.tsv", sep="\t", index=False)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "x", "BIDSVersion": "1.8.0"}))
    mapping = mapping or {
        "result_class": "real",
        "columns": {"label": "group", "positive": ["p"], "negative": ["c"]},
        "images": {"T1w": {"suffix": "T1w"}},
        "masks": {"globus_pallidus": {"suffix": "mask", "label": "GP", "folder": "derivatives/manual"}},
    }
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return root
