"""The digital neonate: latents, anatomy, contrast, lesions, acquisition, and the cohorts made of them."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "acquisition": ["acquire", "render_for", "scan_labels", "signal_volume"],
        "anatomy": ["make_anatomy"],
        "cohort": ["CohortPlan", "write_cohort"],
        "moments": ["draw_with_moments"],
        "newborn": ["newborn_plan"],
        "protocols": ["DHCP_MPRAGE", "DHCP_T1W", "DHCP_T2W", "Protocol"],
        "relaxation": ["relaxation_maps", "tissue_relaxation"],
        "subject": ["Subject", "TERM_WEEKS", "WEEKS_PER_MONTH", "stream"],
        "tissues": ["INTRACRANIAL", "TISSUES"],
    },
)
