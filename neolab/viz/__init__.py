"""Figures, widgets and overlays."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "architecture": ["network_figure"],
        "audit": [
            "attainable_figure",
            "folds_figure",
            "number_figure",
            "ranges_figure",
            "severity_figure",
        ],
        "confusion": ["show_confusion"],
        "curves": ["training_curves"],
        "intervals": ["interval_legend", "intervals_figure", "show_intervals"],
        "lesions": ["lesion_sheet"],
        "overlays": ["activation_gallery", "map_scale", "show_map", "show_outline"],
        "regression": ["show_agreement", "show_residuals"],
        "roc": ["show_areas", "show_roc", "threshold_figure"],
        "scans": ["ScanView", "scan_figure", "scan_gallery", "show_scan", "slice_viewer"],
        "slices": [
            "PLANES",
            "centres_mm",
            "grey_window",
            "on_one_field",
            "plane_of",
            "radiological",
            "show_slice",
            "slice_gallery",
        ],
        "style": ["BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "SKY", "VERMILION", "figure"],
        "widgets": ["live_figure", "threshold_slider"],
    },
)
