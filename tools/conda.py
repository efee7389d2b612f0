"""Write environment.yml and binder/environment.yml from the dependencies in pyproject.toml."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]

# What conda-forge calls differently.
NAMES = {"torch": "pytorch-cpu", "SimpleITK": "simpleitk"}

HEAD = """\
# {purpose}
# CPU packages from conda-forge; the ranges are those of pyproject.toml, written by `make constraints`.
name: neolab
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python>=3.11,<3.14
  - pip
"""


def main() -> None:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in project["dependencies"]]
    lines = "".join(f"  - {NAMES.get(item.name, item.name)}{item.specifier}\n" for item in wanted)
    conda = HEAD.format(purpose="For conda users: conda env create -f environment.yml")
    (ROOT / "environment.yml").write_text(conda + lines + "  - pip:\n      - --editable .\n")
    binder = HEAD.format(purpose="What Binder installs; postBuild adds neolab itself.")
    (ROOT / "binder" / "environment.yml").write_text(binder + lines)


if __name__ == "__main__":
    main()
