"""Shares points out among the tissues inside the skull; the sharper structure comes first.

The same walk serves twice: to find the level of each structure from its target volume, and to fill voxels.
"""

from collections.abc import Callable

import numpy as np

from neolab.simulate import structures
from neolab.simulate.fields import ramp
from neolab.simulate.nuclei import CAPSULE_HALF_WIDTH_MM
from neolab.simulate.structures import CENTRAL, FOSSA, within

#: Nuclei in the order in which they claim points.
NUCLEI = ("subthalamic_nucleus", "globus_pallidus", "putamen", "caudate", "thalamus", "hippocampus_amygdala")
#: Side of the internal capsule on which a nucleus lies.
CAPSULE_SIDE = {"putamen": 1.0, "globus_pallidus": 1.0, "caudate": -1.0, "thalamus": -1.0}

#: Half the thickness of the septum between the lateral ventricles, template mm.
SEPTUM_HALF_WIDTH_MM = 1.1

#: ``settle(name, distance_mm, free)`` returns the level of a structure; ``free`` is what each point may give.
Settle = Callable[[str, np.ndarray, np.ndarray], float]


class Allocation:
    """Points of one head and what is left of each.

    Parameters
    ----------
    model : neolab.simulate.model.HeadModel
    points : numpy.ndarray
        (3, n) template coordinates, mm, of points inside the skull.
    width_mm : float
        Width of the partial-volume ramp at a border: the size of a voxel.
    settle : callable, optional
        Finds levels; by default they are those of the model.
    """

    def __init__(self, model, points: np.ndarray, width_mm: float, settle: Settle | None = None):
        self.model, self.points, self.width_mm = model, points, width_mm
        self.scale = np.float32(model.person.scale)
        self.settle = settle or (lambda name, distance, free: model.levels[name])
        self.rest = np.ones(points.shape[1], np.float32)
        #: Tissue -> (numbers of points, fractions there).
        self.shares: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.ventricle_distance = np.full(points.shape[1], 20.0 * self.scale, np.float32)
        self.pial_distance = np.empty(0, np.float32)

    def take_all(self) -> None:
        """Share out everything; fluid gets what is left."""
        self.take_central()
        self.take_fossa()
        self.take_cerebrum()
        self.shares["csf"] = (np.arange(len(self.rest)), self.rest)

    def _take(self, name: str, where: np.ndarray, border: np.ndarray) -> None:
        share = ramp(border, self.width_mm)
        share *= self.rest[where]
        self.rest[where] -= share
        self.shares[name] = (where, share)

    # ------------------------------------------------------------------ ventricles, callosum, nuclei, capsule
    def take_central(self) -> None:
        """Lateral and third ventricles, callosum, nuclei and internal capsule."""
        self.central = where = within(CENTRAL, self.points)
        distances = structures.central_distances(self.model, self.points[:, where])
        self._take_lateral_ventricles(where, distances["lateral_ventricle"])
        for name in ("third_ventricle", "corpus_callosum"):
            self._take(name, where, distances[name] - self._level(name, distances[name], self.rest[where]))
        side = distances["capsule_side"]
        borders = {name: self._take_nucleus(name, where, distances[name], side) for name in NUCLEI}
        self._take_capsule(where, side, borders)
        self.core = distances["core"]

    def _level(self, name: str, distance: np.ndarray, free: np.ndarray) -> np.float32:
        return np.float32(self.settle(name, distance, free))

    def _take_lateral_ventricles(self, where: np.ndarray, distance: np.ndarray) -> None:
        left, free = self.points[0, where] < 0, self.rest[where]
        level = np.where(
            left,
            self._level("lateral_ventricle_left", distance, free * left),
            self._level("lateral_ventricle_right", distance, free * ~left),
        )
        # The septum pellucidum keeps the two apart.
        septum = self.scale * (np.float32(SEPTUM_HALF_WIDTH_MM) - np.abs(self.points[0, where]))
        border = np.maximum(distance - level, septum)
        self.ventricle_distance[where] = border
        self._take("lateral_ventricles", where, border)

    def _take_nucleus(self, name: str, where, distance: np.ndarray, side: np.ndarray) -> np.ndarray:
        free = self.rest[where]
        limit = None
        if name in CAPSULE_SIDE:
            limit = np.float32(CAPSULE_HALF_WIDTH_MM) * self.scale - np.float32(CAPSULE_SIDE[name]) * side
            free = free * ramp(limit, self.width_mm)
        border = distance - self._level(name, distance, free)
        if limit is not None:
            np.maximum(border, limit, out=border)
        self._take(name, where, border)
        return border

    def _take_capsule(self, where, side: np.ndarray, borders: dict[str, np.ndarray]) -> None:
        """The sheet between lentiform nucleus, and caudate and thalamus, as far as it has both neighbours."""
        lateral = np.minimum(borders["putamen"], borders["globus_pallidus"])
        medial = np.minimum(borders["caudate"], borders["thalamus"])
        reach = np.maximum(lateral, medial) - np.float32(4.5) * self.scale
        border = np.maximum(reach, np.abs(side) - np.float32(CAPSULE_HALF_WIDTH_MM + 0.6) * self.scale)
        self._take("internal_capsule", where, border)

    # ------------------------------------------------------------------ posterior fossa
    def take_fossa(self) -> None:
        """Fourth ventricle, brainstem and cerebellum with its white matter, folia and fissures."""
        where = within(FOSSA, self.points)
        distances = structures.fossa_distances(self.model, self.points[:, where])
        for name in ("fourth_ventricle", "brainstem"):
            self._take(name, where, distances[name] - self._level(name, distances[name], self.rest[where]))
        distance, texture = distances["cerebellum"], distances["texture"]
        border = distance - self._level("cerebellum", distance, self.rest[where])
        # Fissures: fluid reaches in along dark lines of the template, deeper with age.
        folia = np.float32(0.45) * self.scale * np.clip(-texture - 0.7, 0.0, 1.5)
        white = np.maximum(
            border + np.float32(2.2) * self.scale, np.float32(1.6) * self.scale * (0.55 - texture)
        )
        whole = ramp(np.maximum(border, border * 0.25 + folia), self.width_mm)
        whole *= self.rest[where]
        share = whole * ramp(white, self.width_mm)
        self.rest[where] -= whole
        self.shares["cerebellar_white_matter"] = (where, share)
        self.shares["cerebellar_cortex"] = (where, whole - share)

    # ------------------------------------------------------------------ cerebral white matter and cortex
    def take_cerebrum(self) -> None:
        """White matter, then the cortex around it."""
        points, everywhere = self.points, np.arange(self.points.shape[1])
        interior = structures.interior_distance(self.model, points)
        fissure = structures.fissure_distance(self.model, points)
        white = np.maximum(interior, fissure)
        white[self.central] = np.minimum(white[self.central], self.core)
        level = self._level("interior", white, self.rest)
        self.white_depth = level - white
        self._take("white_matter", everywhere, white - level)
        outer = np.maximum(interior + structures.sulcal_fluid(self.model, points), fissure + level)
        outer = np.maximum(outer, structures.bare_distance(self.model, points))
        level = self._level("pia", outer, self.rest)
        self.pial_distance = np.minimum(outer, white) - level
        self._take("cortex", everywhere, outer - level)
