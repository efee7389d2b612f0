"""Where white matter myelinates when: maps of the age at which myelin reaches half of its adult effect.

Two maps are kept, since T1 shortens months before T2 does. Values are mid-points of the ages at which regions
turn bright on T1-weighted and dark on T2-weighted images: Barkovich et al. 1988 (splenium 4 and 6 months,
genu 6 and 8, anterior limb 11 and frontal white matter 14 on T2) and the table of introductiontoradiology.net
after Barkovich (limbs of the capsule, centrum semiovale, central and peripheral occipital and frontal white
matter). What those leave out (poles, association fibres) is interpolated by eye and marked so.
"""

import numpy as np

from neolab.simulate.regions import along_segment

#: MNI |x|, y, z (mm) and the half times of T1 and T2 (months from term).
ANCHORS = (
    (0, -30, -35, -2.0, -1.0),  # dorsal pons and medulla
    (0, -38, -25, -2.0, -1.0),  # midbrain tegmentum
    (10, -45, -34, 0.5, 1.5),  # middle cerebellar peduncle
    (30, -62, -35, 3.0, 6.0),  # cerebellar hemisphere
    (13, -18, -13, 0.0, 0.5),  # cerebral peduncle
    (20, 8, 22, 3.5, 10.0),  # frontal corona radiata (interpolated)
    (27, -22, 30, 2.6, 7.5),  # central centrum semiovale
    (34, -22, 52, 3.0, 8.0),  # beside the central sulcus
    (35, -52, 2, 3.2, 8.0),  # central occipital
    (12, -84, 4, 4.0, 10.5),  # calcarine
    (24, -82, 8, 5.0, 13.0),  # peripheral occipital
    (30, -74, 22, 5.5, 13.0),
    (26, -44, 36, 4.0, 9.5),  # posterior centrum semiovale
    (30, -58, 40, 5.2, 12.0),  # parietal (interpolated)
    (24, 22, 26, 5.0, 13.0),  # central frontal
    (24, 40, 10, 6.5, 15.0),
    (20, 56, 6, 9.0, 17.0),  # frontal pole
    (40, 30, 16, 8.0, 17.0),  # peripheral frontal
    (36, 6, 36, 6.0, 14.0),
    (45, -4, -24, 9.0, 19.0),  # temporal (interpolated)
    (40, 8, -32, 11.0, 21.0),  # temporal pole
    (46, -30, -14, 8.0, 17.0),
    (44, -56, 0, 6.5, 15.0),  # temporo-occipital (interpolated)
    (20, 4, 54, 5.8, 13.0),  # premotor (interpolated)
    (48, -20, 30, 5.0, 12.0),  # opercular (interpolated)
    (10, -50, 50, 5.0, 11.5),  # precuneus (interpolated)
)

#: Tracts: points ``(|x|, y, z, half time of T1, half time of T2)`` and softness of their border, mm. The fan
#: of the corona radiata spreads over four lines, so that it has no bright core.
TRACTS = (
    (((5, -27, -45, -0.5, 0.5), (13, -19, -13, -0.3, 0.7), (22, -16, -1, -0.6, 0.8)), 4.0),
    (((22, -16, -1, -0.6, 0.8), (25, -20, 10, -0.5, 1.2), (26, -21, 18, 0.7, 3.0)), 4.0),
    (((18, -6, 2, 1.2, 5.0), (20, -10, 10, 1.5, 5.5)), 4.0),
    (((19, 4, 3, 2.3, 8.5), (18, 14, 5, 2.6, 9.0)), 4.5),
    (((26, -21, 18, 0.7, 3.0), (20, -26, 32, 2.5, 6.4), (12, -30, 60, 2.9, 7.5)), 8.0),
    (((26, -21, 18, 0.7, 3.0), (28, -32, 32, 2.5, 6.4), (26, -32, 60, 2.8, 7.2)), 8.0),
    (((26, -21, 18, 0.7, 3.0), (30, -12, 32, 2.5, 6.4), (34, -14, 54, 2.8, 7.3)), 8.0),
    (((26, -21, 18, 0.7, 3.0), (37, -20, 30, 2.5, 6.4), (48, -12, 38, 3.0, 7.8)), 8.0),
    (((23, -25, -3, 0.8, 2.0), (34, -34, -4, 1.6, 4.0), (34, -56, 2, 2.2, 5.5), (14, -84, 3, 3.2, 7.5)), 5.0),
    (((0, -37, 11, 3.5, 5.0), (14, -42, 16, 3.6, 5.4), (25, -50, 22, 3.8, 6.5)), 4.5),
    (((0, -8, 27, 4.2, 6.2), (0, -26, 24, 3.8, 5.6)), 4.5),
    (((0, 6, 26, 4.4, 6.4), (0, 22, 18, 4.8, 6.6)), 4.5),
    (((0, 28, 6, 5.0, 6.8), (14, 32, 6, 5.2, 8.0)), 4.5),
)

