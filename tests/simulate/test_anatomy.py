"""The whole neonate: what an expert would check, each with its source."""

import dataclasses
import hashlib

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import ConvexHull

from neolab.errors import InputError
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.growth import draw_sizes
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import BRAIN_TISSUE, CEREBELLUM, DEEP_GREY, INTRACRANIAL, TISSUES

BABY = Subject("SYN0001", "01", 3, 40.0, "female")


def volume(anatomy, tissues):
    return sum(anatomy.volume_ml(tissue) for tissue in tissues)


@pytest.fixture(scope="module")
def baby():
    return make_anatomy(BABY)


@pytest.fixture(scope="module")
def coarse_baby():
    return make_anatomy(BABY, (1.5, 1.5, 1.5))


@pytest.fixture(scope="module")
def term_infants():
    """Ten infants of 37 to 44 weeks, as the ALBERT infants are."""
    ages = np.linspace(37.0, 44.0, 10)
    return [
        make_anatomy(
            Subject(f"SYN{i:04d}", "01", 8, float(age), ("female", "male")[i % 2]), voxel_mm=(1.5, 1.5, 1.5)
        )
        for i, age in enumerate(ages)
    ]


@pytest.fixture(scope="module")
def growing_child():
    """One child at ages from 28 weeks to 24 months."""
    ages = (28.0, 32.0, 36.0, 40.0, 53.0, 66.0, 92.0, 144.0)
    child = Subject("SYN0009", "01", 5, 40.0, "male", brain_volume_z=0.0)
    return {
        age: make_anatomy(dataclasses.replace(child, postmenstrual_age_weeks=age), voxel_mm=(2.0, 2.0, 2.0))
        for age in ages
    }


# ---------------------------------------------------------------------------------------- contracts
def test_fractions_sum_to_one_everywhere_and_are_never_negative(baby):
    assert list(baby.fractions) == list(TISSUES)
    total = sum(baby.fractions.values())
    assert np.abs(total - 1).max() < 1e-5
    assert all(fraction.min() >= 0 and fraction.dtype == np.float32 for fraction in baby.fractions.values())


def test_labels_are_the_largest_fraction(baby):
    stacked = np.stack(list(baby.fractions.values()))
    assert np.array_equal(baby.labels(), stacked.argmax(axis=0))


def anatomy_hash(anatomy):
    digest = hashlib.sha256()
    for field in (*anatomy.fractions.values(), anatomy.template_mm, anatomy.pial_distance_mm):
        digest.update(np.ascontiguousarray(field).tobytes())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(coarse_baby):
    size = coarse_baby.voxel_mm
    first = anatomy_hash(coarse_baby)
    assert first == anatomy_hash(make_anatomy(BABY, size))
    assert first != anatomy_hash(make_anatomy(dataclasses.replace(BABY, seed=4), size))


def test_noise_motion_and_contrast_latents_never_move_the_anatomy(coarse_baby):
    other = dataclasses.replace(
        BABY,
        motion=1.0,
        globus_pallidus_t1_ms=1500.0,
        myelin_age_offset_months=-2.0,
        lesions=({"kind": "x"},),
    )
    assert anatomy_hash(coarse_baby) == anatomy_hash(make_anatomy(other, coarse_baby.voxel_mm))


def test_a_slab_is_the_same_slab_of_the_whole_head():
    size = (0.9, 0.9, 3.0)
    whole, slab = make_anatomy(BABY, size), make_anatomy(BABY, size, slab_mm=(-12.0, 10.0))
    heights = whole.affine[2, 3] + size[2] * np.arange(whole.labels().shape[2])
    wanted = (heights >= -12.0) & (heights <= 10.0)
    assert slab.labels().shape[2] == wanted.sum() in (7, 8)
    assert slab.affine[2, 3] == pytest.approx(heights[wanted][0])
    for name, fraction in slab.fractions.items():
        assert np.abs(fraction - whole.fractions[name][:, :, wanted]).max() < 1e-4, name
    assert np.abs(slab.template_mm - whole.template_mm[..., wanted]).max() < 1e-3


def test_voxel_size_does_not_change_the_brain(baby):
    fine = make_anatomy(BABY, voxel_mm=(0.9, 0.9, 1.5))
    for tissue in ("cortex", "white_matter", "lateral_ventricles", "thalamus", "putamen", "csf", "brainstem"):
        assert fine.volume_ml(tissue) == pytest.approx(baby.volume_ml(tissue), rel=0.05), tissue


