"""Free memory given back after every long cell, so that the next one does not come on top of it."""

import time
from typing import Any

from neolab.machine import return_free_memory

# Below this a cell has hardly made anything, and looking for garbage would be felt.
_LONG_SECONDS = 1.0
_INSTALLED = "_neolab_cell_memory"


def free_memory_after_cells(shell: Any) -> None:
    """Make ``shell`` return what a long cell has freed to the system.

    Parameters
    ----------
    shell : InteractiveShell or None
        From ``IPython.get_ipython()``; None outside of a notebook, where nothing is done.
    """
    if shell is None or hasattr(shell, _INSTALLED):
        return
    started = [time.monotonic()]

    def note(*_: Any) -> None:
        started[0] = time.monotonic()

    def give_back(*_: Any) -> None:
        if time.monotonic() - started[0] > _LONG_SECONDS:
            return_free_memory()

    shell.events.register("pre_run_cell", note)
    shell.events.register("post_run_cell", give_back)
    setattr(shell, _INSTALLED, True)
