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


def slider(
    description: str, value: float, low: float, high: float, step: float = 1, **options
) -> "ipywidgets.Widget":
    """A slider that answers when it is let go; of whole numbers where the step is one."""
    import ipywidgets

    kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    span = {"value": value, "min": low, "max": high, "step": step}
    return kind(**span, description=description, continuous_update=False, **options)


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
    from neolab.viz.roc import threshold_figure

    score = np.asarray(score, float)
    ends = np.floor(score.min() * 100) / 100, np.ceil(score.max() * 100) / 100
    cutoff = slider("cut-off", round(float(start), 3), *map(float, ends), 0.005, readout_format=".3f")
    return live_figure(
        lambda cutoff: threshold_figure(truth, score, cutoff, **options), {"cutoff": cutoff}, footer
    )
