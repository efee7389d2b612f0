"""Whole heads to cubes: the same every time, in the right place, masks where their voxels went."""

import nibabel as nib
import numpy as np
import pytest

from neolab.metrics.voxelwise import dice
from neolab.studies.raad2023.atlas import simulated_atlas
from neolab.studies.raad2023.preprocess import carry_lesions, carry_mask, make_reference, prepare

SIDE = 48


def turned(image: nib.Nifti1Image, axes: str) -> nib.Nifti1Image:
    """The same image in the same place, its voxels stored along other axes."""
    wanted = nib.orientations.axcodes2ornt(axes)
    return image.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(image.affine), wanted))


def moved_head(image: nib.Nifti1Image, matrix: np.ndarray) -> nib.Nifti1Image:
    """The same voxels somewhere else in the scanner."""
    return nib.Nifti1Image(image.dataobj, matrix @ image.affine)


@pytest.fixture(scope="module")
def head():
    return simulated_atlas()


@pytest.fixture(scope="module")
def reference(head):
    return make_reference(*head, SIDE)


@pytest.fixture(scope="module")
def tilted(head):
    """The reference head, turned by 12 degrees, shifted and 8 % larger."""
    angle = np.deg2rad(12)
    matrix = np.eye(4)
    matrix[:2, :2] = 1.08 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix[2, 2] = 1.08
    matrix[:3, 3] = 9, -6, 4
    return tuple(moved_head(image, matrix) for image in head), matrix


@pytest.fixture(scope="module")
def prepared(tilted, reference):
    return prepare(tilted[0][0], reference)


def test_the_same_scan_twice_gives_the_same_array(tilted, reference, prepared):
    again = prepare(tilted[0][0], reference)
    np.testing.assert_array_equal(again.steps["scaled"].get_fdata(), prepared.steps["scaled"].get_fdata())


def test_registration_finds_the_turn_shift_and_size_of_a_moved_head(tilted, prepared, reference):
    corners = np.array([[30, 30, 30], [-30, 30, -20], [0, -40, 20], [20, 0, 40]], float)
    centre = nib.affines.apply_affine(reference.cube.affine, np.full(3, SIDE / 2))
    points = centre + corners
    found, true = (nib.affines.apply_affine(m, points) for m in (prepared.matrix, tilted[1]))
    assert np.linalg.norm(found - true, axis=1).max() < 1.5


def test_the_extracted_brain_is_the_true_one(tilted, prepared):
    true = np.asarray(nib.as_closest_canonical(tilted[0][1]).dataobj)
    assert dice(true, np.asarray(prepared.mask.dataobj)) > 0.95


def test_a_mask_lands_where_the_voxels_under_it_landed(tilted, prepared, reference):
    true = carry_mask(tilted[0][1], prepared, reference)
    brain = np.asarray(prepared.steps["scaled"].dataobj) > 0
    assert dice(true, brain) > 0.93
    assert dice(np.roll(true, 3, axis=0), brain) < dice(true, brain) - 0.03


def test_small_lesions_survive_the_coarse_grid_and_keep_their_label(head, reference):
    scan, mask = head
    prepared = prepare(scan, reference, mask)
    lesions = np.zeros(scan.shape, np.uint8)
    middle = np.argwhere(np.asarray(mask.dataobj)).mean(axis=0).astype(int)
    x, y, z = middle
    lesions[x : x + 2, y : y + 2, z : z + 2] = 3
    lesions[x + 10 : x + 16, y : y + 6, z : z + 6] = 7
    image = nib.Nifti1Image(lesions, scan.affine)
    found = carry_lesions(image, prepared, reference)
    assert set(np.unique(found)) == {0, 3, 7}
    volume = (found == 7).sum() * reference.voxel_mm**3
    assert volume == pytest.approx(216 * 1.5**3, rel=0.6)


def test_min_max_ends_at_0_and_1_and_air_is_0(prepared):
    cube = prepared.steps["scaled"].get_fdata()
    assert cube.min() == 0 and cube.max() == 1
    assert (cube[:2] == 0).all()


def test_the_order_in_which_voxels_are_stored_changes_nothing(tilted, reference, prepared):
    other = prepare(turned(tilted[0][0], "LPS"), reference)
    difference = other.steps["scaled"].get_fdata() - prepared.steps["scaled"].get_fdata()
    assert np.abs(difference).max() < 1e-4


def test_a_reference_without_a_brain_mask_gets_it_from_another_head(head, tilted, reference):
    moved, mask = tilted[0]
    found = make_reference(moved, None, SIDE, atlas=head)
    known = make_reference(moved, mask, SIDE)
    overlap = dice(*(np.asarray(one.brain.dataobj) > 0 for one in (found, known)))
    assert overlap > 0.95
    assert found.voxel_mm == pytest.approx(known.voxel_mm, rel=0.05)
