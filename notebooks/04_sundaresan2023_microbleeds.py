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

from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("sundaresan2023", globals())
params = run.params
run

# %% [markdown]
# ## Four cohorts
#
# The paper used four data sets. Ours have their shape: who is scanned how, how many people carry microbleeds,
# and how many they carry. The base is the adult MNI152 brain, deformed anew for everyone, aged, and threaded
# with veins.

# %%
from neolab.studies.sundaresan2023 import data as study_data

cohort = run.cohort()
scans = study_data.load(cohort, params)  # read and preprocessed once; what is done to them stands below
main = scans.of(scans.main)
simulated = "latent_n_microbleeds" in scans.table

# %%
by_cohort = scans.table.groupby("cohort", sort=False)
overview = by_cohort.agg(people=("participant_id", "nunique"))
if simulated:
    overview["with microbleeds"] = by_cohort.latent_n_microbleeds.agg(lambda n: (n > 0).sum())
    overview["microbleeds"] = by_cohort.latent_n_microbleeds.sum()
overview

# %% [markdown]
# The published counts (digest): UK Biobank SWI and QSM, 78 people and 186 microbleeds; OXVASC T2\*-GRE, 74
# people, 36 of them with 366; TICH2 SWI after intracerebral haemorrhage, 115 people, 71 with 849; SHK SWI at
# higher resolution, 20 people with 126. Small profiles draw fewer people at the same rates, and render only a
# slab of the head; all of a person's microbleeds lie in the slab.

# %%
if simulated and params.profile != "paper":
    run.limitation("Only a slab of each head is rendered, so there is less brain in which to be wrong.")

# %% [markdown]
# ## What a gradient echo sees
#
# Iron changes the field, the field changes the phase, and phases that point in different directions cancel.
# That is all of it. The simulation goes the same way: susceptibility map, field by Fourier transform, complex
# signal, average over the thick slice.

# %%
voxels_of_microbleeds = [int((scan.lesions > 0).sum()) for scan in main.scans]
pictures = {"main cohort with microbleeds": max(voxels_of_microbleeds) > 0}
folds = main.folds(params.n_folds, params.seed)
enough = {f"main cohort with microbleeds in 4 people, enough for {params.n_folds} folds": bool(folds)}
truth = {"ground-truth table of lesions": simulated, **enough}

# %%
section(run, "One scan in every contrast", pictures)

# %%
from neolab.studies.sundaresan2023 import figures

number = int(np.argmax(voxels_of_microbleeds))
own, example = main.scans[number], main.table.iloc[number]
shown, voxel_mm = study_data.contrasts(cohort, example)
z_of_crop = int((own.lesions > 0).sum(axis=(0, 1)).argmax())
z = z_of_crop + own.prepared.box[2].start
figure1 = figures.contrast_panel(shown, z, voxel_mm)
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
from neolab.simulate.susceptibility import demonstration

blooming = demonstration.blooming_table(echo_times_ms=(10, 20, 40))
growth = blooming.loc[40] / blooming.loc[20]
names = {
    "blooming_magnitude": "dark on magnitude",
    "blooming_swi": "dark on SWI",
    "total_susceptibility_ratio": "total susceptibility",
}
run.record("physics", {name: float(growth[column]) for name, column in names.items()})
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
from neolab.studies.sundaresan2023.preprocessing import Preprocessing

plain = study_data.load_scan(cohort, example, Preprocessing(params.bias, vessels=False))
steps = {
    "inverted": plain.prepared.channels[0],
    "vessels painted over": own.prepared.channels[0],
    "radial symmetry": own.prepared.channels[1],
}
figure2 = figures.contrast_panel(steps, z_of_crop, voxel_mm)
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
from neolab.studies.sundaresan2023 import network

parts = {"detector": network.Detector, "teacher": network.Teacher, "student": network.Student}
with torch.device("meta"):  # shapes without numbers: nothing is computed with these
    full = {
        name: part(1.0) if name == "detector" else part(1.0, dense="code") for name, part in parts.items()
    }
