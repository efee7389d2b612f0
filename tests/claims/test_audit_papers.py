"""What the audit says of the five papers, and of papers whose numbers are known to be true."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml

from neolab.catalogue import all_studies
from neolab.claims.audit.findings import Finding, Severity, verdicts
from neolab.claims.audit.runner import audit, audit_paper, run_entry
from neolab.claims.load import load_papers, load_study
from neolab.claims.schema import Paper
from neolab.errors import InputError


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {finding.id: finding for finding in audit()}


# Each of these can be redone by hand from the printed numbers; see the finding's arithmetic.
KNOWN = {
    "wu2021.audit.table2.visual.tables": "impossible",
    "wu2021.audit.table2.visual.kappa": "impossible",
    "wu2021.audit.stnnorm.t_p": "inconsistent",
    "wu2021.audit.table1.age_p": "inconsistent",
    "wu2021.audit.results.visual.readers": "ambiguous",
    "wu2021.audit.abstract.accuracies": "impossible",
    "wu2021.audit.methods.residual_blocks": "impossible",
    "wu2021.audit.abstract.outperformed": "inconsistent",
    "wu2021.audit.table2.resnet18.tables": "consistent",
    "wu2021.audit.table2.gpnorm.table": "consistent",
    "wu2021.audit.cohort.groups": "consistent",
    "raad2023.audit.abstract.accuracy.name": "inconsistent",
    "raad2023.audit.abstract.accuracy.denominator": "inconsistent",
    "raad2023.audit.cohort.total": "consistent",
    "wada2019.audit.simple.correlation.square": "impossible",
    "wada2019.audit.ensemble.correlation.square": "impossible",
    "wada2019.audit.same.abstract.simple.mae": "impossible",
    "wada2019.audit.network.shapes": "consistent",
    "wada2019.audit.flow.motion": "consistent",
    "sundaresan2023.audit.detection.to_ukb_qsm": "inconsistent",
    "sundaresan2023.audit.detection.cv_ukb": "consistent",
    "sundaresan2023.audit.distillation.gain": "ambiguous",
    "gloresnet2026.audit.table2.gloresnet.fold_means": "impossible",
    "gloresnet2026.audit.table2.gloresnet.parameters": "impossible",
    "gloresnet2026.audit.table2.operations": "impossible",
    "gloresnet2026.audit.same.abstract.sensitivity": "impossible",
    "gloresnet2026.audit.table2.common_share": "inconsistent",
    "gloresnet2026.audit.table2.best.row": "impossible",
    "gloresnet2026.audit.table2.best.accuracy": "inconsistent",
    "gloresnet2026.audit.resnet18.weights": "ambiguous",
    "gloresnet2026.audit.cohort.groups": "consistent",
    "gloresnet2026.audit.table1.sex_p": "consistent",
}


@pytest.mark.parametrize(("name", "severity"), KNOWN.items())
def test_the_papers_known_findings_are_found(findings, name, severity):
    assert findings[name].severity == severity, findings[name].title


def test_identifiers_are_unique_and_claims_exist(findings):
    papers = load_papers()
    assert len(findings) == sum(len(audit_paper(paper)) for paper in papers.values())
    known = {claim.id for paper in papers.values() for claim in paper.claims}
    for finding in findings.values():
        mentioned = {*finding.claims, *finding.premises, *finding.recomputed, *finding.contradicted}
        assert mentioned <= known
        assert finding.study in all_studies() and finding.id.startswith(f"{finding.study}.audit.")
        assert finding.title and finding.arithmetic and all(finding.arithmetic)


def test_only_the_impossible_contradicts_and_only_the_consistent_recomputes(findings):
    for finding in findings.values():
        assert bool(finding.contradicted) <= (finding.severity is Severity.IMPOSSIBLE)
        assert bool(finding.recomputed) <= (finding.severity is Severity.CONSISTENT)
    said = verdicts(list(findings.values()))
    assert said["wu2021.table2.visual.sensitivity_sd"] == "contradicted"
    assert said["wu2021.table2.resnet18.f1_sd"] == "recomputed"
    assert said["wada2019.abstract.simple.correlation"] == "contradicted"
    assert "wada2019.table1.simple.correlation" not in said
    # The same number at another place cannot be either; another number for the same quantity can.
    assert said["gloresnet2026.conclusion.parameters"] == "contradicted"
    assert said["gloresnet2026.results.tta.sensitivity"] == "contradicted"
    assert "gloresnet2026.table6.baseline.sensitivity" not in said
    assert set(said.values()) == {"contradicted", "recomputed"}


def test_numbers_from_a_digest_are_never_called_impossible(findings):
    secondary = {c.id for c in load_study("sundaresan2023").claims if c.source == "secondary"}
    for finding in findings.values():
        if secondary & {*finding.claims, *finding.premises}:
            assert finding.severity is not Severity.IMPOSSIBLE
            if finding.severity is Severity.INCONSISTENT:
                assert "digest" in finding.assumption


def test_the_audit_of_all_papers_is_quick_and_needs_no_torch():
    """One thread computes; the processor's time does not depend on what else the machine does."""
    program = (
        "import sys, time; from neolab.claims.audit.runner import audit; audit();"
        "print('torch' in sys.modules, time.process_time())"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    has_torch, seconds = result.stdout.split()
    assert has_torch == "False"
    assert float(seconds) < 20


def test_findings_survive_json(findings):
    for finding in findings.values():
        again = json.loads(json.dumps(finding.to_dict()))
        assert again["severity"] == str(finding.severity)
        assert tuple(again["arithmetic"]) == finding.arithmetic


def test_the_worst_findings_come_first():
    ranks = [finding.severity.rank for finding in audit_paper(load_study("wu2021"))]
    assert ranks == sorted(ranks)


def test_a_contradiction_is_a_minimal_set_of_claims(findings):
    kappa = findings["wu2021.audit.table2.visual.kappa"]  # of 79 newborns, whatever the readers called
    assert kappa.conflicts == (("wu2021.results.visual.kappa",),)
    rates = findings["gloresnet2026.audit.table2.gloresnet.fold_means"]
    assert len(rates.conflicts[0]) == 3 and set(rates.conflicts[0]) <= set(rates.contradicted)
    readers = findings["wu2021.audit.table2.visual.tables"]
    assert readers.contradicted == ("wu2021.table2.visual.sensitivity_sd",)
    assert all(readers.contradicted[0] in conflict for conflict in readers.conflicts)
    for finding in findings.values():
        assert bool(finding.conflicts) <= (finding.severity is not Severity.CONSISTENT)


def test_what_needs_a_reading_says_which(findings):
    padded = findings["wu2021.audit.table2.gpnorm.whole_row"]
    assert padded.severity is Severity.INCONSISTENT
    assert padded.only_if == ("the last 0 is not a measured digit",)
    assert padded.title.endswith("only if the last 0 is not a measured digit")
    assert "the SDs divide by n" in findings["wu2021.audit.table1.age_p"].only_if
    share = findings["gloresnet2026.audit.table2.vit_b.fold_means"]
    assert share.only_if == ("every fold had another share of positives than the cohort",)


def test_a_p_that_one_pair_of_counts_gives_is_explained(findings):
    found = findings["wu2021.audit.compare.visual_resnet18"]  # 42/79 against 59/95
    assert found.severity is Severity.CONSISTENT and any("42/79 against 59/95" in x for x in found.arithmetic)


def test_statements_in_words_are_computed_and_judgements_are_marked(findings):
    outnumber = findings["gloresnet2026.audit.methods.far_outnumber"]  # 74 against 54
    assert outnumber.severity is Severity.AMBIGUOUS
    assert "vae_8x8_1024" in findings["raad2023.audit.results.best_in_words"].title
    assert findings["wu2021.audit.results.superior_performance"].severity is Severity.CONSISTENT
    judged = {finding.check for finding in findings.values() if finding.judgement}
    assert judged == {"renamed", "plausible", "blocks", "peak_among_means"}


def test_a_percent_sign_in_the_head_of_a_column_counts():
    claim = load_study("gloresnet2026").claim("gloresnet2026.table2.vit_b.accuracy")
    assert claim.printed.startswith("86.4 M") and claim.value == pytest.approx(0.5833)
    assert claim.rounding_half_width == pytest.approx(0.00005)


def write_audit(folder, *entries, study="wu2021"):
    (folder / f"{study}.audit.yaml").write_text(yaml.safe_dump({"study": study, "checks": list(entries)}))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a", "check": "magic"}, "check: found 'magic', expected one of"),
        (
            {"name": "a", "check": "errors", "mae": "no.such", "rmse": "x.y", "n": 3},
            "found 'no.such', expected the id",
        ),
        ({"name": "a", "check": "errors", "mae": "x", "n": 3}, "missing a required argument: 'rmse'"),
        (
            {"name": "a", "check": "errors", "mae": "x", "rmse": "y", "n": 3, "typo": 1},
            "unexpected keyword argument 'typo'",
        ),
        (
            {"name": "a", "check": "share", "count": 3, "n": 4, "share": 0.75, "states": {"digits": "bent"}},
            "states: digits: found 'bent', expected one of rounded, cut, padded",
        ),
        (
            {"name": "a", "check": "share", "count": 3, "n": 4, "share": 0.75, "at_most": "bad"},
            "at_most: found 'bad', expected one of impossible",
        ),
    ],
)
def test_a_faulty_entry_is_refused_in_one_sentence(make_paper, tmp_path, entry, message):
    write_audit(tmp_path, entry)
    with pytest.raises(InputError, match=r"wu2021\.audit\.yaml: a: .*") as error:
        audit_paper(make_paper(), tmp_path)
    assert message in str(error.value)


