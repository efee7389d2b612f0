"""Lesions stay in their tissue, change what their mask says and nothing else, and keep the tissues whole."""

import numpy as np
import pytest

from neolab.errors import InputError
from neolab.simulate.acquisition import signal_volume
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.lesions.canvas import Blob, Canvas
from neolab.simulate.lesions.paint import paint
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


@pytest.fixture(scope="module")
def anatomy():
    """One infant; lesions of interest are put into copies of its subject."""
    return make_anatomy(subject(), VOXEL_MM)


@pytest.fixture(scope="module", params=PAINTED)
def painted(request, anatomy):
    from dataclasses import replace

    diseased = replace(anatomy, subject=subject(ONE_OF_EACH[request.param]))
    return request.param, anatomy, paint(diseased)


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


EXPECTED_SIGNS = {  # T1w, T2w: brighter (+1) or darker (-1) than before, as read in clinical practice
    "punctate_white_matter": (1, -1),
    "cystic_leukomalacia": (-1, 1),
    "intraventricular_haemorrhage": (1, -1),
    "cerebellar_haemorrhage": (1, -1),
    "diffuse_high_signal": (-1, 1),
    "basal_ganglia_injury": (None, -1),
    "watershed_injury": (-1, 1),
}


@pytest.mark.parametrize("index", [0, 1], ids=["T1w", "T2w"])
def test_lesions_are_bright_or_dark_as_radiologists_know_them(painted, index):
    kind, before, result = painted
    sign = EXPECTED_SIGNS.get(kind, (None, None))[index]
    if sign is None:
        pytest.skip(
            f"{kind} has no single sign in this contrast: it depends on the tissue or on the age of blood"
        )
    protocol = (DHCP_T1W, DHCP_T2W)[index]
    healthy = paint(before)
    change = signal_volume(result.anatomy.fractions, result.relaxation, protocol) - signal_volume(
        healthy.anatomy.fractions, healthy.relaxation, protocol
    )
    assert np.sign(np.median(change[result.mask > 0])) == sign


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
    from dataclasses import replace

    ventricles = anatomy.volume_ml("lateral_ventricles")
    for severity in (0.2, 0.8):
        infant = subject(Lesion("intraventricular_haemorrhage", severity=severity))
        volume = paint(replace(anatomy, subject=infant)).findings.volume_ml[0]
        assert volume / ventricles == pytest.approx(0.10 + 0.70 * severity, abs=0.06)


def test_blood_in_the_ventricles_settles_at_the_back(anatomy):
    from dataclasses import replace

    result = paint(replace(anatomy, subject=subject(Lesion("intraventricular_haemorrhage", severity=0.3))))
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
