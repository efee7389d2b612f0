"""The order of the tests, and the real images that several rooms use where they exist.

Fast tests come first, then slow ones, notebooks, and the browser.
"""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import settings

# hypothesis' own deadline is wall time: it would measure how busy the machine is.
settings.register_profile("neolab", deadline=None)
settings.load_profile("neolab")

REAL_DATA = Path(__file__).parents[2] / "shared" / "realdata"

# Labels of the left and right pallidum (ATAG: external and internal segment of each side).
PALLIDUM = {
    "atag": ("adult_subcortex/atag/ATAG_basal_ganglia.nii.gz", (9, 10, 11, 12)),
    "tian": ("adult_subcortex/tian/Tian_Subcortex_S1_3T_2009cAsym.nii.gz", (6, 14)),
}

_ORDER = ("slow", "notebook", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by the last of the markers that a test has; tests of one kind stay in their order."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    names = {mark.name for mark in item.iter_markers()}
    return max((_ORDER.index(name) + 1 for name in names.intersection(_ORDER)), default=0)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real MRI data beside the repository."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real images at {REAL_DATA}")
    return REAL_DATA


@pytest.fixture(scope="session")
def bids_validator() -> str:
    """The official BIDS validator; skipped where there is none, failed where it must not be skipped."""
    beside = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("bids-validator-deno")
    if found is None:
        if os.environ.get("NEOLAB_REQUIRE_BIDS_VALIDATOR"):
            pytest.fail(
                f"bids-validator-deno is neither beside {sys.executable} nor on the path, "
                "and NEOLAB_REQUIRE_BIDS_VALIDATOR asks for it"
            )
        pytest.skip("bids-validator-deno is not installed")
    return found


@pytest.fixture(scope="session")
def make_pallidum_folder(real_data):
    """A function ``(out, source)`` that writes a BIDS folder of one real T1w image with real labels."""

    def make(out: Path, source: str = "atag") -> Path:
        return write_pallidum_folder(out, real_data, source)

    return make


@pytest.fixture(scope="session")
def pallidum_folder(make_pallidum_folder, tmp_path_factory) -> Path:
    """nilearn's MNI152 T1 with the ATAG pallidum, for ``neolab run wu2021 --data``."""
    return make_pallidum_folder(tmp_path_factory.mktemp("pallidum") / "mni152")


def write_pallidum_folder(out: Path, real_data: Path, source: str) -> Path:
    """Write the MNI152 T1 and a map with only white matter and globus pallidus; result class template."""
    import nibabel as nib
    import nilearn.datasets
    from scipy.ndimage import binary_erosion

    from neolab.io.nifti import write_nifti
    from neolab.io.resample import resample_to_grid

    stem = os.path.join(os.path.dirname(nilearn.datasets.__file__), "data", "mni_icbm152_{}_tal_nlin_sym_09a")
    t1, white = (nib.load(stem.format(name) + "_converted.nii.gz") for name in ("t1", "wm"))
    file, values = PALLIDUM[source]
    atlas = resample_to_grid(nib.load(real_data / file), t1, "nearest")
    white_matter = white.get_fdata() > 0.95 * white.get_fdata().max()
    labels = np.where(binary_erosion(white_matter), 1, 0)
    labels[np.isin(np.asarray(atlas.dataobj), values)] = 2

    write_nifti(out / "sub-MNI152/anat/sub-MNI152_T1w.nii.gz", np.asarray(t1.dataobj), t1.affine)
    folder = "derivatives/labels"
    write_nifti(out / folder / "sub-MNI152/anat/sub-MNI152_desc-pallidum_dseg.nii.gz", labels, t1.affine)
    participants = pd.DataFrame({"participant_id": ["sub-MNI152"]})
    participants.to_csv(out / "participants.tsv", sep="\t", index=False)
    lookup = {"white_matter": 1, "globus_pallidus": 2}
    mapping = {
        "study": "wu2021",
        "result_class": "template",
        "images": {"T1w": {"suffix": "T1w"}},
        "labels": {"dseg": {"suffix": "dseg", "desc": "pallidum", "folder": folder, "lookup": lookup}},
    }
    (out / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return out
