"""Learning: networks fitted, folds crossed, weights found; the same for every study."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "attribution": ["class_activation_map", "grad_cam", "input_gradient", "occlusion"],
        "augment": ["RandomAffine"],
        "baselines": ["from_estimator"],
        "compute": ["channels_last", "count_parameters", "mixed_precision", "pick_device", "seeded"],
        "fit": ["Fit", "Recipe", "shuffled"],
        "folds": ["FoldJob", "Learnt", "Method", "OutOfFold", "cross_validate"],
        "scans": ["prepared_scans"],
        "weights": ["Weights", "find_weights", "load_backbone"],
    },
)
