"""Where a file says that its voxels lie, and what happens when it says so twice in two ways.

The rule: the sform counts where its code is not 0, else the qform. Where both have one and the same code they
must agree; where the codes differ, the sform is a registration and counts. The size of a voxel must be the
same in the affine and in ``pixdim``. A file that gives neither form does not say where anything is, and is
refused.
"""

from typing import TYPE_CHECKING

import numpy as np

from neolab.errors import InputError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

#: Voxel sizes of affine and header may differ by this share; 32-bit rounding is a ten-thousandth of it.
SIZE_TOLERANCE = 0.01
#: Two forms of one code may place a corner this many voxels apart.
PLACE_TOLERANCE_VOXELS = 0.5
#: Voxels of a person's head, in mm along a side; others mean that the unit is not the millimetre.
VOXEL_RANGE_MM = (0.05, 20.0)


def placement(header: "Nifti1Header") -> np.ndarray:
    """Return the affine (4, 4) from voxel indices to scanner millimetres (RAS+).

    Raises
    ------
    InputError
        If the header gives none, two that disagree, or one that cannot be; the message has both values and
        does not name the file.
    """
    sform, sform_code = header.get_sform(coded=True)
    qform, qform_code = _qform(header)
    if not sform_code and not qform_code:
        raise InputError(
            "found neither a qform nor an sform, expected the file to say where its voxels lie: convert it "
            "again from DICOM, or set one from a copy that has it"
        )
    affine = sform if sform_code else qform
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise InputError("found a header whose affine is singular, expected one that places voxels in space")
    _check_sizes(affine, header)
    if sform_code and sform_code == qform_code:
        _check_forms(sform, qform, header)
    return affine


def _qform(header: "Nifti1Header") -> tuple[np.ndarray | None, int]:
    try:
        return header.get_qform(coded=True)
    except ValueError:
        if int(header["sform_code"]):
            return None, 0  # the sform counts
        raise InputError(
            "found a quaternion longer than 1 and no sform, expected a rotation that is one"
        ) from None


def _check_sizes(affine: np.ndarray, header: "Nifti1Header") -> None:
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    stated = np.abs(np.asarray(header["pixdim"][1:4], float))
    if not np.allclose(sizes, stated, rtol=SIZE_TOLERANCE, atol=0):
        raise InputError(
            f"found voxels of {_sizes(sizes)} mm in its affine and of {_sizes(stated)} mm in its header "
            "(pixdim), expected the same"
        )
    low, high = VOXEL_RANGE_MM
    if sizes.min() < low or sizes.max() > high:
        raise InputError(f"found voxels of {_sizes(sizes)} mm, expected {low:g} to {high:g} mm a side")


def _check_forms(sform: np.ndarray, qform: np.ndarray | None, header: "Nifti1Header") -> None:
    """A sheared sform has no exact qform, so corners are compared, not entries."""
    if qform is None:
        return
    far = np.maximum(np.array(header.get_data_shape()[:3]) - 1, 0)
    corners = np.array(np.meshgrid(*[(0, end) for end in far], [1], indexing="ij")).reshape(4, -1)
    apart = float(np.linalg.norm(((sform - qform) @ corners)[:3], axis=0).max())
    if apart > PLACE_TOLERANCE_VOXELS * np.linalg.norm(sform[:3, :3], axis=0).max():
        raise InputError(
            f"found a qform and an sform of the same code that place a corner {apart:.3g} mm apart, expected "
            "one place: correct one of them or set its code to 0"
        )


def _sizes(sizes: np.ndarray) -> str:
    return " x ".join(f"{size:.4g}" for size in sizes)
