"""What the rest of neolab knows of the study ``raad2023``."""

from neolab.catalogue import DHCP_NUMBERS, LabelRule, Study

STUDY = Study(
    id="raad2023",
    title="Unsupervised anomaly detection on T2",
    citation="Raad et al., Scientific Reports 2023, doi:10.1038/s41598-023-38430-0",
    notebook="02_raad2023_anomaly",
    modality="T2w, 3-D, newborns",
    images=(("T2w",),),
    numbers=DHCP_NUMBERS,
    # The paper compares scans of score 1 with scans of score 5 (Methods, "Data description").
    dhcp_label=LabelRule(
        "radiology_score", positive=("5",), negative=("1",), ignore=("2", "3", "4", "Q", "n/a")
    ),
)
