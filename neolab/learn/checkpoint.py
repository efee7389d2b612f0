"""Going on with a fit after an interruption, with the result that it would have had without one."""

import json
import os
import time
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from neolab.cache import CHECKPOINTS_VARIABLE, write_whole


class Fitting(Protocol):
    """What is saved of a fit."""

    network: torch.nn.Module
    device: torch.device
    epoch: int
    rows: list[tuple[float, str, str, float]]
    traces: dict[str, list[np.ndarray]]
    best_loss: float
    best_epoch: int
    best_state: dict[str, torch.Tensor] | None
    optimiser: Any
    schedule: Any
    scaler: Any


#: A fit is saved when so much time has passed since it was saved last.
EVERY_SECONDS = float(os.environ.get("NEOLAB_CHECKPOINT_SECONDS", "60"))

_calls = count()


def checkpoint_folder(name: str) -> Path | None:
    """Return a folder for the checkpoints of one cross-validation; None where nobody asked for any.

    Calls are numbered: a notebook that is run again makes the same ones in the same order.
    """
    chosen = os.environ.get(CHECKPOINTS_VARIABLE)
    if not chosen:
        return None
    folder = Path(chosen) / f"{next(_calls):03d}_{name}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Checkpoint:
    """Saves the state of a fit now and then.

    Parameters
    ----------
    path : Path or None
        None saves nothing.
    """

    def __init__(self, path: Path | None):
        self.path, self.saved_at = path, time.monotonic()

    def keep(self, fitting: Fitting, now: bool = False) -> None:
        """Save the fit if a minute has passed since the last time, or ``now``."""
        if self.path is None or not (now or time.monotonic() - self.saved_at > EVERY_SECONDS):
            return
        numbers = {
            "epoch": fitting.epoch,
            "rows": fitting.rows,
            "best": [fitting.best_loss, fitting.best_epoch],
        }
        state = {
            "numbers": json.dumps(numbers),
            "network": fitting.network.state_dict(),
            "best": fitting.best_state,
            "optimiser": fitting.optimiser.state_dict(),
            "schedule": fitting.schedule.state_dict(),
            "scaler": fitting.scaler.state_dict(),
            "traces": {
                name: [torch.from_numpy(np.asarray(one)) for one in trace]
                for name, trace in fitting.traces.items()
            },
        }
        write_whole(self.path, lambda path: torch.save(state, path))
        self.saved_at = time.monotonic()

    def restore(self, fitting: Fitting) -> None:
        """Bring a new fit to where the saved one was; nothing happens without a file."""
        if self.path is None or not self.path.is_file():
            return
        state = torch.load(self.path, map_location=fitting.device, weights_only=True)
        numbers = json.loads(state["numbers"])
        fitting.epoch, fitting.rows = numbers["epoch"], [tuple(row) for row in numbers["rows"]]
        fitting.best_loss, fitting.best_epoch = numbers["best"]
        fitting.network.load_state_dict(state["network"])
        fitting.best_state = state["best"]
        fitting.optimiser.load_state_dict(state["optimiser"])
        fitting.schedule.load_state_dict(state["schedule"])
        fitting.scaler.load_state_dict(state["scaler"])
        fitting.traces = {
            name: [one.cpu().numpy() for one in trace] for name, trace in state["traces"].items()
        }
