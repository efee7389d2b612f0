"""Preprocessing and a network on real templates with enlarged ventricles (Fidon et al. 2021)."""

import nibabel as nib
import numpy as np
import pytest
import torch

from neolab.errors import InputError
from neolab.metrics.voxelwise import dice
from neolab.studies.raad2023.atlas import simulated_atlas
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.preprocess import carry_mask, make_reference, prepare
from neolab.studies.raad2023.templates import load_templates, look_at_templates, template_folders
from neolab.studies.raad2023.training import AutoencoderDetector

SIDE = 64


@pytest.fixture(scope="module")
def folder(real_data):
    path = real_data / "spina_bifida_t2"
    if not path.is_dir():
        pytest.skip(f"no real templates at {path}")
    return path


@pytest.fixture(scope="module")
def reference():
    return make_reference(*simulated_atlas(), SIDE)


@pytest.fixture(scope="module")
def templates(folder, reference):
    return list(load_templates(folder, reference))


def test_every_template_is_enlarged_to_term_size_the_youngest_most(templates):
    enlargement = {template.name.split("_")[3]: template.enlargement for template in templates}
    assert enlargement["GA26"] > enlargement["GA30"] > enlargement["GA34"] > 1


def test_brains_lie_on_the_references_brain(templates, reference):
    brain = np.asarray(reference.cube.dataobj) > 0
    for template in templates:
        assert dice(brain, template.cube > 0) > 0.85


def test_the_ventricles_label_lies_on_bright_fluid_and_nowhere_better_beside_it(templates):
    """Fluid is bright on T2: a label that went elsewhere than its image would lose contrast."""
    for template in templates:
        here = template.cube[template.ventricles].mean()
        assert here > 1.3 * template.cube[(template.cube > 0) & ~template.ventricles].mean()
        for axis in range(3):
            for shift in (-6, 6):
                moved = np.roll(template.ventricles, shift, axis)
                assert template.cube[moved].mean() < here


def test_left_stays_left(folder, reference):
    """A mark in the left half of a real image arrives in the left half of the cube, however it is stored."""
    path = template_folders(folder)[0]
    image, mask = (nib.load(path / f"{name}.nii.gz") for name in ("srr", "mask"))
    prepared = prepare(image, reference, mask)
    world = nib.affines.apply_affine(mask.affine, np.argwhere(np.asarray(mask.dataobj) > 0))
    marked = np.zeros(mask.shape, np.uint8)
    voxels = np.argwhere(np.asarray(mask.dataobj) > 0)
    marked[tuple(voxels[world[:, 0] < np.median(world[:, 0]) - 15].T)] = 1
    arrived = np.argwhere(carry_mask(nib.Nifti1Image(marked, mask.affine), prepared, reference))
    everything = np.argwhere(carry_mask(mask, prepared, reference))
    assert arrived[:, 0].mean() < everything[:, 0].mean() - 3


def test_a_network_gives_a_finite_map_and_the_ventricles_can_be_ranked(templates):
    torch.manual_seed(0)
    detector = AutoencoderDetector(Autoencoder("vae_8x8_256", SIDE, channels=4))
    table, views = look_at_templates(detector, templates, usual_error=0.01)
    assert table["template"].tolist() == list(views) == [template.name for template in templates]
    assert all(np.isfinite(z).all() for _, z, _ in views.values())
    assert (table["error / median held-out error"] > 0).all()
    assert table["ventricles against the rest (AUC)"].between(0, 1).all()


def test_a_folder_without_templates_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="template_path: found no template in .*, expected folders with srr"):
        template_folders(tmp_path)
