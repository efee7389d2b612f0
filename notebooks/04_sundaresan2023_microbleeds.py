# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Small, round and dark: finding cerebral microbleeds in three steps
#
# This lesson follows Sundaresan and colleagues, *Frontiers in Neuroinformatics* 2023;17:1204186
# ([doi:10.3389/fninf.2023.1204186](https://doi.org/10.3389/fninf.2023.1204186)).
#
# A **cerebral microbleed** is a speck of old blood, a millimetre or two of haemosiderin left by a leaking
# small vessel. Haemosiderin is strongly paramagnetic: it bends the magnetic field around it, and a gradient-echo
# image shows a round black dot much larger than the speck. So does a vein cut across. So does a speck of
# calcium. A radiologist tells them apart with patience; the paper asks whether a network can, in any of three
# kinds of image, with a network small enough to be practical.
#
# Its answer has three steps: a **detector** that misses little and is wrong often, a **student** network that
# weeds out what is no microbleed and was taught by a larger **teacher**, and a **clean-up** by anatomy.
#
# **What is known of the paper here.** Only its *abstract* was at hand. Layer tables and training details come
# from the authors' *public code*; counts, thresholds and result tables from a *digest of the article by
# others*. Where code and digest disagree, both are parameters of this notebook.
#
# **What this lesson is not for.** The scans are simulated from physics unless you give a folder of your own.
# Nothing is fitted to the paper's accuracies, and no number here says anything about patients.

# %% tags=["parameters"]
profile = "teach"  # smoke: seconds, for tests; teach: minutes; paper: the paper's own sizes
data = None  # a BIDS folder of real scans; None simulates four cohorts
seed = 0
n_subjects = None  # None: the profile's value, here and below
width = None
n_folds = None
n_seeds = None
epochs = None
discriminator_epochs = None
detector_patch = None
detector_patches = None
discriminator_patches = None
validation_share = None
batch_size = None
learning_rate = None
epsilon = None
schedule = None
initialisation = None
contrast_augmentation = None
noise_variance = None
bias = None
vessels = None
detector_threshold = None
ablation_detector_threshold = None
student_threshold = None
plain_student_threshold = None
alpha = None
alpha_on = None  # "labels" as in the paper, "teacher" as in its code
temperature = None
scale_by_temperature = None
clean_up_shape = None
n_bootstrap = None

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("sundaresan2023", globals())
run

# %% [markdown]
# ## Four cohorts
#
# The paper used four data sets. Ours have their shape: who is scanned how, how many people carry microbleeds,
# and how many they carry. The base is the adult MNI152 brain, deformed anew for everyone, aged, and threaded
# with veins.

# %%
cohort = run.cohort()
table = cohort.table
if "cohort" not in table:
    table = table.assign(cohort="data")
main = "ukb" if (table.cohort == "ukb").any() else table.cohort.iloc[0]
simulated = "latent_n_microbleeds" in table
overview = table.groupby("cohort", sort=False).agg(people=("participant_id", "nunique"))
if simulated:
    overview["with microbleeds"] = table.groupby("cohort").latent_n_microbleeds.agg(lambda n: (n > 0).sum())
    overview["microbleeds"] = table.groupby("cohort").latent_n_microbleeds.sum()
overview

# %% [markdown]
# The published counts (digest): UK Biobank SWI and QSM, 78 people and 186 microbleeds; OXVASC T2\*-GRE, 74
# people, 36 of them with 366; TICH2 SWI after intracerebral haemorrhage, 115 people, 71 with 849; SHK SWI at
# higher resolution, 20 people with 126. Small profiles draw fewer people at the same rates, and render only a
# slab of the head; all of a person's microbleeds lie in the slab.

# %%
if simulated and run.params.profile != "paper":
    run.limitation("Only a slab of each head is rendered, so there is less brain in which to be wrong.")

