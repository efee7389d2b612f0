"""A scan: anatomy and protocol in, magnitude image out.

Order of events, as in a scanner: every tissue in a voxel gives its own signal and the signals add; the coil's
field weighs them; a slice gathers the signal across its thickness; k-space is filled line by line while the
head may move, no further than the resolution asks, and its rim is rolled off; noise of the level that remains
after that filter enters both receiver channels; zero-filling makes the voxels finer; the magnitude is taken
last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from neolab.errors import InputError
from neolab.simulate import artefacts
from neolab.simulate.anatomy import Anatomy, make_anatomy
from neolab.simulate.model import HeadModel
from neolab.simulate.protocols import IMAGE_UNITS, Protocol
from neolab.simulate.relaxation import NEGLIGIBLE_FRACTION, Relaxation, relaxation_maps
from neolab.simulate.scan_grid import ScanGrid
from neolab.simulate.subject import Subject, stream
from neolab.simulate.tissues import TISSUES

#: Spread of the receiver gain between scans, standard deviation of its logarithm. Design value.
GAIN_SPREAD = 0.10


@dataclass(frozen=True)
class Scan:
    """An image with the geometry and the facts that a file needs.

    Attributes
    ----------
    image : ndarray of float32
        Magnitude, in the units of :data:`neolab.simulate.protocols.IMAGE_UNITS`.
    affine : (4, 4) ndarray
    sidecar : dict
        In BIDS terms.
    """

    image: np.ndarray
    affine: np.ndarray
    sidecar: dict = field(default_factory=dict)


def render_for(whose: Subject | HeadModel, protocol: Protocol) -> Anatomy:
    """Render the part of a subject's anatomy that a protocol images, at the voxel size that it asks for.

    Where the first slice falls in the head is chance, as on a scanner.

    Parameters
    ----------
    whose : Subject or HeadModel
        See `make_anatomy`.
    protocol : Protocol
    """
    subject = whose.subject if isinstance(whose, HeadModel) else whose
    return make_anatomy(whose, *view_for(subject, protocol))


def view_for(subject, protocol: Protocol) -> tuple[tuple[float, ...], tuple[float, float] | None]:
    """Voxels and slab that a protocol asks for, mm: the arguments of `make_anatomy`.

    Protocols with equal views see the same anatomy.
    """
    if protocol.slices is None or protocol.slice_axis != 2:
        return tuple(protocol.render_mm), None
    half = protocol.slice_spacing_mm / 2
    middle = protocol.slab_centre_mm + stream(subject, "slices").uniform(-half, half)
    reach = protocol.slices * half
    return tuple(protocol.render_mm), (middle - reach, middle + reach)


def acquire(anatomy, protocol: Protocol, relaxation: dict[str, Relaxation] | None = None) -> Scan:
    """Scan a subject.

    Parameters
    ----------
    anatomy : Anatomy
        Rendered with voxels no coarser than the protocol's.
    protocol : Protocol
    relaxation : dict, optional
        Tissue -> :class:`Relaxation`; made from the anatomy when None. Lesions come in here.

    Returns
    -------
    Scan
    """
    subject = anatomy.subject
    if relaxation is None:
        relaxation = relaxation_maps(anatomy, protocol.field_tesla)
    shape = anatomy.template_mm.shape[1:]
    flip = artefacts.coil_field(stream(subject, "flip_angle"), anatomy.affine, shape, protocol.flip_sd)
    bias = artefacts.coil_field(stream(subject, "bias"), anatomy.affine, shape, protocol.bias_sd)
    signal = signal_volume(anatomy.fractions, relaxation, protocol, flip) * bias

    grid = ScanGrid.of(anatomy, protocol)
    slices = np.moveaxis(grid.gather(signal), protocol.slice_axis, 2)
    noise = stream(subject, f"noise/{protocol.name}")
    kspace = artefacts.motion_kspace(
        stream(subject, f"motion/{protocol.name}"), slices, subject.motion, grid.edges_mm, grid.fourier_axes
    )
    kspace = artefacts.resize_kspace(kspace, grid.fourier_axes, grid.acquired)
    # In the plane only: along a slab the neck is cut off, and smoothing would wrap it round to the vertex.
    kspace = artefacts.taper_kspace(kspace, grid.fourier_axes[:2])
    received = artefacts.from_kspace(kspace, grid.fourier_axes)
    received = received + artefacts.complex_noise(noise, received.shape, protocol.noise_sd)
    if grid.reconstructed != grid.acquired:
        kspace = artefacts.to_kspace(received, grid.fourier_axes)
        kspace = artefacts.resize_kspace(kspace, grid.fourier_axes, grid.reconstructed)
        received = artefacts.from_kspace(kspace, grid.fourier_axes)
    gain = np.exp(GAIN_SPREAD * stream(subject, f"gain/{protocol.name}").standard_normal())
    image = np.abs(received) * np.float32(IMAGE_UNITS * gain)
    return Scan(np.moveaxis(image, 2, protocol.slice_axis), grid.affine, protocol.sidecar())


def signal_volume(fractions, relaxation, protocol, flip_scale=1.0) -> np.ndarray:
    """Sum of the signals of all tissues in every voxel, each weighed by its fraction.

    Signals are summed, never T1 or T2 averaged: a voxel of half fluid and half brain has no common T1.

    Parameters
    ----------
    fractions : dict
        Tissue -> float32 array.
    relaxation : dict
        Tissue -> :class:`Relaxation`, for every tissue of ``fractions``.
    protocol : Protocol
    flip_scale : float or ndarray
        Local over nominal flip angle.

    Returns
    -------
    ndarray of float32
        In units of pure water.

    Raises
    ------
    InputError
        If a tissue has no relaxation.
    """
    missing = [name for name in fractions if name not in relaxation]
    if missing:
        raise InputError(
            f"relaxation: found no entry for {', '.join(missing)}, expected one for every tissue"
        )
    total = np.zeros(next(iter(fractions.values())).shape, np.float32)
    flat = total.reshape(-1)
    flip_scale = np.ravel(flip_scale) if np.ndim(flip_scale) else flip_scale
    for name, fraction in fractions.items():
        if name == "air":
            continue
        present = np.ravel(fraction)
        voxels = relaxation[name].voxels
        if voxels is None:
            voxels = np.flatnonzero(present > NEGLIGIBLE_FRACTION)
        scale = flip_scale[voxels] if np.ndim(flip_scale) else flip_scale
        flat[voxels] += present[voxels] * protocol.signal(relaxation[name].at(voxels), scale)
    return total


def scan_labels(anatomy, protocol: Protocol) -> np.ndarray:
    """Tissue that fills most of each voxel of the scan, as labels of :data:`neolab.simulate.tissues.TISSUES`.

    Returns
    -------
    ndarray of uint8
        The shape of the image that :func:`acquire` makes.
    """
    grid = ScanGrid.of(anatomy, protocol)
    shares = ((TISSUES[name], share) for name, share in anatomy.fractions.items() if name in TISSUES)
    return _largest(grid, shares)


def scan_mask(anatomy, protocol: Protocol, mask: np.ndarray, share: float = 0.25) -> np.ndarray:
    """Carry a label mask from the voxels of an anatomy to those of the scan.

    Parameters
    ----------
    anatomy : Anatomy
    protocol : Protocol
    mask : ndarray of uint8
        On the voxels of the anatomy; 0 is background.
    share : float
        A scan's voxel gets a label that fills this much of it: thin lesions survive thick slices.

    Returns
    -------
    ndarray of uint8
        The shape of the image that :func:`acquire` makes.
    """
    grid = ScanGrid.of(anatomy, protocol)
    parts = ((value, (mask == value).astype(np.float32)) for value in np.unique(mask[mask > 0]))
    return _largest(grid, parts, share)


def _largest(grid: ScanGrid, shares: Iterable[tuple[int, np.ndarray]], least: float = 0.0) -> np.ndarray:
    """Label of the largest of some shares in every voxel of a scan, where it fills more than ``least``."""
    labels, best = np.zeros((2, *grid.shape), np.float32)
    for label, rendered in shares:
        box = _bounding_box(rendered)
        if box is None:
            continue
        share, place = grid.resample(rendered, box)
        better = share > np.maximum(best[place], least)
        labels[place][better] = label
        np.maximum(best[place], share, out=best[place])
    return labels.astype(np.uint8)


def _bounding_box(fraction):
    """Slices round the voxels that hold some of a tissue; None where there are none."""
    box = []
    present = fraction > NEGLIGIBLE_FRACTION
    for axis in range(3):
        hit = np.flatnonzero(present.any(axis=tuple({0, 1, 2} - {axis})))
        if not len(hit):
            return None
        box.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(box)
