"""One microbleed in uniform tissue, seen at several echo times: blooming without a head around it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from neolab.simulate.lattice import Lattice
from neolab.simulate.susceptibility.dipole import field_shift_ppm, phase_per_ppm
from neolab.simulate.susceptibility.qsm import quantitative_susceptibility
from neolab.simulate.susceptibility.rasterise import sphere_fraction
from neolab.simulate.susceptibility.splines import thick_mean
from neolab.simulate.susceptibility.swi import homodyne_phase, susceptibility_weighted

# A voxel counts as dark below this share of the surroundings, as bright on QSM above this.
DARK_SHARE, BRIGHT_PPM = 0.7, 0.1
VOXEL_MM, SUB_SLICES = (0.8, 0.8, 3.0), 6
# Places of the centre against the voxel borders, mm; volumes of so few voxels depend on it.
PLACES_MM = ((0.3, -0.2, 0.4), (-0.4, 0.1, 1.5), (0.1, 0.3, -0.9))
# The field is measured from all echoes up to the echo time, as in a multi-echo scan: echoes this far apart.
ECHO_SPACING_MS = 5.0
# Total susceptibility is summed over this ball; the mean of the shell around it, this thick, counts as zero.
BALL_MM, SHELL_MM = 6.0, 3.0


def blooming_table(
    radius_mm: float = 1.0,
    susceptibility_ppm: float = 1.5,
    echo_times_ms=(10, 20, 30, 40),
    field_tesla: float = 3.0,
) -> pd.DataFrame:
    """Volumes that look dark or bright, and total susceptibility, by echo time; mean over `PLACES_MM`.

    Parameters
    ----------
    radius_mm, susceptibility_ppm : float
        Of the sphere of iron.
    echo_times_ms : sequence of float
        Multiples of `ECHO_SPACING_MS`, at least two of them.
    field_tesla : float

    Returns
    -------
    DataFrame
        Index ``echo time, ms``; volumes in mm^3, total susceptibility in ppm mm^3.
    """
    tables = [_at(place, radius_mm, susceptibility_ppm, echo_times_ms, field_tesla) for place in PLACES_MM]
    return sum(tables) / len(tables)


def _at(place_mm, radius_mm, susceptibility_ppm, echo_times_ms, field_tesla) -> pd.DataFrame:
    fine_mm = (*(side / 2 for side in VOXEL_MM[:2]), VOXEL_MM[2] / SUB_SLICES)
    lattice = Lattice.from_corner((-24, -24, -24), (24, 24, 24), fine_mm, SUB_SLICES)
    susceptibility = np.zeros(lattice.shape, np.float32)
    box, fraction = sphere_fraction(lattice, place_mm, (radius_mm,) * 3)
    susceptibility[box] = fraction * susceptibility_ppm
    shift = field_shift_ppm(susceptibility, lattice.spacing, padding=2.0)
    echoes = _echoes(shift, round(max(echo_times_ms) / ECHO_SPACING_MS), field_tesla)
    rows = {
        te: _measure(echoes[: round(te / ECHO_SPACING_MS)], field_tesla, place_mm) for te in echo_times_ms
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("echo time, ms")


def _measure(echoes: list[np.ndarray], field_tesla: float, place_mm) -> dict[str, float]:
    magnitude = np.abs(echoes[-1])
    swi = susceptibility_weighted(magnitude, homodyne_phase(echoes[-1], VOXEL_MM))
    inside = np.zeros(magnitude.shape, bool)
    inside[1:-1, 1:-1, 1:-1] = True
    turn = phase_between_echoes(echoes)
    qsm = quantitative_susceptibility(turn, inside, VOXEL_MM, field_tesla, ECHO_SPACING_MS)
    voxel = float(np.prod(VOXEL_MM))
    return {
        "dark on magnitude": (magnitude < DARK_SHARE).sum() * voxel,
        "dark on SWI": (swi < DARK_SHARE).sum() * voxel,
        "bright on QSM": (qsm > BRIGHT_PPM).sum() * voxel,
        "total susceptibility": total_susceptibility(qsm, VOXEL_MM, place_mm),
    }


def phase_between_echoes(echoes: Sequence[np.ndarray]) -> np.ndarray:
    """Complex images of evenly spaced echoes to one whose phase is that gained from echo to echo.

    Echo pairs are summed as complex numbers, so that a voxel that has lost its signal at a late echo takes
    its phase from the early ones, and no pair is long enough for the field of a microbleed to wrap.
    """
    return sum(later * np.conj(earlier) for earlier, later in pairwise(echoes))


def total_susceptibility(qsm_ppm: np.ndarray, voxel_mm, place_mm) -> float:
    """Susceptibility summed over a ball around one body, above the shell around the ball, in ppm mm^3.

    Parameters
    ----------
    qsm_ppm : ndarray (X, Y, Z)
    voxel_mm : sequence of float
    place_mm : sequence of float
        Centre of the body from the middle of the volume.
    """
    axes = [
        (np.arange(n) - (n - 1) / 2) * v - p
        for n, v, p in zip(qsm_ppm.shape, voxel_mm, place_mm, strict=True)
    ]
    distance = np.sqrt(sum(a**2 for a in np.meshgrid(*axes, indexing="ij", sparse=True)))
    ball = distance < BALL_MM
    shell = ~ball & (distance < BALL_MM + SHELL_MM)
    return float((qsm_ppm[ball] - qsm_ppm[shell].mean()).sum() * np.prod(voxel_mm))


def _echoes(shift, count: int, field_tesla: float) -> list[np.ndarray]:
    """Complex images at 0.8 x 0.8 x 3 mm, an echo spacing apart: fine voxels averaged as complex numbers."""
    turn = np.exp(-1j * phase_per_ppm(field_tesla, ECHO_SPACING_MS) * shift)
    signal, images = np.ones_like(turn), []
    for _ in range(count):
        signal = signal * turn
        thick = thick_mean(signal, SUB_SLICES)
        x, y, z = thick.shape
        images.append(thick.reshape(x // 2, 2, y // 2, 2, z).mean(axis=(1, 3)))
    return images
