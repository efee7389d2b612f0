"""The rule that every network has to beat: bright and round, nothing learned."""

import numpy as np

from neolab.studies.sundaresan2023.cleanup import CleanUp, clean_up
from neolab.studies.sundaresan2023.inference import CandidateSet, find_candidates
from neolab.studies.sundaresan2023.patches import LabelledScan

#: Name of the baseline's score in a `CandidateSet`.
SCORE = "bright_and_round"


def bright_and_round(
    scans: list[LabelledScan], threshold: float, rules: CleanUp | None = None
) -> list[CandidateSet]:
    """Candidates where image and symmetry channel are both high, by the pipeline's own rules.

    Parameters
    ----------
    scans : list of LabelledScan
    threshold : float
        On the product of the two channels, which is in 0..1; the same as for the detector's probability.
    rules : CleanUp, optional
        Applied as to the networks' candidates.

    Returns
    -------
    list of CandidateSet
        Scored by the highest product in each component.
    """
    return [_search(scan, threshold, rules or CleanUp()) for scan in scans]


def _search(scan: LabelledScan, threshold: float, rules: CleanUp) -> CandidateSet:
    image, symmetry = scan.prepared.channels.astype(np.float32)
    candidates = find_candidates(image * symmetry * scan.prepared.mask, scan, threshold)
    candidates.scores = {SCORE: candidates.detector_score}
    candidates.dropped = clean_up(candidates, scan, rules)
    return candidates
