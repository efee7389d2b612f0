"""The words by which tables and sentences name metrics, and by which sentences compare."""

import re
from collections.abc import Iterable

ALIASES = {
    "sensitivity": ("sensitivity", "recall", "tpr", "true positive rate", "sens"),
    "specificity": ("specificity", "tnr", "true negative rate", "spec"),
    "precision": ("precision", "ppv", "positive predictive value"),
    "npv": ("npv", "negative predictive value"),
    "f1": ("f1", "f1 score", "f1-score", "dice"),
    "accuracy": ("accuracy", "acc"),
    "balanced_accuracy": ("balanced accuracy",),
    "mcc": ("mcc", "matthews correlation coefficient"),
    "auc": ("auc", "auroc", "area under the curve", "area under the roc curve"),
    "kappa": ("kappa", "fleiss kappa", "fleiss' kappa"),
    "false_positives": ("false positives", "false positives per subject", "fp per subject"),
    "mae": ("mae", "mean absolute error"),
    "rmse": ("rmse", "root mean square error"),
    "r": ("r", "correlation", "pearson r"),
    "p": ("p", "p value", "p-value"),
    "odds_ratio": ("or", "odds ratio"),
    "risk_ratio": ("rr", "risk ratio", "relative risk"),
    "difference": ("difference", "mean difference"),
    "total": ("all", "total", "overall"),
}
LOWER_IS_BETTER = ("mae", "rmse", "false_positives")
HIGHEST = re.compile(r"\b(highest|best|largest|greatest|superior)\b", re.I)
LOWEST = re.compile(r"\b(lowest|smallest|fewest|worst)\b", re.I)
BEATS = re.compile(
    r"\b(outperform\w*|exceed\w*|surpass\w*|(?:better|higher|greater|superior) (?:than|to))\b", re.I
)
FAR_MORE = re.compile(
    r"\b(far outnumber\w*|at least twice as many|more than twice as many|twice as many)\b", re.I
)
SIGNIFICANT = re.compile(r"\b(?P<no>not |no |non-?)?(?:statistically )?significant(?:ly)?\b", re.I)


def metric_of(column: str) -> str | None:
    """Return the metric that a column's or sentence's word names, if it is known."""
    word = re.sub(r"[\s_]+", " ", column.strip().lower().removesuffix("(%)").strip())
    return next((metric for metric, words in ALIASES.items() if word in words or word == metric), None)


def named(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that a text holds, in its order; articles and "our" do not count."""
    found = {}
    for name in names:
        bare = re.sub(r"^(?:our|the|a|an) ", "", name.strip(), flags=re.I)
        if match := re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", text, re.I):
            found[name] = match.start()
    return sorted(found, key=found.get)


def around(sentence: str, words: re.Match) -> tuple[str, str]:
    """Return what stands before and behind a match."""
    return sentence[: words.start()], sentence[words.end() :]


def number_after(sentence: str, metric: str) -> str | None:
    """Return the first number that stands close behind the name of a metric."""
    words = "|".join(re.escape(word) for word in ALIASES[metric])
    match = re.search(rf"\b(?:{words})\b[^\d.,;]{{0,25}}(?P<number>\d*\.?\d+\s*%?)", sentence, re.I)
    return match["number"] if match else None
