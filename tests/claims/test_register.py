import json

import pytest

from neolab.claims import register
from neolab.claims.load import load_papers
from neolab.errors import InputError


def entries_of(paper, today="2026-01-01", before=None):
    return register.update(before or {}, [paper], today)[0]


def test_the_register_holds_every_claim_of_every_paper_as_it_is():
    assert register.changes(register.read_register(), load_papers().values()) == []


def test_a_changed_tolerance_shows_with_old_and_new_before_and_after_it_is_registered(make_paper):
    first = entries_of(make_paper({"id": "wu2021.a", "tolerance": 0.1}))
    wider = make_paper({"id": "wu2021.a", "tolerance": 0.2})
    (change,) = register.changes(first, [wider])
    assert (change.what, change.old, change.new) == (
        "changed, not registered", "tolerance 0.1", "tolerance 0.2",
    )  # fmt: skip
    second, added = register.update(first, [wider], "2026-02-02")
    assert added == 1 and len(second["wu2021.a"]) == 2
    (change,) = register.changes(second, [wider])
    assert (change.what, change.date, change.old, change.new) == (
        "changed", "2026-02-02", "tolerance 0.1", "tolerance 0.2",
    )  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [("tolerance", 0.2), ("date", "2025-01-01"), ("value", 0.9)])
def test_an_entry_that_was_edited_breaks_the_chain(make_paper, field, value):
    paper = make_paper({"id": "wu2021.a", "tolerance": 0.1})
    entries = entries_of(paper)
    sealed = register.seal(entries)
    entries["wu2021.a"][0][field] = value
    assert "register edited" in {change.what for change in register.changes(entries, [paper])}
    assert register.seal(entries) == sealed  # the seal covers the hashes, and these no longer fit


def test_an_entry_that_was_replaced_with_its_hash_moves_the_seal(make_paper):
    narrow, wide = (make_paper({"id": "wu2021.a", "tolerance": one}) for one in (0.1, 0.2))
    assert register.seal(entries_of(narrow)) != register.seal(entries_of(wide))


def test_claims_that_are_new_or_gone_are_named(make_paper):
    first = entries_of(make_paper({"id": "wu2021.a"}))
    other = make_paper({"id": "wu2021.b"})
    found = {change.claim: change.what for change in register.changes(first, [other])}
    assert found == {"wu2021.a": "withdrawn", "wu2021.b": "not registered"}


def test_what_is_written_is_read_and_updating_twice_adds_nothing(make_paper, tmp_path):
    paper = make_paper({"id": "wu2021.a"}, {"id": "wu2021.b", "tolerance": (0.1, 0.2)})
    entries = entries_of(paper)
    register.write_register(entries, tmp_path / "register.yaml")
    read = register.read_register(tmp_path / "register.yaml")
    assert json.dumps(read) == json.dumps(entries)
    assert register.update(read, [paper], "2027-01-01")[1] == 0
    assert register.read_register(tmp_path / "none.yaml") == {}
    (tmp_path / "broken.yaml").write_text("a: 1")
    with pytest.raises(InputError, match="expected a list of entries"):
        register.read_register(tmp_path / "broken.yaml")
