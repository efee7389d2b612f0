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
# # Is it bilirubin? Three ways to read a newborn's T1-weighted scan
#
# This lesson follows Wu and colleagues, *BMC Medical Imaging* 2021;21:103
# ([doi:10.1186/s12880-021-00634-z](https://doi.org/10.1186/s12880-021-00634-z)), from their Table 1 to
# their last figure.
#
# Many newborns are jaundiced. In a few, bilirubin crosses into the brain and harms the **globus pallidus**
# and the **subthalamic nucleus**: acute bilirubin encephalopathy (ABE). On T1-weighted images these nuclei
# then turn brighter. They are bright in *every* newborn, though, because they myelinate early, and in
# newborns with hyperbilirubinaemia but no encephalopathy (HB) too. Can anyone tell the two groups apart?
#
# The paper asks three readers: radiologists who look, a ratio that is measured, and a neural network that
# learns. We do all of it again, and add what the paper leaves out: intervals, paired tests, an honest
# split, and a look at what each number rests on.
#
# **What this lesson is not for.** The scans are simulated unless you give a folder of your own.
# Demographics and the contrast of the nuclei are set by what the paper *reports as its inputs*; no accuracy
# is built in. So a result here can show whether the paper's claims hang together. It says nothing about
# patients.

# %% tags=["parameters"]
profile = "teach"  # smoke: seconds, for tests; teach: minutes; paper: the paper's own sizes
data = None  # a BIDS folder of real scans; None simulates a cohort
seed = 0
n_subjects = None  # None: the profile's value, here and below
weights = None  # "imagenet", "none", or a file with a state dictionary of ResNet18
split = None  # folds by "slice", by "patient", or "both"
epochs = None
batch_size = None
learning_rate = None
n_folds = None
image_size = None
field_of_view_mm = None
n_bootstrap = None

# %%
import numpy as np
import pandas as pd

from neolab import metrics, viz
from neolab.run import notebook
from neolab.run.sections import section
from neolab.studies.wu2021 import evaluation, figures, ratios, readers, sentences, training
from neolab.studies.wu2021.data import balance, load, needs, with_groups

run = notebook.start("wu2021", globals())
params = run.params
run

# %% [markdown]
# ## The newborns
#
# A cohort is a table with one row a scan, and the images behind it. Simulated and real folders are read by
# the same code. `run.published(...)` knows every number that the paper prints.

# %%
cohort = with_groups(run.cohort())
groups, labels, truths, folds = needs(cohort, params).values()
truth = cohort.table["label"].to_numpy(int) if all(groups.values()) else None
listed = {"column of sex, age, weight or blood values": bool(evaluation.characteristics(cohort.table))}
cohort.table.drop(columns=[name for name in cohort.table if name.startswith("latent_")]).head()

# %%
section(run, "Table 1", groups | listed)

# %%
run.say(
    f"The cohort has **{(truth == 1).sum()} newborns with ABE and {(truth == 0).sum()} with HB**; the paper had "
    f"{run.published('table1.n_abe'):.0f} and {run.published('table1.n_hb'):.0f}."
)

# %% [markdown]
# ### Table 1: are the groups alike?
#
# The paper compares sex with a chi-square test and everything else with t-tests. Keep an eye on *age*:
# newborns with ABE were scanned earlier. Contrast changes by the week at this age, so age could pass for
# disease.

# %%
table1 = evaluation.table1(cohort.table)
for unit, results in evaluation.table1_results(table1).items():
    run.record("table1", results, unit=unit)
run.table(table1, "table1", caption="Table 1: characteristics of the newborns")

# %%
smallest = table1.loc[table1["p"].idxmin()]
run.say(
    f"The smallest p in this sample is {smallest['p']:.3f}, for *{smallest['characteristic']}*. With "
    f"{len(table1)} tests one of them falls below .05 by chance in about {1 - 0.95 ** len(table1):.0%} of "
    "cohorts whose groups do not differ at all."
)

# %% [markdown]
# ## Looking at the scans
#
# Every scan is read once. In each we take the axial slice in which globus pallidus and subthalamic nucleus
# are largest, as the paper does (but not one that cuts the edge of the pallidum), and for the network two (ABE)
# or three (HB) neighbouring slices. A folder without label maps gives the network slices at the height where
# the pallidum must be.

