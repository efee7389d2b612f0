"""Phase, SWI and QSM code on real multi-echo gradient-echo crops."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage as ndi

from neolab.simulate.susceptibility.qsm import laplacian_unwrap, v_sharp
from neolab.simulate.susceptibility.swi import homodyne_phase, susceptibility_weighted

REAL = Path(__file__).parents[3] / "shared" / "realdata"
VOXEL_MM = (0.46875, 0.46875, 1.0)  # the header's fourth zoom means nothing
TO_RADIANS = np.pi / 0.003674


@pytest.fixture(params=["clearswi_gre", "mriresearchtools_gre"])
def crop(request):
    """Magnitude and phase (radians) of three echoes, and the interior away from the cut edges."""
    folder = REAL / request.param
    if not folder.exists():
        pytest.skip(f"no real gradient-echo crop at {folder}")
    magnitude = nib.load(folder / "Mag.nii").get_fdata(dtype=np.float32)
    phase = nib.load(folder / "Phase.nii").get_fdata(dtype=np.float32) * TO_RADIANS
    interior = np.zeros(magnitude.shape[:3], bool)
    interior[8:-8, 8:-8, 2:-2] = True
    return magnitude, phase, interior


def test_high_pass_phase_of_the_second_echo_is_that_of_the_first_made_larger(crop):
    magnitude, phase, interior = crop
    first, second = (
        homodyne_phase(magnitude[..., e] * np.exp(1j * phase[..., e]), VOXEL_MM)[interior] for e in (0, 1)
    )
    assert np.corrcoef(first, second)[0, 1] > 0.6
    growth = np.linalg.eigh(np.cov(first, second))[1][:, 1]  # both echoes are noisy: the principal axis
    assert 1.2 < growth[1] / growth[0] < 2.5


def test_unwrapped_local_fields_of_two_real_echoes_agree(crop):
    _, phase, _ = crop
    mask = np.zeros(phase.shape[:3], bool)
    mask[1:-1, 1:-1, 1:-1] = True
    local = []
    for echo in (0, 1):
        unwrapped = laplacian_unwrap(phase[..., echo], VOXEL_MM)
        field, reliable = v_sharp(unwrapped, mask, VOXEL_MM, radii_mm=(6, 4, 3, 2))
        local.append(field[reliable])
    assert np.corrcoef(*local)[0, 1] > 0.6


def test_swi_makes_real_veins_darker_against_brain_than_magnitude_does(crop):
    magnitude, phase, interior = crop
    last = magnitude[..., 2] / np.median(magnitude[..., 2])
    local = last / ndi.gaussian_filter(last, 6)
    vein = interior & (local < np.percentile(local[interior], 4))
    swi = susceptibility_weighted(last, homodyne_phase(last * np.exp(1j * phase[..., 2]), VOXEL_MM))
    brain = interior & ~vein
    assert swi[vein].mean() / swi[brain].mean() < last[vein].mean() / last[brain].mean() - 0.02
