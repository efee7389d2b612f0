"""What a NIfTI file says of itself, without reading its voxels."""

import gzip
import hashlib
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neolab.errors import InputError
from neolab.io.nifti_read import open_header
from neolab.io.placement import placement

# Half a voxel off is a different place; a tenth is within the rounding of quaternions and re-saved headers.
SAME_PLACE_VOXELS = 0.1


@dataclass(frozen=True, eq=False)
class Header:
    """Grid of an image and a checksum of its content.

    Attributes
    ----------
    shape : tuple of int
    affine : ndarray, (4, 4)
        Voxel indices to millimetres, RAS+.
    checksum : str
        Equal for equal files; see :func:`content_checksum`.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    checksum: str

    @property
    def voxel_mm(self) -> tuple[float, ...]:
        """Size of a voxel along each axis."""
        return tuple(float(size) for size in np.linalg.norm(self.affine[:3, :3], axis=0))


def read_header(path: Path) -> Header:
    """Read the header of ``path`` and see whether the file is whole.

    Raises
    ------
    InputError
        If the file is missing, is no NIfTI image, is truncated, or does not say where its voxels lie; the
        message does not name the file.
    """
    header = open_header(path)
    affine, shape = placement(header), header.get_data_shape()
    item_size = header.get_data_dtype().itemsize
    expected = int(header.get_data_offset()) + int(np.prod(shape, dtype=np.int64)) * item_size
    found = uncompressed_bytes(path, expected)
    if found < expected:
        raise InputError(f"found {found} bytes of image, expected {expected}: the file is truncated")
    return Header(tuple(shape[:3]), affine, content_checksum(path))


def uncompressed_bytes(path: Path, expected: int) -> int:
    """Return how many bytes ``path`` holds once unzipped, without unzipping it where that can be avoided.

    The last four bytes of a gzip file are its length modulo 2**32. A truncated file ends in arbitrary bytes,
    so only where they differ from ``expected`` is the file really read.
    """
    if path.suffix != ".gz":
        return path.stat().st_size
    _, length = gzip_trailer(path)
    if length == expected % 2**32:
        return expected
    total = 0
    try:
        with gzip.open(path) as file:
            while chunk := file.read(1 << 20):
                total += len(chunk)
    except (EOFError, OSError, zlib.error):
        return min(total, expected - 1)
    return total


def gzip_trailer(path: Path) -> tuple[int, int]:
    """Return the CRC-32 of the uncompressed content and its length modulo 2**32, as the file states them."""
    with open(path, "rb") as file:
        file.seek(-8, 2)
        return struct.unpack("<II", file.read(8))


def content_checksum(path: Path) -> str:
    """Return a checksum of a file's content that is cheap for compressed images.

    A gzip file carries the CRC-32 of its content, so for those it is that, the length, and the SHA-256 of the
    first 64 KiB; for others the SHA-256 of all bytes. Two different images share it with a probability of
    about 2**-32, which is enough to notice that data changed, not to resist somebody who wants it unnoticed.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        if path.suffix == ".gz" and size > 1 << 16:
            crc, length = gzip_trailer(path)
            return f"gz:{crc:08x}:{length}:{size}:{hashlib.sha256(file.read(1 << 16)).hexdigest()}"
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_grid(first: Header, second: Header) -> bool:
    """Whether two images have their voxels in the same places, in whatever order they are stored."""
    if first.shape == second.shape and np.array_equal(first.affine, second.affine):
        return True
    first, second = upright(first), upright(second)
    if first.shape != second.shape:
        return False
    return corner_distance_mm(first, second) <= SAME_PLACE_VOXELS * min(first.voxel_mm)


def upright(header: Header) -> Header:
    """The same grid with its axes to the right, front and head."""
    import nibabel as nib

    turn = nib.orientations.io_orientation(header.affine)
    affine = header.affine @ nib.orientations.inv_ornt_aff(turn, header.shape)
    shape = [0, 0, 0]
    for axis, target in enumerate(turn[:, 0].astype(int)):
        shape[target] = header.shape[axis]
    return replace(header, shape=tuple(shape), affine=affine)


def corner_distance_mm(first: Header, second: Header) -> float:
    """Return the largest distance between equal corners of two grids of the same shape, in mm."""
    apart = corners_mm(first.shape, first.affine) - corners_mm(second.shape, second.affine)
    return float(np.linalg.norm(apart, axis=1).max())


def corners_mm(shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    """World positions of the centres of the eight corner voxels, (8, 3)."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape[:3]], indexing="ij")).reshape(3, -1)
    return (affine[:3, :3] @ corners).T + affine[:3, 3]


def shared_field(first: Header, second: Header) -> float:
    """Share of the smaller of two images' fields of view that lies in the other's, from 0 to 1.

    Fields are taken as boxes along the world's axes, which is enough to tell another place from another grid.
    """
    boxes = []
    for header in (first, second):
        corners = corners_mm(header.shape, header.affine)
        half = np.abs(header.affine[:3, :3]).sum(axis=1) / 2
        boxes.append((corners.min(axis=0) - half, corners.max(axis=0) + half))
    (low, high), (other_low, other_high) = boxes
    common = np.maximum(np.minimum(high, other_high) - np.maximum(low, other_low), 0).prod()
    return float(common / min((high - low).prod(), (other_high - other_low).prod()))
