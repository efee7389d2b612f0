"""Cross-validation: every infant is predicted once, by a network that did not train on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from neolab.io.splits import Fold
from neolab.learn.compute import networks_side_by_side
from neolab.studies.gloresnet2026.fit import FoldFit, Recipe, fit_fold, report_probabilities
from neolab.studies.gloresnet2026.network import GloResNet

PROTOCOLS = ("clean", "paper")


@dataclass
class CrossValidation:
    """What the networks of all folds said.

    Attributes
    ----------
    predictions : DataFrame
        One row a scan: ``fold``, ``label``, and probabilities of injury ``clean`` (last epoch) and ``paper``
        (best epoch on the reported fold), with ``clean_plain`` and ``paper_plain`` without mirroring.
    history : DataFrame
        ``fold``, ``epoch``, ``train_loss``, ``test_loss``, ``test_accuracy``.
    train_accuracy : array, shape (n_folds,)
    networks : list of nn.Module
        One a fold, after the last epoch; empty unless they were to be kept.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    train_accuracy: np.ndarray
    networks: list[nn.Module] = field(default_factory=list, repr=False)


def cross_validate(
    volumes: Tensor,
    labels: np.ndarray,
    folds: Sequence[Fold],
    recipe: Recipe,
    *,
    seed: int = 0,
    build: Callable[[], nn.Module] = GloResNet,
    keep_networks: bool = False,
    progress: str | None = None,
) -> CrossValidation:
    """Train and test one network a fold.

    Parameters
    ----------
    volumes : Tensor
        (n, 1, N, N, N), standardised.
    labels : array of int, shape (n,)
        1 for injury.
    folds : sequence of neolab.io.splits.Fold
        Every row is tested once.
    recipe : Recipe
    seed : int
        Fold number f starts from the stream (seed, f).
    build : callable
        Makes the network of a fold.
    keep_networks : bool
    progress : str, optional
        Name of the progress bar; none without.
    """
    from tqdm.auto import tqdm

    labels = np.asarray(labels, int)
    total = len(folds) * recipe.epochs
    with tqdm(total=total, desc=progress, unit="epoch", disable=None if progress else True) as bar:

        def fit(number: int) -> FoldFit:
            fold_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
            train, test = folds[number].train, folds[number].test
            return fit_fold(volumes, labels, train, test, recipe, fold_seed, build, bar.update)

        with networks_side_by_side() as pool:
            fits = list(pool.map(fit, range(len(folds))))
    predictions = pd.DataFrame({"fold": -1, "label": labels}).assign(**dict.fromkeys(_COLUMNS, np.nan))
    for number, (fold, done) in enumerate(zip(folds, fits, strict=True)):
        predictions.loc[fold.test, "fold"] = number
        for name, values in _reported(done, labels[fold.test]).items():
            predictions.loc[fold.test, name] = values
    history = pd.concat([done.history.assign(fold=i) for i, done in enumerate(fits)], ignore_index=True)
    return CrossValidation(
        predictions,
        history,
        np.array([done.train_accuracy for done in fits]),
        [done.network for done in fits] if keep_networks else [],
    )


_COLUMNS = ("clean", "paper", "clean_plain", "paper_plain")


def _reported(fit: FoldFit, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Probabilities of the held-out scans under both protocols, as the recipe predicts and unmirrored."""
    return {
        protocol + suffix: report_probabilities(fit, protocol, labels, mirrored)
        for suffix, mirrored in (("", True), ("_plain", False))
        for protocol in PROTOCOLS
    }


def permute_within_folds(labels: np.ndarray, folds: Sequence[Fold], seed: int) -> np.ndarray:
    """Shuffle labels among the scans of each test set, so that they say nothing about the image.

    The folds stay stratified, and every scan keeps its chance of being called right by luck.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    shuffled = np.array(labels)
    for fold in folds:
        shuffled[fold.test] = rng.permutation(shuffled[fold.test])
    return shuffled


@torch.no_grad()
def embed(network: nn.Module, volumes: Tensor, batch_size: int = 16) -> np.ndarray:
    """Feature vectors before the classifier, (n, n_features)."""
    network.eval()
    device = next(network.parameters()).device
    return torch.cat([network.embed(batch.to(device)).cpu() for batch in volumes.split(batch_size)]).numpy()


def tsne(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """Two-dimensional t-SNE (van der Maaten and Hinton 2008) of feature vectors, (n, 2).

    Perplexity 30 as usual, or a third of the scans where they are fewer than 90.
    """
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max(2.0, len(features) / 3))
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)
