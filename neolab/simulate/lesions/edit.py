"""The two ways in which a lesion changes a brain: a tissue of its own, or another relaxation of the old."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from neolab.simulate.lesions.canvas import Blob, Canvas
from neolab.simulate.relaxation import Relaxation


@dataclass
class Edit:
    """One change of a canvas.

    Attributes
    ----------
    share : ndarray
        (X, Y, Z) float32, 0 to 1: how much of each voxel the lesion takes.
    within : tuple of str
        Tissues that give way or change; all others stay as they are.
    tissue : str, optional
        Name of the new tissue; None changes the old ones in place.
    relaxation : callable, optional
        Relaxation of all tissues -> that of the new tissue.
    t1_factor, t2_factor : float
        Change in place where ``share`` is 1, proportionally less elsewhere.
    """

    share: np.ndarray
    within: tuple[str, ...]
    tissue: str | None = None
    relaxation: Callable[[dict[str, Relaxation]], Relaxation] | None = None
    t1_factor: float = 1.0
    t2_factor: float = 1.0
    mask: np.ndarray = field(init=False, repr=False, default=None)

    def apply(self, fractions: dict, relaxation: dict) -> None:
        """Change ``fractions`` and ``relaxation`` (both are the caller's own copies) and keep the mask."""
        self.mask = self.share * sum(fractions[name] for name in self.within)
        if self.tissue is None:
            self._scale(relaxation)
        else:
            self._replace(fractions, relaxation)

    def _replace(self, fractions: dict, relaxation: dict) -> None:
        taken = 1 - self.share
        for name in self.within:
            fractions[name] = fractions[name] * taken
        fractions[self.tissue] = fractions.get(self.tissue, 0) + self.mask
        relaxation[self.tissue] = self.relaxation(relaxation)

    def _scale(self, relaxation: dict) -> None:
        for name in self.within:
            relaxation[name] = _spread_out(relaxation[name], self.share.shape).scaled(
                t1=1 + (self.t1_factor - 1) * self.share, t2=1 + (self.t2_factor - 1) * self.share
            )


def filling(
    blobs: Sequence[Blob], within: tuple[str, ...], tissue: str, relaxation: Callable
) -> Callable[[Canvas], list[Edit]]:
    """Return the painter of a lesion that fills some blobs with a tissue of its own; see `Edit`."""
    return lambda canvas: [Edit(canvas.shares(blobs), within, tissue, relaxation)]


def _spread_out(tissue: Relaxation, shape) -> Relaxation:
    """Turn scalars into volumes, so that a map of factors can multiply them."""
    if tissue.voxels is not None or np.ndim(tissue.t1_ms):
        return tissue
    whole = np.ones(shape, np.float32)
    return Relaxation(
        tissue.t1_ms * whole, tissue.t2_ms * whole, tissue.r2_prime_per_s, tissue.proton_density
    )
