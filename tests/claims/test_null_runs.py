"""Whole runs of predictors without skill, at the papers' own sizes, earn next to no agreement."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neolab.claims.ledger import count_verdicts, make_ledger
from neolab.claims.load import load_papers
from neolab.claims.verdicts import Verdict

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "verdicts.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("verdicts_benchmark", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def counted(paper, runs):
    return [count_verdicts(make_ledger([paper], [run])) for run in runs]


def share(counts, verdict):
    judged = (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.NO_DISCRIMINATION)
    return np.sum([one[verdict] for one in counts]) / np.sum([one[v] for one in counts for v in judged])


@pytest.mark.parametrize("study", ["wu2021", "gloresnet2026"])
def test_coin_readers_and_random_scores_no_longer_earn_consistent(benchmark, study):
    paper = load_papers([study])[study]
    counts = counted(paper, [benchmark.null_run(paper, seed) for seed in range(4)])
    assert all(one[Verdict.CONSISTENT] + one[Verdict.INCONSISTENT] > 0 for one in counts)
    assert share(counts, Verdict.CONSISTENT) < 0.02


@pytest.mark.parametrize("study", sorted(load_papers()))
def test_a_true_replication_of_no_study_does_worse_than_no_skill(benchmark, study):
    paper = load_papers([study])[study]
    seeds = range(3)
    true = [
        benchmark.run_of(paper, benchmark.true_replications(np.random.default_rng(seed)), seed)
        for seed in seeds
    ]
    skilled, without = counted(paper, true), counted(paper, [benchmark.null_run(paper, s) for s in seeds])
    assert share(without, Verdict.CONSISTENT) <= share(skilled, Verdict.CONSISTENT)
    assert share(without, Verdict.CONSISTENT) < 0.02
    assert share(skilled, Verdict.INCONSISTENT) < 0.15


def test_a_replication_of_the_same_size_passes_at_about_the_stated_power(benchmark):
    paper = load_papers(["wada2019"])["wada2019"]
    passed, stated = [], []
    for seed in range(30):
        run = benchmark.run_of(paper, benchmark.true_replications(np.random.default_rng(seed)), seed)
        seen = set()  # where two places print different numbers, the first is the truth here
        for row in make_ledger([paper], [run]):
            if row.judgement.nulls and row.claim.result not in seen:
                seen.add(row.claim.result)
                passed.append(row.run_verdict is not Verdict.INCONSISTENT)
                stated.append(row.judgement.power)
    # What is printed is the truth here, so that only our own error counts, and more pass than is stated.
    assert np.mean(stated) - 0.02 <= np.mean(passed) and np.mean(stated) == pytest.approx(0.95, abs=0.02)
