"""What one gradient-echo acquisition is: times, angle, voxels, noise and the images it keeps."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class GreProtocol:
    """One gradient-echo acquisition.

    Attributes
    ----------
    name : str
    echo_time_ms, repetition_time_ms, flip_angle_deg, field_tesla : float
    voxel_mm : tuple of float
        In plane twice, slice thickness.
    sub_slices : int
        Thin slices simulated and averaged, as complex numbers, in each slice.
    snr : float
        White-matter signal over the standard deviation of each noise channel.
    products : tuple of str
        Images that the cohort keeps, among ``magnitude``, ``phase``, ``swi`` and ``qsm``.
    """

    name: str
    echo_time_ms: float = 20.0
    repetition_time_ms: float = 27.0
    flip_angle_deg: float = 15.0
    field_tesla: float = 3.0
    voxel_mm: tuple[float, float, float] = (0.8, 0.8, 3.0)
    sub_slices: int = 3
    snr: float = 28.0
    products: tuple[str, ...] = ("magnitude", "phase", "swi", "qsm")

    @property
    def fine_voxel_mm(self) -> tuple[float, float, float]:
        """Voxel of the simulation grid."""
        return (*self.voxel_mm[:2], self.voxel_mm[2] / self.sub_slices)

    def at(self, **changes) -> "GreProtocol":
        """A copy with some values changed."""
        return replace(self, **changes)
