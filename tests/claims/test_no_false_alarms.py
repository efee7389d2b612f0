"""True results, printed under any reading of the register, are never impossible; misprints are noticed.

The draws are those of ``benchmarks/audit.py``, which runs 10,000 of them; here each check gets a few.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from neolab.claims.audit.register import all_checks
from neolab.claims.audit.rounding import as_read, printed

# Notes, and checks whose only premise is a reader's: they compute nothing that a draw could contradict.
WITHOUT_DRAWS = {
    *("majority", "auc_precision", "auc_difference", "binormal", "spread", "raters_alike"),
    *("peak_among_means", "renamed", "plausible", "blocks", "operations", "shape_chain", "halvings"),
}
DRAWS_EACH = 15


@pytest.fixture(scope="module")
def benchmark():
    path = Path(__file__).parents[2] / "benchmarks" / "audit.py"
    spec = importlib.util.spec_from_file_location("audit_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_check_that_can_say_impossible_is_drawn(benchmark):
    assert set(benchmark.DRAWS) == set(all_checks()) - WITHOUT_DRAWS


@pytest.mark.parametrize("check", sorted(set(all_checks()) - WITHOUT_DRAWS))
def test_true_results_are_never_impossible_whatever_the_reading(benchmark, check):
    rates = benchmark.measure(check, DRAWS_EACH, np.random.default_rng(11))
    assert not rates.alarms, rates.alarms[0]
    assert sum(rates.true.values()) == DRAWS_EACH


# Where a true table is printed as most papers print it, a misprint stands out in most of these.
@pytest.mark.parametrize(
    "check", ["one_table", "share", "proportion", "recover", "same", "binary_mean", "statistic"]
)
def test_a_planted_misprint_is_noticed(benchmark, check):
    rng, noticed = np.random.default_rng(3), 0
    for _ in range(DRAWS_EACH):
        study = benchmark.Study(rng, "half-even")
        entry = benchmark.DRAWS[check](study)
        noticed += study.misprinted().audit(entry).severity != "consistent"
    assert noticed > DRAWS_EACH / 2


def single(benchmark, digits: str, **numbers: float):
    study = benchmark.Study(np.random.default_rng(0), digits)
    return study, {name: study.show(name, value, 3, 3) for name, value in numbers.items()}


@pytest.mark.parametrize(("digits", "severity"), [("half-even", "consistent"), ("truncate", "inconsistent")])
def test_digits_that_were_cut_off_are_a_reading_and_not_an_error(benchmark, digits, severity):
    study, shown = single(benchmark, digits, share=2 / 3)
    finding = study.audit({"check": "proportion", "value": shown["share"], "n": 3})
    assert finding.severity == severity
    assert bool(finding.only_if) is (digits == "truncate")


def test_a_mean_mcc_too_low_for_its_rates_is_found_once_an_undefined_mcc_counts_as_0(benchmark):
    """Sensitivity .8 and specificity .8 in folds of 5 + 5: no mean MCC near -.5, whatever 0 / 0 is."""
    study, shown = single(benchmark, "half-even", sensitivity=0.8, specificity=0.8, mcc=0.1)
    entry = {"check": "fold_means", "positives": 25, "negatives": 25, "folds": 5, "metrics": shown}
    stated = {"states": {"folds": "stratified", "pooling": "folds"}}
    assert study.audit(entry | stated).severity == "impossible"
    study, shown = single(benchmark, "half-even", sensitivity=0.8, specificity=0.8, mcc=0.6)
    assert study.audit(entry | {"metrics": shown} | stated).severity == "consistent"


def test_a_wrong_statement_in_words_is_found(benchmark):
    study, shown = single(benchmark, "half-even", ours=0.71, theirs=0.84)
    best = {"check": "best", "named": "ours", "values": {"ours": shown["ours"], "theirs": shown["theirs"]}}
    finding = study.audit(best | {"quote": "our model was best"})
    assert finding.severity == "impossible" and len(finding.conflicts[0]) == 2


def test_a_check_that_cannot_decide_says_so(benchmark):
    """Without a stated test any p can be that of ranks; with Student's t it cannot."""
    study = benchmark.Study(np.random.default_rng(0))
    summaries = (("m1", 1.47, 2), ("s1", 0.09, 2), ("m2", 1.42, 2), ("s2", 0.07, 2), ("p", 0.6, 3))
    m1, s1, m2, s2, p = (study.show(name, value, d, d) for name, value, d in summaries)
    entry = {"check": "t_test", "first": [m1, s1, 47], "second": [m2, s2, 32], "p": p}
    assert study.audit(entry).only_if == ("the test was of another kind (ranks, adjusted)",)
    assert study.audit(entry | {"states": {"means_test": ["Student", "Welch"]}}).severity == "impossible"


def test_a_padded_zero_is_as_good_as_the_number_without_it():
    assert as_read(printed("0.80"), "0.80", "padded") == printed("0.8")
