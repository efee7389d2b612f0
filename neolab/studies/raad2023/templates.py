"""Trained models on templates with real pathology, such as the spina bifida atlas of Fidon et al. 2021.

Fidon et al., Open Research Europe 2021;1:123: group averages of fetal T2-weighted scans, each in a folder of
its own with ``srr.nii.gz``, ``mask.nii.gz`` (brain) and ``parcellation.nii.gz`` (label 2: ventricles).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.geometry import one_thread
from neolab.io.patterns import FilePattern
from neolab.io.volume import Volume
from neolab.io.voxels import read_volume
from neolab.metrics.roc import auc
from neolab.studies.raad2023.anomaly_maps import Detector, mean_square
from neolab.studies.raad2023.preprocess import Reference, carry_mask, prepare

# File -> what it holds; see `neolab.io.patterns.FilePattern`.
FILES = {"srr": "images", "mask": "masks", "parcellation": "labels"}
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
    """

    name: str
    cube: np.ndarray
    ventricles: np.ndarray
    enlargement: float


def template_folders(path: str | Path) -> list[Path]:
    """Return the folders below ``path`` that hold a template.

    Raises
    ------
    InputError
        If there is none.
    """
    found = sorted(file.parent for file in Path(path).glob("*/srr.nii.gz"))
    folders = [folder for folder in found if all(_file(folder, name).is_file() for name in FILES)]
    if not folders:
        expected = ", ".join(_file(Path(), name).name for name in FILES)
        raise InputError(f"template_path: found no template in {path}, expected folders with {expected}")
    return folders


def read_template(folder: Path) -> dict[str, Volume]:
    """Read and check the files of one template, by the names in `FILES`."""
    return {name: read_volume(_file(folder, name), FilePattern(name, role)) for name, role in FILES.items()}


def load_templates(path: str | Path, reference: Reference) -> Iterator[Template]:
    """Prepare the templates below ``path`` one after the other; their masks replace the brain extraction."""
    for folder in template_folders(path):
        scan, mask, labels = read_template(folder).values()
        with one_thread():
            prepared = prepare(scan.image(), reference, mask.onto(scan, "nearest").image())
            ventricles = carry_mask(labels.with_data(labels.data == VENTRICLES).image(), prepared, reference)
        yield Template(
            name=folder.name,
            cube=np.asarray(prepared.steps["scaled"].dataobj, np.float32),
            ventricles=ventricles,
            enlargement=float(1 / abs(np.linalg.det(prepared.matrix[:3, :3]))),
        )


def look_at_templates(
    detector: Detector, templates: Sequence[Template], usual_error: float
) -> tuple[pd.DataFrame, dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Let a method look at templates.

    Parameters
    ----------
    detector : Detector
    templates : sequence of Template
    usual_error : float
        Mean squared error of a usual scan, to compare with.

    Returns
    -------
    table : DataFrame
        One row a template; the AUC says how well standard scores tell ventricles from the rest of the brain.
    views : dict of str to (scan, z, ventricles)
        For `neolab.studies.raad2023.residual_figures.three_planes`.
    """
    rows, views = [], {}
    maps = detector.look(template.cube for template in templates)
    for said, template in zip(maps, templates, strict=True):
        inside = template.cube > 0
        rows.append(
            {
                "template": template.name,
                "enlarged by registration": template.enlargement,
                "error / median held-out error": mean_square(said.residual) / usual_error,
                "ventricles against the rest (AUC)": auc(template.ventricles[inside], said.z[inside]),
            }
        )
        views[template.name] = (template.cube, said.z, template.ventricles)
    return pd.DataFrame(rows), views


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.nii.gz"
