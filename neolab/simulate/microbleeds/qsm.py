"""Quantitative susceptibility mapping: unwrap, remove the background field, invert the dipole."""

import numpy as np
from scipy import fft
from scipy import ndimage as ndi

from neolab.simulate.microbleeds.dipole import WORKERS, dipole_kernel, phase_per_ppm, squared_frequency

SHARP_RADII_MM = (12.0, 8.0, 5.0, 3.0)
SHARP_THRESHOLD = 0.05
TKD_THRESHOLD = 0.19


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
    padded, crop = _pad(image.shape)
    phase = np.angle(image).astype(np.float32)
    mask = reliable_mask(image, mask)
    shift = laplacian_unwrap(phase, voxel_mm, padded) * np.float32(
        -1 / phase_per_ppm(field_tesla, echo_time_ms)
    )
    local, reliable = v_sharp(shift, mask, voxel_mm, padded)
    chi = threshold_k_division(local, voxel_mm, padded)
    chi -= chi[reliable].mean() if reliable.any() else 0
    return (chi * reliable)[crop].astype(np.float32)


def reliable_mask(image: np.ndarray, mask: np.ndarray, roughness_limit: float = 0.45) -> np.ndarray:
    """The mask without the regions beside air where the phase turns too fast to be unwrapped.

    Where neighbouring voxels disagree, the local mean of unit phasors is short. Small islands of such
    voxels, microbleeds and veins, stay in: only what is still rough at the scale of a centimetre goes.
    """
    unit = _phasor(image[:, :, 1:] * np.conj(image[:, :, :-1]))
    turn = np.concatenate([unit, unit[:, :, -1:]], axis=2)
    turn_x = _phasor(image[1:] * np.conj(image[:-1]))
    size = (9, 9, 3)
    rough = 1 - np.abs(_box(turn, size))
    rough[:-1] = np.maximum(rough[:-1], 1 - np.abs(_box(turn_x, size)))
    steep = np.abs(np.angle(_box(turn, size))) > 2.0
    return mask & (rough < roughness_limit) & ~steep


def _phasor(image: np.ndarray) -> np.ndarray:
    """The phase alone: every complex number divided by its size, 1 for 0."""
    size = np.abs(image)
    return np.where(size > 0, image / np.maximum(size, np.float32(1e-30)), np.complex64(1))


def _box(image, size) -> np.ndarray:
    return ndi.uniform_filter(image.real, size) + 1j * ndi.uniform_filter(image.imag, size)


def _pad(shape) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    padded = tuple(fft.next_fast_len(n + 8, real=True) for n in shape)
    return padded, tuple(slice(n) for n in shape)


def _filter(image, transfer, padded) -> np.ndarray:
    spectrum = fft.rfftn(image, padded, workers=WORKERS) * transfer
    return fft.irfftn(spectrum, padded, workers=WORKERS)[tuple(slice(n) for n in image.shape)]


def laplacian_unwrap(phase, voxel_mm, padded=None) -> np.ndarray:
    """Unwrapped phase up to a harmonic function (Schofield and Zhu 2003).

    The Laplacian of the true phase follows from sines and cosines alone, so wraps never appear; solving
    Poisson's equation brings the phase back, and background removal takes the harmonic part away.
    """
    padded = padded or phase.shape
    k2 = squared_frequency(padded, voxel_mm)
    sine, cosine = np.sin(phase, dtype=np.float32), np.cos(phase, dtype=np.float32)
    laplacian = cosine * _filter(sine, k2, padded) - sine * _filter(cosine, k2, padded)
    k2[0, 0, 0] = 1
    inverse = 1 / k2
    inverse[0, 0, 0] = 0
    return _filter(laplacian, inverse, padded)


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
    spectrum = fft.rfftn(field * mask, padded, workers=WORKERS)
    crop = tuple(slice(n) for n in field.shape)
    high_pass = np.zeros(field.shape, np.float32)
    k = np.sqrt(squared_frequency(padded, voxel_mm))
    for radius in sorted(radii_mm):
        transfer = 1 - spherical_mean_transfer(k, radius)
        inside = depth > radius
        high_pass[inside] = fft.irfftn(spectrum * transfer, padded, workers=WORKERS)[crop][inside]
    reliable = depth > min(radii_mm)
    largest = 1 - spherical_mean_transfer(k, max(radii_mm))
    inverse = np.where(np.abs(largest) > threshold, 1 / np.where(largest == 0, 1, largest), 0)
    return _filter(high_pass, inverse.astype(np.float32), padded) * reliable, reliable


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
    kernel = dipole_kernel(tuple(padded), tuple(voxel_mm))
    sign = np.where(kernel < 0, -1, 1).astype(np.float32)
    inverse = np.where(np.abs(kernel) > threshold, 1 / np.where(kernel == 0, 1, kernel), sign / threshold)
    recovered = float((kernel * inverse).mean())
    return _filter(local_ppm, inverse.astype(np.float32) / np.float32(recovered), padded)
