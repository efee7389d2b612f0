"""Slices whose answer is known."""

from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from neolab.studies.wu2021.data import Slices


def make_slices(n_newborns: int = 12, per_newborn: int = 2, size: int = 32) -> Slices:
    """Positive newborns have a bright middle; every newborn has a pattern of its own."""
    rng = np.random.default_rng(0)
    rows, images = [], []
    for newborn in range(n_newborns):
        label = newborn % 2
        pattern = rng.random((size, size)) * 0.4
        for k in range(per_newborn):
            image = pattern + rng.random((size, size)) * 0.02
            image[12:20, 12:20] += 0.5 * label
            images.append(image)
            rows.append({"participant_id": f"SYN{newborn:04d}", "label": label, "slice_index": k})
    return Slices(np.stack(images).astype(np.float32), pd.DataFrame(rows), 1.0)


@pytest.fixture(scope="session")
def easy_slices() -> Callable[..., Slices]:
    """See `make_slices`."""
    return make_slices
