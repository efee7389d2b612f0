"""Deep grey nuclei, capsule and hippocampus in template space: analytic shapes, each with its own level.

Centres and sizes are MNI152 millimetres for x >= 0. The subthalamic nucleus lies 12.65 +- 1.3 mm from the
midline and 3 mm below the AC-PC plane in 35 adults (Acta Neurochir 2002); the others were placed by eye.
"""

import numpy as np

from neolab.simulate import regions

#: Half the thickness of the internal capsule between its neighbours, template mm.
CAPSULE_HALF_WIDTH_MM = 1.25


def ellipsoid(grid, centre, semi_axes, axial_degrees=0.0, sagittal_degrees=0.0) -> np.ndarray:
    """Approximate signed distance to a rotated ellipsoid, mm, negative inside.

    Parameters
    ----------
    grid : neolab.simulate.template.Grid
    centre, semi_axes : tuple of float
        Template mm.
    axial_degrees, sagittal_degrees : float
        Rotations about z, then about x.

    Returns
    -------
    numpy.ndarray
        float32 on ``grid``.
    """
    x, y, z = (line - c for line, c in zip(grid.axes(), centre, strict=True))
    angle = np.deg2rad(axial_degrees)
    x, y = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    angle = np.deg2rad(sagittal_degrees)
    y, z = y * np.cos(angle) + z * np.sin(angle), -y * np.sin(angle) + z * np.cos(angle)
    scaled = (x / semi_axes[0], y / semi_axes[1], z / semi_axes[2])
    radius = np.sqrt(sum(s**2 for s in scaled)) + 1e-6
    # First-order distance: value over slope of the quadratic form.
    slope = np.sqrt(sum((s / r) ** 2 for s, r in zip(scaled, semi_axes, strict=True))) + 1e-6
    return (radius * (radius - 1.0) / slope).astype(np.float32).clip(-max(semi_axes), 30.0)


def capsule_side(grid) -> np.ndarray:
    """Signed distance to the sheet of the internal capsule, mm: positive on the lentiform's side.

    In axial slices the sheet is a V that opens laterally, its bend (genu) at the foramen of Monro; it leans
    outwards on its way up to the corona radiata.
    """
    x, y, z = grid.axes()
    from_genu = y + 1.0
    slope = np.where(from_genu > 0, 0.36, 0.62)
    bend = np.hypot(slope * from_genu, 2.5) - 2.5
    sheet = 13.8 + bend + 0.22 * (z - 4.0)
    return ((x - sheet) / np.sqrt(1.0 + slope**2)).astype(np.float32)


def _caudate(grid) -> np.ndarray:
    head = ellipsoid(grid, (12.8, 13.5, 5), (5.8, 9.5, 9.5), -10)
    body = regions.tapered_tube(
        ((13, 10, 11, 5.0), (15.5, -2, 19, 4.0), (19, -16, 21, 3.2), (24, -30, 17, 2.2)), grid
    )
    return np.minimum(head, body)


def _putamen(grid) -> np.ndarray:
    return ellipsoid(grid, (26.0, 1.5, 2), (6.0, 17, 11), -14)


def _thalamus(grid) -> np.ndarray:
    main = ellipsoid(grid, (10.8, -17, 7), (9.8, 14.5, 10.8), -24)
    pulvinar = ellipsoid(grid, (14.5, -27, 6.5), (8.0, 7.0, 8.0), -10)
    return np.minimum(main, pulvinar)


def _hippocampus_amygdala(grid) -> np.ndarray:
    hippocampus = regions.tapered_tube(
        (
            (21, -7, -20, 4.0),
            (27, -13, -21, 4.5),
            (30, -23, -15, 3.8),
            (29, -33, -7, 3.2),
            (23, -39, -1, 2.4),
        ),
        grid,
    )
    return np.minimum(hippocampus, ellipsoid(grid, (23, -3, -19), (6, 6, 6)))


def nuclear_distances(grid) -> dict[str, np.ndarray]:
    """Signed distances to all nuclei and the side of the capsule, mm.

    Parameters
    ----------
    grid : neolab.simulate.template.Grid

    Returns
    -------
    dict
        Name -> float32 on ``grid``.
    """
    return {
        "subthalamic_nucleus": ellipsoid(grid, (11.8, -13.5, -7), (3.0, 5.5, 3.0), -30, -20),
        "globus_pallidus": ellipsoid(grid, (19.5, -4.5, 0), (4.6, 10, 6.5), -27),
        "putamen": _putamen(grid),
        "caudate": _caudate(grid),
        "thalamus": _thalamus(grid),
        "hippocampus_amygdala": _hippocampus_amygdala(grid),
        "capsule_side": capsule_side(grid),
    }
