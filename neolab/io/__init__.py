"""Reading and writing data: BIDS and dHCP folders, cohorts, volumes, splits and preprocessing."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "bids_write": ["DatasetWriter"],
        "checks": ["CohortError"],
        "cohort": ["Cohort"],
        "intensity": ["min_max", "n4_bias_correction"],
        "leakage": ["LeakageError", "check_leakage"],
        "registration": ["register_affine"],
        "resample": ["crop_to_mask", "reorient", "resample_to_grid", "resample_to_shape"],
        "result_class": ["ResultClass"],
        "scans": ["scan_name"],
        "splits": ["Fold", "grouped_folds", "grouped_parts", "leaky_folds", "quantile_bins"],
        "volume": ["Volume"],
    },
)
