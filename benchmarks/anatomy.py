"""Time, memory and sizes of the anatomy of the digital neonate, printed as tables.

Run ``python benchmarks/anatomy.py``; ``--base`` builds the base fields anew, ``--volumes`` compares ten term
infants with the ten labelled ALBERT infants. Times are medians of several subjects, wall clock and processor.
"""

import argparse
import os
import platform
import resource
import statistics
import time

import numpy as np

from neolab.simulate import base_fields
from neolab.simulate.anatomy import make_anatomy
from neolab.simulate.model import HeadModel
from neolab.simulate.subject import Subject
from neolab.simulate.tissues import CEREBELLUM, DEEP_GREY

VOXELS = ((2.0, 2.0, 2.0), (1.5, 1.5, 1.5), (1.0, 1.0, 1.0), (0.8, 0.8, 0.8))
#: Both sides, ml: mean and range of ten ALBERT infants of 37 to 44 weeks.
ALBERT_ML = {
    "caudate": (("caudate",), "3.3 (2.5-4.2)"),
    "lentiform": (("putamen", "globus_pallidus"), "5.8 (4.4-7.7)"),
    "thalamus": (("thalamus",), "8.1 (5.9-10.5)"),
    "subthalamic nucleus": (("subthalamic_nucleus",), "0.43 (0.32-0.59)"),
    "deep grey": (DEEP_GREY, "17.5 (13.1-22.9)"),
    "hippocampus, amygdala": (("hippocampus_amygdala",), "2.0"),
    "brainstem": (("brainstem",), "6.2 (5.0-8.4)"),
    "cerebellum": (CEREBELLUM, "23.5 (14.6-36.8)"),
    "callosum": (("corpus_callosum",), "2.5 (1.6-3.2)"),
    "lateral ventricles": (("lateral_ventricles",), "7.1 (3.7-10.4)"),
    "cortex": (("cortex",), "139 (99-199)"),
    "outer fluid": (("csf",), "93 (69-129)"),
}


def infant(number, age=40.0):
    """A term infant of the benchmark's own cohort."""
    return Subject(f"SYN{number:04d}", "01", 8, age, ("female", "male")[number % 2])


def clock(action, repeats):
    """Median wall and processor seconds of ``action(number)``."""
    wall, processor = [], []
    for number in range(repeats):
        start = time.perf_counter(), time.process_time()
        action(number)
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return statistics.median(wall), statistics.median(processor)


def print_times(repeats):
    """The head model once, then voxels of several sizes and one slab."""
    base_fields.load_base_fields()
    make_anatomy(infant(99))
    print(f"{'step':<40}{'wall s':>9}{'cpu s':>9}")
    rows = {"head model (deformation, folds, levels)": lambda number: HeadModel.of(infant(number))}
    model = HeadModel.of(infant(0))
    for voxel_mm in VOXELS:
        rows[f"voxels of {voxel_mm[0]} mm"] = lambda _, size=voxel_mm: make_anatomy(model, size)
    rows["slab of 81 mm, 0.9 x 0.9 x 1.5 mm"] = lambda _: make_anatomy(model, (0.9, 0.9, 1.5), (-40.0, 41.0))
    rows["make_anatomy, 1 mm"] = lambda number: make_anatomy(infant(number))
    for name, action in rows.items():
        print("{:<40}{:9.3f}{:9.3f}".format(name, *clock(action, repeats)))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def print_volumes():
    """Ten simulated infants beside ten labelled ones."""
    infants = [make_anatomy(infant(i, age), (1.2, 1.2, 1.2)) for i, age in enumerate(np.linspace(37, 44, 10))]
    print(f"\n{'structure, ml':<24}{'simulated mean (range)':<28}ALBERT infants")
    for name, (tissues, published) in ALBERT_ML.items():
        volumes = [sum(one.volume_ml(tissue) for tissue in tissues) for one in infants]
        print(
            f"{name:<24}{np.mean(volumes):7.2f} ({min(volumes):.2f}-{max(volumes):.2f})".ljust(52) + published
        )


def main():
    """Parse the options and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--base", action="store_true", help="time the building of the base fields")
    parser.add_argument("--volumes", action="store_true", help="compare volumes with labelled infants")
    options = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    if options.base:
        print(
            "base fields: {:.1f} s wall, {:.1f} s cpu".format(
                *clock(lambda _: base_fields.build_base_fields(), 1)
            )
        )
    print_times(options.repeats)
    print(f"cache {base_fields.cache_path().stat().st_size / 1e6:.0f} MB")
    if options.volumes:
        print_volumes()


if __name__ == "__main__":
    main()
