"""A head whose brain is known, for folders without brain masks."""

from functools import cache

import nibabel as nib
import numpy as np


@cache
def simulated_atlas() -> tuple[nib.Nifti1Image, nib.Nifti1Image]:
    """Return the T2-weighted head of a digital newborn at term and its brain mask."""
    from neolab.simulate.acquisition import acquire, render_for, scan_labels
    from neolab.simulate.subject import Subject
    from neolab.simulate.tissues import INTRACRANIAL, TISSUES
    from neolab.studies.raad2023.cohort import PROTOCOL

    anatomy = render_for(Subject("SYN0000", "01", 0, 40.5, "female"), PROTOCOL)
    scan = acquire(anatomy, PROTOCOL)
    brain = np.isin(scan_labels(anatomy, PROTOCOL), [TISSUES[name] for name in INTRACRANIAL])
    return nib.Nifti1Image(scan.image, scan.affine), nib.Nifti1Image(brain.astype(np.uint8), scan.affine)
