"""Simulated infants made to order: one infant at many ages, and one brain with more or less myelin.

In a simulation myelin and anatomy can be moved one at a time, which no cohort allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neolab.io.volume import Volume
from neolab.machine import one_job_a_core, one_thread_each, return_free_memory
from neolab.simulate.acquisition import acquire, render_for, scan_labels
from neolab.simulate.protocols import Protocol
from neolab.simulate.subject import TERM_WEEKS, WEEKS_PER_MONTH, Subject
from neolab.simulate.tissues import INTRACRANIAL, TISSUES
from neolab.studies.wada2019 import cohort as wada2019
from neolab.studies.wada2019.attribution import myelin_front
from neolab.studies.wada2019.data import ScanPair
from neolab.studies.wada2019.network import IMAGE_SIZE


@dataclass(frozen=True)
class Phantom:
    """One scan of a made-to-order infant.

    Attributes
    ----------
    months : float
        Corrected age: decides size, folding and water.
    myelin_months : float
        Age of its myelin.
    levels : dict
        Level -> axial slice of the volume.
    slices : ndarray of float32, (2 contrasts, 5 levels, X, Y)
        Signal at the levels.
    pictures : ndarray of float32, (2, 5, S, S)
        What the network sees.
    pixel_mm : float
        Of ``slices``.
    """

    months: float
    myelin_months: float
    levels: dict[str, int]
    slices: np.ndarray
    pictures: np.ndarray
    pixel_mm: float


def infant(months: float, seed: int = 0) -> Subject:
    """The same infant at any age from -1.7 to 24 months: average brain volume, myelin on time.

    Parameters
    ----------
    months : float
        Corrected age.
    seed : int
        Another seed is another infant. It is in no cohort.
    """
    weeks = TERM_WEEKS + WEEKS_PER_MONTH * months
    return Subject("SYN9001", "01", seed, weeks, "female", brain_volume_z=0.0)


def protocols(in_plane_mm: float | None = None) -> tuple[Protocol, Protocol]:
    """T1 and T2 protocol of the 3 T scanner, as the cohort has them or at another resolution in plane."""
    pair = wada2019.PROTOCOLS[3.0]
    if in_plane_mm is None:
        return pair
    return tuple(
        replace(
            protocol,
            in_plane_mm=in_plane_mm,
            reconstructed_mm=in_plane_mm / 2,
            render_mm=(in_plane_mm, in_plane_mm, protocol.render_mm[2]),
        )
        for protocol in pair
    )


def scan_pairs(
    subject: Subject,
    myelin_months: Sequence[float] | None = None,
    series: tuple[Protocol, Protocol] | None = None,
) -> Iterator[ScanPair]:
    """Scan one infant with its myelin at each of several ages and everything else, noise included, the same.

    One age after the other: a pair of volumes is tens of megabytes.

    Parameters
    ----------
    subject : Subject
    myelin_months : sequence of float, optional
        Ages of the myelin; by default that of the subject.
    series : (T1 Protocol, T2 Protocol), optional
    """
    series = series or protocols()
    # The last bit of a product of matrices depends on the number of threads.
    with one_thread_each():
        # Both series ask for the same voxels: one rendering serves them.
        anatomy = render_for(subject, series[0])
        labels = scan_labels(anatomy, series[0])
    brain = np.isin(labels, [TISSUES[name] for name in INTRACRANIAL])
    for age in _myelin_ages(subject, myelin_months):
        person = replace(subject, myelin_age_offset_months=age - subject.months_from_term)
        myelinated = replace(anatomy, head=replace(anatomy.head, subject=person))
        with one_thread_each():
            scans = [acquire(myelinated, protocol) for protocol in series]
        voxel_mm = Volume(labels, scans[0].affine).voxel_mm
        yield ScanPair(tuple(s.image for s in scans), brain, voxel_mm, labels, TISSUES)


def scan(
    subject: Subject,
    myelin_months: Sequence[float] | None = None,
    image_size: int = IMAGE_SIZE,
    series: tuple[Protocol, Protocol] | None = None,
) -> list[Phantom]:
    """Keep of `scan_pairs` the five levels and what the network sees of them."""
    found = []
    ages = _myelin_ages(subject, myelin_months)
    for age, pair in zip(ages, scan_pairs(subject, ages, series), strict=True):
        levels = pair.levels()
        cut, seen = pair.slices(levels), pair.pictures(levels, image_size)
        found.append(Phantom(subject.months_from_term, age, levels, cut, seen, pair.voxel_mm[0]))
    return found


def _myelin_ages(subject: Subject, myelin_months: Sequence[float] | None) -> list[float]:
    own = subject.months_from_term + subject.myelin_age_offset_months
    return [own] if myelin_months is None else [float(age) for age in myelin_months]


def pictures(scans: Iterable[Phantom]) -> np.ndarray:
    """What the network sees of several scans, (n, 2, 5, S, S)."""
    return np.stack([scan.pictures for scan in scans])


def scan_all(
    orders: Iterable[tuple[Subject, Sequence[float] | None]],
    image_size: int = IMAGE_SIZE,
    series: tuple[Protocol, Protocol] | None = None,
) -> list[list[Phantom]]:
    """`scan` for several subjects, one a core; result i belongs to order i."""

    def one(order):
        found = scan(*order, image_size, series)
        return_free_memory()
        return found

    with one_job_a_core() as pool:
        return list(pool.map(one, orders))


def growing_infant(
    months: Sequence[float],
    image_size: int = IMAGE_SIZE,
    series: tuple[Protocol, Protocol] | None = None,
    seed: int = 0,
) -> list[Phantom]:
    """One infant at several ages, its myelin on time."""
    return [found[0] for found in scan_all([(infant(m, seed), None) for m in months], image_size, series)]


def fronts(months: Sequence[float], image_size: int = IMAGE_SIZE, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Pictures of one infant at several ages, and their change with a month of myelin and nothing else.

    Returns
    -------
    pictures, fronts : ndarray, (n, 2, 5, S, S)
        See `neolab.studies.wada2019.attribution.myelin_front`.
    """
    orders = [(infant(month, seed), [month - 1, month, month + 1]) for month in months]
    before, now, after = zip(*scan_all(orders, image_size), strict=True)
    return pictures(now), myelin_front(pictures(before), pictures(after), 2)


def moved_apart(
    months: Sequence[float], fixed: float, image_size: int = IMAGE_SIZE, seed: int = 0
) -> dict[str, tuple[np.ndarray, list[Phantom]]]:
    """One infant whose brain and myelin age together, and one at a time.

    Parameters
    ----------
    months : sequence of float
        Ages of the brain.
    fixed : float
        Age at which the other one is held, months.
    image_size, seed : int

    Returns
    -------
    dict of str to (months, scans)
        What is moved -> its ages and its scans: first both, then the myelin, then the brain.
    """
    ages = np.linspace(2, 22, 6)
    orders = [(infant(fixed, seed), ages)]  # the longest first
    orders += [(infant(month, seed), [month, fixed]) for month in months]
    myelin_moved, *pairs = scan_all(orders, image_size)
    return {
        "brain and myelin together": (np.asarray(months), [pair[0] for pair in pairs]),
        f"myelin only, brain of {fixed:.0f} months": (ages, myelin_moved),
        f"brain only, myelin of {fixed:.0f} months": (np.asarray(months), [pair[1] for pair in pairs]),
    }
