"""What a NIfTI file says of itself, without reading its voxels."""

import gzip
import hashlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neolab.errors import InputError

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
    voxel_mm : tuple of float
    checksum : str
        Equal for equal files; see :func:`content_checksum`.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    voxel_mm: tuple[float, ...]
    checksum: str


def read_header(path: Path) -> Header:
    """Read the header of ``path`` and see whether the file is whole.

    Raises
    ------
    InputError
        If the file is missing, is no NIfTI image, or is truncated; the message does not name the file.
    """
    import nibabel as nib
    from nibabel.filebasedimages import ImageFileError

    try:
        image = nib.load(path)
        offset, item_size = image.dataobj.offset, image.get_data_dtype().itemsize
        expected = int(offset) + int(np.prod(image.shape, dtype=np.int64)) * item_size
    except FileNotFoundError:
        raise InputError("found no file, expected a NIfTI image") from None
    except (ImageFileError, OSError, EOFError, zlib.error, ValueError, AttributeError, struct.error):
        raise InputError("found something damaged or foreign, expected a whole NIfTI image") from None
    found = uncompressed_bytes(path, expected)
    if found < expected:
        raise InputError(f"found {found} bytes of image, expected {expected}: the file is truncated")
    zooms = tuple(float(zoom) for zoom in image.header.get_zooms()[:3])
    if not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine[:3, :3])) < 1e-9:
        raise InputError("found a header whose affine is singular, expected one that places voxels in space")
    return Header(tuple(image.shape), image.affine, zooms, content_checksum(path))


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
    """Whether two images have the same shape and their corners coincide within a tenth of a voxel."""
    if first.shape[:3] != second.shape[:3]:
        return False
    return corner_distance_mm(first, second) <= SAME_PLACE_VOXELS * min(first.voxel_mm)


def corner_distance_mm(first: Header, second: Header) -> float:
    """Return the largest distance between equal corners of two grids of the same shape, in mm."""
    far = np.array(first.shape[:3]) - 1
    corners = np.array(np.meshgrid(*[(0, end) for end in far])).reshape(3, -1)
    points = np.vstack([corners, np.ones(corners.shape[1])])
    return float(np.linalg.norm(((first.affine - second.affine) @ points)[:3], axis=0).max())
