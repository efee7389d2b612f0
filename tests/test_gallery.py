"""The README's picture cuts every head where it says."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neolab.simulate.acquisition import acquire, render_for
from neolab.simulate.protocols import DHCP_T1W
from neolab.simulate.subject import Subject

TOOL = Path(__file__).parents[1] / "tools" / "gallery.py"
spec = importlib.util.spec_from_file_location("gallery", TOOL)
gallery = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gallery)


@pytest.mark.parametrize(("axis", "place_mm"), [(1, -16.0), (2, 6.0)])
def test_the_chosen_plane_lies_at_the_template_coordinate_asked_for(axis, place_mm):
    coarse = dict(in_plane_mm=3.0, reconstructed_mm=3.0, slice_thickness_mm=5.0, slice_spacing_mm=5.5)
    protocol = replace(DHCP_T1W, render_mm=(3.0, 3.0, 3.0), **coarse)
    subject = Subject("SYN0001", "01", 0, 40.0, "female")
    anatomy = render_for(subject, protocol)
    scan = acquire(anatomy, protocol)
    along = gallery._template_along(anatomy, scan, axis)
    assert (np.diff(along) > 0).mean() > 0.9, "coordinates rise along the axis"
    spacing = np.linalg.norm(scan.affine[:3, axis])
    # A newborn's head is smaller than the template: a step of a millimetre is up to two in MNI152.
    assert np.abs(along - place_mm).min() < 2 * spacing


def test_every_age_is_drawn_in_every_row_on_one_scale(monkeypatch):
    """Pictures of known sizes: panels span the same millimetres, and only the first column is lettered."""
    sizes = {age: 40 + 10 * number for number, age in enumerate(gallery.AGES_WEEKS.values())}

    def discs(subject, rows):
        size = sizes[subject.postmenstrual_age_weeks]
        return [np.pad(np.full((size, size), 100.0), 8) for _ in rows]

    monkeypatch.setattr(gallery, "scanned_rows", discs)
    figure = gallery.draw_gallery()
    panels = [ax for ax in figure.axes if ax.images]
    assert len(panels) == len(gallery.ROWS) * len(gallery.AGES_WEEKS)
    spans = {float(np.ptp(ax.get_xlim())) for ax in panels}
    assert len(spans) == 1
    widths = [int((ax.images[0].get_array() > 0).sum(axis=1).max()) for ax in panels[: len(sizes)]]
    assert widths == list(sizes.values()), "a growing head is drawn growing"
    lettered = [len(ax.texts) > 0 for ax in panels]
    assert lettered == [number % len(sizes) == 0 for number in range(len(panels))]
    assert gallery.FOOTER in figure.get_supxlabel()
