"""Regions of interest of Wu 2021 on label maps whose answer is known."""

import numpy as np
import pytest

from neolab.studies.wu2021 import rois

LOOKUP = {"white_matter": 1, "globus_pallidus": 2, "subthalamic_nucleus": 3}


def make_scan(stn_slice: int = 2, shape=(120, 140, 6), voxel_mm=(0.9, 0.9, 4.5)) -> rois.LabelledScan:
    """White matter 100, pallidum 140 (largest in slice 3), subthalamic nucleus 150 in one slice."""
    labels = np.zeros(shape, np.int16)
    x, y, _ = np.indices(shape)
    labels[np.hypot((x - 60) / 45, (y - 70) / 60) < 1] = 1
    for side in (-1, 1):
        for k, radius in ((2, 5), (3, 7), (4, 4)):
            labels[..., k][np.hypot(x - 60 - side * 16, y - 70)[..., k] < radius] = 2
        labels[..., stn_slice][np.hypot(x - 60 - side * 8, y - 60)[..., stn_slice] < 4] = 3
    image = np.choose(labels, [0.0, 100.0, 140.0, 150.0]).astype(np.float32)
    return rois.LabelledScan(image, labels, LOOKUP, voxel_mm)


def test_the_chosen_slice_has_the_largest_area_of_both_nuclei():
    scan = make_scan()
    areas = [scan.area_mm2("globus_pallidus")[k] + scan.area_mm2("subthalamic_nucleus")[k] for k in range(6)]
    assert rois.largest_nuclei_slice(scan) == int(np.argmax(areas)) == 3


def test_ratios_of_a_noise_free_scan_are_exact_for_a_rater_who_stays_inside():
    jitter = rois.RaterJitter(shift_mm=0.2, wobble_mm=0.2)
    for seed in range(10):
        measured = rois.measure(make_scan(), np.random.default_rng(seed), jitter)
        assert measured.gpnorm == pytest.approx(1.4)
        assert measured.stnnorm == pytest.approx(1.5)


def test_a_careless_rater_dilutes_the_ratio():
    careless = rois.RaterJitter(shift_mm=2.0, margin_mm=-1.0)
    ratios = [rois.measure(make_scan(), np.random.default_rng(seed), careless).gpnorm for seed in range(10)]
    assert 1.0 < np.mean(ratios) < 1.38


def test_the_subthalamic_nucleus_is_measured_where_it_is_seen():
    measured = rois.measure(make_scan(stn_slice=2), np.random.default_rng(0))
    assert measured.drawing.slice_index == 3
    assert measured.stn_drawing.slice_index == 2


def test_a_label_map_without_the_subthalamic_nucleus_gives_gpnorm_alone():
    scan = make_scan()
    bare = rois.LabelledScan(
        scan.image, scan.labels, {"white_matter": 1, "globus_pallidus": 2}, scan.voxel_mm
    )
    measured = rois.measure(bare, np.random.default_rng(0))
    assert measured.gpnorm == pytest.approx(1.4)
    assert np.isnan(measured.stnnorm) and measured.stn_drawing is None