# %% [markdown]
# ## What a gradient echo sees
#
# Iron changes the field, the field changes the phase, and phases that point in different directions cancel.
# That is all of it. The simulation goes the same way: susceptibility map, field by Fourier transform, complex
# signal, average over the thick slice.

# %%
pictures = {"main cohort with microbleeds": "label" not in table or (table.label == 1).any()}
section(run, "One scan in every contrast", pictures)

# %%
from neolab.simulate.susceptibility.swi import homodyne_phase, minimum_intensity_projection
from neolab.studies.sundaresan2023.scans import brain_mask, main_kind, reference_mask

rows = table[table.cohort == main]
sizes = [reference_mask(cohort, r, cohort.image(r, main_kind(cohort, r))).sum() for _, r in rows.iterrows()]
example = rows.iloc[int(np.argmax(sizes))]
kinds = [k for k in ("magnitude", "phase", "swi", "qsm", "T2starw") if k in cohort.kinds and example[k]]
volumes = {kind: cohort.image(example, kind).get_fdata(dtype=np.float32) for kind in kinds}
voxel_mm = [float(v) for v in cohort.image(example, kinds[0]).header.get_zooms()[:3]]
brain = brain_mask(cohort, example, cohort.image(example, main_kind(cohort, example)))

# %%
from neolab.studies.sundaresan2023.figures import contrast_panel

titles = {"magnitude": "magnitude", "T2starw": "T2*-weighted", "swi": "SWI", "qsm": "QSM"}
shown = {titles[kind]: volumes[kind] for kind in titles if kind in volumes}
if {"magnitude", "phase"} <= set(volumes):
    image = volumes["magnitude"] * np.exp(1j * volumes["phase"])
    shown["phase, high-pass"] = homodyne_phase(image, voxel_mm) * brain
if "swi" in volumes:
    shown["SWI, darkest of 5 slices"] = minimum_intensity_projection(volumes["swi"], 5, brain)
reference = reference_mask(cohort, example, cohort.image(example, kinds[0]))
z = int(reference.sum(axis=(0, 1)).argmax())
figure1 = contrast_panel(shown, z, voxel_mm)
run.figure(figure1, "contrasts", caption="One slice of one person in every contrast")

# %% [markdown]
# Find the microbleed first; then look at the same place in the other images. On **SWI** and magnitude it is a
# black disc. Its **phase** is a dipole, so it changes sign with the slice. On **QSM** it is white, because the
# dipole has been undone: a black spot there is calcium, whatever it looks like on SWI. The projection over five
# slices shows what a single slice hides: lines are veins. Windows: phase −1 to 1 rad, QSM −0.1 to 0.2 ppm.
#
# ### Blooming
#
# How black and how large the dot is depends on the scanner as much as on the bleed. Liu and colleagues
# (*Radiology* 2012;262:269) measured 40 microbleeds in 10 patients: from 20 to 40 ms echo time their volume
# grew 2.3-fold on T2\*-weighted images and 1.5-fold on QSM, while the *total susceptibility* stayed the same.

# %%
from neolab.simulate.susceptibility.demonstration import blooming_table

blooming = blooming_table(echo_times_ms=(10, 20, 40))
run.metric(
    "physics.blooming_magnitude",
    float(blooming.loc[40, "dark on magnitude"] / blooming.loc[20, "dark on magnitude"]),
)
run.metric("physics.blooming_swi", float(blooming.loc[40, "dark on SWI"] / blooming.loc[20, "dark on SWI"]))
run.metric(
    "physics.total_susceptibility_ratio",
    float(blooming.loc[40, "total susceptibility"] / blooming.loc[20, "total susceptibility"]),
)
run.table(
    blooming,
    "blooming",
    caption="One microbleed of 1 mm radius and 1.5 ppm (6.3 ppm mm³ put in): volumes in mm³, total "
    "susceptibility in ppm mm³",
)

