"""Where the slices and voxels of a scan lie in the rendered anatomy, and what each slice gathers from it."""

from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.simulate.protocols import Protocol

#: Softness of a slice profile's edge, as a share of the thickness. Design value.
PROFILE_EDGE = 0.08


def slice_weights(centres_mm, positions_mm, thickness_mm) -> np.ndarray:
    """How much of each rendered layer every slice gathers.

    The profile is a box of the slice's thickness with soft edges, as a selective pulse of good quality gives.

    Parameters
    ----------
    centres_mm : ndarray
        Slice centres.
    positions_mm : ndarray
        Centres of the rendered layers, evenly spaced.
    thickness_mm : float

    Returns
    -------
    ndarray of float32
        ``(slices, layers)``; each row sums to one.
    """
    step = np.abs(np.diff(positions_mm[:2])).item() if len(positions_mm) > 1 else thickness_mm
    edge = max(PROFILE_EDGE * thickness_mm, 1e-6)
    # Averaging the profile over a layer's own height keeps the weights right for layers as thick as slices.
    inside = np.linspace(-0.5, 0.5, 9) * step
    offset = np.abs(positions_mm[None, :, None] + inside - centres_mm[:, None, None])
    profile = 1 / (1 + np.exp(np.clip((offset - thickness_mm / 2) / (edge / 4), -30, 30)))
    weights = profile.mean(axis=-1)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True)
class ScanGrid:
    """Where the voxels of a scan lie with respect to those of the rendered anatomy.

    Attributes
    ----------
    axis : int
        Slice axis.
    weights : ndarray or None
        ``(slices, layers)``; None for a 3-D scan.
    edges_mm : tuple of float
        Rendered voxel edges in the order (in-plane, in-plane, slice).
    fourier_axes, acquired, reconstructed : tuple of int
        Axes that are encoded in k-space (slice axis moved last) and their numbers of voxels.
    affine : ndarray
        Of the finished image.
    rendered, shape : tuple of int
        Voxels of the anatomy and of the image.
    """

    axis: int
    weights: np.ndarray | None
    edges_mm: tuple[float, ...]
    fourier_axes: tuple[int, ...]
    acquired: tuple[int, ...]
    reconstructed: tuple[int, ...]
    affine: np.ndarray
    rendered: tuple[int, int, int]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, anatomy, protocol: Protocol) -> "ScanGrid":
        """Lay the slices of a protocol over a rendered anatomy."""
        axis = protocol.slice_axis
        edges = np.abs(np.diag(anatomy.affine)[:3])
        shape = np.array(anatomy.template_mm.shape[1:])
        in_plane = [i for i in range(3) if i != axis]
        encoded = in_plane if protocol.dimensions == 2 else [*in_plane, axis]
        acquired = [_voxels(shape[i] * edges[i], max(protocol.in_plane_mm, edges[i])) for i in encoded]
        reconstructed = [
            max(_voxels(shape[i] * edges[i], protocol.reconstructed_mm), n)
            for i, n in zip(encoded, acquired, strict=True)
        ]
        affine = anatomy.affine.copy()
        for i, n in zip(encoded, reconstructed, strict=True):
            affine[:3, i] *= shape[i] / n
        weights = None
        if protocol.dimensions == 2:
            weights, first_centre, spacing = _slices(protocol, shape[axis], edges[axis])
            affine[:3, 3] += anatomy.affine[:3, axis] * first_centre
            affine[:3, axis] = anatomy.affine[:3, axis] * spacing / edges[axis]
        order = [*in_plane, axis]
        out = shape.copy()
        out[encoded] = reconstructed
        if weights is not None:
            out[axis] = len(weights)
        return cls(
            axis,
            weights,
            tuple(edges[order]),
            tuple(range(len(encoded))),
            tuple(acquired),
            tuple(reconstructed),
            affine,
            tuple(int(n) for n in shape),
            tuple(int(n) for n in out),
        )

    def gather(self, volume) -> np.ndarray:
        """Average a rendered volume over the slice profile."""
        if self.weights is None:
            return volume
        return np.moveaxis(np.tensordot(volume, self.weights, axes=(self.axis, 1)), -1, self.axis)

    def resample(self, volume, box):
        """Bring the part of a rendered volume in a box to the grid of the image.

        Slices gather over their profile, as the signal does; the plane is interpolated linearly.

        Parameters
        ----------
        volume : ndarray
            Of the rendered shape.
        box : tuple of slice
            Part of it that is not zero.

        Returns
        -------
        part : ndarray
        place : tuple of slice
            Where the part stands in the image.
        """
        part, place = volume[box], list(box)
        if self.weights is not None:  # first, because it leaves the least to interpolate
            weights = self.weights[:, box[self.axis]]
            place[self.axis] = _span(np.flatnonzero(weights.any(axis=1)))
            part = np.moveaxis(
                np.tensordot(weights[place[self.axis]], part, axes=(1, self.axis)), 0, self.axis
            )
        for axis in range(3):
            if axis != self.axis or self.weights is None:
                part, place[axis] = interpolate_axis(
                    part, axis, box[axis].start, self.rendered[axis], self.shape[axis]
                )
        return part, tuple(place)


def interpolate_axis(part, axis, start, old, new):
    """Linear interpolation of part of a line from ``old`` to ``new`` samples of the same field of view.

    Parameters
    ----------
    part : ndarray
        Samples ``start`` and following along ``axis``; all others are zero.
    axis, start, old, new : int

    Returns
    -------
    part : ndarray
        The samples that can differ from zero.
    place : slice
        Which of the ``new`` they are; the first sample of old and new lines is the same point.
    """
    if old == new:
        return part, slice(start, start + part.shape[axis])
    position = np.arange(new) * old / new - start
    rows = _span(np.flatnonzero((position > -1) & (position < part.shape[axis])))
    position = position[rows]
    low = np.floor(position).astype(int)
    high_weight = (position - low).astype(np.float32)
    padded = np.pad(part, [(1, 1) if a == axis else (0, 0) for a in range(part.ndim)])
    along = [-1 if a == axis else 1 for a in range(part.ndim)]
    mixed = np.take(padded, low + 1, axis)
    step = np.take(padded, low + 2, axis)
    step -= mixed
    step *= high_weight.reshape(along)
    mixed += step
    return mixed, rows


def _span(indices) -> slice:
    return slice(int(indices[0]), int(indices[-1]) + 1) if len(indices) else slice(0, 0)


def _voxels(length_mm, edge_mm) -> int:
    return max(1, round(length_mm / edge_mm))


def _slices(protocol, layers, layer_mm):
    """Weights of a stack centred in the rendered layers, index of its first centre, and its spacing in mm."""
    positions = np.arange(layers) * layer_mm
    room = layers * layer_mm - protocol.slice_thickness_mm
    fitting = int(np.floor(room / protocol.slice_spacing_mm + 1e-6)) + 1
    count = fitting if protocol.slices is None else min(protocol.slices, fitting)
    if count < 1:
        raise InputError(
            f"rendered slab is {layers * layer_mm:.1f} mm, expected at least one slice of "
            f"{protocol.slice_thickness_mm} mm for protocol {protocol.name}"
        )
    middle = (layers - 1) / 2 * layer_mm
    centres = middle + (np.arange(count) - (count - 1) / 2) * protocol.slice_spacing_mm
    weights = slice_weights(centres, positions, protocol.slice_thickness_mm)
    return weights, centres[0] / layer_mm, protocol.slice_spacing_mm
