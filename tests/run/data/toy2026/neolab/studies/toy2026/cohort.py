"""The cohort of Nobody 2026: cubes of noise, half of them with a bright spot somewhere."""

import numpy as np
import pandas as pd

from neolab.simulate.cohort import CohortPlan

LABEL, POSITIVE, NEGATIVE = "spot", "present", "absent"
SIDE_VOXELS, VOXEL_MM = 12, 4.0

#: How much brighter the spot is than the noise around it, in its standard deviations (Methods).
SPOT_SD = 2.5

AFFINE = np.diag([VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])


def plan(n: int, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw who has a spot and where; the images follow from the rows."""
    rng = np.random.default_rng([seed, n])
    table = pd.DataFrame(
        {
            "participant_id": [f"SYN{number:04d}" for number in range(1, n + 1)],
            "session_id": "01",
            LABEL: rng.permutation([POSITIVE, NEGATIVE] * (n // 2) + [NEGATIVE] * (n % 2)),
            "place_voxel": rng.integers(2, SIDE_VOXELS - 3, n),
            "image_seed": rng.integers(2**31, size=n),
        }
    )

    def scan(writer, row):
        person = table.iloc[row]
        image = cube(person)
        writer.image(person["participant_id"], person["session_id"], "T1w", image, AFFINE)
        return pd.DataFrame()

    return CohortPlan(
        table,
        scan,
        participant_columns=(LABEL,),
        session_columns=(),
        descriptions={LABEL: {"Description": "Spot", "Levels": {POSITIVE: "a spot", NEGATIVE: "noise"}}},
        columns={"label": LABEL, "positive": [POSITIVE], "negative": [NEGATIVE]},
    )


def cube(person) -> np.ndarray:
    """The image of one row of the plan's table, (12, 12, 12)."""
    image = np.random.default_rng(person["image_seed"]).normal(100, 10, (SIDE_VOXELS,) * 3)
    if person[LABEL] == POSITIVE:
        here = slice(person["place_voxel"], person["place_voxel"] + 2)
        image[here, here, here] += 10 * SPOT_SD
    return image.astype(np.float32)
