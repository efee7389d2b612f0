"""The shared look: colours, fonts, orientation labels, the scale bar and the footer with the result class."""

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart with every common form of colour blindness, and in grey print.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#777777",
)  # fmt: skip

#: Colours for things that have none of their own, in the order in which they are drawn.
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, "#000000", "#999999", "#8C564B", "#332288")

#: Maps for values: perceptually uniform, and safe for colour-blind readers.
SEQUENTIAL, DIVERGING, HEAT = "viridis", "RdBu_r", "inferno"

_FOOTER = "neolab-footer"


def colours_of(names: Iterable[str], colours: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give every name its own colour: the one it has in ``colours``, else the next of ``CYCLE``."""
    left = cycle(CYCLE)
    return {name: (colours or {}).get(name) or next(left) for name in names}


def figure(width_in: float = 8.0, height_in: float = 3.4, rows: int = 1, columns: int = 1, **options):
    """Return a figure in the shared look and its axes.

    Parameters
    ----------
    width_in, height_in : float
        Size in inches.
    rows, columns : int
    **options
        Passed on to ``matplotlib.pyplot.subplots``.

    Returns
    -------
    (Figure, Axes or ndarray of Axes)
    """
    from matplotlib import pyplot as plt

    # For all text to come, too: titles and legends are made after the figure.
    plt.rcParams.update(_settings())
    return plt.subplots(rows, columns, figsize=(width_in, height_in), layout="constrained", **options)


def _settings() -> dict[str, object]:
    return {
        # As shown in a notebook; saved pictures choose their own. Keeps committed notebooks small.
        "figure.dpi": 80,
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.labelsize": 9,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "savefig.facecolor": "white",
        "image.cmap": "gray",
    }


def add_footer(figure: "Figure", text: str) -> None:
    """Write ``text`` in small letters just below the figure, in place of an earlier footer."""
    from matplotlib.transforms import ScaledTranslation

    for artist in [artist for artist in figure.texts if artist.get_gid() == _FOOTER]:
        artist.remove()
    below = figure.transFigure + ScaledTranslation(0, -4 / 72, figure.dpi_scale_trans)
    # Part of the layout on purpose: what is not would be cut off where figures are saved with a tight box.
    figure.text(0.5, 0, text, transform=below, ha="center", va="top", fontsize=7, color="0.35", gid=_FOOTER)


def orientation_labels(axes: "Axes", left: str = "R", right: str = "L", top: str = "A", bottom: str = "P"):
    """Write which side of the patient is where; the default is an axial slice in radiological view."""
    places = {left: (0.02, 0.5), right: (0.98, 0.5), top: (0.5, 0.985), bottom: (0.5, 0.015)}
    for letter, (x, y) in places.items():
        ha = {0.02: "left", 0.98: "right"}.get(x, "center")
        va = {0.985: "top", 0.015: "bottom"}.get(y, "center")
        axes.text(x, y, letter, transform=axes.transAxes, ha=ha, va=va, color="white", fontsize=7)


def scale_bar(axes: "Axes", pixel_mm: float, length_mm: float = 20.0) -> None:
    """Draw a bar of ``length_mm`` in the lower right corner of an image whose pixels measure ``pixel_mm``."""
    (left, right), (bottom, top) = sorted(axes.get_xlim()), axes.get_ylim()
    width, height = right - left, top - bottom
    end, y = right - 0.05 * width, bottom + 0.05 * height
    axes.plot([end - length_mm / pixel_mm, end], [y, y], color="white", lw=2, solid_capstyle="butt")
    middle = end - length_mm / pixel_mm / 2
    axes.text(
        middle, y + 0.02 * height, f"{length_mm:g} mm", color="white", fontsize=6, ha="center", va="bottom"
    )


def figure_png(figure: "Figure", dpi: int = 90) -> bytes:
    """Return the figure as PNG bytes and close it; widgets show these, so that no output is left behind."""
    import io

    from matplotlib import pyplot as plt

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, bbox_inches="tight")
    plt.close(figure)
    return drawn.getvalue()
