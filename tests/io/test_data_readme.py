"""The mapping examples of data/README.md are read as they stand."""

import re
from pathlib import Path

import pytest
import yaml

from neolab.io.kinds import KINDS
from neolab.io.mapping import parse_mapping

README = Path(__file__).parents[2] / "data" / "README.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_mapping_example_is_valid(example, tmp_path):
    mapping = parse_mapping(yaml.safe_load(example), tmp_path, "README")
    assert mapping.studies
    assert {pattern.kind for pattern in mapping.patterns if pattern.role == "images"} <= set(KINDS)


def test_there_is_an_example_for_each_study_that_needs_a_mapping():
    studies = {yaml.safe_load(example)["study"] for example in EXAMPLES}
    assert studies == {"wu2021", "wada2019", "sundaresan2023"}


def test_the_list_of_kinds_is_complete():
    listed = re.search(r"Kinds that the studies\nknow: (.*?)\.\n", README.read_text(encoding="utf-8")).group(
        1
    )
    assert listed.replace("`", "").split(", ") == list(KINDS)
