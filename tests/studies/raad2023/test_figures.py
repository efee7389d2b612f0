"""Score figures show the numbers they were given, none hidden and none made up."""

from types import SimpleNamespace

import matplotlib
import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

matplotlib.use("Agg")

from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.figures import (
    bands_by_role,
    by_role,
    found_by_kind,
    precision_curve,
    prepared_gallery,
    roc_panels,
    steps_gallery,
)
from neolab.studies.raad2023.roles import ROLES as ROLE_NAMES

ROLES = ["train"] * 5 + ["validation"] * 3 + ["test"] * 4


def scans(seed: int) -> pd.DataFrame:
    return pd.DataFrame({"role": ROLES, "mse": np.random.default_rng(seed).uniform(0.01, 1, len(ROLES))})


def legend_of(holder) -> list[str]:
    return [text.get_text() for text in holder.get_texts()]


def test_every_scan_is_a_point_beside_the_box_of_its_role():
    tables = {"a": scans(0), "b": scans(1)}
    both = pd.concat(table.assign(method=name) for name, table in tables.items())
    fig = by_role(both, "mse", "error", log=True)
    ax = fig.axes[0]
    points = [line.get_ydata() for line in ax.lines if line.get_marker() == "o"]
    expected = [t.loc[t.role == role, "mse"].to_numpy() for role in ROLE_NAMES for t in tables.values()]
    assert len(points) == 3
    np.testing.assert_array_equal(np.concatenate(points), np.concatenate(expected))
    medians = [line.get_ydata()[0] for line in ax.lines if line.get_color() == "black"]
    np.testing.assert_allclose(medians, [np.median(values) for values in expected])
    assert legend_of(ax.get_legend()) == list(ROLE_NAMES.values())


def test_bars_of_the_bands_have_the_given_heights_and_names_with_a_minus():
    bands = ["below_-4", "-4_to_-3", "above_4"]
    rows = [
        ("m", role, band, 10 * i + j) for i, role in enumerate(ROLE_NAMES) for j, band in enumerate(bands)
    ]
    table = pd.DataFrame(rows, columns=["method", "role", "band", "percent"])
    ax = bands_by_role(table, "percent", "voxels (%)").axes[0]
    assert [bar.get_height() for bar in ax.patches] == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["< −4", "−4 to −3", "> 4"]


def test_the_area_under_the_drawn_curve_is_the_one_in_the_legend_and_equal_curves_both_show():
    rng = np.random.default_rng(2)
    truth, score = np.repeat([0, 1], [9, 8]), rng.normal(size=17)
    ax = roc_panels({"fair": {"a": (truth, score), "copy": (truth, score)}}).axes[0]
    _, first, second = ax.lines
    area = np.trapezoid(first.get_ydata(), first.get_xdata())
    assert area == pytest.approx(roc_auc_score(truth, score))
    assert legend_of(ax.get_legend()) == [f"a: AUC {area:.3f}", f"copy: AUC {area:.3f}"]
    assert first.get_linewidth() > second.get_linewidth()


def test_the_cohort_is_marked_on_the_curve_of_precision():
    table = pd.DataFrame({"abnormal": [4, 8, 16], "half_width": [0.3, 0.2, 0.1], "negatives": "as many"})
    ax = precision_curve(table, 8).axes[0]
    assert ax.lines[0].get_ydata().tolist() == [0.3, 0.2, 0.1]
    assert ax.lines[1].get_xdata()[0] == 8 and "this cohort: 8" in ax.texts[0].get_text()


def test_a_kind_that_a_region_lacks_leaves_a_gap_and_chance_is_the_prevalence():
    rows = [
        ("whole", "cyst", "net", 0.3, 0.01), ("whole", "bleed", "net", 0.2, 0.02),
        ("dry", "cyst", "net", 0.5, 0.04),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["region", "kind", "method", "average_precision", "prevalence"])
    whole, dry = found_by_kind(table).axes
    net, chance = dry.lines
    np.testing.assert_array_equal(net.get_xdata(), [0.5, np.nan])
    np.testing.assert_array_equal(chance.get_xdata(), [0.04, np.nan])
    assert whole.lines[0].get_xdata().tolist() == [0.3, 0.2]


def test_the_steps_stand_side_by_side_each_in_its_own_pixels():
    image = nib.Nifti1Image(
        np.random.default_rng(0).random((8, 10, 6)).astype(np.float32), np.diag([2, 3, 4, 1])
    )
    fig = steps_gallery(SimpleNamespace(steps={"head": image, "brain": image}))
    assert [ax.get_title() for ax in fig.axes] == ["head", "brain"]
    assert tuple(fig.axes[0].images[0].get_extent()) == (0, 8 * 2, 10 * 3, 0)


def test_prepared_scans_are_shown_one_role_a_row():
    images = [np.full((4, 4, 4), i / 10) for i in range(6)]
    table = pd.DataFrame({"role": ["test", "train", "validation"] * 2})
    fig = prepared_gallery(Data(table, {"image": images}, {}, 2.0))
    shown = [ax.images[0].get_array()[0, 0] for ax in fig.axes]
    np.testing.assert_allclose(shown, [0.1, 0.4, 0.2, 0.5, 0.0, 0.3])
    assert [ax.get_ylabel() for ax in fig.axes[::2]] == list(ROLE_NAMES.values())
