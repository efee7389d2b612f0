"""Claims and papers made up for the tests."""

import copy
from pathlib import Path

import pytest
import yaml

from neolab.claims.schema import Claim, Paper

PAPER_TEXTS = Path(__file__).resolve().parents[3] / "shared" / "papers"

CLAIM = {
    "id": "wu2021.table2.gpnorm.auc",
    "place": "Table 2, GPnorm row",
    "printed": "76.90%",
    "value": 0.769,
    "unit": "1",
    "metric": "auc",
    "n": 79,
    "analysis_unit": "patient",
    "method": "gpnorm",
    "tolerance": 0.1,
    "tolerance_origin": "95 % half width",
    "result": "gpnorm.auc",
}


@pytest.fixture
def make_claim():
    """Build a valid claim with some fields changed; None removes a field."""

    def build(**changes) -> Claim:
        fields = copy.deepcopy(CLAIM) | changes
        return Claim(**{key: value for key, value in fields.items() if value is not None})

    return build


@pytest.fixture
def make_paper(make_claim):
    """Build a paper of claims, given as dictionaries of changes."""

    def build(*claims, **fields) -> Paper:
        made = [make_claim(**changes) for changes in claims] if claims else [make_claim()]
        return Paper(study="wu2021", source="made up", claims=made, **fields)

    return build


@pytest.fixture
def write_claims(tmp_path):
    """Write a claims file with one claim, changed; returns its path."""

    def write(*claims, text=None, **fields) -> Path:
        path = tmp_path / "wu2021.yaml"
        entries = [CLAIM | changes for changes in claims] or [CLAIM]
        entries = [{key: value for key, value in entry.items() if value is not None} for entry in entries]
        content = {"study": "wu2021", "source": "made up", "claims": entries} | fields
        path.write_text(text if text is not None else yaml.safe_dump(content, allow_unicode=True))
        return path

    return write


@pytest.fixture(scope="session")
def paper_texts() -> Path:
    """The folder with the papers' texts."""
    if not PAPER_TEXTS.is_dir():
        pytest.skip("the texts of the papers are not beside this checkout")
    return PAPER_TEXTS
