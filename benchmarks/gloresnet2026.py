"""Training of GloResNet against the plain recipe, in the same run.

``python benchmarks/gloresnet2026.py``
    Seconds per training step and per epoch (training scans once, held-out scans once with their mirror
    images) at the size of the profile ``teach``, for scans as large as the simulated ones and as the dHCP's.
    The plain recipe reads every scan with nibabel and resamples it with `scipy.ndimage.zoom` at every
    access, and computes in single precision with contiguous tensors. The fast one is the project's: scans
    read once, channels last, 16-bit convolutions where the hardware has them. Both start from the same
    weights and draw the same order, mirrors, rotations and mixes, so that their losses can be compared: that
    of the first step has to agree within 16-bit rounding; training then amplifies what rounding began.
    ``--side``, ``--width``, ``--batch``, ``--epochs``, ``--scans``.
``python benchmarks/gloresnet2026.py --paper-step``
    One training step of the profile ``paper`` (full width, 32 volumes of 128^3, mixup, mixed precision) and
    one prediction with its mirror image, with peak memory, and what they add up to over the paper's 150
    epochs and five folds. Meant for a GPU; needs numpy, pandas, scipy and torch only.

Scans are random smooth volumes; they take as long as real ones. Processor time on a CPU, because other work
may share it, and wall time on a GPU. The two recipes take turns; times are medians, ratios are of medians.
"""

import argparse
import platform
import resource
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from neolab.learn.compute import channels_last, has_fast_bfloat16, pick_device, seeded
from neolab.learn.fit import Recipe, fit, make_optimiser, shuffled
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.studies.gloresnet2026.training import class_weights, predict, soft_cross_entropy, vary

ALPHA, DEGREES = 1.0, 10.0
SEED = 0
LOSS_TOLERANCE = 0.01  # relative, of the first step: bfloat16 keeps eight bits of a number, about 0.4 %
#: Voxels of a scan: the simulated cohort's 1.25 mm, and the dHCP's 0.5 mm reconstructions.
SCAN_SHAPES = {"simulated": (96, 120, 96), "dHCP": (290, 290, 203)}
N_DIFFERENT = 4
N_INFANTS, N_FOLDS, PAPER_EPOCHS = 128, 5, 150


def write_scans(folder: Path, n: int, shape: tuple[int, ...]) -> list[Path]:
    """Write compressed NIfTI volumes of smooth noise inside an ellipsoid, a few of them many times."""
    import nibabel as nib

    rng = np.random.default_rng(SEED)
    axes = [np.linspace(-1, 1, size) for size in shape]
    head = sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij", sparse=True)) < 0.8
    paths = [folder / f"scan{number}.nii.gz" for number in range(n)]
    for number, path in enumerate(paths):
        if number < N_DIFFERENT:
            volume = ndimage.gaussian_filter(rng.normal(size=shape), 2) * 4000 + 500
            nib.save(nib.Nifti1Image((volume * head).astype(np.int16), np.eye(4)), path)
        else:
            shutil.copy(paths[number % N_DIFFERENT], path)
    return paths


def read(path: Path, side: int) -> np.ndarray:
    """Read, resample and standardise one scan, (1, side, side, side) float32."""
    import nibabel as nib

    volume = nib.load(path).get_fdata(dtype=np.float32)
    cube = ndimage.zoom(volume, [side / size for size in volume.shape], order=1)
    return ((cube - cube.mean()) / cube.std()).astype(np.float32)[None]


class Plain:
    """The plain recipe: every access reads the file; single precision, contiguous tensors."""

    name = "plain: read and zoom at every access, float32, contiguous"

    def __init__(self, paths, one_hot, train, options, recipe, device):
        self.paths, self.side, self.recipe, self.device = paths, options.side, recipe, device
        self.one_hot, self.weights = one_hot, class_weights(one_hot[train])
        self.network = seeded(lambda: GloResNet(options.width), SEED).to(device)

    def batch(self, rows) -> torch.Tensor:
        return torch.from_numpy(np.stack([read(self.paths[row], self.side) for row in rows])).to(self.device)

    def epoch(self, train, test, number) -> tuple[list[float], list[float]]:
        """Train and predict once: seconds and loss of every step."""
        optimiser = make_optimiser(self.recipe, self.network.parameters())
        rng = np.random.default_rng([SEED + number, 1])
        order, seconds, losses = torch.from_numpy(rng.permutation(train)), [], []
        self.network.train()
        for rows in order.split(self.recipe.batch_size):
            before = clock(self.device)
            volumes, soft = vary(self.batch(rows), self.one_hot[rows], DEGREES, ALPHA, rng)
            loss = soft_cross_entropy(self.network(volumes.contiguous()), soft, self.weights)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            seconds.append(clock(self.device) - before)
        self.network.eval()
        with torch.no_grad():
            for rows in torch.from_numpy(test).split(self.recipe.batch_size):
                volumes = self.batch(rows)
                self.network(volumes), self.network(volumes.flip(2))
        return seconds, losses


