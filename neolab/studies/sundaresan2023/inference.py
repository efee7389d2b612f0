"""From a prepared scan to scored candidates and the verdict of the clean-up.

The paper and its code differ in the rules of the clean-up; both are here. "Ellipticity above .2" read as
eccentricity would reject most rasterised discs of a microbleed's size, so the shape rule defaults to that of
the code.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from scipy import ndimage as ndi

from neolab.errors import InputError
from neolab.machine import blocks, return_free_memory
from neolab.studies.sundaresan2023.data import CONNECTIVITY_26, LabelledScan, cut
from neolab.studies.sundaresan2023.network import Detector, Student, Teacher

DISCRIMINATION_PATCH = 24
# Volume of a ball of 12 mm: microbleeds measure up to 10 mm (Greenberg 2009).
LARGEST_CANDIDATE_MM3 = 905.0
# More voxels than this go through the detector in overlapping blocks: memory.
WHOLE_VOLUME_VOXELS = 400_000
# Voxels on either side on which a voxel's answer depends, rounded up to a multiple of 4 (two poolings).
REACH = 24
#: Discriminators whose scores are kept for every candidate.
DISCRIMINATORS = ("teacher", "student_plain", "student_distilled")
#: Why the clean-up drops a candidate, in the paper's order.
REASONS = ("skull", "size", "shape")


@dataclass(eq=False)
class CandidateSet:
    """What the detector found in one scan.

    Attributes
    ----------
    name : str
    labels : ndarray of int
        Components on the crop, 1...n.
    centres : ndarray (n, 3)
        Voxels.
    detector_score : ndarray (n,)
        Highest detector probability in the component.
    lesions : list of tuple of int
        Reference lesions (from 0) that each component overlaps; empty for a false one.
    n_lesions : int
    scores : dict of str to ndarray (n,)
        Probability by each network that has looked at the candidates.
    dropped : ndarray (n,)
        Why the clean-up drops a candidate, "" if it does not.
    """

    name: str
    labels: np.ndarray
    centres: np.ndarray
    detector_score: np.ndarray
    lesions: list[tuple[int, ...]]
    n_lesions: int
    scores: dict[str, np.ndarray] = field(default_factory=dict)
    dropped: np.ndarray = field(default_factory=lambda: np.zeros(0, object))

    @property
    def is_true(self) -> np.ndarray:
        """Which components lie on a microbleed."""
        return np.array([bool(hit) for hit in self.lesions], bool)


@torch.inference_mode()
def detect(detector: Detector, scan: LabelledScan, block_voxels: int = WHOLE_VOLUME_VOXELS) -> np.ndarray:
    """Probability of microbleed in every voxel of the crop, float32, 0 outside the brain."""
    device = next(detector.parameters()).device
    detector.eval()
    channels = scan.prepared.channels.astype(np.float32)
    shape = channels.shape[1:]
    axis = int(np.argmax(shape))  # blocks along the longest axis overlap least
    length = shape[axis]
    count = np.ceil(np.prod(shape) / block_voxels)
    depth = max(8, int(np.ceil(length / count / 4)) * 4)  # even blocks, on the grid of the poolings
    probability = np.zeros(shape, np.float32)
    for start, stop in ((part.start, part.stop) for part in blocks(length, depth)):
        low = max(start - REACH, 0)
        block = _part(channels, axis + 1, low, min(stop + REACH, length))
        block = torch.from_numpy(np.ascontiguousarray(block[None])).to(device)
        scores = torch.softmax(detector(block).float(), dim=1)[0, 1].cpu().numpy()
        _part(probability, axis, start, stop)[:] = _part(scores, axis, start - low, stop - low)
    return probability * scan.prepared.mask


def _part(array: np.ndarray, axis: int, start: int, stop: int) -> np.ndarray:
    """A view of one stretch along an axis."""
    return array[(slice(None),) * axis + (slice(start, stop),)]


def find_candidates(
    probability: np.ndarray, scan: LabelledScan, threshold: float, largest_mm3: float = LARGEST_CANDIDATE_MM3
) -> CandidateSet:
    """26-connected components above the threshold, with the reference lesions that each overlaps.

    Departure: components larger than ``largest_mm3`` are no candidates. An undecided detector marks the whole
    brain as one component, which by the one-voxel rule finds every lesion without one false positive.
    """
    labels, count = ndi.label(probability > threshold, CONNECTIVITY_26)
    small = np.bincount(labels.ravel()) * np.prod(scan.prepared.voxel_mm) <= largest_mm3
    small[0] = False
    labels = np.where(small, np.cumsum(small, dtype=np.int32), 0)[labels]
    count = int(small.sum())
    index = np.arange(1, count + 1)
    centres = np.array(ndi.center_of_mass(labels > 0, labels, index), float).reshape(-1, 3)
    score = np.asarray(ndi.maximum(probability, labels, index), float).reshape(-1)
    both = np.unique(np.stack([labels, scan.lesions])[:, (labels > 0) & (scan.lesions > 0)], axis=1).T
    hits = [tuple(int(lesion) - 1 for found, lesion in both if found == i) for i in index]
    return CandidateSet(scan.name, labels, centres, score, hits, int(scan.lesions.max(initial=0)))


def candidate_patches(scan: LabelledScan, centres: np.ndarray) -> np.ndarray:
    """Patches (N, 2, 24, 24, 24) around voxel centres."""
    patches = [cut(scan.prepared.channels, centre, DISCRIMINATION_PATCH) for centre in centres]
    shape = (0, 2, *(DISCRIMINATION_PATCH,) * 3)
    return np.stack(patches).astype(np.float32) if patches else np.zeros(shape, np.float32)


@torch.inference_mode()
def discriminate(network: Student | Teacher, patches: np.ndarray, batch: int = 32) -> np.ndarray:
    """Probability of microbleed of each patch."""
    device = next(network.parameters()).device
    network.eval()
    scores = []
    for start in range(0, len(patches), batch):
        out = network(torch.from_numpy(patches[start : start + batch]).to(device))
        logits = out[1] if isinstance(out, tuple) else out
        scores.append(torch.softmax(logits.float(), dim=1)[:, 1].cpu().numpy())
    return np.concatenate(scores) if scores else np.zeros(0, np.float32)


@dataclass(frozen=True)
class CleanUp:
    """Limits of the three rules, applied in the paper's order: distance, size, shape.

    Attributes
    ----------
    shape : {"code", "paper", "none"}
        What is dropped. ``code``: a slice with eccentricity above .4 and solidity below .5. ``paper``:
        1 - minor / major axis of the largest slice above ``ellipticity``.
    skull_mm : float
        Candidates whose centre is nearer to the edge of the brain are dropped; 5 in the paper.
    volume_mm3 : float
        Smaller candidates are dropped; 2.5 in the paper (2 voxels in the code).
    ellipticity : float
        .2 in the paper.
    """

    shape: str
    skull_mm: float = 5.0
    volume_mm3: float = 2.5
    ellipticity: float = 0.2

    def __post_init__(self):
        if self.shape not in ("code", "paper", "none"):
            raise InputError(f"shape: found {self.shape!r}, expected code, paper or none")


def clean_up(candidates: CandidateSet, scan: LabelledScan, rules: CleanUp) -> np.ndarray:
    """Reason for which each candidate is dropped: "skull", "size", "shape", or "" if it stays."""
    depth = ndi.distance_transform_edt(scan.prepared.mask, scan.prepared.voxel_mm)
    voxel_mm3 = float(np.prod(scan.prepared.voxel_mm))
    reasons = np.full(len(candidates.centres), "", dtype=object)
    for i, box in enumerate(ndi.find_objects(candidates.labels)):
        region = candidates.labels[box] == i + 1
        if depth[tuple(np.round(candidates.centres[i]).astype(int))] < rules.skull_mm:
            reasons[i] = "skull"
        elif region.sum() * voxel_mm3 < rules.volume_mm3:
            reasons[i] = "size"
        elif not _round_enough(region, rules):
            reasons[i] = "shape"
    return reasons


def _round_enough(region: np.ndarray, rules: CleanUp) -> bool:
    from skimage.measure import regionprops

    if rules.shape == "none":
        return True
    if rules.shape == "paper":
        widest = region[:, :, region.sum(axis=(0, 1)).argmax()]
        shape = regionprops(widest.astype(np.uint8))[0]
        major = max(shape.axis_major_length, 1.0)
        return 1 - max(shape.axis_minor_length, 1.0) / major <= rules.ellipticity
    planes = [region[:, :, z] for z in range(region.shape[2]) if region[:, :, z].sum() >= 3]
    shapes = [regionprops(plane.astype(np.uint8))[0] for plane in planes]
    return not any(shape.eccentricity > 0.4 and shape.solidity < 0.5 for shape in shapes)


@dataclass
class Networks:
    """The fitted networks of all steps, and how their losses fell.

    Attributes
    ----------
    detector : Detector
    teacher : Teacher
    student_plain, student_distilled : Student
        Without and with the teacher's help.
    history : DataFrame
        ``network``, ``epoch``, ``part``, ``metric``, ``value``.
    """

    detector: Detector
    teacher: Teacher
    student_plain: Student
    student_distilled: Student
    history: pd.DataFrame = field(repr=False)


def first_step(detector: Detector, scan: LabelledScan, threshold: float) -> CandidateSet:
    """Candidates of one scan with the detector's probability, nothing dropped."""
    found = find_candidates(detect(detector, scan), scan, threshold)
    found.scores["detector"] = found.detector_score
    return_free_memory(collect=False)  # every shape of scan leaves blocks that fit no other
    return found


def search(networks: Networks, scan: LabelledScan, threshold: float, rules: CleanUp) -> CandidateSet:
    """Candidates of one scan with the scores of every network and the verdict of the clean-up.

    Parameters
    ----------
    networks : Networks
    scan : LabelledScan
    threshold : float
        Detector probability above which a component is a candidate.
    rules : CleanUp
    """
    candidates = first_step(networks.detector, scan, threshold)
    patches = candidate_patches(scan, candidates.centres)
    for name in DISCRIMINATORS:
        candidates.scores[name] = discriminate(getattr(networks, name), patches).astype(float)
    candidates.dropped = clean_up(candidates, scan, rules)
    return candidates
