"""Every cell of every study's notebook on folders that lack things.

A row is a folder as people have it, and what must become of it: sections are skipped with their sentence, the
rest runs; or the whole run is refused with one sentence before anything is learnt. No cell may raise anything
else, leave a name undefined, or say a number that is none.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import folders
import matplotlib
import numpy as np
import pandas as pd
import pytest
from cells import Told, run_cells

from neolab.simulate.lesions import examples
from neolab.studies.wu2021 import ratios

pytestmark = pytest.mark.notebook

#: The smallest sizes; what is looked at here does not depend on them.
SMALL = {
    "wu2021": {"epochs": 1, "n_folds": 2, "image_size": 32, "n_bootstrap": 100},
    "raad2023": {"epochs": 1, "models": "std_16x16", "channels": 2, "n_components": 2, "n_bootstrap": 100},
    "wada2019": {"epochs": 1, "n_folds": 2, "n_seeds": 2, "n_ages": 4, "n_bootstrap": 100},
    "sundaresan2023": {
        "epochs": 1,
        "discriminator_epochs": 1,
        "detector_patches": 8,
        "discriminator_patches": 8,
        "detector_patch": 16,
        "batch_size": 4,
        "n_bootstrap": 100,
    },
    "gloresnet2026": {
        "epochs": 1,
        "width": 0.0625,
        "n_seeds": 1,
        "ablations": "short",
        "n_bootstrap": 100,
        "sheet_voxel_mm": 2.0,
    },
}
WEEKS = list(np.linspace(38, 138, 10))
#: dHCP radiology scores: some children came twice, one scan was of poor quality.
SCORES = [
    ["1", "3"],
    ["3", "5"],
    ["1"],
    ["Q", "5"],
    ["2", "1"],
    ["1"],
    ["1"],
    ["4"],
    ["1"],
    ["5"],
    ["1"],
    ["1"],
]

NO_GROUPS = "column of diagnoses with 2 newborns of each group (ABE, HB)"
NO_NUCLEI = "label map with white matter and globus pallidus of every scan"
NO_AGES = "column corrected_age_months or postmenstrual_age_weeks"
NO_RANGES = "set of infants of 5 ages, with both ranges of model B in every fold"
NO_BLEEDS = "main cohort with microbleeds in 4 people, enough for 2 folds"
SIMULATED_INFANTS = dict.fromkeys(
    ("Figure 1", "Attribution", "Myelin or anatomy", "Age slider", "Delayed infants"), "simulated infants"
)
REAL_RAAD = {
    "What the abnormal scans have": "table of findings",
    "Localisation": "map of lesions",
    "Real pathology": "templates (parameter template_path)",
}
REAL_PRETERM = {
    "Findings of the cohort": "lesion masks",
    "Grad-CAM": "lesion and brain masks",
    "Error analysis": "lesion masks",
    "Motion": "record of motion",
}


@dataclass(frozen=True)
class Row:
    """A folder, and what must become of it.

    Attributes
    ----------
    name : str
    study : str
    make : callable
        Writes the folder.
    skips : dict
        Section -> what the folder lacks for it; these must be skipped, and others may.
    only : bool
        No other section may be skipped.
    refused : str
        Part of the sentence with which the run is refused.
    has, lacks : tuple of str
        Beginnings of names of results and figures that must, and must not, be there.
    """

    name: str
    study: str
    make: Callable[[Path], Path]
    skips: dict[str, str] | None = None
    only: bool = False
    refused: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def row(name, study, make, *args, skips=None, only=False, refused="", has=(), lacks=(), **options):
    """A `Row` whose folder is written by ``make(path, *args, **options)``."""
    return Row(name, study, lambda root: make(root, *args, **options), skips, only, refused, has, lacks)


TWO = ["HB", "ABE"] * 4
ROWS = [
    row(
        "diagnoses and labels",
        "wu2021",
        folders.jaundice,
        TWO,
        skips=dict.fromkeys(
            ("Visual inspection", "Measured against true", "One cohort is one draw"), "simulated contrast"
        ),
        only=True,
        has=("table1", "gpnorm.cv.accuracy", "stnnorm.auc", "resnet18.patient", "compare."),
    ),
    row(
        "no labels",
        "wu2021",
        folders.jaundice,
        TWO,
        labels=False,
        skips={
            "Figure 3": NO_NUCLEI,
            "GP/WM ratio": NO_NUCLEI,
            "Cut-off": NO_NUCLEI,
            "Paired comparison": NO_NUCLEI,
        },
        has=(
            "table1",
            "resnet18.slice.accuracy",
            "resnet18.patient.auc_by_newborn",
            "figure5a_training",
            "figure6_misread",
            "figure4_comparison",
        ),
        lacks=("gpnorm", "visual", "compare"),
    ),
    row(
        "no groups",
        "wu2021",
        folders.jaundice,
        [None] * 5,
        skips={
            "Table 1": f"{NO_GROUPS} and no column of sex, age, weight or blood values",
            "Cut-off": NO_GROUPS,
        },
        has=("gpnorm.mean", "gpnorm.rater_sd"),
        lacks=("table1", "resnet18", "compare", "baseline"),
    ),
    row(
        "one class",
        "wu2021",
        folders.jaundice,
        ["HB"] * 6,
        skips={"Figure 3": NO_GROUPS, "Cut-off": NO_GROUPS},
        has=("gpnorm.mean",),
        lacks=("table1", "gpnorm.auc", "resnet18", "compare", "baseline"),
    ),
    row(
        "one with the disease",
        "wu2021",
        folders.jaundice,
        ["HB", "ABE", "HB", "HB"],
        skips={"Group comparison": NO_GROUPS},
        has=("gpnorm.mean",),
        lacks=("gpnorm.auc", "resnet18"),
    ),
    row(
        "diagnoses of two newborns and nothing else",
        "wu2021",
        folders.jaundice,
        ["ABE", "HB"],
        labels=False,
        columns=False,
        skips={
            "Table 1": f"{NO_GROUPS} and no column of sex, age, weight or blood values",
            "GP/WM ratio": NO_NUCLEI,
            "ResNet18": f"{NO_GROUPS} and no set of 2 newborns in each group, one a fold",
            "Visual inspection": f"{NO_GROUPS} and no {NO_NUCLEI} and no simulated contrast",
        },
        lacks=("table1", "gpnorm", "resnet18", "visual", "compare", "baseline"),
    ),
    row(
        "five newborns",
        "wu2021",
        folders.jaundice,
        ["HB", "ABE", "HB", "ABE", "HB"],
        has=("gpnorm.auc", "resnet18.slice", "compare"),
    ),
    row(
        "some without diagnosis, no subthalamic nucleus, nothing known of them",
        "wu2021",
        folders.jaundice,
        ["HB", "ABE", None, "ABE", "HB", "ABE"],
        stn=False,
        columns=False,
        skips={"Table 1": "column of sex, age, weight or blood values"},
        has=("gpnorm.auc",),
        lacks=("stnnorm", "table1"),
    ),
    row(
        "dHCP release 2",
        "raad2023",
        folders.dhcp,
        SCORES,
        release=2,
        skips=REAL_RAAD,
        only=True,
        has=("preprocessing.extraction_dice", "std_16x16.auc.fair", "zscore.auc"),
    ),
    row(
        "dHCP release 3, no labels",
        "raad2023",
        folders.dhcp,
        SCORES,
        dseg=False,
        skips=REAL_RAAD,
        only=True,
        has=("std_16x16.auc.fair",),
    ),
    row(
        "dHCP, no masks, the fewest newborns",
        "raad2023",
        folders.dhcp,
        [["1"]] * 4 + [["5"]] * 2,
        masks=False,
        dseg=False,
        skips=REAL_RAAD,
        only=True,
        has=("std_16x16.auc.fair",),
        lacks=("preprocessing.extraction_dice",),
    ),
    row(
        "dHCP, no score",
        "raad2023",
        folders.dhcp,
        SCORES,
        scored=False,
        refused="found no column radiology_score",
    ),
    row("one class", "raad2023", folders.dhcp, [["1"]] * 8, refused="found fewer than 2 scans for test"),
    row(
        "only abnormal",
        "raad2023",
        folders.dhcp,
        [["5"]] * 6,
        refused="found fewer than 2 scans for train and validation",
    ),
    row(
        "five newborns",
        "raad2023",
        folders.dhcp,
        [["1"], ["1"], ["1"], ["5"], ["5"]],
        refused="found fewer than 2 scans for train",
    ),
    row(
        "dHCP release 2",
        "gloresnet2026",
        folders.dhcp,
        SCORES,
        release=2,
        skips=REAL_PRETERM,
        only=True,
        has=("table1", "baseline.volumes_and_age.auc", "errors.sensitivity.score3"),
        lacks=("gradcam", "errors.motion"),
    ),
    row(
        "dHCP release 3, no labels and no masks",
        "gloresnet2026",
        folders.dhcp,
        SCORES,
        dseg=False,
        masks=False,
        skips=REAL_PRETERM,
        only=True,
        has=("table1", "baseline.mean_intensity.auc"),
        lacks=("baseline.volumes",),
    ),
    row(
        "dHCP, no score",
        "gloresnet2026",
        folders.dhcp,
        SCORES,
        scored=False,
        refused="found no column radiology_score",
    ),
    row(
        "one class",
        "gloresnet2026",
        folders.dhcp,
        [["1"], ["2"]] * 4,
        refused="found 0 infants in the smaller group",
    ),
    row(
        "five infants",
        "gloresnet2026",
        folders.dhcp,
        [["1"], ["3"], ["1"], ["5"], ["5"]],
        skips=REAL_PRETERM,
        has=("gloresnet.clean.auc",),
    ),
    row(
        "both contrasts, ages and masks",
        "wada2019",
        folders.myelin,
        WEEKS,
        skips=SIMULATED_INFANTS
        | {
            "Field strength": "column field_strength_tesla with two field strengths",
            "Residuals explained": "simulated myelin ages",
            "Levels without labels": "tissue labels",
        },
        only=True,
        has=(
            "simple.cv.mae_seed_sd",
            "ensemble.cv.mae",
            "compare.ensemble_minus_simple_mae",
            "baseline.brain_volume.mae",
            "size.matched_spearman",
            "delay.flagged_normal_share",
            "ages",
            "levels",
            "figure4_scatter",
            "baselines",
        ),
    ),
    row(
        "one field strength",
        "wada2019",
        folders.myelin,
        WEEKS,
        tesla=(3.0,),
        skips={"Field strength": "column field_strength_tesla with two field strengths"},
        lacks=("simple.cv.mae_3t",),
    ),
    row(
        "two field strengths",
        "wada2019",
        folders.myelin,
        WEEKS,
        tesla=(3.0, 1.5),
        skips=SIMULATED_INFANTS,
        has=("simple.cv.mae_3t", "ensemble.cv.bias_1p5t"),
    ),
    row("one contrast", "wada2019", folders.myelin, WEEKS, contrasts=("T1w",), refused="found no T2w"),
    row(
        "no masks and no labels",
        "wada2019",
        folders.myelin,
        WEEKS,
        masks=False,
        skips={"Five levels": "label map or brain mask", "Training": "label map or brain mask"},
        has=("network", "cohort.n"),
        lacks=("simple", "baseline", "delay"),
    ),
    row(
        "images and nothing else",
        "wada2019",
        folders.myelin,
        WEEKS,
        aged=False,
        masks=False,
        skips={"Training": f"{NO_AGES} and no label map or brain mask and no {NO_RANGES}"},
        has=("network",),
        lacks=("cohort", "simple", "baseline", "delay"),
    ),
    row(
        "no ages",
        "wada2019",
        folders.myelin,
        WEEKS,
        aged=False,
        skips={"Ages": NO_AGES, "Training": f"{NO_AGES} and no {NO_RANGES}"},
        has=("network",),
        lacks=("cohort", "simple"),
    ),
    row("five infants", "wada2019", folders.myelin, WEEKS[::2], has=("simple.cv.mae", "delay.")),
    row(
        "newborns only",
        "wada2019",
        folders.myelin,
        [38, 40, 41, 42, 44, 46, 48, 50],
        skips={"Training": NO_RANGES, "Delay flag": NO_RANGES},
        lacks=("simple", "baseline"),
    ),
    row(
        "one older infant",
        "wada2019",
        folders.myelin,
        [38, 40, 41, 42, 44, 46, 48, 130],
        skips={"Training": NO_RANGES},
        lacks=("simple",),
    ),
    row(
        "all of one age",
        "wada2019",
        folders.myelin,
        [90] * 8,
        skips={"Training": NO_RANGES},
        lacks=("simple",),
    ),
    row(
        "VALDO",
        "sundaresan2023",
        folders.valdo,
        [2, 1, 0, 3, 0, 2],
        skips={"Errors by cause": "ground-truth table of lesions"},
        only=True,
        has=("ablation", "baseline", "ukb_swi.cv"),
    ),
    row(
        "SHK",
        "sundaresan2023",
        folders.shk,
        [2, 1, 0, 3, 0, 2],
        skips={"Errors by cause": "ground-truth table of lesions"},
        only=True,
        has=("ablation.cleaned",),
    ),
    row(
        "two data sets with capitals and spaces",
        "sundaresan2023",
        folders.valdo,
        [2, 1, 2, 0, 1, 2, 1, 0, 1],
        cohorts=["Site A", "site-a"],
        has=("transfer.site_a_2", "transfer.lowest_sensitivity"),
    ),
    row(
        "the paper's names in capitals, some without microbleeds",
        "sundaresan2023",
        folders.valdo,
        [2, 1, None, 2, 2, None, 1, 1, None, 1, 1, None],
        cohorts=["UKB", "OXVASC", "Köln"],
        required=False,
        has=("oxvasc_gre.cv", "transfer.oxvasc", "transfer.koln.false_positives"),
    ),
    row(
        "no reference",
        "sundaresan2023",
        folders.valdo,
        [None] * 5,
        required=False,
        skips={
            "One scan in every contrast": "main cohort with microbleeds",
            "Training and everything after it": NO_BLEEDS,
        },
        lacks=("ablation", "ukb_swi"),
    ),
    row(
        "five people, three with microbleeds",
        "sundaresan2023",
        folders.valdo,
        [2, 1, 0, 3, 0],
        skips={"Training and everything after it": NO_BLEEDS},
        has=("physics",),
        lacks=("ablation",),
    ),
    row(
        "skull and no masks",
        "sundaresan2023",
        folders.shk,
        [1, 1, 1, 1],
        brains=False,
        refused="found no brain mask and an image with its skull",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def what_rows_share(tmp_path_factory):
    """A cache of their own, one sheet of simulated lesions, and few deals of folds: they take longest."""
    matplotlib.use("Agg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEOLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(examples, "render_examples", functools.cache(examples.render_examples))
        patch.setattr(ratios, "cutoff_gains", functools.partial(ratios.cutoff_gains, deals=5))
        yield


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.study}: {row.name}")
def test_a_folder_that_lacks_things_is_read_as_far_as_it_goes(row, tmp_path):
    given = {"profile": "smoke", "data": str(row.make(tmp_path / "Scans of Zoë, 3 T")), **SMALL[row.study]}
    told = run_cells(row.study, given, tmp_path / "run")
    assert not told.faults, "\n\n".join(told.faults)
    if row.refused:
        assert row.refused in told.refused
        assert told.learnt == 0 and not told.results
        return
    assert not told.refused
    assert told.results["result_class"] == "real"
    assert told.skipped.items() >= (row.skips or {}).items()
    assert not row.only or set(told.skipped) == set(row.skips)
    names = [*told.metrics, *told.results["figures"]]
    assert [start for start in row.has if not any(name.startswith(start) for name in names)] == []
    assert [name for name in names if name.startswith(row.lacks or "\0")] == []
    assert_undefined_results_are_named(told)
    if (tmp_path / "run" / "predictions.csv").is_file():
        predictions = pd.read_csv(tmp_path / "run" / "predictions.csv")
        # A folder without sessions has none to name; a network of one epoch may find nothing at all.
        assert (
            predictions.empty or predictions.drop(columns="session_id", errors="ignore").notna().any().all()
        )


def assert_undefined_results_are_named(told: Told) -> None:
    undefined = [name for name, record in told.metrics.items() if record["value"] is None]
    sentence = next((text for text in told.limitations if text.startswith("Not defined")), "")
    assert bool(undefined) == bool(sentence)
    assert all(name in sentence for name in undefined[:10])


def test_every_study_has_a_folder_that_goes_through_and_one_that_does_not():
    for study in SMALL:
        own = [row for row in ROWS if row.study == study]
        assert any(row.has and not row.refused for row in own)
        assert any(row.refused or row.lacks for row in own)


def test_section_gates_are_those_of_a_kernel(tmp_path):
    """The same folder through `neolab run`: the same sections, and the same results."""
    from neolab.run.runner import execute, plan_run

    folder = folders.myelin(tmp_path / "hospital", WEEKS, masks=False)
    given = {"profile": "smoke", "seed": 0, "data": str(folder), **SMALL["wada2019"]}
    run = execute(plan_run("wada2019", given, runs=tmp_path / "runs"))
    here = run_cells("wada2019", given, tmp_path / "here")
    assert here.results == json.loads((run / "results.json").read_text())


def test_a_study_runs_on_the_cohort_of_a_seed_that_nobody_chose(tmp_path):
    """Another study and another seed every day; ``benchmarks/seeds.py`` tries many."""
    today = date.today().toordinal()
    study, seed = sorted(SMALL)[today % len(SMALL)], today
    told = run_cells(study, {"profile": "smoke", "seed": seed}, tmp_path)
    assert not told.faults and not told.refused, f"{study}, seed {seed}: {told.refused}\n" + "\n".join(
        told.faults
    )
    assert told.results["seed"] == seed
    assert_undefined_results_are_named(told)