def test_template_coordinates_say_left_and_right_and_grow_along_the_axes(baby):
    slices = [slice(20, -20)] * 3
    for axis in range(3):
        assert (np.diff(baby.template_mm[axis], axis=axis)[tuple(slices)] > 0).mean() > 0.999
    left_hippocampus = (baby.fractions["hippocampus_amygdala"] > 0.5) & (baby.template_mm[0] < 0)
    index = np.argwhere(left_hippocampus).mean(axis=0)
    assert (baby.affine[:3, :3] @ index + baby.affine[:3, 3])[0] < -5


def test_distances_agree_with_the_labels(baby):
    """Against the Euclidean distance transform of the label image, within a voxel near the borders."""
    labels = baby.labels()
    for name, mask, found in (
        ("ventricle", labels == TISSUES["lateral_ventricles"], baby.ventricle_distance_mm),
        ("skull", np.isin(labels, [TISSUES[t] for t in INTRACRANIAL]), baby.skull_distance_mm),
    ):
        true = ndimage.distance_transform_edt(~mask) - ndimage.distance_transform_edt(mask)
        near = np.abs(true) < 3
        assert np.abs(found - true)[near].mean() < 1.0, name
    cortex = labels == TISSUES["cortex"]
    assert np.median(baby.pial_distance_mm[cortex]) < 0
    assert (baby.pial_distance_mm[labels == TISSUES["csf"]] > 0).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"voxel_mm": (1.0, 1.0, 0.0)}, "voxel_mm"),
        ({"voxel_mm": (1.0, 1.0)}, "voxel_mm"),
        ({"slab_mm": (500.0, 510.0)}, "slab_mm"),
        ({"slab_mm": (10.0, -10.0)}, "slab_mm"),
    ],
)
def test_impossible_lattices_are_refused_by_name(arguments, words):
    with pytest.raises(InputError, match=words):
        make_anatomy(BABY, **arguments)


# ---------------------------------------------------------------------------------------- sizes at term
#: Ten of the manually labelled ALBERT infants, 37-44 weeks: mean and range, ml, both sides.
ALBERT_ML = {
    "caudate": (("caudate",), 3.3, 2.5, 4.2),
    "lentiform": (("putamen", "globus_pallidus"), 5.8, 4.4, 7.7),
    "thalamus": (("thalamus",), 8.1, 5.9, 10.5),
    "subthalamic": (("subthalamic_nucleus",), 0.43, 0.32, 0.59),
    "deep grey": (DEEP_GREY, 17.5, 13.1, 22.9),
    "hippocampus and amygdala": (("hippocampus_amygdala",), 2.0, 1.2, 3.0),
    "brainstem": (("brainstem",), 6.2, 5.0, 8.4),
    "cerebellum": (CEREBELLUM, 23.5, 14.6, 36.8),
    "callosum": (("corpus_callosum",), 2.5, 1.6, 3.2),
    "lateral ventricles": (("lateral_ventricles",), 7.1, 3.7, 10.4),
    "cortex": (("cortex",), 139.0, 99.0, 199.0),
    "outer fluid": (("csf",), 93.0, 69.0, 129.0),
}


@pytest.mark.parametrize("name", sorted(ALBERT_ML))
def test_volumes_at_term_are_those_of_labelled_infants(term_infants, name):
    """Means within 15 % of ten manually labelled term infants, and inside their range."""
    tissues, mean, low, high = ALBERT_ML[name]
    volumes = np.array([volume(infant, tissues) for infant in term_infants])
    assert volumes.mean() == pytest.approx(mean, rel=0.15)
    assert low < np.median(volumes) < high


def test_every_infant_has_thirteen_to_twenty_three_millilitres_of_deep_grey(term_infants):
    """ALBERT infants: 13.1-22.9 ml; two sizes' scatter at the ends."""
    deep = np.array([volume(infant, DEEP_GREY) for infant in term_infants])
    assert np.mean((deep > 13) & (deep < 23)) >= 0.8
    assert deep.min() > 11
    assert deep.max() < 25.5


