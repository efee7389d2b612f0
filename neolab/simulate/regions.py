"""Single structures of the template as masks and signed distances, for the half with x >= 0.

Boxes and thresholds are in MNI152 millimetres and in the 0..1 grey values of the bundled ICBM152 T1 image;
they were placed by eye on that image.
"""

from functools import cache

import numpy as np

from neolab.simulate import surfaces, template

#: Course of the horns (MNI mm) with radii (mm): slits too thin for an average image to show.
TEMPORAL_HORN = (
    (26, -42, 9, 3.0),
    (32, -40, -3, 2.2),
    (36, -31, -11, 2.0),
    (35, -20, -17, 2.0),
    (30, -10, -21, 1.8),
)
OCCIPITAL_HORN = ((24, -46, 11, 4.0), (25, -60, 9, 3.0), (21, -74, 7, 2.2), (17, -84, 6, 1.0))


#: Width over height of the callosum near the midline.
CALLOSAL_STRETCH = 2.6


@cache
def _volumes() -> dict[str, np.ndarray]:
    return {
        kind: template.crop_volume(template.load_volume(kind), template.HEMISPHERE)
        for kind in ("t1", "gm", "wm")
    }


def _box(x=(0, 999), y=(-999, 999), z=(-999, 999)) -> np.ndarray:
    axes = template.HEMISPHERE.axes()
    inside = True
    for line, (low, high) in zip(axes, (x, y, z), strict=True):
        inside = inside & (line >= low) & (line <= high)
    return inside


def along_segment(axes, start, end) -> tuple[np.ndarray, np.ndarray]:
    """Nearest place on a straight line: how far along it lies (0 to 1), and the squared distance to it.

    Parameters
    ----------
    axes : sequence of three ndarray
        Coordinates that broadcast against each other.
    start, end : sequence of three float
    """
    step = np.subtract(end, start)
    offsets = [line - s for line, s in zip(axes, start, strict=True)]
    along = sum(o * s for o, s in zip(offsets, step, strict=True)) / (step @ step)
    along = np.clip(along, 0.0, 1.0).astype(np.float32)
    return along, sum((o - along * s) ** 2 for o, s in zip(offsets, step, strict=True))


def tapered_tube(points, grid=template.HEMISPHERE, lateral_stretch: float = 1.0) -> np.ndarray:
    """Signed distance to a chain of cones through ``(x, y, z, radius)`` points, mm.

    Parameters
    ----------
    points : sequence of (x, y, z, radius)
    grid : neolab.simulate.template.Grid
    lateral_stretch : float
        Width of the cross-section along x against its height.

    Returns
    -------
    numpy.ndarray
        float32 on ``grid``.
    """
    x, y, z = grid.axes()
    axes = (x / lateral_stretch, y, z)
    distance = np.full(grid.shape, 99.0, np.float32)
    for start, end in zip(points[:-1], points[1:], strict=True):
        along, squared = along_segment(axes, start[:3], end[:3])
        np.minimum(distance, np.sqrt(squared) - (start[3] + along * (end[3] - start[3])), out=distance)
    return distance


def _morphology(operation: str, mask: np.ndarray, iterations: int) -> np.ndarray:
    """Binary opening or closing of a half, as if its mirror image lay beside it."""
    from scipy import ndimage

    margin = iterations + 1
    padded = np.pad(np.concatenate([mask[margin:0:-1], mask]), margin, mode="edge")
    result = getattr(ndimage, f"binary_{operation}")(padded, iterations=iterations)
    return result[2 * margin : -margin, margin:-margin, margin:-margin]


def _keep_largest(mask: np.ndarray, count: int = 1) -> np.ndarray:
    from scipy import ndimage

    labels, found = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=found + 1)[1:]
    return np.isin(labels, 1 + np.argsort(sizes)[::-1][:count])


