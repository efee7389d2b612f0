"""Any paper: a small YAML file with its tables and sentences, and the checks that follow from them."""

import json
import re
from pathlib import Path

import yaml
from pydantic import ValidationError

from neolab.claims.audit.contents import Document
from neolab.claims.audit.derive import Derivation
from neolab.claims.audit.findings import Finding
from neolab.claims.audit.readings import check_stated
from neolab.claims.audit.runner import audit_entries
from neolab.claims.audit.text import find_statistics, sentences
from neolab.errors import InputError


def read_document(text: str, name: str) -> Document:
    """Read a paper's file; ``name`` begins every complaint.

    Raises
    ------
    InputError
        In one sentence, with the place in the file.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise InputError(f"{name}:{line} {problem or 'unreadable text'}, expected valid YAML") from None
    if not isinstance(raw, dict):
        raise InputError(f"{name}: found {type(raw).__name__}, expected title, tables and statements")
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise InputError(_sentence(name, error)) from None
    check_stated(document.states, name)
    if not document.tables and not document.statements:
        raise InputError(f"{name}: found neither tables nor statements, expected some numbers to check")
    return document


def _sentence(name: str, error: ValidationError) -> str:
    """Turn pydantic's first problem into one sentence."""
    problem = error.errors()[0]
    where = ".".join(str(step + 1) if isinstance(step, int) else step for step in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "found a name that is not known, expected one of the template's"
    elif problem["type"] != "value_error":
        found = "" if problem["type"] == "missing" else f"found {problem['input']!r}, "
        message = f"{found}expected: {message[0].lower()}{message[1:]}"
    return f"{name}: {where}: {message}"


def audit_document(path: Path | str) -> list[Finding]:
    """Return the findings on one file, or on every YAML file of a folder, worst first within each.

    Raises
    ------
    InputError
        If a file is not as it should be, or there is none.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
        if not files:
            raise InputError(f"{path}: found no YAML file, expected papers as `neolab audit --new` writes")
        return [finding for file in files for finding in audit_document(file)]
    return audit_yaml(read_text(path, "a YAML file, as `neolab audit --new` writes"), path.name)


def audit_yaml(text: str, name: str = "mine.yaml") -> list[Finding]:
    """Return the findings on a paper's file that is at hand as text, worst first."""
    document = read_document(text, name)
    study = re.sub(r"[^a-z0-9]", "", Path(name).stem.lower())
    derived = Derivation(study if study[:1].isalpha() else f"paper{study}", document)
    if derived.entries:
        return audit_entries(derived.paper, derived.entries)
    raise InputError(f"{name}: no check applies to what is in it, expected more: n, positives, p, ...")


def read_text(path: Path | str, expected: str) -> str:
    """Return the text of a file; InputError if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: {getattr(error, 'strerror', None) or 'not text'}, expected {expected}"
        ) from None


def proposal(text: str, title: str = "from a text") -> tuple[str, int]:
    """Return a paper's file made of the sentences of a text that hold statistics, and how many there are."""
    lines, number = [], 0
    for sentence in sentences(text):
        found = find_statistics(sentence)
        number += len(found)
        if found:
            lines += [f"  # {one.kind}: {one.text}" for one in found]
            lines.append(f"  - {json.dumps(sentence, ensure_ascii=False)}")
    head = f"title: {json.dumps(title, ensure_ascii=False)}\nstatements:{'' if lines else ' []'}\n"
    return head + "\n".join(lines) + "\n", number


TEMPLATE = Path(__file__).with_name("template.yaml")


def write_template(path: Path | str) -> Path:
    """Write a commented paper's file; InputError if there is one already."""
    path = Path(path)
    if path.exists():
        raise InputError(f"{path}: there is a file already, expected the name of a new one")
    try:
        path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}, expected a folder that can be written to") from None
    return path
