"""The reading room keeps the truth to itself until the last case, and counts right."""

import numpy as np
import pandas as pd
import pytest

from neolab.studies.wu2021.reading_room import ReadingSession, comparison_table, reading_room

LABEL = np.array([1, 0, 1, 1, 0, 0, 1, 0])


def test_cases_are_shuffled_by_the_seed_and_shown_once():
    first, again, other = (ReadingSession.shuffled(LABEL, 8, seed) for seed in (1, 1, 2))
    assert first.order.tolist() == again.order.tolist() != other.order.tolist()
    assert sorted(first.order) == list(range(8))


def test_a_perfect_reader_is_perfect_and_answers_after_the_end_change_nothing():
    session = ReadingSession.shuffled(LABEL, 6, 0)
    while session.case is not None:
        session.answer(LABEL[session.case])
    session.answer(0)
    assert len(session.calls) == 6
    assert set(session.measures().values()) == {1.0}


def test_the_student_is_compared_on_the_cases_that_they_read():
    session = ReadingSession.shuffled(LABEL, 4, 3)
    for _ in range(4):
        session.answer(1)
    readers = pd.DataFrame({"right": LABEL, "wrong": 1 - LABEL})
    table = comparison_table(session, readers)
    assert table.loc["right", "accuracy"] == 1 and table.loc["wrong", "accuracy"] == 0
    assert table.loc["you", "accuracy"] == pytest.approx(LABEL[session.order].mean())


def click_through(room):
    buttons, screen, verdict = room.children
    shown = []
    while not buttons.children[0].disabled:
        shown.append((bytes(screen.value), verdict.value))
        buttons.children[0].click()
    return shown, verdict.value


def test_the_widget_walks_through_its_cases_and_shows_the_table_only_at_the_end():
    rng = np.random.default_rng(0)
    pictures = [rng.random((24, 24)) for _ in LABEL]
    readers = pd.DataFrame({"senior": LABEL})
    shown, end = click_through(reading_room(pictures, LABEL, readers, 1.0, n_cases=3, footer="synthetic"))
    assert len(shown) == 3
    assert all(png.startswith(b"\x89PNG") for png, _ in shown)
    assert len({png for png, _ in shown}) == 3
    assert not any("senior" in text for _, text in shown)
    assert "senior" in end and "you" in end and "synthetic" in end
