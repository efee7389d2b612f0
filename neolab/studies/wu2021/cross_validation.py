"""The network in k folds: every slice is predicted once, by a network that did not train on it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from neolab.io.splits import Fold
from neolab.learn.compute import networks_side_by_side, seeded
from neolab.metrics.classification import METRICS, count_confusion
from neolab.metrics.roc import auc
from neolab.studies.wu2021.cam import class_activation_maps
from neolab.studies.wu2021.fitting import Recipe, fit, predict
from neolab.studies.wu2021.network import build_network, pretrained_weights
from neolab.studies.wu2021.slice_set import SliceSet


@dataclass
class CrossValidation:
    """What the networks of all folds said.

    Attributes
    ----------
    predictions : DataFrame
        The slice table with ``fold`` and ``probability`` (of ABE).
    history : DataFrame
        Loss and accuracy while training, with ``fold``.
    activation_maps : ndarray, (N, h, w)
        Class activation map for ABE of every slice, by the network that predicted it.
    weights_used : str
        What the networks started from.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    activation_maps: np.ndarray
    weights_used: str


def cross_validate(
    slices: SliceSet,
    folds: Iterable[Fold],
    recipe: Recipe,
    *,
    weights: str = "none",
    seed: int = 0,
    device: str = "cpu",
    progress: str | None = None,
) -> CrossValidation:
    """Train and test one network a fold.

    Parameters
    ----------
    slices : SliceSet
    folds : iterable of neolab.io.splits.Fold
    recipe : Recipe
    weights : str
        See :func:`~neolab.studies.wu2021.network.pretrained_weights`.
    seed : int
        Fold number f starts from the stream (seed, f).
    device : str
    progress : str, optional
        Name of the progress bar; none without.
    """
    from tqdm.auto import tqdm

    pictures = torch.from_numpy(slices.images)[:, None].to(device)
    labels = torch.tensor(slices.table["label"].to_numpy(), dtype=torch.int64, device=device)
    predictions = slices.table.assign(fold=-1, probability=np.nan)
    pretrained, used = pretrained_weights(weights)
    parts = list(folds)

    def learn(number: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        train, test = parts[number].train, parts[number].test
        fold_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        network = seeded(lambda: build_network(pretrained), fold_seed)
        # Channels last: the same numbers up to rounding, a fifth faster on a CPU.
        network = network.to(device, memory_format=torch.channels_last)
        watched = (pictures[test], labels[test])
        history = fit(network, pictures[train], labels[train], recipe, fold_seed, watched)
        maps = class_activation_maps(network, pictures[test])
        return history.assign(fold=number), predict(network, pictures[test]), maps

    with networks_side_by_side() as pool:
        learnt = pool.map(learn, range(len(parts)))
        learnt = list(tqdm(learnt, total=len(parts), desc=progress, disable=progress is None))
    activation = np.zeros((len(slices), *learnt[0][2].shape[1:]), np.float32)
    for number, (part, (_, probability, maps)) in enumerate(zip(parts, learnt, strict=True)):
        predictions.loc[part.test, "fold"] = number
        predictions.loc[part.test, "probability"] = probability
        activation[part.test] = maps
    history = pd.concat([history for history, _, _ in learnt], ignore_index=True)
    return CrossValidation(predictions, history, activation, used)


def nearest_neighbour(slices: SliceSet, folds: Iterable[Fold]) -> pd.DataFrame:
    """Predict every slice as the training slice that looks most like it: a memory, not a diagnosis.

    Returns
    -------
    DataFrame
        The slice table with ``fold``, ``probability`` (0 or 1) and ``same_newborn`` (whether the most similar
        training slice shows the same newborn, which a split by patient makes impossible).
    """
    flat = slices.images.reshape(len(slices), -1)
    result = slices.table.assign(fold=-1, probability=np.nan, same_newborn=False)
    label, who = slices.table["label"].to_numpy(), slices.table["participant_id"].to_numpy()
    for number, part in enumerate(folds):
        train, test = part.train, part.test
        # Squared distance but for a term that is the same for all training slices.
        distance = (flat[train] ** 2).sum(axis=1) - 2 * flat[test] @ flat[train].T
        nearest = train[distance.argmin(axis=1)]
        result.loc[test, "fold"] = number
        result.loc[test, "probability"] = label[nearest].astype(float)
        result.loc[test, "same_newborn"] = who[nearest] == who[test]
    return result


def fold_metrics(predictions: pd.DataFrame, threshold: float = 0.5) -> pd.DataFrame:
    """Return sensitivity, specificity, precision, F1, accuracy and AUC of every fold.

    Parameters
    ----------
    predictions : DataFrame
        With ``fold``, ``label`` and ``probability``.
    threshold : float
        A slice is called ABE above it.
    """
    rows = {}
    for number, fold in predictions.groupby("fold"):
        counts = count_confusion(fold["label"], (fold["probability"] > threshold).astype(int))
        rows[number] = {name: counts.metric(name) for name in METRICS}
        rows[number]["auc"] = auc(fold["label"], fold["probability"])
    return pd.DataFrame(rows).T.rename_axis("fold")


def by_patient(predictions: pd.DataFrame) -> pd.DataFrame:
    """Average the probabilities of each newborn's slices: ``participant_id``, ``label``, ``probability``."""
    grouped = predictions.groupby("participant_id", sort=True)
    return grouped.agg(label=("label", "first"), probability=("probability", "mean")).reset_index()
