"""Individual heads, veins, lesions and the four cohorts."""

from zlib import crc32

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.simulate.lattice import Lattice
from neolab.simulate.subject import Subject, stream
from neolab.simulate.susceptibility.adult_brain import make_brain
from neolab.simulate.susceptibility.adult_template import interior_weight, ventricle_field
from neolab.simulate.susceptibility.bodies import REGIONS, body_fraction, draw_bodies, region_of
from neolab.simulate.susceptibility.deformation import draw_deformation
from neolab.simulate.susceptibility.scan import scan_adult
from neolab.simulate.susceptibility.splines import interpolate, interpolation
from neolab.simulate.susceptibility.subject import AdultSubject
from neolab.simulate.susceptibility.vessels import draw_veins
from neolab.studies.sundaresan2023.cohort import (
    COHORTS,
    PUBLISHED_SUBJECTS,
    UKB_SWI,
    cohort_sizes,
    cohort_table,
    spread_counts,
)

COARSE = UKB_SWI.at(voxel_mm=(1.6, 1.6, 3.0), sub_slices=2)
SLAB = (0.0, 24.0)
SUBJECT = AdultSubject("SYN0001", age_years=70, n_microbleeds=6, n_calcifications=2)


@pytest.fixture(scope="module")
def brain():
    return make_brain(SUBJECT, COARSE.fine_voxel_mm, COARSE.sub_slices, SLAB)


def deformation_of(subject):
    return draw_deformation(subject, ventricle_field(), 1.0, interior_weight())


def test_tissue_fractions_sum_to_one_in_every_voxel(brain):
    total = sum(brain.fractions.values())
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert all(f.min() >= -1e-6 for f in brain.fractions.values())


def test_no_warp_folds():
    for i in range(4):
        displacement = deformation_of(AdultSubject(f"SYN{i:04d}")).forward
        gradient = np.array(np.gradient(displacement, 5.0, axis=(1, 2, 3)))
        jacobian = np.linalg.det(np.moveaxis(gradient, (0, 1), (-1, -2)) + np.eye(3))
        assert jacobian.min() > 0.05


def test_the_inverse_map_returns_to_the_template():
    deformation = deformation_of(SUBJECT)
    points = np.random.default_rng(0).uniform(-60, 60, (500, 3))
    back = deformation.to_template(deformation.to_scanner(points))
    assert np.linalg.norm(back - points, axis=1).mean() < 0.15


def test_two_people_have_different_gyri_and_asymmetric_brains(brain):
    other = make_brain(AdultSubject("SYN0002", age_years=70), COARSE.fine_voxel_mm, COARSE.sub_slices, SLAB)
    shape = np.minimum(brain.lattice.shape, other.lattice.shape)
    box = tuple(slice(n) for n in shape)
    grey, grey_other = (b.fractions["grey_matter"][box] > 0.5 for b in (brain, other))
    dice = 2 * (grey & grey_other).sum() / (grey.sum() + grey_other.sum())
    assert dice < 0.75
    mirrored = grey[::-1]
    assert 2 * (grey & mirrored).sum() / (2 * grey.sum()) < 0.75


def test_ventricles_and_sulci_widen_with_age():
    fluid = []
    for age in (45, 65, 85):
        old = make_brain(AdultSubject("SYN0003", age_years=age), COARSE.fine_voxel_mm, 2, SLAB)
        fluid.append(old.fractions["csf"][old.depth_mm > 0].mean())
    assert fluid[0] < fluid[1] < fluid[2]


def test_spline_upsampling_reproduces_a_linear_ramp():
    coarse = Lattice.from_corner((-10, -10, -10), (50, 50, 50), (6.0, 6.0, 6.0))
    fine = Lattice.from_corner((0, 0, 0), (30, 24, 36), (0.8, 0.8, 1.0))
    ramp = sum(c * a for c, a in zip((1, -2, 0.5), coarse.points(), strict=True))
    expected = sum(c * a for c, a in zip((1, -2, 0.5), fine.points(), strict=True))
    np.testing.assert_allclose(interpolate(ramp, interpolation(coarse, fine)), expected, atol=1e-3)


def test_veins_lie_in_the_head_and_fill_a_plausible_part_of_the_brain(brain):
    veins = draw_veins(SUBJECT, brain)
    share = veins[brain.depth_mm > 0].mean()
    assert 0.001 < share < 0.03  # venous blood is 2-3 % of brain; only the larger veins are drawn
    assert (veins * (brain.depth_mm < -15)).sum() == 0


def test_microbleeds_sit_in_parenchyma_apart_from_each_other(brain):
    lesions = [b for b in draw_bodies(SUBJECT, brain, COARSE) if b.kind == "microbleed"]
    assert len(lesions) == SUBJECT.n_microbleeds
    centres = np.array([b.centre_mm for b in lesions])
    for lesion in lesions:
        voxel = tuple(np.round(brain.lattice.to_index(lesion.centre_mm)).astype(int))
        assert brain.fractions["csf"][voxel] < 0.3 and brain.depth_mm[voxel] > 1.5
        assert lesion.susceptibility_ppm > 0
    distance = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    assert distance[np.triu_indices(len(centres), 1)].min() > 6


