"""Reading ``data/papers/*.yaml``; what is wrong with a file is one sentence that names claim and field."""

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from neolab.catalogue import all_studies, get_study
from neolab.claims.schema import Paper
from neolab.errors import InputError

PAPERS_FOLDER = Path(__file__).resolve().parents[2] / "data" / "papers"


# The C parser, where PyYAML was built with it, reads the five files in a fifth of the time.
class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """A safe loader that refuses a key written twice, of which YAML would silently keep the last."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode):
    """Build a mapping in two steps, as SafeLoader does; keys are compared before merge keys are resolved."""
    data: dict = {}
    yield data
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(
                problem=f"key {key.value!r} is written twice", problem_mark=key.start_mark
            )
        seen.add(str(key.value))
    data.update(loader.construct_mapping(node))


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_yaml(path: Path) -> dict:
    """Read a mapping from a YAML file in which no key may be written twice.

    Raises
    ------
    InputError
        If it cannot be read, is not YAML, or holds something else.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror}, expected a readable claims file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable text"
        raise InputError(f"{path.name}:{line} {problem}, expected valid YAML") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path.name}: found {type(raw).__name__}, expected a mapping with study and claims")
    return raw


def load_paper(path: Path | str) -> Paper:
    """Read one claims file.

    Raises
    ------
    InputError
        As `read_yaml`, and if a claim is not as `Claim` says.
    """
    path = Path(path)
    raw = read_yaml(path)
    try:
        return Paper.model_validate(raw)
    except ValidationError as error:
        raise InputError(_sentence(path.name, raw, error)) from None


def load_study(study: str, folder: Path | str = PAPERS_FOLDER) -> Paper:
    """Read the claims of a study."""
    get_study(study)
    paper = load_paper(Path(folder) / f"{study}.yaml")
    if paper.study != study:
        raise InputError(f"{study}.yaml: study: found {paper.study!r}, expected {study!r}")
    return paper


def load_papers(studies: Iterable[str] | None = None, folder: Path | str = PAPERS_FOLDER) -> dict[str, Paper]:
    """Read the claims of several studies (by default of all that have a file), keyed by study."""
    if studies is None:
        studies = [name for name in all_studies() if (Path(folder) / f"{name}.yaml").exists()]
    return {study: load_study(study, folder) for study in studies}


def _sentence(name: str, raw: dict, error: ValidationError) -> str:
    """Turn pydantic's first problem into one sentence with the claim's identifier and the field."""
    problem = error.errors()[0]
    where = list(problem["loc"])
    parts = [name]
    if len(where) >= 2 and where[0] in ("claims", "not_claims") and isinstance(where[1], int):
        entry = raw[where[0]][where[1]]
        known = entry.get("id") if isinstance(entry, dict) else None
        parts.append(known or f"{where[0]} entry {where[1] + 1}")
        where = where[2:]
    if where:
        parts.append(".".join(str(step) for step in where))
    message = problem["msg"].removeprefix("Value error, ")
    found = "" if problem["type"] in ("value_error", "missing") else f" (found {problem['input']!r})"
    others = error.error_count() - 1
    more = f"; {others} more problem{'s' if others > 1 else ''} in this file" if others else ""
    return f"{': '.join(parts)}: {message}{found}{more}"
