"""The ledger as a table: for a file, and for a terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neolab.claims.ledger import LedgerRow
from neolab.claims.schema import Claim
from neolab.claims.verdicts import Verdict

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


def ledger_frame(rows: Iterable[LedgerRow]) -> "pd.DataFrame":
    """Return the ledger as a table, one row a claim."""
    import pandas as pd

    return pd.DataFrame([_record(row) for row in rows])


def _record(row: LedgerRow) -> dict:
    claim, result, said = row.claim, row.result, row.judgement
    null = said.strongest_null
    low, high = claim.tolerance_interval() if claim.tolerance is not None else (None, None)
    return {
        "id": claim.id,
        "study": claim.id.partition(".")[0],
        "place": claim.place,
        "printed": claim.printed,
        "metric": claim.metric,
        "statistic": claim.statistic,
        "group": claim.group,
        "method": claim.method,
        "role": claim.role,
        "source": claim.source,
        "relation": claim.relation,
        "published": claim.value,
        "unit": claim.unit,
        "tolerance_low": low,
        "tolerance_high": high,
        "tolerance_origin": claim.tolerance_origin,
        "result": claim.result,
        "value": result.value if result else None,
        "low": result.low if result else None,
        "high": result.high if result else None,
        "prediction_low": said.low,
        "prediction_high": said.high,
        "power": said.power,
        "null": null.name if null else None,
        "null_value": null.value if null else None,
        "null_passes": null.passes if null else None,
        "seeds": len(row.seeds),
        "seed_sd": row.seed_sd,
        "seeds_agreeing": sum(verdict == row.run_verdict for verdict in row.seed_verdicts),
        "result_class": row.result_class,
        "profile": row.profile,
        "audit": row.audit,
        "run_verdict": str(row.run_verdict),
        "verdict": str(row.verdict),
        "detail": row.detail,
    }


_STYLES = {
    Verdict.CONTRADICTED: "red",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.INCONSISTENT: "magenta",
    Verdict.REPRODUCED: "green",
    Verdict.CONSISTENT: "cyan",
    Verdict.RECOMPUTED: "blue",
    Verdict.SAME_COUNT: "blue",
    Verdict.OTHER_COUNT: "magenta",
}


def ledger_table(rows: Iterable[LedgerRow], title: str = "Claim ledger") -> "Table":
    """Return the ledger for a terminal: claim, published, this run, the strongest null, verdict."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption="null: what no skill gets, and how often it would agree")
    for heading in ("claim", "published", "runs", "null", "verdict"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            escape(row.claim.id),
            escape(published_text(row.claim)),
            escape(result_text(row)),
            null_text(row, name=False),
            str(row.verdict),
            style=_STYLES.get(row.verdict, "dim"),
        )
    return table


def published_text(claim: Claim) -> str:
    """Return the published number in short: "0.769", "< 0.05", "369.11 umol/L"."""
    relation = "" if claim.relation == "=" else f"{claim.relation} "
    unit = "" if claim.unit in ("1", "count") else f" {claim.unit}"
    return f"{relation}{claim.value:g}{unit}"


def result_text(row: LedgerRow) -> str:
    """Return the runs' number in short, with its interval and its spread over seeds."""
    if row.result is None:
        return ""
    text = f"{row.result.value:.4g}"
    if row.result.low is not None:
        text += f" [{row.result.low:.4g}, {row.result.high:.4g}]"
    return text if row.seed_sd is None else f"{text}, seed SD {row.seed_sd:.2g}"


def null_text(row: LedgerRow, *, name: bool = True) -> str:
    """Return the null that agrees most often, in short: "fair coin 0.5, 61%"."""
    null = row.judgement.strongest_null
    return f"{f'{null.name} ' if name else ''}{null.value:.3g}, {null.passes:.0%}" if null else ""
