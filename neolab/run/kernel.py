"""What the process that computed a run has to say of itself."""

import platform
import sys
from pathlib import Path
from typing import Any


def describe_kernel() -> dict[str, Any]:
    """Return the device, the threads of torch (None where it was not used) and the peak memory in bytes."""
    torch = sys.modules.get("torch")
    return {
        "device": _device(torch),
        "torch_threads": torch.get_num_threads() if torch else None,
        "peak_memory_bytes": _own_peak_memory(),
    }


def _device(torch: Any) -> str:
    if torch is not None and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU: {processor_name()}"


def processor_name() -> str:
    """Return the processor's name as Linux gives it, or what Python knows of it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _own_peak_memory() -> int:
    try:
        import resource
    except ImportError:  # not on Windows, where the runner's sampling has to do
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
