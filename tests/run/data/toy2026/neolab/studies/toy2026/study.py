"""What the rest of neolab knows of the study ``toy2026``."""

from neolab.catalogue import Study

STUDY = Study(
    id="toy2026",
    title="A bright spot in a cube of noise",
    citation="Nobody, Journal of Toys 2026;1:1",
    notebook="07_toy2026_spot",
    modality="T1w, 12 voxels a side",
    images=(("T1w",),),
)
