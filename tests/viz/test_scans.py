"""Scans in galleries and in the viewer show their lesions and maps."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.viz.scans import ScanView, scan_figure, scan_gallery, slice_viewer

RNG = np.random.default_rng(0)
VOXEL_MM = (1.0, 1.0, 4.5)


def volume() -> np.ndarray:
    return RNG.random((12, 14, 6))


def lesion() -> np.ndarray:
    mask = np.zeros((12, 14, 6), bool)
    mask[3:6, 4:7, 4] = True
    return mask


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_the_viewer_shows_every_plane_of_every_scan_to_its_ends(plane):
    widget = slice_viewer([ScanView(name, volume(), VOXEL_MM) for name in ("T1w", "T2w")], footer="synthetic")
    scan, planes, position = widget.children[0].children
    picture = widget.children[1]
    seen = {bytes(picture.value)}
    planes.value = plane
    for where in (0.0, 1.0):
        position.value = where
        seen.add(bytes(picture.value))
    scan.value = "T2w"
    seen.add(bytes(picture.value))
    assert len(seen) >= 4


def test_lesions_can_be_switched_off_where_there_are_any():
    widget = slice_viewer([ScanView("T2w", volume(), VOXEL_MM, lesion())])
    (*_, drawn_over), picture = widget.children[0].children, widget.children[1]
    before = bytes(picture.value)
    drawn_over.value = False
    assert bytes(picture.value) != before


def test_the_first_position_has_most_of_the_lesion_else_of_the_map():
    heat = np.zeros((12, 14, 6))
    heat[:, :, 1] = 1
    assert ScanView("", volume(), VOXEL_MM, lesion(), heat).best_position() == pytest.approx(4.5 / 6)
    assert ScanView("", volume(), VOXEL_MM, None, heat).best_position() == pytest.approx(1.5 / 6)
    assert ScanView("", volume(), VOXEL_MM).best_position() == 0.5


def test_a_gallery_has_scans_above_and_lesions_and_maps_below():
    fig = scan_gallery(
        [ScanView("a", volume(), VOXEL_MM, lesion(), volume()), ScanView("b", volume(), VOXEL_MM)]
    )
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "", ""]
    assert [len(ax.images) for ax in fig.axes] == [1, 1, 2, 1]
    assert [len(ax.collections) for ax in fig.axes] == [0, 0, 1, 0]


def test_the_static_twin_has_the_letters_of_its_plane():
    (ax,) = scan_figure(ScanView("a", volume(), VOXEL_MM), "coronal", 0.5).axes
    assert {text.get_text() for text in ax.texts} == {"R", "L", "S", "I", "20 mm"}


def test_a_map_that_lights_up_beside_the_head_still_shows_the_head():
    image = np.zeros((10, 10, 20))
    image[2:8, 2:8, 5:15] = 100.0
    beside = np.zeros_like(image)
    beside[:, :, 19] = 1.0
    beside[:, :, 12] = 0.3
    assert ScanView("x", image, (1.0, 1.0, 1.0), map=beside).best_position() == pytest.approx(12.5 / 20)
