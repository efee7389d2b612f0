"""Lesions stay in their tissue, change what their mask says and nothing else, and keep the tissues whole."""

from dataclasses import replace

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.simulate.acquisition import signal_volume
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.lesions.canvas import Blob, Canvas
from neolab.simulate.lesions.paint import paint, plan
from neolab.simulate.lesions.record import PAINTED, Lesion
from neolab.simulate.lesions.shape import with_shape
from neolab.simulate.protocols import DHCP_T1W, DHCP_T2W
from neolab.simulate.subject import Subject

VOXEL_MM = (2.0, 2.0, 2.0)
ONE_OF_EACH = {kind: Lesion(kind, severity=0.6, count=4) for kind in PAINTED}
ALLOWED = {
    "punctate_white_matter": {"white_matter"},
    "cystic_leukomalacia": {"white_matter"},
    "periventricular_infarction": {"white_matter"},
    "diffuse_high_signal": {"white_matter"},
    "germinal_matrix_haemorrhage": {
        "caudate", "thalamus", "white_matter", "lateral_ventricles", "internal_capsule"
    },
    "subependymal_cyst": {"caudate", "thalamus", "white_matter", "lateral_ventricles", "internal_capsule"},
    "intraventricular_haemorrhage": {"lateral_ventricles"},
    "cerebellar_haemorrhage": {"cerebellar_cortex", "cerebellar_white_matter"},
    "subdural_haemorrhage": {"csf", "cortex", "white_matter", "cerebellar_cortex", "cerebellar_white_matter"},
    "basal_ganglia_injury": {"thalamus", "putamen", "internal_capsule"},
    "watershed_injury": {"cortex", "white_matter"},
}  # fmt: skip


def subject(*lesions, name="SYN0001", weeks=36.0):
    return with_shape(Subject(name, "01", 5, weeks, "female", lesions=lesions))


def ill(anatomy, infant):
    """The same head, of somebody with findings that do not change its shape."""
    return replace(anatomy, head=replace(anatomy.head, subject=infant))


@pytest.fixture(scope="module")
def anatomy():
    """One infant; lesions of interest are put into copies of its subject."""
    return make_anatomy(subject(), VOXEL_MM)


@pytest.fixture(scope="module", params=PAINTED)
def painted(request, anatomy):
    return request.param, anatomy, paint(ill(anatomy, subject(ONE_OF_EACH[request.param])))


def test_tissues_still_fill_every_voxel(painted):
    _, _, result = painted
    np.testing.assert_allclose(sum(result.anatomy.fractions.values()), 1.0, atol=1e-4)


def test_every_lesion_leaves_a_mask_and_a_record_that_agree(painted):
    kind, _, result = painted
    record = result.findings.iloc[0]
    assert set(np.unique(result.mask)) == {0, PAINTED[kind]}
    masked_ml = (result.mask > 0).sum() * np.prod(VOXEL_MM) / 1000
    # A quarter of a voxel is enough for the mask, so it holds between the volume and four times it.
    assert 0.9 * record.volume_ml <= masked_ml + 0.03
    assert masked_ml <= 4 * record.volume_ml


def test_lesions_keep_to_the_tissues_they_belong_to(painted):
    kind, before, result = painted
    outside = sum(fraction for name, fraction in before.fractions.items() if name not in ALLOWED[kind])
    assert outside[result.mask > 0].max() <= 0.75  # a masked voxel holds a quarter of allowed tissue
    for name, fraction in before.fractions.items():
        if name not in ALLOWED[kind]:
            np.testing.assert_array_equal(result.anatomy.fractions[name], fraction)


@pytest.mark.parametrize("protocol", [DHCP_T1W, DHCP_T2W], ids=lambda p: p.suffix)
def test_signal_changes_where_the_mask_says(painted, protocol):
    _, before, result = painted
    healthy = paint(before)
    change = np.abs(
        signal_volume(result.anatomy.fractions, result.relaxation, protocol)
        - signal_volume(healthy.anatomy.fractions, healthy.relaxation, protocol)
    )
    mask = result.mask > 0
    assert np.median(change[mask]) > 10 * np.mean(change[~mask])
    # Outside the mask less than a quarter of a voxel is changed; at 2 mm no voxel of a small lesion is full.
    assert change[~mask].max() < 0.5 * change[mask].max()


def in_tissue(*names):
    """Voxels that were mostly of some tissues before the lesion came, inside its mask."""
    return lambda before, result: (result.mask > 0) & (sum(before.fractions[name] for name in names) > 0.5)


def in_blood(before, result):
    """Voxels that are mostly blood: without the oedema around it."""
    blood = sum(part for name, part in result.anatomy.fractions.items() if name.startswith("blood_"))
    return blood > 0.5


