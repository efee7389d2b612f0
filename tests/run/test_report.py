"""The report holds what the runs and papers say, escaped, on one page that asks for nothing."""

import hashlib
import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
import yaml
from PIL import Image

from neolab.claims.register import read_register
from neolab.run.overview import Overview
from neolab.run.report import write_report
from neolab.run.report_views import SMOKE_STATEMENT

NASTY = "<script>alert(\"&'x')</script>"


def make_run(runs, seed=0, profile="smoke", **changes) -> None:
    """Write a run folder as the runner does, with text in it that would break a careless page."""
    folder = runs / "wu2021" / f"{profile}_seed{seed}{'_abc' if changes else ''}"
    (folder / "figures").mkdir(parents=True)
    Image.new("RGB", (40, 30), "white").save(folder / "figures" / "roc.png")
    results = {
        "schema": 1, "study": "wu2021", "result_class": "synthetic", "profile": profile, "seed": seed,
        "metrics": {"gpnorm.auc": {"value": 0.7 + seed / 100, "low": 0.6, "high": 0.9, "n": 20, "unit": "1",
                                   "folds": [0.61, 0.79 + seed]}},
        "figures": {"roc": {"caption": NASTY, "paper": "Figure 4", "metrics": ["gpnorm.auc"]}},
        "designs": {"": {"kind": "cases", "folds": [[8, 12]], "raters": 1}},
        "tables": {}, "limitations": [f"seed-independent {NASTY}"],
    }  # fmt: skip
    record = {
        "study": "wu2021", "profile": profile, "seed": seed,
        "given": {"profile": profile, "seed": seed, **changes},
        "result_class": "synthetic", "data_hash": "simulated", "device": NASTY, "seconds": 12.3, "threads": 2,
        "peak_memory_bytes": 2**30, "started": "2026-01-01T00:00:00+00:00",
        "git": {"commit": "0123456789abcdef", "changed": True}, "versions": {"numpy": "2.0.0"},
        "machine": {"system": "Linux", "processor": "any", "cores": 2},
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "run.json").write_text(json.dumps(record))