# %% [markdown]
# A static sphere predicts that the dark volume is proportional to echo time, so a factor of 2 from 20 to 40 ms;
# voxels make it a little less or more. QSM takes its field from all echoes up to the echo time, and the early ones
# keep it from blooming. Remember this when a network trained at one echo time is used at another.

# %% [markdown]
# ## From image to network input
#
# Brain only; coil shading out; bright and dark swapped for GRE and SWI, so that microbleeds are always bright;
# tissue at 0. Then two ideas from before deep learning. **Vessels and sulci** are found by two line filters and
# a two-cluster K-means in each slice, and painted over. And the **fast radial symmetry transform** lets every
# edge vote for the point it is round about: discs light up, lines do not. It becomes the second channel.

# %%
from tqdm.auto import tqdm

from neolab.studies.sundaresan2023.preprocessing import Preprocessing
from neolab.studies.sundaresan2023.scans import load_scans

params = run.params
chain = Preprocessing(bias=params.bias, vessels=params.vessels)
scans = {}
with tqdm(total=len(table), desc="preprocessing", unit="scan", disable=None) as bar:
    for name in table.cohort.unique():
        scans[name] = load_scans(cohort, table[table.cohort == name], chain, on_scan=bar.update)

# %%
own = next(scan for scan in scans[main] if scan.name == str(example.participant_id))
plain = load_scans(
    cohort, table[table.participant_id == example.participant_id], Preprocessing(params.bias, False)
)[0]
steps = {
    "inverted": plain.prepared.channels[0],
    "vessels painted over": own.prepared.channels[0],
    "radial symmetry": own.prepared.channels[1],
}
figure2 = contrast_panel(steps, z - own.prepared.box[2].start, voxel_mm)
run.figure(
    figure2, "preprocessing", caption="Input of the networks: channel one before and after, channel two"
)

# %% [markdown]
# The authors' code casts gradients to whole numbers before it normalises them. On images in [0, 1] that leaves
# nothing of them, so this is a fresh implementation, tested on discs of known radius.
#
# ## Three networks
#
# Layer tables and parameter counts are those of the public code; one factor scales all widths.

# %%
import torch

from neolab.learn.compute import count_parameters
from neolab.studies.sundaresan2023 import networks

parts = {"detector": networks.Detector, "teacher": networks.Teacher, "student": networks.Student}
with torch.device("meta"):  # shapes without numbers: nothing is computed with these
    full = {
        name: part(1.0) if name == "detector" else part(1.0, dense="code") for name, part in parts.items()
    }
counts = pd.DataFrame(
    {
        "published code": {"detector": 3_433_611, "teacher": 5_373_165, "student": 3_139_371},
        "here, full width": {name: count_parameters(network) for name, network in full.items()},
        "this run": {name: count_parameters(part(params.width)) for name, part in parts.items()},
    }
)
run.table(counts, "parameters", caption="Parameters of the three networks")

# %% [markdown]
# The **teacher** does two things with one set of features: it outlines the microbleed in a patch of 24³ voxels
# and says whether there is one. The **student** is the teacher without the outlining part. **Distillation**: the
# student learns from the labels and, softened by a temperature, from the *doubts* of the teacher. The paper
# weighs the labels with α = .4; its code puts α on the other term and multiplies that by the temperature squared.
#
# ### Training, without peeking
#
# Everyone in the main cohort is searched by networks that have never seen them: all three are trained anew in
# each fold. (The paper retrains only the student in each fold; teacher and detector have then seen the test
# people.)

# %%
from neolab.io.splits import grouped_folds
from neolab.studies.sundaresan2023.pipeline import (
    apply_pipelines,
    out_of_fold,
    settings_from,
    with_candidate_threshold,
)

enough = {
    "main cohort with a reference in at least 4 people": sum(len(s.centres) > 0 for s in scans[main]) >= 4
}
section(run, "Training and everything after it", enough)

