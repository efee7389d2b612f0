"""Each room hands on the names that others use of it, lazily; lower rooms do not know the studies."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from neolab import fingerprint
from neolab.catalogue import all_studies

PACKAGE = Path(__file__).resolve().parents[1] / "neolab"
ROOMS = ("io", "metrics", "viz", "learn", "claims", "claims.audit", "simulate")


def handed_on(room: str) -> dict[str, str]:
    """Name -> module of the room that defines it, as the room's own file says."""
    return fingerprint._handed_on(f"neolab.{room}")


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_that_a_room_hands_on_is_the_one_that_its_module_defines(room):
    package = import_module(f"neolab.{room}")
    names = handed_on(room)
    assert names
    for name, module in names.items():
        assert getattr(package, name) is getattr(import_module(f"neolab.{room}.{module}"), name)
    assert set(names) <= set(dir(package))


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_of_a_room_is_that_of_a_module_in_it(room):
    """Such a name would be the module or the thing in it, by the order of imports."""
    modules = {path.stem for path in (PACKAGE / room.replace(".", "/")).iterdir()}
    assert not modules & set(handed_on(room))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_hands_on_few_names(room):
    assert len(handed_on(room)) <= 45


def test_a_whole_room_or_one_name_of_it_can_be_imported_and_neither_loads_torch():
    code = (
        "import sys\n"
        "from neolab import claims, io, learn, metrics, simulate, viz\n"
        "assert not {'torch', 'monai', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "from neolab.viz import slice_viewer\n"
        "assert callable(slice_viewer) and callable(io.grouped_folds) and callable(metrics.auc)\n"
        "assert not {'torch', 'monai'} & set(sys.modules)\n"
        "assert learn.Recipe(epochs=1, batch_size=1, learning_rate=0.1).epochs == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_fingerprint_follows_a_name_to_the_module_behind_the_room():
    assert fingerprint.imported_modules("from neolab.viz import slice_viewer") == ["neolab.viz.scans"]
    assert fingerprint.imported_modules("from neolab import io\nio.grouped_folds") == ["neolab.io.splits"]
    whole = fingerprint.imported_modules("from neolab import metrics\nuse = metrics")
    assert {"neolab.metrics.roc", "neolab.metrics.estimate"} <= set(whole)


PAPER_WORDS = (
    r"\b(ABE|HB|[Gg][Pp]norm|[Ss][Tt][Nn]norm|GloResNet|[Rr]aad|[Ww]ada|[Ss]undaresan|WADA_\w+|WU_\w+)\b"
)


@pytest.mark.parametrize("room", ["io", "metrics", "viz", "learn", "simulate"])
def test_the_lower_rooms_know_neither_a_study_nor_the_words_of_its_paper(room):
    """Labels, colours, protocols and sizes of a study live in its folder; docstrings may give examples."""
    words = re.compile("|".join([PAPER_WORDS, *all_studies()]))
    found = [
        f"{path.relative_to(PACKAGE)}: {word}"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for text in code_words(path.read_text(encoding="utf-8"))
        for word in re.findall(words, text)
    ]
    assert found == []


def code_words(source: str) -> list[str]:
    """Names and texts in some code, without its docstrings and comments."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found.append(node.value)
        found += [value for value in (getattr(node, "id", None), getattr(node, "attr", None)) if value]
    return found
