"""Individual anatomy: a smooth diffeomorphism and an affine between scanner and template space.

The velocity field has two scales, so that whole lobes and single gyri both move; integrating it by scaling
and squaring gives a map and its inverse, neither of which folds.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from neolab.machine import over_cores
from neolab.simulate.subject import stream
from neolab.simulate.susceptibility.subject import AdultSubject
from neolab.simulate.template import Grid
from neolab.simulate.warp import exponential

# Covers the MNI152 brain with room to move; 5 mm resolves the finer scale below.
WARP_GRID = Grid((-102.5, -142.5, -97.5), 5.0, (42, 51, 43))
# (wavelength as Gaussian sigma in mm, root mean square displacement in mm per axis).
# The two-scale form is a design choice; the amplitudes bring the overlap of two brains near that of people.
SCALES = ((24.0, 2.1), (8.0, 2.9))


def _smooth_noise(rng, sigma_mm: float, rms: float, components: int = 3) -> np.ndarray:
    noise = rng.normal(size=(components, *WARP_GRID.shape)).astype(np.float32)
    smooth = np.stack([ndi.gaussian_filter(c, sigma_mm / WARP_GRID.spacing) for c in noise])
    return smooth * (rms / smooth.std())


@dataclass(frozen=True)
class Deformation:
    """Maps between scanner and template millimetres.

    Attributes
    ----------
    matrix, shift : ndarray
        ``template = matrix @ scanner + shift`` before the warp.
    forward, inverse : ndarray
        Displacements in mm on ``WARP_GRID``: of the warp and of its inverse.
    """

    matrix: np.ndarray
    shift: np.ndarray
    forward: np.ndarray
    inverse: np.ndarray

    def to_template(self, points_mm: np.ndarray) -> np.ndarray:
        """Scanner positions (N, 3) to template positions."""
        points = points_mm @ self.matrix.T + self.shift
        return points + _sample(self.forward, points)

    def to_scanner(self, points_mm: np.ndarray) -> np.ndarray:
        """Template positions (N, 3) to scanner positions."""
        points = points_mm + _sample(self.inverse, points_mm)
        return (points - self.shift) @ np.linalg.inv(self.matrix).T


def _sample(displacement: np.ndarray, points_mm: np.ndarray) -> np.ndarray:
    where = WARP_GRID.to_index(points_mm).T
    return np.stack([ndi.map_coordinates(c, where, order=1, mode="nearest") for c in displacement], axis=-1)


def draw_deformation(
    subject: AdultSubject, ventricle_field: np.ndarray, ventricle_growth_mm: float, interior: np.ndarray
) -> Deformation:
    """Head size, pose, torque, two-scale warp and ventricular enlargement of one subject.

    Parameters
    ----------
    ventricle_field : ndarray
        Unit vector away from the lateral ventricles times its decay, (3, X, Y, Z) on ``WARP_GRID``.
    ventricle_growth_mm : float
        How far the ventricular wall moves outward.
    interior : ndarray
        Weight of the finer scale, (X, Y, Z): gyri move, the vault of the skull stays round.
    """
    rng = stream(subject, "anatomy")
    matrix, shift = _draw_affine(rng, subject.sex)
    coarse, fine = (_smooth_noise(rng, sigma, rms) for sigma, rms in SCALES)
    velocity = coarse + interior * fine + _torque(rng) - ventricle_growth_mm * ventricle_field
    velocity = velocity.astype(np.float32)
    return Deformation(matrix, shift, *over_cores(lambda v: exponential(v, WARP_GRID), (velocity, -velocity)))


def _draw_affine(rng, sex: str) -> tuple[np.ndarray, np.ndarray]:
    """Scanner to template: 3 % scatter of each diameter, 2.5 % between the sexes, a few degrees of pose."""
    size = 1.0 + (0.012 if sex == "male" else -0.012)
    scale = np.exp(rng.normal(0, 0.03, 3)) * size
    angles = np.deg2rad(rng.normal(0, [4.0, 2.5, 2.5]))
    rotation = np.eye(3)
    for axis, angle in enumerate(angles):
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(3)
        turn[[i, i, j, j], [i, j, i, j]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        rotation = turn @ rotation
    return np.diag(1 / scale) @ rotation, rng.normal(0, 2.0, 3)


def _torque(rng) -> np.ndarray:
    """Yakovlevian torque: right frontal and left occipital poles protrude (about 2 mm, individual sign)."""
    x, y, _ = WARP_GRID.axes()
    amount = rng.normal(1.2, 1.2)
    velocity = np.zeros((3, *WARP_GRID.shape), np.float32)
    velocity[1] = -amount * np.tanh(x / 25.0)
    velocity[0] = rng.normal(0, 1.0) * (y / 80.0)
    return velocity
