"""How the verdicts move when every tolerance is halved or doubled."""

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
    """Count the claims with each verdict (rows) when every tolerance is multiplied by a scale (columns).

    Rounding is left as it is, and so are bounds, which have no tolerance.
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
    table.index.name, table.columns.name = "verdict", "tolerance scale"
    return table
