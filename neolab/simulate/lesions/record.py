"""What a lesion is on paper: a kind, a side, a severity; and the kinds there are."""

from dataclasses import dataclass

from neolab.errors import InputError

#: Kinds that change voxels, with their label in the lesion mask.
PAINTED: dict[str, int] = {
    "punctate_white_matter": 1,
    "cystic_leukomalacia": 2,
    "germinal_matrix_haemorrhage": 3,
    "intraventricular_haemorrhage": 4,
    "periventricular_infarction": 5,
    "diffuse_high_signal": 6,
    "cerebellar_haemorrhage": 7,
    "subdural_haemorrhage": 8,
    "basal_ganglia_injury": 9,
    "watershed_injury": 10,
    "subependymal_cyst": 11,
}

#: Kinds that change the shape of the brain itself and have no mask.
SHAPED = ("ventricular_dilatation", "volume_loss", "asymmetry")

KINDS = (*PAINTED, *SHAPED)
SIDES = ("left", "right", "both")
STAGES = ("acute", "subacute", "late", "chronic")


@dataclass(frozen=True)
class Lesion:
    """One finding.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    side : {"left", "right", "both"}
    severity : float
        0 (just visible) to 1 (gross); each kind says what it scales.
    count : int
        Punctate lesions in all, or cysts a side.
    stage : {"acute", "subacute", "late", "chronic"}
        Age of blood: days, up to two weeks, weeks, months.

    Raises
    ------
    InputError
        If a value is out of its set or range.
    """

    kind: str
    side: str = "both"
    severity: float = 0.5
    count: int = 1
    stage: str = "subacute"

    def __post_init__(self):
        for name, value, allowed in (
            ("kind", self.kind, KINDS),
            ("side", self.side, SIDES),
            ("stage", self.stage, STAGES),
        ):
            if value not in allowed:
                raise InputError(f"lesion {name}: found {value!r}, expected one of {', '.join(allowed)}")
        if not 0.0 <= self.severity <= 1.0:
            raise InputError(f"lesion severity: found {self.severity}, expected 0 to 1")
        if self.count < 1:
            raise InputError(f"lesion count: found {self.count}, expected 1 or more")

    @property
    def sides(self) -> tuple[int, ...]:
        """Signs of the template's x on the side or sides affected: -1 left, +1 right."""
        return {"left": (-1,), "right": (1,), "both": (-1, 1)}[self.side]
