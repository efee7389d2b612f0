"""The folding of the cortex: stages from smooth to folded, three patterns a hemisphere, one mixture a person.

The cortex is a shell around an *interior* (white matter, deep grey matter, ventricles). Smoothing the binary
interior of one hemisphere takes its folds away in the reverse order of their appearance; 28 weeks keeps the
Sylvian fissure and little else, 40 weeks keeps nearly all (sulcation: Chi et al. 1977; Dubois et al. 2008).
"""

from concurrent.futures import Executor

import numpy as np

from neolab.simulate import fields, regions, surfaces, template
from neolab.simulate.subject import stream

#: Stages of folding, postmenstrual weeks, and the smoothing (mm, standard deviation) that makes each.
STAGE_WEEKS = (28.0, 31.0, 34.0, 37.0, 40.0)
STAGE_SMOOTHING_MM = (7.5, 5.3, 3.4, 1.7, 0.8)

#: Smoothing takes away what sticks out. The poles fill their fossae long before term, so that near them
#: smoothing stops at this much (mm).
POLE_SMOOTHING_MM = 3.0
#: Centre and reach, template mm.
POLES_MM = {
    "temporal": ((42.0, 4.0, -34.0), (26.0, 34.0, 24.0)),
    "orbitofrontal": ((20.0, 38.0, -18.0), (26.0, 26.0, 14.0)),
    "occipital": ((14.0, -96.0, -6.0), (22.0, 18.0, 22.0)),
}

#: Where the folds come from.
PATTERNS = ("icbm152", "fsaverage_left", "fsaverage_right")


def interior_coverage(pattern: str) -> np.ndarray:
    """Fraction of each voxel of one hemisphere that lies inside the cortex.

    Parameters
    ----------
    pattern : str
        One of ``PATTERNS``; left hemispheres are mirrored to x >= 0.

    Returns
    -------
    numpy.ndarray
        float32 on ``template.HEMISPHERE``.
    """
    if pattern == "icbm152":
        return regions.icbm_interior().astype(np.float32)
    side = pattern.removeprefix("fsaverage_")
    vertices, triangles = template.load_white_surface(side)
    if side == "left":
        vertices = vertices * np.array([-1.0, 1.0, 1.0])
    return surfaces.surface_coverage(vertices, triangles, template.HEMISPHERE)


def staged_interiors(pool: Executor):
    """All stages of all patterns.

    Yields
    ------
    (pattern, stage) : tuple of int
    distance : numpy.ndarray
        Signed distance to the border of the interior, mm, negative inside.
    """
    for pattern, name in enumerate(PATTERNS):
        coverage = interior_coverage(name)
        distances = pool.map(
            lambda sigma, field=coverage: _smoothed_distance(field, sigma), STAGE_SMOOTHING_MM
        )
        for stage, distance in enumerate(distances):
            yield (pattern, stage), distance


def _smoothed_distance(coverage: np.ndarray, sigma_mm: float) -> np.ndarray:
    """Smooth a hemisphere on its own (the fissure between the two stays open) at constant volume."""
    from scipy import ndimage

    # Nothing lies beyond the midline, so the hemisphere does not grow into its mirror image.
    edges = ("constant", "nearest", "nearest")
    field = ndimage.gaussian_filter(coverage, sigma_mm, mode=edges)
    if sigma_mm > POLE_SMOOTHING_MM:
        sharper = ndimage.gaussian_filter(coverage, POLE_SMOOTHING_MM, mode=edges)
        field += _near_a_pole() * (sharper - field)
    volume = int(coverage.sum())
    level = np.partition(field, field.size - volume, axis=None)[field.size - volume]
    return surfaces.level_set_distance(field, float(level))


def _near_a_pole() -> np.ndarray:
    bumps = []
    for centre, reach in POLES_MM.values():
        axes = zip(template.HEMISPHERE.axes(), centre, reach, strict=True)
        squared = sum(((line - c) / r) ** 2 for line, c, r in axes)
        bumps.append(np.exp(-(squared**2)).astype(np.float32))
    return np.maximum.reduce(bumps)


#: Lattice of the smooth fields that mix the patterns, template mm.
MIXTURE = template.Grid((-12.0, -122.0, -76.0), 6.0, (18, 36, 30))
#: Both hemispheres at 1 mm, for the mixture of one person.
BOTH = template.Grid((-77.0, -110.0, -64.0), 1.0, (155, 188, 148))

