import json

import pytest
from rich.console import Console

from neolab.claims.designs import Cases, design_record
from neolab.claims.ledger import RunResults, count_verdicts, make_ledger, read_results
from neolab.claims.load import load_study
from neolab.claims.sensitivity import tolerance_sensitivity
from neolab.claims.sources import Source
from neolab.claims.table import ledger_frame, ledger_table
from neolab.claims.verdicts import Verdict
from neolab.errors import InputError
from neolab.io.result_class import ResultClass

DESIGNS = {"": Cases(((320, 470),))}


def run_of(value=0.75, low=0.7, high=0.8, *, seed=0, profile="paper", result_class="synthetic", **record):
    metric = {"value": value, "low": low, "high": high, "unit": "1"} | record
    found = {"gpnorm.auc": metric}
    return RunResults("wu2021", profile, seed, ResultClass(result_class), found, designs=DESIGNS)


def one_row(paper, *runs, **options):
    (row,) = make_ledger([paper], runs, **options)
    return row


def test_a_row_joins_the_claim_with_the_run_that_measured_it(make_paper):
    row = one_row(make_paper(), run_of())
    assert row.verdict is Verdict.CONSISTENT
    assert (row.result.value, row.seeds, row.profile, row.result_class) == (0.75, (0,), "paper", "synthetic")
    assert row.seed_sd is None


def test_seeds_are_summarised_by_their_median_and_their_spread(make_paper):
    runs = [run_of(v, v - 0.05, v + 0.05, seed=s) for s, v in ((2, 0.80), (0, 0.70), (1, 0.55))]
    row = one_row(make_paper(), *runs)
    assert row.seeds == (0, 1, 2) and row.values == (0.70, 0.55, 0.80)
    assert row.seed_sd == pytest.approx(0.1258, abs=1e-4)
    assert row.seed_verdicts == (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.CONSISTENT)
    assert row.verdict is Verdict.NO_DISCRIMINATION  # seeds that differ as much as these tell nothing
    (record,) = ledger_frame([row]).to_dict("records")
    assert record["seeds"] == 3 and record["seeds_agreeing"] == 0


def test_the_interval_of_three_seeds_is_no_narrower_than_they_differ(make_paper):
    def typical(result_class):
        values = ((0, 0.70), (1, 0.55), (2, 0.80))
        runs = [run_of(v, v - 0.05, v + 0.05, seed=s, result_class=result_class) for s, v in values]
        return one_row(make_paper(), *runs).result

    seeds = 1.96 * 0.1258
    # Simulated subjects are new in every seed, so that the spread holds theirs; people are the same in all.
    assert (typical("synthetic").low, typical("synthetic").high) == pytest.approx(
        (0.70 - seeds, 0.70 + seeds), abs=1e-3
    )
    assert typical("real").high - 0.70 == pytest.approx((0.05**2 + seeds**2) ** 0.5, abs=1e-3)
    two = one_row(make_paper(), run_of(0.7, 0.65, 0.75, seed=0), run_of(0.8, 0.75, 0.85, seed=1)).result
    assert (two.low, two.value, two.high) == pytest.approx((0.70, 0.75, 0.80))


def test_real_images_speak_before_simulated_ones_paper_before_teach_and_smoke_last(make_paper):
    runs = [
        run_of(0.1, 0.1, 0.1, profile="smoke"),
        run_of(0.75, profile="teach"),
        run_of(0.76, 0.72, 0.80, profile="paper"),
    ]
    assert one_row(make_paper(), *runs).profile == "paper"
    smoke = run_of(0.77, 0.75, 0.79, profile="smoke", result_class="real")
    assert one_row(make_paper(), *runs, smoke).profile == "paper"
    assert one_row(make_paper(), smoke).verdict is Verdict.SMOKE
    real = run_of(0.77, 0.75, 0.79, profile="teach", result_class="real")
    row = one_row(make_paper(sources={"": Source(kind="image")}), *runs, smoke, real)
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


def test_counts_are_of_distinct_quantities_and_of_roles(make_paper):
    paper = make_paper(
        {"id": "wu2021.a"},
        {"id": "wu2021.b"},
        {"id": "wu2021.c", "value": 0.7, "printed": "70%"},
        {"id": "wu2021.d", "role": "input", "result": "gpnorm.cutoff"},
        {"id": "wu2021.e", "result": None, "not_testable": "why"},
        {"id": "wu2021.f", "result": None, "not_testable": "why", "same_as": "wu2021.e"},
    )
    rows = make_ledger([paper], [run_of()])
    assert sum(count_verdicts(rows).values()) == 4
    assert count_verdicts(rows)[Verdict.CONSISTENT] == 2
    assert sum(count_verdicts(rows, role="input").values()) == 1
    contradicted = make_ledger([paper], [run_of()], {"wu2021.b": "contradicted"})
    assert count_verdicts(contradicted)[Verdict.CONTRADICTED] == 1
    assert count_verdicts(contradicted)[Verdict.CONSISTENT] == 1


