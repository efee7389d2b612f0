"""Latents in, tissue fractions out: one digital neonate on the voxel lattice of a scan.

The order of work: target volumes, head pose and size, a one-to-one deformation of the template, distances to
the borders of all structures at the deformed coordinates, the level of each that encloses its target volume
(found on a lattice that does not depend on the scan), and last the fractions of tissues in each voxel.
"""

from dataclasses import dataclass, field

import numpy as np

from neolab.errors import InputError
from neolab.machine import blocks, over_cores
from neolab.simulate.allocation import Allocation
from neolab.simulate.fields import ramp, upsample
from neolab.simulate.head import outer_fractions
from neolab.simulate.lattice import Lattice
from neolab.simulate.model import HeadModel
from neolab.simulate.myelin_atlas import SUBCORTICAL_DELAY_MONTHS, subcortical_delay
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import TISSUES

# Voxels to work on at a time: what fits the processor's cache.
BLOCK = 1 << 16
# Distance to ventricle and pia of voxels outside the skull.
FAR_MM = 20.0


@dataclass
class Anatomy:
    """One subject on the voxels of a scan.

    Parameters
    ----------
    head : HeadModel
        What was rendered, for other voxels of the same head.
    fractions : dict of str to numpy.ndarray
        Tissue -> float32 (X, Y, Z), in the order of ``TISSUES``; they sum to 1 in every voxel.
    affine : numpy.ndarray
        (4, 4) voxel to scanner mm, RAS+. The template's origin (the anterior commissure) lies within a few
        millimetres of the scanner's.
    voxel_mm : tuple of float
    template_mm : numpy.ndarray
        (3, X, Y, Z) float32, MNI152 coordinates of each voxel; x < 0 is left.
    ventricle_distance_mm, pial_distance_mm, skull_distance_mm : numpy.ndarray
        (X, Y, Z) float32: to the wall of the lateral ventricles, the pia and the inner table of the skull;
        negative inside, reliable within about 7 mm at term.
    t1_half_time_months, t2_half_time_months : numpy.ndarray
        (X, Y, Z) float32: age at which myelin has half of its effect on T1 and on T2, months from term.
    """

    head: HeadModel = field(repr=False)
    fractions: dict[str, np.ndarray]
    affine: np.ndarray
    voxel_mm: tuple[float, float, float]
    template_mm: np.ndarray
    ventricle_distance_mm: np.ndarray
    pial_distance_mm: np.ndarray
    skull_distance_mm: np.ndarray
    t1_half_time_months: np.ndarray
    t2_half_time_months: np.ndarray

    @property
    def subject(self) -> Subject:
        """Whose head it is."""
        return self.head.subject

    def labels(self) -> np.ndarray:
        """The tissue with the largest fraction in each voxel: uint8 (X, Y, Z), see ``TISSUES``."""
        best = np.zeros(self.fractions["air"].shape, np.float32)
        labels = np.zeros(best.shape, np.uint8)
        for name, fraction in self.fractions.items():
            larger = fraction > best
            labels[larger] = TISSUES[name]
            np.maximum(best, fraction, out=best)
        return labels

    def volume_ml(self, tissue: str) -> float:
        """Volume of one tissue over the voxels rendered, ml."""
        return float(self.fractions[tissue].sum(dtype=np.float64)) * float(np.prod(self.voxel_mm)) / 1000.0


