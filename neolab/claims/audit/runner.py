"""Run the audit: every entry of the audit files against the claims of its paper."""

import inspect
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from neolab.claims.audit.case import Case
from neolab.claims.audit.checks.repeats import repeated_quantities, same
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.readings import check_stated
from neolab.claims.audit.register import all_checks
from neolab.claims.audit.rounding import claimed
from neolab.claims.load import PAPERS_FOLDER, load_papers
from neolab.claims.schema import Paper
from neolab.errors import InputError

COMMON = ("name", "check", "about", "at_most", "assumption", "instead_of", "states")


def audit(studies: Iterable[str] | None = None, folder: Path | str = PAPERS_FOLDER) -> list[Finding]:
    """Return the findings for the given studies (default: all), worst first within each study.

    Raises
    ------
    InputError
        If a file is missing or not as it should be, or a study does not exist.
    """
    papers = load_papers(studies, folder)
    return [finding for study in papers for finding in audit_paper(papers[study], folder)]


def audit_paper(paper: Paper, folder: Path | str = PAPERS_FOLDER) -> list[Finding]:
    """Return the findings for one paper, worst first."""
    return audit_entries(paper, load_entries(paper.study, folder))


def audit_entries(paper: Paper, entries: list[dict]) -> list[Finding]:
    """Return the findings of entries and of every quantity that is printed twice, worst first."""
    findings = [run_entry(paper, entry) for entry in entries]
    explained = {name for entry in entries for name in entry.get("instead_of", [])}
    findings = [_everywhere(paper, finding) for finding in findings]
    findings += list(_repeats(paper, explained))
    return sorted(findings, key=lambda finding: finding.severity.rank)


def _everywhere(paper: Paper, finding: Finding) -> Finding:
    """Return the finding with every other printing of a contradicted number contradicted as well."""
    if not finding.contradicted:
        return finding
    found = dict.fromkeys(finding.contradicted)
    for group in repeated_quantities(paper):
        for ruled_out in [claimed(paper.claim(name)) for name in group if name in found]:
            found |= dict.fromkeys(n for n in group if claimed(paper.claim(n)).overlaps(ruled_out))
    return replace(finding, contradicted=tuple(found))


def load_entries(study: str, folder: Path | str = PAPERS_FOLDER) -> list[dict]:
    """Read ``<study>.audit.yaml``: the checks that apply to the paper; none where there is no file.

    What the paper ``states`` about its methods (premise -> option) goes to every entry.
    """
    path = Path(folder) / f"{study}.audit.yaml"
    if not path.exists():
        return []
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: {error}, expected valid YAML") from None
    if not isinstance(content, dict) or content.get("study") != study or "checks" not in content:
        raise InputError(f"{path.name}: expected a mapping with study: {study} and checks")
    names = [entry.get("name") for entry in content["checks"]]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path.name}: name {twice[0]!r} is found twice, expected every name once")
    stated = content.get("states", {})
    return [entry | {"states": stated | entry.get("states", {})} for entry in content["checks"]]


def run_entry(paper: Paper, entry: dict) -> Finding:
    """Run one entry of an audit file: try every reading of its check."""
    where = f"{paper.study}.audit.yaml: {entry.get('name')}"
    kind = all_checks().get(entry.get("check"))
    if kind is None:
        raise InputError(
            f"{where}: check: found {entry.get('check')!r}, expected one of {', '.join(sorted(all_checks()))}"
        )
    arguments = {key: value for key, value in entry.items() if key not in COMMON}
    try:
        inspect.signature(kind.function).bind(None, **arguments)
    except TypeError as error:
        raise InputError(f"{where}: {error}, expected the fields of check {entry['check']}") from None
    at_most, states = entry.get("at_most", "impossible"), entry.get("states", {})
    if at_most not in list(Severity):
        raise InputError(f"{where}: at_most: found {at_most!r}, expected one of {', '.join(Severity)}")
    check_stated(states, where)
    case = Case(
        paper,
        entry["name"],
        entry["check"],
        about=entry.get("about", ""),
        at_most=Severity(at_most),
        assumption=entry.get("assumption", ""),
        states=states,
        judgement=kind.judgement,
    )
    found = kind.function(case, **arguments)
    return found if isinstance(found, Finding) else case.solve(found, kind.premises)


def _repeats(paper: Paper, explained: set[str]) -> Iterable[Finding]:
    """Compare the printings of every quantity that claims mark as the same.

    ``explained`` names those that an entry with ``instead_of`` says more about.
    """
    for group in repeated_quantities(paper):
        name = "same." + group[0].removeprefix(f"{paper.study}.")
        if name in explained:
            continue
        case = Case(paper, name, "same", about=_about(paper, group[0]))
        yield same(case, claims=group)


def _about(paper: Paper, identifier: str) -> str:
    claim = paper.claim(identifier)
    words = [claim.method, claim.metric, claim.statistic if claim.statistic != "value" else None]
    group = f"({claim.group})" if claim.group != "all" else None
    return " ".join(word for word in [*words, group] if word).replace("_", " ")
