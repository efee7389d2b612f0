"""Training step of a Raad 2023 autoencoder against a plain version, in the same run.

Run ``python benchmarks/raad2023.py``; ``--side 256 --channels 32`` on a GPU gives the paper's size. The plain
version computes in single precision with contiguous (channels-first) tensors and keeps all activations; the
fast one is what `neolab.models.raad2023.fit` does. Processor time on a CPU, wall time on a GPU; the two take
turns, and the ratio is of their medians.
"""

import argparse
import resource
import statistics
import time

import torch

from neolab.models.compute import (
    channels_last,
    gradient_scaler,
    has_fast_bfloat16,
    mixed_precision,
    pick_device,
)
from neolab.models.raad2023.network import Autoencoder

EPSILON = 1e-7


class Step:
    """One way to train: a model, its optimiser, and a call that does one step."""

    def __init__(self, options, device, *, fast: bool, checkpointing: bool):
        torch.manual_seed(0)
        model = Autoencoder(options.model, options.side, options.channels, checkpointing=checkpointing)
        self.layout = channels_last if fast else torch.Tensor.contiguous
        self.model = channels_last(model.to(device)) if fast else model.to(device)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3, eps=EPSILON)
        self.scaler = gradient_scaler(device, fast)
        self.device, self.fast = device, fast

    def __call__(self, volume: torch.Tensor) -> float:
        """Train on one volume and return the loss."""
        volume = self.layout(volume)
        with mixed_precision(self.device, self.fast):
            reconstruction, _ = self.model(volume)
        loss = (reconstruction.float() - volume).square().mean()
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return loss.item()


def clock(device) -> float:
    """Seconds that count: of the processor, or on the wall once the GPU has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def peak_gb(device) -> float:
    """Largest memory so far: of the GPU since it was last reset, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(steps, volume, device, repeats):
    """Median seconds of every step, taken in turns after one to warm up, and peak memory on a GPU."""
    seconds, memory = {name: [] for name in steps}, dict.fromkeys(steps, 0.0)
    for turn in range(repeats + 1):
        for name, step in steps.items():
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            start = clock(device)
            step(volume)
            if turn:
                seconds[name].append(clock(device) - start)
            memory[name] = max(memory[name], peak_gb(device))
    return {name: statistics.median(values) for name, values in seconds.items()}, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="vae_8x8_512")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    device = pick_device()
    volume = torch.rand(1, 1, *(options.side,) * 3, device=device)
    steps = {
        "plain: float32, contiguous": Step(options, device, fast=False, checkpointing=False),
        "mixed precision, channels last": Step(options, device, fast=True, checkpointing=False),
        "the same with checkpointing": Step(options, device, fast=True, checkpointing=True),
    }
    seconds, memory = measure(steps, volume, device, options.repeats)
    plain = next(iter(seconds))
    unit = "wall s" if device.type == "cuda" else "cpu s"
    print(f"{options.model}, cube of {options.side}, {options.channels} channels, {device}, "
          f"{torch.get_num_threads()} threads, native bfloat16: {has_fast_bfloat16(device)}")  # fmt: skip
    print(f"{'one training step':<34}{unit:>9}{'speed':>8}{'peak GB':>9}")
    for name, value in seconds.items():
        print(f"{name:<34}{value:9.3f}{seconds[plain] / value:7.1f}x{memory[name]:9.2f}")
    if device.type == "cpu":
        print("peak memory is that of the process so far, all versions together")
    minutes = 50 * 80 * seconds["the same with checkpointing"] / 60
    print(f"50 epochs of 80 scans with checkpointing: {minutes:.0f} minutes a model")


if __name__ == "__main__":
    main()
