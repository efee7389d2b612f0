import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.claims.numerals import find_numerals, read_numerals


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("52.48 ± 13.58%", [52.48, 13.58]),
        ("52.48%,55.21%,0.5679,53.58%", [52.48, 55.21, 0.5679, 53.58]),
        ("29(61.70%)", [29, 61.70]),
        ("(p<.05)", [0.05]),
        ("-30° to 30°", [-30, 30]),
        ("range of −30 to 30 pixels", [-30, 30]),
        ("8–9% of infants", [8, 9]),
        ("8-24 months", [8, 24]),
        ("-1.71 to 23.54", [-1.71, 23.54]),
        ("a size of 224 × 224x3 pixels", [224, 224, 3]),
        ("to 8x8x8 and 29x29x8", [8, 8, 8, 29, 29, 8]),
        ("11,177,538 parameters, 5.4M", [11177538, 5.4]),
        ("[12, 14,17]", [12, 14, 17]),
        ("ended at 0.83.", [0.83]),
        ("TR/TE: 530/11msec", [530, 11]),
    ],
)
def test_numbers_are_read_as_they_are_printed(text, values):
    assert [numeral.value for numeral in find_numerals(text)] == values


@pytest.mark.parametrize(
    "text", ["ResNet18", "T1WI", "2D", "RTX 2080Ti", "Fig. 5b", "std_16x16", "χ2-test", "n1"]
)
def test_digits_inside_names_are_no_numbers(text):
    assert find_numerals(text) == []


def test_one_percent_sign_serves_both_sides_of_plus_minus_and_of_a_range():
    assert [n.percent for n in find_numerals("52.48 ± 13.58% of 79, 8–9%")] == [True, True, False, True, True]
    assert [n.percent for n in find_numerals("29(61.70%)")] == [False, True]


def test_words_count_only_where_there_are_no_digits():
    assert [n.value for n in read_numerals("five-fold")] == [5]
    assert [n.value for n in read_numerals("three of 47")] == [47]
    assert read_numerals("someone often") == []


@given(st.integers(0, 10**6), st.integers(0, 5))
def test_the_rounding_interval_holds_every_number_that_prints_so(units, decimals):
    printed = f"{units / 10**decimals:.{decimals}f}"
    (numeral,) = find_numerals(f"it was {printed}.")
    assert numeral.text == printed
    assert numeral.value == pytest.approx(units / 10**decimals)
    inside = numeral.value + 0.49 * 10**-decimals
    assert abs(inside - numeral.value) <= numeral.half_width
    assert f"{inside:.{decimals}f}" == printed


@given(st.text(alphabet="0123456789.,-–±%x()[] abT\n", max_size=40))
def test_any_text_is_read_without_error_and_every_number_stands_where_it_says(text):
    for numeral in find_numerals(text):
        assert text[numeral.start : numeral.start + len(numeral.text)] == numeral.text
