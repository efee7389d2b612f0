"""Finds the level of every structure at which it has its target volume.

The lattices used here depend on the subject alone, so that every voxel size and slab shows the same brain.
"""

import numpy as np

from neolab.simulate import growth
from neolab.simulate.allocation import Allocation
from neolab.simulate.fields import volume_level
from neolab.simulate.structures import CENTRAL, within
from neolab.simulate.tissues import DEEP_GREY

#: Levels stay below the distance at which stored distances saturate (template mm): a structure that cannot
#: find its volume stays small rather than flooding its surroundings.
HIGHEST_LEVEL_MM = 9.0


def calibrate(model) -> None:
    """Fill ``model.levels``, in head mm.

    Parameters
    ----------
    model : neolab.simulate.model.HeadModel
    """
    skull = volume_level(model.smooth[0], None, 1000.0 * model.sizes.intracranial, model.coarse.point_mm3)
    model.levels["skull"] = skull
    # The nuclei are small: their lattice is twice as fine.
    lattice = _bounding_box(model).refined(2)
    points = model.at(lattice)[0].reshape(3, -1)
    points = points[:, within(CENTRAL, points)]
    _allocation(model, points, lattice.point_mm3).take_central()

    inside = np.flatnonzero(model.smooth[0].ravel() < skull)
    points = np.ascontiguousarray(model.template_mm.reshape(3, -1)[:, inside])
    allocation = _allocation(model, points, model.coarse.point_mm3)
    allocation.take_central()
    allocation.take_fossa()
    allocation.take_cerebrum()


def _allocation(model, points: np.ndarray, point_mm3: float) -> Allocation:
    """An allocation that settles the levels that the model does not have yet."""
    targets = target_volumes(model.sizes)

    def settle(name: str, distance: np.ndarray, free: np.ndarray) -> float:
        if name not in model.levels:
            volume = 1000.0 * targets[name] - _already_white(name, allocation, point_mm3)
            level = volume_level(distance, free, volume, point_mm3)
            model.levels[name] = min(level, HIGHEST_LEVEL_MM * model.person.scale)
        return model.levels[name]

    allocation = Allocation(model, points, float(np.cbrt(point_mm3)), settle)
    return allocation


def target_volumes(sizes: growth.Sizes) -> dict[str, float]:
    """What each level has to enclose, ml."""
    left, right = sizes.lateral_ventricles
    structures = sizes.structures
    apart = sizes.cerebellum + structures["brainstem"] + structures["hippocampus_amygdala"]
    supratentorial = sizes.brain - apart
    nuclei = sum(structures[name] for name in DEEP_GREY)
    interior = sizes.interior_share * supratentorial
    return structures | {
        "lateral_ventricle_left": left,
        "lateral_ventricle_right": right,
        "cerebellum": sizes.cerebellum,
        "interior": interior - nuclei - structures["corpus_callosum"],
        "pia": supratentorial - interior,
    }


def _already_white(name: str, allocation: Allocation, point_mm3: float) -> float:
    """White matter that other structures have taken before the interior's level is settled, mm3."""
    if name != "interior":
        return 0.0
    return float(allocation.shares["internal_capsule"][1].sum()) * point_mm3


def _bounding_box(model):
    """The part of the coarse lattice that holds the central structures."""
    inside = within(CENTRAL, model.template_mm.reshape(3, -1))
    numbers = np.array(np.unravel_index(inside, model.coarse.shape))
    return model.coarse.box(numbers.min(axis=1), numbers.max(axis=1))
