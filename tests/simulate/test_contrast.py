"""Expert checks: what a neuroradiologist knows of images of newborns, measured on simulated ones.

Ages of transition: Barkovich et al., Radiology 1988;166:173-180, and the tables of radiology teaching sites
after it (T1 bright / T2 dark, months): occipital 3-7 / 9-15, frontal 3-11 / 11-18, centrum semiovale 2-6 /
7-11, splenium 3-4 / 4-6, genu 4-6 / 5-8.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from neolab.simulate import acquisition
from neolab.simulate.acquisition import acquire, render_for, scan_labels, signal_volume
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.protocols import DHCP_T2W
from neolab.simulate.relaxation import relaxation_maps
from neolab.simulate.scan_grid import ScanGrid
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import BRAIN_TISSUE, TISSUES
from neolab.studies.wada2019.cohort import PROTOCOLS as AGE_PROTOCOLS
from neolab.studies.wu2021 import cohort as bilirubin
from neolab.studies.wu2021.cohort import PROTOCOL as T1_FFE

MONTHS = (1.0, 3.0, 5.0, 7.0, 9.0, 12.0, 15.0, 18.0)
REGIONS = {
    "brain": lambda x, y, z, depth: np.ones(x.shape, bool),
    "frontal": lambda x, y, z, depth: (y > 28) & (z > 0),
    "occipital": lambda x, y, z, depth: (y < -60) & (z > -5),
    # The oval of white matter over the ventricles, without the gyri around it.
    "centrum semiovale": lambda x, y, z, depth: (y > -45) & (y < 20) & (z > 28) & (z < 48) & (depth > 8),
}


@cache
def head(months, voxel_mm=2.0):
    """One average infant at an age, and its relaxation at 3 T."""
    subject = Subject("SYN0001", "01", 0, 40 + 4.345 * months, "female", brain_volume_z=0.0)
    anatomy = make_anatomy(subject, (voxel_mm,) * 3)
    return anatomy, relaxation_maps(anatomy, 3.0)


@cache
def white_over_grey(months, protocol_name):
    """Signal of white matter over that of cortex, by region."""
    anatomy, relaxation = head(months)
    protocol = dict(zip(("T1", "T2"), AGE_PROTOCOLS[3.0], strict=True))[protocol_name]
    signal = signal_volume(anatomy.fractions, relaxation, protocol)
    white, grey = anatomy.fractions["white_matter"] > 0.9, anatomy.fractions["cortex"] > 0.7
    ratios = {}
    for region, where in REGIONS.items():
        place = where(*anatomy.template_mm, -anatomy.pial_distance_mm)
        near = where(*anatomy.template_mm, 99.0)
        ratios[region] = signal[white & place].mean() / signal[grey & near].mean()
    return ratios


def crossing(protocol_name, region):
    """Age in months at which white matter and cortex are equally bright, interpolated."""
    ratios = np.array([white_over_grey(months, protocol_name)[region] for months in MONTHS])
    rising = ratios if protocol_name == "T1" else -ratios
    target = 1.0 if protocol_name == "T1" else -1.0
    return float(np.interp(target, rising, MONTHS, left=np.nan, right=np.nan))


@pytest.mark.parametrize(
    ("protocol_name", "region", "earliest", "latest"),
    [
        ("T1", "brain", 2, 7),
        ("T1", "occipital", 3, 7),
        ("T1", "frontal", 3, 11),
        ("T1", "centrum semiovale", 2, 6),
        ("T2", "brain", 7, 15),
        ("T2", "occipital", 9, 15),
        ("T2", "frontal", 11, 18),
        ("T2", "centrum semiovale", 7, 11),
    ],
)
def test_white_matter_passes_grey_matter_within_the_published_ages(protocol_name, region, earliest, latest):
    assert earliest <= crossing(protocol_name, region) <= latest


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_turns_on_t1_before_t2(region):
    assert crossing("T1", region) + 2 < crossing("T2", region)


def test_myelin_spreads_from_back_to_front_and_from_centre_to_periphery():
    for protocol_name in ("T1", "T2"):
        assert crossing(protocol_name, "occipital") < crossing(protocol_name, "frontal")
        assert crossing(protocol_name, "centrum semiovale") < crossing(protocol_name, "frontal")


def test_contrast_is_inverted_at_term_and_adult_at_eighteen_months():
    assert white_over_grey(1.0, "T1")["brain"] < 0.85 and white_over_grey(1.0, "T2")["brain"] > 1.1
    assert white_over_grey(18.0, "T1")["brain"] > 1.15 and white_over_grey(18.0, "T2")["brain"] < 0.9


def frontal_means():
    anatomy, relaxation = head(0.0)
    place = REGIONS["frontal"](*anatomy.template_mm, 0.0)
    means = {}
    for tissue in ("white_matter", "cortex"):
        core = (anatomy.fractions[tissue] > 0.7) & place
        t1 = relaxation[tissue].volume("t1_ms", core.shape)
        t2 = relaxation[tissue].volume("t2_ms", core.shape)
        means[tissue] = 1 / t1[core].mean(), 1 / t2[core].mean()
    return means


def test_frontal_relaxation_rates_at_term_differ_as_measured():
    """Williams et al., Radiology 2005, 3 T: R1 of grey matter 0.3 +- 0.09 above white, R2 0.8 +- 0.2."""
    means = frontal_means()
    (grey_r1, grey_r2), (white_r1, white_r2) = means["cortex"], means["white_matter"]
    assert grey_r1 / white_r1 - 1 == pytest.approx(0.3, abs=0.09)
    assert grey_r2 / white_r2 - 1 == pytest.approx(0.8, abs=0.2)


def test_whole_brain_t2_star_at_term_is_about_99_ms():
    """Goksan et al., Magn Reson Med 2017, 3 T."""
    anatomy, relaxation = head(0.0)
    total = weight = 0.0
    for tissue in BRAIN_TISSUE:
        fraction = anatomy.fractions[tissue]
        t2_star = 1 / (1 / relaxation[tissue].volume("t2_ms", fraction.shape) + 4.5e-3)
        total += np.nansum(fraction * t2_star)
        weight += fraction.sum()
    assert total / weight == pytest.approx(99, abs=8)


def posterior_limb(anatomy):
    x, y, z = anatomy.template_mm
    return (anatomy.fractions["internal_capsule"] > 0.5) & (y < -13) & (y > -22) & (z > -2) & (z < 12)


def test_the_posterior_limb_is_bright_on_t1_and_dark_on_t2_at_term_but_not_at_34_weeks():
    """The sign of a mature newborn's brain (Rutherford et al., Pediatrics 1998;102:323-328)."""
    for weeks, mature in ((34.0, False), (41.0, True)):
        subject = Subject("SYN0001", "01", 0, weeks, "female", brain_volume_z=0.0)
        anatomy = make_anatomy(subject, (0.8, 0.8, 0.8), (-6.0, 14.0))
        relaxation = relaxation_maps(anatomy)
        limb, thalamus = posterior_limb(anatomy), anatomy.fractions["thalamus"] > 0.95
        t1, t2 = (signal_volume(anatomy.fractions, relaxation, p) for p in (T1_FFE, DHCP_T2W))
        white = (anatomy.fractions["white_matter"] > 0.95) & (anatomy.template_mm[1] > 28)
        assert (np.percentile(t1[limb], 75) > t1[thalamus].mean()) == mature
        assert (t2[limb].mean() < 0.75 * t2[white].mean()) == mature


