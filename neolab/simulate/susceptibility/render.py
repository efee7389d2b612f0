"""One subject and one protocol in, magnitude, phase, SWI, QSM and ground truth out."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from neolab.simulate.susceptibility.adult_brain import Brain, make_brain
from neolab.simulate.susceptibility.dipole import field_shift_ppm
from neolab.simulate.susceptibility.gre import acquire, fine_signal
from neolab.simulate.susceptibility.grid import thick_mean
from neolab.simulate.susceptibility.lesions import (
    Lesion,
    blooming_radius_mm,
    draw_lesions,
    lesion_fraction,
    lesion_table,
)
from neolab.simulate.susceptibility.protocol import GreProtocol
from neolab.simulate.susceptibility.qsm import quantitative_susceptibility
from neolab.simulate.susceptibility.subject import AdultSubject
from neolab.simulate.susceptibility.susceptibility import make_maps
from neolab.simulate.susceptibility.swi import homodyne_phase, susceptibility_weighted
from neolab.simulate.susceptibility.vessels import draw_veins

VISIBLE_VEIN_FRACTION = 0.08


@dataclass
class GreScan:
    """One simulated session, all images on the same thick-slice grid.

    Attributes
    ----------
    magnitude, phase : ndarray
        float32; phase in radians, wrapped, paramagnetic negative.
    swi : ndarray
    qsm_ppm : ndarray or None
    brain_mask : ndarray of bool
    lesion_labels : ndarray of int16
        Reference: voxels of microbleed i hold i, from 1.
    lesions : pandas.DataFrame
        Every body, microbleeds first in ``label`` order; mimics have label 0.
    affine : ndarray
    sidecar : dict
        Acquisition parameters, BIDS names.
    vein_mask : ndarray of bool
        Voxels with enough venous blood to be seen.
    """

    magnitude: np.ndarray
    phase: np.ndarray
    swi: np.ndarray
    qsm_ppm: np.ndarray | None
    brain_mask: np.ndarray
    lesion_labels: np.ndarray
    lesions: pd.DataFrame
    affine: np.ndarray
    sidecar: dict = field(default_factory=dict)
    vein_mask: np.ndarray | None = None


def render(
    subject: AdultSubject,
    protocol: GreProtocol,
    slab_mm: tuple[float, float] | None = None,
    lesions: list[Lesion] | None = None,
) -> GreScan:
    """Simulate one scan: anatomy, veins, lesions, field, signal, then the images made from it.

    Parameters
    ----------
    subject : AdultSubject
    protocol : GreProtocol
    slab_mm : (low, high), optional
        Range of scanner z; the whole head when absent.
    lesions : list of Lesion, optional
        Drawn from the subject's own streams when absent.
    """
    brain = make_brain(subject, protocol.fine_voxel_mm, protocol.sub_slices, slab_mm)
    lesions = draw_lesions(subject, brain, protocol) if lesions is None else lesions
    veins = draw_veins(subject, brain)
    maps = make_maps(brain, veins, lesions)
    shift = field_shift_ppm(maps.susceptibility_ppm, brain.grid.voxel_mm)
    image = acquire(subject, fine_signal(brain, maps, shift, protocol), brain.grid, protocol)
    scan = _products(image, brain, lesions, protocol)
    scan.vein_mask = (thick_mean(veins, protocol.sub_slices) > VISIBLE_VEIN_FRACTION) & scan.brain_mask
    return scan


def _products(image, brain: Brain, lesions, protocol: GreProtocol) -> GreScan:
    thick = brain.grid.thick(protocol.sub_slices)
    mask = thick_mean(brain.depth_mm, protocol.sub_slices) > 0
    magnitude, phase = np.abs(image), np.angle(image)
    high_pass = homodyne_phase(image, thick.voxel_mm)
    qsm = None
    if "qsm" in protocol.products:
        qsm = quantitative_susceptibility(
            image, mask, thick.voxel_mm, protocol.field_tesla, protocol.echo_time_ms
        )
    labels, table = reference(lesions, thick, protocol)
    return GreScan(
        magnitude,
        phase,
        susceptibility_weighted(magnitude, high_pass),
        qsm,
        mask,
        labels,
        table,
        thick.affine,
        _sidecar(protocol),
    )


def reference(lesions: list[Lesion], grid, protocol: GreProtocol) -> tuple[np.ndarray, pd.DataFrame]:
    """Label volume and table of one session: microbleeds get labels 1, 2, ...; mimics 0.

    A reader marks what looks dark, which is wider than the iron: the signal void at this echo time.
    """
    labels = np.zeros(grid.shape, np.int16)
    bleeds = [lesion for lesion in lesions if lesion.kind == "microbleed"]
    for label, lesion in enumerate(bleeds, start=1):
        box, fraction = lesion_fraction(
            replace(lesion, diameter_mm=2 * float(_void_radius(lesion, protocol))), grid
        )
        seen = fraction >= min(0.3, fraction.max(initial=0))
        labels[box][seen & (fraction > 0)] = label
    table = lesion_table(bleeds + [lesion for lesion in lesions if lesion.kind != "microbleed"])
    table.insert(0, "label", [*range(1, len(bleeds) + 1), *[0] * (len(table) - len(bleeds))])
    return labels, table


def _void_radius(lesion: Lesion, protocol: GreProtocol) -> float:
    return blooming_radius_mm(
        lesion.diameter_mm / 2, lesion.susceptibility_ppm, protocol.field_tesla, protocol.echo_time_ms
    )


def _sidecar(protocol: GreProtocol) -> dict:
    return {
        "MagneticFieldStrength": protocol.field_tesla,
        "EchoTime": protocol.echo_time_ms / 1000,
        "RepetitionTime": protocol.repetition_time_ms / 1000,
        "FlipAngle": protocol.flip_angle_deg,
        "SliceThickness": protocol.voxel_mm[2],
    }
