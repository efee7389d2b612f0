"""Saving figures with the line that says what they may be used for."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from neolab.run.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: "Figure", path: Path, footer: str, dpi: int = 150) -> None:
    """Save a figure as PNG with a footer, and close it so that Jupyter does not show it twice."""
    from matplotlib import pyplot as plt

    from neolab.viz.style import add_footer

    add_footer(figure, footer)
    buffer = io.BytesIO()
    # No software version in the file: the same picture has the same bytes.
    figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
    write_bytes(path, buffer.getvalue())
    plt.close(figure)