#: Smoothness (mm) and sharpness of the choice between patterns: high sharpness keeps each gyrus of one piece.
PATTERN_SCALE_MM, PATTERN_SHARPNESS = 13.0, 3.0
#: Local lead or lag of folding, weeks, and its smoothness, mm.
STAGE_JITTER_WEEKS, STAGE_JITTER_SCALE_MM = 1.3, 12.0
#: Local depth of sulci and width of gyri: shift of the interior's border, template mm, and its smoothness.
LEVEL_JITTER_MM, LEVEL_JITTER_SCALE_MM = 0.7, 7.0


def personal_interior(subject, interiors: np.ndarray) -> np.ndarray:
    """The interior of both hemispheres of one person, each with folds of its own.

    Parameters
    ----------
    subject : neolab.simulate.subject.Subject
    interiors : numpy.ndarray
        int8, (pattern, stage, *HEMISPHERE.shape), steps of 0.1 mm.

    Returns
    -------
    numpy.ndarray
        float32 on ``BOTH``: signed distance to the border of the interior, mm, negative inside.
    """
    import torch

    rng = stream(subject, "folding")
    both = torch.empty(BOTH.shape)
    middle = template.HEMISPHERE.shape[0] - 1
    stored = torch.from_numpy(interiors)
    for side in ("left", "right"):
        weights, stage, shift = _mixture(rng, subject.postmenstrual_age_weeks)
        low = _stage_below(subject.postmenstrual_age_weeks)
        mixed = torch.from_numpy(shift)
        for pattern, weight in enumerate(torch.from_numpy(weights)):
            early = stored[pattern, low].float()
            early.lerp_(stored[pattern, low + 1].float(), torch.from_numpy(stage))
            mixed.addcmul_(early, weight, value=0.1)
        if side == "left":
            both[:middle] = mixed.flip(0)[:-1]
        else:
            both[middle:] = mixed
    return both.numpy()


#: Spacing of the lattice on which sulci are found, template mm.
SULCUS = template.Grid((-76.5, -109.5, -63.5), 2.0, (77, 94, 74))


def sulcal_depth(interior: np.ndarray) -> np.ndarray:
    """Where the banks of a sulcus meet: 0 on the flank of a gyrus, towards 1 half way between two.

    A distance has slope 1 but on the sheets where the nearest border changes; there its slope falls to 0.

    Parameters
    ----------
    interior : numpy.ndarray
        On ``BOTH``, mm.

    Returns
    -------
    numpy.ndarray
        float32 on ``SULCUS``.
    """
    import torch

    coarse = torch.nn.functional.avg_pool3d(torch.from_numpy(interior)[None, None], 2)[0, 0]
    squared = sum(part**2 for part in torch.gradient(coarse, spacing=2.0))
    return (1.0 - squared.sqrt_()).clamp_(0.0, 1.0).numpy()


def _stage_below(age_weeks: float) -> int:
    return int(np.clip(np.searchsorted(STAGE_WEEKS, age_weeks, side="right") - 1, 0, len(STAGE_WEEKS) - 2))


def _mixture(rng: np.random.Generator, age_weeks: float):
    """Weights of the patterns, position between two stages (0..1) and level shift (mm) on ``HEMISPHERE``."""
    shape, spacing = MIXTURE.shape, MIXTURE.spacing
    logits = np.stack([fields.smooth_noise(rng, shape, spacing, PATTERN_SCALE_MM) for _ in PATTERNS])
    weights = np.exp(np.float32(PATTERN_SHARPNESS) * logits)
    weights /= weights.sum(axis=0)
    jitter = fields.smooth_noise(rng, shape, spacing, STAGE_JITTER_SCALE_MM)
    low = _stage_below(age_weeks)
    width = STAGE_WEEKS[low + 1] - STAGE_WEEKS[low]
    stage = (
        np.clip(age_weeks, STAGE_WEEKS[0], STAGE_WEEKS[-1]) - STAGE_WEEKS[low] + STAGE_JITTER_WEEKS * jitter
    ) / width
    shift = LEVEL_JITTER_MM * fields.smooth_noise(rng, shape, spacing, LEVEL_JITTER_SCALE_MM)
    # Extrapolation past the last stage would sharpen folds without limit.
    stacked = np.concatenate([weights, np.clip(stage, -0.3, 1.25)[None], shift[None]]).astype(np.float32)
    matrices = [
        fields.cubic_matrix(line.ravel(), origin, spacing, count)
        for line, origin, count in zip(template.HEMISPHERE.axes(), MIXTURE.origin, shape, strict=True)
    ]
    fine = fields.upsample(stacked, matrices)
    return fine[: len(PATTERNS)], fine[-2], fine[-1]
