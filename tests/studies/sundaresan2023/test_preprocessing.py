"""Symmetry transform, vessel removal and the chain from image to channels."""

import nibabel as nib
import numpy as np
import pytest
from skimage.filters import frangi
from skimage.measure import label as skimage_label
from skimage.measure import regionprops
from sklearn.cluster import KMeans

from neolab.errors import InputError
from neolab.io.patterns import FilePattern
from neolab.io.volume import Volume
from neolab.io.voxels import read_volume
from neolab.studies.sundaresan2023.preprocessing import Preprocessing, correct_bias, prepare
from neolab.studies.sundaresan2023.symmetry import radial_symmetry
from neolab.studies.sundaresan2023.vessel_removal import (
    inpaint,
    region_eccentricity,
    remove_vessels,
    smaller_cluster,
    vessel_mask,
    vesselness,
)


def disc(radius, size=41, centre=None, level=1.0):
    x, y = np.indices((size, size))
    cx, cy = centre or (size // 2, size // 2)
    return level * np.clip(radius - np.hypot(x - cx, y - cy) + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize("radius", [2, 3, 4, 6])
def test_a_disc_of_known_radius_peaks_in_its_centre(radius):
    symmetry = radial_symmetry(disc(radius), radii=(radius,))
    assert np.unravel_index(symmetry.argmax(), symmetry.shape) == (20, 20)


@pytest.mark.parametrize("radius", [2, 3, 4, 6])
def test_the_radius_that_fits_the_disc_answers_most(radius):
    answers = {r: radial_symmetry(disc(radius), radii=(r,))[20, 20] for r in (2, 3, 4, 6, 8)}
    assert max(answers, key=answers.get) == radius


def test_images_from_0_to_1_give_an_answer_where_the_published_code_gives_none():
    symmetry = radial_symmetry(disc(3, level=0.2))
    assert symmetry.max() > 0 and np.isfinite(symmetry).all()
    as_published = np.gradient(disc(3, level=0.2))[0].astype(int)  # casts before it normalises
    assert not as_published.any()


def test_dark_discs_do_not_answer_in_their_centre():
    image = 1 - disc(3)
    bright, dark = radial_symmetry(disc(3), radii=(3,)), radial_symmetry(image, radii=(3,))
    assert dark[20, 20] < 0.05 * bright[20, 20]


def test_a_disc_answers_more_than_a_line_of_the_same_width():
    line = np.zeros((41, 41), np.float32)
    line[:, 18:23] = 1
    assert radial_symmetry(disc(2.5)).max() > 2 * radial_symmetry(line)[10:-10].max()


def test_the_answer_moves_with_the_disc_and_slices_are_independent():
    volume = np.stack([disc(3, centre=(12, 27)), np.zeros((41, 41)), disc(3, centre=(30, 9))], axis=-1)
    symmetry = radial_symmetry(volume)
    assert np.unravel_index(symmetry[..., 0].argmax(), (41, 41)) == (12, 27)
    assert np.unravel_index(symmetry[..., 2].argmax(), (41, 41)) == (30, 9)
    assert symmetry[..., 1].max() == 0


def test_vesselness_agrees_with_scikit_image():
    rng = np.random.default_rng(0)
    image = np.zeros((48, 48), np.float32)
    image[10:38, 23:25] = 1
    image += rng.normal(0, 0.02, image.shape).astype(np.float32)
    # Scikit-image's beta is that of its blob term, its gamma the structureness level; one scale, no edges.
    ours = vesselness(image[:, :, None], sigmas=(1.5,), beta=0.9, gamma=0.2)[:, :, 0]
    theirs = frangi(image, sigmas=[1.5], beta=0.9, gamma=0.2, black_ridges=False)
    middle = (slice(8, -8), slice(8, -8))
    assert np.corrcoef(ours[middle].ravel(), theirs[middle].ravel())[0, 1] > 0.95


def test_clusters_agree_with_scikit_learn():
    rng = np.random.default_rng(1)
    features = np.concatenate([rng.normal(0, 1, (900, 2)), rng.normal(5, 1, (100, 2))])
    ours = smaller_cluster(features)
    scaled = (features - features.mean(0)) / features.std(0)
    theirs = KMeans(2, n_init=5, random_state=0).fit_predict(scaled).astype(bool)
    theirs = theirs if theirs.mean() < 0.5 else ~theirs
    assert (ours == theirs).mean() > 0.99


def test_eccentricity_agrees_with_scikit_image():
    plane = np.zeros((40, 40), bool)
    plane[5:8, 5:20] = True
    plane |= disc(5, 40, (28, 12)) > 0.5
    plane[20:30, 30:35] = True
    labels = skimage_label(plane)
    expected = [region.eccentricity for region in regionprops(labels)]
    ours = region_eccentricity(labels[:, :, None], labels.max())[1:]
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def phantom():
    """Tissue with a long vein and a round microbleed, both bright."""
    rng = np.random.default_rng(0)
    image = (0.3 + rng.normal(0, 0.01, (60, 60, 4))).astype(np.float32)
    image[10:50, 15:17] = 0.9
    image += 0.6 * (disc(2.5, 60, (30, 42)) > 0.5)[:, :, None]
    return np.clip(image, 0, 1), np.ones(image.shape, bool)


def test_veins_are_painted_over_and_microbleeds_stay():
    image, mask = phantom()
    found = vessel_mask(image, mask)
    assert found[12:48, 15:17].mean() > 0.9
    assert not found[28:33, 40:45].any()
    painted = remove_vessels(image, mask)
    assert abs(np.median(painted[12:48, 15:17]) - 0.3) < 0.1
    np.testing.assert_array_equal(painted[28:33, 40:45], image[28:33, 40:45])


def test_in_painting_a_constant_image_changes_nothing_and_leaves_the_rest_alone():
    image = np.full((12, 12, 5), 0.4, np.float32)
    holes = np.zeros(image.shape, bool)
    holes[3:9, 3:9, 1:4] = True
    damaged = np.where(holes, 1.0, image)
    np.testing.assert_allclose(inpaint(damaged, holes), image, atol=1e-6)


def scan(modality_dark=True, affine=None):
    """A ball of tissue with one spot: dark for GRE, bright for QSM."""
    x, y, z = np.indices((48, 52, 14))
    brain = (x - 24) ** 2 + (y - 26) ** 2 < 19**2
    brain &= (z > 1) & (z < 12)
    spot = ((x - 20) ** 2 + (y - 30) ** 2 < 6) & (abs(z - 7) < 2)
    rng = np.random.default_rng(0)
    data = np.where(brain, 1.0, 0.0) + rng.normal(0, 0.01, brain.shape)
    data = np.where(spot, 0.1, data) if modality_dark else np.where(spot, 0.4, 0.02 * data)
    affine = np.diag([0.8, 0.8, 3.0, 1.0]) if affine is None else affine
    return Volume(data.astype(np.float32), affine), brain, spot


FAST = Preprocessing(bias="smooth", vessels=True)


@pytest.mark.parametrize(("modality", "dark"), [("gre", True), ("swi", True), ("qsm", False)])
def test_microbleeds_are_bright_in_both_channels_for_every_modality(modality, dark):
    image, brain, spot = scan(dark)
    prepared = prepare(image, brain, modality, FAST)
    spot = spot[prepared.box]
    tissue = prepared.mask & ~spot
    assert prepared.channels[0][spot].mean() > prepared.channels[0][tissue].mean() + 0.3
    peak = np.unravel_index(prepared.channels[1].argmax(), spot.shape)
    assert spot[peak]
    assert prepared.channels.min() >= 0 and prepared.channels.max() <= 1


def test_the_crop_knows_where_it_came_from():
    image, brain, _ = scan()
    prepared = prepare(image, brain, "swi", FAST)
    start = [part.start for part in prepared.box]
    np.testing.assert_allclose(prepared.affine[:3, 3], image.affine[:3, :3] @ start + image.affine[:3, 3])
    assert prepared.channels.shape[1:] == prepared.mask.shape == tuple(p.stop - p.start for p in prepared.box)
    assert not prepared.channels[0][~prepared.mask].any()


def test_the_crop_leaves_room_to_measure_the_distance_to_the_skull_except_where_the_scan_ends():
    image, brain, _ = scan()
    whole = prepare(image, brain, "swi", FAST)
    rims = [np.take(whole.mask, end, axis) for axis in range(3) for end in (0, -1)]
    assert not any(rim.any() for rim in rims)
    slab = image.with_data(image.data[:, :, 4:10])
    cut = prepare(slab, brain[:, :, 4:10], "swi", FAST)
    assert cut.mask[:, :, 0].any() and cut.mask[:, :, -1].any() and not cut.mask[0].any()


def test_an_image_stored_in_another_orientation_gives_the_same_channels(tmp_path):
    image, brain, _ = scan()

    def stored_as(axes):
        """What is read of image and mask that were stored with these axes."""
        for name, data in (("image", image.data), ("brain", brain.astype(np.uint8))):
            whole = nib.Nifti1Image(data, image.affine)
            turned = whole.as_reoriented(nib.orientations.axcodes2ornt(axes))
            nib.save(turned, tmp_path / f"{name}.nii.gz")
        read = read_volume(tmp_path / "image.nii.gz", FilePattern("image", "images"))
        mask = read_volume(tmp_path / "brain.nii.gz", FilePattern("brain", "masks"))
        return prepare(read, mask.data, "swi", FAST).channels

    np.testing.assert_allclose(stored_as("LPS"), stored_as("RAS"), atol=1e-6)


def test_bias_correction_flattens_a_shaded_brain():
    voxel = (3.2, 3.2, 12.0)  # a head-sized ball, so that the coil's shading is smooth against the tissue
    image, brain, spot = scan(affine=np.diag([*voxel, 1.0]))
    shading = np.exp(np.linspace(-0.3, 0.3, 48))[:, None, None]
    data = image.data * shading
    tissue = brain & ~spot
    for method in ("smooth", "n4"):
        flat = correct_bias(data.astype(np.float32), brain, voxel, image.affine, method)
        before, after = (v[tissue].std() / v[tissue].mean() for v in (data, flat))
        assert after < 0.6 * before


def test_bad_input_is_named_in_one_sentence():
    image, brain, _ = scan()
    with pytest.raises(InputError, match="modality: found 't1'"):
        prepare(image, brain, "t1", FAST)
    with pytest.raises(InputError, match="brain mask: found shape"):
        prepare(image, brain[:-1], "swi", FAST)
    with pytest.raises(InputError, match="found no voxel"):
        prepare(image, np.zeros(brain.shape, bool), "swi", FAST)
