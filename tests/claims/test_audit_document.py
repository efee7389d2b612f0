"""Any paper: a YAML file of its tables and sentences, statistics in its text, and the page of checks."""

from pathlib import Path

import pytest
import yaml

from neolab.claims.audit.catalogue import catalogue
from neolab.claims.audit.document import TEMPLATE, audit_document, audit_yaml, proposal
from neolab.claims.audit.register import all_checks
from neolab.claims.audit.text import find_statistics, sentences, whole_number
from neolab.errors import InputError

TABLE = {
    "name": "Table 2",
    "positives": 40,
    "negatives": 42,
    "cells": {
        "our model": {"sensitivity": "85.0%", "specificity": "90.5%", "accuracy": "87.8%"},
        "baseline": {"sensitivity": "75.0%", "specificity": "81.0%", "accuracy": "78.0%"},
    },
}
GROUPS = {
    "name": "Table 1",
    "n": {"treated": 40, "control": 42},
    "total": 82,
    "whole_numbers": ["score"],
    "cells": {
        "age": {"treated": "61.2 ± 8.1", "control": "63.0 ± 7.7", "p": "0.31"},
        "score": {"treated": "3.45 ± 1.20", "control": "3.21 ± 1.14"},
        "male": {"treated": "22 (55.0%)", "control": "25 (59.5%)", "p": "0.68", "OR": "0.83 (0.35 to 2.00)"},
    },
}


@pytest.fixture
def audited(tmp_path):
    """Audit a paper made of tables and sentences; returns findings by the end of their identifier."""

    def run(*tables, statements=(), **fields):
        path = tmp_path / "my paper.yaml"
        content = {"title": "invented", "tables": list(tables), "statements": list(statements)} | fields
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return {f.id.removeprefix("mypaper.audit."): f for f in audit_document(path)}

    return run


def worst(findings) -> set[str]:
    return {name for name, finding in findings.items() if finding.severity in ("impossible", "inconsistent")}


def change(table: dict, row: str, column: str, text: str) -> dict:
    cells = {name: dict(columns) for name, columns in table["cells"].items()}
    cells[row][column] = text
    return table | {"cells": cells}


def test_the_template_is_a_consistent_paper():
    findings = audit_document(TEMPLATE)
    assert {str(finding.severity) for finding in findings} == {"consistent", "note"}
    assert {f.check for f in findings} >= {
        "t_test",
        "chi_square",
        "group_ratio",
        "one_table",
        "best",
        "statistic",
    }


# Each change makes one true number of an invented paper false.
@pytest.mark.parametrize(
    ("row", "column", "text", "check"),
    [
        ("age", "p", "0.03", "table1.age.p"),
        ("score", "treated", "3.46 ± 1.20", "table1.score.treated.whole"),
        ("male", "control", "25 (57.5%)", "table1.male.control.share"),
        ("male", "p", "0.068", "table1.male.p"),
        ("male", "OR", "1.83 (1.05 to 3.20)", "table1.male.odds_ratio_of_counts"),
        ("male", "OR", "0.83 (0.85 to 2.00)", "table1.male.odds_ratio"),
    ],
)
def test_a_contradiction_planted_in_a_table_of_groups_is_found(audited, row, column, text, check):
    assert not worst(audited(GROUPS))
    assert check in worst(audited(change(GROUPS, row, column, text)))


def test_a_contradiction_planted_in_a_table_of_metrics_is_found(audited):
    assert not worst(audited(TABLE))
    found = audited(change(TABLE, "baseline", "accuracy", "87.0%"))["table1.baseline.table"]
    assert found.severity == "impossible" and len(found.conflicts[0]) == 3


def test_groups_that_do_not_add_up_are_found(audited):
    assert "table1.total" in worst(audited(GROUPS | {"total": 83}))


@pytest.mark.parametrize(
    ("sentence", "good"),
    [
        ("Our model had the highest accuracy.", True),
        ("The baseline had the highest accuracy.", False),
        ("Our model outperformed the baseline in accuracy.", True),
        ("The baseline outperformed our model in specificity.", False),
        ("The baseline was our best model.", False),
        ("Our model reached an accuracy of 87.8%.", True),
        ("Our model reached an accuracy of 89.8%.", False),
        ("Thirty-four of 40 patients (85.0%) were found.", True),
        ("Thirty-six of forty patients (85.0%) were found.", False),
        ("The drop-out was 12.5% (5/40).", True),
        ("The effect was significant, t(80) = 2.10, p = .039.", True),
        ("The effect was significant, t(80) = 1.10, p = .27.", False),
        ("The effect was not significant, t(80) = 1.10, p = .27.", True),
        ("Mortality was lower (odds ratio 0.50, 95% CI 0.30 to 0.83, p = .007).", True),
        ("Mortality was lower (odds ratio 0.50, 95% CI 0.30 to 0.83, p = .07).", False),
    ],
)
def test_sentences_are_compared_with_cells_and_recomputed(audited, sentence, good):
    findings = audited(TABLE, statements=[sentence])
    assert any(name.startswith("statement1") for name in findings) or "same" in str(findings)
    told = {n for n in worst(findings) if n.startswith(("statement1", "same"))}
    assert bool(told) is not good, told


def test_groups_that_far_outnumber_are_at_least_twice_as_many(audited):
    sentence = "The control far outnumber the treated."
    assert audited(GROUPS, statements=[sentence])["statement1.more"].severity == "ambiguous"


