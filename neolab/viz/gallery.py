"""The README's picture: simulated newborns and infants, a different one at each age, as scanners see them.

``python -m neolab.viz.gallery docs/gallery.png``
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH, Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neolab.simulate.protocols import Protocol

AGES_WEEKS = {"28 weeks": 28.0, "32 weeks": 32.0, "36 weeks": 36.0, "40 weeks": 40.0} | {
    f"{months} months": TERM_WEEKS + months * WEEKS_PER_MONTH for months in (4, 12, 24)
}

# Row title -> protocol, plane, where the plane lies in MNI152 millimetres (through the basal ganglia), and
# the quantile of the brain that is shown white: fluid may burn out where the echo time is long.
ROWS = {
    "T1 inversion recovery": ("WADA_3T_T1_TIR", "axial", 6.0, 0.995),
    "T2 turbo spin echo": ("WADA_3T_T2_TSE", "axial", 6.0, 0.97),
    "T1 MPRAGE, coronal": ("DHCP_MPRAGE", "coronal", -16.0, 0.98),
}
# Black level as a share of the white one: above the noise, so that padding and air look alike.
BLACK_LEVEL = 0.05
FOOTER = "Simulated, each column another newborn. No scan of a person is in this picture."
PIXEL_MM = 0.5


def draw_gallery(seed: int = 0) -> "Figure":
    """Return the figure: one column an age, one row a contrast, all on one scale."""
    from neolab.simulate.protocols import PROTOCOLS
    from neolab.viz.slices import grey_window, on_one_field, slice_gallery
    from neolab.viz.style import add_footer

    subjects = [
        Subject(f"SYN{number:04d}", "01", seed, weeks, "female" if number % 2 else "male")
        for number, weeks in enumerate(AGES_WEEKS.values(), start=1)
    ]
    pictures = [
        scanned_plane(subject, PROTOCOLS[name], plane, place)
        for name, plane, place, _ in ROWS.values()
        for subject in subjects
    ]
    shares = [share for *_, share in ROWS.values() for _ in subjects]
    whites = [grey_window(picture, share)[1] for picture, share in zip(pictures, shares, strict=True)]
    titles = [*AGES_WEEKS, *[""] * (len(pictures) - len(AGES_WEEKS))]
    figure = slice_gallery(
        on_one_field(pictures),
        titles,
        PIXEL_MM,
        columns=len(AGES_WEEKS),
        row_titles=list(ROWS),
        size_in=1.45,
        windows=[(BLACK_LEVEL * white, white) for white in whites],
    )
    add_footer(figure, FOOTER)
    return figure


def scanned_plane(subject: Subject, protocol: "Protocol", plane: str, place_mm: float) -> np.ndarray:
    """Scan a subject and return one plane, turned for display, in pixels of ``PIXEL_MM``.

    Parameters
    ----------
    subject : Subject
    protocol : Protocol
    plane : {"axial", "coronal", "sagittal"}
    place_mm : float
        The plane's MNI152 coordinate along its axis, met at the middle of the head.
    """
    from scipy.ndimage import zoom

    from neolab.simulate.acquisition import acquire, render_for
    from neolab.viz.slices import PLANES, plane_of

    anatomy = render_for(subject, protocol)
    scan = acquire(anatomy, protocol)
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


def main(path: Path) -> None:
    """Write the picture as a PNG with few enough colours for a README."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    draw_gallery().savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(buffer).convert("L").save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