# %%
section(run, "Reading the scans")

# %%
scans = load(cohort, params)
table = scans.table
# Every way of reading adds its row to Table 2 and its calls to the scores, as far as this folder allows it.
rows, scores = {}, table.filter(["participant_id", "label"])
f"{len(table)} scans, {len(scans.slices or [])} slices for the network"

# %%
section(run, "Figure 3", groups | labels)

# %%
newborns = ratios.low_to_high(table)
figure3 = figures.contrast_gallery(scans, newborns)
run.figure(
    figure3,
    "figure3_slices",
    table.loc[np.concatenate(list(newborns.values())), ["participant_id", "slice_index", *ratios.RATIOS]],
    paper="Figure 3",
    caption="Three newborns of each group: low, middling and high pallidal signal; arrows: globus pallidus",
)

# %% [markdown]
# Upper row ABE, lower row HB; within a row the pallidum gets brighter from left to right. Cover the labels
# and try to say which row is which. What scatters *within* a row beside what differs *between* rows is the
# whole difficulty of this diagnosis:

# %%
between, within = ratios.separation(table)
printed = run.published("gpnorm.abe_mean") - run.published("gpnorm.hb_mean")
run.say(
    f"GP/WM scatters by {within:.3f} (SD) within a group; the means of the groups lie {between:.3f} apart, "
    f"**{between / within:.1f} SD**. In the paper it was {printed / run.published('gpnorm.abe_sd'):.1f}."
)

# %% [markdown]
# ## Way one: radiologists look
#
# The paper's three radiologists first saw all cases with their diagnosis and read them again, blind, a week
# later. Ours are simulated with **signal detection theory**. A reader sees how much brighter the nuclei are
# than white matter, through internal noise, and says ABE above a criterion of their own.
#
# The noise comes from psychophysics: people need about a fifth more contrast to tell two clear patterns
# apart (Weber's law; Legge and Foley 1980), and more when one of the two must be remembered. Nothing is
# fitted to how well the paper's radiologists did, so our readers may do better or worse than theirs. They
# are a *prediction* from contrast alone.

# %%
section(run, "Visual inspection", groups | labels | truths)

# %%
readings = readers.simulate_readings(table["latent_gpnorm"], table["latent_stnnorm"], truth, seed=params.seed)
calls = readers.calls_by_reader(readings)
scores["visual_call"] = readers.majority(readings)
calls.head(3)

# %%
visual = metrics.reader_table(truth, calls.to_numpy(), readers=list(calls))
rows["Visual inspection"] = evaluation.spread_row(visual.drop(index=["mean", "SD"]))
run.table(visual[list(readers.MEASURES)], "visual_inspection", caption="Three simulated readers")

# %%
reading = readers.reading_results(truth, calls, params)
run.record("visual", reading)
run.design("visual", label=truth, raters=calls.shape[1])
run.say(
    f"Mean accuracy **{reading['accuracy']:.2f}** (interval over newborns, for these three readers) with an SD "
    f"of {reading['accuracy_sd']:.2f} over readers. The paper's radiologists: "
    f"{run.published('visual.accuracy'):.2f} ± {run.published('visual.accuracy_sd'):.2f}."
)

# %% [markdown]
# A yes-or-no reader has one point in ROC space, and the area under the line through it is the mean of
# sensitivity and specificity. The paper's visual AUC is just that:

# %%
sensitivity, specificity = run.published("visual.sensitivity"), run.published("visual.specificity")
run.say(
    f"({sensitivity:.2%} + {specificity:.2%}) / 2 is {(sensitivity + specificity) / 2:.2%}; the paper prints an "
    f"AUC of {run.published('visual.auc'):.2%}."
)

# %% [markdown]
# How well do the three agree? **Fleiss' kappa** is 0 for agreement by chance and 1 for perfect agreement. The
# paper calls it *intra*observer; between three people it is *inter*observer.

# %%
run.say(
    f"Kappa is **{reading['kappa']:.2f}** (paper: {run.published('visual.kappa'):.2f}). The readers' accuracies "
    f"differ from each other with p = {reading['readers_p']:.2f}."
)

# %% [markdown]
# Is that much? Suppose that the readers were as good as they are, but each erred independently of the others.
# Then sensitivity, specificity and the share of ABE fix the kappa:

