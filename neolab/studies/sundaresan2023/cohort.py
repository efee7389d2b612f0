"""Four cohorts shaped like those of Sundaresan et al. 2023: who is scanned how, and who bleeds how often.

Subject, carrier and microbleed counts and the voxel sizes of the first two protocols are those reported for
the paper's data (third-party digest of the article: the abstract does not give them). Other voxel sizes,
echo and repetition times and flip angles are typical of such sequences at 3 T; they, ages and mimic rates are
design values.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.simulate.cohort import CohortPlan, apportion
from neolab.simulate.susceptibility.adult_template import load_template
from neolab.simulate.susceptibility.protocol import GreProtocol
from neolab.simulate.susceptibility.scan import GreScan, scan_adult
from neolab.simulate.susceptibility.subject import AdultSubject

UKB_SWI = GreProtocol("ukb")
OXVASC_GRE = GreProtocol(
    "oxvasc",
    echo_time_ms=15.0,
    repetition_time_ms=504.0,
    flip_angle_deg=20.0,
    voxel_mm=(0.9, 0.8, 5.0),
    sub_slices=5,
    snr=40.0,
    products=("magnitude",),
)
TICH2_SWI = GreProtocol(
    "tich2",
    echo_time_ms=22.0,
    voxel_mm=(0.9, 0.9, 2.5),
    sub_slices=2,
    snr=22.0,
    products=("magnitude", "swi"),
)
SHK_SWI = GreProtocol(
    "shk",
    echo_time_ms=24.0,
    repetition_time_ms=30.0,
    flip_angle_deg=15.0,
    voxel_mm=(0.6, 0.6, 2.0),
    sub_slices=2,
    snr=20.0,
    products=("magnitude", "swi"),
)
PROTOCOLS = {protocol.name: protocol for protocol in (UKB_SWI, OXVASC_GRE, TICH2_SWI, SHK_SWI)}


@dataclass(frozen=True)
class CohortShape:
    """One cohort: published counts and what else is drawn.

    Attributes
    ----------
    protocol : GreProtocol
    subjects, carriers, microbleeds : int
        As published; carriers have at least one microbleed.
    age_years : (mean, SD)
    haematoma_share : float
        Share with an intracerebral haemorrhage.
    """

    protocol: GreProtocol
    subjects: int
    carriers: int
    microbleeds: int
    age_years: tuple[float, float]
    haematoma_share: float = 0.0


COHORTS = {
    "ukb": CohortShape(UKB_SWI, 78, 78, 186, (62, 7)),
    "oxvasc": CohortShape(OXVASC_GRE, 74, 36, 366, (71, 10)),
    "tich2": CohortShape(TICH2_SWI, 115, 71, 849, (68, 11), haematoma_share=1.0),
    "shk": CohortShape(SHK_SWI, 20, 20, 126, (70, 9)),
}
PUBLISHED_SUBJECTS = sum(shape.subjects for shape in COHORTS.values())
# Below the published size half of the people go to the cohort that everything is trained on.
SMALL_SHARES = {"ukb": 0.5, "oxvasc": 0.2, "tich2": 0.2, "shk": 0.1}
# Few people have many: the weights of a gamma distribution of this shape give the usual long tail.
TAIL_SHAPE = 0.7

DESCRIPTIONS = {
    "cohort": {
        "Description": "Which of the paper's data sets this one is shaped like",
        "Levels": {
            "ukb": "SWI and QSM of the same people",
            "oxvasc": "T2*-weighted gradient echo, thick slices",
            "tich2": "SWI, intracerebral haemorrhage",
            "shk": "SWI at higher resolution",
        },
    },
    "sex": {"Description": "Sex", "Levels": {"male": "male", "female": "female"}},
    "age_years": {"Description": "Age at the scan", "Units": "year"},
    "microbleeds": {
        "Description": "Whether there is at least one microbleed",
        "Levels": {"yes": "one or more", "no": "none"},
    },
}
COLUMNS = {"label": "microbleeds", "positive": ["yes"], "negative": ["no"], "age": "age_years", "sex": "sex"}
VISIBLE_COLUMNS = ("cohort", "sex", "age_years", "microbleeds")


def cohort_table(n: int = PUBLISHED_SUBJECTS, seed: int = 0) -> pd.DataFrame:
    """Draw everybody: one row each, no image.

    Parameters
    ----------
    n : int
        People in all four cohorts, at least 8. At the published 287 every count is the published one; below
        it half are shaped like the UK Biobank, and rates per person stay as published.
    seed : int

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id``, ``cohort``, ``sex``, ``age_years``, ``microbleeds`` and the
        latents ``n_microbleeds``, ``n_calcifications``, ``haematoma``.
    """
    if n < 8:
        raise InputError(f"n: found {n}, expected at least 8 people, two in each of four cohorts")
    rng = np.random.default_rng(np.random.SeedSequence([seed, n, 1204186]))
    tables = [_one_cohort(rng, name, size) for name, size in cohort_sizes(n).items()]
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "participant_id", [f"SYN{i + 1:04d}" for i in range(len(table))])
    table.insert(1, "session_id", "01")
    return table


def cohort_sizes(n: int) -> dict[str, int]:
    """People in each cohort, at least two, summing to ``n``."""
    if n >= PUBLISHED_SUBJECTS:
        return apportion(n, {name: shape.subjects for name, shape in COHORTS.items()})
    return {name: 2 + more for name, more in apportion(n - 8, SMALL_SHARES).items()}


def _one_cohort(rng, name: str, size: int) -> pd.DataFrame:
    shape = COHORTS[name]
    # Two at least, so that a fold can be left out.
    carriers = int(np.clip(round(size * shape.carriers / shape.subjects), min(2, size), size))
    total = max(carriers, round(size * shape.microbleeds / shape.subjects))
    counts = np.zeros(size, int)
    counts[:carriers] = spread_counts(rng, total, carriers)
    rng.shuffle(counts)
    return pd.DataFrame(
        {
            "cohort": name,
            "sex": rng.choice(["female", "male"], size),
            "age_years": np.clip(rng.normal(*shape.age_years, size), 40, 92).round(1),
            "microbleeds": np.where(counts > 0, "yes", "no"),
            "n_microbleeds": counts,
            "n_calcifications": rng.poisson(0.8, size),
            "haematoma": rng.random(size) < shape.haematoma_share,
        }
    )


def spread_counts(rng, total: int, carriers: int) -> np.ndarray:
    """``total`` microbleeds over ``carriers`` people, at least one each, with a long tail."""
    weights = rng.gamma(TAIL_SHAPE, size=carriers)
    return 1 + rng.multinomial(total - carriers, weights / weights.sum())


def subjects(table: pd.DataFrame, seed: int) -> list[AdultSubject]:
    """Latents of every row, ready for the simulator."""
    return [
        AdultSubject(
            row.participant_id,
            seed,
            float(row.age_years),
            row.sex,
            int(row.n_microbleeds),
            int(row.n_calcifications),
            bool(row.haematoma),
        )
        for row in table.itertuples()
    ]


# Range of scanner z in mm that each profile renders: the whole head is only for the paper's sizes. All of a
# person's microbleeds lie in the range, so a thin range is a denser one.
SLAB_MM = {"smoke": (0.0, 24.0), "teach": (-6.0, 36.0), "paper": None}

# Heads in work at a time: a whole one takes 1.5 GB.
AT_A_TIME = 2


def plan(n: int = PUBLISHED_SUBJECTS, seed: int = 0, profile: str = "teach") -> CohortPlan:
    """Draw the four cohorts; see `cohort_table`."""
    table = cohort_table(n, seed)
    people = list(zip(subjects(table, seed), table["cohort"], strict=True))

    def scan(writer, row: int) -> pd.DataFrame:
        subject, cohort = people[row]
        done = scan_adult(subject, COHORTS[cohort].protocol, SLAB_MM[profile])
        _write(writer, subject.participant_id, cohort, done)
        return done.bodies.assign(participant_id=subject.participant_id, session_id="01")

    return CohortPlan(
        table,
        scan,
        participant_columns=VISIBLE_COLUMNS,
        session_columns=(),
        descriptions=DESCRIPTIONS,
        columns=COLUMNS,
        protocol={name: asdict(shape.protocol) for name, shape in COHORTS.items()},
        at_a_time=AT_A_TIME,
        release=load_template.cache_clear,  # 150 MB that only another simulation would ask for
    )


def _write(writer, participant_id: str, cohort: str, scan: GreScan) -> None:
    images = {"magnitude": scan.magnitude, "phase": scan.phase, "swi": scan.swi, "qsm": scan.qsm_ppm}
    for kind in COHORTS[cohort].protocol.products:
        writer.image(participant_id, "01", kind, images[kind], scan.affine, scan.sidecar)
    writer.mask(participant_id, "01", "brain", scan.brain_mask, scan.affine)
    writer.mask(participant_id, "01", "microbleed", scan.lesion_labels, scan.affine)
    writer.mask(participant_id, "01", "vein", scan.vein_mask, scan.affine)
