"""Template-space fields that every digital neonate is sampled from: built once, cached, loaded in a moment.

Signed distances are stored as int8 in tenths of a millimetre (``QUANTUM_MM``), so they saturate 12.7 mm away
from their border; nothing uses them further out.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np

from neolab.cache import cache_folder, files_hash, keep_newest, write_whole
from neolab.simulate import myelin_atlas, nuclei, regions, template
from neolab.simulate.folding import PATTERNS, STAGE_WEEKS, staged_interiors

#: Millimetres per step of a stored distance.
QUANTUM_MM = 0.1


@dataclass(frozen=True)
class BaseFields:
    """Fields on the right half of the template (x >= 0); callers mirror them.

    Parameters
    ----------
    interiors : numpy.ndarray
        int8, (pattern, stage, *HEMISPHERE.shape): distance to the border of the cortex's interior.
    fine : dict of str to numpy.ndarray
        int8 on ``template.HEMISPHERE``: distances to the borders of single structures, and the cerebellar
        ``texture`` (in hundredths of its own standard deviation).
    smooth : dict of str to numpy.ndarray
        float16 on ``template.SMOOTH``: hull distance (mm) and myelination half times (months).
    """

    interiors: np.ndarray
    fine: dict[str, np.ndarray]
    smooth: dict[str, np.ndarray]


def quantise(distance_mm: np.ndarray) -> np.ndarray:
    """Distances in millimetres as int8 steps of ``QUANTUM_MM``."""
    return np.clip(np.rint(distance_mm / QUANTUM_MM), -127, 127).astype(np.int8)


def build_base_fields() -> BaseFields:
    """Make all fields from nilearn's bundled files; seconds of work, the same bytes each time."""
    with ThreadPoolExecutor(2) as pool:
        structures = pool.submit(_structures)
        smooth = pool.submit(_smooth_fields)
        interiors = np.empty((len(PATTERNS), len(STAGE_WEEKS), *template.HEMISPHERE.shape), np.int8)
        for (pattern, stage), distance in staged_interiors(pool):
            interiors[pattern, stage] = quantise(distance)
        fine = {name: quantise(distance) for name, distance in structures.result().items()}
        return BaseFields(interiors, fine, smooth.result())


def _structures() -> dict[str, np.ndarray]:
    return regions.structure_distances() | nuclei.nuclear_distances(template.HEMISPHERE)


def _smooth_fields() -> dict[str, np.ndarray]:
    fields = {"hull": regions.hull_distance(), **myelin_atlas.half_times(template.SMOOTH)}
    return {name: field.astype(np.float16) for name, field in fields.items()}


#: Hash of the code as it was imported: a process that outlives an edit must not cache under the new name.
_CODE_HASH = files_hash(
    Path(__file__).with_name(f"{name}.py")
    for name in ("base_fields", "folding", "myelin_atlas", "nuclei", "regions", "surfaces", "template")
)


@cache
def _data_hash() -> str:
    return files_hash(template.source_files())


def cache_path() -> Path:
    """The cache file; its name holds hashes of the code that makes the fields and of the bundled data."""
    return cache_folder() / f"base_fields_{_CODE_HASH[:8]}{_data_hash()[:8]}.npz"


_loaded: dict[Path, BaseFields] = {}
_loading = Lock()


def load_base_fields() -> BaseFields:
    """The base fields, from memory, from the cache, or built and cached (whichever comes first)."""
    path = cache_path()
    with _loading:
        if path not in _loaded:
            if not path.exists():
                _save(build_base_fields(), path)
            _loaded.clear()
            _loaded[path] = _read(path)
        return _loaded[path]


def _save(fields: BaseFields, path: Path) -> None:
    arrays = {f"fine/{name}": array for name, array in fields.fine.items()}
    arrays |= {f"smooth/{name}": array for name, array in fields.smooth.items()}
    write_whole(path, lambda temporary: np.savez(temporary, interiors=fields.interiors, **arrays))
    keep_newest(path.parent, "base_fields_*.npz")


def _read(path: Path) -> BaseFields:
    with np.load(path) as stored:
        groups: dict[str, dict[str, np.ndarray]] = {"fine": {}, "smooth": {}}
        for key in stored.files:
            if "/" in key:
                group, name = key.split("/")
                groups[group][name] = stored[key]
        return BaseFields(stored["interiors"], **groups)