# %%
share = run.published("table1.n_abe") / (run.published("table1.n_abe") + run.published("table1.n_hb"))
papers = metrics.kappa_of_independent_errors(sensitivity, specificity, share)
ours = reading["kappa_of_independent_errors"].value
run.say(sentences.kappas_alone(ours, papers, run.published("visual.kappa")))

# %% [markdown]
# ### Now you
#
# Twelve shuffled cases, no names. Say ABE or not; after the last one your row appears under those of the
# three readers *on the same cases*.

# %%
from neolab.studies.wu2021.reading_room import ReadingSession, reading_room

reading_room(scans.pictures, truth, calls, scans.pixel_mm, seed=params.seed, footer=run.footer)

# %% [markdown]
# The same cases on paper, for readers of this page who cannot click:

# %%
cases = ReadingSession.shuffled(truth, min(12, len(truth)), params.seed).order
sheet = figures.reading_sheet(scans, cases)
run.figure(sheet, "reading_sheet", caption="Cases of the reading exercise, without labels")

# %%
answers = ", ".join(f"{k + 1} {'ABE' if truth[i] else 'HB'}" for k, i in enumerate(cases))
run.say(f"<details><summary>Answers</summary>{answers}</details>")

# %% [markdown]
# ## Way two: measure a ratio
#
# The signal of a T1-weighted image has no unit, but a ratio of two regions in one slice has a meaning. The
# paper divides the mean signal of each nucleus by that of anterior subcortical white matter:
#
# $$\mathrm{GPnorm} = \overline{\mathrm{GP}} / \overline{\mathrm{WM}} \qquad
# \mathrm{STNnorm} = \overline{\mathrm{STN}} / \overline{\mathrm{WM}}$$
#
# Our rater knows where the nuclei are from the label map and draws them with an unsteady hand: outlines
# shift by a pixel, waver, and stay a little inside the border.

# %%
section(run, "GP/WM ratio", labels)

# %%
from neolab.studies.wu2021.rois import clearest_drawing

clearest = clearest_drawing(scans.rois)
figure1a = figures.rois_figure(scans.pictures[clearest], scans.rois[clearest], scans.pixel_mm)
run.figure(figure1a, "figure1a_rois", paper="Figure 1a", caption="Regions of interest in one newborn")

# %% [markdown]
# Green: white matter, the reference. It lies far in front of the nuclei, so a coil that is a few percent
# more sensitive in front than in the middle changes the ratio by as much. Keep this in mind when someone
# calls a ratio "normalised".

# %%
drawing = ratios.repeatability(table)
run.record("gpnorm", drawing)
run.say(
    f"Mean GP/WM over {len(table)} scans: **{drawing['mean']:.3f}**. A second drawing shows how steady the hand "
    f"is: one drawing has an SD of {drawing['rater_sd']:.3f}."
)

# %% [markdown]
# ### Did we measure what is there?
#
# In a simulation we can ask. The horizontal axis is the ratio that was put into the tissue of each newborn,
# the vertical axis what our rater read off the image: through thick slices, blurred borders, noise and a
# coil.

# %%
section(run, "Measured against true", groups | labels | truths)

# %%
recovery = figures.recovery_figure(table)
ratio_columns = table.filter(regex="gpnorm|stnnorm")
run.figure(recovery, "measured_against_true", ratio_columns, caption="Ratio put in and ratio measured")

# %%
recovered = ratios.recovery(table)
run.record("gpnorm", recovered)
between_true, _ = ratios.separation(table, "latent_gpnorm")
run.say(sentences.recovery(recovered, drawing["rater_sd"].value, between_true))

# %% [markdown]
# ### Figure 1b, c: do the groups differ?

# %%
section(run, "Group comparison", groups | labels)

# %%
compared = {name: ratios.group_comparison(table, name, params) for name in ratios.measured(table)}
run.record("", compared)
cutoffs = {name: one["cutoff"].value for name, one in compared.items()}
run.figure(
    figures.groups_figure(table, cutoffs),
    "figure1_distributions",
    table[["participant_id", "group", *ratios.RATIOS]],
    paper="Figure 1b, c",
    caption="GPnorm and STNnorm of both groups; dashed: Youden cut-off",
)

# %%
ratios.comparison_table(compared)

