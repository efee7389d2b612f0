"""The certificate at the end of a report: which files, made by what, say what the report says.

It has the form of a CODECHECK configuration (https://codecheck.org.uk/spec/config/1.0/), so that whoever
repeats the commands can compare file by file; ``sha256``, ``bytes`` and ``command`` are our additions.
"""

import hashlib
import shlex
from pathlib import Path
from typing import Any

import yaml

from neolab.catalogue import all_studies
from neolab.claims.load import PAPERS_FOLDER
from neolab.claims.register import REGISTER, read_register, seal
from neolab.run.overview import Overview, RunView
from neolab.run.paths import repository_folder

MANIFEST_NAME = "codecheck.yml"
_SPECIFICATION = "https://codecheck.org.uk/spec/config/1.0/"
_OUTPUTS = ("results.json", "predictions.csv", "notebook.ipynb", "figures/*.png", "tables/*.csv")


def certificate(overview: Overview, written: str) -> dict[str, Any]:
    """Return the certificate of all complete runs.

    Parameters
    ----------
    written : str
        When the report was written.
    """
    entries = [entry for run in overview.runs for entry in _of_run(overview.root, run)]
    return {
        "version": _SPECIFICATION,
        "paper": [
            {"title": all_studies()[study].title, "reference": paper.source}
            for study, paper in overview.papers.items()
        ],
        "manifest": entries,
        "inputs": [_file(path, repository_folder()) for path in _inputs(overview)],
        "register": seal(read_register()),
        "environment": [dict(text) for text in sorted({_versions(run) for run in overview.runs})],
        "codechecker": "",
        "summary": "made by neolab; to be filled in by whoever repeats the commands",
        "check_time": written,
        "certificate": "",
    }


def certificate_text(content: dict[str, Any]) -> str:
    """Return a certificate as YAML, with the marker that the specification asks for."""
    return yaml.safe_dump(content, explicit_start=True, sort_keys=False, allow_unicode=True, width=10**6)


def command_of(run: RunView) -> str:
    """Return the command line that repeats a run."""
    given = dict(run.record["given"])
    words = ["neolab", "run", run.record["study"], "--profile", str(run.record["profile"])]
    words += ["--seed", str(run.record["seed"])]
    if given.get("data"):
        words += ["--data", str(given["data"])]
    for name, value in given.items():
        if name not in ("profile", "seed", "data"):
            words += ["-p", f"{name}={value}"]
    return shlex.join(words)


def _of_run(root: Path, run: RunView) -> list[dict[str, Any]]:
    figures = run.results["figures"]
    found = sorted(path for pattern in _OUTPUTS for path in run.folder.glob(pattern))
    return [
        _file(path, root)
        | {"comment": _comment(path, figures), "command": command_of(run), "commit": _commit(run)}
        for path in found
    ]


def _comment(path: Path, figures: dict[str, Any]) -> str:
    about = figures.get(path.stem, {}) if path.suffix == ".png" else {}
    return about.get("paper") or about.get("caption") or path.stem.replace("_", " ")


def _commit(run: RunView) -> str:
    state = run.record["git"]
    return f"{state['commit'] or 'unknown'}{' and changes' if state['changed'] else ''}"


def _versions(run: RunView) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(version)) for name, version in run.record["versions"].items())


def _inputs(overview: Overview) -> list[Path]:
    return [*(PAPERS_FOLDER / f"{study}.yaml" for study in overview.papers), REGISTER]


def _file(path: Path, root: Path) -> dict[str, Any]:
    content = path.read_bytes()
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
