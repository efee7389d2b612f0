"""The repository's own promises: lists of dependencies in step, nothing heavy, nothing private."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# What conda-forge calls differently.
CONDA_NAMES = {"torch": "pytorch-cpu", "simpleitk": "simpleitk"}

# What is imported under another name than it is installed by.
IMPORT_NAMES = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "IPython": "ipykernel",
    "distributed": "dask",
    "huggingface_hub": "huggingface-hub",
}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def ranges(project) -> dict[str, str]:
    found = [Requirement(text) for text in project["dependencies"]]
    return {canonicalize_name(item.name): str(item.specifier) for item in found}


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", ["environment.yml", "binder/environment.yml"])
def test_conda_environments_ask_for_the_ranges_of_the_project(name, ranges):
    asked = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["dependencies"]
    listed = dict(re.match(r"([\w-]+)(.*)", item).groups() for item in asked if isinstance(item, str))
    listed.pop("pip")
    assert listed.pop("python").startswith(">=3.11")
    assert listed == {CONDA_NAMES.get(name, name): limits for name, limits in ranges.items()}


def test_every_requirement_is_pinned_to_a_version_within_its_range(project, pins):
    texts = [
        *project["dependencies"],
        *(text for extra in project["optional-dependencies"].values() for text in extra),
    ]
    outside = [
        f"{text} is pinned to {pins.get(canonicalize_name(Requirement(text).name))}"
        for text in texts
        if not Requirement(text).specifier.contains(pins.get(canonicalize_name(Requirement(text).name), "0"))
    ]
    assert not outside


def test_torch_and_torchvision_are_pinned_to_a_matching_pair(pins):
    """torchvision 0.N goes with torch 2.(N - 15): the pairing that both projects publish."""
    torch_minor = int(pins["torch"].split(".")[1])
    vision_minor = int(pins["torchvision"].split(".")[1])
    assert vision_minor == torch_minor + 15


def test_every_import_of_the_package_is_a_declared_dependency(ranges):
    declared = set(ranges) | {"dask", "huggingface-hub", "ipyniivue", "neolab"}
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "neolab").rglob("*.py")
        for name in _imported(path)
        if name not in sys.stdlib_module_names
        and canonicalize_name(IMPORT_NAMES.get(name, name)) not in declared
    }
    assert not missing


def _imported(path: Path) -> set[str]:
    """Top-level names of all absolute imports, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def test_no_modules_of_the_package_import_each_other_in_a_circle():
    """Imports inside functions and for type checking count too: a circle hides in either."""
    import grimp

    graph = grimp.build_graph("neolab")
    circles = {
        tuple(sorted((module, other)))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if graph.chain_exists(importer=other, imported=module)
    }
    assert not circles


def test_importing_neolab_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time; start = time.perf_counter(); import neolab; seconds = time.perf_counter() - start;"
        "heavy = {'torch', 'monai', 'numpy', 'pandas', 'matplotlib'} & set(sys.modules);"
        "print(seconds, *heavy)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in "123"
    ]
    printed = [run.stdout.split() for run in runs]
    assert [words[1:] for words in printed] == [[], [], []]
    assert min(float(words[0]) for words in printed) < 0.3


@pytest.mark.parametrize("command", [["studies"], ["audit", "wu2021", "--json"], ["--help"]])
def test_light_commands_import_neither_torch_nor_monai(command):
    code = (
        "import sys; from neolab.run.cli import main; sys.argv = ['neolab', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "assert not {'torch', 'monai', 'torchvision'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this copy is not a git repository, so there is no list of its files")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_image_volume_and_no_large_file_is_committed():
    large = [path for path in tracked_files() if path.stat().st_size > 1_500_000]
    volumes = [
        path for path in tracked_files() if path.name.endswith((".nii", ".nii.gz", ".mgz", ".pt", ".npz"))
    ]
    assert not large
    assert not volumes


def test_no_file_holds_the_path_of_somebodys_machine():
    private = re.compile(r"(?<![\w.])/(home|Users|root)/\w")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".ipynb", ".txt", ".cff"}
        and (match := private.search(path.read_text(encoding="utf-8")))
    ]
    assert not found


def test_addresses_of_launchers_stand_only_between_the_badge_marks():
    """No badge points at a repository that does not exist; `make badges` writes them for one that does."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- badges -->")
    between, _, after = rest.partition("<!-- /badges -->")
    assert not re.search(r"mybinder\.org/v2|colab\.research\.google\.com/github", before + after)
