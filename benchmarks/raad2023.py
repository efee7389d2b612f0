"""Training step of the Raad 2023 autoencoders against a plain version, in the same run.

``python benchmarks/raad2023.py`` compares one model on this computer, cube and width given by options. The
plain version computes in single precision with contiguous tensors, torch's own layers and all activations
kept; the fast one is what `neolab.learn.fit` does with the study's network, with and without checkpointing.
Processor time on a CPU, wall time on a GPU; the versions take turns, and the ratio is of their medians.

``python benchmarks/raad2023.py --paper`` measures the profile ``paper`` on a GPU: all eight models on cubes
of 256 voxels, seconds a step, minutes for 50 epochs of 80 scans, and peak memory in a process that is not
given more than 15 GB, with 80 random cubes on the device: what a cube shows does not change the cost.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import nn

from neolab.learn.compute import channels_last, has_fast_bfloat16, pick_device
from neolab.learn.fit import fit
from neolab.studies.raad2023.kernels import InstanceNorm, OutputLayer, TrilinearUpsample
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.parameters import ARCHITECTURES, PAPER_EPOCHS, PAPER_SIDE, Raad2023Parameters
from neolab.studies.raad2023.roles import TRAIN
from neolab.studies.raad2023.training import recipe, reconstruction_loss

MEMORY_GB = 15.0
# Steps in a turn: a fit begins with a new optimiser, which is not what is measured.
STEPS = 4
# One epoch, whatever its batches, with the paper's optimiser.
RECIPE = replace(recipe(Raad2023Parameters(profile="paper")), epochs=1)


class Plain:
    """The same training without any of the measures that make it fast."""

    def __init__(self, network: Autoencoder):
        self.network = with_plain_layers(network)

    def __call__(self, volumes: Iterable[torch.Tensor]) -> None:
        self.network.train()
        optimiser = torch.optim.Adam(
            self.network.parameters(), lr=RECIPE.learning_rate, eps=RECIPE.epsilon, foreach=False
        )
        for volume in volumes:
            volume = volume.float()
            reconstruction, _ = self.network(volume)
            loss = (reconstruction - volume).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()


class AsTrained:
    """What the study does."""

    def __init__(self, network: Autoencoder):
        on_gpu = next(network.parameters()).is_cuda
        self.network = channels_last(network) if on_gpu else network

    def __call__(self, volumes: Iterable[torch.Tensor]) -> None:
        with torch.backends.cudnn.flags(enabled=True, benchmark=True):
            fit(self.network, lambda rng: ((volume,) for volume in volumes), reconstruction_loss(), RECIPE)


def with_plain_layers(network: nn.Module) -> nn.Module:
    """Put torch's own layers in the place of those written for speed; they compute the same."""
    for module in network.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, TrilinearUpsample):
                setattr(module, name, nn.Upsample(scale_factor=child.factor, mode="trilinear"))
            if isinstance(child, (OutputLayer, InstanceNorm)):
                child.__class__ = type(child).__base__
    return network


def make_training(options, name: str, device, *, plain: bool = False, checkpointing: bool = True):
    """Return what trains a fresh model, a step a batch."""
    torch.manual_seed(0)
    network = Autoencoder(name, options.side, options.channels, checkpointing=checkpointing and not plain)
    return (Plain if plain else AsTrained)(network.to(device))


