"""Scan protocols: what a scanner is told to do, and how good the images come out.

Sequence parameters are those that papers and data releases print. Noise, bias and the sizes at which anatomy
is rendered are design values. Protocols of the developing HCP stand here, because several studies use them;
those of a single paper stand with its study's cohort.
"""

from dataclasses import dataclass, field, replace

from neolab.errors import InputError
from neolab.simulate.sequences import GRADIENT_ECHOES, SEQUENCES

#: Signal of pure, fully relaxed water in the units of an image file.
IMAGE_UNITS = 10_000.0

_SCANNING_SEQUENCE = {
    "spoiled_gradient_echo": "GR",
    "spin_echo": "SE",
    "turbo_spin_echo": "SE",
    "inversion_recovery": ["SE", "IR"],
    "mprage": ["GR", "IR"],
}


@dataclass(frozen=True)
class Protocol:
    """One image series.

    Attributes
    ----------
    name, suffix : str
        Name of the protocol, and BIDS suffix of its images (``"T1w"``, ``"T2w"``).
    sequence : str
        A function of :mod:`neolab.simulate.sequences`.
    parameters : dict
        Its keyword arguments: times in milliseconds, angles in degrees.
    field_tesla : float
        1.5 or 3.
    in_plane_mm : float
        Voxel edge that k-space covers: the true resolution.
    reconstructed_mm : float
        Voxel edge after zero-filling k-space; at most ``in_plane_mm``.
    slice_thickness_mm, slice_spacing_mm : float
        Thickness, and distance between slice centres (thickness plus gap; less where slices overlap).
    slices : int, optional
        Number of slices; None covers what is rendered.
    dimensions : int
        2 (slice by slice) or 3 (volume; then thickness and spacing equal ``in_plane_mm``).
    slice_axis : int
        0 sagittal, 1 coronal, 2 axial.
    render_mm : tuple of float
        Voxel of the anatomy that is rendered for it; several of them make up a slice.
    slab_centre_mm : float
        Where the middle slice lies above the centre of the head, along the slice axis.
    noise_sd : float
        Standard deviation of the noise in each channel of the finished image, in units of the signal of pure
        water.
    bias_sd, flip_sd : float
        Spread of the receive field after the scanner's own uniformity correction, and of the flip angle.
    source : str
        Where the parameters were printed.
    departures : tuple of str
        What differs from the source.
    """

    name: str
    suffix: str
    sequence: str
    parameters: dict = field(hash=False)
    field_tesla: float = 3.0
    in_plane_mm: float = 1.0
    reconstructed_mm: float = 1.0
    slice_thickness_mm: float = 1.0
    slice_spacing_mm: float = 1.0
    slices: int | None = None
    dimensions: int = 3
    slice_axis: int = 2
    render_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    slab_centre_mm: float = 0.0
    noise_sd: float = 0.008
    bias_sd: float = 0.05
    flip_sd: float = 0.02
    source: str = ""
    departures: tuple[str, ...] = ()

    def __post_init__(self):
        if self.sequence not in SEQUENCES:
            raise InputError(
                f"sequence of protocol {self.name} is {self.sequence!r}, "
                f"expected one of {', '.join(SEQUENCES)}"
            )
        if self.reconstructed_mm > self.in_plane_mm:
            raise InputError(
                f"reconstructed voxel of protocol {self.name} is {self.reconstructed_mm} mm, "
                f"expected at most the acquired {self.in_plane_mm} mm"
            )

    def cubic(self, voxel_mm: float, **changes) -> "Protocol":
        """The protocol with contiguous slices and cubic voxels of another size, mm, and other ``changes``."""
        sizes = ("in_plane_mm", "reconstructed_mm", "slice_thickness_mm", "slice_spacing_mm")
        return replace(self, **dict.fromkeys(sizes, voxel_mm), render_mm=(voxel_mm,) * 3, **changes)

    def signal(self, relaxation, flip_scale=1.0):
        """Signal of a tissue, in units of pure water.

        Parameters
        ----------
        relaxation : Relaxation
        flip_scale : float or ndarray
            Local over nominal flip angle.
        """
        decay = relaxation.t2_star_ms if self.sequence in GRADIENT_ECHOES else relaxation.t2_ms
        return SEQUENCES[self.sequence](
            relaxation.t1_ms, decay, relaxation.proton_density, flip_scale=flip_scale, **self.parameters
        )

    def sidecar(self) -> dict:
        """The protocol in BIDS terms: seconds, degrees, millimetres and tesla."""
        parameters = self.parameters
        repetition = parameters.get("repetition_time_ms", parameters.get("cycle_time_ms"))
        sidecar = {
            "MagneticFieldStrength": self.field_tesla,
            "MRAcquisitionType": f"{self.dimensions}D",
            "ScanningSequence": _SCANNING_SEQUENCE[self.sequence],
            "PulseSequenceDetails": f"{self.name}: {self.sequence} of a digital phantom",
            "RepetitionTime": repetition / 1000,
            "EchoTime": parameters["echo_time_ms"] / 1000,
            "FlipAngle": parameters.get("flip_angle_deg", 90.0),
            "SliceThickness": self.slice_thickness_mm,
            "SpacingBetweenSlices": self.slice_spacing_mm,
        }
        if "inversion_time_ms" in parameters:
            sidecar["InversionTime"] = parameters["inversion_time_ms"] / 1000
        return sidecar


_DHCP = dict(
    in_plane_mm=0.8,
    reconstructed_mm=0.8,
    slice_thickness_mm=1.6,
    slice_spacing_mm=0.8,
    render_mm=(0.8, 0.8, 0.8),
    source="developing HCP, third release, acquisition page",
    departures=("one axial stack at 0.8 mm instead of two stacks reconstructed to 0.5 mm",),
    dimensions=2,
)
DHCP_T2W = Protocol(
    "DHCP_T2W",
    "T2w",
    "turbo_spin_echo",
    dict(repetition_time_ms=12000.0, echo_time_ms=156.0),
    noise_sd=0.008,
    **_DHCP,
)
DHCP_T1W = Protocol(
    "DHCP_T1W",
    "T1w",
    "inversion_recovery",
    dict(repetition_time_ms=4795.0, echo_time_ms=8.7, inversion_time_ms=1740.0),
    noise_sd=0.005,
    **_DHCP,
)
DHCP_MPRAGE = Protocol(
    "DHCP_MPRAGE",
    "T1w",
    "mprage",
    dict(
        cycle_time_ms=2540.0,
        inversion_time_ms=1400.0,
        echo_spacing_ms=11.0,
        echo_time_ms=4.6,
        flip_angle_deg=9.0,
        pulses=120,
    ),
    in_plane_mm=0.8,
    reconstructed_mm=0.8,
    slice_thickness_mm=0.8,
    slice_spacing_mm=0.8,
    render_mm=(0.8, 0.8, 0.8),
    noise_sd=0.001,
    source="developing HCP, third release, acquisition page (TR 11, TE 4.6, TI 1400 ms, 0.8 mm)",
    departures=("flip angle, train length and cycle time are assumed; the page does not print them",),
)
