"""Relaxation of what lesions are made of, at 3 T.

Blood by stage, cysts and gliosis are design values in the ranges of the reviews of neonatal haemorrhage (T2
short from deoxyhaemoglobin on, T1 short from methaemoglobin on, both long again in fluid, haemosiderin dark);
punctate lesions are set relative to the white matter around them.
"""

from collections.abc import Callable
from dataclasses import replace

from neolab.simulate.relaxation import Relaxation

BLOOD: dict[str, Relaxation] = {
    "acute": Relaxation(1500.0, 45.0, 30.0, 0.85),  # first three days: deoxyhaemoglobin
    "subacute": Relaxation(900.0, 60.0, 20.0, 0.85),  # 3 to 14 days: intracellular methaemoglobin
    "late": Relaxation(750.0, 160.0, 10.0, 0.90),  # weeks: extracellular methaemoglobin
    "chronic": Relaxation(1700.0, 40.0, 40.0, 0.60),  # months: haemosiderin
}
CYST = Relaxation(3600.0, 900.0, 0.0, 1.0)

#: T1 and T2 over those of the surrounding white matter.
PUNCTATE_T1, PUNCTATE_T2 = 0.68, 0.62
GLIOSIS_T1, GLIOSIS_T2 = 1.12, 1.18


def punctate(tissues: dict[str, Relaxation]) -> Relaxation:
    """Short T1 and short T2: dense cells or a little blood."""
    return tissues["white_matter"].scaled(t1=PUNCTATE_T1, t2=PUNCTATE_T2)


def cyst(tissues: dict[str, Relaxation]) -> Relaxation:
    """Nearly cerebrospinal fluid."""
    return CYST


def blood(stage: str) -> tuple[str, Callable]:
    """Name of the tissue that blood of a stage is, and the function that gives its relaxation."""
    return f"blood_{stage}", lambda tissues: BLOOD[stage]


def oedema(tissues: dict[str, Relaxation]) -> Relaxation:
    """White matter around an infarct: more water."""
    base = tissues["white_matter"].scaled(t1=1.15, t2=1.25)
    return replace(base, r2_prime_per_s=0.0)
