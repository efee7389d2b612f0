"""Names of results made of whatever a folder calls its things."""

import re

from hypothesis import given
from hypothesis import strategies as st

from neolab.metrics.names import metric_names


def test_a_name_that_is_one_already_stays_as_it_is():
    names = ["gpnorm.cv.accuracy", "ukb_swi", "3t"]
    assert metric_names(names) == names


def test_names_that_would_become_alike_are_numbered():
    assert metric_names(["Site A", "site-a", "SITE A", "site_a_2"]) == [
        "site_a", "site_a_2", "site_a_3", "site_a_2_2",
    ]  # fmt: skip


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats()), unique_by=str))
def test_every_text_gets_a_name_of_its_own_that_a_metric_may_have(texts):
    names = metric_names(texts)
    assert len(set(names)) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", name) for name in names)
