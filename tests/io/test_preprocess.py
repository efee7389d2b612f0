"""Geometry, resampling, registration and normalisation, on made and on real images."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nibabel.affines import apply_affine
from scipy import ndimage
from scipy.spatial.transform import Rotation

from neolab.errors import InputError
from neolab.io.brain_extraction import brain_extraction
from neolab.io.geometry import from_sitk, itk_transform, to_sitk, world_matrix
from neolab.io.intensity import min_max, n4_bias_correction, z_score
from neolab.io.registration import affine_register, register_affine
from neolab.io.resample import (
    crop_to_mask,
    reorient,
    resample_to_grid,
    resample_to_shape,
    resample_to_voxel_size,
)


def affine_of(angles=(0, 0, 0), zooms=(1, 1, 1), flips=(1, 1, 1), order=(0, 1, 2), origin=(0, 0, 0)):
    """A rotated, scaled, flipped affine whose array axes are permuted."""
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine[:3, :3] = turn[:, list(order)] * np.array(zooms) * np.array(flips)
    affine[:3, 3] = origin
    return affine


@st.composite
def affines(draw):
    angles = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    zooms = draw(st.tuples(*[st.floats(0.4, 5)] * 3))
    flips = draw(st.tuples(*[st.sampled_from([1, -1])] * 3))
    order = draw(st.permutations([0, 1, 2]))
    return affine_of(angles, zooms, flips, order, draw(st.tuples(*[st.floats(-150, 150)] * 3)))


def world_grid(shape, affine) -> np.ndarray:
    """World coordinates of every voxel, (X, Y, Z, 3)."""
    return apply_affine(affine, np.moveaxis(np.indices(shape), 0, -1))


@settings(max_examples=40, deadline=None)
@given(affines())
def test_a_voxel_has_the_same_world_coordinates_in_itk_as_in_nibabel(affine):
    image = nib.Nifti1Image(np.arange(60, dtype=np.float32).reshape(3, 4, 5), affine)
    itk = to_sitk(image)
    for voxel in [(0, 0, 0), (2, 0, 0), (0, 3, 0), (1, 2, 4)]:
        left, back, up = itk.TransformIndexToPhysicalPoint(voxel)
        np.testing.assert_allclose((-left, -back, up), apply_affine(affine, voxel), atol=1e-4)
        assert itk[voxel] == image.get_fdata()[voxel]
    back_again = from_sitk(itk)
    np.testing.assert_allclose(back_again.affine, affine, atol=1e-4)
    np.testing.assert_array_equal(back_again.get_fdata(), image.get_fdata())


@settings(max_examples=40, deadline=None)
@given(affines())
def test_world_matrices_survive_the_way_to_itk_and_back(matrix):
    np.testing.assert_allclose(world_matrix(itk_transform(matrix)), matrix, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(affines(), affines())
@example(affine_of((0, 0, 1.1276409e-300), (1.9375, 1, 1)), affine_of())
def test_resampling_reads_the_world_and_not_the_array(source, target):
    """An image that is a linear function of world coordinates must be that function on any other grid.

    The example is a tilt of no size, at which ITK's inverse of the axes underflows.
    """
    source, target = source.copy(), target.copy()
    slope = np.array([0.3, -0.2, 0.5])
    source[:3, 3] = target[:3, 3] = 0
    source[:3, 3] = -source[:3, :3] @ np.array([14.5, 14.5, 14.5])
    target[:3, :3] *= 0.5
    image = nib.Nifti1Image((world_grid((30, 30, 30), source) @ slope + 7).astype(np.float32), source)
    moved = resample_to_grid(image, ((4, 3, 5), target), fill=np.nan)
    expected = world_grid((4, 3, 5), target) @ slope + 7
    inside = np.isfinite(moved.get_fdata())
    reach = np.abs(apply_affine(np.linalg.inv(source), world_grid((4, 3, 5), target)) - 14.5).max(axis=-1)
    assert inside[reach < 14.4].all() and not inside[reach > 15.1].any()
    np.testing.assert_allclose(moved.get_fdata()[reach < 14.4], expected[reach < 14.4], atol=2e-3)
    np.testing.assert_allclose(moved.affine, target, atol=1e-5)


@pytest.mark.parametrize("tilt", [10.0**-k for k in [*range(0, 300, 15), *range(300, 324)]])
def test_a_tilt_of_any_size_can_be_undone_by_itk(tilt):
    """Axes and transforms are inverted inside ITK, which fails in silence where tiny entries underflow."""
    axes = np.array([[1.9, -tilt / 2, tilt * tilt / 3], [tilt, 1, 0], [-tilt / 7, tilt / 5, 1.3]])
    affine = np.eye(4)
    affine[:3, :3] = axes
    expected = np.linalg.solve(axes, [1, 2, 3])
    itk = to_sitk(nib.Nifti1Image(np.zeros((2, 2, 2), np.float32), affine))
    np.testing.assert_allclose(itk.TransformPhysicalPointToContinuousIndex((-1, -2, 3)), expected, atol=1e-9)
    back = world_matrix(itk_transform(affine).GetInverse())
    np.testing.assert_allclose(back[:3, :3] @ [1, 2, 3], expected, atol=1e-9)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
def test_resampling_agrees_with_scipy(interpolation):
    rng = np.random.default_rng(0)
    data = ndimage.gaussian_filter(rng.normal(size=(20, 18, 16)), 1.5).astype(np.float32)
    source = affine_of((10, -20, 30), (1, 1.5, 2), (1, -1, 1), (1, 0, 2), (3, -4, 5))
    target = affine_of((-5, 8, 2), (1.3, 1.1, 1.7), (-1, 1, 1))
    target[:3, 3] = apply_affine(source, (9.5, 8.5, 7.5)) - target[:3, :3] @ np.array([5.5, 6, 5])
    moved = resample_to_grid(nib.Nifti1Image(data, source), ((12, 13, 11), target), interpolation).get_fdata()
    voxels = apply_affine(np.linalg.inv(source), world_grid((12, 13, 11), target))
    order = {"nearest": 0, "linear": 1, "cubic": 3}[interpolation]
    expected = ndimage.map_coordinates(data, np.moveaxis(voxels, -1, 0), order=order, mode="mirror")
    inside = ((voxels > 2) & (voxels < np.array(data.shape) - 3)).all(axis=-1)
    assert inside.sum() > 400
    np.testing.assert_allclose(moved[inside], expected[inside], atol=2e-4)


def test_nearest_keeps_labels_and_their_type():
    labels = nib.Nifti1Image(np.array([[[0, 300], [7, 1]]], dtype=np.int16), np.eye(4))
    fine = resample_to_voxel_size(labels, 0.5, "nearest")
    assert fine.shape == (2, 4, 4) and fine.get_data_dtype() == np.int16
    assert set(np.unique(fine.get_fdata())) == {0, 1, 7, 300}


@settings(max_examples=30, deadline=None)
@given(affines(), st.tuples(*[st.integers(2, 9)] * 3), st.tuples(*[st.integers(2, 12)] * 3), st.booleans())
def test_a_new_shape_keeps_centre_axes_and_field_of_view(affine, old_shape, new_shape, keep_aspect):
    image = nib.Nifti1Image(np.ones(old_shape, np.float32), affine)
    moved = resample_to_shape(image, new_shape, keep_aspect=keep_aspect)
    assert moved.shape == new_shape
    middle = [apply_affine(i.affine, (np.array(i.shape) - 1) / 2) for i in (image, moved)]
    np.testing.assert_allclose(*middle, atol=1e-3)
    old, new = (nib.affines.voxel_sizes(i.affine) for i in (image, moved))
    directions = [i.affine[:3, :3] / nib.affines.voxel_sizes(i.affine) for i in (image, moved)]
    np.testing.assert_allclose(*directions, atol=1e-5)
    extents = np.array(old_shape) * old, np.array(new_shape) * new
    if keep_aspect:
        np.testing.assert_allclose(new, new[0], rtol=1e-5)
        assert (extents[1] >= extents[0] * (1 - 1e-5)).all()
        assert np.isclose(extents[1], extents[0]).any()
    else:
        np.testing.assert_allclose(*extents, rtol=1e-5)
        np.testing.assert_allclose(moved.get_fdata(), 1, atol=1e-6)


def test_halving_a_grid_averages_pairs_of_voxels():
    data = np.random.default_rng(1).uniform(size=(8, 6, 4)).astype(np.float32)
    small = resample_to_shape(nib.Nifti1Image(data, np.eye(4)), (4, 3, 2), keep_aspect=False)
    expected = data.reshape(4, 2, 3, 2, 2, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(small.get_fdata(), expected, atol=1e-5)


def test_cropping_and_reorienting_keep_every_voxel_in_its_place():
    affine = affine_of((5, 3, -8), (1, 2, 3), (-1, 1, 1), (2, 0, 1), (10, 20, 30))
    data = np.zeros((9, 8, 7), np.float32)
    data[4, 2, 5] = 1
    image = nib.Nifti1Image(data, affine)
    place = apply_affine(affine, (4, 2, 5))
    for moved in (reorient(image), crop_to_mask(image, data, margin_voxels=1)):
        np.testing.assert_allclose(apply_affine(moved.affine, np.argwhere(moved.get_fdata())[0]), place)
    assert crop_to_mask(image, data, 1).shape == (3, 3, 3)
    assert nib.aff2axcodes(reorient(image).affine) == ("R", "A", "S")


def test_min_max_fills_the_unit_interval_and_ignores_scale_and_offset():
    data = np.random.default_rng(2).normal(100, 20, (5, 6, 7))
    mask = data > 90
    first, second = (min_max(nib.Nifti1Image(a * data + b, np.eye(4)), mask) for a, b in [(1, 0), (3, 50)])
    assert first.get_fdata()[mask].min() == 0 and first.get_fdata()[mask].max() == 1
    assert (first.get_fdata()[~mask] == 0).all()
    np.testing.assert_allclose(first.get_fdata(), second.get_fdata(), atol=1e-5)
    assert (min_max(nib.Nifti1Image(np.full((2, 2, 2), 5.0), np.eye(4))).get_fdata() == 0).all()


def test_z_score_is_that_of_scipy_over_all_voxels_or_the_mask():
    from scipy.stats import zscore

    data = np.random.default_rng(3).normal(100, 20, (5, 6, 7))
    mask = data > 90
    image = nib.Nifti1Image(data, np.eye(4))
    np.testing.assert_allclose(z_score(image).get_fdata(), zscore(data, axis=None), atol=1e-5)
    inside = z_score(image, mask).get_fdata()
    np.testing.assert_allclose(inside[mask], zscore(data[mask]), atol=1e-5)
    assert (inside[~mask] == 0).all()


def test_wrong_arguments_are_one_clear_sentence():
    image = nib.Nifti1Image(np.ones((4, 4, 4), np.float32), np.eye(4))
    with pytest.raises(
        InputError, match="interpolation: found 'spline', expected one of nearest, linear, cubic"
    ):
        resample_to_grid(image, image, "spline")
    with pytest.raises(InputError, match="mask: found no voxel inside"):
        z_score(image, np.zeros((4, 4, 4)))
    with pytest.raises(InputError, match=r"mask: found shape \(2, 2, 2\), expected \(4, 4, 4\)"):
        min_max(image, np.ones((2, 2, 2)))
    with pytest.raises(InputError, match="found 4 dimensions, expected 3"):
        resample_to_grid(nib.Nifti1Image(np.ones((2, 2, 2, 2)), np.eye(4)), image)
    with pytest.raises(InputError, match="motion: found 'warp'"):
        register_affine(image, image, motion="warp")
    with pytest.raises(InputError, match="negative voxels"):
        n4_bias_correction(nib.Nifti1Image(-np.ones((9, 9, 9), np.float32), np.eye(4)))


# A head made of ellipsoids: brain with ventricles and two hemispheres' worth of texture, fluid, skull, scalp.

HEAD_SHAPE = (35, 43, 35)


def head(stretch=(1.0, 1.0, 1.0), bump=0.0, seed=0) -> tuple[nib.Nifti1Image, nib.Nifti1Image]:
    """A T2-weighted head phantom and its brain mask (fluid included), 4 mm voxels."""
    affine = affine_of(zooms=(4, 4, 4), origin=(-68, -84, -68))
    x, y, z = np.moveaxis(world_grid(HEAD_SHAPE, affine), -1, 0)
    direction = np.arctan2(y, x)
    size = 1 + bump * np.cos(3 * direction) * np.exp(-((z / 40) ** 2))
    radius = (
        np.sqrt((x / stretch[0] / 45) ** 2 + (y / stretch[1] / 58) ** 2 + (z / stretch[2] / 44) ** 2) / size
    )
    ventricle = ((x - 9) / 6) ** 2 + ((y + 4) / 22) ** 2 + ((z - 6) / 7) ** 2 < 1
    other = ((x + 11) / 8) ** 2 + ((y + 9) / 25) ** 2 + ((z - 6) / 8) ** 2 < 1
    data = np.select(
        [radius < 0.8, radius < 0.92, radius < 1.0, radius < 1.1, radius < 1.2], [5, 4, 9, 1, 3], 0
    )
    data = np.where(ventricle | other, 9, data).astype(np.float32)
    noise = np.random.default_rng(seed).normal(0, 0.2, data.shape)
    data = ndimage.gaussian_filter(data, 0.6) + noise.astype(np.float32)
    return nib.Nifti1Image(np.abs(data), affine), nib.Nifti1Image((radius < 1).astype(np.uint8), affine)


def dice(first, second) -> float:
    first, second = (np.asarray(getattr(m, "dataobj", m)) > 0 for m in (first, second))
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


def test_registration_recovers_a_known_affine():
    fixed, mask = head()
    turn = Rotation.from_euler("xyz", [6, -5, 8], degrees=True).as_matrix()
    truth = np.eye(4)
    truth[:3, :3] = turn @ np.diag([1.08, 0.95, 1.04])
    truth[:3, 3] = [4, -6, 3]
    moving = resample_to_grid(fixed, fixed, matrix=np.linalg.inv(truth))
    found = register_affine(moving, fixed)
    points = apply_affine(fixed.affine, np.argwhere(np.asarray(mask.dataobj))[::200])
    before = np.linalg.norm(points - apply_affine(truth, points), axis=1)
    after = np.linalg.norm(apply_affine(found, points) - apply_affine(truth, points), axis=1)
    assert before.max() > 10 and after.max() < 4  # less than one voxel everywhere in the brain


def test_a_rigid_registration_neither_scales_nor_shears():
    larger, fixed = head(stretch=(1.1, 1.1, 1.1), seed=3)[0], head()[0]
    matrix = register_affine(larger, fixed, motion="rigid")
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-6)
    similar = register_affine(larger, fixed, motion="similarity", metric="correlation")
    assert np.cbrt(np.linalg.det(similar[:3, :3])) == pytest.approx(1.1, abs=0.02)


def test_brain_extraction_finds_another_brain_and_refinement_helps():
    scan, truth = head(stretch=(1.1, 0.95, 1.05), bump=0.07, seed=1)
    atlas, atlas_mask = head(seed=2)
    coarse = brain_extraction(scan, atlas, atlas_mask, refine=False)
    fine = brain_extraction(scan, atlas, atlas_mask)
    assert dice(fine.mask, truth) > max(0.97, dice(coarse.mask, truth))
    np.testing.assert_array_equal(fine.brain.get_fdata()[np.asarray(fine.mask.dataobj) == 0], 0)
    assert fine.mask.get_data_dtype() == np.uint8


def test_brain_extraction_works_across_orientations_and_voxel_shapes():
    """The same scan stored with other axes and thick slices has the same brain in the world."""
    scan, truth = head(seed=1)
    thick = affine_of((5, 0, 0), zooms=(2.5, 5.0, 2.5), flips=(-1, 1, -1), order=(1, 2, 0))
    shape = (56, 28, 70)
    thick[:3, 3] = -thick[:3, :3] @ ((np.array(shape) - 1) / 2)
    atlas, atlas_mask = head(stretch=(0.95, 1, 1.05), seed=2)
    result = brain_extraction(resample_to_grid(scan, (shape, thick)), atlas, atlas_mask)
    assert dice(result.mask, resample_to_grid(truth, (shape, thick), "nearest")) > 0.95


def test_every_step_gives_the_same_array_twice():
    scan = head(stretch=(1.05, 1, 1), seed=1)[0]
    atlas, mask = head(seed=2)

    def pipeline():
        clean = n4_bias_correction(scan)
        brain = brain_extraction(clean, atlas, mask).brain
        aligned = affine_register(brain, atlas)
        return min_max(resample_to_shape(aligned, (32, 32, 32))).get_fdata()

    np.testing.assert_array_equal(pipeline(), pipeline())


def test_the_number_of_threads_is_left_as_it_was():
    import SimpleITK as sitk

    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    with pytest.raises(InputError):
        brain_extraction(
            head()[0], head()[0], nib.Nifti1Image(np.zeros((48, 60, 48), np.uint8), head()[0].affine)
        )
    assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == before


def test_n4_removes_a_known_shading():
    scan, mask = head()
    x, y, z = np.moveaxis(world_grid(scan.shape, scan.affine), -1, 0) / 60
    shading = np.exp(0.3 * x - 0.25 * y**2 + 0.2 * y * z)
    inside = np.asarray(mask.dataobj) > 0
    shaded = nib.Nifti1Image((scan.get_fdata() * shading).astype(np.float32), scan.affine)
    corrected = n4_bias_correction(shaded, mask).get_fdata()
    found = np.log(shaded.get_fdata()[inside] / corrected[inside])
    truth = np.log(shading[inside])
    assert np.corrcoef(found, truth)[0, 1] > 0.97
    assert np.std(found - truth) < 0.25 * np.std(truth)


@pytest.mark.parametrize("axes", ["LAS", "PIR", "SLA"])
def test_n4_finds_the_same_shading_however_the_scan_is_stored(axes):
    scan, mask = head()
    x, y, z = np.moveaxis(world_grid(scan.shape, scan.affine), -1, 0) / 60
    shaded = nib.Nifti1Image((scan.get_fdata() * np.exp(0.3 * x - 0.25 * y)).astype(np.float32), scan.affine)
    stored = nib.orientations.ornt_transform(
        nib.io_orientation(scan.affine), nib.orientations.axcodes2ornt(axes)
    )
    turned, turned_mask = (image.as_reoriented(stored) for image in (shaded, mask))
    corrected = n4_bias_correction(turned, turned_mask)
    assert nib.aff2axcodes(corrected.affine) == tuple(axes)
    back = nib.as_closest_canonical(corrected)
    np.testing.assert_allclose(back.affine, scan.affine)
    expected = n4_bias_correction(shaded, mask).get_fdata()
    inside = np.asarray(mask.dataobj) > 0
    difference = np.log(back.get_fdata()[inside] / expected[inside])
    assert np.std(difference) < 0.1 * np.std(np.log(shaded.get_fdata()[inside] / expected[inside]))


# Real images.


def template(real_data, weeks, name):
    return nib.load(real_data / "spina_bifida_t2" / f"fetal_SB_atlas_GA{weeks}_operated" / f"{name}.nii.gz")


def test_a_real_image_survives_another_grid_and_back(real_data):
    """A rotated, flipped, anisotropic grid and back: labels in their place, brain mask as before."""
    labels = template(real_data, 30, "parcellation")
    middle = apply_affine(labels.affine, (np.array(labels.shape) - 1) / 2)
    grid = affine_of((20, -15, 40), (0.6, 0.7, 0.5), (-1, 1, -1), (2, 0, 1))
    shape = (260, 230, 300)
    grid[:3, 3] = middle - grid[:3, :3] @ ((np.array(shape) - 1) / 2)
    back = resample_to_grid(resample_to_grid(labels, (shape, grid), "nearest"), labels, "nearest")
    np.testing.assert_allclose(back.affine, labels.affine, atol=1e-5)
    for label in range(1, 9):
        assert dice(back.get_fdata() == label, labels.get_fdata() == label) > 0.9, label


def test_n4_takes_a_planted_shading_off_a_real_image(real_data):
    """What N4 finds in the image as it is cancels out of the comparison, so only the planted part counts."""
    image = template(real_data, 34, "srr")
    brain = template(real_data, 34, "parcellation").get_fdata() > 0
    mask = nib.Nifti1Image(brain.astype(np.uint8), image.affine)
    centre = apply_affine(image.affine, np.argwhere(brain).mean(axis=0))
    x, y, _ = np.moveaxis(world_grid(image.shape, image.affine) - centre, -1, 0) / 60
    planted = np.exp(0.3 * x - 0.25 * y)
    shaded = nib.Nifti1Image((image.get_fdata() * planted).astype(np.float32), image.affine)
    plain, cleaned = (n4_bias_correction(i, mask).get_fdata()[brain] for i in (image, shaded))
    seen = plain > 0.1 * np.median(plain)
    left = np.log(cleaned[seen] / plain[seen])
    before = np.log(planted[brain][seen])
    assert np.std(left) < 0.25 * np.std(before)


def test_registration_brings_real_templates_of_different_age_together(real_data):
    """The labels were not used to register, so their overlap is an independent measure."""
    fixed, moving = (template(real_data, weeks, "srr") for weeks in (34, 26))
    matrix = register_affine(moving, fixed)
    target = np.asarray(template(real_data, 34, "parcellation").dataobj)
    labels = template(real_data, 26, "parcellation")
    before = np.asarray(resample_to_grid(labels, fixed, "nearest").dataobj)
    after = np.asarray(resample_to_grid(labels, fixed, "nearest", matrix).dataobj)
    gains = {
        name: dice(after == n, target == n) - dice(before == n, target == n) for n, name in LABELS.items()
    }
    assert min(gains.values()) > 0.1, gains
    assert dice(after == 2, target == 2) > 0.75
    assert dice(after > 0, target > 0) > 0.9


LABELS = {
    1: "white matter",
    2: "ventricles",
    3: "cerebellum",
    4: "outer fluid",
    6: "deep grey",
    7: "brainstem",
}


def test_a_real_oblique_stack_and_its_mask_stay_together(real_data):
    """Thick oblique slices of a fetus in its mother: image and mask on a common cube still agree."""
    folder = real_data / "mialsrtk_fetal"
    stack = nib.load(folder / "sub-01_run-1_T2w.nii.gz")
    mask = nib.load(folder / "sub-01_run-1_T2w_desc-brain_mask.nii.gz")
    centre = apply_affine(mask.affine, np.argwhere(mask.get_fdata()).mean(axis=0))
    grid = affine_of(zooms=(1.5, 1.5, 1.5), origin=centre - 1.5 * 35.5)
    image, brain = (
        resample_to_grid(i, ((72, 72, 72), grid), k) for i, k in [(stack, "linear"), (mask, "nearest")]
    )
    volumes = [np.abs(np.linalg.det(i.affine)) * (i.get_fdata() > 0).sum() / 1000 for i in (mask, brain)]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.02)
    np.testing.assert_allclose(
        apply_affine(grid, np.argwhere(brain.get_fdata()).mean(axis=0)), centre, atol=0.7
    )
    means = [i.get_fdata()[m.get_fdata() > 0].mean() for i, m in [(stack, mask), (image, brain)]]
    assert means[1] == pytest.approx(means[0], rel=0.02)


def test_labels_stored_left_to_right_land_on_the_pallidum_of_their_own_side(real_data, pallidum_folder):
    """ATAG is stored in LPS order. On the MNI T1 its pallidum must be darker than white matter, brighter than
    the putamen beside it, and its left labels on the left.
    """
    labels = nib.load(real_data / "adult_subcortex" / "atag" / "ATAG_basal_ganglia.nii.gz")
    t1 = nib.load(pallidum_folder / "sub-MNI152" / "anat" / "sub-MNI152_T1w.nii.gz")
    assert nib.aff2axcodes(labels.affine) == ("L", "P", "S") != nib.aff2axcodes(t1.affine)
    moved = np.asarray(resample_to_grid(labels, t1, "nearest").dataobj)
    data = t1.get_fdata()
    pallidum, striatum = np.isin(moved, (9, 10, 11, 12)), np.isin(moved, (7, 8))
    centre_left = apply_affine(t1.affine, np.argwhere(np.isin(moved, (9, 11))).mean(axis=0))
    centre_right = apply_affine(t1.affine, np.argwhere(np.isin(moved, (10, 12))).mean(axis=0))
    np.testing.assert_allclose(centre_left, (-19, -5, -1), atol=4)
    np.testing.assert_allclose(centre_right, (19, -5, -1), atol=4)
    assert np.median(data[pallidum]) > np.median(data[striatum])
    shifted = np.roll(pallidum, 12, axis=1)
    assert data[pallidum].std() < data[shifted].std()