@cache
def lateral_ventricle() -> np.ndarray:
    """Mask of one lateral ventricle with all its horns."""
    dark = (_volumes()["t1"] < 0.60) & _box(x=(1, 42), y=(-62, 36), z=(-4, 34))
    dark &= ~_box(x=(0, 9), y=(-70, -22), z=(-20, 21)) & ~_box(x=(0, 3), y=(-70, 50), z=(-20, 8))
    dark &= (
        ~_box(x=(0, 7), z=(27, 40))
        & ~_box(x=(0, 12), y=(-70, -30), z=(-20, 19))
        & ~_box(x=(0, 4), y=(30, 50))
    )
    body = _keep_largest(dark)
    return body | (tapered_tube(TEMPORAL_HORN) < 0) | (tapered_tube(OCCIPITAL_HORN) < 0)


@cache
def third_ventricle() -> np.ndarray:
    """Mask of the right half of the third ventricle."""
    return _keep_largest((_volumes()["t1"] < 0.62) & _box(x=(0, 4), y=(-28, 4), z=(-14, 10)))


@cache
def fourth_ventricle() -> np.ndarray:
    """Mask of the right half of the fourth ventricle."""
    return _keep_largest((_volumes()["t1"] < 0.62) & _box(x=(0, 11), y=(-52, -33), z=(-50, -20)))


@cache
def cerebrum() -> np.ndarray:
    """Mask of one cerebral hemisphere with its cortex: fsaverage's interior grown by a cortex's thickness."""
    coverage = np.zeros(template.HEMISPHERE.shape, np.float32)
    for side, mirror in (("left", -1.0), ("right", 1.0)):
        vertices, triangles = template.load_white_surface(side)
        vertices = vertices * np.array([mirror, 1.0, 1.0])
        coverage += surfaces.surface_coverage(vertices, triangles, template.HEMISPHERE, rays=1)
    return surfaces.signed_distance(coverage > 0.9) < 4.0


@cache
def brainstem() -> np.ndarray:
    """Mask of the right half of midbrain, pons and medulla."""
    x, y, z = template.HEMISPHERE.axes()
    tissue = _volumes()["gm"] + _volumes()["wm"] > 0.5
    centre = np.interp(z.ravel(), [-72, -58, -30, -14, -6], [-46, -41, -28, -22, -20]).reshape(z.shape)
    wide = np.interp(z.ravel(), [-72, -56, -48, -34, -22, -6], [8, 9.5, 13, 17, 16, 16]).reshape(z.shape)
    deep = np.interp(z.ravel(), [-72, -56, -44, -30, -16, -6], [8, 10, 13, 16, 16, 13]).reshape(z.shape)
    oblique = (x / wide) ** 2 + ((y - centre) / deep) ** 2 < 1
    return _keep_largest(tissue & oblique & (z < -7) & ~fourth_ventricle())


@cache
def cerebellum() -> np.ndarray:
    """Mask of the right half of the cerebellum, fissures included."""
    x, y, z = template.HEMISPHERE.axes()
    head = _volumes()["t1"] > 0.30
    below = (y < -32) & (z < 2 - 0.35 * np.maximum(x - 6, 0)) & (y + 0.35 * x < -24)
    mask = head & below & ~cerebrum() & ~brainstem() & ~fourth_ventricle()
    return _morphology("closing", _keep_largest(_morphology("opening", mask, 1)), 1)


def cerebellar_texture() -> np.ndarray:
    """Local contrast of the T1 image inside the cerebellum: white matter high, fissures between folia low.

    Returns
    -------
    numpy.ndarray
        float32, standard deviations of the local grey value.
    """
    from scipy import ndimage

    weight = ndimage.gaussian_filter(cerebellum().astype(np.float32), 5.0) + 1e-3
    image = _volumes()["t1"] * cerebellum()
    mean = ndimage.gaussian_filter(image, 5.0) / weight
    contrast = (_volumes()["t1"] - mean) * cerebellum()
    spread = np.sqrt(ndimage.gaussian_filter(contrast**2, 8.0) / weight) + 0.02
    return contrast / spread


