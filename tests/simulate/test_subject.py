import dataclasses

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.simulate.subject import Subject, stream

BABY = Subject("SYN0001", "01", 3, 40.0, "female")


def test_a_stream_gives_the_same_numbers_every_time():
    assert np.array_equal(stream(BABY, "noise").random(5), stream(BABY, "noise").random(5))


@pytest.mark.parametrize(
    ("change", "purpose"),
    [({"seed": 4}, "warp"), ({"participant_id": "SYN0002"}, "warp"), ({"session_id": "02"}, "noise")],
)
def test_streams_differ_between_cohorts_participants_and_scans(change, purpose):
    other = dataclasses.replace(BABY, **change)
    assert not np.array_equal(stream(BABY, purpose).random(5), stream(other, purpose).random(5))


def test_streams_of_two_purposes_are_uncorrelated():
    first, second = (stream(BABY, purpose).standard_normal(20_000) for purpose in ("noise", "bias"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(20_000)


def test_the_person_stays_the_same_from_session_to_session():
    later = dataclasses.replace(BABY, session_id="02")
    assert np.array_equal(stream(BABY, "folding").random(5), stream(later, "folding").random(5))


def test_months_count_from_term():
    assert dataclasses.replace(BABY, postmenstrual_age_weeks=92.14).months_from_term == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"postmenstrual_age_weeks": 20.0}, "postmenstrual_age_weeks"),
        ({"postmenstrual_age_weeks": float("nan")}, "postmenstrual_age_weeks"),
        ({"sex": "f"}, "sex"),
        ({"seed": -1}, "seed"),
    ],
)
def test_impossible_latents_are_refused_by_name(change, words):
    with pytest.raises(InputError, match=words):
        dataclasses.replace(BABY, **change)
