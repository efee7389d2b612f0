"""Parameters and multiply-accumulates of a network, counted layer by layer without building it."""

from dataclasses import dataclass, field
from math import prod

from neolab.claims.audit.shapes import Window


@dataclass(frozen=True)
class Layer:
    """One line of the count: name, output shape (channels, then space), parameters, multiply-accumulates."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    macs: int


@dataclass
class Count:
    """A network under construction: its current shape and the layers so far.

    Attributes
    ----------
    shape : tuple of int
        Channels, then the spatial sizes; only features after `flatten` or `pool_globally`.
    layers : list of Layer
    """

    shape: tuple[int, ...]
    layers: list[Layer] = field(default_factory=list)

    @property
    def parameters(self) -> int:
        """Trainable numbers (batch norm: weight and bias, not the running statistics)."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one input; 1 MAC = 2 FLOPs."""
        return sum(layer.macs for layer in self.layers)

    def conv(self, out: int, kernel: int, stride: int = 1, padding: int = 0, bias: bool = True) -> "Count":
        """Append a convolution with a cubic (square) kernel."""
        channels, *space = self.shape
        window = Window(kernel, stride, padding)
        weights = out * channels * kernel ** len(space)
        self.shape = (out, *(window.out(size) for size in space))
        return self._add("conv", weights + out * bias, weights * prod(self.shape[1:]))

    def norm(self) -> "Count":
        """Append a batch norm with weight and bias."""
        return self._add("norm", 2 * self.shape[0], 0)

    def pool(self, kernel: int, stride: int, padding: int = 0) -> "Count":
        """Append a pooling layer."""
        window = Window(kernel, stride, padding)
        self.shape = (self.shape[0], *(window.out(size) for size in self.shape[1:]))
        return self._add("pool", 0, 0)

    def pool_globally(self) -> "Count":
        """Append global average pooling."""
        self.shape = self.shape[:1]
        return self._add("global pool", 0, 0)

    def flatten(self) -> "Count":
        """Flatten to a vector."""
        self.shape = (prod(self.shape),)
        return self._add("flatten", 0, 0)

    def linear(self, out: int, bias: bool = True) -> "Count":
        """Append a dense layer on a vector."""
        weights = self.shape[0] * out
        self.shape = (out,)
        return self._add("linear", weights + out * bias, weights)

    def branch(self) -> "Count":
        """Return an empty count that starts from the current shape: a shortcut or a parallel branch."""
        return Count(self.shape)

    def include(self, other: "Count", times: int = 1) -> "Count":
        """Add the layers of a branch; the current shape stays."""
        self.layers += other.layers * times
        return self

    def _add(self, name: str, parameters: int, macs: int) -> "Count":
        self.layers.append(Layer(name, self.shape, parameters, macs))
        return self
