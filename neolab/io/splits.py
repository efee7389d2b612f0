"""Folds and hold-outs that keep all scans of a participant on one side."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.errors import InputError


@dataclass(frozen=True, eq=False)
class Fold:
    """One split: positions of table rows.

    Attributes
    ----------
    train, test : ndarray of int
        Sorted, disjoint.
    """

    train: np.ndarray
    test: np.ndarray


def grouped_folds(
    table: pd.DataFrame, label: str | None = "label", n_splits: int = 5, seed: int = 0
) -> list[Fold]:
    """Return folds that are stratified by ``label`` and never divide a participant.

    Parameters
    ----------
    table : DataFrame
        One row per scan or slice, with ``participant_id``.
    label : str or None
        Column of classes (see :func:`quantile_bins` for numbers); None does not stratify.
    n_splits : int
        Number of folds, at least 2.
    seed : int
        Equal seeds give equal folds, on every machine.

    Returns
    -------
    list of Fold
        Every row is in exactly one test set. Of rows whose participants have one class each, the counts of a
        class in any two test sets differ by at most the rows of one participant.

    Raises
    ------
    InputError
        If labels are missing, or a class has fewer participants than there are folds.

    Notes
    -----
    Participants are shuffled within their class and dealt, those with most rows first, to the fold that has
    the fewest rows of that class so far, then the fewest rows at all.
    """
    groups = _ids(table)
    strata = _strata(table, label, groups)
    _check_counts(strata, n_splits, label)
    fold_of = _deal(groups, strata, n_splits, np.random.default_rng(seed))
    assigned = np.array([fold_of[group] for group in groups])
    return _folds(assigned, n_splits)


def first_folds(
    deal: Callable[[int], list[Fold]], serves: Callable[[Fold], bool], seed: int, deals: int = 50
) -> list[Fold]:
    """Return the folds of the first of some deals in which every fold serves; [] if none does.

    Parameters
    ----------
    deal : callable
        From a seed to folds, such as `grouped_folds` of a table.
    serves : callable
        Whether a fold's training part has what a study must learn from.
    seed : int
        Of the first deal; the next has the next seed.
    deals : int
        How many are tried.
    """
    dealt = (deal(seed + number) for number in range(deals))
    return next((folds for folds in dealt if all(map(serves, folds))), [])


def leaky_folds(
    table: pd.DataFrame, label: str | None = "label", n_splits: int = 5, seed: int = 0
) -> list[Fold]:
    """Return folds stratified by ``label`` that divide participants, because rows are dealt one by one.

    Neighbouring slices or repeated scans of one person then stand in training and test data, so the measured
    accuracy is too good. This exists for lessons on exactly that, and for papers that did it.

    Parameters and return value are those of :func:`grouped_folds`.
    """
    rows = [str(position) for position in range(len(table))]
    strata = _strata(table, label, rows)
    _check_counts(strata, n_splits, label)
    fold_of = _deal(rows, strata, n_splits, np.random.default_rng(seed))
    return _folds(np.array([fold_of[row] for row in rows]), n_splits)


def grouped_parts(
    table: pd.DataFrame, fractions: dict[str, float], label: str | None = "label", seed: int = 0
) -> dict[str, np.ndarray]:
    """Divide participants into named parts, stratified by ``label``.

    Parameters
    ----------
    table : DataFrame
    fractions : dict
        Part -> share of the participants; the shares are divided by their sum, so counts do as well.
    label, seed
        As for :func:`grouped_folds`.

    Returns
    -------
    dict of str -> ndarray of int
        Part -> sorted positions of rows. In each class a part's number of participants is within one of its
        share.
    """
    if not fractions or min(fractions.values()) <= 0:
        raise InputError(f"parts: found {fractions}, expected positive shares")
    groups = _ids(table)
    strata = _strata(table, label, groups)
    shares = np.array(list(fractions.values())) / sum(fractions.values())
    rng = np.random.default_rng(seed)
    part_of: dict[str, int] = {}
    for stratum in sorted(set(strata.values())):
        members = rng.permutation(sorted(group for group in strata if strata[group] == stratum))
        ends = np.rint(np.cumsum(shares) * len(members)).astype(int)
        for position, group in enumerate(members):
            part_of[str(group)] = int(np.searchsorted(ends, position, side="right"))
    assigned = np.array([part_of[group] for group in groups])
    return {name: np.flatnonzero(assigned == index) for index, name in enumerate(fractions)}


def smallest_class(table: pd.DataFrame, label: str = "label") -> int:
    """Return how many participants the rarer of the classes 0 and 1 has; 0 without the column."""
    if label not in table:
        return 0
    return min(table.loc[table[label] == kind, "participant_id"].nunique() for kind in (0, 1))


def quantile_bins(values: object, n_bins: int = 5) -> np.ndarray:
    """Return for each value the number of its quantile bin, 0 to ``n_bins - 1``, to stratify by a number.

    Raises
    ------
    InputError
        If a value is missing.
    """
    values = np.asarray(values, float)
    if np.isnan(values).any():
        raise InputError(f"values to bin: found {int(np.isnan(values).sum())} missing, expected none")
    edges = np.quantile(values, np.linspace(0, 1, n_bins + 1)[1:-1])
    return np.searchsorted(edges, values, side="right")


def _ids(table: pd.DataFrame) -> list[str]:
    if "participant_id" not in table:
        raise InputError(f"table: found columns {', '.join(table)}, expected participant_id among them")
    return [str(value) for value in table["participant_id"]]


def _strata(table: pd.DataFrame, label: str | None, groups: list[str]) -> dict[str, str]:
    """Return group -> stratum: the group's class, or its classes joined where its rows differ."""
    if label is None:
        return dict.fromkeys(groups, "all")
    if label not in table:
        raise InputError(f"table: found columns {', '.join(table)}, expected {label} among them")
    missing = int(table[label].isna().sum())
    if missing:
        raise InputError(f"{label}: found {missing} rows without a value, expected one in every row")
    classes: dict[str, set[str]] = {}
    for group, value in zip(groups, table[label], strict=True):
        classes.setdefault(group, set()).add(str(value))
    return {group: "+".join(sorted(values)) for group, values in classes.items()}


