"""Reading a run folder, whose files may have been damaged or edited since the run wrote them."""

import re
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from neolab.claims.ledger import read_results
from neolab.documents import read_json
from neolab.errors import InputError, quoted
from neolab.parameters import Profile

#: The figures of a run have a few million.
MOST_PIXELS = 80_000_000


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class _Metric(_Document):
    value: float | None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    interval: str | None = None
    unit: str = "1"
    folds: list[float | None] | None = None


class _Figure(_Document):
    caption: str
    paper: str
    metrics: list[str]


class _Results(_Document):
    study: str
    profile: Profile
    seed: int
    result_class: str
    metrics: dict[str, _Metric]
    figures: dict[str, _Figure]
    tables: dict[str, dict[str, Any]]
    limitations: list[str]


class _Git(_Document):
    commit: str | None
    changed: bool | None


class _Record(_Document):
    study: str
    profile: Profile
    seed: int
    given: dict[str, Any]
    result_class: str
    data_hash: str
    device: str
    seconds: float
    threads: int
    peak_memory_bytes: float
    started: str
    git: _Git
    versions: dict[str, str]
    machine: dict[str, Any]


def read_run(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ``run.json`` and ``results.json`` of a run folder, whose figures are there.

    Raises
    ------
    InputError
        If a file cannot be read, a field is absent or of another kind, or a figure is no picture in it.
    """
    record = _checked(folder / "run.json", _Record)
    results = _checked(folder / "results.json", _Results)
    read_results([folder])
    for name in results["figures"]:
        _check_figure(folder, name)
    return record, results


def _checked(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    content = read_json(path)
    try:
        model.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part)[:40] for part in problem["loc"])
        expected = problem["msg"].removeprefix("Input should be ").lower()[:80]
        found = "none" if problem["type"] == "missing" else quoted(problem["input"])
        raise InputError(f"{path}: {place}: found {found}, expected {expected}") from None
    return content


def _check_figure(folder: Path, name: str) -> None:
    path = folder / "figures" / f"{name}.png"
    inside = re.fullmatch(r"[\w-]+", name) and path.resolve().is_relative_to(folder.resolve())
    if not inside:
        raise InputError(f"{folder}: found figure {quoted(name)}, expected the name of a picture in this run")
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise InputError(f"{path}: found {picture.width} x {picture.height} pixels, expected fewer")
            picture.verify()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: found no whole picture ({str(error)[:80]}), expected PNG") from None
