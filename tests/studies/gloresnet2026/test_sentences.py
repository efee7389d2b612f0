"""Prose that follows the numbers."""

import pandas as pd
from preterm_folders import parameters

from neolab.learn.weights import Weights
from neolab.metrics.estimate import Estimate
from neolab.studies.gloresnet2026 import sentences
from neolab.studies.gloresnet2026.data import load


def test_infants_are_counted_with_their_scores_and_those_that_are_left_out(dhcp):
    text = sentences.infants(load(dhcp, parameters(), progress=False))
    assert "**3 injured and 4 normal infants**" in text
    assert "1: 2, 2: 2, 3: 1, 4: 1, 5: 1" in text
    assert "1 scans are left out" in text


def test_a_random_start_says_why_and_a_pretrained_one_says_nothing():
    failed = Weights("medicalnet", "random", reason="no network")
    assert sentences.departures(parameters(), failed)[0].startswith(
        "The networks started from random weights (no network)"
    )
    paper = parameters(profile="paper", width=1.0)
    assert sentences.departures(paper, Weights("medicalnet", "MedicalNet", {})) == []


def test_only_gains_whose_interval_excludes_zero_are_called_clear():
    gains = {"mixup": Estimate(0.1, 0.02, 0.18), "mixup and mirroring": Estimate(0.1, -0.02, 0.2)}
    assert "excludes zero for: mixup. With 128 infants" in sentences.worth(gains, 128)
    unclear = {"mixup": Estimate(0.0, -0.1, 0.1)}
    assert "**No gain's interval excludes zero.**" in sentences.worth(unclear, 128)


def test_an_undefined_ratio_is_said_and_not_computed_with():
    nothing, known = Estimate(float("nan"), n=0), Estimate(1.3, 1.0, 1.5, 7)
    stage = {"stage4.trained": nothing, "stage4.untrained": known}
    assert "a map of the trained networks speak" in sentences.attention(stage)
    assert "1.30 times as much" in sentences.attention(dict.fromkeys(stage, known))


def test_the_winner_and_who_beats_whom():
    areas = {"GloResNet, clean": Estimate(0.7, 0.6, 0.8), "volumes and age": Estimate(0.9, 0.8, 1.0)}
    ahead = {"volumes and age": Estimate(-0.2, -0.3, -0.1)}
    text = sentences.winner(areas, ahead)
    assert "largest AUC is that of volumes and age" in text
    assert "the network loses to volumes and age (-0.20, -0.30 to -0.10)" in text


def test_a_folder_without_scores_gets_a_sentence_all_the_same():
    nobody = pd.DataFrame(columns=["radiology_score", "share", "low", "high", "n"])
    assert "the folder has no scores" in sentences.sensitivity_by_score(nobody, pd.Series({"share": 0.25}))
