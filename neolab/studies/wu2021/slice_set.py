"""The network's data set: 2 or 3 neighbouring slices of every newborn, as pictures in memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.studies.wu2021.slices import (
    AxialScan,
    min_max,
    neighbouring_slices,
    radiological_view,
    square_field,
)

# "approximately 2 continuous slices per patient" with ABE, "approximately 3" without; 95 of each are kept.
SLICES_PER_PATIENT = {1: 2, 0: 3}


@dataclass
class SliceSet:
    """Pictures and the table that says whose they are.

    Attributes
    ----------
    images : ndarray of float32, (N, S, S)
        In [0, 1]; anterior up, the patient's right on the left.
    table : DataFrame
        One row per picture: ``participant_id``, ``label`` (1 ABE, 0 HB), ``slice_index``.
    pixel_mm : float
        Size of a pixel.
    """

    images: np.ndarray
    table: pd.DataFrame
    pixel_mm: float

    def __len__(self) -> int:
        return len(self.table)


def slices_of(
    scan: AxialScan,
    label: int,
    participant_id: str,
    image_size: int,
    field_of_view_mm: float,
    n: int | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return one newborn's pictures, (n, S, S), and their rows.

    Parameters
    ----------
    scan : AxialScan
    label : int
        1 ABE, 0 HB.
    participant_id : str
    image_size : int
        Rows and columns of a picture.
    field_of_view_mm : float
        Side of the square that a picture shows.
    n : int, optional
        How many neighbouring slices; by default as many as the paper takes of this group.
    """
    chosen = neighbouring_slices(scan, n or SLICES_PER_PATIENT[label])
    pictures = [
        network_picture(scan.image[:, :, k], scan.pixel_mm, image_size, field_of_view_mm) for k in chosen
    ]
    rows = pd.DataFrame({"participant_id": participant_id, "label": label, "slice_index": chosen})
    return np.stack(pictures), rows


def network_picture(
    plane: np.ndarray, pixel_mm: float, image_size: int, field_of_view_mm: float
) -> np.ndarray:
    """Scale one (X, Y) plane to [0, 1] and resize it, as the paper does, to (S, S) float32.

    Min-max first, then resizing: the paper's order.
    """
    from skimage.transform import resize

    field = square_field(radiological_view(min_max(plane)), pixel_mm, field_of_view_mm)
    # Departure: the paper does not name the interpolation; linear with anti-aliasing, so that the mean
    # signal of a nucleus survives the step from 0.45 mm to 1.5 mm pixels.
    return resize(field, (image_size, image_size), order=1, anti_aliasing=True).astype(np.float32)


def gather(parts: Iterable[tuple[np.ndarray, pd.DataFrame]], pixel_mm: float) -> SliceSet:
    """Stack the pictures of all newborns."""
    images, tables = zip(*parts, strict=True)
    return SliceSet(np.concatenate(images), pd.concat(tables, ignore_index=True), pixel_mm)


def balance(slices: SliceSet, seed: int = 0) -> SliceSet:
    """Drop slices at random, as the paper did to reach 95 + 95, until both groups have equally many.

    The paper's 47 x 2 = 94 and 32 x 3 = 96 slices are one off 95 either way; whichever group has more loses.
    Every newborn keeps at least one slice, so that each can be judged.
    """
    rng = np.random.default_rng(seed)
    table = slices.table
    surplus = dict(table["label"].value_counts() - table["label"].value_counts().min())
    left = dict(table["participant_id"].value_counts())
    keep = np.ones(len(table), bool)
    for i in rng.permutation(len(table)):
        label, who = table["label"].iloc[i], table["participant_id"].iloc[i]
        if surplus[label] > 0 and left[who] > 1:
            keep[i] = False
            surplus[label] -= 1
            left[who] -= 1
    return SliceSet(slices.images[keep], table[keep].reset_index(drop=True), slices.pixel_mm)
