"""What the rest of neolab knows of the study ``wada2019``."""

from neolab.catalogue import Study

STUDY = Study(
    id="wada2019",
    title="Myelin age from T1 and T2 slices",
    citation="Wada et al., arXiv preprint, 10 September 2019",
    notebook="03_wada2019_myelination",
    modality="T1w and T2w, 2-D, birth to 24 months",
    images=(("T1w",), ("T2w",)),
    numbers=("corrected_age_months", "postmenstrual_age_weeks", "birth_age", "field_strength_tesla"),
)
