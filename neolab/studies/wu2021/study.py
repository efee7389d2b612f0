"""What the rest of neolab knows of the study ``wu2021``."""

from neolab.catalogue import Study

STUDY = Study(
    id="wu2021",
    title="Acute bilirubin encephalopathy on T1",
    citation="Wu et al., BMC Medical Imaging 2021;21:103, doi:10.1186/s12880-021-00634-z",
    notebook="01_wu2021_bilirubin",
    modality="T1w, 2-D, term newborns",
    images=(("T1w",),),
    numbers=(
        "age_days",
        "postmenstrual_age_weeks",
        "gestational_age_weeks",
        "weight_kg",
        "total_serum_bilirubin_umol_l",
        "albumin_g_l",
    ),
)