# %% [markdown]
# The paper adjusts for age, sex, gestational age and postmenstrual age (PMA), and calls it an ANOVA with
# covariates; the usual name is **ANCOVA**. Mind that PMA *is* gestational age plus age: the third of these
# says nothing that the other two do not. Software drops one of them in silence; we leave PMA out and get
# the same answer.

# %%
run.say(sentences.adjusted_differences(compared, ratios.adjusted_for(table)))

# %% [markdown]
# The paper prints p < .05 for GPnorm and p > .05 for STNnorm with the t-test. The last column above computes
# both from the means, SDs and group sizes that it prints: for STNnorm they say otherwise. The audit notebook
# asks whether rounding could explain it.
#
# ### How well does the ratio separate the groups?
#
# Two intervals for the area under the ROC curve: DeLong's formula, and a bootstrap that draws newborns with
# replacement. They should agree; where they do not, distrust both.

# %%
for name, one in compared.items():
    print(
        f"{ratios.RATIOS[name]}: AUC {one['auc']:.3f} (DeLong), {one['auc_bootstrap']:.3f} (bootstrap); "
        f"paper {run.published(f'{name}.auc'):.3f}"
    )

# %% [markdown]
# ### One cohort is one draw
#
# Our newborns are drawn from the means and SDs that the paper prints. Another seed is another set of newborns,
# as another year in the same hospital would be. The ratios that are put into forty such cohorts, before any
# image is made of them, show how far an AUC of so few newborns wanders by chance alone.

# %%
section(run, "One cohort is one draw", groups | labels | truths)

# %%
areas = ratios.areas_of_cohorts(list(compared), len(truth))
put_in = ratios.put_in(table, areas)
run.record("", put_in)
here = {name: one["auc_put_in"].value for name, one in put_in.items()}
wandering = figures.areas_figure(areas, here, {name: run.published(f"{name}.auc") for name in here})
run.figure(wandering, "auc_of_cohorts", areas, caption="AUC of the ratios put into 40 cohorts")

# %%
run.say(sentences.cohorts(areas["gpnorm"], here["gpnorm"]))

# %%
section(run, "Cut-off", groups | labels)

# %% [markdown]
# ### A cut-off, and what it costs to choose it
#
# To decide, a ratio needs a cut-off. The paper takes the one with the largest Youden index (sensitivity +
# specificity - 1) *on all 79 newborns*, and then reports how well it works *on the same 79*.

# %%
scores["gpnorm"] = table["gpnorm"]
scores["gpnorm_call"] = (table["gpnorm"] >= cutoffs["gpnorm"]).astype(int)
apparent = ratios.call_metrics(truth, scores["gpnorm_call"], params)
rows["GPnorm"] = evaluation.interval_row(apparent, compared["gpnorm"]["auc"])
run.record("gpnorm", apparent)
run.say(
    f"Cut-off {cutoffs['gpnorm']:.4f} (paper: {run.published('gpnorm.cutoff')}): sensitivity "
    f"{apparent['sensitivity']:.2f}, specificity {apparent['specificity']:.2f}, accuracy "
    f"**{apparent['accuracy']:.2f}**."
)

# %% [markdown]
# Move the cut-off and watch sensitivity pay for specificity. Is there a cut-off you would act on?

# %%
shown = {"name": "GPnorm", "groups": ("ABE", "HB"), "colours": figures.COLOURS}
viz.threshold_slider(truth, table["gpnorm"], cutoffs["gpnorm"], footer=run.footer, **shown)

# %%
run.figure(
    viz.threshold_figure(truth, table["gpnorm"], cutoffs["gpnorm"], **shown),
    "gpnorm_cutoff",
    table[["participant_id", "group", "gpnorm"]],
    caption="GPnorm at the Youden cut-off of the whole cohort",
    metrics=["gpnorm.auc", "gpnorm.cutoff"],
)

# %% [markdown]
# Most newborns lie where both groups do. Wherever the line is drawn, it cuts through both.

# %%
section(run, "An honest cut-off", groups | labels | folds)

# %% [markdown]
# Now the honest version: choose the cut-off on four fifths of the newborns, apply it to the last fifth, and
# take turns. Every newborn is then called by a cut-off that never saw it.

