"""Regions of interest as a rater would draw them, and the two ratios of the paper's equations 1 and 2.

The label map plays the anatomist who knows where the nuclei are; the jitter plays the hand that draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neolab.io.volume import Volume

NUCLEI = ("globus_pallidus", "subthalamic_nucleus")

# Design value: a disc of about 28 mm2 a side fits into the frontal white matter of a term newborn.
WHITE_MATTER_RADIUS_MM = 3.0
# "Anterior": the foremost quarter of the white matter's extent in the slice.
ANTERIOR_SHARE = 1 / 4
# The middle of the slice, this share of the width to either side, is callosum and medial gyri. Design value.
MEDIAL_SHARE = 0.12
# Less than this on both sides together is a cut through the edge of the nucleus. Design value.
SMALLEST_STN_MM2 = 20.0
# A slice with less than this share of the pallidum's largest area cuts its edge, and partial volume takes a
# tenth of the contrast. Design value.
SMALLEST_PALLIDUM_SHARE = 0.5

#: Width and height of a pixel of an axial (X, Y) plane; the two may differ.
PixelSize = tuple[float, float]


@dataclass(frozen=True)
class LabelledScan:
    """One scan with its tissue labels; arrays run to the patient's right, front and head (RAS+).

    Attributes
    ----------
    image : ndarray, (X, Y, Z)
        Signal.
    labels : ndarray of int, (X, Y, Z)
        Tissue labels on the same grid.
    lookup : mapping of str to int
        Tissue name to label; only the tissues that the label map knows, empty without one.
    voxel_mm : tuple of float
        Size of a voxel along each axis.
    """

    image: np.ndarray
    labels: np.ndarray
    lookup: Mapping[str, int]
    voxel_mm: tuple[float, float, float]

    @classmethod
    def of(cls, image: Volume, labels: Volume | None, lookup: Mapping[str, int]) -> "LabelledScan":
        """Bring labels from whatever grid they lie on onto the image's, by their place in the scanner."""
        signal = np.asarray(image.data, np.float32)
        if labels is None:
            return cls(signal, np.zeros(image.shape, np.uint8), {}, image.voxel_mm)
        return cls(signal, labels.onto(image, "nearest").data, lookup, image.voxel_mm)

    @property
    def pixel_mm(self) -> PixelSize:
        """Size of a pixel of an axial slice."""
        return self.voxel_mm[:2]

    def mask(self, tissue: str) -> np.ndarray:
        """Return where ``tissue`` is, (X, Y, Z); nowhere if the label map does not know it."""
        if tissue not in self.lookup:
            return np.zeros(self.labels.shape, bool)
        return self.labels == self.lookup[tissue]

    def area_mm2(self, tissue: str) -> np.ndarray:
        """Return the area of ``tissue`` in each axial slice, (Z,)."""
        return self.mask(tissue).sum(axis=(0, 1)) * self.voxel_mm[0] * self.voxel_mm[1]


@dataclass(frozen=True)
class RaterJitter:
    """How far a hand-drawn outline strays from the true one.

    The defaults are design values in pixels of the paper's scans (0.45 mm): a rater places an outline to
    within a pixel, lets it waver by less than one, and stays two pixels inside a nucleus to keep clear of its
    blurred border.

    Attributes
    ----------
    shift_mm : float
        Standard deviation of the displacement of a whole outline, along each axis.
    margin_mm, margin_sd_mm : float
        Mean distance kept inside the border of a nucleus, and its standard deviation from outline to outline.
    wobble_mm : float
        Standard deviation of the smooth deviation along one outline.
    """

    shift_mm: float = 0.45
    margin_mm: float = 0.9
    margin_sd_mm: float = 0.3
    wobble_mm: float = 0.3


def draw_outline(
    region: np.ndarray,
    pixel_mm: PixelSize,
    rng: np.random.Generator,
    jitter: RaterJitter,
    margin_mm: float,
) -> np.ndarray:
    """Return the region as one rater draws it.

    Parameters
    ----------
    region : ndarray of bool, (X, Y)
        The true region.
    pixel_mm : (float, float)
    rng : Generator
    jitter : RaterJitter
    margin_mm : float
        Mean distance kept inside the border.

    Returns
    -------
    ndarray of bool, (X, Y)
        Never empty where ``region`` is not: a rater who sees a nucleus draws at least its middle.
    """
    from scipy import ndimage

    if not region.any():
        return region.copy()
    pixel = np.asarray(pixel_mm)
    inside, outside = (ndimage.distance_transform_edt(side, sampling=pixel) for side in (region, ~region))
    depth = ndimage.shift(inside - outside, rng.normal(0, jitter.shift_mm / pixel), order=1, mode="nearest")
    wobble = ndimage.gaussian_filter(rng.standard_normal(region.shape), 2.0 / pixel)
    depth += jitter.wobble_mm * wobble / wobble.std()
    margin = rng.normal(margin_mm, jitter.margin_sd_mm)
    return depth > min(margin, depth.max() - pixel.max())