# %%
settings = settings_from(params)
rows = table[table.cohort == main].reset_index(drop=True)
folds = [(fold.train, fold.test) for fold in grouped_folds(rows, None, params.n_folds, params.seed)]
total = len(folds) * (params.epochs + 3 * params.discriminator_epochs)
with tqdm(total=total, desc="training", unit="epoch", disable=None) as bar:
    found, pipelines, fold_of = out_of_fold(scans[main], folds, settings, on_epoch=bar.update)

# %%
from neolab.studies.sundaresan2023.figures import training_figure

history = pd.concat([p.history.assign(fold=i) for i, p in enumerate(pipelines)], ignore_index=True)
figure3 = training_figure(history)
checks = "held-back people" if params.validation_share else "other patches of the same people"
run.figure(
    figure3, "training", history, caption=f"Losses of the four networks, one line a fold; dashed: {checks}"
)

# %%
from neolab.studies.sundaresan2023.training import learning_sentence

Markdown(learning_sentence(history))

# %% [markdown]
# ## What each step adds
#
# Thresholds are those of the paper's ablation, fixed before any result. A lesion counts as **found** when at
# least one of its voxels lies in a finding, a finding as **false** when it touches no lesion: found is counted on
# the reference side, false on the prediction side.
#
# The last row is no network: image times radial symmetry, the same threshold, the same clean-up. Whatever a
# network is worth, it is worth above this.

# %%
from neolab.studies.sundaresan2023 import evaluation
from neolab.studies.sundaresan2023.baseline import SCORE, bright_and_round

points = evaluation.ablation_points(
    params.ablation_detector_threshold, params.plain_student_threshold, params.student_threshold
)
keys = ("detector", "student_plain", "student_distilled", "cleaned")
measures = {
    "sensitivity": "true_positive_rate",
    "false_positives": "false_positives_per_subject",
    "precision": "precision",
}
bootstrap = {"n_resamples": params.n_bootstrap, "seed": params.seed}
results = {name: evaluation.measure(found, point, **bootstrap) for name, point in points.items()}
for key, result in zip(keys, results.values(), strict=True):
    for name, source in measures.items():
        unit = "per subject" if name == "false_positives" else "1"
        run.metric(f"ablation.{key}.{name}", result[source], unit=unit)
baseline = bright_and_round(scans[main], params.detector_threshold, settings.clean_up)
rule = evaluation.OperatingPoint(SCORE, params.ablation_detector_threshold, 0.0, True)
results["bright and round, cleaned up"] = evaluation.measure(baseline, rule, **bootstrap)
for name, source in measures.items():
    unit = "per subject" if name == "false_positives" else "1"
    run.metric(f"baseline.{name}", results["bright and round, cleaned up"][source], unit=unit)
ablation = evaluation.results_table(results)
run.table(
    ablation,
    "ablation",
    caption="Ablation, all people of the main cohort out of fold; last row: nothing learned",
)

# %%
gain = evaluation.sensitivity_gain(
    found, points["student, labels only"], points["student, distilled"], **bootstrap
)
cost = evaluation.false_positive_change(
    found, points["student, labels only"], points["student, distilled"], **bootstrap
)
run.metric("ablation.distillation_gain", gain)
run.metric("ablation.distillation_false_positives", cost, unit="per subject")
filtered = evaluation.false_positive_change(
    found, points["detector alone"], points["with clean-up"], **bootstrap
)
lost = evaluation.sensitivity_gain(found, points["detector alone"], points["with clean-up"], **bootstrap)
run.metric("ablation.steps_false_positives", filtered, unit="per subject")
run.metric("ablation.steps_sensitivity", lost)
steps = evaluation.step_table(found, points, **bootstrap)
run.table(steps, "steps", caption="What each step changes, paired over people")
Markdown(evaluation.gain_sentence(gain, cost, filtered, lost))

# %% [markdown]
# The digest of the paper gives, on 24 test people with 40 microbleeds: student .75 without and .90 with
# distillation at 14.7 false positives per subject; with clean-up .83 at .5.
#
# Two students at two thresholds are hard to compare: a lower threshold alone raises sensitivity. The
# **free-response curve** shows all thresholds at once. Bands are 95 % over people.

