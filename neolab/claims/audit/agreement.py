"""Fleiss' kappa of yes/no ratings takes few values: which can be printed?

Fleiss, Psychol Bull 1971;76:378.
"""

from collections.abc import Iterable

from neolab.claims.audit.rounding import Interval


def fleiss_kappa(disagreements: int, positive_ratings: int, n_cases: int, n_raters: int = 3) -> float:
    """Return kappa for 3 raters from the number of cases on which they are not unanimous.

    A case with a 2:1 split has one agreeing pair in three, so the mean agreement is 1 - (2/3) D / N; chance
    agreement is p^2 + (1 - p)^2 with p the share of positive ratings among 3 N.
    """
    if n_raters != 3:
        raise ValueError(f"n_raters: found {n_raters}, expected 3 (other numbers have more kinds of split)")
    p = positive_ratings / (n_raters * n_cases)
    chance = 2 * p * (1 - p)
    return 1 - (2 / 3) * disagreements / n_cases / chance if chance else float("nan")


def attainable_kappas(
    positive_ratings: Iterable[int], n_cases: int, n_raters: int = 3
) -> list[tuple[float, int, int]]:
    """Return every (kappa, disagreements, positive ratings) that the numbers of positive ratings allow.

    With P positive ratings, D cases are split and the others unanimous: P = 3 u + d1 + 2 d2 with
    d1 + d2 = D and u + D <= N, which bounds D.
    """
    return sorted(
        (fleiss_kappa(split, positives, n_cases, n_raters), split, positives)
        for positives in positive_ratings
        for split in range(n_cases + 1)
        if _possible(positives, split, n_cases)
    )


def _possible(positives: int, split: int, n_cases: int) -> bool:
    """Whether some number d2 of cases, 0 to ``split``, leaves a multiple of 3 for the unanimous ones."""
    rest = positives - split
    first, last = max(0, rest - 3 * (n_cases - split)), min(split, rest)
    return first + (rest - first) % 3 <= last


def kappas_within(kappa: Interval, attainable: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """Return those attainable values that print as the given kappa."""
    return [entry for entry in attainable if kappa.contains(entry[0])]
