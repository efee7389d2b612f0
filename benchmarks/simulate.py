"""Time and memory of the digital neonate, printed as a table.

Run ``python benchmarks/simulate.py``; ``--cohort`` writes the 79 infants of Wu 2021 as well, ``--base``
builds the base fields anew. Times are medians of several subjects, wall clock and processor; the ratio
compares the signal of the tissues with a plain version of it in the same run.
"""

import argparse
import os
import platform
import resource
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from neolab.machine import available_cores
from neolab.run.cohorts import simulate_cohort
from neolab.simulate.acquisition import acquire, render_for, scan_labels, signal_volume
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.base_fields import load_base_fields
from neolab.simulate.model import HeadModel
from neolab.simulate.protocols import DHCP_T2W
from neolab.simulate.relaxation import relaxation_maps
from neolab.simulate.subject import Subject
from neolab.studies.wu2021 import cohort as wu2021

SUBJECTS = 5
T2W_1MM = DHCP_T2W.cubic(1.0, dimensions=3)


class Stopwatch:
    """Wall and processor seconds of named steps."""

    def __init__(self):
        self.wall, self.processor = {}, {}

    @contextmanager
    def step(self, name):
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.wall.setdefault(name, []).append(time.perf_counter() - wall)
        self.processor.setdefault(name, []).append(time.process_time() - processor)

    def report(self):
        """Print the medians."""
        print(f"{'step':<44}{'wall s':>9}{'cpu s':>9}")
        for name, values in self.wall.items():
            print(f"{name:<44}{statistics.median(values):9.3f}{statistics.median(self.processor[name]):9.3f}")

    def total(self, names):
        """Median over subjects of the sum of steps, wall seconds."""
        return statistics.median(map(sum, zip(*(self.wall[name] for name in names), strict=True)))


def plain_signal(anatomy, relaxation, protocol):
    """Signal the obvious way: every tissue in every voxel."""
    shape = anatomy.template_mm.shape[1:]
    total = np.zeros(shape, np.float32)
    for name, fraction in anatomy.fractions.items():
        tissue = relaxation[name]
        if tissue.voxels is not None:
            volumes = {key: tissue.volume(key, shape) for key in ("t1_ms", "t2_ms", "proton_density")}
            tissue = replace(tissue, voxels=None, **volumes)
        total += fraction * np.nan_to_num(protocol.signal(tissue))
    return total


def one_subject(watch, index):
    """All steps of one term newborn at 1 mm, and of one scan of Wu's protocol."""
    subject = Subject(f"SYN{index:04d}", "01", 0, 39.0 + index / 2, "female")
    with watch.step("1 mm: anatomy"):
        head = HeadModel.of(subject)
        anatomy = make_anatomy(head, (1.0, 1.0, 1.0))
    with watch.step("1 mm: relaxation"):
        relaxation = relaxation_maps(anatomy)
    with watch.step("1 mm: signal and acquisition"):
        acquire(anatomy, T2W_1MM, relaxation)
    with watch.step("1 mm: labels"):
        scan_labels(anatomy, T2W_1MM)
    with watch.step("Wu: anatomy of the slab"):
        slab = render_for(head, wu2021.PROTOCOL)
    with watch.step("Wu: relaxation, signal, acquisition, labels"):
        acquire(slab, wu2021.PROTOCOL)
        scan_labels(slab, wu2021.PROTOCOL)


def compare_signals(watch, index):
    """The signal of a 1-mm head in the two ways; they must agree but for the tails of soft borders."""
    anatomy = make_anatomy(Subject(f"SYN{index:04d}", "01", 0, 40.0, "female"), (1.0, 1.0, 1.0))
    relaxation = relaxation_maps(anatomy)
    with watch.step("signal, voxels that hold the tissue"):
        fast = signal_volume(anatomy.fractions, relaxation, T2W_1MM)
    with watch.step("signal, every voxel (plain)"):
        plain = plain_signal(anatomy, relaxation, T2W_1MM)
    if np.abs(fast - plain).max() > 0.01:
        raise AssertionError("the fast and the plain signal differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohort", action="store_true", help="write the 79 infants of Wu 2021")
    parser.add_argument("--base", action="store_true", help="build the base fields anew")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"machine: {platform.machine()}, {available_cores()} cores in use, load {load:.1f} at the start")

    watch = Stopwatch()
    if options.base:
        from neolab.simulate.base_fields import build_base_fields

        with watch.step("base fields, built"):
            build_base_fields()
    with watch.step("base fields, loaded from the cache"):
        load_base_fields()
    for index in range(SUBJECTS + 1):
        one_subject(Stopwatch() if index == 0 else watch, index)  # the first one warms up
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for index in range(SUBJECTS):
        compare_signals(watch, index)
    watch.report()
    steps = [name for name in watch.wall if name.startswith("1 mm")]
    plain, fast = "signal, every voxel (plain)", "signal, voxels that hold the tissue"
    print(f"\n1-mm subject, labels and one contrast: {watch.total(steps):.2f} s (aim 1.0)")
    print(f"  of which physics: {watch.total(steps[1:]):.2f} s (aim 0.3)")
    print(f"signal: {watch.total([plain]) / watch.total([fast]):.1f} times as fast as the plain version")
    print(f"peak memory of one subject at a time: {memory:.2f} GB (aim 1.5)")
    if options.cohort:
        with tempfile.TemporaryDirectory() as folder:
            cohort = Stopwatch()
            with cohort.step("Wu: 79 infants on disk"):
                simulate_cohort(wu2021.STUDY, Path(folder) / "cohort", n=79, seed=1)
            cohort.report()


if __name__ == "__main__":
    main()