def test_a_slab_too_thin_for_lesions_is_refused():
    thin = make_brain(SUBJECT, COARSE.fine_voxel_mm, COARSE.sub_slices, (0.0, 12.0))
    with pytest.raises(InputError, match="slab_mm: found 12 mm"):
        draw_bodies(SUBJECT, thin, COARSE)


def test_a_bodys_voxels_hold_its_total_susceptibility(brain):
    for body in draw_bodies(SUBJECT, brain, COARSE):
        _, fraction = body_fraction(body, brain.lattice)
        held = fraction.sum() * np.prod(brain.lattice.spacing) * body.susceptibility_ppm
        assert held == pytest.approx(body.susceptibility_ppm * np.pi / 6 * body.diameter_mm**3, rel=0.05)


def test_regions_of_known_places():
    places = {(20, 0, 2): "deep", (30, 40, 30): "lobar", (0, -28, -30): "infratentorial"}
    places |= {(25, -65, -40): "infratentorial", (55, -20, -15): "lobar", (20, -95, -5): "lobar"}
    assert list(region_of(np.array(list(places)))) == list(places.values())


def test_whole_heads_hold_lesions_in_all_regions_at_the_set_rates():
    counts = dict.fromkeys(REGIONS, 0)
    for i in range(6):
        subject = AdultSubject(f"SYN{i:04d}", n_microbleeds=40)
        whole = make_brain(subject, (3.2, 3.2, 3.0), 1)
        for lesion in draw_bodies(subject, whole, UKB_SWI):
            if lesion.kind == "microbleed":
                counts[lesion.region] += 1
    total = sum(counts.values())
    for region, share in REGIONS.items():
        assert abs(counts[region] / total - share) < 4 * np.sqrt(share * (1 - share) / total)


def test_the_same_seed_gives_the_same_bytes_and_the_noise_stream_does_not_move_anatomy():
    first, again = (scan_adult(SUBJECT, COARSE, SLAB) for _ in range(2))
    np.testing.assert_array_equal(first.magnitude, again.magnitude)
    other_noise = scan_adult(SUBJECT, COARSE.at(name="other"), SLAB)  # the noise stream carries this name
    assert not np.array_equal(first.magnitude, other_noise.magnitude)
    np.testing.assert_array_equal(first.brain_mask, other_noise.brain_mask)
    np.testing.assert_array_equal(first.lesion_labels, other_noise.lesion_labels)
    assert stream(SUBJECT, "a").random() != stream(SUBJECT, "b").random()


def test_adults_draw_from_the_streams_of_newborns_and_are_scanned_once():
    newborn = Subject("SYN0001", "01", 0, 40.0, "female")
    words = [0, crc32(b"SYN0001"), crc32(b"anatomy")]
    expected = np.random.default_rng(np.random.SeedSequence(words)).random()
    assert stream(SUBJECT, "anatomy").random() == stream(newborn, "anatomy").random() == expected
    assert stream(SUBJECT, "noise").random() != stream(newborn, "noise").random()  # of a session


def test_every_microbleed_has_a_reference_voxel_and_is_dark_on_swi_and_bright_on_qsm():
    protocol = UKB_SWI.at(snr=200.0)
    scan = scan_adult(SUBJECT, protocol, SLAB)
    labels = np.unique(scan.lesion_labels)
    assert list(labels) == list(range(SUBJECT.n_microbleeds + 1))
    brain = scan.brain_mask & (scan.lesion_labels == 0)
    big = scan.bodies.query("label > 0 and diameter_mm > 1.4")
    assert len(big)
    for label in big.label:
        inside = scan.lesion_labels == label
        assert scan.swi[inside].min() < 0.6 * np.median(scan.swi[brain])
        assert scan.qsm_ppm[inside].max() > 0.1


def test_the_published_size_gives_the_published_counts():
    table = cohort_table(PUBLISHED_SUBJECTS, seed=3)
    for name, shape in COHORTS.items():
        rows = table[table.cohort == name]
        assert len(rows) == shape.subjects
        assert (rows.n_microbleeds > 0).sum() == shape.carriers
        assert rows.n_microbleeds.sum() == shape.microbleeds


def test_a_small_table_keeps_everybody_and_the_rates():
    for n in (8, 10, 36, 100):
        sizes = cohort_sizes(n)
        assert sum(sizes.values()) == n and min(sizes.values()) >= 2
    table = cohort_table(60, seed=1)
    ukb = table[table.cohort == "ukb"]
    assert ukb.n_microbleeds.mean() == pytest.approx(186 / 78, rel=0.1)
    assert table.participant_id.str.startswith("SYN").all() and table.participant_id.is_unique


def test_spread_counts_keep_the_total_and_leave_nobody_out():
    counts = spread_counts(np.random.default_rng(0), 366, 36)
    assert counts.sum() == 366 and counts.min() >= 1
    assert counts.max() > 3 * np.median(counts)  # few people have many


def test_too_few_people_are_refused():
    with pytest.raises(InputError, match="at least 8"):
        cohort_table(5)
