"""The figure of Nobody 2026."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from neolab.learn.folds import OutOfFold
from neolab.viz.roc import show_roc
from neolab.viz.style import BLUE, GREY, figure

COLOURS = {"network": BLUE, "brightest voxel": GREY}


def roc_figure(methods: Mapping[str, OutOfFold]) -> Figure:
    """Draw the ROC curves of all methods."""
    drawn, axes = figure(3.6, 3.4)
    rows = {name: found.rows() for name, found in methods.items()}
    curves = {name: (table["label"], table["probability"]) for name, table in rows.items()}
    show_roc(axes, curves, colours=COLOURS)
    return drawn