def anterior_white_matter(
    white_matter: np.ndarray, pixel_mm: PixelSize, radius_mm: float = WHITE_MATTER_RADIUS_MM
) -> np.ndarray:
    """Return a disc in each hemisphere's frontal white matter, as far from grey matter as it can be.

    Parameters
    ----------
    white_matter : ndarray of bool, (X, Y)
        White matter of one axial slice; Y runs to the front.
    pixel_mm : (float, float)
    radius_mm : float
    """
    from scipy import ndimage

    depth = ndimage.distance_transform_edt(white_matter, sampling=pixel_mm)
    rows = np.flatnonzero(white_matter.any(axis=0))
    if rows.size == 0:
        return np.zeros_like(white_matter)
    depth[:, : int(rows[-1] - ANTERIOR_SHARE * (rows[-1] - rows[0]))] = 0
    columns = np.flatnonzero(white_matter.any(axis=1))
    left, right = np.quantile([columns[0], columns[-1]], [0.5 - MEDIAL_SHARE, 0.5 + MEDIAL_SHARE]).astype(int)
    x, y = np.indices(white_matter.shape)
    disc = np.zeros_like(white_matter)
    for half in (slice(None, left), slice(right, None)):
        side = np.zeros_like(depth)
        side[half] = depth[half]
        if side.max() > 0:
            centre = np.unravel_index(np.argmax(side), side.shape)
            away = np.hypot((x - centre[0]) * pixel_mm[0], (y - centre[1]) * pixel_mm[1])
            disc |= away <= radius_mm
    return disc & white_matter


@dataclass(frozen=True)
class Drawing:
    """What one rater drew in one slice, and the mean signal inside.

    Attributes
    ----------
    slice_index : int
    rois : dict of str to ndarray of bool, (X, Y)
        ``white_matter`` and the nuclei; empty where a nucleus is not seen.
    mean : dict of str to float
        Mean signal of each region; NaN where it is empty.
    """

    slice_index: int
    rois: dict[str, np.ndarray]
    mean: dict[str, float]

    def ratio(self, nucleus: str) -> float:
        """Mean signal of the nucleus over that of the white matter (equations 1 and 2)."""
        return self.mean[nucleus] / self.mean["white_matter"]


def draw(
    scan: LabelledScan, slice_index: int, rng: np.random.Generator, jitter: RaterJitter | None = None
) -> Drawing:
    """Draw the three regions in one slice and measure them."""
    jitter, k = jitter or RaterJitter(), slice_index
    white_matter = anterior_white_matter(scan.mask("white_matter")[:, :, k], scan.pixel_mm)
    rois = {"white_matter": draw_outline(white_matter, scan.pixel_mm, rng, jitter, margin_mm=0.0)}
    for nucleus in NUCLEI:
        region = scan.mask(nucleus)[:, :, k]
        rois[nucleus] = draw_outline(region, scan.pixel_mm, rng, jitter, jitter.margin_mm)
    plane = scan.image[:, :, k]
    mean = {name: float(plane[roi].mean()) if roi.any() else np.nan for name, roi in rois.items()}
    return Drawing(k, rois, mean)


@dataclass(frozen=True)
class Measurement:
    """The two ratios of one newborn and the drawings they come from."""

    gpnorm: float
    stnnorm: float
    drawing: Drawing
    stn_drawing: Drawing | None


def largest_nuclei_slice(scan: LabelledScan) -> int:
    """Return the axial slice "covering the largest area of GP and STN"."""
    return int(np.argmax(sum(scan.area_mm2(nucleus) for nucleus in NUCLEI)))


def slice_to_draw(scan: LabelledScan) -> int:
    """Return the slice of largest nuclei, or of the largest pallidum where that one cuts its edge."""
    chosen, area = largest_nuclei_slice(scan), scan.area_mm2("globus_pallidus")
    # Departure: the paper takes the largest area of both nuclei together; where a large subthalamic nucleus
    # decides that, a rater who looks would not draw the last of the pallidum.
    return chosen if area[chosen] >= SMALLEST_PALLIDUM_SHARE * area.max() else int(np.argmax(area))


def measure(scan: LabelledScan, rng: np.random.Generator, jitter: RaterJitter | None = None) -> Measurement:
    """Choose the slice, draw, and form GPnorm and STNnorm.

    Parameters
    ----------
    scan : LabelledScan
    rng : Generator
        The rater's hand.
    jitter : RaterJitter, optional

    Returns
    -------
    Measurement
        ``stnnorm`` is NaN where the label map has no subthalamic nucleus.
    """
    drawing = draw(scan, slice_to_draw(scan), rng, jitter)
    stn_area = scan.area_mm2("subthalamic_nucleus")
    if not stn_area.any():
        return Measurement(drawing.ratio("globus_pallidus"), np.nan, drawing, None)
    stn_drawing = drawing
    if stn_area[drawing.slice_index] < SMALLEST_STN_MM2:
        # Departure: the paper draws both nuclei in one slice; the subthalamic nucleus of a newborn is 3 mm
        # high and often lies a slice lower, and then it is measured there.
        stn_drawing = draw(scan, int(np.argmax(stn_area)), rng, jitter)
    return Measurement(
        drawing.ratio("globus_pallidus"), stn_drawing.ratio("subthalamic_nucleus"), drawing, stn_drawing
    )


def clearest_drawing(drawings: Sequence[Mapping[str, np.ndarray]]) -> int:
    """Return which drawing shows the nuclei best: the one whose nuclei are large on both sides.

    Parameters
    ----------
    drawings : sequence of mapping of str to ndarray of bool, (R, R)
        Regions turned for display, so that columns run from the patient's right to the left.
    """

    def smaller_side(roi: np.ndarray) -> int:
        middle = roi.shape[1] // 2
        return min(int(roi[:, :middle].sum()), int(roi[:, middle:].sum()))

    # One more than the area, so that a nucleus that no label map knows decides nothing.
    sizes = [[smaller_side(drawing[nucleus]) + 1 for nucleus in NUCLEI] for drawing in drawings]
    return int(np.argmax(np.prod(sizes, axis=1)))
