"""Trained models on templates with real pathology, such as the spina bifida atlas of Fidon et al. 2021.

Fidon et al., Open Research Europe 2021;1:123: group averages of fetal T2-weighted scans, each in a folder of
its own with ``srr.nii.gz``, ``mask.nii.gz`` (brain) and ``parcellation.nii.gz`` (label 2: ventricles).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from neolab.errors import InputError
from neolab.io.geometry import one_thread
from neolab.studies.raad2023.preprocess import Prepared, Reference, carry_mask, prepare

VENTRICLES = 2


@dataclass(frozen=True)
class Template:
    """One template, prepared like a scan of the cohort.

    Attributes
    ----------
    name : str
    cube : array of float32, (N, N, N)
        In [0, 1].
    ventricles : array of bool, (N, N, N)
    enlargement : float
        Volume by which the affine registration enlarged the brain to the reference's size.
    prepared : Prepared
    """

    name: str
    cube: np.ndarray
    ventricles: np.ndarray
    enlargement: float
    prepared: Prepared


def template_folders(path: str | Path) -> list[Path]:
    """Return the folders below ``path`` that hold a template.

    Raises
    ------
    InputError
        If there is none.
    """
    files = ("srr.nii.gz", "mask.nii.gz", "parcellation.nii.gz")
    found = sorted(f.parent for f in Path(path).glob("*/srr.nii.gz"))
    folders = [folder for folder in found if all((folder / name).is_file() for name in files)]
    if not folders:
        raise InputError(
            f"template_path: found no template in {path}, expected folders with {', '.join(files)}"
        )
    return folders


def load_templates(path: str | Path, reference: Reference) -> Iterator[Template]:
    """Prepare the templates below ``path`` one after the other; their masks replace the brain extraction."""
    for folder in template_folders(path):
        image, mask, labels = (
            nib.load(folder / f"{name}.nii.gz") for name in ("srr", "mask", "parcellation")
        )
        with one_thread():
            prepared = prepare(image, reference, mask)
            marked = (np.rint(labels.get_fdata()) == VENTRICLES).astype(np.uint8)
            ventricles = carry_mask(nib.Nifti1Image(marked, labels.affine), prepared, reference)
        yield Template(
            name=folder.name,
            cube=np.asarray(prepared.steps["scaled"].dataobj, np.float32),
            ventricles=ventricles,
            enlargement=float(1 / abs(np.linalg.det(prepared.matrix[:3, :3]))),
            prepared=prepared,
        )
