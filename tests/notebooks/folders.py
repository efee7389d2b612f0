"""Folders for the five studies as people have them, tiny: what a folder lacks is left out by an option."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from phantoms import T1_SIGNAL, WU_MAPPING, centred_affine, image_of, tissue_labels, write

from neolab.io.nifti import write_nifti
from neolab.run.paths import repository_folder

SHAPE = (24, 28, 20)
#: Left, posterior: x falls as the file goes on.
AFFINE = np.array([[-4.0, 0, 0, 46], [0, 4.0, 0, -54], [0, 0, 4.0, -38], [0, 0, 0, 1]])
DHCP_NAMES = {
    2: {"mask": "desc-bet_space-T2w_brainmask", "dseg": "desc-drawem9_space-T2w_dseg", "sex": "gender"},
    3: {"mask": "desc-brain_mask", "dseg": "desc-drawem9_dseg", "sex": "sex"},
}


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False, na_rep="n/a")


def _mapping(root: Path, mapping: Mapping[str, Any]) -> Path:
    (root / "neolab.yaml").write_text(yaml.safe_dump(dict(mapping)))
    return root


def printed_mapping(study: str, number: int = 0) -> dict[str, Any]:
    """A ``neolab.yaml`` that data/README.md prints for a study."""
    text = (repository_folder() / "data" / "README.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(part.partition("```")[0]) for part in text.split("```yaml\n")[1:]]
    return [block for block in blocks if block["study"] == study][number]


def newborn_head(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A T2w head and its Draw-EM labels: fluid around cortex around white matter around ventricles."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij")
    size = rng.uniform(0.85, 1.0, 3)
    radius = np.sqrt(sum((axis / scale) ** 2 for axis, scale in zip(axes, size, strict=True)))
    labels = np.select(
        [radius < rng.uniform(0.2, 0.3), radius < 0.6, radius < 0.75, radius < 0.85], [5, 3, 2, 1], 0
    )
    signal = np.array([40.0, 900, 350, 600, 0, 950])[labels]
    rim = (radius >= 0.9) & (radius < 1)
    lumps = rng.normal(0, 40, SHAPE)
    return np.maximum(np.where(rim, 500, signal) + lumps, 0).astype(np.float32), labels.astype(np.int16)


def dhcp(
    root: Path,
    children: Sequence[Sequence[str | None]],
    *,
    release: int = 3,
    scored: bool = True,
    masks: bool = True,
    dseg: bool = True,
    sex: bool = True,
) -> Path:
    """A dHCP release: one list of radiology scores a child, one score a session; None was not downloaded."""
    names, people = DHCP_NAMES[release], []
    for number, scores in enumerate(children):
        who = f"CC{number:05d}XX{number % 7:02d}"
        known = {"birth_age": 30 + number % 9, "birth_weight": 1.5 + number % 5 / 4}
        people.append(
            {"participant_id": who, **({names["sex"]: ("Male", "Female")[number % 2]} if sex else {})} | known
        )
        sessions = []
        for visit, score in enumerate(scores):
            session = f"{7000 + 10 * number + visit}"
            row = {"session_id": session, "scan_age": 35.0 + 3 * visit + number / 5}
            sessions.append(row | ({"radiology_score": score} if scored else {}))
            stem = f"{root}/sub-{who}/ses-{session}/anat/sub-{who}_ses-{session}_"
            image, labels = newborn_head(100 * number + visit)
            write_nifti(Path(f"{stem}desc-restore_T2w.nii.gz"), image, AFFINE)
            if masks:
                write_nifti(Path(f"{stem}{names['mask']}.nii.gz"), (labels > 0).astype(np.uint8), AFFINE)
            if dseg:
                write_nifti(Path(f"{stem}{names['dseg']}.nii.gz"), labels, AFFINE)
        _table(root / f"sub-{who}" / f"sub-{who}_sessions.tsv", sessions)
    _table(root / "participants.tsv", people)
    return root


def jaundice(
    root: Path,
    diagnoses: Sequence[str | None],
    *,
    labels: bool = True,
    stn: bool = True,
    columns: bool = True,
) -> Path:
    """A hospital's T1w of newborns, with ABE and HB, for wu2021; the pallidum is brighter in ABE."""
    tissue, affine = tissue_labels(), centred_affine()
    if not stn:
        tissue = np.where(tissue == 3, 1, tissue).astype(np.uint8)
    rows = []
    for number, diagnosis in enumerate(diagnoses):
        name = f"sub-{number + 1:02d}"
        signal = T1_SIGNAL | {2: (145 if diagnosis == "ABE" else 130) + number % 4}
        write(root / name / "anat" / f"{name}_T1w.nii.gz", image_of(tissue, signal, number), affine)
        if labels:
            write(root / "derivatives/manual" / name / "anat" / f"{name}_dseg.nii.gz", tissue, affine)
        more = {"sex": "FM"[number % 2], "age_days": 3 + number % 6} if columns else {}
        rows.append({"participant_id": name, "diagnosis": diagnosis, **more})
    _table(root / "participants.tsv", rows)
    mapping = {name: block for name, block in WU_MAPPING.items() if labels or name != "labels"}
    if None in diagnoses:
        mapping["columns"] = mapping["columns"] | {"ignore": ["n/a"]}
    if set(diagnoses) == {None}:
        mapping.pop("columns")
    return _mapping(root, mapping)


