"""The anatomical base that ships with nilearn: ICBM152 2009a tissue maps and the fsaverage5 white surfaces.

Coordinates are MNI152 millimetres, RAS+. The volume is exactly left-right symmetric, so it stands for one
hemisphere and is mirrored; the two fsaverage hemispheres are two further patterns of folding.

Sources: Fonov et al. 2009 (ICBM152 2009a nonlinear symmetric); Fischl et al. 1999 (fsaverage).
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from neolab.simulate.regular import RegularPoints

#: World coordinates of voxel (0, 0, 0) of the 1-mm volume that nilearn bundles.
VOLUME_ORIGIN_MM = (-98.0, -134.0, -72.0)

#: MNI305 (fsaverage) to MNI152, as published on the FreeSurfer wiki, "CoordinateSystems", use case 5.
MNI305_TO_MNI152 = np.array(
    [
        [0.9975, -0.0073, 0.0176, -0.0429],
        [0.0146, 1.0009, -0.0024, 1.5496],
        [-0.0130, -0.0093, 0.9971, 1.1840],
    ]
)


@dataclass(frozen=True)
class Grid(RegularPoints):
    """A regular, axis-aligned lattice in template millimetres.

    Parameters
    ----------
    origin : tuple of float
        Coordinates of point (0, 0, 0), mm.
    spacing : float
        Distance between points, mm, the same along all axes.
    shape : tuple of int
    """

    origin: tuple[float, float, float]
    spacing: float
    shape: tuple[int, int, int]

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates along x, y and z (mm, float32), shaped for broadcasting to ``shape``."""
        lines = [
            (o + self.spacing * np.arange(n)).astype(np.float32)
            for o, n in zip(self.origin, self.shape, strict=True)
        ]
        return lines[0][:, None, None], lines[1][None, :, None], lines[2][None, None, :]

    @cached_property
    def end(self) -> tuple[float, float, float]:
        """Coordinates of the last point, mm."""
        return tuple(o + self.spacing * (n - 1) for o, n in zip(self.origin, self.shape, strict=True))


#: One hemisphere at 1 mm: folding patterns are stored for x >= 0 and mirrored.
HEMISPHERE = Grid((0.0, -110.0, -64.0), 1.0, (78, 188, 148))
#: The same half at 2 mm with a margin: everything smooth.
SMOOTH = Grid((0.0, -126.0, -72.0), 2.0, (48, 109, 89))


def data_folder() -> Path:
    """The folder of nilearn's bundled data."""
    import nilearn

    return Path(nilearn.__file__).parent / "datasets" / "data"


def source_files() -> list[Path]:
    """The bundled files that the base fields are made from."""
    folder = data_folder()
    volumes = [
        folder / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz" for kind in ("t1", "gm", "wm")
    ]
    return volumes + [folder / "fsaverage5" / f"white_{side}.gii.gz" for side in ("left", "right")]


def load_volume(kind: str) -> np.ndarray:
    """One of the bundled 1-mm maps, scaled to 0..1.

    Parameters
    ----------
    kind : {"t1", "gm", "wm"}

    Returns
    -------
    numpy.ndarray
        float32, (197, 233, 189).
    """
    import nibabel

    path = data_folder() / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
    return np.asanyarray(nibabel.load(path).dataobj).astype(np.float32) / 255.0


def load_white_surface(side: str) -> tuple[np.ndarray, np.ndarray]:
    """An fsaverage5 white surface in MNI152 millimetres.

    Parameters
    ----------
    side : {"left", "right"}

    Returns
    -------
    vertices : numpy.ndarray
        (10242, 3) float, mm.
    triangles : numpy.ndarray
        (20480, 3) int.
    """
    import nibabel

    surface = nibabel.load(data_folder() / "fsaverage5" / f"white_{side}.gii.gz")
    vertices, triangles = (array.data for array in surface.darrays[:2])
    return vertices @ MNI305_TO_MNI152[:, :3].T + MNI305_TO_MNI152[:, 3], triangles


def crop_volume(volume: np.ndarray, grid: Grid) -> np.ndarray:
    """Cut a bundled 1-mm volume to a lattice by taking every ``spacing``-th voxel; zero outside."""
    step = int(grid.spacing)
    start = [int(o - v) for o, v in zip(grid.origin, VOLUME_ORIGIN_MM, strict=True)]
    stop = [a + step * (n - 1) + 1 for a, n in zip(start, grid.shape, strict=True)]
    before = [max(0, -a) for a in start]
    after = [max(0, b - n) for b, n in zip(stop, volume.shape, strict=True)]
    padded = np.pad(volume, list(zip(before, after, strict=True)))
    return padded[tuple(slice(a + p, b + p, step) for a, b, p in zip(start, stop, before, strict=True))]
