"""Seconds of training of Wada 2019 by profile, measured on a few epochs and carried on to all of them.

Run ``python benchmarks/wada2019.py``; ``--profiles teach paper``, ``--epochs 2``, ``--threads 1``. Random
pictures take as long as real ones. The sum is over all networks that the notebook trains: model A and both
halves of model B in every fold and on everybody, model A with the other seeds, and model A to scale.
"""

import argparse
import platform
import time

import numpy as np
import torch

from neolab.models.compute import pick_device
from neolab.models.wada2019.fit import OLDER_FROM_MONTHS, YOUNGER_UP_TO_MONTHS, Recipe, fit
from neolab.run.studies.wada2019 import Wada2019Parameters
from neolab.simulate.wada2019 import cohort_table


def infants_trained_on(params, ages) -> float:
    """Infants that pass through a network in one epoch of everything the notebook trains."""
    halves = (ages <= YOUNGER_UP_TO_MONTHS).mean() + (ages >= OLDER_FROM_MONTHS).mean()
    in_folds = params.n_folds - 1  # every infant is in the training data of all folds but one
    model_a, model_b = in_folds + 1, halves * (in_folds + 1)
    return len(ages) * (model_a + model_b + in_folds * (params.n_seeds - 1) + in_folds)


def seconds_per_infant(params, n: int, epochs: int, gpu: bool) -> tuple[float, float]:
    """Wall and processor seconds that one infant costs in one epoch."""
    size = params.image_size
    images, ages = torch.rand(n, 2, 5, size, size), np.linspace(0, 24, n)
    recipe = Recipe(epochs, params.batch_size, params.learning_rate, params.shared_branches, gpu)
    fit(images, ages, Recipe(1, params.batch_size, mixed_precision=gpu))  # warm up
    wall, processor = time.perf_counter(), time.process_time()
    fit(images, ages, recipe)
    done = n * epochs
    return (time.perf_counter() - wall) / done, (time.process_time() - processor) / done


def main():
    """Print one row a profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", nargs="+", default=["smoke", "teach", "paper"])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--infants", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = pick_device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    print(f"{device.type} {name}, torch {torch.__version__}, {options.threads} threads")
    print(f"{'profile':<9}{'pixels':>7}{'epochs':>8}{'wall ms':>9}{'cpu ms':>8}{'wall h':>9}{'cpu h':>8}")
    for profile in options.profiles:
        params = Wada2019Parameters(profile=profile)
        ages = cohort_table(params.n_subjects, 0)["corrected_age_months"].to_numpy()
        wall, cpu = seconds_per_infant(params, options.infants, options.epochs, device.type == "cuda")
        passes = infants_trained_on(params, ages) * params.epochs
        print(
            f"{profile:<9}{params.image_size:>7}{params.epochs:>8}{1000 * wall:>9.2f}{1000 * cpu:>8.2f}"
            f"{wall * passes / 3600:>9.3f}{cpu * passes / 3600:>8.3f}"
        )


if __name__ == "__main__":
    main()