def test_a_name_used_twice_and_a_file_of_another_study_are_refused(make_paper, tmp_path):
    write_audit(tmp_path, {"name": "a", "check": "same"}, {"name": "a", "check": "same"})
    with pytest.raises(InputError, match="'a' is found twice"):
        audit_paper(make_paper(), tmp_path)
    (tmp_path / "wu2021.audit.yaml").write_text("study: raad2023\nchecks: []\n")
    with pytest.raises(InputError, match="expected a mapping with study: wu2021"):
        audit_paper(make_paper(), tmp_path)


def claim(name: str, text: str, **fields) -> dict:
    """Return a claim that prints ``text``; a percent sign makes it a proportion."""
    number = float(text.rstrip("%").lstrip("<> "))
    value = round(number / 100, 10) if text.endswith("%") else number
    base = {"id": f"wu2021.x.{name}", "place": "Table 9", "printed": text, "value": value, "unit": "1"}
    return base | {"metric": "value", "not_testable": "made up"} | fields


def paper_of(*claims: dict) -> Paper:
    return Paper(study="wu2021", source="made up", claims=claims)


def run(paper: Paper, check: str, **fields) -> Finding:
    return run_entry(paper, {"name": "case", "check": check, "about": "case", **fields})


def test_a_true_paper_is_called_consistent_by_every_table_check():
    rng = np.random.default_rng(5)
    for _ in range(15):
        p, n = (int(x) for x in rng.integers(6, 20, 2))
        tp, tn = rng.binomial(p, 0.8, 3), rng.binomial(n, 0.7, 3)
        fp = n - tn
        values = {
            "sensitivity": tp / p,
            "specificity": tn / n,
            "precision": tp / np.maximum(tp + fp, 1),
            "accuracy": (tp + tn) / (p + n),
        }
        claims = [
            claim("p", str(p), unit="count"),
            claim("n", str(n), unit="count"),
            claim("k", "3", unit="count"),
        ]
        for name, v in values.items():
            claims.append(claim(f"{name}_one", f"{100 * v[0]:.2f}%"))
            claims.append(claim(f"{name}_mean", f"{100 * v.mean():.2f}%"))
            claims.append(claim(f"{name}_sd", f"{100 * v.std(ddof=1):.2f}%"))
        paper = paper_of(*claims)
        pairs = {name: [f"x.{name}_mean", f"x.{name}_sd"] for name in values}
        recovered = run(paper, "recover", sizes=[["x.k", "x.p", "x.n"]], metrics=pairs)
        assert recovered.severity is Severity.CONSISTENT
        single = {name: f"x.{name}_one" for name in values}
        assert (
            run(paper, "one_table", positives="x.p", negatives="x.n", metrics=single).severity == "consistent"
        )
        means = {name: f"x.{name}_mean" for name in values}
        together = {"positives": 3 * p, "negatives": 3 * n, "folds": 3, "metrics": means}
        assert run(paper, "fold_means", **together).severity is Severity.CONSISTENT


