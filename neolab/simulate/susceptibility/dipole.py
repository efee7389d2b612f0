"""From susceptibility to field shift: convolution with the unit dipole, by Fourier transform."""

import numpy as np

from neolab.simulate.susceptibility.fourier import fast_shape, filtered, inverse_or_zero

# Proton gyromagnetic ratio over 2 pi, MHz/T (CODATA).
GYROMAGNETIC_MHZ_PER_T = 42.577


def field_shift_ppm(susceptibility_ppm: np.ndarray, voxel_mm, padding: float = 1.25) -> np.ndarray:
    """Relative field shift of a susceptibility map in a main field along z.

    The Lorentz-corrected shift is ``F^-1[(1/3 - kz^2 / k^2) F chi]`` (Salomir 2003, Marques 2005).

    Parameters
    ----------
    susceptibility_ppm : ndarray (X, Y, Z)
    voxel_mm : tuple of float
    padding : float
        Size of the zero-padded volume over the volume; 2 removes wrap-around entirely, 1.25 leaves a smooth
        residue that background removal takes away.

    Returns
    -------
    ndarray
        float32 ppm, same shape.
    """
    padded = fast_shape(np.ceil(np.multiply(susceptibility_ppm.shape, padding)))
    return filtered(susceptibility_ppm, dipole_response, voxel_mm, padded)


def dipole_response(k2: np.ndarray, kz2: np.ndarray) -> np.ndarray:
    """The unit dipole's response to squared frequencies and their part along the field; 0 at the origin."""
    return np.where(k2 > 0, np.float32(1 / 3) - kz2 * inverse_or_zero(k2), np.float32(0))


def phase_per_ppm(field_tesla: float, echo_time_ms: float) -> float:
    """Radians of phase for 1 ppm: 2 pi 42.577 B0 TE (16.05 at 3 T and 20 ms)."""
    return 2 * np.pi * GYROMAGNETIC_MHZ_PER_T * field_tesla * echo_time_ms * 1e-3
