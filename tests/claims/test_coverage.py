import pytest

from neolab.catalogue import all_studies
from neolab.claims.coverage import check_coverage, one_line, paper_text
from neolab.claims.load import PAPERS_FOLDER, load_study
from neolab.errors import InputError

WITH_TEXT = [
    study
    for study in all_studies()
    if (PAPERS_FOLDER / f"{study}.yaml").exists() and load_study(study).text_file is not None
]


@pytest.mark.parametrize("study", WITH_TEXT)
def test_every_number_of_the_papers_text_is_a_claim_or_has_a_reason(study, paper_texts):
    paper = load_study(study)
    coverage = check_coverage(paper, paper_text(paper, paper_texts))
    assert coverage.missing == ()
    assert coverage.not_found == ()
    assert coverage.idle_patterns == ()
    assert coverage.complete
    assert coverage.claimed + coverage.excused == coverage.numerals


def auc(identifier, printed="AUC of 76.90%"):
    return {"id": f"wu2021.{identifier}", "printed": printed}


def test_a_number_that_stands_twice_needs_two_claims(make_paper):
    text = one_line("The AUC of 76.90%\nwas high; an AUC of 76.90% is rare.")
    once = check_coverage(make_paper(auc("a")), text)
    assert len(once.missing) == 1 and "»76.90«" in once.missing[0]
    assert check_coverage(make_paper(auc("a"), auc("b")), text).complete
    thrice = check_coverage(make_paper(auc("a"), auc("b"), auc("c")), text)
    assert len(thrice.not_found) == 1 and not thrice.missing


def test_a_short_excerpt_does_not_take_the_only_place_of_a_longer_one(make_paper):
    text = "It was 76.90% here, and an AUC of 76.90% there."
    for order in (("a", "76.90%"), ("b", "AUC of 76.90%")), (("b", "AUC of 76.90%"), ("a", "76.90%")):
        assert check_coverage(make_paper(*(auc(*pair) for pair in order)), text).complete


def test_a_number_within_a_longer_number_is_not_that_number(make_paper):
    coverage = check_coverage(
        make_paper(auc("a", "76.90") | {"value": 76.9, "unit": "%"}), "we saw 176.901 of them"
    )
    assert coverage.not_found == ("wu2021.a",) and len(coverage.missing) == 1


def test_patterns_excuse_numbers_and_are_reported_when_idle(make_paper):
    reasons = [{"pattern": r"\[\d+\]", "reason": "references"}, {"pattern": "Table 9", "reason": "tables"}]
    coverage = check_coverage(make_paper(auc("a"), not_claims=reasons), "An AUC of 76.90% [12] in 2021.")
    assert coverage.excused == 1 and coverage.idle_patterns == ("Table 9",)
    assert len(coverage.missing) == 1 and "»2021«" in coverage.missing[0]


def test_claims_from_figures_and_in_words_are_not_sought_among_the_digits(make_paper):
    figure = auc("a") | {"in_text": False}
    word = auc("b", "three readers") | {"value": 3, "unit": "count"}
    assert check_coverage(make_paper(figure, word), "We had three readers.").complete
    assert check_coverage(make_paper(figure, word), "We had readers.").not_found == ("wu2021.b",)


def test_a_paper_without_its_text_is_said_so(make_paper, tmp_path):
    with pytest.raises(InputError, match="text_file: found nothing"):
        paper_text(make_paper(), tmp_path)
    with pytest.raises(InputError, match=r"found 0 files 000\*.txt"):
        paper_text(make_paper(text_file="000"), tmp_path)
