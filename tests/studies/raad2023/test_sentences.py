"""Sentences say what the numbers say, whichever way they fall."""

import numpy as np
import pandas as pd
import pytest

from neolab.metrics.estimate import Estimate
from neolab.studies.raad2023 import sentences
from neolab.studies.raad2023.data import Data


def areas(net: float, rival: float) -> dict[str, dict[str, Estimate]]:
    return {
        name: {"fair": Estimate(value, value - 0.1, value + 0.1), "paper": Estimate(value + 0.05)}
        for name, value in (("net", net), ("rival", rival))
    }


def row(difference: float, half: float) -> pd.DataFrame:
    entry = {"other": "rival", "difference": difference, "low": difference - half, "high": difference + half}
    return pd.DataFrame([entry])


@pytest.mark.parametrize(
    ("difference", "half", "said"),
    [
        (0.2, 0.1, ["**net wins**", "the interval says so too"]),
        (-0.2, 0.3, ["**rival wins**", "too few to be sure"]),
        (0.0, 0.1, ["They tie", "too few to be sure"]),
    ],
)
def test_the_duel_names_the_winner_and_how_sure_it_is(difference, half, said):
    text = sentences.duel(areas(0.7 + difference, 0.7), "net", "rival", row(difference, half))
    assert all(words in text for words in said)


def test_a_ratio_whose_interval_holds_one_shows_no_difference():
    unclear = sentences.first_network(areas(0.8, 0.6), "net", Estimate(1.2, 0.9, 1.5))
    clear = sentences.first_network(areas(0.8, 0.6), "net", Estimate(1.2, 1.1, 1.3))
    assert "does not show a difference" in unclear and "does not show a difference" not in clear


def test_the_gap_is_the_last_held_out_error_over_the_last_training_error():
    rows = [
        ("net", epoch, part, "mse", value)
        for epoch, values in ((1.0, (5.0, 5.0)), (2.0, (0.2, 0.3)))
        for part, value in zip(("train", "validation"), values, strict=True)
    ]
    history = pd.DataFrame(rows, columns=["model", "epoch", "part", "metric", "value"])
    assert "net **1.50**" in sentences.training_gaps(history)


def test_pairs_are_told_apart_where_the_interval_leaves_out_zero():
    widths = pd.DataFrame({"abnormal": [8, 8, 16], "half_width": [0.2, 0.18, 0.1]})
    differences = pd.concat([row(0.2, 0.1), row(0.1, 0.2).assign(other="third")])
    text = sentences.told_apart(differences, ["rival", "third"], widths)
    assert "± 0.18" in text and "1 of 2 pairs" in text


def test_what_brain_extraction_cut_away_is_told_only_where_it_is_much():
    assert "subdural haemorrhage**" in sentences.cut_away(pd.Series({"subdural_haemorrhage": 0.6}))
    assert "at most 3%" in sentences.cut_away(pd.Series({"cyst": 0.03}))
    assert "No abnormal scan" in sentences.cut_away(pd.Series(dtype=float))


def test_overlap_is_told_where_the_folder_knows_brains():
    table = pd.DataFrame({"extraction_dice": [0.9, np.nan]})
    arrays = {"image": [np.zeros((4, 4, 4))] * 2}
    assert "mean Dice of **0.900**" in sentences.prepared(Data(table, arrays, {}, 2.0))
    unknown = Data(table.assign(extraction_dice=np.nan), arrays, {}, 2.0)
    assert sentences.prepared(unknown) == "2 cubes of 4³ voxels of 2.0 mm."


def test_the_best_map_is_named_and_a_baseline_that_wins_too():
    rows = [
        (region, method, "any lesion", precision, 0.01, 4, 3, 1, 2.0)
        for region, values in (("whole brain", (0.2, 0.3)), ("without fluid", (0.25, 0.1)))
        for method, precision in zip(("net", "rival"), values, strict=True)
    ]
    columns = ["region", "method", "kind", "average_precision", "prevalence", "lesions", "found",
               "found_mirrored", "false_findings_per_scan"]  # fmt: skip
    text = sentences.best_map(pd.DataFrame(rows, columns=columns), "net", ["rival"])
    assert "that of **rival**" in text and "A baseline without training wins" in text
    assert "of net by +0.050" in text


def test_findings_that_nobody_reported_are_counted_by_method():
    hidden = pd.DataFrame({"scans": [2, 0], "found": [1, 0], "lesions": [5, 0]}, index=["net", "rival"])
    text = sentences.unreported(hidden)
    assert (
        text.startswith("2 normal scans") and "net marks 1 of their 5 lesions" in text and "rival" not in text
    )
