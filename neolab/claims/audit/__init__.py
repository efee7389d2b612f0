"""Whether published numbers can be true together: the checks, and what they are made of."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "agreement": ["attainable_kappas"],
        "confusion": ["f1_range", "feasible_tables", "share_range"],
        "counts": ["counts_within"],
        "document": ["audit_document", "audit_yaml", "proposal"],
        "engine": ["minimal_conflict"],
        "findings": ["Finding", "Severity", "verdicts"],
        "folds": ["fold_means_feasible"],
        "networks": ["resnet"],
        "pvalues": ["Group", "chi_square_of_rows", "t_test_readings"],
        "recover": [
            "Summary",
            "Tables",
            "TooManyTables",
            "count_sets",
            "recover_tables",
            "recover_without_one",
            "summarise",
        ],
        "roc_precision": ["auc_interval", "difference_p"],
        "rounding": ["claimed", "printed", "round_as", "rounded_interval"],
        "runner": ["audit"],
    },
)
