"""One scan under two names: re-saved, re-typed, stored flipped, mirrored, or shifted by less than a voxel.

In two steps. A thumbnail of every scan tells which pairs look alike at all; then noise and texture of the two
are compared at every small shift. Siblings may share a shape, but not their noise; a copy shares both.
"""

from collections.abc import Callable, Sequence

import numpy as np

from neolab.io.volume import Volume

#: Voxels along a side of a thumbnail.
THUMBNAIL_SIDE = 16
#: Pairs whose thumbnails correlate less are not looked at: copies, also shifted ones, correlate above .99.
ALIKE = 0.97
#: Share of a scan that is flattest and whose noise is compared.
FLATTEST = 0.25
#: Correlation of that noise above which two scans are one. Among simulated newborns of one age the largest is
#: .02, among phantoms of one shape with other noise .06; a copy shifted by half a voxel along all three axes
#: and interpolated linearly still has .23.
SAME_DETAIL = 0.12
#: Shifts in voxels over which detail is compared.
LARGEST_SHIFT = 2


def thumbnail(volume: Volume) -> np.ndarray:
    """Return what is left of a scan when position, size, scale and detail are taken away, (16, 16, 16).

    The box around what is brighter than a tenth of the scan, averaged down and standardised; all 0 for a
    constant scan.
    """
    data = np.asarray(volume.data, np.float32)
    box = data[_box(data)]
    small = _average_down(box, THUMBNAIL_SIDE)
    spread = small.std()
    return (small - small.mean()) / spread if spread > 0 else np.zeros_like(small)


def alike_pairs(thumbnails: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Return the pairs of scans that look alike, as they are or mirrored left to right."""
    if len(thumbnails) < 2:
        return []
    stacked = np.stack([one.ravel() for one in thumbnails])
    mirrored = np.stack([one[::-1].ravel() for one in thumbnails])
    likeness = np.maximum(stacked @ stacked.T, stacked @ mirrored.T) / stacked.shape[1]
    first, second = np.nonzero(np.triu(likeness, 1) >= ALIKE)
    return list(zip(first.tolist(), second.tolist(), strict=True))


def is_twin(first: Volume, second: Volume) -> bool:
    """Whether two scans have the same fine detail, as they are or mirrored left to right."""
    one, other = (_detail(np.asarray(volume.data, np.float32)) for volume in (first, second))
    return max(_best_match(one, other), _best_match(one, other[::-1])) >= SAME_DETAIL


def find_twins(
    thumbnails: Sequence[np.ndarray], read: Callable[[int], Volume], names: Sequence[str]
) -> list[str]:
    """Return one sentence for each pair of scans that are one and the same.

    Parameters
    ----------
    thumbnails : sequence of ndarray
        See `thumbnail`.
    read : callable
        From a position to the scan.
    names : sequence of str
    """
    return [
        f"{names[i]}: found the same scan as {names[j]}, stored differently, expected it once"
        for i, j in alike_pairs(thumbnails)
        if is_twin(read(i), read(j))
    ]


def _box(data: np.ndarray) -> tuple[slice, ...]:
    low, high = np.percentile(data, (2, 99.5))
    inside = data > low + 0.1 * (high - low)
    if not inside.any():
        return tuple(slice(0, n) for n in data.shape)
    edges = []
    for axis in range(3):
        # Rows with a few bright specks of noise are not the head.
        share = inside.mean(axis=tuple(other for other in range(3) if other != axis))
        rows = np.flatnonzero(share > 0.1 * share.max())
        edges.append(slice(int(rows[0]), int(rows[-1]) + 1))
    return tuple(edges)


def _average_down(data: np.ndarray, side: int) -> np.ndarray:
    """Mean over ``side`` equal parts along each axis; parts of a voxel count in proportion."""
    for axis in range(3):
        n = data.shape[axis]
        edges = np.linspace(0, n, side + 1)
        turned = np.moveaxis(data, axis, 0)
        sums = np.concatenate([np.zeros((1, *turned.shape[1:])), np.cumsum(turned, axis=0, dtype=float)])
        at = np.clip(edges, 0, n)
        whole = np.minimum(at.astype(int), n - 1)
        part = (at - whole).reshape(-1, 1, 1)
        totals = sums[whole] + part * (sums[whole + 1] - sums[whole])
        data = np.moveaxis(np.diff(totals, axis=0) / (n / side), 0, axis)
    return data.astype(np.float32)


def _detail(data: np.ndarray) -> np.ndarray:
    """Noise and texture: what a median of neighbours takes away, where the scan is flat.

    Edges belong to the anatomy, which siblings may share; a median keeps them, a blur would not.
    """
    from scipy import ndimage

    box = _box(data)
    calm = ndimage.median_filter(data, 3)
    steepness = ndimage.gaussian_gradient_magnitude(calm, 1.5)[box]
    detail = (data - calm)[box]
    flat = steepness <= np.quantile(steepness, FLATTEST)
    limit = 3 * np.median(np.abs(detail[flat])) or 1.0
    return np.where(flat, np.clip(detail, -limit, limit), 0)


def _best_match(one: np.ndarray, other: np.ndarray) -> float:
    """Largest correlation over small shifts; the middles of boxes of different size are compared."""
    size = [min(a, b) for a, b in zip(one.shape, other.shape, strict=True)]
    if any(abs(a - b) > 2 * LARGEST_SHIFT for a, b in zip(one.shape, other.shape, strict=True)):
        return 0.0
    one, other = (data[tuple(slice(0, n) for n in size)] for data in (one, other))
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((one**2).sum() * (other**2).sum()))
    if norm == 0:
        return 0.0
    spectrum = np.fft.rfftn(one) * np.conj(np.fft.rfftn(other))
    match = np.fft.irfftn(spectrum, s=one.shape, axes=(0, 1, 2))
    near = np.r_[0 : LARGEST_SHIFT + 1, -LARGEST_SHIFT:0]
    return float(match[np.ix_(*(near % n for n in one.shape))].max() / norm)
