"""One example of every lesion of the preterm brain, rendered to be looked at in T1 and T2."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from neolab.machine import one_job_a_core, return_free_memory
from neolab.simulate.acquisition import acquire, scan_labels, scan_mask
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.lesions.paint import paint
from neolab.simulate.lesions.record import PAINTED, Lesion
from neolab.simulate.lesions.shape import with_shape
from neolab.simulate.protocols import DHCP_T1W, DHCP_T2W
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import BRAIN_TISSUE, TISSUES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LesionExample:
    """What to draw.

    Attributes
    ----------
    title : str
        As a report would name it.
    postmenstrual_age_weeks : float
        An age at which the finding is seen.
    lesions : tuple of Lesion
        The finding and what goes with it.
    template_z_mm : float, optional
        Height of the axial slice in template millimetres; by default that with most of the lesion.
    main : str, optional
        Kind whose slice is shown; the first lesion's by default.
    """

    title: str
    postmenstrual_age_weeks: float
    lesions: tuple[Lesion, ...] = ()
    template_z_mm: float | None = None
    main: str | None = None


EXAMPLES: tuple[LesionExample, ...] = (
    LesionExample("no finding", 40, (), 12),
    LesionExample("punctate lesions", 37, (Lesion("punctate_white_matter", severity=0.7, count=9),)),
    LesionExample(
        "cystic leukomalacia",
        38,
        (
            Lesion("cystic_leukomalacia", severity=0.7, count=6),
            Lesion("ventricular_dilatation", severity=0.1),
        ),
    ),
    LesionExample("diffuse high signal", 40, (Lesion("diffuse_high_signal", severity=0.9),), 26),
    LesionExample(
        "germinal matrix bleed\n(grade I)", 31, (Lesion("germinal_matrix_haemorrhage", "left", 0.8),)
    ),
    LesionExample(
        "intraventricular bleed\n(grade II)",
        31,
        (
            Lesion("intraventricular_haemorrhage", "right", 0.4),
            Lesion("germinal_matrix_haemorrhage", "right", 0.6),
        ),
    ),
    LesionExample(
        "intraventricular bleed\n(grade III)",
        32,
        (
            Lesion("intraventricular_haemorrhage", "both", 0.8),
            Lesion("ventricular_dilatation", severity=0.4),
        ),
    ),
    LesionExample(
        "venous infarction\n(grade IV)",
        31,
        (
            Lesion("periventricular_infarction", "left", 0.6),
            Lesion("intraventricular_haemorrhage", "left", 0.6),
        ),
    ),
    LesionExample("dilatation,\ncolpocephaly", 38, (Lesion("ventricular_dilatation", severity=0.7),), 8),
    LesionExample("volume loss", 40, (Lesion("volume_loss", severity=0.8),), 14),
    LesionExample("asymmetric ventricles", 40, (Lesion("asymmetry", "left", 0.7),), 12),
    LesionExample("subependymal cyst", 39, (Lesion("subependymal_cyst", "left", 0.9),)),
    LesionExample("cerebellar bleed,\nsmall", 36, (Lesion("cerebellar_haemorrhage", "left", 0.35),)),
    LesionExample("cerebellar bleed,\nlobar", 36, (Lesion("cerebellar_haemorrhage", "right", 0.85),)),
    LesionExample("subdural bleed", 40, (Lesion("subdural_haemorrhage", "left", 0.7),)),
    LesionExample("basal ganglia and\nthalamic injury", 40, (Lesion("basal_ganglia_injury", severity=0.9),)),
    LesionExample("watershed injury", 40, (Lesion("watershed_injury", severity=0.9),), 32),
    LesionExample(
        "with head motion",
        38,
        (Lesion("ventricular_dilatation", severity=0.3),),
        10,
    ),
)

MOTION_OF = {"with head motion": 0.8}


def example_table(examples: tuple[LesionExample, ...] = EXAMPLES) -> "pd.DataFrame":
    """What a sheet shows: one row a finding, with the age of its infant in weeks."""
    import pandas as pd

    rows = [
        {"title": example.title.replace("\n", " "), "weeks": example.postmenstrual_age_weeks, **finding}
        for example in examples
        for finding in ([asdict(lesion) for lesion in example.lesions] or [{}])
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class RenderedExample:
    """One axial slice of one example.

    Attributes
    ----------
    title : str
    t2, t1 : ndarray, (X, Y)
        RAS+.
    outline : ndarray of bool, (X, Y)
        The lesion in that slice; empty for findings of shape.
    t2_window, t1_window : (float, float)
        Black and white level that keep brain and lesion apart.
    pixel_mm : float
    """

    title: str
    t2: np.ndarray
    t1: np.ndarray
    outline: np.ndarray
    t2_window: tuple[float, float]
    t1_window: tuple[float, float]
    pixel_mm: float


def render_examples(
    examples: tuple[LesionExample, ...] = EXAMPLES, voxel_mm: float = 1.25, seed: int = 0
) -> list[RenderedExample]:
    """Simulate the examples, each as an infant of its own.

    Parameters
    ----------
    examples : tuple of LesionExample
    voxel_mm : float
        Edge of the cubic voxels; 1 to 2.
    seed : int
        Of the infants.
    """
    with one_job_a_core() as pool:
        jobs = enumerate(examples)
        rendered = list(pool.map(lambda job: render_example(job[1], voxel_mm, seed, job[0]), jobs))
    return_free_memory()
    return rendered


def render_example(
    example: LesionExample, voxel_mm: float = 1.25, seed: int = 0, number: int = 0
) -> RenderedExample:
    """Simulate one example and cut the slice that shows it."""
    subject = Subject(
        f"SYN{number + 1:04d}",
        "01",
        seed,
        example.postmenstrual_age_weeks,
        "female",
        lesions=example.lesions,
        motion=MOTION_OF.get(example.title, 0.0),
    )
    anatomy = make_anatomy(with_shape(subject), (voxel_mm,) * 3)
    painted = paint(anatomy)
    protocols = [protocol.cubic(voxel_mm) for protocol in (DHCP_T2W, DHCP_T1W)]
    t2, t1 = (acquire(painted.anatomy, protocol, painted.relaxation).image for protocol in protocols)
    kinds = scan_mask(anatomy, protocols[0], painted.mask)
    main = example.main or (example.lesions[0].kind if example.lesions else None)
    shown = kinds == PAINTED[main] if main in PAINTED else np.zeros(kinds.shape, bool)
    index = _slice(example, shown, anatomy)
    cut = [volume[:, :, index] for volume in (t2, t1, kinds > 0)]
    # Blood is brighter than any brain and may burn out; a window that holds it leaves the brain black.
    healthy = np.where(kinds > 0, 0, scan_labels(anatomy, protocols[0]))
    windows = _windows(t2, t1, healthy)
    return RenderedExample(example.title, *cut, *windows, voxel_mm)


def _slice(example: LesionExample, shown: np.ndarray, anatomy) -> int:
    """Number of the axial slice with most of the lesion, or at the example's height."""
    if example.template_z_mm is None and shown.any():
        return int(shown.sum(axis=(0, 1)).argmax())
    middle = tuple(n // 2 for n in shown.shape[:2])
    heights = anatomy.template_mm[2][middle]
    return int(np.abs(heights - (example.template_z_mm or 0.0)).argmin())


def _windows(t2: np.ndarray, t1: np.ndarray, labels: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Grey windows as a reader sets them: T2 by white matter (fluid nearly white), T1 by the brain."""
    white = labels == TISSUES["white_matter"]
    brain = np.isin(labels, [TISSUES[name] for name in BRAIN_TISSUE])
    return (0.0, 1.8 * float(np.median(t2[white]))), (0.0, 1.1 * float(np.quantile(t1[brain], 0.995)))
