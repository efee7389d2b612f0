"""Fills the voxels of a scan from a head model."""

import numpy as np

from neolab.simulate import head
from neolab.simulate.allocation import Allocation
from neolab.simulate.fields import ramp, upsample
from neolab.simulate.lattice import Lattice
from neolab.simulate.myelin_atlas import SUBCORTICAL_DELAY_MONTHS, subcortical_delay
from neolab.simulate.tissues import TISSUES


def render(model, voxel_mm, slab_mm=None) -> dict:
    """Tissue fractions and distances on voxels.

    Parameters
    ----------
    model : neolab.simulate.model.HeadModel
    voxel_mm : tuple of float
    slab_mm : tuple of float, optional
        Range of slice centres, scanner mm.

    Returns
    -------
    dict
        The fields of ``neolab.simulate.anatomy.Anatomy`` but for the subject.
    """
    lattice = Lattice.covering(*model.view, voxel_mm)
    if slab_mm is not None:
        lattice = lattice.slab(slab_mm)
    width = float(np.cbrt(lattice.point_mm3))
    template_mm, (depth, t1_half_time, t2_half_time) = model.at(lattice)
    depth -= np.float32(model.levels["skull"])
    flat_depth, flat_points = depth.ravel(), template_mm.reshape(3, -1)

    inside = np.flatnonzero(flat_depth < 0.5 * width)
    allocation = Allocation(model, np.ascontiguousarray(flat_points[:, inside]), width)
    allocation.rest = ramp(flat_depth[inside], width)
    allocation.take_all()
    for half_time, delay in zip((t1_half_time, t2_half_time), SUBCORTICAL_DELAY_MONTHS, strict=True):
        flat = half_time.reshape(-1)
        flat[inside] += subcortical_delay(allocation.white_depth, model.person.scale, flat[inside], delay)
    fractions = {name: np.zeros(depth.size, np.float32) for name in TISSUES}
    for name, (where, share) in allocation.shares.items():
        fractions[name][inside[where]] = share

    outside = np.flatnonzero(flat_depth > -0.5 * width)
    parts = upsample(model.parts, model.coarse.matrices_to(lattice)).reshape(len(model.parts), -1)
    for name, share in head.outer_fractions(parts[:, outside], flat_depth[outside], width).items():
        fractions[name][outside] = share
    return {
        "fractions": {name: fraction.reshape(depth.shape) for name, fraction in fractions.items()},
        "affine": lattice.affine,
        "voxel_mm": tuple(voxel_mm),
        "template_mm": template_mm,
        "ventricle_distance_mm": _spread(allocation.ventricle_distance, inside, depth),
        "pial_distance_mm": _spread(allocation.pial_distance, inside, depth),
        "skull_distance_mm": depth,
        "t1_half_time_months": t1_half_time,
        "t2_half_time_months": t2_half_time,
    }


def _spread(values: np.ndarray, where: np.ndarray, like: np.ndarray) -> np.ndarray:
    full = np.full(like.size, np.float32(20.0), np.float32)
    full[where] = values
    return full.reshape(like.shape)