class Fast:
    """The project's recipe, as `neolab.studies.gloresnet2026.training` trains."""

    name = "neolab: read once, channels last, mixed precision"

    def __init__(self, paths, one_hot, train, options, recipe, device):
        start = clock(device)
        cubes = np.stack([read(path, options.side) for path in paths])
        self.volumes = torch.from_numpy(cubes).to(device)
        self.reading = clock(device) - start
        self.recipe, self.device, self.one_hot = recipe, device, one_hot
        self.weights = class_weights(one_hot[train])
        self.network = channels_last(seeded(lambda: GloResNet(options.width), SEED).to(device))

    def epoch(self, train, test, number) -> tuple[list[float], list[float]]:
        """Train and predict once: seconds and loss of every step."""
        seconds = []

        def batches(rng):
            before = clock(self.device)
            for cubes, targets in shuffled((self.volumes, self.one_hot), train, self.recipe.batch_size, rng):
                yield vary(cubes, targets, DEGREES, ALPHA, rng)
                now = clock(self.device)
                seconds.append(now - before)
                before = now

        done = fit(
            self.network,
            batches,
            lambda network, cubes, soft: soft_cross_entropy(network(cubes).float(), soft, self.weights),
            self.recipe,
            seed=SEED + number,
            every_batch=True,
        )
        predict(self.network, self.volumes[test], self.recipe)
        return seconds, done.history["value"].tolist()


def clock(device) -> float:
    """Seconds that count: of the processor, or on the wall once the GPU has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def epoch(way, train, test, number) -> tuple[float, float, list[float]]:
    """Train and predict once: median seconds of a step, seconds of the epoch, loss of every step."""
    start = clock(way.device)
    seconds, losses = way.epoch(train, test, number)
    return statistics.median(seconds), clock(way.device) - start, losses


def recipe_of(batch: int, epochs: int = 1) -> Recipe:
    """The study's recipe for so many epochs."""
    return Recipe(epochs, batch, 2e-3, optimiser="adamw", weight_decay=0.01, schedule="cosine")


def one_hot_labels(n: int, device) -> torch.Tensor:
    """Every other scan injured, (n, 2)."""
    return functional.one_hot(torch.arange(n) % 2, 2).float().to(device)


