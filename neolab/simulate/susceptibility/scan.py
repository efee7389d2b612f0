"""An adult is scanned: one subject and one protocol in, magnitude, phase, SWI, QSM and ground truth out."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from neolab.simulate.lattice import Lattice
from neolab.simulate.susceptibility.adult_brain import Brain, make_brain
from neolab.simulate.susceptibility.bodies import (
    Body,
    blooming_radius_mm,
    body_fraction,
    body_table,
    draw_bodies,
)
from neolab.simulate.susceptibility.dipole import field_shift_ppm
from neolab.simulate.susceptibility.gre import fine_signal, receive
from neolab.simulate.susceptibility.maps import make_maps
from neolab.simulate.susceptibility.protocol import GreProtocol
from neolab.simulate.susceptibility.qsm import quantitative_susceptibility
from neolab.simulate.susceptibility.splines import thick_mean
from neolab.simulate.susceptibility.subject import AdultSubject
from neolab.simulate.susceptibility.swi import homodyne_phase, susceptibility_weighted
from neolab.simulate.susceptibility.vessels import draw_veins

VISIBLE_VEIN_FRACTION = 0.08


@dataclass
class GreScan:
    """One simulated session, all images on the same lattice of thick slices.

    Attributes
    ----------
    magnitude, phase : ndarray
        float32; phase in radians, wrapped, paramagnetic negative.
    swi : ndarray
    qsm_ppm : ndarray or None
    brain_mask : ndarray of bool
    lesion_labels : ndarray of int16
        Reference: voxels of microbleed i hold i, from 1.
    bodies : pandas.DataFrame
        Every magnetic body, microbleeds first in ``label`` order; mimics have label 0.
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
    bodies: pd.DataFrame
    affine: np.ndarray
    sidecar: dict = field(default_factory=dict)
    vein_mask: np.ndarray | None = None


def scan_adult(
    subject: AdultSubject,
    protocol: GreProtocol,
    slab_mm: tuple[float, float] | None = None,
    bodies: list[Body] | None = None,
) -> GreScan:
    """Simulate one scan: anatomy, veins, bodies, field, signal, then the images made from it.

    Parameters
    ----------
    subject : AdultSubject
    protocol : GreProtocol
    slab_mm : (low, high), optional
        Range of scanner z; the whole head when absent.
    bodies : list of Body, optional
        Drawn from the subject's own streams when absent.
    """
    brain = make_brain(subject, protocol.fine_voxel_mm, protocol.sub_slices, slab_mm)
    bodies = draw_bodies(subject, brain, protocol) if bodies is None else bodies
    veins = draw_veins(subject, brain)
    maps = make_maps(brain, veins, bodies)
    shift = field_shift_ppm(maps.susceptibility_ppm, brain.lattice.spacing)
    image = receive(subject, fine_signal(brain, maps, shift, protocol), brain.lattice, protocol)
    scan = _products(image, brain, bodies, protocol)
    scan.vein_mask = (thick_mean(veins, protocol.sub_slices) > VISIBLE_VEIN_FRACTION) & scan.brain_mask
    return scan


def _products(image, brain: Brain, bodies, protocol: GreProtocol) -> GreScan:
    thick = brain.lattice.thick(protocol.sub_slices)
    mask = thick_mean(brain.depth_mm, protocol.sub_slices) > 0
    magnitude, phase = np.abs(image), np.angle(image)
    high_pass = homodyne_phase(image, thick.spacing)
    qsm = None
    if "qsm" in protocol.products:
        qsm = quantitative_susceptibility(
            image, mask, thick.spacing, protocol.field_tesla, protocol.echo_time_ms
        )
    labels, table = reference(bodies, thick, protocol)
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


def reference(bodies: list[Body], lattice: Lattice, protocol: GreProtocol) -> tuple[np.ndarray, pd.DataFrame]:
    """Label volume and table of one session: microbleeds get labels 1, 2, ...; mimics 0.

    A reader marks what looks dark, which is wider than the iron: the signal void at this echo time.
    """
    labels = np.zeros(lattice.shape, np.int16)
    bleeds = [body for body in bodies if body.kind == "microbleed"]
    for label, body in enumerate(bleeds, start=1):
        box, fraction = body_fraction(
            replace(body, diameter_mm=2 * float(_void_radius(body, protocol))), lattice
        )
        seen = fraction >= min(0.3, fraction.max(initial=0))
        labels[box][seen & (fraction > 0)] = label
    table = body_table(bleeds + [body for body in bodies if body.kind != "microbleed"])
    table.insert(0, "label", [*range(1, len(bleeds) + 1), *[0] * (len(table) - len(bleeds))])
    return labels, table


def _void_radius(body: Body, protocol: GreProtocol) -> float:
    return blooming_radius_mm(
        body.diameter_mm / 2, body.susceptibility_ppm, protocol.field_tesla, protocol.echo_time_ms
    )


def _sidecar(protocol: GreProtocol) -> dict:
    return {
        "MagneticFieldStrength": protocol.field_tesla,
        "EchoTime": protocol.echo_time_ms / 1000,
        "RepetitionTime": protocol.repetition_time_ms / 1000,
        "FlipAngle": protocol.flip_angle_deg,
        "SliceThickness": protocol.voxel_mm[2],
    }