def _check_counts(strata: dict[str, str], n_splits: int, label: str | None) -> None:
    if n_splits < 2:
        raise InputError(f"n_splits: found {n_splits}, expected at least 2")
    classes = [name for stratum in strata.values() for name in stratum.split("+")]
    names, counts = np.unique(classes, return_counts=True)
    count, name = min(zip(counts, names, strict=True), default=(0, "any"))
    if count < n_splits:
        what = f"{label} {name}" if label else "table"
        raise InputError(f"{what}: found {count} to deal, expected at least {n_splits} for {n_splits} folds")


def _deal(
    groups: list[str], strata: dict[str, str], n_splits: int, rng: np.random.Generator
) -> dict[str, int]:
    """Return group -> fold; see the notes of :func:`grouped_folds`."""
    names, counts = np.unique(groups, return_counts=True)
    rows_of = dict(zip(map(str, names), map(int, counts), strict=True))
    total = np.zeros(n_splits, int)
    fold_of: dict[str, int] = {}
    for stratum in sorted(set(strata.values())):
        members = [str(g) for g in rng.permutation(sorted(g for g in strata if strata[g] == stratum))]
        members.sort(key=rows_of.__getitem__, reverse=True)
        in_class = np.zeros(n_splits, int)
        for group in members:
            fold = int(np.lexsort((total, in_class))[0])
            fold_of[group] = fold
            in_class[fold] += rows_of[group]
            total[fold] += rows_of[group]
    return fold_of


def _folds(assigned: np.ndarray, n_splits: int) -> list[Fold]:
    return [
        Fold(np.flatnonzero(assigned != number), np.flatnonzero(assigned == number))
        for number in range(n_splits)
    ]
