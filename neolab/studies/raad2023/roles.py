"""The part that each scan has in the study, and how many scans the paper gives each part."""

import numpy as np

#: Part -> its name under figures.
ROLES = {"train": "training normals", "validation": "held-out normals", "test": "abnormal"}
#: Scans of the paper (Methods, "Data description").
TRAIN, VALIDATION, ABNORMAL = 80, 9, 8


def draw_roles(label: np.ndarray, seed: int) -> np.ndarray:
    """Divide scans whose folder gives no roles: abnormal ones (1) are the test, normal ones (0) are drawn.

    As in the paper, about a tenth of the normals is held out (9 of 89).
    """
    roles = np.where(label == 1, "test", "train").astype(object)
    normals = np.flatnonzero(label == 0)
    n_held_out = max(2, round(VALIDATION / (TRAIN + VALIDATION) * len(normals)))
    roles[np.random.default_rng([seed, 2023]).permutation(normals)[:n_held_out]] = "validation"
    return roles
