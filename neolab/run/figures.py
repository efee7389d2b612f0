"""Saving figures with the line that says what they may be used for."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from neolab.cache import write_bytes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
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


def is_picture(figure: "Figure") -> bool:
    """Whether a figure shows more than lines, points, areas and text, such as the voxels of a scan."""
    return not all(_is_plain(artist) for artist in figure.findobj())


def _is_plain(artist: "Artist") -> bool:
    from matplotlib import axes, axis, collections, legend, lines, offsetbox, patches, table, text
    from matplotlib.figure import FigureBase

    if getattr(artist.axes, "get_label", str)() == "<colorbar>":
        return True
    if isinstance(artist, offsetbox.OffsetImage) or getattr(artist, "name", "") == "3d":
        return False
    on_paper = (FigureBase, axes.Axes, axis.Axis, axis.Tick, text.Text, table.Table)
    on_paper += (legend.Legend, offsetbox.OffsetBox)
    drawn = (lines.Line2D, patches.Patch, collections.LineCollection, collections.PolyCollection)
    return isinstance(artist, (*on_paper, *drawn, collections.PathCollection))
