"""How precisely n cases can tell an AUC, and whether two printed AUCs can be told apart.

Standard error of an AUC: Hanley and McNeil, Radiology 1982;143:29. The variance of the Mann-Whitney statistic
is at most AUC (1 - AUC) / min(n_positive, n_negative): Birnbaum and Klose, Ann Math Stat 1957;28:933.
"""

import math
from statistics import NormalDist


def hanley_mcneil_se(auc: float, positives: int, negatives: int) -> float:
    """Return the standard error of an AUC under exponential score distributions."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return math.sqrt(variance / (positives * negatives))


def largest_se(auc: float, positives: int, negatives: int) -> float:
    """Return the largest standard error that any pair of score distributions can give."""
    return math.sqrt(auc * (1 - auc) / min(positives, negatives))


def auc_interval(auc: float, positives: int, negatives: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Hanley-McNeil confidence interval, on the logit scale so that it stays inside 0..1."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    logit = math.log(auc / (1 - auc))
    half = z * hanley_mcneil_se(auc, positives, negatives) / (auc * (1 - auc))
    return tuple(1 / (1 + math.exp(-(logit + sign * half))) for sign in (-1, 1))


def difference_p(auc1: float, auc2: float, positives: int, negatives: int, correlation: float = 0.0) -> float:
    """Return the two-sided p-value of the difference of two AUCs of the same cases.

    Parameters
    ----------
    correlation : float
        Between the two AUC estimates: 0 for independent models, towards 1 for models that err alike.
    """
    se1, se2 = (hanley_mcneil_se(auc, positives, negatives) for auc in (auc1, auc2))
    se = math.sqrt(se1**2 + se2**2 - 2 * correlation * se1 * se2)
    return 2 * (1 - NormalDist().cdf(abs(auc1 - auc2) / se)) if se else 0.0


def correlation_needed(
    auc1: float, auc2: float, positives: int, negatives: int, level: float = 0.05
) -> float:
    """Return the least correlation of the two estimates that makes the difference significant, or inf."""
    for step in range(1000):
        if difference_p(auc1, auc2, positives, negatives, step / 1000) < level:
            return step / 1000
    return math.inf


def binormal_auc(mean1: float, sd1: float, mean2: float, sd2: float) -> float:
    """Return the AUC of two normal score distributions: Phi(difference / sqrt(sum of variances))."""
    return NormalDist().cdf((mean1 - mean2) / math.hypot(sd1, sd2))
