"""What the lesson says of its results where the words depend on them: functions from numbers to Markdown."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from neolab.metrics.estimate import Estimate
from neolab.studies.wada2019.delay import FIFTH_PERCENTILE, Assessment, NormalRange
from neolab.studies.wada2019.evaluation import FOLLOW_UP_MAE_MONTHS, RIVAL_TITLES
from neolab.studies.wada2019.network import IMAGE_SIZE


def pictures(n: int, size: int) -> str:
    """How many pictures the network sees, and how large they are."""
    paper = "as in the paper" if size == IMAGE_SIZE else f"(the paper: {IMAGE_SIZE} × {IMAGE_SIZE})"
    joint = "," if size == IMAGE_SIZE else ""
    return f"{n} × 2 contrasts × 5 levels = {n * 10} pictures of {size} × {size} pixels{joint} {paper}."


def squares(published: Callable[[str], float]) -> str:
    """The correlations of Table 1 squared, beside those of the abstract."""
    found = {
        model: (published(f"table1.{model}.correlation"), published(f"abstract.{model}.correlation"))
        for model in ("simple", "ensemble")
    }
    return (
        "; ".join(f"{table}² = {table**2:.3f}, and the abstract has {text}" for table, text in found.values())
        + ". What the abstract calls the *coefficient of correlation* is the square of the coefficient in "
        f"Table 1. The two MAEs of the simple model, {published('abstract.simple.mae')} and "
        f"{published('table1.simple.mae')}, remain unexplained."
    )


def residuals(by_year: Mapping[str, float], slope: Mapping[str, float], error: float, guessing: float) -> str:
    """What to see in Figure 4.

    Parameters
    ----------
    by_year : mapping of str to float
        Mean absolute error of model A in the ``first`` and ``second`` year, months.
    slope : mapping of str to float
        Model -> change of its residual with age.
    error, guessing : float
        Mean absolute error of model A, and of the mean age.
    """
    when = {"first": "up to the first birthday", "second": "after it"}
    years = " and ".join(f"by {by_year[year]:.2f} months {when[year]}" for year in by_year) + ". "
    if by_year.get("second", 0) > 1.2 * by_year.get("first", np.inf):
        years += (
            "Older infants are harder, for two honest reasons: late in the second year there is little left "
            "to see, and infants of one age differ more. "
        )
    if error > 0.8 * guessing:
        years += "With so few infants and epochs it has hardly learnt anything beyond the mean age. "
    return (
        "Left, the infants that the model learnt from; middle, infants that it had not seen. There model A "
        f"is off {years}Right: a falling residual means the old are taken for younger and the young for "
        f"older, {slope['simple']:+.2f} months a month for model A and {slope['ensemble']:+.2f} for model B."
    )


def seeds(errors: Mapping[str, Sequence[float]]) -> str:
    """How the errors of both models scatter over trainings that differ in nothing but the seed."""
    a, b = (np.asarray(errors[model]) for model in ("simple", "ensemble"))
    return (
        f"Mean absolute error of model A by seed: {_listed(a)} (SD {a.std(ddof=1):.2f} months, {len(a)} "
        f"seeds); of model B: {_listed(b)} (SD {b.std(ddof=1):.2f}). Model B minus model A: "
        f"{_listed(b - a, '+.2f')} months. A difference between models that is not clearly larger than that "
        "between seeds is no finding."
    )


def contest(difference: Estimate, published: Callable[[str], float]) -> str:
    """Whether the ensemble is the better model on infants not seen."""
    call = {"better": "better", "worse": "worse"}.get(_call(difference), "neither clearly better nor worse")
    return (
        f"Ensemble minus simple model: **{difference:.2f} months**. On infants not seen the ensemble is "
        f"{call} here. Its gain in the paper, {published('table1.simple.mae')} to "
        f"{published('table1.ensemble.mae')} months, was measured on the data that both learnt from, as far "
        "as we can tell, and each half of an ensemble has fewer infants to learn by heart."
    )


def rivals(differences: Mapping[str, Estimate], brain_volume: Estimate) -> str:
    """Where model A stands among simpler means.

    Parameters
    ----------
    differences : mapping of str to Estimate
        Name of a rival -> mean absolute error of model A minus that of the rival.
    brain_volume : Estimate
        Mean absolute error of brain volume alone.
    """
    calls = {RIVAL_TITLES[name]: _call(difference) for name, difference in differences.items()}
    words = [f"{call} {'from' if 'clearly' in call else 'than'} {title}" for title, call in calls.items()]
    ridge = (
        " If the ridge regression on ten ratios is at the top of the figure, the network has not earned its "
        "parameters with this many infants and epochs."
    )
    return (
        f"Cross-validated, model A is {'; '.join(words)}. Brain volume alone, without a glance at myelin, is "
        f"off by {brain_volume:.2f} months." + (ridge if "ratio_ridge" in differences else "")
    )


def rivals_table(differences: Mapping[str, Estimate]) -> pd.DataFrame:
    """The same as a table, one row a rival."""
    return pd.DataFrame(
        {
            "model A against": [RIVAL_TITLES[name] for name in differences],
            "MAE difference": [f"{difference:.2f}" for difference in differences.values()],
            "model A is": [_call(difference) for difference in differences.values()],
        }
    )


def floor(error: float, explained: Estimate) -> str:
    """What a perfect reader of myelin would miss, and how far model A's residual is myelin."""
    wide = (
        f". That is more than the {FOLLOW_UP_MAE_MONTHS} months reported for real infants: our scatter is on "
        "the wide side, or their network read more than myelin. "
    )
    return (
        f"A perfect reader of myelin would have a mean absolute error of **{error:.2f} months** against age"
        + (wide if error > FOLLOW_UP_MAE_MONTHS else ". ")
        + "What model A says beyond the mean for an age follows the myelin that was put in with a rank "
        f"correlation of {explained:.2f}. As far as it follows, the 'error' is biology, the very thing a "
        "delay flag is after; the rest is the network's own."
    )


