"""The simple classifiers see what the folder knows, and nothing of the scans that they predict."""

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score

from neolab.io.splits import grouped_folds
from neolab.studies.gloresnet2026.baselines import features, probabilities
from neolab.studies.gloresnet2026.data import Data


def folder(**columns):
    labels = np.arange(40) % 2
    table = pd.DataFrame({"participant_id": [f"P{row}" for row in range(40)], "label": labels, **columns})
    return Data(None, table, torch.zeros(40, 1, 1, 1, 1))


def test_baseline_probabilities_are_out_of_fold():
    rng = np.random.default_rng(0)
    data = folder(mean_intensity=rng.normal(size=40) + 3 * (np.arange(40) % 2))
    folds = grouped_folds(data.table, "label", 2)
    assert roc_auc_score(data.labels, probabilities(data, folds, progress=False)["mean intensity"]) > 0.95
    noise = folder(mean_intensity=0.0, **{"birth_age_weeks": rng.normal(size=40)})
    said = probabilities(noise, folds, progress=False)["demographics"]
    assert 0.2 < roc_auc_score(noise.labels, said) < 0.8


def test_features_are_those_that_the_folder_has_and_knows_of_every_scan():
    assert set(features(folder(mean_intensity=1.0))) == {"mean intensity"}
    known = {"mean_intensity": 1.0, "brain_ml": 300.0, "ventricles_ml": 0.0, "postmenstrual_age_weeks": 38.0}
    chosen = features(folder(**known))
    assert set(chosen) == {"mean intensity", "volumes and age", "demographics"}
    np.testing.assert_allclose(chosen["volumes and age"][0], [np.log(0.1), np.log(300), 38])
    holes = folder(**known | {"postmenstrual_age_weeks": np.r_[np.nan, np.full(39, 38.0)]})
    assert set(features(holes)) == {"mean intensity"}