def test_the_pallidum_has_its_size_and_lies_between_putamen_and_capsule(baby):
    """0.6-0.8 ml a side (published label sets); its neighbours are putamen outside and capsule inside."""
    assert 1.0 < baby.volume_ml("globus_pallidus") < 1.9
    labels = baby.labels()
    pallidum = labels == TISSUES["globus_pallidus"]
    around = ndimage.binary_dilation(pallidum) & ~pallidum
    touched = {name: (labels[around] == TISSUES[name]).mean() for name in ("putamen", "internal_capsule")}
    assert touched["putamen"] > 0.15
    assert touched["internal_capsule"] > 0.08
    for side in (-1, 1):
        here = side * baby.template_mm[0] > 0
        centre = [
            np.mean(np.abs(baby.template_mm[0])[(labels == TISSUES[n]) & here])
            for n in ("thalamus", "globus_pallidus", "putamen")
        ]
        assert centre == sorted(centre)


def test_white_matter_at_term_equivalent_is_in_the_published_band(term_infants):
    """Romberg 2022: unmyelinated white matter 195 +- 38 ml, cortical grey matter 140 +- 47 ml."""
    white = np.mean(
        [volume(i, ("white_matter", "internal_capsule", "corpus_callosum")) for i in term_infants]
    )
    assert abs(white - 195) < 38


def test_sizes_hit_their_targets_whatever_the_shape(baby, term_infants):
    """The levels are found on another lattice than these: calibrated volumes agree to a few per cent.

    Ventricles have slits thinner than a 1.5-mm voxel, which partial volume rounds up: they are held to 1 mm.
    """
    ventricles = sum(draw_sizes(BABY).lateral_ventricles)
    assert baby.volume_ml("lateral_ventricles") == pytest.approx(ventricles, rel=0.06)
    for infant in term_infants[:4]:
        sizes = draw_sizes(infant.subject)
        assert volume(infant, BRAIN_TISSUE) == pytest.approx(sizes.brain, rel=0.03)
        assert infant.volume_ml("thalamus") == pytest.approx(sizes.structures["thalamus"], rel=0.08)


# ---------------------------------------------------------------------------------------- growth
def test_brain_volume_follows_the_published_growth(growing_child):
    """Huppi 1998 (22 ml a week before term), Holland 2014 (+64 % in 90 d), Knickmeyer 2008 (+101, +15 %)."""
    brain = {age: volume(anatomy, BRAIN_TISSUE) for age, anatomy in growing_child.items()}
    assert (brain[40.0] - brain[28.0]) / 12 == pytest.approx(22, abs=2)
    assert brain[53.0] / brain[40.0] == pytest.approx(1.64, abs=0.12)
    assert 1.9 < brain[92.0] / brain[40.0] < 2.6
    assert brain[144.0] / brain[92.0] == pytest.approx(1.15, abs=0.07)


def test_cortex_outgrows_white_matter_in_the_first_year(growing_child):
    """Knickmeyer 2008: grey matter +149 %, hemispheric white matter +11 % (from 2-4 weeks to one year)."""
    term, year = growing_child[40.0], growing_child[92.0]
    assert year.volume_ml("cortex") / term.volume_ml("cortex") > 2.2
    assert year.volume_ml("white_matter") / term.volume_ml("white_matter") < 1.8


#: WHO child growth standards, boys, median head circumference, cm (2 SD is about 2.5 cm); before term Fenton
#: 2013, boys, median (2 SD about 3 cm).
HEAD_CIRCUMFERENCE_CM = {
    28.0: 26.0,
    32.0: 29.5,
    36.0: 32.5,
    40.0: 34.8,
    53.0: 40.5,
    66.0: 43.3,
    92.0: 46.1,
    144.0: 48.2,
}


