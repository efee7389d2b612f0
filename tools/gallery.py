"""The README's picture: simulated newborns and infants, a different one at each age, as scanners see them.

``python tools/gallery.py docs/gallery.png``
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neolab.simulate.acquisition import acquire, render_for
from neolab.simulate.model import HeadModel
from neolab.simulate.protocols import DHCP_MPRAGE, DHCP_T1W, DHCP_T2W, Protocol
from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH, Subject
from neolab.viz.slices import PLANES, grey_window, on_one_field, plane_of, show_slice
from neolab.viz.style import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AGES_WEEKS = {"28 weeks": 28.0, "32 weeks": 32.0, "36 weeks": 36.0, "40 weeks": 40.0} | {
    f"{months} months": TERM_WEEKS + months * WEEKS_PER_MONTH for months in (4, 12, 24)
}


@dataclass(frozen=True)
class Row:
    """One row of the picture.

    Parameters
    ----------
    title : str
    protocol : Protocol
    plane : {"axial", "coronal", "sagittal"}
    place_mm : float
        Where the plane lies along its axis, MNI152 millimetres, met at the middle of the head.
    share, headroom : float
        White is this multiple of this quantile of the middle of the head: where the echo is late the window
        follows the tissue, and fluid burns out.
    """

    title: str
    protocol: Protocol
    plane: str
    place_mm: float
    share: float
    headroom: float = 1.0


ROWS = (
    Row("T1 inversion recovery", DHCP_T1W, "axial", 6.0, 0.995),
    Row("T2 turbo spin echo", DHCP_T2W, "axial", 6.0, 0.75, 1.4),
    Row("T1 MPRAGE", DHCP_MPRAGE, "coronal", -16.0, 0.98),
    Row("T2 turbo spin echo", DHCP_T2W, "sagittal", 3.0, 0.60, 1.4),
)
# Black level as a share of the white one: above the noise, so that padding and air look alike.
BLACK_LEVEL = 0.05
FOOTER = "Simulated, each column another newborn. No scan of a person is in this picture."
PIXEL_MM = 0.5
WIDTH_IN = 10.5


def draw_gallery(rows: Sequence[Row] = ROWS, seed: int = 0) -> "Figure":
    """Return the figure: one column an age, one row a contrast and plane, all on one scale."""
    columns = [
        scanned_rows(Subject(f"SYN{number:04d}", "01", seed, weeks, "female" if number % 2 else "male"), rows)
        for number, weeks in enumerate(AGES_WEEKS.values(), start=1)
    ]
    return _draw(rows, [on_one_field(pictures) for pictures in zip(*columns, strict=True)])


def scanned_rows(subject: Subject, rows: Sequence[Row]) -> list[np.ndarray]:
    """Scan a subject with every protocol once and cut the plane of each row."""
    pictures, head = {}, HeadModel.of(subject)
    for protocol in dict.fromkeys(row.protocol for row in rows):
        anatomy = render_for(head, protocol)
        scan = acquire(anatomy, protocol)
        for row in rows:
            if row.protocol is protocol:
                pictures[row] = scanned_plane(anatomy, scan, row.plane, row.place_mm)
    return [pictures[row] for row in rows]


def scanned_plane(anatomy, scan, plane: str, place_mm: float) -> np.ndarray:
    """One plane of a scan, turned for display, in pixels of ``PIXEL_MM``.

    Parameters
    ----------
    anatomy : neolab.simulate.anatomy.Anatomy
        What was scanned.
    scan : neolab.simulate.acquisition.Scan
    plane : {"axial", "coronal", "sagittal"}
    place_mm : float
        The plane's MNI152 coordinate along its axis, met at the middle of the head.
    """
    from scipy.ndimage import zoom

    axis, _ = PLANES[plane]
    index = int(np.argmin(np.abs(_template_along(anatomy, scan, axis) - place_mm)))
    size = np.linalg.norm(scan.affine[:3, :3], axis=0)
    rows, columns = [size[kept] for kept in (2, 1, 0) if kept != axis]
    return zoom(plane_of(scan.image, plane, index), (rows / PIXEL_MM, columns / PIXEL_MM), order=1)


def _template_along(anatomy, scan, axis: int) -> np.ndarray:
    """MNI152 coordinate of each plane of a scan across ``axis``, along the line through its middle."""
    steps = np.arange(scan.image.shape[axis])
    points = np.tile((np.array(scan.image.shape) - 1) / 2, (len(steps), 1))
    points[:, axis] = steps
    world = points @ scan.affine[:3, :3].T + scan.affine[:3, 3]
    inverse = np.linalg.inv(anatomy.affine)
    voxels = np.rint(world @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    shape = np.array(anatomy.template_mm.shape[1:])
    return anatomy.template_mm[axis][tuple(np.clip(voxels, 0, shape - 1).T)]


def _draw(rows: Sequence[Row], pictures_of_rows: list[list[np.ndarray]]) -> "Figure":
    from matplotlib import pyplot as plt

    width = max(pictures[0].shape[1] for pictures in pictures_of_rows)
    heights = [pictures[0].shape[0] for pictures in pictures_of_rows]
    size = WIDTH_IN, WIDTH_IN * sum(heights) / (width * len(AGES_WEEKS)) + 0.5
    fig, axes = figure(*size, len(heights), len(AGES_WEEKS), gridspec_kw={"height_ratios": heights})
    fig.get_layout_engine().set(w_pad=0, h_pad=0.02, wspace=0, hspace=0)
    fig.set_facecolor("black")
    for row, pictures, line in zip(rows, pictures_of_rows, axes, strict=True):
        for ax, picture in zip(line, pictures, strict=True):
            white = row.headroom * grey_window(picture, row.share)[1]
            window = (BLACK_LEVEL * white, white)
            show_slice(ax, picture, PIXEL_MM, window=window, plane=row.plane, marks=ax is line[0])
            ax.set_xlim(*(picture.shape[1] / 2 + np.array((-0.5, 0.5)) * width) * PIXEL_MM)
        line[0].set_ylabel(f"{row.title}\n{row.plane}", color="white")
    for ax, title in zip(axes[0], AGES_WEEKS, strict=True):
        ax.set_title(title, color="white")
    fig.supxlabel(FOOTER, fontsize=8, color="0.7")
    plt.close(fig)
    return fig


def main(path: Path) -> None:
    """Write the picture as a grey PNG."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    drawn = draw_gallery()
    drawn.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor=drawn.get_facecolor())
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(buffer).convert("L").save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
