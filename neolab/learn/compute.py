"""Where and how networks are computed: device, precision, memory layout, seeds, several at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from threading import Lock

import torch
from torch import Tensor, nn

from neolab.machine import one_job_a_core


def pick_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 natively; elsewhere mixed precision only costs time."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu._is_avx512_bf16_supported())


@contextmanager
def mixed_precision(device: torch.device, enabled: bool = True) -> Iterator[None]:
    """Compute convolutions and products in 16 bits where the hardware gains from it.

    bfloat16 on CPUs and GPUs that have it; float16 on older GPUs (a Colab T4), whose gradients then need
    the scaler of `gradient_scaler`.
    """
    dtype = torch.bfloat16 if has_fast_bfloat16(device) else torch.float16
    useful = device.type == "cuda" or dtype is torch.bfloat16
    with torch.autocast(device.type, dtype, enabled=enabled and useful):
        yield


def gradient_scaler(device: torch.device, enabled: bool = True) -> torch.amp.GradScaler:
    """Return a loss scaler, which does nothing except for float16 on a GPU without bfloat16."""
    needed = enabled and device.type == "cuda" and not has_fast_bfloat16(device)
    return torch.amp.GradScaler(device.type, enabled=needed)


def channels_last(module_or_tensor: nn.Module | Tensor) -> nn.Module | Tensor:
    """Lay out a network, or a batch (B, C, H, W) or (B, C, X, Y, Z), with channels last.

    The same numbers up to rounding; convolutions on CPUs gain most.
    """
    if isinstance(module_or_tensor, Tensor):
        layout = torch.channels_last if module_or_tensor.ndim == 4 else torch.channels_last_3d
        return module_or_tensor.to(memory_format=layout)
    # `Module.to` refuses networks that have weights of another number of dimensions.
    for weight in module_or_tensor.parameters():
        if weight.ndim in (4, 5):
            weight.data = channels_last(weight.data)
    return module_or_tensor


class GuardedConv3d(nn.Conv3d):
    """A 3-D convolution that computes maps of one or two voxels in 32 bits on CPUs.

    oneDNN's bfloat16 gradient of a 3x3x3 kernel is wrong there, up to infinite: seen with torch 2.14 on a
    processor with AVX512-BF16, for inputs of side 2 (stride 1) and side 1 (stride 2).
    """

    def forward(self, volume: Tensor) -> Tensor:
        small = min(volume.shape[2:]) <= 2 and volume.device.type == "cpu"
        with torch.autocast("cpu", enabled=False) if small else nullcontext():
            return super().forward(volume.float() if small else volume)


def guard_small_maps(network: nn.Module) -> nn.Module:
    """Turn every 3-D convolution of a network into a `GuardedConv3d`, in place; no parameter changes."""
    for module in network.modules():
        if type(module) is nn.Conv3d:
            module.__class__ = GuardedConv3d
    return network


_one_at_a_time = Lock()


def seeded(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a network from its own seed; networks of several threads do not disturb each other."""
    with _one_at_a_time, torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


@contextmanager
def networks_side_by_side(at_most: int = 16) -> Iterator[ThreadPoolExecutor]:
    """A pool that trains one network a core, or on a GPU one after another.

    These networks are too small to share one between cores, and a result that a single thread has computed
    does not depend on the number of cores.
    """
    if torch.cuda.is_available():
        with ThreadPoolExecutor(1) as pool:
            yield pool
    else:
        with one_job_a_core(at_most) as pool:
            yield pool


def count_parameters(module: nn.Module) -> int:
    """Number of trainable values."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


class DivergedError(RuntimeError):
    """The loss is not finite."""