# %%
honest = ratios.honest_cutoff(table, params.n_folds, params.seed)
scores["gpnorm_call_cv"] = honest.column("call").astype(int)
fair = ratios.call_metrics(truth, scores["gpnorm_call_cv"], params)
rows["GPnorm, cut-off cross-validated"] = evaluation.interval_row(fair, compared["gpnorm"]["auc"])
run.record("gpnorm.cv", fair)
optimism = apparent["accuracy"].value - fair["accuracy"].value
run.metric("gpnorm.cutoff_optimism", optimism, n=len(truth))
chosen = [fit.threshold for fit in honest.fits.values()]
run.say(
    f"The folds choose cut-offs from {min(chosen):.3f} to {max(chosen):.3f}. Accuracy goes from "
    f"{apparent['accuracy']:.2f} to **{fair['accuracy']:.2f}**."
)

# %% [markdown]
# How the newborns fall into folds is chance, and another deal gives another number. A hundred deals say what
# choosing the cut-off on the test cases is worth on average, the **optimism** of the first number:

# %%
gains = ratios.cutoff_gains(table, params.n_folds)
run.metric("gpnorm.cutoff_optimism_mean", gains.mean(), n=len(gains))
run.metric("gpnorm.cutoff_optimism_sd", gains.std(ddof=1), n=len(gains))
run.say(
    f"On average over {len(gains)} deals the accuracy falls by **{gains.mean():.1%}** (SD {gains.std(ddof=1):.1%}; "
    f"above, {optimism:.1%}) once the cut-off may not see the newborns it is judged on."
)

# %% [markdown]
# ## Way three: a network learns
#
# The paper fine-tunes a **ResNet18** that has learned on ImageNet's photographs: eight blocks of two 3 x 3
# convolutions with a shortcut around each, an average over the picture, and one new layer with two outputs.
# It is described as having "18 residual blocks"; let us count.

# %%
section(run, "ResNet18", groups | folds)

# %%
from neolab.studies.wu2021 import network

net = network.build_network().eval()
blocks, layers = network.count_residual_blocks(net), network.count_learnable_layers(net)
run.record("resnet18", {"residual_blocks": blocks, "learnable_layers": layers}, unit="count")
run.say(
    f"**{blocks} residual blocks, {layers} learnable layers** on the main path, {sum(p.numel() for p in net.parameters()):,} parameters, for a few hundred slices."
)

# %% [markdown]
# Each slice is scaled to [0, 1] and resized. Training sees every slice rotated by up to 30°, zoomed by up
# to 10 %, shifted by up to 30 of 224 pixels and, half of the time, upside down. What the network sees:

# %%
import torch

slices = balance(scans.slices, params.seed)
pixels = torch.from_numpy(slices.images)[:, None]
seen = training.AUGMENTATION(pixels[:1].expand(5, -1, -1, -1), np.random.default_rng(params.seed))
augmented = figures.augmentation_figure(slices.images[0], seen[:, 0].numpy(), slices.pixel_mm)
run.figure(augmented, "augmentation", caption="One slice, and what augmentation makes of it")

# %% [markdown]
# The upside-down flip is the paper's. A radiologist would not choose it: no patient is scanned that way,
# while the left-right flip, which is nearly harmless in a brain, is left out.
#
# ### Who may stand on both sides?
#
# The paper splits "190 slices" at random. Two or three neighbouring slices of one newborn look almost
# alike. If one is in training and its neighbour in the test, a network can recognise the *baby* instead of
# the *disease*. Before we train anything, let a machine without any knowledge show how much that is worth:
# it finds the most similar training slice, pixel by pixel, and repeats its diagnosis.

# %%
from neolab.studies.wu2021.baselines import nearest_neighbour

for by in ("slice", "patient"):
    copied = evaluation.judged_slices(slices, by, nearest_neighbour(slices), params)
    accuracy, own = evaluation.neighbour_shares(copied)
    run.metric(f"nearest_neighbour.{by}.accuracy", accuracy)
    print(f"folds by {by}: accuracy {accuracy:.2f}, nearest slice is of the same newborn in {own:.0%}")

# %% [markdown]
# What this look-up table gains from one line to the other has nothing to do with bilirubin. Any accuracy under
# a split by slice has that to explain away first. So the network is trained under both splits: by slice, to
# mirror the paper, and by patient, to answer the question.

# %%
from neolab.learn.weights import find_weights

