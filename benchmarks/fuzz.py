"""Mutated small files through every reader: nothing but InputError may come out, soon, in little memory.

Run ``python benchmarks/fuzz.py [COUNT] [SEED]``; tests/io/test_fuzz.py does a tenth of it.
"""

import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from neolab.documents import read_json, read_yaml
from neolab.errors import InputError
from neolab.io.describe import read_lookup
from neolab.io.headers import read_header
from neolab.io.mapping import read_mapping
from neolab.io.nifti import encode_nifti
from neolab.io.patterns import FilePattern
from neolab.io.tables import read_table
from neolab.io.voxels import read_volume
from neolab.run.cache import changed_parts
from neolab.run.records import read_run

SLOWEST_SECONDS = 5.0
AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])
VOXELS = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
TABLE = "participant_id\tsession_id\tage\tsex\nsub-01\tses-1\t39.5\tF\nsub-02\tses-1\tn/a\tM\n"
MAPPING = """study: wu2021
result_class: real
columns: {label: group, positive: [p], negative: [c], age_weeks: age}
images:
  T1w: {suffix: T1w, acq: se}
  T2w: {path: "T2/{participant_id}_{session_id}*.nii.gz", required: false}
labels:
  dseg: {suffix: dseg, lookup: {air: 0, white_matter: 1}}
points:
  spots: {path: "points/{participant_id}.csv", columns: [x, y, z], space: mm, required: false}
"""
RESULTS = {
    "schema": 1, "study": "wu2021", "result_class": "synthetic", "profile": "smoke", "seed": 0,
    "metrics": {"gpnorm.auc": {"value": 0.7, "low": 0.6, "high": 0.9, "n": 20, "unit": "1", "folds": [0.6]}},
    "figures": {"roc": {"caption": "A curve", "paper": "Figure 4", "metrics": ["gpnorm.auc"]}},
    "tables": {"all": {"caption": ""}}, "limitations": ["few"],
}  # fmt: skip
RECORD = {
    "study": "wu2021", "profile": "smoke", "seed": 0, "given": {"profile": "smoke"}, "key": {"code": "a"},
    "result_class": "synthetic", "data_hash": "simulated", "device": "cpu", "seconds": 12.3, "threads": 2,
    "peak_memory_bytes": 2**30, "started": "2026-01-01T00:00:00+00:00",
    "git": {"commit": "0123456789abcdef", "changed": True}, "versions": {"numpy": "2.0.0"},
    "machine": {"system": "Linux", "processor": "any", "cores": 2},
}  # fmt: skip

#: What tends to break readers, put in at a random place.
POISONS = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x80",
    b"\r",
    b"\n\n",
    b"\t\t\t",
    b'"',
    b"'",
    b"{",
    b"[",
    b"]",
    b"}",
    b"[" * 3000,
    b"{a: " * 3000,
    b"&a [*a]",
    b"*a",
    b"<<: ",
    b"!!python/object:os.system x",
    b": ",
    b"- ",
    b"? ",
    b"9" * 5000,
    b"1e999",
    b"-1",
    b"nan",
    b"NaN",
    b"Infinity",
    b"null",
    b"true",
    b"~",
    b"2020-99-99",
    b"1:2:3",
    b"../",
    b"/",
    b"\\u0000",
    b"\\ud800",
    "é".encode("latin-1"),
    "ü🧠".encode(),
    b"%",
    b"{x}",
    b"{0.__class__}",
    b",",
    b";",
    b"#",
    b"1,5",
    b" " * 500,
    b"x" * 5000,
]


def seeds(folder: Path) -> list[tuple[str, bytes, Callable[[Path], object]]]:
    """Name of a small valid file, its content, and the reader of it."""
    packed = encode_nifti(VOXELS, AFFINE)
    mask = encode_nifti(VOXELS > 50, AFFINE)
    picture = folder / "roc.png"
    Image.new("RGB", (20, 15), "white").save(picture)
    image, labels, masks = (
        FilePattern("a", role, "a", lookup={"a": 1} if role == "labels" else None)
        for role in ("images", "labels", "masks")
    )
    run = folder / "run"
    (run / "figures").mkdir(parents=True)
    return [
        ("table.tsv", TABLE.encode(), read_table),
        ("table.csv", TABLE.replace("\t", ",").encode(), read_table),
        ("dseg.tsv", b"index\tname\n0\tair\n8\tglobus_pallidus\n", read_lookup),
        ("a.json", json.dumps(RECORD).encode(), read_json),
        ("a.yaml", MAPPING.encode(), read_yaml),
        ("neolab.yaml", MAPPING.encode(), lambda path: read_mapping(path.parent)),
        ("a.nii.gz", packed, lambda path: (read_header(path), read_volume(path, image))),
        ("a.nii", gzip.decompress(packed), lambda path: (read_header(path), read_volume(path, image))),
        ("l.nii", gzip.decompress(mask), lambda path: read_volume(path, labels)),
        ("m.nii", gzip.decompress(mask), lambda path: read_volume(path, masks)),
        ("run/run.json", json.dumps(RECORD).encode(), _read_run),
        ("run/results.json", json.dumps(RESULTS).encode(), _read_run),
        ("run/figures/roc.png", picture.read_bytes(), _read_run),
    ]


def _read_run(path: Path) -> None:
    folder = next(parent for parent in path.parents if parent.name == "run")
    changed_parts(folder, {"code": "a"})
    read_run(folder)


def mutate(content: bytes, rng: random.Random) -> bytes:
    """One to four changes: bytes flipped, cut out, doubled, or poison put in."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        length = rng.choice((1, 2, 4, 16))
        match rng.randrange(6):
            case 0:
                data[at : at + length] = rng.randbytes(length)
            case 1:
                del data[at : at + rng.choice((1, 8, 64, len(data)))]
            case 2:
                data[at:at] = data[at : at + 64] * rng.choice((1, 50))
            case 3:
                data[at : at + length] = rng.choice((b"\x00", b"\xff", b"\x7f")) * length
            case _:
                data[at : at + rng.choice((0, 1, length))] = rng.choice(POISONS)
    return bytes(data)


def fuzz(folder: Path, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield name of the file and how its reader ended: ``read``, ``refused``, or what else came out."""
    rng, files = random.Random(seed), seeds(folder)
    for name, content, _ in files:
        (folder / name).write_bytes(content)
    for number in range(count):
        name, content, read = files[number % len(files)]
        path = folder / name
        path.write_bytes(mutate(content, rng))
        started = time.perf_counter()
        try:
            read(path)
            ended = "read"
        except InputError as error:
            ended = "refused" if len(str(error)) < 2000 else "refused at length"
        except Exception as error:
            ended = f"{type(error).__name__}: {str(error)[:100]} (mutation {number})"
        if time.perf_counter() - started > SLOWEST_SECONDS:
            ended = f"took {time.perf_counter() - started:.0f} s (mutation {number})"
        path.write_bytes(content)
        yield name, ended


def main() -> None:
    """Print how many of each file were read, refused, or broke their reader."""
    count, seed = map(int, [*sys.argv[1:], "20000", "0"][:2] if len(sys.argv) != 2 else [sys.argv[1], "0"])
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = Counter(fuzz(Path(folder), count, seed))
    for (name, ended), times in sorted(found.items()):
        print(f"{name:22} {times:6} {ended}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} mutations in {time.perf_counter() - started:.0f} s, at most {memory:.0f} MiB")


if __name__ == "__main__":
    main()
