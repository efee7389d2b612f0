"""A chain of tensor shapes recomputed layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A convolution or pooling along one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0

    def out(self, size: int) -> int:
        """Return the output size: floor((size + 2 padding - kernel) / stride) + 1."""
        return (size + 2 * self.padding - self.kernel) // self.stride + 1


def chain(size: int, windows: Sequence[Window]) -> list[int]:
    """Return the size before and after every window."""
    sizes = [size]
    for window in windows:
        sizes.append(window.out(sizes[-1]))
    return sizes