def assessment(name: str, age_months: float, found: Assessment) -> str:
    """What the pipeline says of one infant."""
    return (
        f"Infant {name}, {age_months:.1f} months: levels in slices "
        f"{', '.join(str(z + 1) for z in found.levels.values())}; estimate {found.estimate_months:.1f} "
        f"months; z = {found.z:+.1f}: **{'delayed' if found.delayed else 'within the normal range'}**."
    )


def twins(verdicts: Mapping[str, Assessment]) -> str:
    """What the pipeline says of one infant with its myelin on time and late."""
    said = [
        f"{name}: estimate {verdict.estimate_months:.1f} months, z = {verdict.z:+.1f}, "
        f"**{'delayed' if verdict.delayed else 'not flagged'}**"
        for name, verdict in verdicts.items()
    ]
    return (
        "; ".join(said) + ". A radiologist sees it at a glance on T2: the white matter of the hemispheres is "
        "still brighter than the cortex."
    )


def needed_delay(per_month: float, normal: NormalRange, age_months: float) -> str:
    """How late a child must be before half of such children are flagged.

    Parameters
    ----------
    per_month : float
        Change of the estimate with a month of delay.
    normal : NormalRange
    age_months : float
        Corrected age of the children.
    """
    sd = float(normal.sd(age_months))
    needed = -(FIFTH_PERCENTILE * sd) / max(-per_month, 1e-6)
    when = f"**{needed:.0f} months late**" if needed < 30 else "**later than any delay that occurs**"
    return (
        f"A month of delay lowers the estimate by {-per_month:.2f} months, while normal infants scatter by "
        f"{sd:.1f}. Half of the children are flagged only when they are about {when}. Two things would help: "
        "a network that answers to myelin and not to the rest of the brain, and a narrower normal range. A "
        "small mean error in normal children promises neither."
    )


def _call(difference: Estimate) -> str:
    """Name the first of two methods whose errors were subtracted."""
    return "better" if difference.high < 0 else "worse" if difference.low > 0 else "not clearly different"


def _listed(values: Sequence[float], spec: str = ".2f") -> str:
    return ", ".join(format(value, spec) for value in values)
