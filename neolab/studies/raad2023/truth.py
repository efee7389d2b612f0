"""What a simulation, or a reader, knows of the lesions of each scan."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.metrics.detection import label_components
from neolab.simulate.lesions.record import SHAPED

# Findings of shape have no mask of their own: theirs is the part of the lateral ventricles where at most
# this share of the training normals have ventricle, in pieces of a size that one can see (design values).
UNUSUAL_SHARE, PIECE_ML = 0.05, 0.1
EXCESS_VENTRICLE, EXCESS_LABEL = "ventricle_where_normals_have_none", 255


def findings(cohort: Cohort) -> pd.DataFrame:
    """Return the folder's table of findings with the ``role`` of each scan; empty where it has none."""
    try:
        table = cohort.truth_table("lesions")
    except InputError:
        return pd.DataFrame(columns=["role", "participant_id", "kind"])
    table = table.assign(participant_id=table["participant_id"].str.removeprefix("sub-"))
    table = table.merge(cohort.table[["participant_id", "role"]], on="participant_id")
    columns = ["role", "participant_id", "kind", "side", "severity", "volume_ml"]
    return table.sort_values(columns[:2])[columns].reset_index(drop=True)


def shaped_scans(cohort: Cohort) -> frozenset[int]:
    """Positions of the scans with a finding that changed the shape of the brain."""
    known = findings(cohort)
    shaped = known.loc[known["kind"].isin(SHAPED), "participant_id"]
    return frozenset(np.flatnonzero(cohort.table["participant_id"].isin(shaped)).tolist())


def lesion_names(cohort: Cohort) -> dict[int, str]:
    """Label in the lesion map -> kind."""
    lookup = cohort.lookup("lesions_dseg") if cohort.has("lesions_dseg") else {}
    return {label: kind for kind, label in lookup.items()} | {EXCESS_LABEL: EXCESS_VENTRICLE}


def share_of(masks: Sequence[np.ndarray]) -> np.ndarray:
    """Share of the masks that hold each voxel, float32 (N, N, N)."""
    total = np.zeros(masks[0].shape, np.float32)
    for mask in masks:
        total += np.asarray(mask) > 0
    return total / len(masks)


def unusual_part(ventricles: np.ndarray, usual_share: np.ndarray, voxel_mm: float) -> np.ndarray:
    """Voxels of the ventricles where hardly any normal scan has them, bool (N, N, N); specks are left out."""
    pieces, _ = label_components(ventricles & (usual_share <= UNUSUAL_SHARE))
    large = np.bincount(pieces.ravel()) * voxel_mm**3 >= 1000 * PIECE_ML
    large[0] = False
    return large[pieces]
