"""A short pause after cells that make widgets, without which plain papermill can hang in them.

A client that executes a notebook may miss the reply to a cell if it comes while the client still answers
what the cell's Output widgets showed (nbclient issue 312). ``neolab run`` has an engine that does not; for
papermill and nbclient as they come the kernel holds the reply back for a moment.
"""

import time
from typing import Any

_PAUSE_SECONDS = 0.4
_INSTALLED = "_neolab_widget_pause"


def pause_after_widgets(shell: Any) -> None:
    """Make ``shell`` pause at the end of each cell that made a widget.

    Parameters
    ----------
    shell : InteractiveShell or None
        From ``IPython.get_ipython()``; None outside of a notebook, where nothing is done.
    """
    if shell is None or hasattr(shell, _INSTALLED):
        return
    from ipywidgets import Widget

    made: list[bool] = []
    Widget.on_widget_constructed(lambda widget: made.append(True))

    def pause(*_: Any) -> None:
        if made:
            made.clear()
            time.sleep(_PAUSE_SECONDS)

    shell.events.register("post_run_cell", pause)
    setattr(shell, _INSTALLED, True)
