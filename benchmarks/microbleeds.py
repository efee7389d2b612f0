"""Time and memory of the microbleed study, printed as tables.

``python benchmarks/microbleeds.py`` simulates whole heads, preprocesses them and searches a whole volume:
medians of several repeats, wall clock and processor seconds. ``--width 1`` gives the paper's networks.

``python benchmarks/microbleeds.py --steps`` needs torch, numpy, pandas, scipy and scikit-image only (with
``PYTHONPATH=.`` where neolab is not installed). It times what the profile ``paper`` repeats, on random arrays
of the right shape and with the project's own fit engine: training steps of detector, teacher and student, and
the search of one whole volume by all three steps. On a GPU it adds the peak memory and multiplies out a
training and a cross-validation.
"""

import argparse
import os
import platform
import resource
import statistics
import time

import numpy as np
import torch

from neolab.learn.compute import channels_last, pick_device
from neolab.learn.fit import Recipe, fit
from neolab.studies.sundaresan2023.data import label_reference
from neolab.studies.sundaresan2023.inference import (
    CleanUp,
    candidate_patches,
    clean_up,
    detect,
    discriminate,
    find_candidates,
)
from neolab.studies.sundaresan2023.layers import initialise
from neolab.studies.sundaresan2023.losses import (
    Distillation,
    detector_objective,
    student_objective,
    teacher_objective,
)
from neolab.studies.sundaresan2023.network import Detector, Student, Teacher
from neolab.studies.sundaresan2023.preprocessing import Prepared

# Brain of an adult in voxels of .8 x .8 x 3 mm: 140 x 175 x 140 mm.
VOLUME, VOXEL_MM = (175, 219, 47), (0.8, 0.8, 3.0)
# The paper's settings as they stand in the profile `paper` (a test holds the two together).
PAPER = {
    "batch_size": 8,
    "detector_patch": 48,
    "epochs": 100,
    "detector_patches": 2304,
    "discriminator_patches": 1256,
    "n_folds": 5,
}


# Steps are timed in so many epochs of which the median counts.
EPOCHS_TIMED = 3


def clock(action, repeats: int) -> tuple[float, float]:
    """Median wall and processor seconds of ``action(number)``; number 0 warms up and does not count."""
    action(0)
    wall, processor = [], []
    for number in range(1, repeats + 1):
        _wait()
        start = time.perf_counter(), time.process_time()
        action(number)
        _wait()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return statistics.median(wall), statistics.median(processor)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def show(what: str, seconds: tuple[float, float], note: str = "") -> None:
    """One row."""
    print(f"{what:<52} {seconds[0]:9.4f} {seconds[1]:10.4f}  {note}", flush=True)


def machine() -> str:
    """Processor or GPU, and versions."""
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        return f"{card.name}, {card.total_memory / 2**30:.0f} GiB, torch {torch.__version__}"
    name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, torch {torch.__version__}, numpy {np.__version__}"


def peak_note() -> str:
    """Highest GPU memory since the last call; nothing on a CPU."""
    if not torch.cuda.is_available():
        return ""
    allocated, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return f"peak {allocated / 2**30:.2f} GiB in use, {reserved / 2**30:.2f} GiB reserved"