def make_anatomy(
    whose: Subject | HeadModel,
    voxel_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    slab_mm: tuple[float, float] | None = None,
) -> Anatomy:
    """Make one subject on a voxel lattice.

    Parameters
    ----------
    whose : Subject or HeadModel
        The head model of a subject takes as long as its voxels: where several anatomies of one subject are
        wanted, make it once with `HeadModel.of`, or take ``head`` of the first.
    voxel_mm : tuple of float
        Voxel size along x, y, z; 0.3 to 6 mm.
    slab_mm : tuple of float, optional
        Render only slices whose centre lies between these heights, in scanner mm (0 is the level of the
        anterior commissure but for the pose). The slices are the same as those of the whole head.

    Returns
    -------
    Anatomy

    Raises
    ------
    InputError
        When a voxel size is out of range or the slab holds no slice.
    """
    if len(voxel_mm) != 3 or not all(0.3 <= v <= 6.0 for v in voxel_mm):
        raise InputError(f"voxel_mm is {voxel_mm}, expected three sizes of 0.3 to 6 mm")
    voxel_mm = tuple(float(size) for size in voxel_mm)
    head = whose if isinstance(whose, HeadModel) else HeadModel.of(whose)
    lattice = Lattice.covering(*head.view, voxel_mm)
    if slab_mm is not None:
        lattice = lattice.slab(slab_mm)
    template_mm, (depth, t1_half_time, t2_half_time) = head.at(lattice)
    depth -= np.float32(head.levels["skull"])
    anatomy = Anatomy(
        head,
        {name: np.zeros(depth.shape, np.float32) for name in TISSUES},
        lattice.affine,
        voxel_mm,
        template_mm,
        *(np.full(depth.shape, FAR_MM, np.float32) for _ in range(2)),
        depth,
        t1_half_time,
        t2_half_time,
    )
    border_mm = float(np.cbrt(lattice.point_mm3))
    _fill_inside(anatomy, border_mm)
    _fill_outside(anatomy, lattice, border_mm)
    return anatomy


def _fill_inside(anatomy: Anatomy, border_mm: float) -> None:
    """Share out the voxels inside the skull, and delay the myelin close to the cortex.

    ``border_mm`` is the width of a border between two tissues: the size of a voxel.
    """
    head = anatomy.head
    fractions, (depth, ventricle, pial, *half_times), points = _flat(anatomy)
    inside = np.flatnonzero(depth < 0.5 * border_mm)

    def fill(part: slice) -> None:
        where = inside[part]
        allocation = Allocation(head, np.ascontiguousarray(points[:, where]), border_mm)
        allocation.rest = ramp(depth[where], border_mm)
        allocation.take_all()
        for name, (taken, share) in allocation.shares.items():
            fractions[name][where[taken]] = share
        ventricle[where], pial[where] = allocation.ventricle_distance, allocation.pial_distance
        for half_time, delay in zip(half_times, SUBCORTICAL_DELAY_MONTHS, strict=True):
            half_time[where] += subcortical_delay(
                allocation.white_depth, head.person.scale, half_time[where], delay
            )

    over_cores(fill, blocks(len(inside), BLOCK))


def _fill_outside(anatomy: Anatomy, lattice: Lattice, border_mm: float) -> None:
    """Share out the voxels outside the skull."""
    head = anatomy.head
    fractions, (depth, *_), _ = _flat(anatomy)
    outside = np.flatnonzero(depth > -0.5 * border_mm)
    parts = upsample(head.parts, head.coarse.matrices_to(lattice)).reshape(len(head.parts), -1)

    def fill(part: slice) -> None:
        where = outside[part]
        for name, share in outer_fractions(parts[:, where], depth[where], border_mm).items():
            fractions[name][where] = share

    over_cores(fill, blocks(len(outside), BLOCK))


def _flat(anatomy: Anatomy) -> tuple[dict[str, np.ndarray], list[np.ndarray], np.ndarray]:
    """Fractions, distances (skull, ventricle, pia) with half times, and coordinates as lines of voxels."""
    maps = (
        anatomy.skull_distance_mm,
        anatomy.ventricle_distance_mm,
        anatomy.pial_distance_mm,
        anatomy.t1_half_time_months,
        anatomy.t2_half_time_months,
    )
    fractions = {name: fraction.reshape(-1) for name, fraction in anatomy.fractions.items()}
    return fractions, [values.reshape(-1) for values in maps], anatomy.template_mm.reshape(3, -1)
