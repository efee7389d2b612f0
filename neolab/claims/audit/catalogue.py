"""The catalogue of checks, written from their docstrings and premises.

``python -m neolab.claims.audit.catalogue > docs/audit_checks.md`` writes the page anew.
"""

import inspect

from neolab.claims.audit.readings import PREMISES
from neolab.claims.audit.register import Check, all_checks

HEAD = """# What the audit checks

This page is written from the code (`python -m neolab.claims.audit.catalogue > docs/audit_checks.md`).

A printed number is an interval: every value that prints so. What the authors did between their data and the
printed number is seldom stated, so that each check names its *premises* and tries every option of each. If a
usual reading allows the numbers, the check is *consistent*. If only others do, it says *only if*, and names
them: *ambiguous* where the reading is common, *inconsistent* where it is seldom. Where none does, the numbers
are *impossible*, and the check lists minimal sets that cannot hold together. No member of a set is more to
blame than another.

An audit file may say what the paper states (`states: {folds: stratified}`); then only that is tried.
"""


def catalogue() -> str:
    """Return the page as Markdown."""
    parts = [HEAD, "## Premises\n", *(_premise(name) for name in PREMISES), "\n## Checks\n"]
    return "\n".join([*parts, *(_entry(check) for check in all_checks().values())]).rstrip() + "\n"


def _premise(name: str) -> str:
    kinds = ("usual", "common", "seldom")
    options = [
        f"`{key}` ({kinds[option.cost]}{': ' * bool(option.words)}{option.words})"
        for key, option in PREMISES[name].items()
    ]
    return f"- **{name}**: {'; '.join(options)}"


def _entry(check: Check) -> str:
    fields = [name for name in inspect.signature(check.function).parameters if name != "case"]
    lines = [
        f"### {check.name}\n",
        f"{check.summary.replace('``', '`')}\n",
        f"- Fields: {', '.join(f'`{name}`' for name in fields)}",
        f"- Premises: {', '.join(check.premises) or 'none'}{'; a reader judges' * check.judgement}",
        *(f"- {label}: {text}" for label, text in check.fields.items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(catalogue(), end="")
