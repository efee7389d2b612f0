"""What the results say, in sentences that depend on them (Markdown)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from neolab.metrics.estimate import Estimate
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.localisation import ANY, REGIONS


def prepared(data: Data) -> str:
    """How many cubes there are, and how well their brains were extracted where the folder knows them."""
    text = f"{len(data)} cubes of {data.side}³ voxels of {data.voxel_mm:.1f} mm."
    overlap = data.table["extraction_dice"].dropna()
    if overlap.empty:
        return text
    return f"{text} Extracted and true brain overlap with a mean Dice of **{overlap.mean():.3f}**."


def training_gaps(history: pd.DataFrame) -> str:
    """How far the held-out error lies above the training error after the last epoch, by ``model``."""
    last = history[(history["metric"] == "mse") & (history["epoch"] == history["epoch"].max())]
    error = last.pivot(index="model", columns="part", values="value")
    gaps = (error["validation"] / error["train"]).reindex(history["model"].unique())
    return (
        "Held-out over training error after the last epoch: "
        + ", ".join(f"{name} **{gap:.2f}**" for name, gap in gaps.items())
        + ". Near 1 the network has learned brains, far above 1 it has learned *these* brains by heart, and "
        "a training scan is no fair example of a normal one any more."
    )


def first_network(areas: Mapping[str, Mapping[str, Estimate]], best: str, ratio: Estimate) -> str:
    """The best network by fair AUC, and what training scans among the negatives do."""
    flattered = {name: of["paper"].value - of["fair"].value for name, of in areas.items()}
    most = max(flattered, key=flattered.get)
    shows = ratio.low is not None and ratio.low > 1
    return (
        f"Among the networks {best} is first with a fair AUC of **{areas[best]['fair']:.2f}**; its score is "
        f"{ratio:.2f} times as high for abnormal scans as for held-out normals"
        + (". " if shows else ": the interval holds 1, so this cohort does not show a difference. ")
        + f"Training scans among the negatives change the AUC most for {most}, by "
        f"**{flattered[most]:+.2f}**. The paper reports 0.74 to 0.83, with training scans and without "
        "intervals."
    )


def told_apart(differences: pd.DataFrame, networks: Sequence[str], widths: pd.DataFrame) -> str:
    """How many pairs of networks the cohort tells apart."""
    between = differences[differences["other"].isin(networks)]
    apart = between[(between["low"] > 0) | (between["high"] < 0)]
    at_eight = float(widths.loc[widths["abnormal"] == 8, "half_width"].min())
    return (
        f"At best an AUC of 0.83 from eight abnormal scans is known to ± {at_eight:.2f}. The paper's whole "
        "range of models, 0.09, fits inside, and whichever is best of several on the same scans is "
        f"flattered. Here {len(apart)} of {len(between)} pairs of networks are told apart by their interval. "
        "DeLong's interval trusts a normal distribution, the bootstrap can only repeat the few scans there "
        "are; with eight, neither is to be taken to the second digit."
    )


def duel(
    areas: Mapping[str, Mapping[str, Estimate]], best: str, opponent: str, differences: pd.DataFrame
) -> str:
    """Whether the best network beats the best baseline."""
    row = differences.set_index("other").loc[opponent]
    clear = row["low"] > 0 or row["high"] < 0
    winner = best if row["difference"] > 0 else opponent
    return (
        f"**Does one need a network?** The best network ({best}) has a fair AUC of "
        f"{areas[best]['fair'].value:.2f}, the best opponent ({opponent}) "
        f"{areas[opponent]['fair'].value:.2f}. "
        + ("They tie" if row["difference"] == 0 else f"**{winner} wins**")
        + f" (network minus opponent {row['difference']:+.2f}, {row['low']:+.2f} to {row['high']:+.2f})"
        + (", and the interval says so too." if clear else ", but scans are too few to be sure.")
    )


def cut_away(shares: pd.Series) -> str:
    """Which kind of lesion the brain extraction removed most of."""
    if shares.empty:
        return "No abnormal scan has a lesion with a mask."
    kind, share = shares.index[0].replace("_", " "), shares.iloc[0]
    if share <= 0.1:
        return f"Brain extraction removed at most {share:.0%} of any kind of lesion."
    return (
        f"First, what no map can find: of the voxels of **{kind}**, brain extraction removed "
        f"**{share:.0%}**. What is dark and lies at the skull passes for skull. Average precision counts "
        "voxels of the extracted brain only."
    )


def best_map(summary: pd.DataFrame, favourite: str, opponents: Sequence[str]) -> str:
    """Which method's map points at lesions best, and what masking fluid does to the favourite's."""
    overall = summary[summary["kind"] == ANY].set_index(["region", "method"])
    whole, dry = (overall.loc[region, "average_precision"] for region in REGIONS)
    top = whole.idxmax()
    of = overall.loc[next(iter(REGIONS))].loc[top]
    return (
        f"The best map is that of **{top}**, with an average precision of **{whole[top]:.3f}** where a map "
        f"without information has {of['prevalence']:.3f}. It finds {of['found']:.0f} of {of['lesions']:.0f} "
        f"lesions, its mirror image {of['found_mirrored']:.0f}, beside {of['false_findings_per_scan']:.0f} "
        "findings in each scan that are no lesion. "
        + ("A baseline without training wins. " if top in opponents else "")
        + f"Masking fluid changes the average precision of {favourite} by "
        f"{dry[favourite] - whole[favourite]:+.3f}; blood that lies *in* fluid is then out of reach."
    )


def unreported(hidden: pd.DataFrame) -> str:
    """How many of the findings that nobody reported each method marks."""
    marks = [
        f"{method} marks {row['found']:.0f} of their {row['lesions']:.0f} lesions"
        for method, row in hidden[hidden["lesions"] > 0].iterrows()
    ]
    return (
        f"{hidden['scans'].max()} normal scans carry an unreported lesion with a mask. "
        + ("; ".join(marks) + ". " if marks else "")
        + "The paper's example of such a finding was picked after seeing the map, which proves that it can "
        "happen, not how often."
    )
