"""Widgets for the notebooks.

Every widget shows PNG bytes in an ``Image``: nothing is drawn into the notebook's output while a slider
moves, an error cannot hide in an output area, and sliders answer when they are let go. Each has a static
twin, the figure function that it calls, which the notebook draws too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import add_footer, figure_png

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure


def live_figure(
    draw: Callable[..., "Figure"], controls: Mapping[str, "ipywidgets.Widget"], footer: str = ""
) -> "ipywidgets.VBox":
    """Show a figure that is drawn again when a control changes.

    Parameters
    ----------
    draw : callable
        Takes the values of the controls by name and returns a figure.
    controls : mapping of str to widget
    footer : str
        Line under the figure, with the result class.
    """
    import ipywidgets

    picture = ipywidgets.Image(format="png")

    def redraw(_change=None):
        fig = draw(**{name: control.value for name, control in controls.items()})
        if footer:
            add_footer(fig, footer)
        picture.value = figure_png(fig)

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values())), picture])


def threshold_slider(
    truth: Sequence[int],
    score: Sequence[float],
    start: float,
    *,
    footer: str = "",
    **options,
) -> "ipywidgets.VBox":
    """Move a cut-off; histogram, confusion matrix and ROC point follow.

    Parameters
    ----------
    truth, score, **options
        As for `neolab.viz.roc.threshold_figure`.
    start : float
        The first cut-off.
    footer : str
    """
    import ipywidgets

    from neolab.viz.roc import threshold_figure

    score = np.asarray(score, float)
    slider = ipywidgets.FloatSlider(
        value=round(float(start), 3),
        min=float(np.floor(score.min() * 100) / 100),
        max=float(np.ceil(score.max() * 100) / 100),
        step=0.005,
        readout_format=".3f",
        description="cut-off",
        continuous_update=False,
    )
    return live_figure(
        lambda cutoff: threshold_figure(truth, score, cutoff, **options), {"cutoff": slider}, footer
    )
