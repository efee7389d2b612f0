"""Fills the voxels of a scan from a head model."""

import numpy as np

from neolab.machine import blocks, over_cores
from neolab.simulate import head
from neolab.simulate.allocation import Allocation
from neolab.simulate.fields import ramp, upsample
from neolab.simulate.lattice import Lattice
from neolab.simulate.myelin_atlas import SUBCORTICAL_DELAY_MONTHS, subcortical_delay
from neolab.simulate.tissues import TISSUES

# Voxels to work on at a time: what fits the processor's cache.
BLOCK = 1 << 16
# Distance to ventricle and pia of voxels outside the skull.
FAR_MM = 20.0


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
        The fields of ``neolab.simulate.anatomy.Anatomy`` but for the head.
    """
    lattice = Lattice.covering(*model.view, voxel_mm)
    if slab_mm is not None:
        lattice = lattice.slab(slab_mm)
    width = float(np.cbrt(lattice.point_mm3))
    template_mm, (depth, t1_half_time, t2_half_time) = model.at(lattice)
    depth -= np.float32(model.levels["skull"])
    flat_depth, flat_points = depth.ravel(), template_mm.reshape(3, -1)

    fractions = {name: np.zeros(depth.size, np.float32) for name in TISSUES}
    ventricle, pial = (np.full(depth.size, FAR_MM, np.float32) for _ in range(2))
    half_times = t1_half_time.reshape(-1), t2_half_time.reshape(-1)

    inside = np.flatnonzero(flat_depth < 0.5 * width)

    def fill_inside(part: slice) -> None:
        where = inside[part]
        allocation = Allocation(model, np.ascontiguousarray(flat_points[:, where]), width)
        allocation.rest = ramp(flat_depth[where], width)
        allocation.take_all()
        for name, (taken, share) in allocation.shares.items():
            fractions[name][where[taken]] = share
        ventricle[where], pial[where] = allocation.ventricle_distance, allocation.pial_distance
        for half_time, delay in zip(half_times, SUBCORTICAL_DELAY_MONTHS, strict=True):
            half_time[where] += subcortical_delay(
                allocation.white_depth, model.person.scale, half_time[where], delay
            )

    over_cores(fill_inside, blocks(len(inside), BLOCK))

    outside = np.flatnonzero(flat_depth > -0.5 * width)
    parts = upsample(model.parts, model.coarse.matrices_to(lattice)).reshape(len(model.parts), -1)

    def fill_outside(part: slice) -> None:
        where = outside[part]
        for name, share in head.outer_fractions(parts[:, where], flat_depth[where], width).items():
            fractions[name][where] = share

    over_cores(fill_outside, blocks(len(outside), BLOCK))
    return {
        "fractions": {name: fraction.reshape(depth.shape) for name, fraction in fractions.items()},
        "affine": lattice.affine,
        "voxel_mm": tuple(voxel_mm),
        "template_mm": template_mm,
        "ventricle_distance_mm": ventricle.reshape(depth.shape),
        "pial_distance_mm": pial.reshape(depth.shape),
        "skull_distance_mm": depth,
        "t1_half_time_months": t1_half_time,
        "t2_half_time_months": t2_half_time,
    }
