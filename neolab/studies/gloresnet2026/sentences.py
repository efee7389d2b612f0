"""Paragraphs of the lesson that depend on what came out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neolab.learn.weights import Weights
from neolab.metrics.compare import Comparison
from neolab.metrics.estimate import Estimate
from neolab.studies.gloresnet2026.comparison import TITLES
from neolab.studies.gloresnet2026.data import Data
from neolab.studies.gloresnet2026.parameters import Gloresnet2026Parameters


def infants(data: Data) -> str:
    """How many infants of which score there are."""
    scores = data.table["radiology_score"].value_counts().sort_index()
    n_injury, n_normal = int(data.labels.sum()), int((data.labels == 0).sum())
    text = f"**{n_injury} injured and {n_normal} normal infants** (paper: 54 and 74)"
    if len(scores):
        text += "; scores " + ", ".join(f"{score}: {count}" for score, count in scores.items())
        text += f". Of the {n_injury} injured, {int(scores.get(3, 0))} have score 3, "
        text += "*unlikely clinical significance*"
    if data.n_unlabelled:
        text += f". {data.n_unlabelled} scans are left out, because their score says nothing"
    return f"{text}. What a network can reach is decided here, before it is built."


def cube(voxel_mm: tuple[float, ...], means: Mapping[str, float]) -> str:
    """What is lost on the way from scan to cube.

    Parameters
    ----------
    voxel_mm : tuple of float
        Size of a voxel of the cube on the scan.
    means : mapping of str to float
        Variant -> mean over the brain; empty without a mask.
    """
    text = (
        f"A voxel of the cube is {' × '.join(f'{size:.1f}' for size in voxel_mm)} mm: heads are stretched to "
        "the same cube whatever their shape and size, so **brain volume is partly thrown away**, and a spot "
        "of 2 mm has less than a voxel to itself. "
    )
    if means:
        text += (
            f"The mean over the brain is {means['paper']:.1f} in one variant and {means['code']:.1f} in the "
            "other: the same brain enters the network with different numbers."
        )
    return text


def departures(params: Gloresnet2026Parameters, start: Weights) -> list[str]:
    """In what the training of this run is not the paper's."""
    found = []
    if not start.pretrained:
        reason = f" ({start.reason})" if start.reason else ""
        found.append(f"The networks started from random weights{reason}; the paper's from MedicalNet's.")
    if params.width != 1 or params.side != 128:
        found.append(
            f"GloResNet with {params.width:g} of its channels on {params.side} voxels a side for "
            f"{params.epochs} epochs, not the paper's full width, 128 voxels and 150 epochs."
        )
    return found


def roc(area: Mapping[str, Estimate], mean: Estimate, seeds: pd.Series, protocol: str) -> str:
    """What the AUC says.

    Parameters
    ----------
    area : mapping of str to Estimate
        From `neolab.studies.gloresnet2026.evaluation.pooled_auc`.
    mean : Estimate
        Mean over folds.
    seeds : Series
        Mean over folds of each training.
    protocol : str
    """
    pooled = area["auc_pooled"]
    above = pooled.low > 0.5
    return (
        f"AUC **{pooled:.2f}** (DeLong; bootstrap {area['auc_pooled_bootstrap']:.2f}) with the {protocol} "
        f"protocol, {mean:.2f} as a mean over folds. Over {len(seeds)} seeds the mean runs from "
        f"{seeds.min():.2f} to {seeds.max():.2f}. The interval {'excludes' if above else 'includes'} 0.5: "
        "the network " + ("sees something." if above else "may see nothing at this size.")
    )


def sizes(table: pd.DataFrame) -> str:
    """Whose printed sizes are those of the networks.

    Parameters
    ----------
    table : DataFrame
        From `neolab.studies.gloresnet2026.evaluation.comparison_table`.
    """
    table = table.set_index("network")
    times = {
        "parameters": table["parameters_million"] / table["printed parameters"],
        "operations": table["gflops"] / table["printed GFLOPs"],
    }
    agree = {
        kind: ", ".join(TITLES[name] for name, factor in factors.items() if abs(factor - 1) < 0.05)
        for kind, factors in times.items()
    }
    return (
        f"Within 5 % of the count are the printed parameters of {agree['parameters'] or 'no network'}, and "
        f"the printed operations of {agree['operations'] or 'no network'}. For GloResNet itself we count "
        f"{times['parameters']['gloresnet']:.1f} times the printed parameters and "
        f"{times['operations']['gloresnet']:.1f} times the printed operations. So the paper's argument, "
        "*light and therefore better*, compares numbers that were not measured alike."
    )