counts = pd.DataFrame(
    {
        "published code": {"detector": 3_433_611, "teacher": 5_373_165, "student": 3_139_371},
        "here, full width": {name: count_parameters(whole) for name, whole in full.items()},
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
section(run, "Training and everything after it", enough)

# %%
from neolab.learn.folds import cross_validate
from neolab.studies.sundaresan2023 import training

common = {
    "seed": params.seed,
    "images": [scan.prepared.channels for scan in main.scans],
    "at_most": training.FOLDS_AT_A_TIME,
}
searched = cross_validate(
    main.table,
    folds,
    training.three_steps(main.scans, params),
    **common,
    epochs=training.epochs(params),
    name="training",
)
found = searched.column("candidates")

# %%
from neolab.viz.curves import training_curves

checks = "held-back people" if params.validation_share else "other patches of the same people"
parts = {"train": "training", "validation": "choosing the epoch"}
figure3 = training_curves(searched.history, by="network", parts=parts, limits={"loss": (0, None)})
run.figure(
    figure3,
    "training",
    searched.history,
    caption=f"Losses of the four networks, one thin line a fold; the epoch is chosen by {checks}",
)

# %%
from neolab.studies.sundaresan2023 import sentences

run.say(sentences.learning(searched.history))

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
from neolab.studies.sundaresan2023 import baselines, evaluation

points = evaluation.ablation_points(params)
bootstrap = {"n_resamples": params.n_bootstrap, "seed": params.seed}
results = {name: evaluation.measure(found, point, **bootstrap) for name, point in points.items()}
run.record("ablation", {key: results[row] for key, row in evaluation.ABLATION.items()}, unit=evaluation.UNITS)
for name, row in evaluation.ABLATION.items():
    run.design(f"ablation.{name}", matches=evaluation.matches(found, points[row]))

# %%
rule = baselines.bright_and_round(main.scans, params)
unlearned = cross_validate(main.table, folds, rule, **common, name="bright and round").column("candidates")
point = evaluation.baseline_point(params)
results[evaluation.BASELINE] = evaluation.measure(unlearned, point, **bootstrap)
run.record("baseline", results[evaluation.BASELINE], unit=evaluation.UNITS)
run.table(
    evaluation.results_table(results),
    "ablation",
    caption="Ablation, all people of the main cohort out of fold; last row: nothing learned",
)

# %%
changes = evaluation.step_changes(found, points, **bootstrap)
run.record("ablation", evaluation.recorded_changes(changes), unit=evaluation.UNITS)
run.table(evaluation.step_table(changes), "steps", caption="What each step changes, paired over people")

# %%
run.say(sentences.gain(changes))

# %% [markdown]
# The digest of the paper gives, on 24 test people with 40 microbleeds: student .75 without and .90 with
# distillation at 14.7 false positives per subject; with clean-up .83 at .5.
#
# Two students at two thresholds are hard to compare: a lower threshold alone raises sensitivity. The
# **free-response curve** shows all thresholds at once. Bands are 95 % over people.

# %%
curves = evaluation.ablation_curves(found, unlearned)
bands = evaluation.free_response_bands(curves)
figure4 = figures.free_response_figure(bands, results)
run.figure(figure4, "free_response", bands, caption="Free-response curves; dots: fixed thresholds")

# %%
at_two = {name: curve.sensitivity_at(2.0, **bootstrap) for name, curve in curves.items()}
rows = {**evaluation.ABLATION, "baseline": evaluation.BASELINE}
for key in ("student_plain", "student_distilled", "baseline"):
    run.metric(f"froc.{key}.sensitivity_at_2", at_two[rows[key]])
run.say(sentences.at_one_rate(at_two, 2.0))

# %% [markdown]
# ### Nothing but the seed
#
# The intervals above are over people: other people would give other numbers. So would another training. Here is
# the detector once more on the same people and folds; only its first weights and the order of its patches differ.

# %%
again = cross_validate(
    main.table,
    folds,
    training.detector_alone(main.scans, params),
    **{**common, "seed": params.seed + 1},
    repeats=params.n_seeds - 1,
    keep=False,
    epochs=params.epochs,
    name="other seeds",
)
alone = {"detector alone, as above": results["detector alone"]}
for repeat in range(again.n_repeats):
    anew = again.column("candidates", repeat)
    alone[f"detector alone, training {repeat + 2}"] = evaluation.measure(
        anew, points["detector alone"], **bootstrap
    )
spread = evaluation.seed_spread(list(alone.values()))
run.record("ablation.detector", spread, unit=evaluation.UNITS, n=params.n_seeds)
run.table(evaluation.results_table(alone), "seeds", caption="Trainings that differ in nothing but their seed")

# %% [markdown]
# A difference between two rows of the ablation that is not clearly larger than the one between these rows is no finding,
# whatever its interval over people says.
#
# ### What the clean-up takes away
#
# Findings nearer than 5 mm to the skull, smaller than 2.5 mm³, or not round. In the paper 65 % of the false
# positives that it removes go by distance, 25 % by size, 15 % by shape.

# %%
from neolab.studies.sundaresan2023 import errors

removed = errors.removal_table(found, points["student, distilled"])
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
headline = evaluation.headline_points(params)
within = {"ukb_swi": evaluation.measure(found, headline["ukb_swi"], **bootstrap)}
run.design("ukb_swi.cv", matches=evaluation.matches(found, headline["ukb_swi"]))
gre = scans.of("oxvasc" if scans.main != "oxvasc" else "none")
gre_folds = gre.folds(params.n_folds, params.seed, stratified=True, fewest=2)
if gre_folds:
    point = headline["oxvasc_gre"]
    gre_found = cross_validate(
        gre.table,
        gre_folds,
        training.students_anew(gre.scans, params, searched.fits[0, 0], point.detector),
        **{**common, "images": [scan.prepared.channels for scan in gre.scans]},
        epochs=2 * params.discriminator_epochs,
        name="students on GRE",
    ).column("candidates")
    within["oxvasc_gre"] = evaluation.measure(gre_found, point, **bootstrap)
    run.design("oxvasc_gre.cv", matches=evaluation.matches(gre_found, point))

# %%
run.record("", {f"{name}.cv": result for name, result in within.items()}, unit=evaluation.UNITS)
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
    name: training.apply(searched.fits[0, 0], scans.of(name).scans, params)
    for name in scans.names
    if name != scans.main
}
in_main = np.flatnonzero(scans.table.cohort == "ukb")
if len(in_main) and all(cohort.there(row, "qsm") for row in in_main):
    qsm = study_data.load(cohort.select(in_main), params, kind="qsm").scans
    others["ukb_qsm"] = training.apply_out_of_fold(searched, qsm, params)

# %%
transfer = {name: evaluation.measure(sets, headline["ukb_swi"], **bootstrap) for name, sets in others.items()}
run.record("transfer", transfer, unit=evaluation.UNITS)
for name, sets in others.items():
    run.design(f"transfer.{name}", matches=evaluation.matches(sets, headline["ukb_swi"]))
known = {name: one["sensitivity"].value for name, one in transfer.items() if one["sensitivity"].defined}
if known:
    weakest = min(known, key=known.get)
    lowest = run.metric("transfer.lowest_sensitivity", transfer[weakest]["sensitivity"])
    run.design("transfer", matches=evaluation.matches(others[weakest], headline["ukb_swi"]))
run.table(
    evaluation.results_table(transfer), "transfer", caption="Trained on the main cohort's SWI, used elsewhere"
)

# %%
elsewhere = {
    name: evaluation.free_response(sets, "student_distilled", clean_up=True)
    for name, sets in others.items()
    if any(one.n_lesions for one in sets)
}
if elsewhere:
    bands_elsewhere = evaluation.free_response_bands(elsewhere)
    figure5 = figures.free_response_figure(bands_elsewhere)
    caption = "Free-response curves on cohorts never trained on"
    run.figure(figure5, "transfer", bands_elsewhere, caption=caption)

# %% [markdown]
# Digest of the paper: QSM .90, TICH2 .82, SHK .87, OXVASC .81. Look at which of ours is hardest, and ask what
# differs: slice thickness, echo time, noise, haematomas, or the size of a microbleed *in voxels*. The networks
# count voxels, not millimetres.
#
# ## Errors
#
# A simulation knows what every false finding is.

# %%
section(run, "Errors by cause", truth)

# %%
bodies = cohort.truth_table("lesions")
veins = study_data.vein_masks(cohort, main)
causes = errors.false_causes(found, main.scans, points, bodies, veins)
run.table(causes, "false_causes", caption="False findings per subject by what is there")

# %%
each = errors.found_by_lesion(found, main.scans, headline["ukb_swi"], bodies)
run.table(
    errors.sensitivity_by_group(each),
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
outcome = evaluation.outcomes(found[number], own, headline["ukb_swi"])
figures.candidate_browser(shown, voxel_mm, outcome, footer=run.footer)

# %%
busiest = int(outcome.z.round().mode().iloc[0]) if len(outcome) else z
still = {name: volume for name, volume in shown.items() if "5 slices" not in name}
figure6 = figures.contrast_panel(still, busiest, voxel_mm, outcome)
run.figure(figure6, "candidates", outcome, caption="Candidates of one person and what became of them")

# %% [markdown]
# Now move the thresholds. Each dot is a candidate; what lies above and to the right of both lines is reported.

# %%
from functools import partial

scores = evaluation.score_table(found)
start = ("student_distilled", params.detector_threshold, params.student_threshold)
count = partial(evaluation.pooled_at, found, "student_distilled")
figures.threshold_sliders(scores, *start, count, footer=run.footer)

# %%
figure7 = figures.threshold_figure(scores, *start, count(*start[1:], clean_up=False))
run.figure(
    figure7, "thresholds", scores, caption="Scores of all candidates and the outcome at the fixed thresholds"
)
run.predictions(scores)

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
run.finish()

# %% [markdown]
# ### Try it yourself
#
# 1. Set `alpha_on = "teacher"`, `alpha = 0.1`, `scale_by_temperature = True`: the code's loss. Does the gain change?
# 2. Set `vessels = False`. Which causes of false findings grow?
# 3. Set `contrast_augmentation = 0`. Which cohorts suffer, and why those?
# 4. Set `clean_up_shape = "paper"`. How many true microbleeds are "not round"?
