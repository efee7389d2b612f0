"""The gradient-echo signal: complex sum of tissues, thick slices, coil and noise."""

import numpy as np

from neolab.machine import blocks, over_cores
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import stream
from neolab.simulate.susceptibility.adult_brain import SHEETS, Brain
from neolab.simulate.susceptibility.dipole import phase_per_ppm
from neolab.simulate.susceptibility.maps import ADULT_TISSUES, AdultTissue, Maps
from neolab.simulate.susceptibility.protocol import GreProtocol
from neolab.simulate.susceptibility.splines import interpolate, interpolation, thick_mean
from neolab.simulate.susceptibility.subject import AdultSubject


def spoiled_gradient_echo(tissue: AdultTissue, protocol: GreProtocol) -> float:
    """Steady-state magnitude of one tissue (Ernst): PD sin a (1-E1)/(1-E1 cos a) exp(-TE R2*)."""
    angle = np.deg2rad(protocol.flip_angle_deg)
    e1 = np.exp(-protocol.repetition_time_ms / tissue.t1_ms)
    steady = tissue.proton_density * np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1)
    return float(steady * np.exp(-protocol.echo_time_ms * 1e-3 * tissue.r2_star))


def fine_signal(brain: Brain, maps: Maps, field_ppm: np.ndarray, protocol: GreProtocol) -> np.ndarray:
    """Complex signal on the fine lattice, complex64, scaled so that white matter is about 1.

    The phase is ``-gamma dB TE``: paramagnetic bodies have negative phase (left-handed convention).
    """
    unit = spoiled_gradient_echo(ADULT_TISSUES["white_matter"], protocol)
    echo_s = protocol.echo_time_ms * 1e-3
    weights = {
        name: np.float32(spoiled_gradient_echo(ADULT_TISSUES[name], protocol) / unit)
        for name in brain.fractions
        if name != "air"
    }
    turn = np.float32(-phase_per_ppm(protocol.field_tesla, protocol.echo_time_ms))
    signal = np.empty(field_ppm.shape, np.complex64)

    def fill(part: slice) -> None:
        magnitude = sum(brain.fractions[name][part] * weight for name, weight in weights.items())
        magnitude *= maps.water[part]
        magnitude *= np.exp(maps.extra_r2_star[part] * np.float32(-echo_s))
        phase = field_ppm[part] * turn
        np.multiply(magnitude, np.cos(phase), out=signal[part].real)
        np.multiply(magnitude, np.sin(phase), out=signal[part].imag)

    over_cores(fill, blocks(len(signal), SHEETS))
    return signal


def receive(subject: AdultSubject, signal: np.ndarray, lattice: Lattice, protocol: GreProtocol) -> np.ndarray:
    """Average sub-slices as complex numbers, then add coil shading, a shim offset and noise.

    Averaging complex numbers, not magnitudes, is what makes a microbleed bloom: opposite phases cancel.
    """
    slices = thick_mean(signal, protocol.sub_slices)
    slices = slices * _coil(subject, lattice.thick(protocol.sub_slices))
    noise = stream(subject, f"noise {protocol.name}")
    slices.real += noise.standard_normal(slices.shape, np.float32) / np.float32(protocol.snr)
    slices.imag += noise.standard_normal(slices.shape, np.float32) / np.float32(protocol.snr)
    return slices


def _coil(subject: AdultSubject, lattice: Lattice) -> np.ndarray:
    """Receive shading of about 12 %, and the phase of an imperfect shim after coil combination.

    A shim error is a low-order harmonic field, so background removal can take it away; a receive phase would
    not be harmonic, and is what multi-echo coil combination removes before any of this.
    """
    rng = stream(subject, "coil")
    size = np.array(lattice.shape) * lattice.spacing
    low = np.array(lattice.origin) - 20
    coarse = Lattice.from_corner(low, low + np.maximum(size + 40, 5 * 45), (45.0, 45.0, 45.0))
    shading = interpolate(rng.normal(0, 0.15, coarse.shape), interpolation(coarse, lattice))
    lines = (line.astype(np.float32) / 80.0 for line in lattice.lines())
    x, y, z = np.meshgrid(*lines, indexing="ij", sparse=True)
    harmonics = (1.0, x, y, z, x * y, y * z, x * z, x**2 - y**2, 2 * z**2 - x**2 - y**2)
    radians = sum(
        np.float32(a) * h for a, h in zip(rng.normal(0, 1.0, len(harmonics)), harmonics, strict=True)
    )
    return np.exp(shading + 1j * radians).astype(np.complex64)
