"""Lesion-wise detection: which lesions were found, and which findings are no lesions.

Lesions and findings are connected components (26 neighbours in 3-D). Two countings must not be mixed up:

* found lesions are counted on the reference side: a lesion is found when enough of its voxels are marked;
* false positives are counted on the prediction side: a finding is false when too few of its voxels lie in a
  lesion.

One finding over two lesions finds both and is one true finding; two findings over one lesion find one lesion
and are two true findings. So "found lesions" and "true findings" are different numbers: sensitivity uses the
first, precision the second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects
from neolab.metrics.estimate import Estimate, percentile_estimate


@dataclass(frozen=True)
class LesionMatch:
    """Lesions and findings of one subject.

    Attributes
    ----------
    lesions, found : int
        Reference lesions, and how many of them were found.
    findings, true_findings : int
        Predicted components, and how many of them lie on a lesion.
    """

    lesions: int
    found: int
    findings: int
    true_findings: int

    @property
    def missed(self) -> int:
        """Lesions that were not found."""
        return self.lesions - self.found

    @property
    def false_findings(self) -> int:
        """Findings that lie on no lesion."""
        return self.findings - self.true_findings


def label_components(mask: np.ndarray, connectivity: int = 26) -> tuple[np.ndarray, int]:
    """Number the connected components of a mask.

    Parameters
    ----------
    mask : array, 2-D or 3-D
        Non-zero inside.
    connectivity : {6, 18, 26} in 3-D, {4, 8} in 2-D
        Neighbours that count as touching.

    Returns
    -------
    labels : array of int, shape of ``mask``
        0 outside, 1..n inside.
    n : int
    """
    from scipy.ndimage import generate_binary_structure, label

    mask = np.asarray(mask)
    orders = {(3, 6): 1, (3, 18): 2, (3, 26): 3, (2, 4): 1, (2, 8): 2}
    order = orders.get((mask.ndim, connectivity))
    if order is None:
        expected = "6, 18 or 26 in 3-D, 4 or 8 in 2-D"
        raise InputError(f"connectivity: found {connectivity} in {mask.ndim}-D, expected {expected}")
    labels, n = label(mask != 0, structure=generate_binary_structure(mask.ndim, order))
    return labels, int(n)


def match_lesions(
    reference: np.ndarray,
    prediction: np.ndarray,
    *,
    connectivity: int = 26,
    minimum_overlap_voxels: int = 1,
    numbered_reference: bool = False,
) -> LesionMatch:
    """Match the findings of one subject with its lesions by overlap.

    Parameters
    ----------
    reference, prediction : arrays of the same shape
        Masks, non-zero inside.
    minimum_overlap_voxels : int
        Voxels of a lesion that must be marked, and of a finding that must lie in lesions; at least 1.
    numbered_reference : bool
        The reference numbers its lesions 1, 2, ...: lesions that touch stay apart. Otherwise they are one.
    """
    reference, prediction = np.asarray(reference), np.asarray(prediction)
    if reference.shape != prediction.shape:
        raise InputError(
            f"prediction: found shape {prediction.shape}, expected the reference's {reference.shape}"
        )
    if minimum_overlap_voxels < 1:
        raise InputError(f"minimum_overlap_voxels: found {minimum_overlap_voxels}, expected at least 1")
    lesions = reference.astype(int) if numbered_reference else label_components(reference, connectivity)[0]
    findings, n_findings = label_components(prediction, connectivity)
    sizes = np.bincount(lesions.ravel())
    covered = np.bincount(lesions[findings > 0], minlength=len(sizes))
    on_lesion = np.bincount(findings[lesions > 0], minlength=n_findings + 1)
    return LesionMatch(
        lesions=int((sizes[1:] > 0).sum()),
        found=int((covered[1:] >= minimum_overlap_voxels).sum()),
        findings=n_findings,
        true_findings=int((on_lesion[1:] >= minimum_overlap_voxels).sum()),
    )


def detection_metrics(
    matches: Sequence[LesionMatch], *, n_resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Pool subjects and return three metrics with bootstrap intervals over subjects.

    Returns
    -------
    dict
        ``true_positive_rate``: found lesions / lesions. ``precision``: true findings / findings.
        ``false_positives_per_subject``: false findings / subjects. Rates are NaN without lesions or findings.
    """
    if not matches:
        raise InputError("matches: found no subject, expected at least one")
    counts = np.array([(m.lesions, m.found, m.findings, m.true_findings) for m in matches], float)
    draws = draw_subjects(len(counts), n_resamples, seed=seed)
    samples = _pooled(counts[draws].sum(axis=1), len(counts))
    values = _pooled(counts.sum(axis=0), len(counts))
    return {name: percentile_estimate(float(values[name]), samples[name], n=len(counts)) for name in values}


def _pooled(counts: np.ndarray, n_subjects: int) -> dict[str, np.ndarray]:
    lesions, found, findings, true = np.moveaxis(counts, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "true_positive_rate": found / lesions,
            "precision": true / findings,
            "false_positives_per_subject": (findings - true) / n_subjects,
        }
