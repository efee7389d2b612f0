"""The report as a reader meets it: filters, a phone, a printer, and no script at all."""

import json
import re

import pytest
from PIL import Image

from neolab.run.overview import Overview
from neolab.run.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    """A report on one run of one study."""
    runs = tmp_path_factory.mktemp("runs")
    folder = runs / "wu2021" / "smoke_seed0"
    (folder / "figures").mkdir(parents=True)
    Image.new("RGB", (1200, 500), "teal").save(folder / "figures" / "roc.png")
    results = {
        "study": "wu2021", "result_class": "synthetic", "profile": "smoke", "seed": 0,
        "metrics": {"gpnorm.auc": {"value": 0.75, "low": 0.6, "high": 0.9, "n": 20, "unit": "1"}},
        "figures": {"roc": {"caption": "ROC curves", "paper": "Figure 4", "metrics": ["gpnorm.auc"]}},
        "tables": {}, "limitations": [],
    }  # fmt: skip
    record = {
        "study": "wu2021", "profile": "smoke", "seed": 0, "given": {}, "result_class": "synthetic",
        "data_hash": "simulated", "device": "CPU", "seconds": 1.0, "threads": 2, "peak_memory_bytes": 2**30,
        "started": "2026-01-01T00:00:00+00:00", "git": {"commit": None, "changed": None}, "versions": {},
        "machine": {"system": "Linux", "processor": "any", "cores": 2},
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "run.json").write_text(json.dumps(record))
    return write_report(Overview(runs)).as_uri()


def shown_rows(page) -> list[dict]:
    rows = ".ledger tbody tr:not([hidden])"
    return page.eval_on_selector_all(rows, "rows => rows.map(row => ({...row.dataset}))")


def test_filters_leave_the_rows_that_fit_and_count_them(observe, report):
    observed = observe()
    page = observed.page
    page.goto(report)
    every = shown_rows(page)
    page.select_option("#filter-paper", "wu2021")
    assert shown_rows(page) == [row for row in every if row["paper"] == "wu2021"]
    page.select_option("#filter-verdict", "no verdict (smoke)")
    both = [row for row in every if row["paper"] == "wu2021" and row["verdict"] == "no verdict (smoke)"]
    assert shown_rows(page) == both
    assert both
    assert page.inner_text("#filter-count") == f"{len(both)} of {len(every)}"
    page.select_option("#filter-paper", "")
    page.select_option("#filter-verdict", "")
    page.fill("#filter-text", "gpnorm auc")
    found = page.locator(".ledger tbody tr:visible").all_inner_texts()
    assert found
    assert all("gpnorm" in text.lower() and "auc" in text.lower() for text in found)
    page.fill("#filter-text", "")
    assert shown_rows(page) == every
    assert observed.errors == []
    assert observed.requests == [report]


def test_a_phone_needs_no_sideways_scrolling(observe, report):
    observed = observe(390, 844)
    observed.page.goto(report)
    width, window = observed.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window
    assert observed.page.locator("figure img").bounding_box()["width"] <= window
    assert observed.errors == []


def test_without_scripts_the_whole_ledger_is_readable_and_no_filter_is_offered(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator(".ledger tbody tr").count() == page.locator(".ledger tbody tr:visible").count() > 200
    assert not page.locator(".filters").is_visible()
    context.close()


def test_on_paper_there_are_no_controls_and_nothing_is_cut_off(observe, report):
    page = observe(794, 1123).page
    page.goto(report)
    page.emulate_media(media="print")
    assert not page.locator(".filters").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("figure img").is_visible()
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window
    # The picture is 1200 pixels wide, and the report's figures are at most 1100.
    assert re.search(rb"/Subtype\s*/Image\s*/Width\s+1100", page.pdf(format="A4")), "no figure in the PDF"