def test_two_raters_draw_differently_and_the_same_rater_twice_the_same():
    first, again, other = (rois.measure(make_scan(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    pallidum = "globus_pallidus"
    assert np.array_equal(first.drawing.rois[pallidum], again.drawing.rois[pallidum])
    assert not np.array_equal(first.drawing.rois[pallidum], other.drawing.rois[pallidum])


def test_jitter_has_the_size_it_says():
    disc = np.hypot(*(np.indices((200, 200)) - 100)) < 30
    jitter = rois.RaterJitter(shift_mm=1.0, margin_sd_mm=0.0, wobble_mm=0.0)
    rng = np.random.default_rng(0)
    drawn = [rois.draw_outline(disc, (0.5, 0.5), rng, jitter, margin_mm=0.0) for _ in range(200)]
    centres = np.array([np.mean(np.nonzero(roi), axis=1) for roi in drawn])
    assert centres.std(axis=0) * 0.5 == pytest.approx([1.0, 1.0], rel=0.2)
    assert centres.mean(axis=0) == pytest.approx([100, 100], abs=0.5)


def test_an_outline_is_as_far_inside_the_border_along_either_axis_of_an_oblong_pixel():
    jitter = rois.RaterJitter(shift_mm=0.0, margin_sd_mm=0.0, wobble_mm=0.0)
    square = np.zeros((100, 100), bool)
    square[20:80, 35:65] = True  # 30 mm x 30 mm
    drawn = rois.draw_outline(square, (0.5, 1.0), np.random.default_rng(0), jitter, margin_mm=5.0)
    across, down = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    assert (across.size * 0.5, down.size * 1.0) == pytest.approx((20, 20), abs=1.1)


def test_white_matter_is_a_round_disc_whatever_the_shape_of_a_pixel():
    x, y = np.indices((200, 120))
    white_matter = np.hypot((x - 100) * 0.5 / 45, (y - 60) * 1.0 / 55) < 1
    disc = rois.anterior_white_matter(white_matter, (0.5, 1.0), radius_mm=5.0)
    left = disc[:100]
    across, down = (np.flatnonzero(left.any(axis=axis)) for axis in (1, 0))
    assert (across.size * 0.5, down.size * 1.0) == pytest.approx((10, 10), abs=1.1)


def test_white_matter_is_taken_in_front_on_both_sides_and_inside_white_matter():
    scan = make_scan()
    white_matter = scan.mask("white_matter")[:, :, 3]
    disc = rois.anterior_white_matter(white_matter, scan.pixel_mm)
    columns, rows = np.nonzero(disc)
    assert not (disc & ~white_matter).any()
    assert rows.min() > 70
    assert (columns < 60).any() and (columns > 60).any()


def test_the_clearest_drawing_shows_both_nuclei_on_both_sides():
    def drawing(**places):
        regions = {name: np.zeros((20, 20), bool) for name in ("globus_pallidus", "subthalamic_nucleus")}
        for name, columns in places.items():
            regions[name][5:9, columns] = True
        return regions

    one_sided = drawing(globus_pallidus=[3, 4, 5, 6, 7, 12], subthalamic_nucleus=[8, 9])
    small = drawing(globus_pallidus=[4, 15], subthalamic_nucleus=[8, 12])
    large = drawing(globus_pallidus=[4, 5, 14, 15], subthalamic_nucleus=[8, 12])
    assert rois.clearest_drawing([one_sided, small, large]) == 2
    assert rois.clearest_drawing([large, one_sided]) == 0
    unknown = {name: region & (name == "globus_pallidus") for name, region in large.items()}
    assert rois.clearest_drawing([small | {"subthalamic_nucleus": np.zeros((20, 20), bool)}, unknown]) == 1


def test_the_pallidum_is_not_drawn_where_a_slice_cuts_its_edge():
    """A large subthalamic nucleus pulls the chosen slice to the pallidum's edge, where it looks darker."""
    scan = make_scan(stn_slice=4)
    x, y = np.indices(scan.labels.shape[:2])
    for side in (-1, 1):
        scan.labels[..., 4][np.hypot(x - 60 - side * 9, y - 50) < 8] = LOOKUP["subthalamic_nucleus"]
    edge = scan.labels[..., 4] == LOOKUP["globus_pallidus"]
    image = scan.image.copy()
    image[..., 4][edge] = 115.0  # half pallidum, half white matter
    image[..., 4][scan.labels[..., 4] == LOOKUP["subthalamic_nucleus"]] = 150.0
    scan = rois.LabelledScan(image, scan.labels, LOOKUP, scan.voxel_mm)
    assert rois.largest_nuclei_slice(scan) == 4
    assert rois.slice_to_draw(scan) == 3
    measured = rois.measure(scan, np.random.default_rng(0))
    assert measured.gpnorm == pytest.approx(1.4, rel=1e-6)
    assert measured.stnnorm == pytest.approx(1.5, rel=0.01) and measured.stn_drawing.slice_index == 4
    assert rois.slice_to_draw(make_scan()) == rois.largest_nuclei_slice(make_scan())
