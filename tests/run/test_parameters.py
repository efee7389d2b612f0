"""Profiles fill in what is not given, and nothing that is misspelt or mistyped gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neolab.catalogue import all_studies, study_module
from neolab.errors import InputError
from neolab.parameters import PROFILES, check_parameters, parse_value
from neolab.run.registry import notebook_names, parameters_of
from neolab.studies.wu2021.parameters import Wu2021Parameters


@pytest.mark.parametrize("study", notebook_names())
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_of_every_study_is_complete(study, profile):
    model = parameters_of(study)
    resolved = check_parameters(model, {"profile": profile}).model_dump()
    assert resolved["profile"] == profile
    assert set(model.profile_values[profile]) <= set(resolved)


@pytest.mark.parametrize("study", notebook_names())
def test_a_profile_names_only_parameters_that_exist(study):
    model = parameters_of(study)
    named = {name for values in model.profile_values.values() for name in values}
    assert named <= set(model.model_fields)


@pytest.mark.parametrize("study", all_studies())
def test_a_simulated_cohort_has_as_many_people_as_the_lesson_asks_for(study):
    plan = study_module(study, "cohort").plan
    for profile in ("smoke", "teach"):
        wanted = parameters_of(study).profile_values[profile]["n_subjects"]
        assert plan(wanted, 0, profile).table["participant_id"].nunique() == wanted, profile


def test_none_means_the_profiles_value_and_a_given_value_wins():
    smoke = check_parameters(Wu2021Parameters, {"profile": "smoke", "epochs": None})
    assert smoke.epochs == Wu2021Parameters.profile_values["smoke"]["epochs"]
    assert check_parameters(Wu2021Parameters, {"profile": "smoke", "epochs": 9}).epochs == 9


@pytest.mark.parametrize(
    ("given_values", "sentence"),
    [
        ({"epohcs": 3}, "parameter epohcs: unknown (value 3), expected one of profile, data, seed"),
        ({"epochs": "3"}, "parameter epochs: found '3', expected a valid integer"),
        ({"epochs": 3.0}, "parameter epochs: found 3.0, expected a valid integer"),
        ({"seed": True}, "parameter seed: found True, expected a valid integer"),
        ({"seed": -1}, "parameter seed: found -1, expected greater than or equal to 0"),
        ({"profile": "huge"}, "parameter profile: found 'huge', expected 'smoke', 'teach' or 'paper'"),
        ({"data": 3}, "parameter data: found 3, expected a valid string"),
    ],
)
def test_bad_input_gets_one_sentence_that_names_it(given_values, sentence):
    with pytest.raises(InputError) as raised:
        check_parameters(Wu2021Parameters, given_values)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_a_printed_value_is_read_back_as_itself(value):
    read = parse_value(str(value))
    assert read == value
    assert type(read) is type(value)


def test_an_empty_folder_name_is_no_wish_to_simulate():
    """As an unset shell variable leaves it."""
    with pytest.raises(InputError, match="parameter data: found ''"):
        check_parameters(Wu2021Parameters, {"profile": "smoke", "data": ""})