def test_an_auc_is_judged_by_the_operating_point_on_its_curve():
    paper = paper_of(
        claim("auc", "0.769"), claim("bad", "0.990"), claim("sens", "68.1%"), claim("spec", "78.1%")
    )
    point = {"sensitivity": "x.sens", "specificity": "x.spec"}
    assert run(paper, "auc_possible", auc="x.auc", **point).severity is Severity.CONSISTENT
    assert run(paper, "auc_possible", auc="x.bad", **point).severity is Severity.IMPOSSIBLE


def test_a_best_row_is_one_fold_or_each_metrics_best_or_neither():
    """9 of 11 and 13 of 15 found: sensitivity .82, specificity .87, accuracy .8462, F1 .818."""

    def row(accuracy, f1, mean_f1):
        values = {"accuracy": accuracy, "sensitivity": ".82", "specificity": ".87", "f1": f1}
        means = {"accuracy": ".75", "sensitivity": ".76", "specificity": ".81", "f1": mean_f1}
        paper = paper_of(
            *(claim(name, text) for name, text in values.items()),
            *(claim(f"mean_{name}", text) for name, text in means.items()),
        )
        return run(
            paper,
            "best_row",
            metrics={name: f"x.{name}" for name in values},
            means={name: f"x.mean_{name}" for name in means},
        )

    assert row("84.62%", ".818", ".83").title.endswith("can be one fold's")
    assert row("84.62%", ".733", ".70").title.endswith("can be each metric's own best")
    worst = row("84.62%", ".733", ".78")
    # One fold would do without any of the row's numbers, each metric's best without the mean.
    assert worst.severity is Severity.IMPOSSIBLE and {"wu2021.x.f1", "wu2021.x.mean_f1"} <= set(
        worst.contradicted
    )
    assert row("95.00%", ".733", ".78").severity is Severity.IMPOSSIBLE


