"""What every network has to beat: bright and round, nothing learned."""

import numpy as np

from neolab.learn.folds import FoldJob, Learnt, Method
from neolab.studies.sundaresan2023.data import LabelledScan
from neolab.studies.sundaresan2023.inference import CandidateSet, CleanUp, clean_up, find_candidates
from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters

#: Name of the baseline's score in a `CandidateSet`.
SCORE = "bright_and_round"


def bright_and_round(scans: list[LabelledScan], params: Sundaresan2023Parameters) -> Method:
    """Return a method for `neolab.learn.folds.cross_validate`; it predicts ``candidates`` and learns nothing.

    The threshold on the product of the two channels, which is in 0..1, is that on the detector's
    probability; the clean-up is that of the networks' candidates.
    """
    rules = CleanUp(params.clean_up_shape)

    def search(job: FoldJob) -> Learnt:
        found = [bright_round_spots(scans[i], params.detector_threshold, rules) for i in job.test]
        job.on_epoch({})
        return Learnt({"candidates": found})

    return search


def bright_round_spots(scan: LabelledScan, threshold: float, rules: CleanUp) -> CandidateSet:
    """Candidates where image and symmetry channel are both high, scored by the highest product in each."""
    image, symmetry = scan.prepared.channels.astype(np.float32)
    candidates = find_candidates(image * symmetry * scan.prepared.mask, scan, threshold)
    candidates.scores = {SCORE: candidates.detector_score}
    candidates.dropped = clean_up(candidates, scan, rules)
    return candidates
