import json

import pytest
from rich.console import Console

from neolab.claims.ledger import (
    RunResults,
    count_verdicts,
    ledger_frame,
    ledger_table,
    make_ledger,
    read_results,
)
from neolab.claims.load import load_study
from neolab.claims.sensitivity import tolerance_sensitivity
from neolab.claims.verdicts import Verdict
from neolab.errors import InputError
from neolab.io.result_class import ResultClass


def run_of(value=0.75, low=0.7, high=0.8, *, seed=0, profile="teach", result_class="synthetic", **record):
    metric = {"value": value, "low": low, "high": high, "unit": "1"} | record
    return RunResults("wu2021", profile, seed, ResultClass(result_class), {"gpnorm.auc": metric})


def one_row(paper, *runs, **options):
    (row,) = make_ledger([paper], runs, **options)
    return row


def test_a_row_joins_the_claim_with_the_run_that_measured_it(make_paper):
    row = one_row(make_paper(), run_of())
    assert row.verdict is Verdict.CONSISTENT
    assert (row.result.value, row.seeds, row.profile, row.result_class) == (0.75, (0,), "teach", "synthetic")
    assert row.seed_sd is None


def test_seeds_are_summarised_by_their_median_and_their_spread(make_paper):
    runs = [run_of(v, v - 0.05, v + 0.05, seed=s) for s, v in ((2, 0.80), (0, 0.70), (1, 0.55))]
    row = one_row(make_paper(), *runs)
    assert row.seeds == (0, 1, 2) and row.values == (0.70, 0.55, 0.80)
    assert (row.result.low, row.result.value, row.result.high) == pytest.approx((0.65, 0.70, 0.75))
    assert row.seed_sd == pytest.approx(0.1258, abs=1e-4)
    assert row.seed_verdicts == (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.CONSISTENT)
    (record,) = ledger_frame([row]).to_dict("records")
    assert record["seeds"] == 3 and record["seeds_agreeing"] == 2


def test_real_images_speak_before_simulated_ones_and_paper_before_teach(make_paper):
    runs = [
        run_of(0.1, 0.1, 0.1, profile="smoke"),
        run_of(0.75, profile="teach"),
        run_of(0.76, 0.72, 0.80, profile="paper"),
    ]
    assert one_row(make_paper(), *runs).profile == "paper"
    real = run_of(0.77, 0.75, 0.79, profile="smoke", result_class="real")
    row = one_row(make_paper(), *runs, real)
    assert row.result_class == "real" and row.verdict is Verdict.REPRODUCED


def test_runs_of_other_studies_are_not_used(make_paper):
    other = RunResults("raad2023", "teach", 0, ResultClass.SYNTHETIC, run_of().metrics)
    assert one_row(make_paper(), other).verdict is Verdict.NO_RUN


def test_a_metric_in_another_unit_or_undefined_is_not_compared_but_named(make_paper):
    percent = one_row(make_paper(), run_of(75, 70, 80, unit="%"))
    assert percent.verdict is Verdict.NO_RUN
    assert percent.detail == "gpnorm.auc has unit '%', the claim '1'"
    undefined = one_row(make_paper(), run_of(None, None, None, seed=4))
    assert undefined.verdict is Verdict.NO_RUN and undefined.detail == "gpnorm.auc is undefined in seed 4"


def test_the_audit_decides_by_claim_and_its_other_kinds_do_not(make_paper):
    paper = make_paper({"id": "wu2021.a"}, {"id": "wu2021.b"}, {"id": "wu2021.c"})
    audit = {"wu2021.a": "contradicted", "wu2021.b": "recomputed", "wu2021.c": "ambiguous"}
    rows = make_ledger([paper], [], audit)
    assert [row.verdict for row in rows] == [Verdict.CONTRADICTED, Verdict.RECOMPUTED, Verdict.NO_RUN]
    assert [row.audit for row in rows] == ["contradicted", "recomputed", None]