@pytest.mark.parametrize(
    ("tp", "tn", "text", "severity"),
    [
        # 20 + 18, 22 + 20 and 23 + 15 right of 79: p = .77; 34, 34 and 40 called positive: p = .53.
        ((20, 22, 23), (18, 20, 15), "> 0.05", "consistent"),
        # As often right (40 of 79), but 20, 30 and 60 called positive.
        ((14, 19, 34), (26, 21, 6), "> 0.05", "ambiguous"),
        ((14, 19, 34), (26, 21, 20), "> 0.05", "inconsistent"),
    ],
)
def test_raters_differ_in_how_often_they_are_right_or_say_yes(tp, tn, text, severity):
    tp, tn = np.array(tp), np.array(tn)
    values = {"sensitivity": tp / 47, "specificity": tn / 32, "precision": tp / (tp + 32 - tn)}
    claims = [claim(f"{name}_mean", f"{100 * v.mean():.3f}%") for name, v in values.items()]
    claims += [claim(f"{name}_sd", f"{100 * v.std(ddof=1):.3f}%") for name, v in values.items()]
    finding = run(
        paper_of(claim("p", text, relation=">", value=0.05), *claims),
        "raters_alike",
        p="x.p",
        quote="alike",
        sizes=[[3, 47, 32]],
        metrics={name: [f"x.{name}_mean", f"x.{name}_sd"] for name in values},
    )
    assert finding.severity == severity, finding.arithmetic


def test_a_cap_on_severity_takes_the_contradiction_with_it():
    paper = paper_of(claim("peak", "0.51"), claim("mean", "0.58"))
    sides = {"left": ["x.peak"], "relation": ">=", "right": ["x.mean"]}
    worst = run(paper, "compare", **sides)
    assert worst.severity is Severity.IMPOSSIBLE and len(worst.contradicted) == 2
    milder = run(paper, "compare", **sides, at_most="inconsistent", assumption="same model")
    assert milder.severity is Severity.INCONSISTENT and milder.contradicted == ()
    assert milder.assumption == "same model"


def test_exchanged_values_are_recognised():
    def exchanged(first, second):
        paper = paper_of(claim("a", first), claim("b", second), claim("c", "72.15%"), claim("d", "62.11%"))
        fields = {"first_elsewhere": ["x.c"], "second_elsewhere": ["x.d"]}
        return run(paper, "exchanged", first="x.a", second="x.b", **fields)

    assert exchanged("72.15%", "62.11%").severity is Severity.CONSISTENT
    assert "are exchanged" in exchanged("62.11%", "72.15%").title
    assert "are not the values" in exchanged("62.11%", "70.15%").title