def test_what_rests_on_inputs_alone_is_input_by_declaration_and_computation(make_paper):
    claims = [
        {"id": "wu2021.mean", "role": "input", "result": "gp.mean"},
        {"id": "wu2021.auc", "result": "gp.auc"},
        {"id": "wu2021.cutoff", "result": "gp.cutoff"},
        {"id": "wu2021.mixed", "result": "compare.difference"},
        {"id": "wu2021.reader", "result": "visual.auc"},
    ]
    sources = {
        "gp": Source(kind="image", rests_on=("gp.mean",)),
        "gp.cutoff": Source(kind="image", rests_on=("gp.auc",)),
        "compare": Source(kind="image", rests_on=("gp.auc", "visual.auc")),
        "visual": Source(kind="reader"),
    }
    paper = make_paper(*claims, sources=sources)
    metric = run_of().metrics["gpnorm.auc"]
    run = RunResults(
        "wu2021", "paper", 0, ResultClass.SYNTHETIC, {c["result"]: metric for c in claims}, designs=DESIGNS
    )
    verdicts = {row.claim.id: row.verdict for row in make_ledger([paper], [run])}
    assert [verdicts[f"wu2021.{name}"] for name in ("mean", "auc", "cutoff")] == [Verdict.INPUT] * 3
    assert [verdicts[f"wu2021.{name}"] for name in ("mixed", "reader")] == [Verdict.CONSISTENT] * 2


def test_results_that_rest_on_each_other_are_no_input(make_paper):
    sources = {
        "a.one": Source(kind="image", rests_on=("a.two",)),
        "a.two": Source(kind="image", rests_on=("a.one",)),
    }
    paper = make_paper(
        {"id": "wu2021.a", "result": "a.one"}, {"id": "wu2021.b", "result": "a.two"}, sources=sources
    )
    assert not paper.follows_from_inputs("a.one")


def test_a_source_names_results_of_claims(make_paper):
    with pytest.raises(ValueError, match="found 'gp.mean', expected a claim's result"):
        make_paper(sources={"": Source(kind="image", rests_on=("gp.mean",))})


def test_the_audit_and_roc_of_wu_2021_that_follow_from_its_group_means_are_input():
    paper = load_study("wu2021")
    for name in ("gpnorm.auc", "gpnorm.cutoff", "gpnorm.accuracy", "stnnorm.auc", "table1.age_abe"):
        assert paper.follows_from_inputs(name), name
    for name in ("visual.auc", "resnet18.slice.auc", "compare.gpnorm_visual_p"):
        assert not paper.follows_from_inputs(name), name


def test_the_tables_show_every_claim_and_take_no_markup_from_it(make_paper):
    paper = make_paper({"id": "wu2021.a", "printed": "[bold]76.90%"}, {"id": "wu2021.b"})
    rows = make_ledger([paper], [run_of()])
    console = Console(width=190, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(ledger_table(rows))
    text = console.export_text()
    assert "wu2021.a" in text and "0.75 [0.7, 0.8]" in text and "in silico: consistent" in text
    assert "0.5, 0%" in text
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
        "designs": {name: design_record(one) for name, one in DESIGNS.items()},
    }
    (tmp_path / "results.json").write_text(json.dumps(content))
    (read,) = read_results([tmp_path])
    assert (read.study, read.seed, read.metrics) == ("wu2021", 3, run.metrics)
    assert read.designs == DESIGNS
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
    """A run that measured every claim as printed, ``offset`` tolerances away, on very many cases."""
    metrics = {}
    for claim in paper.claims:
        if claim.result is not None and claim.result not in metrics:
            margin = claim.tolerance if isinstance(claim.tolerance, float) else 0.0
            value = claim.value + offset * margin
            metrics[claim.result] = {"value": value, "unit": claim.unit}
            if margin:
                metrics[claim.result] |= {"low": value - 0.4 * margin, "high": value + 0.4 * margin}
    designs = {"": Cases(((3200, 4700),)), "visual": Cases(((3200, 4700),), 3)}
    return RunResults(paper.study, "paper", 0, result_class, metrics, designs=designs)


def test_a_run_that_measures_what_wu_2021_print_never_reproduces_in_silico_and_never_differs():
    paper = load_study("wu2021")
    synthetic = count_verdicts(make_ledger([paper], [perfect_run(paper, ResultClass.SYNTHETIC)]))
    assert synthetic[Verdict.REPRODUCED] == synthetic[Verdict.NO_RUN] == synthetic[Verdict.INCONSISTENT] == 0
    assert synthetic[Verdict.CONSISTENT] > 5 and synthetic[Verdict.INPUT] > 20
    real = count_verdicts(make_ledger([paper], [perfect_run(paper, ResultClass.REAL)]))
    assert real[Verdict.CONSISTENT] == real[Verdict.NOT_REPRODUCED] == real[Verdict.INPUT] == 0
    assert real[Verdict.REPRODUCED] > synthetic[Verdict.CONSISTENT]


def test_halving_and_doubling_every_published_error_moves_disagreement_one_way():
    paper = load_study("wu2021")
    table = tolerance_sensitivity([paper], [perfect_run(paper, ResultClass.SYNTHETIC, offset=1.5)])
    assert list(table.columns) == [0.5, 1.0, 2.0]
    assert len({*table.sum()}) == 1
    differ = table.loc["in silico: inconsistent"].tolist()
    assert differ == sorted(differ, reverse=True) and differ[0] > differ[-1]