class Page(HTMLParser):
    """Collects what the page would load, and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.addresses, self.scripts, self.words = [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    runs = tmp_path_factory.mktemp("runs")
    make_run(runs, 0)
    make_run(runs, 1)
    make_run(runs, 2, epochs=9)
    failed = runs / "wu2021" / "failed_smoke_seed3"
    failed.mkdir()
    (failed / "error.txt").write_text(f"wu2021 failed {NASTY}")
    return write_report(Overview(runs)).read_text(encoding="utf-8")


def test_every_claim_of_every_paper_is_in_the_ledger(page, tmp_path):
    rows = re.findall(r'<tr data-paper="(\w+)"', page)
    papers = Overview(tmp_path).papers
    assert {study: rows.count(study) for study in papers} == {s: len(p.claims) for s, p in papers.items()}


def test_the_ledger_lies_beside_the_page_as_a_table(tmp_path):
    make_run(tmp_path, 0)
    ledger = pd.read_csv(write_report(Overview(tmp_path)).with_name("ledger.csv"), keep_default_na=False)
    assert len(ledger) == sum(len(paper.claims) for paper in Overview(tmp_path).papers.values())
    (row,) = ledger[ledger["id"] == "wu2021.table2.gpnorm.auc"].to_dict("records")
    assert (row["published"], row["printed"] != "", float(row["value"])) == (0.769, True, 0.7)


def test_whatever_a_run_says_is_shown_as_text(page):
    assert NASTY not in page
    assert "&lt;script&gt;alert(" in page
    assert Page(page).scripts == 1


def test_nothing_is_loaded_from_outside(page):
    addresses = Page(page).addresses
    assert addresses
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert not re.search(r"url\((?!data:)|@import", page)


def test_seeds_stand_beside_each_other_and_against_folds(page):
    text = " ".join(" ".join(Page(page).words).split())
    assert "gpnorm.auc 0.7 0.71 0.705 0.007071" in text
    assert "gpnorm.auc: seeds by folds seed fold 1 fold 2 0 0.61 0.79 1 0.61 1.79" in text


def test_a_claim_stands_beside_its_null_its_prediction_and_its_power(tmp_path):
    make_run(tmp_path, 0, profile="paper")
    results = tmp_path / "wu2021" / "paper_seed0" / "results.json"
    content = json.loads(results.read_text())
    metric = {"value": 0.55, "low": 0.45, "high": 0.65, "n": 79, "unit": "1"}
    content["metrics"] |= {
        "visual.accuracy": metric,
        "visual.accuracy_sd": {"value": 0.05, "n": 3, "unit": "1"},
    }
    results.write_text(json.dumps(content))
    path = write_report(Overview(tmp_path))
    text = " ".join(" ".join(Page(path.read_text(encoding="utf-8")).words).split())
    assert (
        re.search(r"null: (coin|fair|larger)", text)
        and "A true replication of this size would pass in 9" in text
    )
    ledger = pd.read_csv(path.with_name("ledger.csv")).set_index("id")
    row = ledger.loc["wu2021.table2.visual.accuracy"]
    assert row["verdict"] == "does not discriminate" and row["null_passes"] > 0.9
    assert row["prediction_low"] < 0.5358 < row["prediction_high"] and 0.9 < row["power"] < 1
    assert ledger.loc["wu2021.table2.gpnorm.auc", "verdict"] == "input"


def test_the_report_ends_with_a_certificate_of_files_hashes_versions_and_commands(tmp_path):
    make_run(tmp_path, 0)
    make_run(tmp_path, 0, epochs=9)
    path = write_report(Overview(tmp_path))
    written = path.with_name("codecheck.yml").read_text(encoding="utf-8")
    assert written.startswith("---")
    certificate = yaml.safe_load(written)
    files = {entry["file"]: entry for entry in certificate["manifest"]}
    results = tmp_path / "wu2021" / "smoke_seed0" / "results.json"
    entry = files["wu2021/smoke_seed0/results.json"]
    assert entry["sha256"] == hashlib.sha256(results.read_bytes()).hexdigest()
    assert entry["command"] == "neolab run wu2021 --profile smoke --seed 0"
    assert entry["commit"] == "0123456789abcdef and changes"
    assert files["wu2021/smoke_seed0/figures/roc.png"]["comment"] == "Figure 4"
    assert "-p epochs=9" in files["wu2021/smoke_seed0_abc/results.json"]["command"]
    assert {"numpy": "2.0.0"} in certificate["environment"]
    assert "data/papers/register.yaml" in {entry["file"] for entry in certificate["inputs"]}
    page = path.read_text(encoding="utf-8")
    assert entry["sha256"] in page and certificate["register"] in page


def test_a_changed_tolerance_shows_in_the_report_with_old_and_new(tmp_path, monkeypatch):
    first = read_register()
    identifier = "wu2021.abstract.visual.accuracy"
    first[identifier][0]["tolerance"] = 0.01
    monkeypatch.setattr("neolab.run.report_views.read_register", lambda: first)
    page = write_report(Overview(tmp_path)).read_text(encoding="utf-8")
    (row,) = re.findall(rf"<tr><th>{identifier}</th><td>changed, not registered.*", page)
    assert "tolerance 0.01" in row and "tolerance 0.0646" in row
    assert re.search(rf"<tr><th>{identifier}</th><td>register edited", page)


def test_verdicts_that_rest_on_smoke_runs_are_said_to_mean_nothing(page, tmp_path):
    assert SMOKE_STATEMENT in page
    make_run(tmp_path, 0, profile="smoke")
    make_run(tmp_path, 0, profile="teach")
    assert SMOKE_STATEMENT not in write_report(Overview(tmp_path)).read_text(encoding="utf-8")


def test_a_run_with_other_parameters_is_listed_and_does_not_answer_for_the_study(page):
    assert "epochs=9" in page
    assert "seeds 0, 1<" in page


def test_a_failed_run_is_shown_until_it_has_been_completed(page, tmp_path):
    assert "failed_smoke_seed3" in page
    make_run(tmp_path, 0)
    failed = tmp_path / "wu2021" / "failed_smoke_seed0"
    failed.mkdir()
    (failed / "error.txt").write_text("old")
    assert Overview(tmp_path).failed == []


def test_a_figure_stands_beside_the_published_values_that_it_shows(page):
    figure = page[page.index("<figure>") : page.index("</figure>")]
    assert "Figure 4" in figure
    assert "0.769" in figure


def test_a_report_without_runs_still_has_ledger_and_audit(tmp_path):
    page = write_report(Overview(tmp_path)).read_text(encoding="utf-8")
    assert "There are none yet." in page
    assert page.count("<tr data-paper=") > 200
