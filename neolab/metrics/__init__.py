"""Numbers in, numbers with intervals out."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "agreement": ["fleiss_kappa", "kappa_of_independent_errors"],
        "bootstrap": ["bootstrap_estimate"],
        "classification": ["classification_metrics", "count_confusion"],
        "compare": ["chi_square", "compare_classifiers", "fisher_exact"],
        "covariates": ["ancova", "covariate_table"],
        "cutoff": ["youden_cutoff"],
        "detection": ["detection_metrics", "match_lesions"],
        "estimate": ["Estimate", "counted"],
        "froc": ["froc_from_candidates"],
        "groups": ["Summary", "t_test", "t_test_from_summaries"],
        "proportions": ["wilson"],
        "readers": ["reader_table"],
        "regression": ["mae", "regression_metrics", "spearman"],
        "roc": ["auc", "bootstrap_auc", "delong_interval", "delong_test", "roc_curve"],
        "voxelwise": ["average_precision", "dice"],
    },
)