#: Subcortical white matter comes last: what is added at the border of the cortex (months, T1 and T2), and how
#: deep that reaches (mm at the size of the template).
SUBCORTICAL_DELAY_MONTHS, SUBCORTICAL_DEPTH_MM = (2.0, 2.5), 4.0


def half_times(grid) -> dict[str, np.ndarray]:
    """Maps of the myelination half times.

    Inverse-distance weighting of the anchors, with the tracts blended over it.

    Parameters
    ----------
    grid : neolab.simulate.template.Grid

    Returns
    -------
    dict
        ``"t1_half_time"`` and ``"t2_half_time"``: float32 on ``grid``, months from term.
    """
    maps = _interpolated_anchors(grid)
    for points, softness_mm in TRACTS:
        distance, values = _along_tract(grid, points)
        weight = np.exp(-((distance / softness_mm) ** 2))
        maps += weight * np.minimum(values - maps, 0.0)
    return {"t1_half_time": maps[0], "t2_half_time": maps[1]}


def _interpolated_anchors(grid) -> np.ndarray:
    x, y, z = grid.axes()
    total = np.zeros(grid.shape, np.float32)
    sums = np.zeros((2, *grid.shape), np.float32)
    for anchor_x, anchor_y, anchor_z, *times in ANCHORS:
        # The constant rounds off the peak at the anchor itself.
        weight = ((x - anchor_x) ** 2 + (y - anchor_y) ** 2 + (z - anchor_z) ** 2 + 80.0) ** -1.6
        total += weight
        for channel, time in zip(sums, times, strict=True):
            channel += weight * np.float32(time)
    return sums / total


def _along_tract(grid, points) -> tuple[np.ndarray, np.ndarray]:
    """Distance to a line of points (mm), and the half times at the nearest place on it."""
    axes = grid.axes()
    nearest = np.full(grid.shape, 999.0, np.float32)
    values = np.zeros((2, *grid.shape), np.float32)
    for start, end in zip(points[:-1], points[1:], strict=True):
        along, squared = along_segment(axes, start[:3], end[:3])
        distance = np.sqrt(squared)
        closer = distance < nearest
        nearest = np.where(closer, distance, nearest)
        for channel, first, last in zip(values, start[3:], end[3:], strict=True):
            channel[closer] = (first + along * (last - first))[closer]
    return nearest, values


def subcortical_delay(depth_mm: np.ndarray, scale: float, half_time_months: np.ndarray, delay_months: float):
    """How much later white matter myelinates for lying close under the cortex, months.

    Parameters
    ----------
    depth_mm : numpy.ndarray
        Depth under the cortex, head mm, positive in white matter.
    scale : float
        Head mm per template mm.
    half_time_months : numpy.ndarray
        Without the delay; tracts that myelinate about term are spared.
    delay_months : float
        At the border.
    """
    near = np.exp(-np.maximum(depth_mm, 0.0) / np.float32(SUBCORTICAL_DEPTH_MM * scale))
    return np.float32(delay_months) * near * np.clip(0.5 * half_time_months - 0.25, 0.0, 1.0)