def time_steps(width: float, batch: int, side: int, repeats: int, volume: tuple[int, ...]) -> None:
    """Training steps of the three networks and the search of one volume; no image is read or simulated."""
    device = pick_device()
    detector, teacher, student = (
        on_device(initialise(network(width), 0), device) for network in (Detector, Teacher, Student)
    )
    distillation = Distillation(0.4, "labels", 4.0, scale_by_temperature=False)
    objectives = {
        "detector": (detector, detector_objective, side),
        "teacher": (teacher, teacher_objective, 24),
        "student, labels only": (student, student_objective(None, distillation), 24),
        "student, distilled": (student, student_objective(teacher, distillation), 24),
    }
    steps = max(1, repeats // EPOCHS_TIMED)
    recipe = Recipe(1, batch, 1e-3, epsilon=1e-4, mixed_precision=device.type == "cuda")
    hours = 0.0
    peak_note()
    for name, (network, objective, patch) in objectives.items():
        data = [random_batch(batch, patch, device)] * steps
        epoch = clock(
            lambda _, n=network, o=objective, d=data: fit(n, lambda rng: d, o, recipe), EPOCHS_TIMED
        )
        seconds = tuple(total / steps for total in epoch)
        show(f"train {name}, {batch} patches of {patch}^3", seconds, peak_note())
        patches = PAPER["detector_patches" if name == "detector" else "discriminator_patches"]
        hours += seconds[0] * PAPER["epochs"] * (patches // batch) / 3600
    time_search(detector, student, volume, max(1, repeats // 4))
    print(
        f"one fit of the profile paper, steps only: {hours:.2f} h; "
        f"{PAPER['n_folds']} folds: {PAPER['n_folds'] * hours:.2f} h"
    )


def on_device(network: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    """As the study's training does: with channels last on a CPU."""
    network = network.to(device)
    return channels_last(network) if device.type == "cpu" else network


def random_batch(batch: int, side: int, device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, voxel targets with about one microbleed's share of voxels, and patch labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 2, side, side, side, generator=generator)
    labels = torch.arange(batch) % 2
    on_cpu = device.type == "cpu"
    seen = channels_last(images) if on_cpu else images.to(device)
    return seen, (images[:, 0] > 0.9995).to(device), labels.to(device)


def time_search(detector: Detector, student: Student, shape: tuple[int, ...], repeats: int) -> None:
    """All three steps on a volume of noise with 30 planted candidates."""
    rng = np.random.default_rng(0)
    planted = np.zeros(shape, np.float32)
    for centre in rng.integers(6, np.array(shape) - 6, (30, 3)):
        planted[tuple(slice(c - 1, c + 2) for c in centre)] = 0.9
    channels = rng.random((2, *shape), np.float32)
    box = tuple(slice(n) for n in shape)
    prepared = Prepared(channels, np.ones(shape, bool), box, VOXEL_MM, np.diag([*VOXEL_MM, 1.0]))
    scan = label_reference("noise", prepared, planted > 0)

    def search(_number: int) -> None:
        detect(detector, scan)
        candidates = find_candidates(planted, scan, 0.3)
        discriminate(student, candidate_patches(scan, candidates.centres))
        clean_up(candidates, scan, CleanUp("code"))

    size = "x".join(map(str, shape))
    show(f"detect in one volume of {size}", clock(lambda _: detect(detector, scan), repeats), peak_note())
    show("all three steps, one subject, 30 candidates", clock(search, repeats), peak_note())


def time_simulation(repeats: int) -> None:
    """Whole heads with every cohort's protocol."""
    from neolab.machine import one_job_a_core
    from neolab.simulate.susceptibility.scan import scan_adult
    from neolab.studies.sundaresan2023.cohort import AT_A_TIME, PROTOCOLS

    for name, protocol in PROTOCOLS.items():
        shape = scan_adult(person(0), protocol).magnitude.shape
        seconds = clock(lambda n, p=protocol: scan_adult(person(n), p), repeats)
        show(f"simulate {name}: {', '.join(protocol.products)}", seconds, "x".join(map(str, shape)))
    with one_job_a_core(at_most=AT_A_TIME) as pool:
        count = 2 * AT_A_TIME

        def several(number: int) -> None:
            people = (person(count * number + k) for k in range(count))
            list(pool.map(lambda subject: scan_adult(subject, protocol).sidecar, people))

        seconds = tuple(total / count for total in clock(several, repeats))
        show(f"simulate {name}, {AT_A_TIME} at a time as in a cohort", seconds, "a head")


def person(number: int):
    """A subject of the benchmark's own cohort."""
    from neolab.simulate.susceptibility.subject import AdultSubject

    return AdultSubject(f"SYN{number:04d}", seed=8, age_years=68, n_microbleeds=6)


def time_use(width: float, repeats: int) -> None:
    """Preprocessing of a simulated whole head, and the search for microbleeds in it."""
    from neolab.io.volume import Volume
    from neolab.simulate.susceptibility.scan import scan_adult
    from neolab.studies.sundaresan2023.cohort import UKB_SWI
    from neolab.studies.sundaresan2023.preprocessing import Preprocessing, prepare

    scan = scan_adult(person(1), UKB_SWI)
    image = Volume(scan.swi, scan.affine)
    for bias in ("smooth", "n4"):
        settings = Preprocessing(bias, vessels=True)
        seconds = clock(lambda n, s=settings: prepare(image, scan.brain_mask, "swi", s), repeats)
        show(f"preprocess, bias correction {bias}", seconds)
    shape = prepare(image, scan.brain_mask, "swi", Preprocessing("smooth", vessels=True)).mask.shape
    detector, student = (initialise(n(width), 0, "he").to(pick_device()) for n in (Detector, Student))
    print(f"width {width:g}:")
    time_search(detector, student, shape, repeats)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", action="store_true", help="training steps and search on random arrays")
    parser.add_argument("--repeats", type=int, help="3; with --steps 12")
    parser.add_argument("--width", type=float, help="factor on the channels: 1/8; with --steps 1")
    parser.add_argument("--batch", type=int, default=PAPER["batch_size"])
    parser.add_argument("--detector-patch", type=int, default=PAPER["detector_patch"])
    parser.add_argument("--volume", type=int, nargs=3, default=VOLUME, metavar=("X", "Y", "Z"))
    options = parser.parse_args()
    print(machine())
    print(f"{'':<52} {'wall, s':>9} {'processor':>10}")
    if options.steps:
        width, repeats = options.width or 1.0, options.repeats or 12
        time_steps(width, options.batch, options.detector_patch, repeats, tuple(options.volume))
    else:
        time_simulation(options.repeats or 3)
        time_use(options.width or 0.125, options.repeats or 3)
    print(f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    main()
