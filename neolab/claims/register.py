"""The register of claims: what was printed and tolerated when, sealed by hashes.

``data/papers/register.yaml`` holds one entry for every wording of every claim, oldest first. An entry's hash
covers its date, what was registered and the hash of the claim's entry before it, so that neither a tolerance
nor a date can be changed afterwards without breaking the chain; the seal covers all of them, and is printed
in every report. What a register cannot do is testify to its own age: that does the history of the
repository, or a report that somebody else has kept.

``python -m neolab.claims.register`` adds entries for claims that are new or have changed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from neolab.claims.load import PAPERS_FOLDER, load_papers, read_yaml
from neolab.claims.schema import Claim, Paper
from neolab.errors import InputError

REGISTER = PAPERS_FOLDER / "register.yaml"
_FIELDS = (
    "printed", "value", "relation", "unit", "metric", "statistic", "n", "analysis_unit", "role", "tolerance",
    "result",
)  # fmt: skip
_HEADER = (
    "# Written by `python -m neolab.claims.register`; see neolab/claims/register.py. Not to be edited.\n"
)

#: Claim -> its entries, oldest first.
Register = dict[str, list[dict]]


@dataclass(frozen=True)
class Change:
    """A claim that is not what it was.

    Attributes
    ----------
    claim : str
    what : str
        ``changed``, ``changed, not registered``, ``not registered``, ``withdrawn`` or ``register edited``.
    date : str
        When it was registered; "" where it was not.
    old, new : str
        The fields that differ.
    """

    claim: str
    what: str
    date: str
    old: str = ""
    new: str = ""


def read_register(path: Path = REGISTER) -> Register:
    """Read the register; empty where there is none yet."""
    if not path.exists():
        return {}
    content = read_yaml(path)
    if not all(isinstance(entries, list) for entries in content.values()):
        raise InputError(f"{path.name}: found something else, expected a list of entries for every claim")
    return content


def registered(claim: Claim) -> dict:
    """Return the fields of a claim that the register keeps."""
    fields = {name: getattr(claim, name) for name in _FIELDS}
    fields["tolerance"] = list(claim.tolerance) if isinstance(claim.tolerance, tuple) else claim.tolerance
    return fields


def chain(identifier: str, entry: Mapping, before: str) -> str:
    """Return the hash of an entry, given that of the entry before it."""
    content = {key: value for key, value in entry.items() if key != "hash"}
    text = json.dumps([before, identifier, content], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def seal(register: Register) -> str:
    """Return one hash for the whole register."""
    hashes = [[claim, [entry["hash"] for entry in entries]] for claim, entries in sorted(register.items())]
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:16]


def update(register: Register, papers: Iterable[Paper], today: str) -> tuple[Register, int]:
    """Return the register with an entry more for every claim that is new or has changed, and how many."""
    renewed, added = {claim: list(entries) for claim, entries in register.items()}, 0
    for paper in papers:
        for claim in paper.claims:
            entries = renewed.setdefault(claim.id, [])
            fields = registered(claim)
            if entries and _fields(entries[-1]) == fields:
                continue
            entry = {"date": today} | fields
            entry["hash"] = chain(claim.id, entry, entries[-1]["hash"] if entries else "")
            entries.append(entry)
            added += 1
    return renewed, added


def changes(register: Register, papers: Iterable[Paper]) -> list[Change]:
    """Return what the report has to show: changes, registered or not, and a chain that does not hold."""
    claims = {claim.id: claim for paper in papers for claim in paper.claims}
    found = [change for claim, entries in register.items() for change in _within(claim, entries)]
    for identifier, claim in claims.items():
        entries = register.get(identifier)
        if not entries:
            found.append(Change(identifier, "not registered", ""))
        elif _fields(entries[-1]) != (now := registered(claim)):
            found.append(Change(identifier, "changed, not registered", "", *_difference(entries[-1], now)))
    found += [
        Change(identifier, "withdrawn", entries[-1]["date"])
        for identifier, entries in register.items()
        if identifier not in claims and identifier.partition(".")[0] in {c.partition(".")[0] for c in claims}
    ]
    return found


def _within(identifier: str, entries: list[dict]) -> list[Change]:
    found, before = [], ""
    for place, entry in enumerate(entries):
        if entry.get("hash") != chain(identifier, entry, before):
            found.append(Change(identifier, "register edited", str(entry.get("date", ""))))
        if place:
            found.append(
                Change(identifier, "changed", entry["date"], *_difference(entries[place - 1], _fields(entry)))
            )
        before = entry.get("hash", "")
    return found


def _fields(entry: Mapping) -> dict:
    return {name: entry.get(name) for name in _FIELDS}


def _difference(old: Mapping, new: Mapping) -> tuple[str, str]:
    differ = [name for name in _FIELDS if old.get(name) != new.get(name)]
    return tuple(", ".join(f"{name} {one.get(name)}" for name in differ) for one in (old, new))


def write_register(register: Register, path: Path = REGISTER) -> None:
    """Write the register, one line an entry."""
    flow = {"default_flow_style": True, "width": 10**6, "sort_keys": False, "allow_unicode": True}
    lines = [_HEADER]
    for claim, entries in register.items():
        lines += [f"{claim}:\n", *(f"- {yaml.safe_dump(entry, **flow)}" for entry in entries)]
    path.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Bring the register up to date and say what was added."""
    register, added = update(read_register(), load_papers().values(), date.today().isoformat())
    if added:
        write_register(register)
    print(f"{added} entries added; {sum(map(len, register.values()))} in all; seal {seal(register)}")


if __name__ == "__main__":
    main()