start = find_weights(params.weights, net.backbone)
method = training.method(slices, params, start, run.device)
wanted = ["slice", "patient"] if params.split == "both" else [params.split]
trained = {by: evaluation.judged_slices(slices, by, method, params, params.epochs) for by in wanted}
run.metric("resnet18.pretrained", int(start.pretrained), unit="count")
if start.source != "ImageNet":
    run.limitation(f"ResNet18 started from weights: {start}; the paper's had learned on ImageNet.")
run.say(sentences.start_of_training(start))

# %%
for by, result in trained.items():
    rows[f"ResNet18, folds by {by}"] = evaluation.spread_row(evaluation.fold_metrics(result.rows()))
    run.record(f"resnet18.{by}", evaluation.fold_results(result.rows()))
    run.design(f"resnet18.{by}", label=result.rows()["label"], fold=result.rows()["fold"])
pd.DataFrame({name: row for name, row in rows.items() if name.startswith("ResNet18")}).T[["accuracy", "auc"]]

# %% [markdown]
# ### Figure 5a: did it learn?

# %%
by, result = list(trained.items())[-1]
run.figure(
    figures.training_figure(result.history),
    "figure5a_training",
    result.history,
    paper="Figure 5a",
    caption=f"Training of ResNet18, folds by {by}: accuracy and loss",
)

# %%
late = evaluation.late_losses(result.history)
run.say(
    f"In the last fifth of the training the loss is {late['train']:.2f} on training batches, "
    f"{late['test']:.2f} on the held-out fold; guessing costs {np.log(2):.2f}. Where the test loss rises "
    "while the training loss falls, a network learns its training slices by heart; the paper saw this after "
    f"{run.published('discussion.resnet18.overfitting'):.0f} iterations."
)

# %% [markdown]
# ### Figure 5b: where did it look?
#
# A **class activation map** weighs the last feature maps by how much they speak for ABE. The paper's
# examples peak over the basal ganglia. We show four slices that are called correctly and with confidence,
# and then ask what four examples cannot answer: over *all* slices, is the map brighter in the middle than a
# network's that has learned nothing?

# %%
judged = result.rows()
confident = judged.loc[evaluation.most_confident(judged)]
figure5b = figures.activation_figure(slices, confident, evaluation.shown_maps(confident, params.image_size))
run.figure(figure5b, "figure5b_activation", paper="Figure 5b", caption="Class activation maps for ABE")

# %%
maps = {"trained": np.stack(judged["activation_map"]), "untrained": training.activation_maps(net, pixels)}
shares = {name: evaluation.central_share(one) for name, one in maps.items()}
run.record("resnet18.cam_central_share", shares)
run.say(
    f"The middle quarter of the picture holds the deep nuclei. It has {shares['trained'].value:.0%} of the "
    f"map's weight after training and {shares['untrained'].value:.0%} before; an even map would have 25 %. "
    "Only what training *adds* can be credited to it, and four hand-picked examples cannot show that."
)

# %% [markdown]
# ### Figure 6: who is misread?

# %%
figure6 = figures.misread_figure(slices, judged, evaluation.most_misread(judged))
run.figure(figure6, "figure6_misread", paper="Figure 6", caption="Slices that ResNet18 gets most wrong")

# %%
for by, result in trained.items():
    probability = evaluation.by_newborn(result.rows()).reindex(scores["participant_id"]).to_numpy()
    scores[f"resnet18_{by}"], scores[f"resnet18_{by}_call"] = probability, (probability > 0.5).astype(int)
    run.metric(f"resnet18.{by}.auc_by_newborn", metrics.delong_interval(truth, probability))

# %%
section(run, "What the network follows", groups | labels | folds)

# %% [markdown]
# The paper looks at such slices and finds a bright pallidum in the upper row and a plain one in the lower.
# Three examples of each fit many stories. If the network reads the pallidum, its probability must rise with
# GPnorm over *all* newborns:

# %%
follows = run.metric(
    "resnet18.gpnorm_correlation", metrics.spearman(table["gpnorm"], scores[f"resnet18_{by}"])
)
run.say(sentences.follows_the_pallidum(follows))

# %% [markdown]
# ## Side by side
#
# One row a method, as in Table 2. For the readers SD is over three people, for the network over folds; the
# ratio has neither, so we print its interval over newborns instead. Two rows are not in the paper: the ratio
# with an honest cut-off, and the network with honest folds. The paper's own three rows stand below ours.