# %%
from neolab.studies.sundaresan2023.figures import free_response_figure, free_response_table

curves = {
    "detector alone": evaluation.free_response(found, "detector"),
    "student, labels only": evaluation.free_response(found, "student_plain"),
    "student, distilled": evaluation.free_response(found, "student_distilled"),
    "with clean-up": evaluation.free_response(found, "student_distilled", clean_up=True),
    "bright and round, cleaned up": evaluation.free_response(baseline, SCORE, clean_up=True),
}
marks = {
    n: (r["false_positives_per_subject"].value, r["true_positive_rate"].value) for n, r in results.items()
}
figure4 = free_response_figure(curves, marks)
run.figure(
    figure4,
    "free_response",
    free_response_table(curves),
    caption="Free-response curves; dots: fixed thresholds",
)

# %%
for name, key in (("student, labels only", "student_plain"), ("student, distilled", "student_distilled")):
    run.metric(f"froc.{key}.sensitivity_at_2", curves[name].sensitivity_at(2.0, **bootstrap))
at_two = {name: curve.sensitivity_at(2.0, **bootstrap) for name, curve in curves.items()}
run.metric("froc.baseline.sensitivity_at_2", at_two["bright and round, cleaned up"])
Markdown(evaluation.sentence_at(at_two, 2.0))

# %% [markdown]
# ### Nothing but the seed
#
# The intervals above are over people: other people would give other numbers. So would another training. Here is
# the detector once more on the same people and folds; only its first weights and the order of its patches differ.

# %%
from dataclasses import replace

from neolab.studies.sundaresan2023.pipeline import detector_out_of_fold

alone = points["detector alone"]
by_seed = {params.seed: results["detector alone"]}
other_seeds = range(params.seed + 1, params.seed + params.n_seeds)
total = len(other_seeds) * len(folds) * params.epochs
with tqdm(total=total, desc="other seeds", unit="epoch", disable=None) as bar:
    for one in other_seeds:
        again = detector_out_of_fold(scans[main], folds, replace(settings, seed=one), bar.update)
        by_seed[one] = evaluation.measure(again, alone, **bootstrap)
for name, unit in (("sensitivity", "1"), ("false_positives", "per subject")):
    values = [result[measures[name]].value for result in by_seed.values()]
    run.metric(f"ablation.detector.{name}_seed_sd", float(np.std(values, ddof=1)), n=len(values), unit=unit)
trainings = {f"detector alone, seed {one}": result for one, result in by_seed.items()}
run.table(
    evaluation.results_table(trainings), "seeds", caption="Trainings that differ in nothing but their seed"
)

# %% [markdown]
# A difference between two rows of the ablation that is not clearly larger than the one between these rows is no finding,
# whatever its interval over people says.
#
# ### What the clean-up takes away
#
# Findings nearer than 5 mm to the skull, smaller than 2.5 mm³, or not round. In the paper 65 % of the false
# positives that it removes go by distance, 25 % by size, 15 % by shape.

# %%
removed = evaluation.removal_table(found, points["student, distilled"])
run.table(removed, "clean_up", caption="Findings of the distilled student that the clean-up drops, by reason")

# %% [markdown]
# Every rule costs true findings too. A microbleed in the cortex is nearer than 5 mm to the skull as a matter of
# anatomy: the rule assumes that such a finding is more often a vein.
#
# ## The headline: within cohorts
#
# The main cohort out of fold as above, at .3 for both thresholds as in the paper's cross-validation; and on the
# thick-slice GRE cohort as in the paper: detector and teacher from the main cohort, the student fitted anew in
# each fold, thresholds of .2.