@pytest.mark.parametrize("age", sorted(HEAD_CIRCUMFERENCE_CM))
def test_head_circumference_is_near_the_growth_charts(growing_child, age):
    """Largest axial circumference over the scalp within 2 cm of the median."""
    anatomy = growing_child[age]
    found = 0.0
    middle = [n // 2 for n in anatomy.labels().shape]
    heights = anatomy.template_mm[2, middle[0], middle[1]]
    for z in (0, 8, 16, 24, 32):
        inside = anatomy.fractions["air"][:, :, np.argmin(np.abs(heights - z))] < 0.5
        outline = ConvexHull(np.argwhere(inside) * anatomy.voxel_mm[0])
        found = max(found, (outline.area + np.pi * anatomy.voxel_mm[0]) / 10)
    assert abs(found - HEAD_CIRCUMFERENCE_CM[age]) < 2.0


def gyrification(anatomy):
    """Area of the border of white and deep grey matter over volume^(2/3): a sphere has 4.84."""
    inner = [
        t
        for t in INTRACRANIAL
        if t not in ("cortex", "csf", "brainstem", "hippocampus_amygdala", *CEREBELLUM)
    ]
    inside = sum(anatomy.fractions[tissue] for tissue in inner)
    area = np.sqrt(sum(part**2 for part in np.gradient(inside))).sum()
    return area / inside.sum() ** (2 / 3)


def test_folding_comes_in_stages(growing_child):
    """The sulcation index rises from 30 to 40 weeks (Claessens 2014); smooth at 28 weeks, folded at term."""
    index = [gyrification(growing_child[age]) for age in (28.0, 32.0, 36.0, 40.0)]
    assert index == sorted(index)
    assert index[-1] / index[0] > 1.2


def test_the_preterm_frontal_lobe_lies_on_the_roof_of_the_orbit(growing_child):
    """Taking folds away must not shrink the lobe out of its fossa: no more fluid there than at term."""

    def fluid(anatomy):
        x, y, z = anatomy.template_mm
        base = (np.abs(np.abs(x) - 19) < 15) & (np.abs(y - 42) < 20) & (np.abs(z + 18) < 12)
        return anatomy.fractions["csf"][base & (anatomy.skull_distance_mm < 0)].mean()

    assert fluid(growing_child[28.0]) < 1.3 * fluid(growing_child[40.0])


# ---------------------------------------------------------------------------------------- shape
def test_structures_are_of_one_piece_a_side(baby):
    """No orphans: the largest component of each half holds nearly all of it."""
    labels = baby.labels()
    for name in (
        "caudate",
        "putamen",
        "globus_pallidus",
        "thalamus",
        "subthalamic_nucleus",
        "brainstem",
        "white_matter",
    ):
        for side in (-1, 1):
            mask = (labels == TISSUES[name]) & (side * baby.template_mm[0] > 0)
            pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
            sizes = np.bincount(pieces.ravel())[1:]
            assert count and sizes.max() > 0.9 * sizes.sum(), name


def test_cortex_covers_the_hemispheres(baby):
    """White matter meets outer fluid almost nowhere but at the medial wall."""
    labels = baby.labels()
    convexity = np.abs(baby.template_mm[0]) > 25
    near_fluid = ndimage.binary_dilation(labels == TISSUES["csf"]) & convexity
    white = (labels == TISSUES["white_matter"]) & convexity
    assert (white & near_fluid).sum() < 0.01 * white.sum()


def test_the_fourth_ventricle_lies_between_brainstem_and_vermis(baby):
    labels = baby.labels()
    places = {}
    for name in ("brainstem", "fourth_ventricle", "cerebellar_cortex"):
        middle = (
            (labels == TISSUES[name])
            & (np.abs(baby.template_mm[0]) < 6)
            & (np.abs(baby.template_mm[2] + 34) < 10)
        )
        assert middle.any(), name
        places[name] = baby.template_mm[1][middle].mean()
    assert places["brainstem"] > places["fourth_ventricle"] > places["cerebellar_cortex"]


def test_the_cerebellum_has_a_white_tree_and_fissures(baby):
    white, cortex = baby.volume_ml("cerebellar_white_matter"), baby.volume_ml("cerebellar_cortex")
    assert 0.12 < white / (white + cortex) < 0.45
    inside = ndimage.binary_erosion(
        ndimage.binary_closing(np.isin(baby.labels(), [TISSUES[t] for t in CEREBELLUM]), iterations=3),
        iterations=2,
    )
    assert baby.fractions["csf"][inside].sum() > 100


@pytest.mark.parametrize(("horn", "where"), [("frontal", (4, 60)), ("occipital", (-110, -46))])
def test_a_horn_dilates_without_its_neighbours(coarse_baby, horn, where):
    """The wanted horn at least doubles; third ventricle, outer fluid and the other end keep their size."""
    plain = coarse_baby
    wide = make_anatomy(dataclasses.replace(BABY, **{f"{horn}_horn_dilatation": 2.0}), plain.voxel_mm)

    def horn_volume(anatomy, low, high):
        inside = (anatomy.template_mm[1] > low) & (anatomy.template_mm[1] < high)
        return anatomy.fractions["lateral_ventricles"][inside].sum()

    other = (-110, -46) if horn == "frontal" else (4, 60)
    gain = horn_volume(wide, *where) / horn_volume(plain, *where)
    assert gain > 2.0
    assert gain > 1.5 * horn_volume(wide, *other) / horn_volume(plain, *other)
    assert wide.volume_ml("third_ventricle") == pytest.approx(plain.volume_ml("third_ventricle"), rel=0.1)
    assert wide.volume_ml("csf") == pytest.approx(plain.volume_ml("csf"), rel=0.05)


def test_one_ventricle_dilates_alone():
    wide = make_anatomy(
        dataclasses.replace(BABY, ventricle_volume_ml=16.0, ventricle_asymmetry=np.log(3.0)), (1.5, 1.5, 1.5)
    )
    left = wide.template_mm[0] < 0
    ventricle = wide.fractions["lateral_ventricles"]
    assert ventricle[left].sum() / ventricle[~left].sum() == pytest.approx(3.0, rel=0.12)
    assert wide.volume_ml("lateral_ventricles") == pytest.approx(16.0, rel=0.06)


def test_left_and_right_hemispheres_differ(baby):
    """Reflected in the template's midline, the cortex overlaps itself little."""
    labels = baby.labels()
    points = np.argwhere(labels == TISSUES["cortex"])[::7]
    template = baby.template_mm[:, *points.T]
    lookup = {tuple(np.rint(p / 1.7).astype(int)) for p in template.T}
    mirrored = template * np.array([[-1.0], [1.0], [1.0]])
    hits = np.mean([tuple(np.rint(p / 1.7).astype(int)) in lookup for p in mirrored.T])
    itself = np.mean([tuple(np.rint(p / 1.7).astype(int)) in lookup for p in template.T])
    assert itself == 1.0
    assert hits < 0.6


# ---------------------------------------------------------------------------------------- head
def test_the_skull_separates_brain_and_scalp(baby):
    """Away from fontanelle and sutures, which are membranes, no brain voxel touches a scalp voxel."""
    labels = baby.labels()
    brain = np.isin(labels, [TISSUES[t] for t in BRAIN_TISSUE])
    vault = (baby.template_mm[2] > -10) & (np.abs(baby.template_mm[0]) > 20)
    scalp = (labels == TISSUES["scalp"]) & vault
    assert scalp.sum() > 10_000
    assert not (ndimage.binary_dilation(brain) & scalp).any()


def test_the_vault_has_the_thickness_of_a_newborn_and_varies(baby):
    """About 1 to 3 mm at term; counted along the normal as volume over inner area by depth shells."""
    vault = (baby.template_mm[2] > 10) & (np.abs(baby.template_mm[0]) > 20)
    shell = vault & (np.abs(baby.skull_distance_mm) < 0.5)
    thickness = baby.fractions["bone"][vault].sum() / shell.sum()
    assert 1.0 < thickness < 3.0


def test_the_head_has_two_eyes_of_the_published_size(baby):
    """Axial length of the newborn eye 16.8 mm (Gordon and Donzis 1985), so 2.5 ml each."""
    pieces, count = ndimage.label(baby.labels() == TISSUES["eye"])
    sizes = np.sort(np.bincount(pieces.ravel())[1:])[-2:]
    assert count >= 2
    assert np.all(np.abs(sizes - 2480) < 900)


def test_brain_extraction_has_something_to_take_away(baby):
    outer = volume(baby, ("bone", "scalp", "muscle", "eye"))
    assert 0.4 < outer / volume(baby, INTRACRANIAL) < 1.2
    assert baby.volume_ml("muscle") > 15
    lowest = baby.labels()[:, :, 1]
    assert (lowest == TISSUES["muscle"]).any()


def test_the_anterior_fontanelle_is_open_at_term_and_closed_at_two_years(growing_child):
    """Closes at 4 to 26 months."""

    def bone_at_bregma(anatomy):
        x, y, z = anatomy.template_mm
        column = (np.abs(x) < 5) & (np.abs(y - 14) < 7) & (z > 60)
        return (
            anatomy.fractions["bone"][column].sum()
            / np.prod(anatomy.fractions["bone"].shape[:2])
            * anatomy.voxel_mm[2]
        )

    def bone_beside(anatomy):
        x, y, z = anatomy.template_mm
        column = (np.abs(np.abs(x) - 35) < 2.5) & (np.abs(y + 30) < 7) & (z > 40)
        return (
            anatomy.fractions["bone"][column].sum()
            / np.prod(anatomy.fractions["bone"].shape[:2])
            * anatomy.voxel_mm[2]
        )

    ratio = {
        age: bone_at_bregma(growing_child[age]) / bone_beside(growing_child[age]) for age in (40.0, 144.0)
    }
    assert ratio[40.0] < 0.5 * ratio[144.0]
