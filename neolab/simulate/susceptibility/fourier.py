"""Filters of a volume in the Fourier domain, on as many cores as the caller may use."""

from collections.abc import Callable

import numpy as np
from scipy import fft

from neolab.machine import blocks, cores_here, over_cores

# A response is computed for this many planes at a time: what fits the processor's cache.
PLANES = 8
# (k^2 of some planes, kz^2) in cycles^2/mm^2 to the response there.
Transfer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def fast_shape(shape) -> tuple[int, ...]:
    """The next larger shape that transforms quickly."""
    return tuple(fft.next_fast_len(int(n), real=True) for n in shape)


def filtered(image: np.ndarray, transfer: Transfer, voxel_mm, padded=None) -> np.ndarray:
    """A real volume filtered by a response of its frequencies.

    Parameters
    ----------
    image : ndarray (X, Y, Z)
    transfer : callable
        Takes ``k2`` (planes, Y, Z/2 + 1) and ``kz2`` (Z/2 + 1,), in cycles^2/mm^2, float32, and returns the
        response to them, shape of ``k2``.
    voxel_mm : tuple of float
    padded : tuple of int, optional
        Pad with zeros to this shape first; without, the filter wraps around.

    Returns
    -------
    ndarray
        float32, shape of ``image``.
    """
    return from_spectrum(spectrum_of(image, padded), transfer, voxel_mm, padded or image.shape, image.shape)


def spectrum_of(image: np.ndarray, padded=None) -> np.ndarray:
    """The spectrum of a real volume, padded with zeros; complex64."""
    return fft.rfftn(np.asarray(image, np.float32), padded, workers=cores_here())


def from_spectrum(spectrum: np.ndarray, transfer: Transfer, voxel_mm, padded, shape) -> np.ndarray:
    """The volume of a spectrum after a response was applied; the first ``shape`` voxels of ``padded``."""
    kx2, ky2, kz2 = squared_frequencies(padded, voxel_mm)
    product = np.empty_like(spectrum)

    def respond(planes: slice) -> None:
        np.multiply(spectrum[planes], transfer(kx2[planes] + ky2 + kz2, kz2), out=product[planes])

    over_cores(respond, blocks(len(spectrum), PLANES))
    volume = fft.irfftn(product, padded, workers=cores_here(), overwrite_x=True)
    return volume[tuple(slice(n) for n in shape)]


def squared_frequencies(shape, voxel_mm) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squared frequencies along x, y and z of ``rfftn``, shaped to be added; cycles^2/mm^2, float32."""
    kx, ky = (fft.fftfreq(n, d) for n, d in zip(shape[:2], voxel_mm[:2], strict=True))
    kz = fft.rfftfreq(shape[2], voxel_mm[2])
    return tuple((k**2).astype(np.float32) for k in (kx[:, None, None], ky[:, None], kz))


def inverse_or_zero(values: np.ndarray, at_least: float = 0.0) -> np.ndarray:
    """1 / values where their size is more than ``at_least``, 0 elsewhere."""
    large = np.abs(values) > at_least
    return np.divide(1, values, out=np.zeros_like(values), where=large)
