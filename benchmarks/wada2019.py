"""Seconds of training of Wada 2019 with the code that the notebook trains with, on random pictures.

``python benchmarks/wada2019.py``
    One row a profile, measured on a few epochs and carried on to all of them; the sum is over all networks
    that the notebook trains. ``--profiles teach paper``, ``--epochs 2``, ``--threads 1``.
``python benchmarks/wada2019.py --paper-training``
    Model A and both halves of model B in every fold at the paper's sizes (119 infants, ten pictures of
    128 x 128, 1000 epochs, batches of 16): one row a network, with the wall seconds of an epoch and of all
    epochs. All epochs are run if they fit into ``--limit`` seconds; otherwise as many as do, and the row says
    from how many its total is projected.

Random pictures take as long as real ones. ``--paper-training`` needs numpy, pandas, scikit-learn, scipy and
torch only.
"""

import argparse
import platform
import time

import numpy as np
import torch

from neolab.io.splits import grouped_folds, quantile_bins
from neolab.learn.compute import has_fast_bfloat16, pick_device
from neolab.studies.wada2019 import cohort as wada2019
from neolab.studies.wada2019.network import IMAGE_SIZE, OLDER_FROM_MONTHS, YOUNGER_UP_TO_MONTHS
from neolab.studies.wada2019.parameters import Wada2019Parameters
from neolab.studies.wada2019.training import fit_ages

WARM_UP_EPOCHS, TRIAL_EPOCHS = 1, 3


def infants_trained_on(params, ages: np.ndarray) -> float:
    """Infants that pass through a network in one epoch of everything the notebook trains.

    Model A and both halves of model B in every fold with every seed and once on everybody, and model A to
    scale.
    """
    halves = (ages <= YOUNGER_UP_TO_MONTHS).mean() + (ages >= OLDER_FROM_MONTHS).mean()
    in_folds = params.n_folds - 1  # every infant is in the training data of all folds but one
    return len(ages) * ((1 + halves) * (in_folds * params.n_seeds + 1) + in_folds)


def seconds_per_infant(params, n: int, epochs: int, device: torch.device) -> tuple[float, float]:
    """Wall and processor seconds that one infant costs in one epoch."""
    size = params.image_size
    images, ages = torch.rand(n, 2, 5, size, size, device=device), torch.linspace(0, 24, n, device=device)
    timed(images, ages, np.arange(n), 1, params)  # warm up
    wall, processor = time.perf_counter(), time.process_time()
    timed(images, ages, np.arange(n), epochs, params)
    done = n * epochs
    return (time.perf_counter() - wall) / done, (time.process_time() - processor) / done


def profiles(options, device: torch.device) -> None:
    """Print one row a profile."""
    print(f"{'profile':<9}{'pixels':>7}{'epochs':>8}{'wall ms':>9}{'cpu ms':>8}{'wall h':>9}{'cpu h':>8}")
    for profile in options.profiles:
        params = Wada2019Parameters(profile=profile)
        ages = wada2019.cohort_table(params.n_subjects, 0)["corrected_age_months"].to_numpy()
        wall, cpu = seconds_per_infant(params, options.infants, options.epochs, device)
        passes = infants_trained_on(params, ages) * params.epochs
        print(
            f"{profile:<9}{params.image_size:>7}{params.epochs:>8}{1000 * wall:>9.2f}{1000 * cpu:>8.2f}"
            f"{wall * passes / 3600:>9.3f}{cpu * passes / 3600:>8.3f}"
        )


def timed(images: torch.Tensor, ages: torch.Tensor, rows: np.ndarray, epochs: int, params) -> float:
    """Wall seconds of a training; `fit` ends with a loss on the host, so that a GPU has finished."""
    start = time.perf_counter()
    fit_ages(images, ages, rows, params.model_copy(update={"epochs": epochs}))
    return time.perf_counter() - start


def paper_training(options, device: torch.device) -> None:
    """Print one row a network of model A and model B, and their sum over the folds."""
    params = Wada2019Parameters(profile="paper")
    table = wada2019.cohort_table(options.subjects, 0)
    ages = table["corrected_age_months"].to_numpy()
    everybody = np.arange(len(ages))
    images = torch.rand(len(ages), 2, 5, options.pixels, options.pixels, device=device)
    months = torch.tensor(ages, dtype=torch.float32, device=device)
    folds = grouped_folds(table.assign(age_bin=quantile_bins(ages)), "age_bin", options.folds)
    ranges = {
        "model A": np.ones(len(ages), bool),
        "model B, younger": ages <= YOUNGER_UP_TO_MONTHS,
        "model B, older": ages >= OLDER_FROM_MONTHS,
    }
    jobs = [(name, fold.train[member[fold.train]]) for name, member in ranges.items() for fold in folds]
    timed(images, months, everybody, WARM_UP_EPOCHS, params)
    trial = (
        timed(images, months, everybody, TRIAL_EPOCHS, params) / TRIAL_EPOCHS / len(ages)
    )  # seconds an infant and epoch
    wanted = sum(len(rows) for _, rows in jobs) * trial  # seconds of one epoch of all networks
    total_epochs = options.total_epochs
    epochs = int(np.clip(options.limit / wanted, 1, total_epochs))
    how = "measured" if epochs == total_epochs else f"projected from {epochs} epochs"
    print(f"{len(ages)} infants, {options.pixels} x {options.pixels} pixels, {options.folds} folds")
    print(f"{'network':<18}{'infants a fold':>15}{'s an epoch':>12}{f's, {total_epochs} epochs':>18}  how")
    sums = {}
    for name in ranges:
        trained = [rows for job, rows in jobs if job == name]
        seconds = sum(timed(images, months, rows, epochs, params) for rows in trained) / epochs
        sums[name] = seconds * total_epochs
        infants = np.mean([len(rows) for rows in trained])
        print(f"{name:<18}{infants:>15.1f}{seconds / len(folds):>12.4f}{sums[name]:>18.1f}  {how}")
    print(f"all {len(jobs)} networks: {sum(sums.values()):.1f} s ({sum(sums.values()) / 3600:.2f} h), {how}")
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**30
        precision = "bfloat16" if has_fast_bfloat16(device) else "float16"
        print(f"peak GPU memory {peak:.2f} GiB, convolutions and products in {precision}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", nargs="+", default=["smoke", "teach", "paper"])
    parser.add_argument("--epochs", type=int, default=2, help="measured, of a profile")
    parser.add_argument("--infants", type=int, default=32, help="measured, of a profile")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--paper-training", action="store_true")
    parser.add_argument("--limit", type=float, default=100.0, help="seconds of --paper-training")
    parser.add_argument("--subjects", type=int, default=wada2019.N, help="of --paper-training")
    parser.add_argument("--pixels", type=int, default=IMAGE_SIZE, help="of --paper-training")
    parser.add_argument("--total-epochs", type=int, default=1000, help="of --paper-training")
    parser.add_argument("--folds", type=int, default=5, help="of --paper-training")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    device = pick_device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    print(f"{device.type} {name}, torch {torch.__version__}, {options.threads} threads", flush=True)
    (paper_training if options.paper_training else profiles)(options, device)


if __name__ == "__main__":
    main()