# %%
final = evaluation.OperatingPoint("student_distilled", params.detector_threshold, params.student_threshold)
headline = {"ukb_swi": (found, final)}
rows = table[table.cohort == "oxvasc"].reset_index(drop=True)
n_gre_folds = min(params.n_folds, rows.label.value_counts().min()) if len(rows) else 0
if n_gre_folds >= 2:
    folds = [(fold.train, fold.test) for fold in grouped_folds(rows, "label", n_gre_folds, params.seed)]
    low = with_candidate_threshold(settings, 0.2)
    found_gre, _, _ = out_of_fold(scans["oxvasc"], folds, low, start=pipelines[0])
    headline["oxvasc_gre"] = (found_gre, evaluation.OperatingPoint("student_distilled", 0.2, 0.2, True))

# %%
within = {name: evaluation.measure(*pair, **bootstrap) for name, pair in headline.items()}
for cohort_name, result in within.items():
    for name, source in measures.items():
        unit = "per subject" if name == "false_positives" else "1"
        run.metric(f"{cohort_name}.cv.{name}", result[source], unit=unit)
run.table(evaluation.results_table(within), "within", caption="Within cohorts, cross-validated")

# %% [markdown]
# Digest of the paper: UK Biobank SWI .93 at 1.5 false positives per subject, OXVASC GRE .90 at .9. The abstract
# says: over .90 at fewer than 2.
#
# ## Across cohorts and contrasts
#
# The networks of the main cohort's SWI, unchanged, on other scanners and on QSM of the same people (each by the
# fold that has not seen the person).

# %%
others = {
    name: apply_pipelines(pipelines[:1] * len(scans[name]), scans[name], settings)
    for name in scans
    if name != main
}
if "qsm" in cohort.kinds and main == "ukb":
    qsm = load_scans(cohort, table[table.cohort == main], chain, "qsm")
    others["ukb_qsm"] = apply_pipelines([pipelines[fold] for fold in fold_of], qsm, settings)
transfer = {name: evaluation.measure(sets, final, **bootstrap) for name, sets in others.items()}
for cohort_name, result in transfer.items():
    for name, source in measures.items():
        unit = "per subject" if name == "false_positives" else "1"
        run.metric(f"transfer.{cohort_name}.{name}", result[source], unit=unit)
if transfer:
    lowest = min((result["true_positive_rate"] for result in transfer.values()), key=lambda e: e.value)
    run.metric("transfer.lowest_sensitivity", lowest)
run.table(
    evaluation.results_table(transfer), "transfer", caption="Trained on the main cohort's SWI, used elsewhere"
)

# %%
curves_elsewhere = {
    name: evaluation.free_response(sets, "student_distilled", True)
    for name, sets in others.items()
    if sum(s.n_lesions for s in sets)
}
figure5 = free_response_figure(curves_elsewhere)
run.figure(
    figure5,
    "transfer",
    free_response_table(curves_elsewhere),
    caption="Free-response curves on cohorts never trained on",
)

# %% [markdown]
# Digest of the paper: QSM .90, TICH2 .82, SHK .87, OXVASC .81. Look at which of ours is hardest, and ask what
# differs: slice thickness, echo time, noise, haematomas, or the size of a microbleed *in voxels*. The networks
# count voxels, not millimetres.
#
# ## Errors
#
# A simulation knows what every false finding is.

# %%
truth = {"ground-truth table of lesions": simulated, **enough}
section(run, "Errors by cause", truth)

# %%
bodies = cohort.truth_table("lesions")
veins = (
    {str(r.participant_id): cohort.mask(r, "vein_mask") for _, r in table[table.cohort == main].iterrows()}
    if cohort.has("vein_mask")
    else {}
)
causes = {}
for name, point in points.items():
    wrong = evaluation.false_findings(found, scans[main], point, bodies, veins)
    causes[name] = wrong.cause.value_counts() / len(found)
causes = pd.DataFrame(causes).fillna(0)
run.table(causes, "false_causes", caption="False findings per subject by what is there")

