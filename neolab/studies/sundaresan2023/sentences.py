"""Prose that depends on results, as Markdown."""

from collections.abc import Mapping

import pandas as pd

from neolab.metrics.estimate import Estimate

# A loss above this share of its start has found little: the overlap alone makes up more than half of it.
HARDLY_LEARNED = 0.5


def learning(history: pd.DataFrame) -> str:
    """Whether every detector has learned; one that answers "nothing" everywhere has a loss that hardly falls.

    Parameters
    ----------
    history : DataFrame
        ``network``, ``fold``, ``epoch``, ``part``, ``metric``, ``value``.
    """
    idle = []
    losses = history[(history.network == "detector") & (history.metric == "loss")]
    for fold, rows in losses.groupby("fold"):
        first = rows[rows.part == "train"].sort_values("epoch").value.iloc[0]
        best = rows[rows.part == "validation"].value.min()
        if best > HARDLY_LEARNED * first:
            idle.append(f"of fold {fold + 1} its loss fell from {first:.2f} to {best:.2f} only")
    if not idle:
        return "Every detector has learned: its loss fell to less than half of that of the first epoch."
    return (
        f"**A detector has hardly learned**: {'; '.join(idle)}. Its people count in all that follows, and "
        "nothing after step 1 can bring back what step 1 has not seen. More epochs or another seed may help."
    )


def gain(changes: Mapping[str, Mapping[str, Estimate]]) -> str:
    """What distillation, and all steps after the detector, change; says plainly when an interval holds 0."""

    def told(e: Estimate, digits: int) -> str:
        unclear = " (no clear change)" if e.low <= 0 <= e.high else ""
        return f"**{e.value:+.{digits}f}** ({e.low:+.{digits}f} to {e.high:+.{digits}f}){unclear}"

    distillation, steps = changes["distillation"], changes["all three"]
    return (
        f"Distillation changes sensitivity by {told(distillation['sensitivity'], 2)} and false positives per "
        f"subject by {told(distillation['false_positives'], 1)}. From the detector alone to the end of the "
        f"three steps, false positives per subject change by {told(steps['false_positives'], 1)} and "
        f"sensitivity by {told(steps['sensitivity'], 2)}."
    )


def at_one_rate(rates: Mapping[str, Estimate], false_per_subject: float) -> str:
    """Sensitivities of several curves at one rate of false positives, and which is highest."""
    told = [f"{name} **{e.value:.0%}** ({e.low:.0%} to {e.high:.0%})" for name, e in rates.items()]
    best = max(rates, key=lambda name: rates[name].value)
    return f"At {false_per_subject:g} false positives per subject: {'; '.join(told)}. Highest: {best}."