def worth(gains: Mapping[str, Estimate], n: int) -> str:
    """Which parts of the recipe are known to help; see `neolab.studies.gloresnet2026.evaluation.gains`."""
    clear = [name for name, gain in gains.items() if _excludes_zero(gain)]
    found = f"The interval excludes zero for: {', '.join(clear)}."
    return (
        (found if clear else "**No gain's interval excludes zero.**")
        + f" With {n} infants a difference of accuracy between two trainings is known to about "
        f"±{gains['mixup'].half_width:.0%}; the paper reads gains of 4 and 8 percentage points as effects of "
        "mixup and mirroring."
    )


def attention(ratios: Mapping[str, Estimate]) -> str:
    """How much of Grad-CAM lies in the lesions, and what of that training has added."""
    best, floor = ratios["stage4.trained"], ratios["stage4.untrained"]
    if best.defined and floor.defined:
        text = (
            f"At the last stage the trained networks put {best.value:.2f} times as much of their map into "
            f"lesions as an even map would; untrained ones {floor.value:.2f} times."
        )
    else:
        text = (
            "At the last stage there is nothing to compare: for no infant with lesions does a map of the "
            f"{'trained' if not best.defined else 'untrained'} networks speak for injury."
        )
    return (
        f"{text} Only what training *adds* can be credited to it. A map that is warm near the ventricles is "
        "no evidence by itself: most of the brain is near the ventricles."
    )


def sensitivity_by_score(by_score: pd.DataFrame, normals: pd.Series) -> str:
    """Who is found, beside who is called injured anyway.

    Parameters
    ----------
    by_score : DataFrame
        Of injured infants, from `neolab.studies.gloresnet2026.errors.share_called`.
    normals : Series
        The same of all normal infants together.
    """
    found = [
        f"score {row.radiology_score} **{row.share:.0%}** ({row.low:.0%} to {row.high:.0%}, n = {row.n})"
        for row in by_score.itertuples()
    ]
    return (
        f"Sensitivity by radiology score: {', '.join(found) or 'unknown, the folder has no scores'}. Of the "
        f"normal infants {normals['share']:.0%} are called injured too. Where sensitivity is no higher than "
        "that, the network sees nothing."
    )


def motion(table: pd.DataFrame, test: Comparison | None) -> str:
    """Whether moving heads cause false alarms.

    Parameters
    ----------
    table, test
        From `neolab.studies.gloresnet2026.errors.false_positives_by`.
    """
    words = [
        f"{'moving' if row.condition else 'still'} {row.called} of {row.n} ({row.low:.0%} to {row.high:.0%})"
        for row in table.itertuples()
    ]
    return (
        f"False alarms among normal infants: {'; '.join(words)}. "
        + (f"Fisher's exact p = {test.p:.2f}. " if test else "")
        + "Few infants move, so that a story of motion needs more of them than one fold can hold."
    )


def winner(areas: Mapping[str, Estimate], ahead: Mapping[str, Estimate]) -> str:
    """Who wins against the network.

    Parameters
    ----------
    areas : mapping of str to Estimate
        AUC of each contestant, the network among them.
    ahead : mapping of str to Estimate
        AUC of the network minus that of each other.
    """
    leader = max(areas, key=lambda name: areas[name].value)
    verdicts = "; ".join(_verdict(name, difference) for name, difference in ahead.items())
    return (
        f"**The largest AUC is that of {leader}** ({areas[leader]:.2f}). Difference in AUC with 95 % "
        f"interval: {verdicts}."
    )


def _verdict(name: str, difference: Estimate) -> str:
    numbers = f"({difference.value:+.2f}, {difference.low:+.2f} to {difference.high:+.2f})"
    if not _excludes_zero(difference):
        return f"no clear winner between network and {name} {numbers}"
    who = "the network wins against" if difference.value > 0 else "the network loses to"
    return f"{who} {name} {numbers}"


def _excludes_zero(estimate: Estimate) -> bool:
    return bool(np.sign(estimate.low or 0) * np.sign(estimate.high or 0) > 0)