def compare(options, device) -> None:
    """Print step, epoch and loss of both recipes for both sizes of scans."""
    recipe, one_hot = recipe_of(options.batch), one_hot_labels(options.scans, device)
    test = np.arange(options.scans // N_FOLDS)
    train = np.arange(options.scans // N_FOLDS, options.scans)
    print(f"{len(train)} scans to train, {len(test)} to predict; cubes of {options.side}, width "
          f"{options.width:g}, batches of {options.batch}, {options.epochs} epochs")  # fmt: skip
    unit = "wall s" if device.type == "cuda" else "cpu s"
    apart = 0.0
    for name, shape in SCAN_SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            paths = write_scans(Path(folder), options.scans, shape)
            ways = [kind(paths, one_hot, train, options, recipe, device) for kind in (Plain, Fast)]
            few = np.arange(4)
            warm_up = Fast(paths[:4], one_hot[:4], few, options, replace(recipe, batch_size=4), device)
            epoch(warm_up, few, few, 0)
            rounds = [[epoch(way, train, test, turn) for way in ways] for turn in range(options.epochs)]
        step, whole = (
            [statistics.median(turn[way][value] for turn in rounds) for way in (0, 1)] for value in (0, 1)
        )
        title = f"{name} scans, {' x '.join(map(str, shape))}; {unit}"
        print(f"\n{title:<58}{'a step':>9}{'speed':>8}{'an epoch':>10}{'speed':>8}")
        for number, way in enumerate(ways):
            print(f"{way.name:<58}{step[number]:>9.3f}{step[0] / step[number]:>7.1f}x"
                  f"{whole[number]:>10.2f}{whole[0] / whole[number]:>7.1f}x")  # fmt: skip
        print(f"reading every scan once, before the first epoch: {ways[1].reading:.2f}")
        first, second = (rounds[0][way][2][0] for way in (0, 1))
        apart = max(apart, abs(second / first - 1))
        means = [f"{np.mean(plain[2]):.3f} and {np.mean(fast[2]):.3f}" for plain, fast in rounds]
        print(f"loss of the first step, plain and neolab: {first:.5f} and {second:.5f}")
        print(f"mean loss of each epoch: {', '.join(means)}")
    if apart > LOSS_TOLERANCE:
        raise SystemExit(f"the first losses differ by {apart:.2%}, more than {LOSS_TOLERANCE:.0%}")
    print(f"\nfirst losses differ by at most {apart:.2%} (tolerance {LOSS_TOLERANCE:.0%})")


def paper_step(options, device) -> None:
    """Print time and memory of the paper's step and prediction."""
    train = N_INFANTS - N_INFANTS // N_FOLDS
    volumes = torch.randn(options.batch, 1, *(options.side,) * 3, device=device)
    targets = one_hot_labels(options.batch, device)
    network = channels_last(seeded(lambda: GloResNet(options.width), SEED).to(device))
    weights = class_weights(targets)
    print(f"cubes of {options.side}, width {options.width:g}, batches of {options.batch}, "
          f"{options.repeats} repeats")  # fmt: skip
    print(f"{'':<34}{'median s':>10}{'fastest':>9}{'slowest':>9}{'peak GiB':>10}")

    def steps(mark) -> None:
        fit(
            network,
            lambda rng: [vary(volumes, targets, DEGREES, ALPHA, rng)],
            lambda network, cubes, soft: soft_cross_entropy(network(cubes).float(), soft, weights),
            recipe_of(options.batch, epochs=options.repeats + 1),
            on_epoch=lambda numbers: mark(),
        )

    def predictions(mark) -> None:
        for _ in range(options.repeats + 1):
            predict(network, volumes, recipe_of(options.batch))
            mark()

    median = {}
    for name, work in {"training step": steps, "prediction with its mirror image": predictions}.items():
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        moments: list[float] = []
        work(lambda: moments.append(clock(device)))  # noqa: B023
        seconds = np.diff(moments)
        median[name] = float(np.median(seconds))
        row = median[name], seconds.min(), seconds.max()
        print(f"{name:<34}{row[0]:>10.4f}{row[1]:>9.4f}{row[2]:>9.4f}{peak_gib(device):>10.2f}")
    held = N_INFANTS * options.side**3 * 4 / 2**30
    n_steps = -(-train // options.batch)
    training, predicting = median.values()
    one = n_steps * training + predicting * (N_INFANTS - train) / options.batch
    print(f"all {N_INFANTS} volumes stay on the device beside that: {held:.2f} GiB")
    minutes = one * PAPER_EPOCHS * N_FOLDS / 60
    print(f"an epoch of {n_steps} steps with its held-out fold: {one:.2f} s; {PAPER_EPOCHS} epochs of "
          f"{N_FOLDS} folds, projected: {minutes:.1f} minutes")  # fmt: skip


def peak_gib(device) -> float:
    """Largest memory so far: of the GPU since it was last reset, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paper-step", action="store_true")
    parser.add_argument("--side", type=int, help="voxels along a side of a cube: 32, or 128 of the paper")
    parser.add_argument("--width", type=float, help="factor on the channels: 0.25, or 1 of the paper")
    parser.add_argument("--batch", type=int, help="16, or 32 of the paper")
    parser.add_argument("--scans", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=10, help="of --paper-step")
    parser.add_argument("--threads", type=int, default=1, help="a fold is trained by one")
    options = parser.parse_args()
    for name, teach, paper in (("side", 32, 128), ("width", 0.25, 1.0), ("batch", 16, 32)):
        if getattr(options, name) is None:
            setattr(options, name, paper if options.paper_step else teach)
    torch.set_num_threads(options.threads)
    device = pick_device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or "CPU"
    print(f"{name}, {options.threads} threads, torch {torch.__version__}, "
          f"native bfloat16: {has_fast_bfloat16(device)}", flush=True)  # fmt: skip
    (paper_step if options.paper_step else compare)(options, device)


if __name__ == "__main__":
    main()
