"""What a scanner adds to a perfect image: coil fields, head motion, limited k-space and noise."""

import numpy as np

from neolab.simulate.smooth_fields import axes_mm, smooth_random_field

#: Scale over which coil fields vary; a newborn's head is 130 mm long.
COIL_WAVELENGTH_MM = 160.0

#: Head motion of severity one: rotation (degrees), translation (mm) and number of poses in a scan.
SEVERE_ROTATION_DEG, SEVERE_SHIFT_MM, SEVERE_POSES = 6.0, 4.0, 7

#: Outer share of k-space that the reconstruction rolls off to zero along each axis. Design value: scanners
#: filter, because without it the bright scalp rings across a newborn's brain.
TAPER = 0.5

#: Central share of k-space lines that motion leaves alone: the technician repeats a scan without it.
STEADY_CENTRE = 0.12


def coil_field(rng, affine, shape, spread) -> np.ndarray:
    """A smooth positive field of median one: ``exp(spread * random field)``.

    Parameters
    ----------
    rng : numpy.random.Generator
    affine : (4, 4) ndarray
    shape : tuple of int
    spread : float
        Standard deviation of its logarithm.

    Returns
    -------
    ndarray of float32
    """
    return np.exp(spread * smooth_random_field(rng, axes_mm(affine, shape), COIL_WAVELENGTH_MM))


def to_kspace(image, axes) -> np.ndarray:
    """Fourier transform with the centre of k-space in the middle of the array."""
    from scipy import fft

    return fft.fftshift(fft.fftn(image, axes=axes, norm="forward"), axes=axes)


def from_kspace(kspace, axes) -> np.ndarray:
    """Inverse of :func:`to_kspace`."""
    from scipy import fft

    return fft.ifftn(fft.ifftshift(kspace, axes=axes), axes=axes, norm="forward")


def resize_kspace(kspace, axes, sizes) -> np.ndarray:
    """Cut k-space down (lower resolution, Gibbs ringing) or fill it with zeros (finer voxels).

    The first voxel keeps its place; the field of view stays the same.

    Parameters
    ----------
    kspace : ndarray of complex
        Centred, with the ``norm="forward"`` scaling of :func:`to_kspace`, so that intensities stay.
    axes, sizes : sequences of int
        Axes to change and their new lengths.
    """
    for axis, size in zip(axes, sizes, strict=True):
        old = kspace.shape[axis]
        # The zero frequency stands at index n // 2 of a shifted array of length n.
        shift = size // 2 - old // 2
        if size <= old:
            kspace = np.take(kspace, np.arange(-shift, -shift + size), axis=axis)
        else:
            before, after = shift, size - old - shift
            widths = [(before, after) if a == axis else (0, 0) for a in range(kspace.ndim)]
            kspace = np.pad(kspace, widths)
    return kspace


def taper_kspace(kspace, axes) -> np.ndarray:
    """Roll off the outer part of k-space (a Tukey window an axis), as scanners do against ringing.

    Parameters
    ----------
    kspace : ndarray of complex
        Centred.
    axes : sequence of int
        Axes of the Fourier transform.
    """
    for axis in axes:
        size = kspace.shape[axis]
        distance = np.abs(np.arange(size) - size // 2) / (size / 2)
        rolled = np.clip((distance - (1 - TAPER)) / TAPER, 0, 1)
        window = (0.5 + 0.5 * np.cos(np.pi * rolled)).astype(np.float32)
        kspace = kspace * window.reshape([-1 if a == axis else 1 for a in range(kspace.ndim)])
    return kspace


def head_poses(rng, severity: float) -> list[tuple[float, float, float]]:
    """Poses that a moving head takes one after the other.

    Returns
    -------
    list of (rotation_deg, shift_x_mm, shift_y_mm)
        Empty for severity zero; 3 poses for a mild one, 7 for severity one.
    """
    if severity <= 0:
        return []
    count = round(np.interp(severity, [0, 1], [3, SEVERE_POSES]))
    limits = severity * np.array([SEVERE_ROTATION_DEG, SEVERE_SHIFT_MM, SEVERE_SHIFT_MM])
    return [tuple(pose) for pose in rng.uniform(-limits, limits, (count, 3))]


def move_in_plane(volume, pose, voxel_mm) -> np.ndarray:
    """A stack of slices turned and shifted rigidly in the plane of its first two axes.

    Parameters
    ----------
    volume : ndarray
        ``(x, y, slices)``.
    pose : (rotation_deg, shift_x_mm, shift_y_mm)
    voxel_mm : (float, float)
        Voxel edges in the plane.
    """
    from scipy import ndimage

    angle = np.deg2rad(pose[0])
    edges = np.array(voxel_mm[:2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn * edges[None, :] / edges[:, None]  # millimetres to voxels on both sides
    centre = (np.array(volume.shape[:2]) - 1) / 2
    offset = centre - matrix @ (centre + np.array(pose[1:]) / edges)
    moved = np.empty_like(volume)
    for k in range(volume.shape[2]):
        ndimage.affine_transform(volume[..., k], matrix, offset, output=moved[..., k], order=1)
    return moved


def motion_kspace(rng, volume, severity, voxel_mm, axes) -> np.ndarray:
    """k-space of a head that changes its pose between blocks of phase-encoding lines (second axis).

    All slices of an interleaved multislice scan share a line's moment, hence its pose; the centre of k-space
    is acquired in the first pose.

    Parameters
    ----------
    rng : numpy.random.Generator
    volume : ndarray
        ``(x, y, slices)``.
    severity : float
        0 to 1.
    voxel_mm : sequence of float
    axes : sequence of int
        Axes of the Fourier transform.

    Returns
    -------
    ndarray of complex
    """
    kspace = to_kspace(volume, axes)
    poses = head_poses(rng, severity)
    if not poses:
        return kspace
    lines = volume.shape[1]
    cuts = np.sort(rng.choice(np.arange(2, lines - 2), len(poses) - 1, replace=False))
    middle, margin = lines // 2, max(1, round(STEADY_CENTRE / 2 * lines))
    for pose, block in zip(poses, np.split(np.arange(lines), cuts), strict=True):
        block = block[np.abs(block - middle) > margin]
        if len(block):
            moved = to_kspace(move_in_plane(volume, pose, voxel_mm), axes)
            kspace[:, block] = moved[:, block]
    return kspace


def complex_noise(rng, shape, spread) -> np.ndarray:
    """White noise of two receiver channels; the magnitude of signal plus noise is then Rician."""
    noise = np.empty(shape, np.complex64)
    noise.real = rng.standard_normal(shape, dtype=np.float32)
    noise.imag = rng.standard_normal(shape, dtype=np.float32)
    return np.float32(spread) * noise
