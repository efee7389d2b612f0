"""Paragraphs of the lesson whose words depend on what came out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neolab.learn.weights import Weights
from neolab.metrics.estimate import Estimate
from neolab.studies.wu2021.ratios import RATIOS, binormal_auc


def start_of_training(weights: Weights) -> str:
    """Say what the network starts from, and what that means."""
    text = f"Weights to start from: **{weights}**."
    if not weights.pretrained:
        text += (
            " From random weights a network of this size learns next to nothing from so few slices. What "
            'follows shows the protocol; for the paper\'s network set `weights = "imagenet"` where there is '
            "a connection."
        )
    return text


def kappas_alone(ours: float, papers: float, printed: float) -> str:
    """Set the kappas of readers who err independently beside the one that the paper prints."""
    return (
        f"**{ours:.3f}** for our readers and **{papers:.3f}** for the paper's readers. The paper's "
        f"radiologists agreed with {printed:.2f}, though they were hardly better than a coin: they must have "
        "seen the same thing in the same images, and it was not the diagnosis. Our readers share nothing but "
        "the contrast. Agreement is no proof of accuracy."
    )


def recovery(recovered: Mapping[str, Estimate], rater_sd: float, difference: float) -> str:
    """Say how far the measured ratio lies from the true one, beside what separates the groups."""
    bias = recovered["measurement_bias"].value
    return (
        f"GPnorm comes out {abs(bias):.3f} {'lower' if bias < 0 else 'higher'} than it is, and scatters by "
        f"{recovered['measurement_sd']:.3f} around that; the drawing itself accounts for only "
        f"{rater_sd:.3f}. The groups differ by {difference:.3f}."
    )


def adjusted_differences(results: Mapping[str, Mapping[str, Estimate]], covariates: Sequence[str]) -> str:
    """Say how adjusting for covariates, if there are any, changes the difference of each ratio."""
    if not covariates:
        return (
            "This folder has neither age, sex nor gestational age of every newborn in a form that differs "
            "between newborns and not just between the groups, so nothing can be adjusted for."
        )
    named = ", ".join(
        name.removesuffix("_days").removesuffix("_weeks").replace("_", " ") for name in covariates
    )
    return " ".join(
        f"**{RATIOS[name]}**: difference {one['difference']:.3f} as it is (p = {one['t_p']:.2g}), "
        f"{one['ancova_difference']:.3f} at equal {named} (p = {one['ancova_p']:.2g})."
        for name, one in results.items()
    )


def cohorts(areas: pd.Series, here: float) -> str:
    """Say how far the AUC put into other cohorts wanders beside that put into this one."""
    return (
        f"GPnorm was put in with an AUC of **{here:.3f}** here. In {len(areas)} other cohorts it is "
        f"{areas.mean():.3f} ± {areas.std(ddof=1):.3f} (mean ± SD), from {areas.min():.3f} to "
        f"{areas.max():.3f}; {np.mean(areas >= here):.0%} of them separate at least as well as this one. The "
        "interval of the one cohort above has to cover that spread."
    )


def follows_the_pallidum(correlation: Estimate) -> str:
    """Say whether the network's probability rises with the contrast of the pallidum."""
    follows = (correlation.low or 0) > 0
    verdict = "It follows the pallidum." if follows else "Nothing shows that it looks at the pallidum."
    return f"Rank correlation of the network's probability with GPnorm: **{correlation:.2f}**. {verdict}"


def contest(difference: Estimate, split: str) -> str:
    """Say whether the ratio or the network has the larger AUC, and how sure that is."""
    winner = "the one-line ratio" if difference.value > 0 else "the network"
    clear = difference.low > 0 or difference.high < 0
    return (
        f"Against the network with folds by {split}, {winner} has the larger AUC, by "
        f"{abs(difference.value):.2f} (95 % interval of ratio minus network {difference.low:.2f} to "
        f"{difference.high:.2f}). "
        + (
            "The interval leaves out 0."
            if clear
            else "With this many newborns that is no proof of a difference."
        )
    )


def binormal_areas(printed: Mapping[str, float]) -> str:
    """Say which AUC of each ratio the printed means and SDs imply, beside the printed one."""
    areas = ", ".join(
        f"**{binormal_auc(name):.2f}** for {RATIOS[name]} (it prints {area:.3f})"
        for name, area in printed.items()
    )
    return (
        "If the ratios are normal in both groups, the means and SDs that the paper prints fix the AUC: "
        f"{areas}. No image is needed for that, and none can change it."
    )
