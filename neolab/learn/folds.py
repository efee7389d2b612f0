"""One way of cross-validating, for networks and for the simple methods that they must beat."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neolab.io.leakage import check_leakage, voxel_hash
from neolab.io.splits import Fold
from neolab.learn.checkpoint import checkpoint_folder
from neolab.learn.compute import networks_side_by_side


@dataclass(frozen=True)
class FoldJob:
    """What a method gets to learn one fold.

    Attributes
    ----------
    train, test : ndarray of int
        Rows.
    repeat, fold : int
    seed : int
        Of everything random in this fold; see `fold_seed`.
    on_epoch : callable
        To be handed to `neolab.learn.fit.fit`; moves the progress bar.
    checkpoint : Path or None
        To be handed to `neolab.learn.fit.fit`.
    """

    train: np.ndarray
    test: np.ndarray
    repeat: int
    fold: int
    seed: int
    on_epoch: Callable[[Mapping[str, float]], None] = lambda numbers: None
    checkpoint: Path | None = None


@dataclass
class Learnt:
    """What a method says of the test rows of one fold.

    Attributes
    ----------
    predictions : mapping of str to sequence
        Column -> one value a test row, in their order.
    fit : Fit or other, optional
        What was learnt; its ``history``, if it has one, joins that of the other folds.
    """

    predictions: Mapping[str, Sequence]
    fit: Any = None


Method = Callable[[FoldJob], Learnt]


@dataclass
class OutOfFold:
    """Predictions of every row by something that has not learnt from it.

    Attributes
    ----------
    table : DataFrame
        What was divided, one row a scan (or slice).
    predictions : DataFrame
        ``repeat``, ``fold``, ``row`` (position in ``table``) and the columns that the method predicts.
    history : DataFrame
        ``repeat``, ``fold``, ``epoch``, ``part``, ``metric``, ``value``; empty for what has no epochs.
    fits : dict of (repeat, fold) to fit
        Empty unless they were to be kept.
    """

    table: pd.DataFrame
    predictions: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    fits: dict[tuple[int, int], Any] = field(default_factory=dict, repr=False)

    @property
    def n_repeats(self) -> int:
        """Trainings that differ in nothing but their seed."""
        return int(self.predictions["repeat"].max()) + 1

    def rows(self, repeat: int = 0) -> pd.DataFrame:
        """The table with the predictions of one repeat beside it and ``fold``; untested rows are left out."""
        chosen = self.predictions[self.predictions["repeat"] == repeat].sort_values("row", kind="stable")
        own = chosen.drop(columns=["repeat", "row"]).reset_index(drop=True)
        known = self.table.iloc[chosen["row"]].reset_index(drop=True)
        return pd.concat([known.drop(columns=[name for name in own if name in known]), own], axis=1)

    def column(self, name: str, repeat: int = 0) -> np.ndarray:
        """One predicted column in the order of the table; NaN where no fold tests a row."""
        chosen = self.predictions[self.predictions["repeat"] == repeat]
        return chosen.set_index("row")[name].reindex(range(len(self.table))).to_numpy()

    def fold_of(self, repeat: int = 0) -> np.ndarray:
        """The fold that tests each row, -1 where none does."""
        chosen = self.predictions[self.predictions["repeat"] == repeat]
        numbers = np.full(len(self.table), -1)
        numbers[chosen["row"].to_numpy()] = chosen["fold"].to_numpy()
        return numbers

    def apply(self, function: Callable[[Any, np.ndarray], Sequence], repeat: int = 0) -> list:
        """Let the fit of each fold look at something else of its test rows.

        Parameters
        ----------
        function : callable
            Receives a fit and the rows that it has not learnt from, and returns one value for each.
        repeat : int

        Returns
        -------
        list
            One value a row of the table; None where no fold tests it.
        """
        said: list = [None] * len(self.table)
        fold_of = self.fold_of(repeat)
        for (of, number), fit in self.fits.items():
            if of == repeat:
                rows = np.flatnonzero(fold_of == number)
                for row, value in zip(rows, function(fit, rows), strict=True):
                    said[row] = value
        return said


def cross_validate(
    table: pd.DataFrame,
    folds: Sequence[Fold],
    method: Method,
    *,
    seed: int = 0,
    repeats: int = 1,
    images: Sequence | None = None,
    leaky: bool = False,
    keep: bool = True,
    epochs: int = 1,
    at_most: int = 16,
    name: str = "folds",
    progress: bool = True,
) -> OutOfFold:
    """Let a method learn every fold and predict the rows that it was not given.

    Parameters
    ----------
    table : DataFrame
        One row a scan (or slice), with ``participant_id``.
    folds : sequence of neolab.io.splits.Fold
    method : callable
        From a `FoldJob` to what was `Learnt`. Baselines go through the same folds; see
        `neolab.learn.baselines.from_estimator`.
    seed : int
        Of the run.
    repeats : int
        Trainings that differ in nothing but their seed; the folds stay.
    images : sequence, optional
        What the method sees of each row; the same image on both sides of a split is refused.
    leaky : bool
        Folds that divide participants on purpose, for a lesson on that, or that test what was learnt from.
    keep : bool
        Keep the fits.
    epochs : int
        Times that the method calls ``on_epoch`` in one fold, for the progress bar.
    at_most : int
        Folds in work at a time, one a core.
    name : str
        Of the progress bar.
    progress : bool
        Show it where someone watches.

    Raises
    ------
    LeakageError
        If a participant, a session or an image stands on both sides of a fold, unless ``leaky``.
    Exception
        The first that a fold raises; the others end at their next epoch.
    """
    from tqdm.auto import tqdm

    if not leaky:
        guard(table, folds, images)
    folder = checkpoint_folder(name)
    with tqdm(total=repeats * len(folds) * epochs, desc=name, disable=None if progress else True) as bar:
        work = _Work(method, bar, keep)
        jobs = [
            FoldJob(
                fold.train,
                fold.test,
                repeat,
                number,
                fold_seed(seed, repeat, number),
                work.on_epoch,
                folder and folder / f"repeat{repeat}_fold{number}.pt",
            )
            for repeat in range(repeats)
            for number, fold in enumerate(folds)
        ]
        learnt = work.learn_all(jobs, at_most)
    return _collect(table, jobs, learnt, keep)


def fold_seed(seed: int, repeat: int, fold: int) -> int:
    """The seed of one fold of one repeat: the one rule for all studies."""
    return int(np.random.SeedSequence([seed, repeat, fold]).generate_state(1)[0])


def guard(table: pd.DataFrame, folds: Sequence[Fold], images: Sequence | None = None) -> None:
    """Refuse folds whose sides share a participant, a session or an image; see `check_leakage`."""
    hashes = None if images is None else [voxel_hash(image) for image in images]
    for fold in folds:
        check_leakage(table, fold.train, fold.test, hashes)


@dataclass
class _HistoryAlone:
    """What stays of a fit that nobody keeps: the networks of all folds together would fill the memory."""

    history: pd.DataFrame

    @classmethod
    def of(cls, fit: Any) -> "_HistoryAlone | None":
        history = getattr(fit, "history", None)
        return None if history is None else cls(history)


class _Work:
    """Folds learnt side by side; the first error ends the others at their next epoch."""

    def __init__(self, method: Method, bar, keep: bool):
        self.method, self.bar, self.keep = method, bar, keep
        self.errors: list[BaseException] = []

    def on_epoch(self, numbers: Mapping[str, float]) -> None:
        if self.errors:
            raise CancelledError
        self.bar.set_postfix({name: f"{value:.3g}" for name, value in numbers.items()}, refresh=False)
        self.bar.update()

    def learn(self, job: FoldJob) -> Learnt:
        try:
            learnt = self.method(job)
            return learnt if self.keep else replace(learnt, fit=_HistoryAlone.of(learnt.fit))
        except BaseException as error:
            self.errors.append(error)
            raise

    def learn_all(self, jobs: list[FoldJob], at_most: int) -> list[Learnt]:
        with networks_side_by_side(at_most) as pool:
            try:
                return list(pool.map(self.learn, jobs))
            except BaseException as error:  # also the user's own interruption, which no job has seen
                self.errors.append(error)
            raise self.errors[0]


def _collect(table: pd.DataFrame, jobs: list[FoldJob], learnt: list[Learnt], keep: bool) -> OutOfFold:
    predictions, histories = [], []
    for job, one in zip(jobs, learnt, strict=True):
        where = {"repeat": job.repeat, "fold": job.fold}
        predictions.append(pd.DataFrame({**where, "row": job.test, **one.predictions}))
        history = getattr(one.fit, "history", None)
        if history is not None:
            histories.append(history.assign(**where))
    columns = ["repeat", "fold", "epoch", "part", "metric", "value"]
    history = pd.concat(histories, ignore_index=True) if histories else pd.DataFrame(columns=columns)
    fits = {(job.repeat, job.fold): one.fit for job, one in zip(jobs, learnt, strict=True)} if keep else {}
    rest = [name for name in history if name not in columns]
    return OutOfFold(table, pd.concat(predictions, ignore_index=True), history[columns + rest], fits)