def clock(device) -> float:
    """Seconds that count: of the processor, or on the wall once the GPU has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def reset_peak(device) -> None:
    """Start to watch the memory of the GPU anew."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak_gb(device) -> float:
    """Largest memory so far: of the GPU since it was last reset, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def compare(options, device) -> None:
    """Plain, fast, and fast with checkpointing: one model, taking turns."""
    volume = torch.rand(1, 1, *(options.side,) * 3, device=device)
    trainings = {
        "plain: float32, contiguous": make_training(options, options.model, device, plain=True),
        "as trained": make_training(options, options.model, device, checkpointing=False),
        "as trained, with checkpointing": make_training(options, options.model, device),
    }
    seconds, memory = {name: [] for name in trainings}, dict.fromkeys(trainings, 0.0)
    for turn in range(options.repeats + 1):
        for name, train in trainings.items():
            reset_peak(device)
            start = clock(device)
            train([volume] * STEPS)
            if turn:
                seconds[name].append((clock(device) - start) / STEPS)
            memory[name] = max(memory[name], peak_gb(device))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    plain = next(iter(medians.values()))
    print(f"{options.model}, cube of {options.side}, {options.channels} channels, {describe(device)}")
    print(f"{'one training step':<34}{'wall s' if device.type == 'cuda' else 'cpu s':>9}{'speed':>8}"
          f"{'peak GB':>9}")  # fmt: skip
    for name, value in medians.items():
        print(f"{name:<34}{value:9.3f}{plain / value:7.1f}x{memory[name]:9.2f}")
    if device.type == "cpu":
        print("peak memory is that of the process so far, all versions together")


def measure_paper(options, device) -> None:
    """All models at the sizes of the profile ``paper``, and one plain step of each for comparison."""
    print(f"profile paper: cube of {options.side}, {options.channels} channels, {describe(device)}")
    heads = ("s/step", "min/model", "peak GB", "plain s", "speed", "plain GB")
    print(f"{'model':<16}" + "".join(f"{head:>10}" for head in heads))
    rows = []
    for name in ARCHITECTURES:
        limit_memory(device, options.memory_gb)
        try:
            fast, memory = steady_state(options, name, device)
        except torch.OutOfMemoryError as error:
            print(f"{name:<16} does not fit into {options.memory_gb:g} GB: {error}", flush=True)
            continue
        limit_memory(device, None)
        plain, plain_memory = steady_state(options, name, device, plain=True)
        minutes = PAPER_EPOCHS * TRAIN * fast / 60
        rows.append({"model": name, "seconds": fast, "minutes": minutes, "peak_gb": memory,
                     "plain_seconds": plain, "plain_peak_gb": plain_memory})  # fmt: skip
        print(f"{name:<16}{fast:10.4f}{minutes:10.1f}{memory:10.2f}{plain:10.3f}{plain / fast:9.1f}x"
              f"{plain_memory:10.2f}", flush=True)  # fmt: skip
    print(
        f"minutes for {PAPER_EPOCHS} epochs of {TRAIN} scans; all but plain in a process held to "
        f"{options.memory_gb:g} GB, with {options.scans} cubes on the device"
    )
    print(json.dumps({"device": describe(device), "side": options.side, "rows": rows}))
    if device.type == "cuda":
        print(costliest(options, device))


def steady_state(options, name: str, device, *, plain: bool = False) -> tuple[float, float]:
    """Seconds a step once algorithms are chosen, and peak memory with all cubes on the device."""
    reset_peak(device)
    shape = (1 if plain else options.scans, 1, *(options.side,) * 3)
    volumes = torch.rand(shape, device=device, dtype=torch.float16)
    train = make_training(options, name, device, plain=plain)
    repeats = min(3, options.repeats) if plain else options.repeats
    rows = [row % len(volumes) for row in range(repeats)]
    train(volumes[row : row + 1] for row in rows[:3])  # algorithms are chosen
    start = clock(device)
    train(volumes[row : row + 1] for row in rows)
    return (clock(device) - start) / repeats, peak_gb(device)


def limit_memory(device, gigabytes: float | None) -> None:
    """Let the process take so much of the GPU and no more, as if the card were smaller."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        whole = torch.cuda.get_device_properties(device).total_memory / 1e9
        torch.cuda.set_per_process_memory_fraction(min(1.0, (gigabytes or whole) / whole))


def costliest(options, device) -> str:
    """The operations in which one model's step spends its time on the GPU."""
    from torch.profiler import ProfilerActivity, profile

    volume = torch.rand(1, 1, *(options.side,) * 3, device=device)
    train = make_training(options, options.model, device)
    train([volume] * 3)
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as watched:
        train([volume])
        torch.cuda.synchronize()
    table = watched.key_averages().table
    return table(sort_by="self_cuda_time_total", row_limit=14, max_name_column_width=50)


def describe(device) -> str:
    """The device, and what of it matters here."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads, native bfloat16: " \
           f"{has_fast_bfloat16(device)}"  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paper", action="store_true", help="all eight models at the size of the paper")
    parser.add_argument("--model", default="vae_8x8_512")
    parser.add_argument("--side", type=int, help="default 64, with --paper 256")
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--scans", type=int, default=TRAIN, help="cubes that lie on the device")
    parser.add_argument("--memory-gb", type=float, default=MEMORY_GB)
    options = parser.parse_args()
    options.side = options.side or (PAPER_SIDE if options.paper else 64)
    (measure_paper if options.paper else compare)(options, pick_device())


if __name__ == "__main__":
    main()
