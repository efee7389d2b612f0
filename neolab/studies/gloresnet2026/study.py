"""What the rest of neolab knows of the study ``gloresnet2026``."""

from neolab.catalogue import DHCP_NUMBERS, LabelRule, Study

STUDY = Study(
    id="gloresnet2026",
    title="Preterm brain injury on T2",
    citation="Yuan et al., arXiv:2606.02498, 2026",
    notebook="05_gloresnet2026_preterm_injury",
    modality="T2w, 3-D, preterm infants",
    images=(("T2w",),),
    numbers=DHCP_NUMBERS,
    # Injury is a score of 3 and above.
    dhcp_label=LabelRule(
        "radiology_score", positive=("3", "4", "5"), negative=("1", "2"), ignore=("Q", "n/a")
    ),
)
