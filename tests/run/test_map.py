"""`neolab map` and `neolab check-data` on a folder: what is printed, written and left alone."""

import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from neolab.run import cli


@pytest.fixture
def neolab(monkeypatch, capsys):
    """Call the command line; return its exit status, standard output and standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["neolab", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return call


def folder(root: Path, n: int = 3) -> Path:
    """A BIDS folder with a T1w image each."""
    for i in range(n):
        path = root / f"sub-{i + 1:02d}" / "anat" / f"sub-{i + 1:02d}_T1w.nii.gz"
        path.parent.mkdir(parents=True)
        data = np.random.default_rng(i).integers(0, 900, (8, 8, 8)).astype(np.int16)
        nib.save(nib.Nifti1Image(data, np.eye(4)), path)
    return root


def test_map_writes_a_mapping_with_which_the_folder_is_checked(neolab, tmp_path):
    root = folder(tmp_path / "c")
    status, out, err = neolab("map", root)
    assert (status, err) == (0, "")
    assert "wu2021: can read T1w" in out and "raad2023: cannot use it, for want of T2w" in out
    status, out, _ = neolab("check-data", "wu2021", root)
    assert (status, out) == (0, f"{root}: 3 scans of 3 participants, result class real\n")


def test_map_overwrites_nothing_and_writes_elsewhere_when_told(neolab, tmp_path):
    root = folder(tmp_path / "c")
    (root / "neolab.yaml").write_text("mine")
    status, out, err = neolab("map", root)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"{root / 'neolab.yaml'}: found a file, expected a new one: name another place with --out" in err
    assert neolab("map", root, "--out", tmp_path / "draft.yaml")[0] == 0
    assert (root / "neolab.yaml").read_text() == "mine"
    assert "T1w: {suffix: T1w}" in (tmp_path / "draft.yaml").read_text()
    status, _, err = neolab("map", root, "--out", tmp_path / "no" / "draft.yaml")
    assert status == 2 and err.count("\n") == 1


def test_voxels_are_read_under_50_scans_or_when_asked(neolab, tmp_path):
    small, large = folder(tmp_path / "small"), folder(tmp_path / "large", 50)
    for root in (small, large):
        neolab("map", root)
        path = root / "sub-02" / "anat" / "sub-02_T1w.nii.gz"
        nib.save(nib.Nifti1Image(np.full((8, 8, 8), 7, np.int16), np.eye(4)), path)
    for words in (["check-data", "wu2021", small], ["check-data", "wu2021", large, "--voxels"]):
        status, _, err = neolab(*words)
        assert status == 2 and "same value in every voxel" in err
    for words in (["check-data", "wu2021", small, "--no-voxels"], ["check-data", "wu2021", large]):
        status, out, _ = neolab(*words)
        assert status == 0 and out.endswith("headers only, --voxels reads everything\n")