def test_means_over_folds_and_readers_are_searched(audited):
    cells = {
        "net": {"sensitivity": "80.00 ± 7.07%", "specificity": "72.00 ± 8.37%", "accuracy": "76.00 ± 4.18%"}
    }
    table = {"name": "T", "positives": 100, "negatives": 100, "folds": 5, "cells": cells}
    checks = {f.check for f in audited(table).values()}
    assert {"fold_means", "recover"} <= checks
    assert "recover" in {f.check for f in audited(table | {"folds": None, "readers": 3}).values()}


def test_detection_errors_and_correlations_are_recognised_by_their_columns(audited):
    detection = {
        "name": "D",
        "lesions": 186,
        "subjects": 78,
        "cells": {"net": {"sensitivity": ".93", "precision": ".59", "false positives": "1.5"}},
    }
    regression = {
        "name": "R",
        "n": 119,
        "cells": {"net": {"MAE": "2.28", "RMSE": "3.40", "r": "0.90", "p": "<0.001"}},
    }
    assert {f.check for f in audited(detection, regression).values()} == {"detection", "errors", "statistic"}


# ---- Statistics in running text: the examples of statcheck's manual and tests


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("The effect was very significant, t(28) = 2.20, p = .03.", ["t"]),
        ("Both effects were, t(28) = 2.20, p = .03, t(28) = 1.23, p = .04.", ["t", "t"]),
        (" t ( 28 ) = 2.20 , p = .03", ["t"]),
        ("t(28)=2.20,p=.03", ["t"]),
        ("t(28) = -2.20, p = .03", ["t"]),
        ("t(28) = 2,000.20, p = .03", ["t"]),
        ("t(28) = 2.20, p < .03", ["t"]),
        ("t(28.1) = 2.20, p = .03", ["t"]),
        ("F(2, 28) = 2.20, p = .15", ["F"]),
        ("r(28) = .22, p = .26", ["r"]),
        (" z = 2.20, p = .04", ["z"]),
        ("chi2(28) = 22.20, p = .79", ["chi2"]),
        ("χ2(1, N = 128) = 0.78, p = .377", ["chi2"]),
        ("Q(28) = 22.20, p = .79", ["Q"]),
        ("t(28) = 2.20, p = 1.03", []),
        ("t(2,28) = 2.20, p = .03", []),
        ("HR 1.50 (95% CI 1.10-2.05)", ["ratio"]),
    ],
)
def test_statistics_are_found_where_statcheck_finds_them(text, kinds):
    assert [found.kind for found in find_statistics(text)] == kinds


def test_statchecks_decision_error_is_found(audited):
    """Its README's and its tests' examples: t(48) = 1.02, p < .05 and t(100) = 1, p < 0.001."""
    for text in ("The effect was very significant (t(48) = 1.02, p < .05)", "t(100) = 1, p < 0.001"):
        assert audited(statements=[text])["statement1.1"].severity == "impossible"
    assert audited(statements=["t(28) = 2.20, p = .04"])["statement1.1"].severity == "consistent"


def test_numbers_in_words_are_read():
    assert [whole_number(x) for x in ("seven", "forty-two", "ninety five", "one hundred and twelve")] == [
        7,
        42,
        95,
        112,
    ]
    assert sentences("It was 1.5 mm. The rest, e.g. two, was not.") == [
        "It was 1.5 mm.",
        "The rest, e.g. two, was not.",
    ]


def test_a_text_becomes_a_file_that_can_be_audited(tmp_path):
    text = "Age differed, t(28) = 2.20, p = .04. Nothing else did. Of all, 34 of 47 (72.3%) recovered."
    document, number = proposal(text, 'an "abstract"')
    assert number == 2
    file = tmp_path / "abstract.yaml"
    file.write_text(document, encoding="utf-8")
    assert {f.check for f in audit_document(file)} == {"statistic", "share"}
    assert audit_yaml(document, file.name) == audit_document(file)
    assert len(audit_document(tmp_path)) == 2  # a folder: every YAML file in it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "expected valid YAML"),
        ("- a", "found list, expected title, tables and statements"),
        ("tables: []", "paper.yaml: title: expected"),
        ("title: a", "neither tables nor statements"),
        ("title: a\ntables: [{name: T, cells: {m: {sensitivity: 0.80}}}]", "expected quotes around it"),
        ("title: a\ntables: [{name: T, cells: {m: {sensitivity: high}}}]", "found 'high', expected a number"),
        (
            "title: a\ntables: [{name: T, colour: red, cells: {m: {p: '.1'}}}]",
            "tables.1.colour: found a name",
        ),
        ("title: a\nstates: {folds: bent}\nstatements: [x]", "states: folds: found 'bent', expected one of"),
        ("title: a\nstatements: [nothing here]", "no check applies"),
    ],
)
def test_a_faulty_file_is_one_sentence(tmp_path, text, message):
    path = tmp_path / "paper.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        audit_document(path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_folder_without_papers_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="found no YAML file"):
        audit_document(tmp_path)
    with pytest.raises(InputError, match="expected a YAML file"):
        audit_document(tmp_path / "none.yaml")


# ---- The page of checks


def test_the_page_of_checks_is_current():
    page = Path(__file__).parents[2] / "docs" / "audit_checks.md"
    assert page.read_text(encoding="utf-8") == catalogue()


@pytest.mark.parametrize("name", list(all_checks()))
def test_every_check_states_its_premises_formula_source_and_an_example(name):
    check = all_checks()[name]
    assert set(check.fields) == {"Formula", "Source", "Example"} and all(check.fields.values())
    assert check.summary.endswith(".")