@pytest.mark.parametrize("weeks", [29.0, 40.0])
def test_the_tegmentum_is_bright_on_t1_and_dark_on_t2_against_the_base_of_the_pons(weeks):
    """Counsell et al., AJNR 2002;23:872-881: the dorsal tracts hold myelin from 28 weeks."""
    anatomy = make_anatomy(Subject("SYN0001", "01", 0, weeks, "female"), (1.0, 1.0, 1.0), (-30.0, -10.0))
    relaxation = relaxation_maps(anatomy)
    pons = (anatomy.fractions["brainstem"] > 0.95) & (np.abs(anatomy.template_mm[2] + 28) < 6)
    y = anatomy.template_mm[1]
    ventral, dorsal = (pons & (y > np.percentile(y[pons], 70)), pons & (y < np.percentile(y[pons], 30)))
    t1, t2 = (signal_volume(anatomy.fractions, relaxation, p) for p in (T1_FFE, DHCP_T2W))
    assert t1[dorsal].mean() > 1.03 * t1[ventral].mean()
    assert t2[dorsal].mean() < 0.92 * t2[ventral].mean()


def test_the_corpus_callosum_is_not_myelinated_at_birth_and_is_at_a_year():
    for months, low, high in ((0.0, 2200, 3000), (12.0, 850, 1150)):
        anatomy, relaxation = head(months)
        core = anatomy.fractions["corpus_callosum"] > 0.7
        assert low < relaxation["corpus_callosum"].volume("t1_ms", core.shape)[core].mean() < high


