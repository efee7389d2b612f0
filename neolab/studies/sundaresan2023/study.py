"""What the rest of neolab knows of the study ``sundaresan2023``."""

from neolab.catalogue import Study

STUDY = Study(
    id="sundaresan2023",
    title="Cerebral microbleeds with knowledge distillation",
    citation="Sundaresan et al., Frontiers in Neuroinformatics 2023;17:1204186",
    notebook="04_sundaresan2023_microbleeds",
    modality="T2*-GRE, SWI and QSM, adults",
    images=(("swi", "T2starw", "magnitude", "qsm"),),
    numbers=("age_years",),
)
