"""Quantitative susceptibility mapping: unwrap, remove the background field, invert the dipole."""

import numpy as np
from scipy import ndimage as ndi

from neolab.machine import over_cores
from neolab.simulate.susceptibility.dipole import dipole_response, phase_per_ppm
from neolab.simulate.susceptibility.fourier import (
    fast_shape,
    filtered,
    from_spectrum,
    inverse_or_zero,
    spectrum_of,
    squared_frequencies,
)

# Voxels around the brain that are kept: the filters' wrap-around and the cut phase stay out of it.
MARGIN = 8
SHARP_RADII_MM = (12.0, 8.0, 5.0, 3.0)
SHARP_THRESHOLD = 0.05
TKD_THRESHOLD = 0.19
# Phase that turns more than this from slice to slice cannot be told from a wrap.
STEEP_RADIANS = 2.0


def quantitative_susceptibility(image, mask, voxel_mm, field_tesla: float, echo_time_ms: float) -> np.ndarray:
    """Susceptibility in ppm from one echo (paramagnetic phase negative), mean of the brain set to 0.

    Parameters
    ----------
    image : ndarray (X, Y, Z), complex
        Its phase is the raw, wrapped one.
    mask : ndarray of bool
        Brain; voxels with unreliable phase at its border are left out.
    voxel_mm : tuple of float
    field_tesla, echo_time_ms : float

    Returns
    -------
    ndarray
        float32 ppm, 0 outside the mask where the local field could be found.
    """
    qsm = np.zeros(mask.shape, np.float32)
    if mask.any():
        (brain,) = ndi.find_objects(mask.astype(np.int8))
        box = tuple(slice(max(side.start - MARGIN, 0), side.stop + MARGIN) for side in brain)
        qsm[box] = _invert(image[box], mask[box], voxel_mm, phase_per_ppm(field_tesla, echo_time_ms))
    return qsm


def _invert(image, mask, voxel_mm, radians_per_ppm: float) -> np.ndarray:
    padded = fast_shape(np.add(image.shape, MARGIN))
    shift = laplacian_unwrap(np.angle(image), voxel_mm, padded) * np.float32(-1 / radians_per_ppm)
    local, reliable = v_sharp(shift, reliable_mask(image, mask), voxel_mm, padded)
    chi = threshold_k_division(local, voxel_mm, padded)
    chi -= chi[reliable].mean() if reliable.any() else 0
    return chi * reliable


def reliable_mask(image: np.ndarray, mask: np.ndarray, roughness_limit: float = 0.45) -> np.ndarray:
    """The mask without the regions beside air where the phase turns too fast to be unwrapped.

    Where neighbouring voxels disagree, the local mean of unit phasors is short. Small islands of such
    voxels, microbleeds and veins, stay in: only what is still rough at the scale of a centimetre goes.
    """

    def mean_turn(axis: int) -> np.ndarray:
        """Mean phasor from voxel to voxel along an axis; the last voxel has the turn of the one before."""
        along = np.moveaxis(image, axis, 0)
        turn = _phasor(along[1:] * np.conj(along[:-1]))
        turn = np.moveaxis(np.concatenate([turn, turn[-1:]]), 0, axis)
        size = (9, 9, 3)
        return ndi.uniform_filter(turn.real, size) + 1j * ndi.uniform_filter(turn.imag, size)

    along_z, along_x = over_cores(mean_turn, (2, 0))
    length = np.minimum(np.abs(along_z), np.abs(along_x))
    steep = along_z.real < np.cos(np.float32(STEEP_RADIANS)) * np.abs(along_z)
    return mask & (1 - length < roughness_limit) & ~steep


def _phasor(image: np.ndarray) -> np.ndarray:
    """The phase alone: every complex number divided by its size, 1 for 0."""
    size = np.abs(image)
    return np.divide(image, size, out=np.ones_like(image), where=size > 0)


def laplacian_unwrap(phase, voxel_mm, padded=None) -> np.ndarray:
    """Unwrapped phase up to a harmonic function (Schofield and Zhu 2003).

    The Laplacian of the true phase follows from sines and cosines alone, so wraps never appear; solving
    Poisson's equation brings the phase back, and background removal takes the harmonic part away.
    """
    sine, cosine = np.sin(phase, dtype=np.float32), np.cos(phase, dtype=np.float32)
    of_sine, of_cosine = (filtered(part, lambda k2, _: k2, voxel_mm, padded) for part in (sine, cosine))
    laplacian = cosine * of_sine - sine * of_cosine
    return filtered(laplacian, lambda k2, _: inverse_or_zero(k2), voxel_mm, padded)


def v_sharp(field, mask, voxel_mm, padded=None, radii_mm=SHARP_RADII_MM, threshold=SHARP_THRESHOLD):
    """Local field by variable-radius spherical mean values (Schweser 2011, Wu 2012).

    Background fields are harmonic inside the brain: subtracting the mean over a sphere removes them. Each
    voxel uses the largest sphere that fits into the mask; deconvolution with the largest follows.

    Returns
    -------
    local : ndarray
        Same unit as ``field``.
    reliable : ndarray of bool
        The mask eroded by the smallest sphere.
    """
    padded = padded or field.shape
    depth = ndi.distance_transform_edt(mask, voxel_mm)
    spectrum = spectrum_of(field * mask, padded)
    high_pass = np.zeros(field.shape, np.float32)
    for radius in sorted(radii_mm):
        inside = depth > radius
        without_mean = from_spectrum(spectrum, _less_mean(radius), voxel_mm, padded, field.shape)
        high_pass[inside] = without_mean[inside]
    reliable = depth > min(radii_mm)
    less_mean = _less_mean(max(radii_mm))
    local = filtered(
        high_pass, lambda k2, kz2: inverse_or_zero(less_mean(k2, kz2), threshold), voxel_mm, padded
    )
    return local * reliable, reliable


def _less_mean(radius_mm: float):
    """The response that subtracts the mean over a ball from a field."""
    return lambda k2, _: 1 - spherical_mean_transfer(np.sqrt(k2), radius_mm)


def spherical_mean_transfer(k_per_mm: np.ndarray, radius_mm: float) -> np.ndarray:
    """Fourier transform of the mean over a ball: 3 (sin x - x cos x) / x^3 with x = 2 pi k r."""
    x = np.maximum(2 * np.pi * radius_mm * k_per_mm, 1e-2).astype(np.float32)
    return 3 * (np.sin(x) - x * np.cos(x)) / x**3


def threshold_k_division(local_ppm, voxel_mm, padded=None, threshold: float = TKD_THRESHOLD) -> np.ndarray:
    """Divide by the dipole response, held at ``threshold`` near its zero cone (Shmueli 2009).

    The truncation lowers every value; dividing by the mean of the point-spread function corrects that
    (Schweser 2013).
    """
    padded = padded or local_ppm.shape

    def divided(k2, kz2):
        response = dipole_response(k2, kz2)
        return np.copysign(1 / np.maximum(np.abs(response), np.float32(threshold)), response)

    kx2, ky2, kz2 = squared_frequencies(padded, voxel_mm)
    response = dipole_response(kx2 + ky2 + kz2, kz2)
    recovered = np.minimum(np.abs(response) / np.float32(threshold), 1).mean()
    return filtered(local_ppm, divided, voxel_mm, padded) / recovered