@cache
def corpus_callosum() -> np.ndarray:
    """Mask of the right half of the callosum: the bright arch over the ventricles near the midline."""
    # Flat from side to side: lengths along x count for less than half.
    arch = tapered_tube(
        [
            (0, 17, -5, 1.6),
            (0, 25, -1, 2.2),
            (0, 30, 6, 3.8),
            (0, 27, 13, 3.4),
            (0, 19, 20, 2.8),
            (0, 6, 25, 2.6),
            (0, -8, 27, 2.6),
            (0, -20, 25, 2.5),
            (0, -30, 20, 2.6),
            (0, -36, 14, 4.0),
            (0, -37, 10, 4.0),
        ],
        lateral_stretch=CALLOSAL_STRETCH,
    )
    return arch < 0


@cache
def core() -> np.ndarray:
    """Mask of what joins the hemispheres in the middle: thalami, hypothalamus, third ventricle."""
    x, y, z = template.HEMISPHERE.axes()
    tissue = _volumes()["gm"] + _volumes()["wm"] > 0.5
    egg = (x / 17) ** 2 + ((y + 5) / 31) ** 2 + ((z - 5) / 21) ** 2 < 1
    inside = (tissue | third_ventricle() | lateral_ventricle()) & egg
    return _morphology("closing", inside, 1)


def icbm_interior() -> np.ndarray:
    """The interior of one hemisphere of ICBM152: white matter closed over nuclei, ventricles and capsules."""
    from scipy import ndimage

    deep = surfaces.signed_distance(lateral_ventricle()) < 3
    deep |= (surfaces.signed_distance(cerebrum()) < -9) & _box(x=(0, 34), y=(-40, 30), z=(-16, 26))
    inside = ((_volumes()["wm"] > 0.5) | deep) & ~cerebellum() & ~brainstem()
    return _keep_largest(ndimage.binary_fill_holes(_morphology("closing", inside, 1)))


def structure_distances() -> dict[str, np.ndarray]:
    """Signed distances (mm) of single structures on ``template.HEMISPHERE``, and the cerebellar texture."""
    from scipy import ndimage

    masks = {
        "lateral_ventricle": (lateral_ventricle(), 0.8),
        "third_ventricle": (third_ventricle(), 0.6),
        "fourth_ventricle": (fourth_ventricle(), 0.8),
        "brainstem": (brainstem(), 1.0),
        "cerebellum": (cerebellum(), 0.8),
        "corpus_callosum": (corpus_callosum(), 0.6),
        "core": (core(), 1.0),
    }
    fields = {}
    for name, (mask, sigma) in masks.items():
        mirrored = np.concatenate([mask[6:0:-1], mask])
        fields[name] = ndimage.gaussian_filter(surfaces.signed_distance(mirrored), sigma)[6:]
    fields["texture"] = cerebellar_texture()
    return fields


def hull_distance() -> np.ndarray:
    """Signed distance (mm) to the inner table of the skull on ``template.SMOOTH``: the brain, closed.

    The base follows the lobes (closing by 12 mm); the vault bridges the cleft in the middle (24 mm).
    """
    from scipy import ndimage

    brain = template.crop_volume(template.load_volume("t1"), template.SMOOTH) > 0.02
    margin = 20
    mirrored = np.pad(np.concatenate([brain[:0:-1], brain]), margin)
    height = template.SMOOTH.origin[2] + template.SMOOTH.spacing * (np.arange(mirrored.shape[2]) - margin)
    outside = surfaces.signed_distance(mirrored, 2.0)
    base, vault = (surfaces.signed_distance(outside < radius, 2.0) + radius for radius in (12.0, 24.0))
    blend = np.clip((height - 20.0) / 30.0, 0.0, 1.0).astype(np.float32)
    distance = np.minimum(base + blend * (vault - base), outside)
    smoothed = ndimage.gaussian_filter(distance, 1.5)[margin:-margin, margin:-margin, margin:-margin]
    return smoothed[brain.shape[0] - 1 :]
