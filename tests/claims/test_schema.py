import math

import pytest
import yaml
from pydantic import ValidationError

from neolab.catalogue import all_studies
from neolab.claims.load import PAPERS_FOLDER, load_paper, load_papers, load_study
from neolab.claims.numerals import read_numerals
from neolab.errors import InputError

FILES = [study for study in all_studies() if (PAPERS_FOLDER / f"{study}.yaml").exists()]


@pytest.mark.parametrize("study", FILES)
def test_every_claims_file_is_valid_and_says_what_it_prints(study):
    paper = load_study(study)
    for claim in paper.claims:
        (low, high), numeral = claim.rounding_interval(), read_numerals(claim.printed)[claim.numeral - 1]
        scales = {1.0} if claim.unit != "1" else {1.0, 0.01}
        assert any(math.isclose(numeral.value * scale, claim.value) for scale in scales), claim.id
        assert low <= claim.value <= high
        assert claim.result is None or claim.tolerance is not None
    assert len({claim.id for claim in paper.claims}) == len(paper.claims)


def test_wu_2021_has_its_tables_its_spreads_and_its_repeats():
    paper = load_study("wu2021")
    ids = {claim.id for claim in paper.claims}
    metrics = ("sensitivity", "specificity", "precision", "f1", "accuracy", "auc")
    for method in ("visual", "resnet18"):
        for metric in metrics:
            assert {f"wu2021.table2.{method}.{metric}", f"wu2021.table2.{method}.{metric}_sd"} <= ids
    assert {f"wu2021.table2.gpnorm.{metric}" for metric in metrics} <= ids
    printed_cutoffs = [claim.place for claim in paper.claims if claim.result == "gpnorm.cutoff"]
    assert len(printed_cutoffs) == 2
    assert sum(claim.statistic == "p_value" for claim in paper.claims) >= 14
    assert paper.claim("wu2021.table2.gpnorm.auc").value == 0.769
    with pytest.raises(KeyError):
        paper.claim("wu2021.nothing")


def test_a_percentage_is_a_proportion_in_unit_1_and_itself_in_percent_points(make_claim):
    assert make_claim().rounding_interval() == pytest.approx((0.76895, 0.76905))
    points = make_claim(unit="%", value=76.9)
    assert points.rounding_interval() == pytest.approx((76.895, 76.905))
    spread = make_claim(printed="53.58 ± 5.71%", numeral=2, value=0.0571)
    assert spread.rounding_half_width == pytest.approx(0.00005)


def test_counts_words_and_bounds_are_not_rounded(make_claim):
    assert make_claim(printed="47 ABE", value=47, unit="count").rounding_half_width == 0
    assert make_claim(printed="five folds", value=5, unit="count").rounding_half_width == 0
    bound = make_claim(printed="p < 0.05", value=0.05, relation="<", tolerance=0)
    assert bound.tolerance_interval() == (-math.inf, 0.05)
    assert make_claim(printed="> 90%", value=0.9, relation=">", tolerance=0).tolerance_interval() == (
        0.9,
        math.inf,
    )


def test_a_tolerance_may_reach_further_to_one_side(make_claim):
    claim = make_claim(printed="0.032", value=0.032, tolerance=(0.032, 0.018))
    assert claim.tolerance_interval() == pytest.approx((-0.0005, 0.0505))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"value": 0.768},
            "wu2021.table2.gpnorm.auc: value: found 0.768, expected 0.769 1 as printed in '76.90%'",
        ),
        ({"numeral": 2}, "holds 1 numbers, expected number 2"),
        ({"printed": 76.9}, r"wu2021.table2.gpnorm.auc: printed: .*string \(found 76.9\)"),
        ({"tolerance": -0.1}, "wu2021.table2.gpnorm.auc: tolerance"),
        ({"tolerance": None, "tolerance_origin": None}, "tolerance: found nothing"),
        ({"tolerance_origin": None}, "tolerance_origin: found nothing"),
        ({"result": None}, "not_testable: found nothing"),
        ({"not_testable": "why"}, "not_testable: found a reason although"),
        ({"metric": "Area under curve"}, "metric: .*pattern"),
        ({"tolerence": 0.1}, "tolerence: Extra inputs are not permitted"),
        ({"analysis_unit": "people"}, r"analysis_unit: .*\(found 'people'\)"),
        ({"id": "Wu2021.AUC"}, "found 'Wu2021.AUC', expected study.part.part"),
        ({"id": "raad2023.auc"}, "raad2023.auc: id: expected it to begin with 'wu2021'"),
        (
            {"same_as": "wu2021.abstract.auc"},
            "same_as: found 'wu2021.abstract.auc', expected an earlier claim",
        ),
        ({"value": math.inf}, "value"),
    ],
)
def test_a_faulty_claim_gets_one_sentence_with_file_claim_and_field(write_claims, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        load_paper(write_claims(changes))
    assert str(caught.value).startswith("wu2021.yaml: ")
    assert "\n" not in str(caught.value)


def test_faults_of_the_file_as_a_whole_are_named(write_claims, tmp_path):
    with pytest.raises(InputError, match="id: found twice"):
        load_paper(write_claims({}, {}))
    with pytest.raises(InputError, match="line 3: key 'claims' is written twice"):
        load_paper(write_claims(text="study: a\nclaims: []\nclaims: []\n"))
    with pytest.raises(InputError, match="'gpnorm.auc' is not described under results"):
        load_paper(write_claims(results={"gpnorm.cutoff": "x"}))
    with pytest.raises(InputError, match="not_claims entry 1: pattern: .*regular expression"):
        load_paper(write_claims(not_claims=[{"pattern": "(", "reason": "none"}]))
    with pytest.raises(InputError, match="missing.yaml: No such file"):
        load_paper(tmp_path / "missing.yaml")
    with pytest.raises(InputError, match="found list, expected a mapping"):
        load_paper(write_claims(text="- 1\n"))
    with pytest.raises(InputError, match="claims: "):
        load_paper(write_claims(text="study: wu2021\nsource: x\n"))


def test_a_key_written_twice_in_a_claim_is_refused_with_its_line(write_claims):
    text = write_claims().read_text().replace("  value: 0.769", "  value: 0.769\n  value: 0.768")
    with pytest.raises(
        InputError, match="line 2: key 'value' is written twice|line [0-9]+: key 'value' is written"
    ):
        load_paper(write_claims(text=text))


def test_anchors_share_text_between_claims(write_claims):
    content = yaml.safe_load(write_claims().read_text())
    text = "shared: {why: &why one reason}\n" + yaml.safe_dump(content).replace("95 % half width", "*why")
    assert (
        load_paper(write_claims(text=text.replace("'*why'", "*why"))).claims[0].tolerance_origin
        == "one reason"
    )


def test_a_file_under_another_studys_name_is_refused(write_claims):
    folder = write_claims().parent
    (folder / "raad2023.yaml").write_text((folder / "wu2021.yaml").read_text())
    with pytest.raises(InputError, match="raad2023.yaml: study: found 'wu2021'"):
        load_study("raad2023", folder)
    with pytest.raises(InputError, match="study: found 'nobody'"):
        load_study("nobody", folder)
    assert set(load_papers(["wu2021"], folder)) == {"wu2021"}


def test_a_claim_cannot_be_changed_after_loading(make_claim):
    with pytest.raises(ValidationError):
        make_claim().value = 0.9