# %%
section(run, "Comparison", groups | {"scan that one of the methods could judge": bool(rows)})

# %%
run.table(evaluation.table2(rows, run.published), "table2", caption="Table 2: three ways to read a scan")

# %% [markdown]
# ### Figure 4: confusion matrices and ROC curves
#
# To compare methods they must judge the same cases, so here every method judges *newborns*: readers by
# majority, the network by the mean of a newborn's slices. (The paper draws the ROC curve of its senior reader,
# "the best among the three"; choosing the best after the fact flatters, so ours is the majority.)

# %%
run.predictions(scores)
run.figure(
    figures.methods_figure(scores),
    "figure4_comparison",
    scores,
    paper="Figure 4",
    caption="Confusion matrices and ROC curves, one case a newborn",
)

# %% [markdown]
# Read the matrices by rows: a row is what the newborns *are*. A method can have a high sensitivity, or a high
# specificity, by calling everybody the same.

# %%
always = run.metric("baseline.always_abe.accuracy", float(truth.mean()), n=len(truth))
called = run.published("resnet18.slice.sensitivity") + 1 - run.published("resnet18.slice.specificity")
run.say(
    f"The paper's network called {called / 2:.0%} of its slices ABE, of which half were. Calling *every* newborn "
    f"ABE is right in {always:.0%} here. An accuracy means little without that number."
)

# %%
section(run, "Paired comparison", groups | labels | folds)

# %% [markdown]
# ### Which is better? Two ways to ask
#
# The paper compares accuracies with **chi-square** tests, as if each method had judged newborns of its own.
# All methods judged the *same* newborns, so the test that fits is paired: **McNemar's**, which looks only
# at the newborns on whom two methods disagree. Both are shown, without a correction for three comparisons, and
# beside them the p that the paper prints.

# %%
pairs = evaluation.compare_pairs(scores, f"resnet18_{wanted[0]}")
run.record("compare", evaluation.pair_results(pairs))
printed = {name: run.published(f"compare.{name}_p") for name in pairs}
side_by_side = evaluation.pairs_table(pairs, printed)
run.table(side_by_side, "comparison", caption="Accuracies of pairs of methods, newborns as cases")

# %%
contest = metrics.delong_test(truth, scores["gpnorm"], scores[f"resnet18_{wanted[-1]}"])
run.metric("compare.gpnorm_resnet18_auc_difference", contest.difference)
run.say(sentences.contest(contest.difference, wanted[-1]))

# %%
section(run, "What this can and cannot show")

# %% [markdown]
# ## What this can and cannot show

# %%
run.say(sentences.binormal_areas({name: run.published(f"{name}.auc") for name in ratios.RATIOS}))

# %% [markdown]
# **It can show** which of the paper's numbers fit together, and what an unpaired test, a cut-off chosen on its
# test cases and a split by slice do to a number, because here the truth is known. It can show what a reader
# limited by contrast alone should reach.
# **It cannot show** that the pallidum of real newborns behaves like this. The difference between the groups
# was put in, from the paper. Our newborns have one disease and no other; their scanner does not drift; the
# diagnosis has no error, while the clinical one depends on a score of crying, tone and alertness. The
# radiologists here see contrast and nothing else. The network learned, if it did, from simulated anatomy.
#
# **Where a claim needs patients**, the last column of the ledger says *in silico*. Run this notebook on a
# folder of your own with `neolab run wu2021 --data PATH`; the result class changes, and with it what may be
# said.

# %%
if all(truths.values()):
    run.limitation("The contrast between the groups is an input taken from the paper's group means and SDs.")
    run.limitation("Simulated readers see contrast only; the folds of the paper are not known.")
run.finish()

# %% [markdown]
# ### Try it yourself
#
# 1. Raise `epochs` to 20, or `learning_rate` to 0.003. Does the training loss fall below that of guessing? If
#    it does not, what is missing? With `weights = "imagenet"`, how far does accuracy by slice rise, and by
#    patient?
# 2. Set `n_subjects = 300`. Which intervals shrink, and by how much? What happens to the optimism of the
#    cut-off?
# 3. Adjust GPnorm for age *before* choosing the cut-off. Does it separate the groups better?
