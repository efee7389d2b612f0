"""Opening NIfTI files as people have them: what cannot be read is told apart, with what to do about it."""

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neolab.errors import InputError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header, Nifti1Image

# A quaternion stored in 32 bits may be longer than 1 by so much; FSL and ITK take it, nibabel's own limit is
# a third of it (nipy/nibabel issue 626).
QUATERNION_SLACK = -1e-6
# More voxels than any scanner gives; reading them would only fill the memory.
MOST_VOXELS = 2**31

_GZIP, _LFS = b"\x1f\x8b", b"version https://git-lfs"


def open_nifti(path: Path) -> "Nifti1Image":
    """Open an image, its voxels not yet read.

    Raises
    ------
    InputError
        If it cannot be opened; the message says what the file is and what to do, and does not name it.
    """
    image_class = _image_class(path)
    with _damage_told():
        image = image_class.from_filename(path)
        shape, dtype = image.shape, image.get_data_dtype()
        _ = image.dataobj.offset
    _check_content(shape, dtype)
    return image


def open_header(path: Path) -> "Nifti1Header":
    """Read the header alone: as `open_nifti`, in half the time."""
    image_class = _image_class(path)
    with _damage_told(), (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        header = image_class.header_class.from_fileobj(file)
        shape, dtype = header.get_data_shape(), header.get_data_dtype()
    _check_content(shape, dtype)
    return header


@contextmanager
def _damage_told() -> Iterator[None]:
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    of_the_header = (ImageFileError, HeaderDataError, WrapStructError, struct.error)
    try:
        yield
    except (*of_the_header, OSError, EOFError, zlib.error, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"found a damaged NIfTI header ({reason}), expected a whole NIfTI image") from None


def _first_bytes(path: Path, count: int = 64) -> bytes:
    try:
        if path.is_symlink() and not path.exists():
            target = os.readlink(path)
            raise InputError(
                f"found a link to {target[:80]}, which is not there, expected its content "
                "(git-annex or DataLad: get the file first)"
            )
        with open(path, "rb") as file:
            return file.read(count)
    except FileNotFoundError:
        raise InputError("found no file, expected a NIfTI image") from None
    except IsADirectoryError:
        raise InputError("found a folder, expected a NIfTI image") from None
    except PermissionError:
        raise InputError("found a file that this user may not read, expected read permission") from None
    except OSError as error:
        raise InputError(f"found a file that cannot be read ({error.strerror}), expected an image") from None


def _refuse_what_is_no_nifti(path: Path, start: bytes) -> None:
    if not start:
        raise InputError("found an empty file, expected a NIfTI image")
    if start.startswith(_LFS):
        raise InputError("found a Git-LFS pointer, expected the image: fetch it with `git lfs pull`")
    if start.lstrip()[:1] in (b"<", b"{"):
        raise InputError("found a page of text, expected a NIfTI image: download it again")
    packed = start.startswith(_GZIP)
    if packed and path.suffix != ".gz":
        raise InputError("found a gzip file, expected one that is named .nii.gz: rename it")
    if not packed and path.suffix == ".gz":
        raise InputError("found a file that is not compressed, expected gzip: name it .nii or compress it")


def _image_class(path: Path) -> type:
    """NIfTI-1 or NIfTI-2, with a quaternion's rounding forgiven."""
    import nibabel as nib

    start = _first_bytes(path)
    _refuse_what_is_no_nifti(path, start)
    if path.suffix == ".gz":
        try:
            with gzip.open(path) as file:
                start = file.read(4)
        except (OSError, EOFError, zlib.error):
            raise InputError("found damaged gzip data, expected a whole NIfTI image") from None
    size = {struct.unpack(order + "i", start[:4])[0] for order in "<>"} if len(start) >= 4 else set()
    if not size & {348, 540}:
        raise InputError("found a file that does not begin as NIfTI does, expected a NIfTI image")
    return _forgiving(nib.Nifti2Image if 540 in size else nib.Nifti1Image)


@cache
def _forgiving(base: type) -> type:
    header = type("Header", (base.header_class,), {"quaternion_threshold": QUATERNION_SLACK})
    return type("Image", (base,), {"header_class": header})


def _check_content(shape: tuple[int, ...], dtype: np.dtype) -> None:
    if dtype.fields is not None or dtype.kind not in "biuf":
        raise InputError(f"found voxels of type {dtype}, expected one real number a voxel")
    if len(shape) < 3 or any(n != 1 for n in shape[3:]):
        raise InputError(f"found shape {'x'.join(map(str, shape))}, expected three dimensions")
    if min(shape) < 1 or np.prod(shape[:3], dtype=float) > MOST_VOXELS:
        raise InputError(f"found shape {'x'.join(map(str, shape))}, expected between 1 and 2^31 voxels")
