"""A check of several rows at once: one table was made by one hand, so one reading should do for all of it."""

from neolab.claims.audit.case import Case
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.register import all_checks, check


@check()
def one_reading(case: Case, *, of: str, rows: dict[str, dict]) -> Problem:
    """The rows of one table are possible under one and the same reading. ``of`` names the check of a row, and
    ``rows`` holds its fields by row.

    Formula: some reading remains for every row
    Source: a table has one rounding, one kind of SD, one test
    Example: no single t-test and SD convention gives all five p-values of a table
    """
    kind = all_checks()[of]
    parts = {name: kind.function(case, **fields) for name, fields in rows.items()}

    def possible(reading, names) -> bool:
        return all(parts[name].possible(reading, tuple(parts[name].numbers)) for name in names)

    def relaxed(names) -> bool:
        return all(p.relaxed is None or p.relaxed(tuple(p.numbers)) for p in (parts[name] for name in names))

    return Problem(
        {name: [r for refs in part.numbers.values() for r in refs] for name, part in parts.items()},
        possible,
        holds=f"one reading does for all {len(rows)} rows",
        fails="no single reading does for",
        lines=lambda reading: [f"{len(rows)} rows, each tried as {of}."],
        given=list(dict.fromkeys(r for part in parts.values() for r in part.given)),
        relaxed=relaxed,
        premises=kind.premises,
    )
