"""Prepared scans are made once, and again when anything that they were made from changes."""

import gzip
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from neolab.learn import scans


class Folder:
    """Enough of a cohort: three scans whose files hold their number."""

    def __init__(self, root):
        self.root, self.table = root, pd.DataFrame({"participant_id": list("abc")})
        for row in range(3):
            self.write(row, row)

    def __len__(self):
        return len(self.table)

    def write(self, row: int, value: int):
        self.path(row, "T1w").write_bytes(gzip.compress(bytes([value])))

    def there(self, row: int, kind: str) -> bool:
        return self.path(row, kind).is_file()

    def path(self, row: int, kind: str):
        return self.root / f"{row}_{kind}.nii.gz"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NEOLAB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "scans").mkdir()
    made = []

    def prepare(**changes) -> dict:
        def make(row: int) -> dict[str, np.ndarray]:
            made.append(row)
            value = gzip.decompress(folder.path(row, "T1w").read_bytes())[0]
            return {"image": np.full((2, 2), value), "mask": np.ones(3, bool)}

        given = {
            "study": "toy",
            "arrays": ("image", "mask"),
            "kinds": ("T1w", "dseg"),
            "code": ["neolab.cache"],
        }
        made.clear()
        return scans.prepared_scans(folder, make, progress=False, **given | changes)

    folder = Folder(tmp_path / "scans")
    return SimpleNamespace(folder=folder, made=made, prepare=prepare, root=tmp_path / "cache")


def test_arrays_come_in_the_order_of_the_table_as_read_only_maps_of_the_disk(cache):
    arrays = cache.prepare()
    assert [int(image[0, 0]) for image in arrays["image"]] == [0, 1, 2] and len(arrays["mask"]) == 3
    assert isinstance(arrays["image"][1], np.memmap) and not arrays["image"][1].flags.writeable
    assert sorted(cache.made) == [0, 1, 2]


def test_what_is_there_is_not_made_again_and_a_changed_scan_alone_is(cache):
    cache.prepare()
    cache.prepare()
    assert cache.made == []
    cache.folder.write(1, 9)
    assert cache.prepare()["image"][1][0, 0] == 9 and cache.made == [1]


def test_a_new_file_of_a_scan_makes_that_scan_again(cache):
    cache.prepare()
    cache.folder.path(2, "dseg").write_bytes(gzip.compress(b"labels"))
    cache.prepare()
    assert cache.made == [2]


def test_parameters_and_shared_scans_count_for_all(cache):
    cache.prepare(parameters={"side": 32}, shared=[0])
    cache.prepare(parameters={"side": 64}, shared=[0])
    assert sorted(cache.made) == [0, 1, 2]
    cache.folder.write(0, 7)
    cache.prepare(parameters={"side": 64}, shared=[0])
    assert sorted(cache.made) == [0, 1, 2]


def test_other_code_makes_all_anew_and_only_the_last_versions_are_kept(cache):
    codes = (["neolab.cache"], ["neolab.errors"], ["neolab.machine"], ["neolab.io.splits"])
    for code in codes:
        cache.prepare(code=code)
        assert sorted(cache.made) == [0, 1, 2]
    assert len(list((cache.root / "prepared" / "toy").iterdir())) == scans.KEPT_VERSIONS
    cache.prepare(code=codes[-1])
    assert cache.made == []
    cache.prepare(code=codes[0])
    assert sorted(cache.made) == [0, 1, 2]


def test_an_interrupted_scan_leaves_nothing_that_a_later_run_takes_for_whole(cache):
    def stops(row):
        return {"image": np.zeros(2)}

    with pytest.raises(KeyError):
        scans.prepared_scans(
            cache.folder, stops, study="toy", arrays=("image", "mask"), kinds=("T1w",), code=["neolab.cache"],
            progress=False,
        )  # fmt: skip
    assert cache.prepare(kinds=("T1w",))["image"][2][0, 0] == 2