def everywhere(before, result):
    return result.mask > 0


BLEEDS = (
    "germinal_matrix_haemorrhage",
    "intraventricular_haemorrhage",
    "periventricular_infarction",
    "cerebellar_haemorrhage",
    "subdural_haemorrhage",
)
# Brighter (+1) or darker (-1) than before in T1w and T2w, as read in clinical practice; None where readers
# rely on the other contrast. Blood changes with its age (Bradley 1993), the deep grey matter's T1 goes up
# while the posterior limb loses its own (Rutherford 1998).
SIGNS = [
    ("punctate_white_matter", "subacute", everywhere, 1, -1),
    ("cystic_leukomalacia", "subacute", everywhere, -1, 1),
    ("diffuse_high_signal", "subacute", everywhere, -1, 1),
    ("watershed_injury", "subacute", everywhere, -1, 1),
    ("subependymal_cyst", "subacute", in_tissue("caudate", "thalamus"), -1, 1),
    ("basal_ganglia_injury", "subacute", in_tissue("thalamus"), 1, -1),
    ("basal_ganglia_injury", "subacute", in_tissue("putamen"), 1, -1),
    ("basal_ganglia_injury", "subacute", in_tissue("internal_capsule"), -1, 1),
    *[(kind, "subacute", in_blood, 1, -1) for kind in BLEEDS],
    # The other ages in white matter, and in fluid, which late blood is still darker than.
    ("periventricular_infarction", "acute", in_blood, None, -1),
    ("periventricular_infarction", "late", in_blood, 1, None),
    ("periventricular_infarction", "chronic", in_blood, None, -1),
    ("intraventricular_haemorrhage", "acute", in_blood, None, -1),
    ("intraventricular_haemorrhage", "late", in_blood, 1, -1),
    ("intraventricular_haemorrhage", "chronic", in_blood, None, -1),
]


def signals(painted):
    """T1w and T2w signal of every voxel."""
    return [
        signal_volume(painted.anatomy.fractions, painted.relaxation, protocol)
        for protocol in (DHCP_T1W, DHCP_T2W)
    ]


@pytest.fixture(scope="module")
def changes(anatomy):
    """Function of a lesion: the painted anatomy, and T1w and T2w signal after less before."""
    healthy = signals(paint(anatomy))

    def of(lesion):
        result = paint(ill(anatomy, subject(lesion)))
        return result, [after - before for after, before in zip(signals(result), healthy, strict=True)]

    return of


def test_every_painted_kind_has_a_sign():
    assert {kind for kind, *_ in SIGNS} == set(PAINTED)


@pytest.mark.parametrize(("kind", "stage", "where", "t1_sign", "t2_sign"), SIGNS)
def test_lesions_are_bright_or_dark_as_radiologists_know_them(
    anatomy, changes, kind, stage, where, t1_sign, t2_sign
):
    result, (t1, t2) = changes(Lesion(kind, severity=0.8, count=6, stage=stage))
    chosen = where(anatomy, result)
    assert chosen.sum() >= 3
    for change, sign in ((t1, t1_sign), (t2, t2_sign)):
        if sign is not None:
            assert np.sign(np.median(change[chosen])) == sign


@pytest.mark.parametrize("kind", PAINTED)
def test_a_more_severe_lesion_changes_more_of_the_image(changes, kind):
    mild, severe = (
        sum(np.abs(change).sum() for change in changes(Lesion(kind, severity=severity, count=4))[1])
        for severity in (0.1, 0.9)
    )
    assert severe > 1.2 * mild > 0


def test_a_clot_in_the_cerebellum_knows_no_border_between_cortex_and_white_matter(anatomy):
    result = paint(ill(anatomy, subject(Lesion("cerebellar_haemorrhage", "left", 0.8))))
    names = "cerebellar_cortex", "cerebellar_white_matter"
    both = np.logical_and.reduce([anatomy.fractions[name] > 0.05 for name in names])
    both &= result.mask > 0
    left = [result.anatomy.fractions[name][both] / anatomy.fractions[name][both] for name in names]
    assert both.sum() > 5
    np.testing.assert_allclose(*left, atol=1e-5)


@pytest.mark.parametrize(("kind", "weeks"), [("periventricular_infarction", 31), ("cystic_leukomalacia", 37)])
def test_infarctions_and_cysts_are_not_cut_into_shape_by_cortex_or_deep_nuclei(kind, weeks):
    for number in range(3):
        infant = subject(Lesion(kind, "left", 0.7, count=5), name=f"SYN{number:04d}", weeks=weeks)
        canvas = Canvas(make_anatomy(infant, (2.5, 2.5, 2.5)))
        ((_, painter),) = plan(canvas.anatomy.head)
        share = painter(canvas)[-1].share
        fits = (share * canvas.fraction("white_matter", "lateral_ventricles")).sum() / share.sum()
        assert fits > 0.8


