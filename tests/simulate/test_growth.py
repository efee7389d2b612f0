"""Sizes drawn for many subjects against published means; see the sources in each docstring."""

import dataclasses

import numpy as np
import pytest

from neolab.simulate import growth
from neolab.simulate.subject import Subject

BABY = Subject("SYN0001", "01", 3, 40.0, "female")


def draw(count=300, **changes):
    return [
        growth.draw_sizes(dataclasses.replace(BABY, participant_id=f"SYN{number:04d}", **changes))
        for number in range(count)
    ]


def test_brain_volume_at_term_equivalent_lies_in_the_published_band():
    """Romberg 2022, meta-analysis of 756 very preterm infants at term-equivalent age: 379 +- 72 ml."""
    brains = [sizes.brain for sizes in draw(postmenstrual_age_weeks=40.5)]
    assert abs(np.mean(brains) - 379) < 36
    assert 20 < np.std(brains) < 72


def test_boys_have_the_larger_brains():
    """Holland 2014: 347 ml in boys and 336 ml in girls at birth, a ratio of 1.033."""
    boys, girls = (np.mean([s.brain for s in draw(sex=sex)]) for sex in ("male", "female"))
    assert boys / girls == pytest.approx(347 / 336, abs=0.012)


def test_the_brain_grows_by_two_thirds_in_ninety_days():
    """Holland 2014: +64 % in the first 90 days."""
    ratio = growth.median_brain_volume_ml(40 + 90 / 7) / growth.median_brain_volume_ml(40)
    assert ratio == pytest.approx(1.64, abs=0.10)


def test_the_brain_doubles_in_year_one_and_gains_a_seventh_in_year_two():
    """Knickmeyer 2008: +101 % from 2-4 weeks to 1 year, +15 % in the second year."""
    after_birth, one, two = (growth.median_brain_volume_ml(age) for age in (43.0, 95.0, 147.0))
    assert one / after_birth == pytest.approx(2.01, abs=0.15)
    assert two / one == pytest.approx(1.15, abs=0.06)


def test_preterm_growth_is_about_twenty_two_millilitres_a_week():
    """Huppi 1998: 22 ml a week between 29 and 41 weeks."""
    slope = (growth.median_brain_volume_ml(40) - growth.median_brain_volume_ml(29)) / 11
    assert slope == pytest.approx(22, abs=1.5)


def test_the_cerebellum_doubles_in_ninety_days():
    """Holland 2014: more than doubles in 90 days; Knickmeyer 2008: +240 % in year 1."""
    term, three_months, one_year = (growth.curve(growth.CEREBELLUM_ML, age) for age in (40, 53, 95))
    assert 2.0 < three_months / term < 2.6
    assert one_year / growth.curve(growth.CEREBELLUM_ML, 43) == pytest.approx(3.4, abs=0.8)


def test_left_ventricles_are_larger_on_average_but_not_in_everyone():
    """Brouwer 2012: left > right in preterm infants at term-equivalent age."""
    left_larger = np.mean([left > right for left, right in (s.lateral_ventricles for s in draw())])
    assert 0.55 < left_larger < 0.9


@pytest.mark.parametrize("name", sorted(growth.TERM_STRUCTURES_ML))
def test_deep_structures_at_term_scatter_about_their_measured_mean(name):
    """Means of ten manually labelled term infants (ALBERTs, 37-44 weeks); scatter of 8-25 %."""
    volumes = [sizes.structures[name] for sizes in draw()]
    assert np.mean(volumes) == pytest.approx(growth.TERM_STRUCTURES_ML[name], rel=0.06)
    assert 0.08 < np.std(volumes) / np.mean(volumes) < 0.25


def test_given_latents_are_taken_as_they_are():
    given = dataclasses.replace(
        BABY,
        ventricle_volume_ml=33.0,
        ventricle_asymmetry=np.log(2.0),
        extra_axial_csf_ml=120.0,
        brain_volume_z=2.0,
    )
    sizes = growth.draw_sizes(given)
    assert sizes.lateral_ventricles == pytest.approx((22.0, 11.0))
    assert sizes.extra_axial_csf == 120.0
    assert sizes.brain == pytest.approx(growth.median_brain_volume_ml(40) * 1.18 * 0.985)


def test_giving_one_latent_leaves_the_others_as_they_were_drawn():
    before, after = (
        growth.draw_sizes(BABY),
        growth.draw_sizes(dataclasses.replace(BABY, ventricle_volume_ml=33.0)),
    )
    assert dataclasses.replace(after, lateral_ventricles=before.lateral_ventricles) == before