def test_all_maps_are_finite_and_physical_at_every_age():
    for months in (-2.7, 0.0, 5.0, 24.0):
        anatomy, relaxation = head(months)
        for tissue, values in relaxation.items():
            for name, low, high in (("t1_ms", 200, 4600), ("t2_ms", 1, 2100), ("proton_density", 0, 1)):
                value = np.asarray(getattr(values, name))
                assert ((value >= low) & (value <= high)).all(), (tissue, name, months)


def test_noise_of_another_stream_leaves_the_anatomy_where_it_is(monkeypatch):
    """A protocol of another name draws other noise; without noise the two images are the same."""
    anatomy, relaxation = head(0.0)
    monkeypatch.setattr(acquisition, "GAIN_SPREAD", 0.0)
    noisy = replace(DHCP_T2W, dimensions=3, in_plane_mm=2.0, reconstructed_mm=2.0, slice_thickness_mm=2.0)
    other = replace(noisy, name="other")
    first, second = (acquire(anatomy, p, relaxation).image for p in (noisy, other))
    assert (first != second).mean() > 0.95
    np.testing.assert_array_equal(scan_labels(anatomy, noisy), scan_labels(anatomy, other))
    silent = [acquire(anatomy, replace(p, noise_sd=0.0), relaxation).image for p in (noisy, other)]
    np.testing.assert_array_equal(*silent)


@cache
def recovered_ratios():
    """Latent and measured GPnorm of eight infants: pure pallidum over pure anterior white matter."""
    table = bilirubin.cohort_table(40, seed=2).head(8)
    pairs = []
    for subject, latent in zip(bilirubin.subjects(table, 2), table["gpnorm"], strict=True):
        anatomy = render_for(subject, T1_FFE)
        grid = ScanGrid.of(anatomy, T1_FFE)
        whole = tuple(slice(0, n) for n in grid.rendered)
        pallidum, white, y = (
            grid.resample(volume, whole)[0]
            for volume in (
                anatomy.fractions["globus_pallidus"],
                anatomy.fractions["white_matter"],
                anatomy.template_mm[1],
            )
        )
        k = int(np.argmax((pallidum > 0.5).sum((0, 1))))
        image = acquire(anatomy, T1_FFE).image[..., k]
        inside = pallidum[..., k] > min(0.85, 0.95 * pallidum[..., k].max())
        reference = (white[..., k] > 0.95) & (y[..., k] > 30)
        pairs.append((latent, image[inside].mean() / image[reference].mean()))
    return np.array(pairs)


def test_the_measured_pallidum_ratio_is_the_latent_one():
    """Bias below a quarter of the group difference (0.06), scatter below half of a group's spread (0.06)."""
    latent, measured = recovered_ratios().T
    assert abs((measured - latent).mean()) < 0.015
    assert (measured - latent).std() < 0.03
    assert np.corrcoef(latent, measured)[0, 1] > 0.85


def test_white_matter_of_the_paper_protocol_has_a_clinical_signal_to_noise_ratio():
    anatomy, relaxation = head(0.0)
    white = (anatomy.fractions["white_matter"] > 0.95) & (anatomy.template_mm[1] > 28)
    signal = signal_volume(anatomy.fractions, relaxation, T1_FFE)[white].mean()
    assert 12 < signal / T1_FFE.noise_sd < 60


def test_labels_of_a_scan_agree_with_those_of_the_anatomy():
    anatomy, _ = head(0.0)
    protocol = replace(DHCP_T2W, dimensions=3, in_plane_mm=2.0, reconstructed_mm=2.0, slice_thickness_mm=2.0)
    labels = scan_labels(anatomy, protocol)
    assert (labels == anatomy.labels()).mean() > 0.999
    assert set(np.unique(labels)) <= set(TISSUES.values())