def test_no_cyst_lies_in_the_callosum_even_in_many_infants():
    for number in range(3):
        infant = subject(Lesion("cystic_leukomalacia", severity=1.0, count=8), name=f"SYN{number:04d}")
        before = make_anatomy(infant, (2.5, 2.5, 2.5))
        result = paint(before)
        cyst = result.anatomy.fractions["cyst"]
        np.testing.assert_array_equal(
            result.anatomy.fractions["corpus_callosum"], before.fractions["corpus_callosum"]
        )
        assert cyst.sum() > 0
        assert (cyst[before.fractions["white_matter"] == 0] == 0).all()


def test_a_lesion_lies_in_the_same_place_whatever_the_voxels():
    infant = subject(Lesion("cerebellar_haemorrhage", "left", 0.7))
    fine, coarse = (paint(make_anatomy(infant, (v, v, v))).findings.iloc[0] for v in (1.5, 2.5))
    for axis in ("x_mm", "y_mm", "z_mm"):
        assert fine[axis] == pytest.approx(coarse[axis], abs=1.5)
    assert fine.volume_ml == pytest.approx(coarse.volume_ml, rel=0.2)
    assert fine.x_mm < 0


def test_severity_makes_clots_larger_and_fills_the_ventricle_as_far_as_it_says(anatomy):
    ventricles = anatomy.volume_ml("lateral_ventricles")
    for severity in (0.2, 0.8):
        infant = subject(Lesion("intraventricular_haemorrhage", severity=severity))
        volume = paint(ill(anatomy, infant)).findings.volume_ml[0]
        assert volume / ventricles == pytest.approx(0.10 + 0.70 * severity, abs=0.06)


def test_blood_in_the_ventricles_settles_at_the_back(anatomy):
    result = paint(ill(anatomy, subject(Lesion("intraventricular_haemorrhage", severity=0.3))))
    clot, ventricle = result.mask > 0, anatomy.fractions["lateral_ventricles"] > 0.5
    y = Canvas(anatomy).mm[1]
    assert y[clot].mean() < y[ventricle].mean() - 5


def test_colpocephaly_widens_the_back_of_the_ventricles_more_than_the_front():
    normal, dilated = (
        make_anatomy(subject(*lesions), (2.0, 2.0, 2.0))
        for lesions in ((), (Lesion("ventricular_dilatation", severity=0.7),))
    )
    assert dilated.volume_ml("lateral_ventricles") > 3 * normal.volume_ml("lateral_ventricles")
    assert dilated.volume_ml("third_ventricle") < 1.5 * normal.volume_ml("third_ventricle")
    share = [
        a.fractions["lateral_ventricles"][a.template_mm[1] < -40].sum()
        / a.fractions["lateral_ventricles"].sum()
        for a in (normal, dilated)
    ]
    assert share[1] > share[0]


def test_asymmetry_is_on_the_side_it_names():
    for side, sign in (("left", -1), ("right", 1)):
        anatomy = make_anatomy(subject(Lesion("asymmetry", side, 0.8)), (2.0, 2.0, 2.0))
        ventricle = anatomy.fractions["lateral_ventricles"]
        assert (
            ventricle[anatomy.template_mm[0] * sign > 0].sum()
            > 1.5 * ventricle[anatomy.template_mm[0] * sign < 0].sum()
        )


def test_a_ball_has_the_volume_of_a_ball_with_a_logistic_border():
    canvas = Canvas(make_anatomy(subject(), (1.5, 1.5, 1.5)))
    share = canvas.shares([Blob((0.0, 0.0, 20.0), (6.0, 6.0, 6.0), 0.0)])
    width = 0.35 * 1.5
    # Mean of r^3 over a logistic radius of scale w: r^3 + pi^2 w^2 r.
    expected = 4 / 3 * np.pi * (6**3 + np.pi**2 * width**2 * 6)
    assert share.sum() * 1.5**3 == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "tumour"}, "lesion kind: found 'tumour', expected one of punctate_white_matter"),
        ({"kind": "asymmetry", "side": "middle"}, "lesion side: found 'middle'"),
        ({"kind": "asymmetry", "severity": 1.2}, "lesion severity: found 1.2, expected 0 to 1"),
        ({"kind": "asymmetry", "count": 0}, "lesion count: found 0, expected 1 or more"),
    ],
)
def test_a_lesion_that_cannot_be_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Lesion(**fields)
