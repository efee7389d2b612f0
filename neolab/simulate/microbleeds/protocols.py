"""Gradient-echo protocols of the four cohorts.

Voxel sizes of the first two are those reported for the paper's data (a third-party digest of the article).
Echo times, repetition times, flip angles and the other voxel sizes are typical values of such sequences at
3 T, chosen here: they are design values, not the paper's.
"""

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


UKB_SWI = GreProtocol("ukb")
OXVASC_GRE = GreProtocol(
    "oxvasc",
    echo_time_ms=15.0,
    repetition_time_ms=504.0,
    flip_angle_deg=20.0,
    voxel_mm=(0.9, 0.8, 5.0),
    sub_slices=5,
    snr=40.0,
    products=("magnitude",),
)
TICH2_SWI = GreProtocol(
    "tich2",
    echo_time_ms=22.0,
    voxel_mm=(0.9, 0.9, 2.5),
    sub_slices=2,
    snr=22.0,
    products=("magnitude", "swi"),
)
SHK_SWI = GreProtocol(
    "shk",
    echo_time_ms=24.0,
    repetition_time_ms=30.0,
    flip_angle_deg=15.0,
    voxel_mm=(0.6, 0.6, 2.0),
    sub_slices=2,
    snr=20.0,
    products=("magnitude", "swi"),
)
PROTOCOLS = {protocol.name: protocol for protocol in (UKB_SWI, OXVASC_GRE, TICH2_SWI, SHK_SWI)}
