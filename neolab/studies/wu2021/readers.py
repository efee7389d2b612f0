"""Three simulated readers: signal detection theory on the contrast that a newborn's image really has.

A reader sees how much brighter the globus pallidus (and the subthalamic nucleus) is than white matter, but
sees it through internal noise, and calls ABE when the impression exceeds a criterion (Green and Swets,
*Signal Detection Theory and Psychophysics*, 1966).

    contrast     c = signal / WM - 1                       of the nucleus, as simulated
    impression   x = (c - m) / (w m) + e,  e ~ N(0, k^2)   m: middle of the two groups, learned in training
    call         ABE if x > b                              b: the reader's own criterion

The noise of a contrast judgement grows with the contrast itself (Weber's law). Human observers need about a
fifth more contrast to tell two well visible patterns apart (Legge and Foley, J Opt Soc Am 1980;70:1458: the
just noticeable difference grows as c^0.6 to c^0.7, and lies near 0.2 c for c of 0.2 to 0.4), so w = 0.2 when
both patterns stand on the screen. Here they do not: a case is judged against a memory of other babies a week
later. Memory adds noise of about the same size, so k = sqrt(2) for the senior reader, and a quarter more for
the fellows. k and the spread of b are design values, fixed before any reader was simulated; nothing is fitted
to the accuracies of the paper's readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.metrics.agreement import fleiss_kappa, kappa_of_independent_errors
from neolab.metrics.classification import METRICS, bootstrap_counts, count_confusion, metric_of_counts
from neolab.metrics.compare import chi_square
from neolab.metrics.estimate import Estimate, counted, percentile_estimate
from neolab.metrics.readers import reader_table
from neolab.studies.wu2021.parameters import Wu2021Parameters

#: Columns of Table 2, and those that a yes or no suffices for.
MEASURES = ("sensitivity", "specificity", "precision", "f1", "accuracy", "auc")
CALL_MEASURES = MEASURES[:-1]

WEBER_FRACTION = 0.2
#: Share of the impression that the pallidum makes: the subthalamic nucleus is small. Design value.
PALLIDUM_SHARE = 0.75


@dataclass(frozen=True)
class Reader:
    """One reader's eyes and habits.

    Attributes
    ----------
    name : str
    noise : float
        Internal noise, in just noticeable differences.
    criterion_sd : float
        Spread from which this reader's criterion is drawn, in just noticeable differences.
    """

    name: str
    noise: float
    criterion_sd: float = 0.5


#: The paper's three: one senior reader (12 years) and two fellows (7 years).
READERS = (
    Reader("senior", np.sqrt(2)),
    Reader("fellow 1", 1.25 * np.sqrt(2)),
    Reader("fellow 2", 1.25 * np.sqrt(2)),
)


def impression(gpnorm: np.ndarray, stnnorm: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the noise-free impression of every newborn, in just noticeable differences, (N,).

    Parameters
    ----------
    gpnorm, stnnorm : ndarray, (N,)
        True ratio of the nucleus to white matter.
    label : ndarray of int, (N,)
        1 ABE, 0 HB; the readers were trained on all cases with their labels, so they know the groups' middle.
    """
    total = np.zeros(len(label))
    for ratio, share in ((gpnorm, PALLIDUM_SHARE), (stnnorm, 1 - PALLIDUM_SHARE)):
        contrast = np.asarray(ratio, float) - 1
        middle = (contrast[label == 1].mean() + contrast[label == 0].mean()) / 2
        total += share * (contrast - middle) / (WEBER_FRACTION * middle)
    return total


