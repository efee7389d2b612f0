"""Whatever bytes a file holds, its reader reads it or refuses it in one sentence, and soon."""

import importlib.util
from collections import Counter
from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"


def load():
    spec = importlib.util.spec_from_file_location("fuzz", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_unchanged_files_are_read(tmp_path):
    files = load().seeds(tmp_path)
    for name, content, _ in files:
        (tmp_path / name).write_bytes(content)
    for name, _, read in files:
        read(tmp_path / name)


def test_two_thousand_mutated_files_are_read_or_refused(tmp_path):
    found = Counter(load().fuzz(tmp_path, 2000, seed=17))
    assert {key: n for key, n in found.items() if key[1] not in ("read", "refused")} == {}
    assert {name for name, ended in found if ended == "refused"} == {name for name, _ in found}
