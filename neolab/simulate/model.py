"""All that is known about one head before any voxel is drawn: sizes, deformation, folds and levels."""

from dataclasses import dataclass, field

import numpy as np

from neolab.simulate import fields, folding, growth, head, structures, template, warp
from neolab.simulate.base_fields import BaseFields, load_base_fields
from neolab.simulate.calibration import calibrate
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import Subject

#: Names of the smooth fields kept on the coarse lattice.
SMOOTH_NAMES = ("hull", "t1_half_time", "t2_half_time")


@dataclass
class HeadModel:
    """One subject's head, independent of voxel size and slab.

    Parameters
    ----------
    subject : Subject
    base : BaseFields
    sizes : neolab.simulate.growth.Sizes
    placement : neolab.simulate.warp.Placement
    coarse : Lattice
        In scanner mm, over the field of view.
    template_mm : numpy.ndarray
        (3, *coarse.shape) template coordinates.
    smooth : numpy.ndarray
        (3, *coarse.shape) the fields of ``SMOOTH_NAMES``; the first is the distance to the inner table, mm.
    interior : numpy.ndarray
        On ``folding.BOTH``, template mm.
    sulci : numpy.ndarray
        On ``folding.SULCUS``, see ``folding.sulcal_depth``.
    person : neolab.simulate.structures.Person
    levels : dict of str to float
        Level of each structure, head mm.
    parts : numpy.ndarray
        (7, *coarse.shape) what lies outside the skull, see ``neolab.simulate.head``.
    """

    subject: Subject
    base: BaseFields
    sizes: growth.Sizes
    placement: warp.Placement
    coarse: Lattice
    template_mm: np.ndarray
    smooth: np.ndarray
    interior: np.ndarray
    sulci: np.ndarray
    person: structures.Person
    levels: dict[str, float] = field(default_factory=dict)
    parts: np.ndarray | None = None

    @classmethod
    def of(cls, subject: Subject) -> "HeadModel":
        """Place, deform and calibrate the head of a subject."""
        base, sizes = load_base_fields(), growth.draw_sizes(subject)
        placement = warp.place_head(subject, sizes)
        coarse = warp.field_of_view(placement)
        template_mm = warp.deform(subject, sizes, placement, coarse, base.smooth["hull"])
        channels = np.stack([base.smooth[name].astype(np.float32) for name in SMOOTH_NAMES])
        smooth = fields.sample(channels, template.SMOOTH, template_mm)
        smooth[0] = (smooth[0] + _beyond(template.SMOOTH, template_mm)) * placement.mean_scale
        interior = folding.personal_interior(subject, base.interiors)
        person = structures.Person.of(subject, placement.mean_scale)
        model = cls(
            subject,
            base,
            sizes,
            placement,
            coarse,
            template_mm,
            smooth,
            interior,
            folding.sulcal_depth(interior),
            person,
        )
        calibrate(model)
        depth = smooth[0] - np.float32(model.levels["skull"])
        model.parts = head.head_fields(subject, placement.mean_scale, template_mm, depth)
        return model

    @property
    def view(self) -> tuple[np.ndarray, np.ndarray]:
        """Low and high corner of the field of view, scanner mm."""
        return warp.view_corners(self.placement)

    def at(self, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
        """Template coordinates (3, ...) and smooth fields (3, ...) on another lattice."""
        matrices = self.coarse.matrices_to(lattice)
        return fields.upsample(self.template_mm, matrices), fields.upsample(self.smooth, matrices)


def _beyond(grid, points: np.ndarray) -> np.ndarray:
    """How far points lie outside a (mirrored) grid, mm: distances go on growing where a field has ended."""
    squared = np.zeros(points.shape[1:], np.float32)
    for axis in range(3):
        low = -grid.end[0] if axis == 0 else grid.origin[axis]
        if axis == 2:
            low = -999.0  # the spinal canal goes on below the template
        squared += np.maximum(np.maximum(low - points[axis], points[axis] - grid.end[axis]), 0.0) ** 2
    return np.sqrt(squared)
