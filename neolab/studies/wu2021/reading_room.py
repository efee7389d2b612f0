"""The reading room: the student reads shuffled cases blind, and sees the own row beside the three readers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neolab.metrics.classification import count_confusion
from neolab.studies.wu2021.readers import CALL_MEASURES
from neolab.viz.slices import show_slice
from neolab.viz.style import figure, figure_png

if TYPE_CHECKING:
    import ipywidgets
    import pandas as pd


@dataclass
class ReadingSession:
    """The state of one sitting, without any widget.

    Attributes
    ----------
    label : ndarray of int
        Truth of every case, 1 positive; not shown before the end.
    order : ndarray of int
        Cases in the order in which they are shown.
    calls : list of int
        Calls so far, in that order.
    """

    label: np.ndarray
    order: np.ndarray
    calls: list[int] = field(default_factory=list)

    @classmethod
    def shuffled(cls, label: Sequence[int], n_cases: int, seed: int) -> "ReadingSession":
        """Draw ``n_cases`` at random, in the cohort's own mixture of groups."""
        label = np.asarray(label, int)
        order = np.random.default_rng(seed).permutation(len(label))[:n_cases]
        return cls(label, order)

    @property
    def case(self) -> int | None:
        """The case on the screen; None when all are read."""
        return int(self.order[len(self.calls)]) if len(self.calls) < len(self.order) else None

    def answer(self, call: int) -> None:
        """Note a call for the case on the screen; nothing happens after the last one."""
        if self.case is not None:
            self.calls.append(int(call))

    def measures(self) -> dict[str, float]:
        """Return the reader's measures over the cases read so far."""
        read = self.order[: len(self.calls)]
        counts = count_confusion(self.label[read], self.calls)
        return {name: counts.metric(name) for name in CALL_MEASURES}


def comparison_table(session: ReadingSession, readers: "pd.DataFrame") -> "pd.DataFrame":
    """Put the student's row under those of the simulated readers on the same cases.

    Parameters
    ----------
    session : ReadingSession
    readers : DataFrame, cases x readers
        Calls of all cases.
    """
    import pandas as pd

    read = session.order[: len(session.calls)]
    rows = {}
    for name in readers:
        counts = count_confusion(session.label[read], readers[name].to_numpy()[read])
        rows[name] = {measure: counts.metric(measure) for measure in CALL_MEASURES}
    rows["you"] = session.measures()
    return pd.DataFrame(rows).T


def case_png(picture: np.ndarray, pixel_mm: float, title: str) -> bytes:
    """Return one case as PNG, large enough to read."""
    fig, ax = figure(4.2, 4.6)
    show_slice(ax, picture, pixel_mm, title=title)
    return figure_png(fig, dpi=80)


def reading_room(
    pictures: Sequence[np.ndarray],
    label: Sequence[int],
    readers: "pd.DataFrame",
    pixel_mm: float,
    *,
    n_cases: int = 12,
    seed: int = 0,
    footer: str = "",
) -> "ipywidgets.VBox":
    """Show case after case with two buttons, then the table of all four readers.

    Parameters
    ----------
    pictures : sequence of ndarray
        One slice a case, turned for display.
    label : sequence of int
        1 ABE, 0 HB.
    readers : DataFrame, cases x readers
        Calls of the simulated readers.
    pixel_mm : float
    n_cases : int
        Cases of the sitting.
    seed : int
        Of the shuffle.
    footer : str
        Line with the result class.
    """
    import ipywidgets

    session = ReadingSession.shuffled(label, min(n_cases, len(pictures)), seed)
    screen = ipywidgets.Image(format="png")
    verdict = ipywidgets.HTML()
    buttons = [ipywidgets.Button(description=text) for text in ("ABE", "not ABE")]

    def show():
        if session.case is None:
            table = comparison_table(session, readers)
            verdict.value = table.to_html(float_format="{:.2f}".format, border=0) + f"<small>{footer}</small>"
            for button in buttons:
                button.disabled = True
            return
        title = f"case {len(session.calls) + 1} of {len(session.order)}"
        screen.value = case_png(pictures[session.case], pixel_mm, title)
        verdict.value = f"<small>{footer}</small>"

    def answering(call: int):
        def answer(_button):
            session.answer(call)
            show()

        return answer

    for button, call in zip(buttons, (1, 0), strict=True):
        button.on_click(answering(call))
    show()
    return ipywidgets.VBox([ipywidgets.HBox(buttons), screen, verdict])
