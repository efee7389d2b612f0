"""A small folder as the developing HCP releases it, and a few learnable cubes."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from neolab.io.nifti import write_nifti
from neolab.parameters import check_parameters
from neolab.studies.gloresnet2026.data import Data
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.studies.gloresnet2026.parameters import Gloresnet2026Parameters
from neolab.studies.gloresnet2026.settings import Setting

SHAPE = (24, 28, 20)
AFFINE = np.array(
    [[-2.0, 0, 0, 20], [0, 2.0, 0, -25], [0, 0, 2.5, -18], [0, 0, 0, 1]]
)  # L, P as RAS: x falls


def parameters(**given):
    small = {"epochs": 12, "batch_size": 8, "learning_rate": 5e-3, "mixup_alpha": 0.0, "width": 0.0625}
    return check_parameters(Gloresnet2026Parameters, {"profile": "smoke", **small, **given})


def setting(**given):
    return Setting("tiny", lambda: GloResNet(width=0.0625), **given)


def head(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A head of noise and the labels of Draw-EM in it: white matter around ventricles."""
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes))
    labels = np.where(radius < 0.3, 5, np.where(radius < 0.8, 3, 0))
    return np.random.default_rng(seed).uniform(50, 900, SHAPE) * (radius < 0.95), labels


def write_dhcp(root: Path, scores) -> Path:
    """Write release 3 of the structural pipeline, one session an infant."""
    people = [f"CC{number:05d}XX01" for number in range(len(scores))]
    table = pd.DataFrame({"participant_id": people, "sex": "male", "singleton": "S"})
    table["sex"] = np.resize(["male", "female", "male"], len(people))
    table = table.assign(
        birth_age=30.0 + np.arange(len(people)) / 4, birth_weight=1.5 + np.arange(len(people)) / 20
    )
    root.mkdir(parents=True, exist_ok=True)
    table.to_csv(root / "participants.tsv", sep="\t", index=False)
    for number, (person, score) in enumerate(zip(people, scores, strict=True)):
        session, folder = f"{7000 + number}", root / f"sub-{person}"
        stem = folder / f"ses-{session}" / "anat" / f"sub-{person}_ses-{session}_"
        row = {"session_id": session, "scan_age": 36.0 + number / 5, "radiology_score": score, "sedation": 0}
        folder.mkdir(exist_ok=True)
        pd.DataFrame([row]).to_csv(folder / f"sub-{person}_sessions.tsv", sep="\t", index=False)
        image, labels = head(number)
        write_nifti(Path(f"{stem}desc-restore_T2w.nii.gz"), image.astype(np.float32), AFFINE)
        write_nifti(Path(f"{stem}desc-brain_mask.nii.gz"), labels > 0, AFFINE)
        write_nifti(Path(f"{stem}desc-drawem9_dseg.nii.gz"), labels.astype(np.int16), AFFINE)
    return root


def data_of(volumes: np.ndarray, labels: np.ndarray) -> Data:
    """Cubes and labels without a folder behind them."""
    table = pd.DataFrame({"participant_id": [f"P{row}" for row in range(len(labels))], "label": labels})
    return Data(None, table, torch.from_numpy(volumes))
