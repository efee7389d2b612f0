"""Half times against the ages at which regions change on images; see the sources of the module."""

import numpy as np
import pytest

from neolab.simulate import myelin_atlas, template

MAPS = myelin_atlas.half_times(template.SMOOTH)
#: MNI |x|, y, z in the middle of each region.
REGIONS = {
    "pons": (0, -30, -35),
    "posterior limb": (25, -20, 9),
    "anterior limb": (18, 10, 4),
    "splenium": (2, -37, 11),
    "genu": (4, 28, 6),
    "central occipital": (33, -56, 2),
    "frontal": (24, 40, 10),
    "temporal pole": (40, 8, -32),
}


def half_time(region, weighting):
    index = tuple(
        int(round((c - o) / template.SMOOTH.spacing))
        for c, o in zip(REGIONS[region], template.SMOOTH.origin, strict=True)
    )
    return float(MAPS[f"{weighting}_half_time"][index])


def test_t1_changes_before_t2_everywhere():
    assert np.all(MAPS["t1_half_time"] < MAPS["t2_half_time"])


@pytest.mark.parametrize("weighting", ["t1", "t2"])
def test_myelin_spreads_from_below_up_from_the_middle_out_and_from_behind_to_the_front(weighting):
    """Barkovich 1988: brainstem, posterior limb, splenium before genu, occipital before frontal."""
    for chain in (
        ("pons", "posterior limb", "splenium", "genu", "frontal", "temporal pole"),
        ("posterior limb", "anterior limb", "frontal"),
        ("central occipital", "frontal"),
    ):
        times = [half_time(region, weighting) for region in chain]
        assert times == sorted(times), dict(zip(chain, times, strict=True))


@pytest.mark.parametrize(
    ("region", "t1_range", "t2_range"),
    [
        ("posterior limb", (-1.5, 1.0), (0.0, 2.5)),
        ("anterior limb", (2.0, 4.0), (7.0, 11.0)),
        ("splenium", (3.0, 4.5), (4.0, 6.5)),
        ("genu", (4.0, 6.0), (5.0, 8.0)),
        ("frontal", (3.0, 8.0), (11.0, 18.0)),
    ],
)
def test_regions_change_at_the_published_ages(region, t1_range, t2_range):
    """Months at which a region turns bright on T1 and dark on T2: the tables after Barkovich."""
    assert t1_range[0] <= half_time(region, "t1") <= t1_range[1]
    assert t2_range[0] <= half_time(region, "t2") <= t2_range[1]


@pytest.mark.parametrize(("weighting", "rate"), [("t1", 0.75), ("t2", 0.45)])
def test_the_centrum_semiovale_has_no_hard_dot(weighting, rate):
    """A tract with a hard edge shows as a bright dot at 3 months.

    Myelin exp(-exp(-rate (t - half time))) goes from 0.2 to 0.8 over 1.976 / rate months of half time; less
    than half of that between neighbours 2 mm apart is a soft edge at every age.
    """
    heights = template.SMOOTH.axes()[2].ravel()
    centrum = MAPS[f"{weighting}_half_time"][:, :, (heights > 26) & (heights < 60)]
    steepest = max(np.abs(np.diff(centrum, axis=axis)).max() for axis in range(3))
    assert steepest < 0.5 * 1.976 / rate


def test_white_matter_under_the_cortex_is_late_and_early_tracts_are_spared():
    half_times = np.array([5.0, 5.0, 0.2])
    delay = myelin_atlas.subcortical_delay(np.array([0.0, 8.0, 0.0]), 0.6, half_times, 2.0)
    assert delay[0] == pytest.approx(2.0)
    assert delay[1] < 0.1
    assert delay[2] == 0.0