# %%
each = evaluation.found_by_lesion(found, scans[main], final, bodies)
each["size"] = pd.cut(each.diameter_mm, [0, 1.5, 2.0, 2.5, 9], labels=["< 1.5", "1.5–2", "2–2.5", "> 2.5"])
each["from the skull"] = pd.cut(each.depth_mm, [-1, 5, 10, 99], labels=["< 5 mm", "5–10 mm", "> 10 mm"])
by_size = evaluation.rate_table(each, ("size", "region", "from the skull"))
run.table(
    by_size,
    "found_by",
    caption="Sensitivity by true diameter of the iron (mm), region, and distance from the skull",
)

# %% [markdown]
# Calcium is what SWI cannot tell from iron: both are black. Its *phase* has the opposite sign and on QSM it is
# dark, so the information exists, but a network that is given SWI magnitude alone never sees it.
#
# ## Look for yourself
#
# Walk through the person from above. Green: found. Orange, dashed: missed. Red: false. Blue, dotted: a candidate
# that the student or the clean-up rejected.

# %%
section(run, "Browser", enough)

# %%
from neolab.studies.sundaresan2023.figures import candidate_browser

index = [scan.name for scan in scans[main]].index(own.name)
outcome = evaluation.outcomes(found[index], own, final)
candidate_browser(shown, voxel_mm, outcome, footer=run.footer)

# %%
busiest = int(outcome.z.round().mode().iloc[0]) if len(outcome) else z
figure6 = contrast_panel({k: v for k, v in shown.items() if "5 slices" not in k}, busiest, voxel_mm, outcome)
run.figure(figure6, "candidates", outcome, caption="Candidates of one person and what became of them")

# %% [markdown]
# Now move the thresholds. Each dot is a candidate; what lies above and to the right of both lines is reported.

# %%
from neolab.studies.sundaresan2023.figures import threshold_figure, threshold_sliders

threshold_sliders(
    found, "student_distilled", params.detector_threshold, params.student_threshold, footer=run.footer
)

# %%
scores = evaluation.score_table(found)
figure7 = threshold_figure(
    found, "student_distilled", params.detector_threshold, params.student_threshold, False
)
run.figure(
    figure7, "thresholds", scores, caption="Scores of all candidates and the outcome at the fixed thresholds"
)

# %% [markdown]
# If the two clouds are apart along the horizontal axis already, the second step has little left to do.
#
# ## What this can and cannot show
#
# **It can show** how the three steps work together, what the overlap rule and the two sides of counting do to a
# number, what distillation changes when the threshold is held fixed and when it is not, and which errors follow
# from physics alone. It can show that a network trained on one contrast reads another, because microbleeds obey
# the same equations everywhere.
#
# **It cannot show** how well any of this works in patients. Our veins are walks on a deformed template, there are
# no cavernomas, no air-bone interfaces beyond a few sinuses, no motion, and no reader who disagrees. The reference
# is what was put in; the paper's is what radiologists saw. Cohort sizes of the small profiles leave wide intervals.
#
# **Real data.** VALDO Task 2 (72 T2\*-weighted scans with masks) and the SWI of Dou and colleagues can be had;
# `data/README.md` says how to write the few lines of `neolab.yaml` that name images, brain masks and lesion masks or
# points. Then `neolab run sundaresan2023 --data PATH` runs this notebook on them.

# %%
if simulated:
    run.limitation("Microbleeds, veins and mimics are simulated; the reference is what was put in.")
run.limitation(
    "Only the abstract of the paper was available; other published numbers come from a digest by others."
)
run.predictions(evaluation.score_table(found))
run.finish()

# %% [markdown]
# ### Try it yourself
#
# 1. Set `alpha_on = "teacher"`, `alpha = 0.1`, `scale_by_temperature = True`: the code's loss. Does the gain change?
# 2. Set `vessels = False`. Which causes of false findings grow?
# 3. Set `contrast_augmentation = 0`. Which cohorts suffer, and why those?
# 4. Set `clean_up_shape = "paper"`. How many true microbleeds are "not round"?
