"""Results that somebody changed after the run are told, do not speak, and are made again."""

import hashlib
import json

import pytest

from neolab.run.overview import Overview
from neolab.run.report import write_report
from neolab.run.runner import execute, plan_run

pytestmark = pytest.mark.slow

SMOKE = {"profile": "smoke", "seed": 0}
SENTENCE = "results.json was changed after the run"


def test_one_edited_word_makes_the_report_say_so(repository, runs, monkeypatch):
    monkeypatch.setattr(Overview, "findings", ())  # the audit of the papers takes long and knows no runs
    folder = execute(plan_run("wu2021", SMOKE))
    written = (folder / "results.json").read_bytes()
    assert (
        json.loads((folder / "run.json").read_text())["results_sha256"] == hashlib.sha256(written).hexdigest()
    )
    assert SENTENCE not in write_report(Overview(runs)).read_text()
    assert len(Overview(runs).speaking) == 1
    (folder / "results.json").write_bytes(written.replace(b"synthetic", b"real"))
    assert SENTENCE in write_report(Overview(runs)).read_text()
    assert Overview(runs).speaking == []
    assert plan_run("wu2021", SMOKE).changed == ["results.json"]
