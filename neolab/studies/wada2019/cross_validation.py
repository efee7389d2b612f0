"""Model A and model B twice over: on the data they were trained on, and on infants they never saw."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
import torch

from neolab.io.splits import Fold, grouped_folds, quantile_bins
from neolab.learn.compute import networks_side_by_side
from neolab.studies.wada2019.fit import AgeFit, EnsembleFit, Recipe, fit, fit_ensemble

#: Model A learns from all ages; model B is the ensemble of two ranges of ages (Methods 2.4, Figure 3).
MODELS: dict[str, Callable] = {"simple": fit, "ensemble": fit_ensemble}


@dataclass
class Evaluation:
    """Estimates of the models, and the models.

    Attributes
    ----------
    estimates : DataFrame
        One row an infant, model and seed: ``row`` (of the cohort), ``model``, ``seed``, ``fold`` (-1 where
        the model was trained on this infant, too), ``truth`` and ``estimate`` in months.
    fits : dict
        (model, seed, fold) -> fit; empty where they were not kept.
    """

    estimates: pd.DataFrame
    fits: dict[tuple[str, int, int], AgeFit | EnsembleFit]

    def of(self, model: str, seed: int | None = None, *, trained_on: bool = False) -> pd.DataFrame:
        """Estimates of one model in the order of the cohort: of one seed (the first by default).

        Parameters
        ----------
        model : str
        seed : int, optional
        trained_on : bool
            Of the model that saw all infants in training, instead of those that did not see this one.
        """
        table = self.estimates
        seed = table["seed"].min() if seed is None else seed
        rows = (table["model"] == model) & (table["seed"] == seed) & ((table["fold"] < 0) == trained_on)
        return table[rows].sort_values("row").reset_index(drop=True)

    def held_out(
        self, model: str, images: np.ndarray, folds: Sequence[Fold], seed: int | None = None
    ) -> np.ndarray:
        """Ages that the networks kept read off other pictures of the infants that they have not seen, (n,).

        Parameters
        ----------
        model : str
        images : ndarray, (n, 2, 5, S, S)
            Such as the same infants cut at other levels; row i belongs to row i of the cohort.
        folds : sequence of Fold
            Those of the training.
        seed : int, optional
            The first by default.
        """
        seed = self.estimates["seed"].min() if seed is None else seed
        found = np.full(len(images), np.nan)
        for number, fold in enumerate(folds):
            found[fold.test] = self.fits[model, seed, number].predict(torch.from_numpy(images[fold.test]))
        return found


def age_folds(table: pd.DataFrame, age_months: Sequence[float], n_splits: int, seed: int) -> list[Fold]:
    """Folds that hold an infant's scans together and every range of ages in equal parts.

    Departure: the paper describes no split. Ages are stratified in as many bins as there are folds of
    them, five at most.
    """
    bins = quantile_bins(age_months, min(5, max(1, len(table) // (2 * n_splits))))
    return grouped_folds(table.assign(age_bin=bins), "age_bin", n_splits, seed)


def evaluate(
    images: np.ndarray,
    age_months: Sequence[float],
    folds: Sequence[Fold],
    recipe: Recipe,
    *,
    models: Iterable[str] = tuple(MODELS),
    seeds: Sequence[int] = (0,),
    on_all: bool = True,
    keep: bool = True,
    progress: bool = False,
) -> Evaluation:
    """Train every model once a fold and, with the first seed, once on everybody.

    Parameters
    ----------
    images : ndarray, (n, 2, 5, S, S)
    age_months : sequence, (n,)
        Corrected age.
    folds : sequence of Fold
    recipe : Recipe
    models : iterable of {"simple", "ensemble"}
    seeds : sequence of int
        Of weights and order; the folds stay the same, so that nothing else changes between seeds.
    on_all : bool
        Also train on all infants and estimate the age of the same infants.
    keep : bool
        Keep the networks; those of the paper's size take 28 MB each.
    progress : bool
    """
    from tqdm.auto import tqdm

    ages = np.asarray(age_months, float)
    everybody = Fold(np.arange(len(ages)), np.arange(len(ages)))
    jobs = [(m, s, f, fold) for m in models for s in seeds for f, fold in enumerate(folds)]
    if on_all:
        jobs += [(model, seeds[0], -1, everybody) for model in models]
    work = partial(_one, torch.from_numpy(images), ages, recipe, keep)
    with networks_side_by_side() as pool:
        done = list(tqdm(pool.map(work, jobs), total=len(jobs), desc="networks", disable=not progress))
    rows = pd.DataFrame(chain.from_iterable(rows for rows, _ in done))
    fits = {job[:3]: fitted for job, (_, fitted) in zip(jobs, done, strict=True) if fitted is not None}
    return Evaluation(rows, fits)


def _one(images, ages, recipe: Recipe, keep: bool, job) -> tuple[list[dict], AgeFit | EnsembleFit | None]:
    """Train one model of one fold and estimate the ages of its test infants."""
    model, seed, number, fold = job
    start = int(np.random.SeedSequence([seed, number + 1]).generate_state(1)[0])
    fitted = MODELS[model](images[fold.train], ages[fold.train], recipe, start)
    estimates = fitted.predict(images[fold.test])
    names = {"model": model, "seed": seed, "fold": number}
    rows = [
        {**names, "row": int(row), "truth": ages[row], "estimate": float(estimate)}
        for row, estimate in zip(fold.test, estimates, strict=True)
    ]
    return rows, fitted if keep else None