def test_counts_add_up_and_can_leave_calibrated_inputs_out(make_paper):
    paper = make_paper({"id": "wu2021.a"}, {"id": "wu2021.b", "role": "input"})
    rows = make_ledger([paper], [run_of()])
    assert sum(count_verdicts(rows).values()) == 2
    assert count_verdicts(rows)[Verdict.CONSISTENT] == 2
    assert count_verdicts(rows, role="outcome")[Verdict.CONSISTENT] == 1


def test_the_tables_show_every_claim_and_take_no_markup_from_it(make_paper):
    paper = make_paper({"id": "wu2021.a", "printed": "[bold]76.90%"}, {"id": "wu2021.b", "role": "input"})
    rows = make_ledger([paper], [run_of()])
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(ledger_table(rows))
    text = console.export_text()
    assert "wu2021.a" in text and "0.75 [0.7, 0.8]" in text and "in silico: consistent (in)" in text
    frame = ledger_frame(rows)
    assert frame.printed.tolist() == ["[bold]76.90%", "76.90%"]
    assert frame.verdict.tolist() == ["in silico: consistent"] * 2


def test_results_files_are_read_and_faulty_ones_named(tmp_path):
    run = run_of()
    content = {
        "schema": 1,
        "study": run.study,
        "result_class": "synthetic",
        "profile": run.profile,
        "seed": 3,
        "metrics": dict(run.metrics),
    }
    (tmp_path / "results.json").write_text(json.dumps(content))
    (read,) = read_results([tmp_path])
    assert (read.study, read.seed, read.metrics) == ("wu2021", 3, run.metrics)
    for text, message in [
        ("{", "expected JSON"),
        ("{}", "KeyError 'study'"),
        (json.dumps(content | {"result_class": "imagined"}), "'imagined' is not a valid ResultClass"),
    ]:
        (tmp_path / "results.json").write_text(text)
        with pytest.raises(InputError, match=message):
            read_results([tmp_path])
    with pytest.raises(InputError, match="expected a finished run"):
        read_results([tmp_path / "nowhere"])


def perfect_run(paper, result_class, offset=0.0):
    """A run that measured every claim as printed, ``offset`` tolerances away."""
    metrics = {}
    for claim in paper.claims:
        if claim.result is not None:
            low, high = claim.tolerance_interval()
            finite = claim.tolerance if isinstance(claim.tolerance, float) else 0.0
            shift = offset * finite
            metrics[claim.result] = {"value": claim.value + shift, "unit": claim.unit}
            if finite:
                metrics[claim.result] |= {
                    "low": claim.value + shift - 0.4 * finite,
                    "high": claim.value + shift + 0.4 * finite,
                }
    return RunResults(paper.study, "teach", 0, result_class, metrics)


def test_a_run_that_measures_what_wu_2021_print_is_consistent_but_never_reproduces():
    paper = load_study("wu2021")
    rows = make_ledger([paper], [perfect_run(paper, ResultClass.SYNTHETIC)])
    counts = count_verdicts(rows)
    assert counts[Verdict.REPRODUCED] == counts[Verdict.NO_RUN] == 0
    assert counts[Verdict.CONSISTENT] > 100
    real = make_ledger([paper], [perfect_run(paper, ResultClass.REAL)])
    unsettled = {
        row.claim.id for row in real if row.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_REPRODUCED)
    }
    # The abstract prints the accuracies of two methods the other way round than the table does.
    assert unsettled == {"wu2021.abstract.gpnorm.accuracy", "wu2021.abstract.resnet18.accuracy"}
    assert count_verdicts(real)[Verdict.REPRODUCED] > 100


def test_halving_and_doubling_every_tolerance_moves_the_counts_one_way():
    paper = load_study("wu2021")
    table = tolerance_sensitivity([paper], [perfect_run(paper, ResultClass.SYNTHETIC, offset=1.5)])
    assert list(table.columns) == [0.5, 1.0, 2.0]
    assert (table.sum() == len(paper.claims)).all()
    agree = table.loc["in silico: consistent"].tolist()
    differ = table.loc["in silico: inconsistent"].tolist()
    assert agree == sorted(agree) and agree[0] < agree[-1]
    assert differ == sorted(differ, reverse=True) and differ[0] > differ[-1]
