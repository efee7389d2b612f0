"""From a scan to the axial slices that the paper's three methods look at (Methods, "Semi-quantitative
diagnosis" and "Deep learning framework")."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

NUCLEI = ("globus_pallidus", "subthalamic_nucleus")


@dataclass(frozen=True)
class AxialScan:
    """One scan with its label map; arrays run to the patient's right, front and head (RAS+).

    Attributes
    ----------
    image : ndarray, (X, Y, Z)
        Signal.
    labels : ndarray of int, (X, Y, Z)
        Tissue labels on the same grid.
    lookup : dict of str to int
        Tissue name to label; only the tissues that the label map knows.
    voxel_mm : tuple of float
        Size of a voxel along each axis.
    """

    image: np.ndarray
    labels: np.ndarray
    lookup: Mapping[str, int]
    voxel_mm: tuple[float, float, float]

    @property
    def pixel_mm(self) -> float:
        """In-plane size of a pixel, geometric mean of the two."""
        return float(np.sqrt(self.voxel_mm[0] * self.voxel_mm[1]))

    def mask(self, tissue: str) -> np.ndarray:
        """Return where ``tissue`` is, (X, Y, Z); nowhere if the label map does not know it."""
        if tissue not in self.lookup:
            return np.zeros(self.labels.shape, bool)
        return self.labels == self.lookup[tissue]

    def area_mm2(self, tissue: str) -> np.ndarray:
        """Return the area of ``tissue`` in each axial slice, (Z,)."""
        return self.mask(tissue).sum(axis=(0, 1)) * self.voxel_mm[0] * self.voxel_mm[1]


def to_scan(image, labels, lookup: Mapping[str, int]) -> AxialScan:
    """Turn two nibabel images on one grid into an :class:`AxialScan`.

    Parameters
    ----------
    image, labels : nibabel image
        In any orientation; both are turned to the closest RAS+ axes, without interpolation.
    lookup : mapping of str to int
        Tissue name to label.
    """
    import nibabel

    image, labels = nibabel.as_closest_canonical(image), nibabel.as_closest_canonical(labels)
    voxel_mm = tuple(float(size) for size in nibabel.affines.voxel_sizes(image.affine)[:3])
    return AxialScan(
        np.asarray(image.dataobj, np.float32), np.asarray(labels.dataobj).astype(np.int16), lookup, voxel_mm
    )


def largest_nuclei_slice(scan: AxialScan) -> int:
    """Return the axial slice "covering the largest area of GP and STN"."""
    return int(np.argmax(sum(scan.area_mm2(nucleus) for nucleus in NUCLEI)))


def neighbouring_slices(scan: AxialScan, n: int) -> list[int]:
    """Return the ``n`` contiguous slices that together cover most of the globus pallidus, in order."""
    area = scan.area_mm2("globus_pallidus")
    n = min(n, area.size)
    sums = np.convolve(area, np.ones(n), mode="valid")
    start = int(np.argmax(sums))
    return list(range(start, start + n))


def radiological_view(plane: np.ndarray) -> np.ndarray:
    """Turn an (X, Y) plane of a RAS+ array into rows and columns as a radiologist sees them.

    Anterior is up and the patient's right is on the left of the picture.
    """
    return plane[::-1, ::-1].T


def min_max(plane: np.ndarray) -> np.ndarray:
    """Scale a picture to [0, 1]; a constant one becomes zero."""
    low, high = float(plane.min()), float(plane.max())
    return np.zeros_like(plane) if high == low else (plane - low) / (high - low)


def square_field(plane: np.ndarray, pixel_mm: float, field_of_view_mm: float) -> np.ndarray:
    """Crop a picture to, or fill it up with air to, a square of ``field_of_view_mm`` around its middle."""
    size = round(field_of_view_mm / pixel_mm)
    field = np.zeros((size, size), plane.dtype)
    source, target = [], []
    for length in plane.shape:
        kept = min(length, size)
        source.append(slice((length - kept) // 2, (length - kept) // 2 + kept))
        target.append(slice((size - kept) // 2, (size - kept) // 2 + kept))
    field[tuple(target)] = plane[tuple(source)]
    return field
