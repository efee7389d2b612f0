"""How the verdicts move when the sampling error of every printed number is halved or doubled."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from neolab.claims.ledger import RunResults, count_verdicts, make_ledger
from neolab.claims.schema import Paper

if TYPE_CHECKING:
    import pandas as pd

SCALES = (0.5, 1.0, 2.0)


def tolerance_sensitivity(
    papers: Iterable[Paper],
    runs: Sequence[RunResults],
    audit: Mapping[str, str] | None = None,
    *,
    scales: Sequence[float] = SCALES,
    role: str | None = None,
) -> "pd.DataFrame":
    """Count the quantities with each verdict (rows) by what the published error is multiplied with (columns).

    Rounding is left as it is, and so are bounds and our own intervals.
    """
    import pandas as pd

    papers = list(papers)
    counts = {
        scale: {
            str(verdict): count
            for verdict, count in count_verdicts(
                make_ledger(papers, runs, audit, tolerance_scale=scale), role
            ).items()
        }
        for scale in scales
    }
    table = pd.DataFrame(counts)
    table.index.name, table.columns.name = "verdict", "published error times"
    return table
