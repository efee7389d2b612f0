"""Time and memory of the microbleed study, printed as tables.

Run ``python benchmarks/microbleeds.py``. Simulation of a whole head, preprocessing and inference of a whole
volume, medians of several subjects; wall clock and processor seconds. ``--width 1`` gives the paper's
networks, ``--train`` times their training steps (on a GPU with its peak memory).
"""

import argparse
import os
import platform
import resource
import statistics
import time

import nibabel as nib
import numpy as np
import torch

from neolab.models.compute import mixed_precision, pick_device
from neolab.models.sundaresan2023.inference import detect
from neolab.models.sundaresan2023.losses import detector_loss, student_loss, teacher_loss
from neolab.models.sundaresan2023.networks import Detector, Student, Teacher, initialise
from neolab.models.sundaresan2023.patches import label_reference
from neolab.models.sundaresan2023.preprocessing import Preprocessing, prepare
from neolab.simulate.microbleeds.protocols import PROTOCOLS, UKB_SWI
from neolab.simulate.microbleeds.render import render
from neolab.simulate.microbleeds.subject import AdultSubject


def person(number: int) -> AdultSubject:
    """A subject of the benchmark's own cohort."""
    return AdultSubject(f"SYN{number:04d}", seed=8, age_years=68, n_microbleeds=6)


def clock(action, repeats: int) -> tuple[float, float]:
    """Median wall and processor seconds of ``action(number)``; number 0 warms up and does not count."""
    action(0)
    wall, processor = [], []
    for number in range(1, repeats + 1):
        start = time.perf_counter(), time.process_time()
        action(number)
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return statistics.median(wall), statistics.median(processor)


def show(what: str, seconds: tuple[float, float], note: str = "") -> None:
    """One row."""
    print(f"{what:<46} {seconds[0]:8.2f} {seconds[1]:10.2f}  {note}")


def time_simulation(repeats: int) -> None:
    """Whole heads with every cohort's protocol."""
    for name, protocol in PROTOCOLS.items():
        shape = render(person(0), protocol).magnitude.shape
        seconds = clock(lambda n, p=protocol: render(person(n), p), repeats)
        show(f"simulate {name}: {', '.join(protocol.products)}", seconds, "x".join(map(str, shape)))


def time_use(width: float, repeats: int) -> None:
    """Preprocessing and detection of a whole volume."""
    scan = render(person(1), UKB_SWI)
    image = nib.Nifti1Image(scan.swi, scan.affine)
    for bias in ("smooth", "n4"):
        settings = Preprocessing(bias=bias)
        seconds = clock(lambda n, s=settings: prepare(image, scan.brain_mask, "swi", s), repeats)
        show(f"preprocess, bias correction {bias}", seconds)
    prepared = prepare(image, scan.brain_mask, "swi", Preprocessing(bias="smooth"))
    labelled = label_reference("SYN0001", prepared, scan.lesion_labels)
    detector = initialise(Detector(width), 0, "he").to(pick_device())
    shape = "x".join(map(str, prepared.mask.shape))
    show(f"detect, width {width:g}", clock(lambda n: detect(detector, labelled), repeats), shape)


def time_training(width: float, batch: int, repeats: int) -> None:
    """One optimiser step of each network at the paper's patch sizes."""
    device = pick_device()
    for name, network, side in (
        ("detector", Detector(width), 48),
        ("teacher", Teacher(width), 24),
        ("student", Student(width), 24),
    ):
        step = _step(name, initialise(network, 0).to(device), side, batch, device)
        seconds = clock(step, repeats)
        peak = f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GB" if device.type == "cuda" else ""
        show(f"train {name}, {batch} patches of {side}^3", seconds, peak)


def _step(name, network, side, batch, device):
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-4)
    images = torch.rand(batch, 2, side, side, side, device=device)
    voxels, labels = (images[:, 0] > 0.999), torch.arange(batch, device=device) % 2
    losses = {
        "detector": lambda out: detector_loss(out, voxels),
        "teacher": lambda out: teacher_loss(*out, voxels, labels),
        "student": lambda out: student_loss(out, labels, None, None),
    }

    def step(_number):
        with mixed_precision(device, device.type == "cuda"):
            loss = losses[name](network(images))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return step


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--width", type=float, default=0.125)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--train", action="store_true")
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, numpy {np.__version__}")
    print(f"{'':<46} {'wall, s':>8} {'processor':>10}")
    time_simulation(options.repeats)
    time_use(options.width, options.repeats)
    if options.train:
        time_training(options.width, options.batch, options.repeats)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    main()
