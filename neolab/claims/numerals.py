"""Numbers as papers print them: finding them in a text and reading their value and rounding."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
# Letters that may follow a number directly and leave it a number ("224x224", "5.4M", "3T", "26th");
# any other letter makes the digits part of a name ("2D", "2080Ti", "5b").
_SUFFIXES = r"(?:x|X|M|K|k|G|mm|cm|ms|msec|s|h|T|GB|g|kg|ml|px|pp|st|nd|rd|th)(?![A-Za-z])|x(?=\d)"
_NUMERAL = re.compile(
    rf"(?<![\w.,])(?P<sign>(?<![\w)\]%])[-−–]\s?)?(?P<digits>{_NUMBER})(?!\d)(?:(?=[^A-Za-z]|$)|(?={_SUFFIXES}))"
    rf"|(?<=[\d%°][x×,])(?P<joined>{_NUMBER})(?!\d)(?=[^A-Za-z]|$|x\d)"
)
# In "std_16x16" the second 16 is joined to a name, in "16x16x16" to numbers.
_RUN = re.compile(r"[\w.,×%°]*$")
_NUMBERS_ONLY = re.compile(r"(?:[\d.]+[%°]?[x×,])+")
# "52.48 ± 13.58%" and "8–9%": one percent sign serves both numbers.
_PERCENT = re.compile(rf"\s*(?:(?:±|–|-|−|to)\s*{_NUMBER}\s*)?[%％]")
_WORDS = dict(
    zero=0,
    one=1,
    two=2,
    three=3,
    four=4,
    five=5,
    six=6,
    seven=7,
    eight=8,
    nine=9,
    ten=10,
    eleven=11,
    twelve=12,
)
_WORD = re.compile(r"(?<![A-Za-z])(" + "|".join(_WORDS) + r")", re.IGNORECASE)


@dataclass(frozen=True)
class Numeral:
    """One number in a text.

    Attributes
    ----------
    text : str
        Its digits as printed, without sign and percent sign ("11,177", ".05", "68.10", "five").
    value : float
        What it says, signed, not divided by 100.
    half_width : float
        Half a unit in the last printed place: the value before rounding lies within ``value`` +- this.
        0 for a number written as a word.
    percent : bool
        Whether a percent sign belongs to it.
    start : int
        Where its digits begin in the text.
    """

    text: str
    value: float
    half_width: float
    percent: bool
    start: int

    @property
    def is_word(self) -> bool:
        """Whether it is written in letters."""
        return self.text[0].isalpha()


def find_numerals(text: str) -> list[Numeral]:
    """Return the numbers printed in digits in ``text``, in order; digits inside names do not count.

    Examples
    --------
    >>> [n.text for n in find_numerals("ResNet18: 52.48 ± 13.58% of 224x224 (p<.05)")]
    ['52.48', '13.58', '224', '224', '.05']
    """
    return list(_digits(text))


def read_numerals(printed: str) -> list[Numeral]:
    """Return the numbers of a short printed string; in one without digits, its number words.

    Examples
    --------
    >>> [n.value for n in read_numerals("-30° to 30°")]
    [-30.0, 30.0]
    >>> [n.value for n in read_numerals("five-fold")]
    [5.0]
    """
    return find_numerals(printed) or [
        Numeral(match[1], float(_WORDS[match[1].lower()]), 0.0, False, match.start())
        for match in _WORD.finditer(printed)
    ]


def _digits(text: str) -> Iterator[Numeral]:
    for match in _NUMERAL.finditer(text):
        if match["joined"] and not _joined_to_numbers(text, match.start("joined")):
            continue
        group = "digits" if match["digits"] else "joined"
        digits = match[group]
        value = float(digits.replace(",", ""))
        decimals = len(digits.partition(".")[2])
        yield Numeral(
            text=digits,
            value=-value if match["sign"] else value,
            half_width=0.5 * 10.0**-decimals,
            percent=_PERCENT.match(text, match.end(group)) is not None,
            start=match.start(group),
        )


def _joined_to_numbers(text: str, start: int) -> bool:
    """Whether what stands directly before ``start``, back to the last space, is numbers and signs only."""
    run = _RUN.search(text[max(0, start - 80) : start])
    return _NUMBERS_ONLY.fullmatch(run[0]) is not None
