"""The studies: one identifier, one paper, one notebook each."""

from dataclasses import dataclass

from neolab.errors import InputError


@dataclass(frozen=True)
class Study:
    """A paper and the notebook that follows it.

    Attributes
    ----------
    id : str
        First author and year, the name used on the command line.
    title : str
        What the paper asks, in a few words.
    citation : str
        Authors, journal, year and DOI or arXiv number.
    notebook : str
        File stem in ``notebooks/``.
    modality : str
        Images that the study reads.
    """

    id: str
    title: str
    citation: str
    notebook: str
    modality: str


STUDIES: dict[str, Study] = {
    study.id: study
    for study in (
        Study(
            "wu2021",
            "Acute bilirubin encephalopathy on T1",
            "Wu et al., BMC Medical Imaging 2021;21:103, doi:10.1186/s12880-021-00634-z",
            "01_wu2021_bilirubin",
            "T1w, 2-D, term newborns",
        ),
        Study(
            "raad2023",
            "Unsupervised anomaly detection on T2",
            "Raad et al., Scientific Reports 2023, doi:10.1038/s41598-023-38430-0",
            "02_raad2023_anomaly",
            "T2w, 3-D, newborns",
        ),
        Study(
            "wada2019",
            "Myelin age from T1 and T2 slices",
            "Wada et al., arXiv preprint, 10 September 2019",
            "03_wada2019_myelination",
            "T1w and T2w, 2-D, birth to 24 months",
        ),
        Study(
            "sundaresan2023",
            "Cerebral microbleeds with knowledge distillation",
            "Sundaresan et al., Frontiers in Neuroinformatics 2023;17:1204186",
            "04_sundaresan2023_microbleeds",
            "T2*-GRE, SWI and QSM, adults",
        ),
        Study(
            "gloresnet2026",
            "Preterm brain injury on T2",
            "Yuan et al., arXiv:2606.02498, 2026",
            "05_gloresnet2026_preterm_injury",
            "T2w, 3-D, preterm infants",
        ),
    )
}


def get_study(name: str) -> Study:
    """Return the study called ``name``.

    Raises
    ------
    InputError
        If there is none; the message lists the names.
    """
    try:
        return STUDIES[name]
    except KeyError:
        raise InputError(f"study: found {name!r}, expected one of {', '.join(sorted(STUDIES))}") from None
