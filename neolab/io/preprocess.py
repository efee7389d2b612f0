"""The preprocessing steps in one place, each a function from nibabel images to nibabel images.

A usual order: ``n4_bias_correction``, ``brain_extraction``, ``affine_register``, ``resample_to_shape``, then
``min_max`` or ``z_score``. All of them give the same array when run twice on the same scan.
"""

from neolab.io.brain_extraction import BrainExtraction, brain_extraction
from neolab.io.intensity import min_max, n4_bias_correction, z_score
from neolab.io.registration import affine_register, register_affine
from neolab.io.resample import (
    crop_to_mask,
    reorient,
    resample_to_grid,
    resample_to_shape,
    resample_to_voxel_size,
)

__all__ = [
    "BrainExtraction",
    "affine_register",
    "brain_extraction",
    "crop_to_mask",
    "min_max",
    "n4_bias_correction",
    "register_affine",
    "reorient",
    "resample_to_grid",
    "resample_to_shape",
    "resample_to_voxel_size",
    "z_score",
]