def myelin(
    root: Path,
    ages_weeks: Sequence[float | None],
    *,
    contrasts: Sequence[str] = ("T1w", "T2w"),
    masks: bool = True,
    tesla: Sequence[float] = (),
    aged: bool = True,
) -> Path:
    """Infants in two contrasts whose white matter changes with age, for wada2019."""
    shape, affine = (36, 44, 14), np.diag([4, 4, 8, 1])
    head, white = np.zeros(shape, bool), np.zeros(shape, bool)
    head[3:33, 3:41, 1:13], white[12:24, 14:30, 3:11] = True, True
    rows = []
    for number, age in enumerate(ages_weeks):
        name, rng = f"sub-{number + 1:02d}", np.random.default_rng(number)
        change = ((age or 80) - 80) * white
        for contrast, sign in (("T1w", 1), ("T2w", -1)):
            if contrast in contrasts:
                voxels = head * (100 + 10 * rng.standard_normal(shape) + sign * change)
                write_nifti(root / name / f"anat/{name}_{contrast}.nii.gz", voxels.astype(np.float32), affine)
        if masks:
            mask = root / f"derivatives/brains/{name}/anat/{name}_desc-brain_mask.nii.gz"
            write_nifti(mask, head.astype(np.uint8), affine)
        scanner = {"field_strength_tesla": tesla[number % len(tesla)]} if tesla else {}
        rows.append({"participant_id": name, "sex": "F"} | ({"scan_age": age} if aged else {}) | scanner)
    _table(root / "participants.tsv", rows)
    mapping = printed_mapping("wada2019")
    mapping["images"] = {kind: file for kind, file in mapping["images"].items() if kind in contrasts}
    if not masks:
        mapping.pop("masks")
    if not aged:
        mapping["columns"] = {"sex": "sex"}
    return _mapping(root, mapping)


def bleeding_head(seed: int, n_lesions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """An SWI with its skull, its brain mask, its microbleeds, and their centres in voxels."""
    shape, rng = (48, 56, 16), np.random.default_rng(seed)
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    size = rng.uniform(0.85, 1.0, 3)
    radius = np.sqrt(sum((axis / scale) ** 2 for axis, scale in zip(axes, size, strict=True)))
    image, lesions, centres = 100 + 8 * rng.standard_normal(shape), np.zeros(shape, bool), []
    image += 30 * np.cos(axes[0] * rng.uniform(2, 5)) * np.cos(axes[1] * rng.uniform(2, 5))
    grid = np.indices(shape)
    for _ in range(n_lesions):
        centre = np.array([rng.integers(16, 32), rng.integers(18, 38), rng.integers(5, 11)])
        ball = ((grid - centre[:, None, None, None]) ** 2).sum(axis=0) <= 4
        lesions |= ball
        centres.append(centre)
    image[lesions] *= 0.3
    image[(radius > 0.95) & (radius < 1.05)] = 160
    return image.astype(np.float32), (radius < 0.85), lesions, np.array(centres).reshape(-1, 3)


BLEED_AFFINE = np.diag([1.0, 1.0, 1.5, 1.0])


def valdo(
    root: Path, lesions: Sequence[int | None], *, cohorts: Sequence[str] = (), required: bool = True
) -> Path:
    """VALDO as data/README.md describes it: stripped T2*, one mask a person; None has no mask file."""
    rows = []
    for number, n_lesions in enumerate(lesions):
        name = f"sub-{101 + number}"
        image, brain, bleeds, _ = bleeding_head(number, n_lesions or 0)
        stem = f"{root}/{name}/{name}_space-T2S_"
        write_nifti(Path(f"{stem}desc-masked_T2S.nii.gz"), image * brain, BLEED_AFFINE)
        if n_lesions is not None:
            write_nifti(Path(f"{stem}CMB.nii.gz"), bleeds.astype(np.uint8), BLEED_AFFINE)
        rows.append(
            {"participant_id": name} | ({"cohort": cohorts[number % len(cohorts)]} if cohorts else {})
        )
    if cohorts:
        _table(root / "participants.tsv", rows)
    mapping = printed_mapping("sundaresan2023", 0)
    if not required:
        mapping["masks"]["microbleed"]["required"] = False
    return _mapping(root, mapping)


def shk(root: Path, lesions: Sequence[int], *, brains: bool = True) -> Path:
    """SHK as data/README.md describes it: SWI with the skull, brain masks, and points in voxels."""
    for number, n_lesions in enumerate(lesions):
        image, brain, _, centres = bleeding_head(50 + number, n_lesions)
        name = f"{number + 1:02d}"
        write_nifti(root / f"images/{name}.nii.gz", image, BLEED_AFFINE)
        if brains:
            write_nifti(root / f"brains/{name}.nii.gz", brain.astype(np.uint8), BLEED_AFFINE)
        table = pd.DataFrame(centres, columns=["x", "y", "z"])
        (root / "points").mkdir(exist_ok=True)
        table.to_csv(root / f"points/{name}.csv", index=False)
    return _mapping(root, printed_mapping("sundaresan2023", 1))