def simulate_readings(
    gpnorm: Sequence[float],
    stnnorm: Sequence[float],
    label: Sequence[int],
    seed: int = 0,
    readers: Sequence[Reader] = READERS,
) -> pd.DataFrame:
    """Let the readers read every newborn once.

    Parameters
    ----------
    gpnorm, stnnorm, label : sequences, (N,)
        See :func:`impression`.
    seed : int
        Every reader has a stream of their own.
    readers : sequence of Reader

    Returns
    -------
    DataFrame
        One row per reader and newborn: ``reader``, ``case`` (row number), ``label``, ``confidence``
        (impression above the criterion), ``call`` (1 ABE, 0 HB).
    """
    label = np.asarray(label, int)
    seen = impression(np.asarray(gpnorm), np.asarray(stnnorm), label)
    tables = []
    for reader, sequence in zip(
        readers, np.random.SeedSequence([seed, 2021]).spawn(len(readers)), strict=True
    ):
        rng = np.random.default_rng(sequence)
        criterion = rng.normal(0, reader.criterion_sd)
        confidence = seen + rng.normal(0, reader.noise, len(label)) - criterion
        table = pd.DataFrame({"reader": reader.name, "case": range(len(label)), "label": label})
        tables.append(table.assign(confidence=confidence, call=(confidence > 0).astype(int)))
    return pd.concat(tables, ignore_index=True)


def calls_by_reader(readings: pd.DataFrame) -> pd.DataFrame:
    """Return the calls as cases x readers, in the order in which the readers appear."""
    wide = readings.pivot(index="case", columns="reader", values="call")
    return wide[list(dict.fromkeys(readings["reader"]))]


def mean_over_readers(
    truth: Sequence[int], calls: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0
) -> dict[str, Estimate]:
    """Return the mean of every metric over the readers, with a bootstrap interval over newborns.

    The readers are taken as they are: the interval says what other newborns would change, not what other
    readers would.

    Parameters
    ----------
    truth : sequence of int, (N,)
    calls : DataFrame, cases x readers
    n_resamples, seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Estimate
        The metrics of ``neolab.metrics.classification`` and ``auc``, which for yes-or-no calls is the mean of
        sensitivity and specificity.
    """
    truth, columns = np.asarray(truth) == 1, calls.to_numpy().T == 1
    here = [count_confusion(truth, call) for call in columns]
    cases = np.arange(len(truth))
    drawn = np.stack([bootstrap_counts(truth, call, cases, n_resamples, seed) for call in columns])
    estimates = {
        name: percentile_estimate(
            float(np.mean([one.metric(name) for one in here])),
            metric_of_counts(name, drawn).mean(axis=0),
            n=len(truth),
        )
        for name in METRICS
    }
    return estimates | {"auc": estimates["balanced_accuracy"]}


def majority(readings: pd.DataFrame) -> pd.Series:
    """Return the call of most readers for every case."""
    return (calls_by_reader(readings).mean(axis=1) > 0.5).astype(int)


def reading_results(truth: np.ndarray, calls: pd.DataFrame, params: Wu2021Parameters) -> dict[str, Estimate]:
    """Return the mean and SD of every measure over the readers, and how well they agree.

    Parameters
    ----------
    truth : ndarray of int, (N,)
    calls : DataFrame, cases x readers
    params : Wu2021Parameters
        ``n_bootstrap`` and ``seed``.
    """
    sampling = {"n_resamples": params.n_bootstrap, "seed": params.seed}
    means = mean_over_readers(truth, calls, **sampling)
    sds = reader_table(truth, calls.to_numpy()).loc["SD"]
    kappa = fleiss_kappa(calls.to_numpy(), **sampling)
    right = (calls.to_numpy() == truth[:, None]).sum(axis=0)
    alone = kappa_of_independent_errors(means["sensitivity"].value, means["specificity"].value, truth.mean())
    return {
        **{name: means[name] for name in MEASURES},
        **{f"{name}_sd": counted(sds[name], calls.shape[1]) for name in MEASURES},
        "kappa": kappa.kappa,
        "kappa_p": counted(kappa.p, len(truth)),
        "readers_p": counted(chi_square([right, len(truth) - right], yates=False).p, len(truth)),
        "kappa_of_independent_errors": counted(alone, len(truth)),
    }
