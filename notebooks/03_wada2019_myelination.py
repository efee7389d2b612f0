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
# # How old is this brain? Reading age off myelin
#
# This lesson follows Wada and colleagues, *Convolutional neural networks for estimation of myelin maturation
# in infant brain* (arXiv preprint, 10 September 2019).
#
# In the first two years of life white matter gets its **myelin**: from below upwards, from behind forwards,
# from the middle outwards, and on time. It turns bright on T1-weighted images and, months later, dark on
# T2-weighted ones. A radiologist who knows the calendar can tell from ten pictures how old a brain looks,
# and so whether it is late.
#
# The paper trains a small network to do the same, on 119 infants. It reports two versions, a *simple model*
# and an *ensemble*, and says nothing of infants kept apart for testing. We build both, ask what they are
# worth on infants they have not seen, what simpler means achieve, and what they look at. Then we take the
# step that the paper only announces: a flag for delayed myelination.
#
# **What this lesson is not for.** The scans are simulated unless you give a folder of your own. Myelination
# follows published calendars, and every infant runs ahead of or behind its calendar by chance; no accuracy is
# built in. A result here tells whether the paper's claims hang together. It says nothing about patients.

# %% tags=["parameters"]
profile = "teach"  # smoke: seconds, for tests; teach: minutes; paper: the paper's own sizes
data = None  # a BIDS folder of real scans; None simulates a cohort
seed = 0
n_subjects = None  # None: the profile's value, here and below
image_size = None
epochs = None
batch_size = None
learning_rate = None
shared_branches = None  # one convolutional branch for all levels of a contrast, instead of five
n_folds = None
n_seeds = None
n_ages = None
n_delayed = None
n_bootstrap = None

# %%
import numpy as np
import torch

from neolab.learn.attribution import input_gradient, occlusion
from neolab.run import notebook
from neolab.run.sections import section
from neolab.studies.wada2019 import architecture, attribution, baselines, brain_figures, delay

run = notebook.start("wada2019", globals())
run

# %% [markdown]
# ## The infants
#
# The paper has 119 infants, 79 girls and 40 boys, from -1.71 to 23.54 months of **corrected age**: counted
# from the 40th week of pregnancy, so that a child born early is not held to a calendar it cannot keep. 95
# were scanned at 3 T, 24 at 1.5 T, with other sequences and other contrast.

# %%
from neolab.studies.wada2019 import data as reading
from neolab.studies.wada2019 import evaluation, figures, phantoms, sentences, training

params = run.params
cohort = reading.with_ages(run.cohort())
needs = reading.needs(cohort, params)
age = reading.ages(cohort.table)
cohort.table[[name for name in cohort.table if not name.startswith("latent_")]].head(3)

# %%
section(run, "Ages", needs["ages"])

# %%
run.figure(figures.ages_figure(age), "ages", {"corrected_age_months": age}, caption="Ages of the cohort")

# %%
run.metric("cohort.n", len(age), unit="count")
run.say(
    f"**{len(age)} infants** from {age.min():.2f} to {age.max():.2f} months, {np.mean(age < 12):.0%} of them "
    "in their first year. The paper prints the range but not the shape; few old and many young infants are "
    "our choice. It matters: an error in months means more at three months than at twenty."
)

# %% [markdown]
# ### Figure 1: the calendar
#
# One infant, simulated four times, at the five levels of the paper. Everything but age is the same.

# %%
section(run, "Figure 1", needs["simulation"])

# %%
fine = phantoms.protocols(in_plane_mm=1.4 if params.profile == "smoke" else 1.0)
calendar = phantoms.growing_infant([0, 3, 6, 12], params.image_size, fine, seed=params.seed)
rows = ["term", "3 months", "6 months", "12 months"]
t1, t2 = ([infant.slices[contrast] for infant in calendar] for contrast in (0, 1))
figure1 = brain_figures.age_panel(t1, rows, calendar[0].pixel_mm)
run.figure(
    figure1, "figure1_t1", paper="Figure 1", caption="T1: myelin turns bright, from the middle outwards"
)

# %% [markdown]
# At term only the brainstem, the deep grey nuclei and a spot in the posterior limb of the internal capsule are
# bright. By three months the tract from the motor cortex stands out in the centrum semiovale (d); by six the
# splenium is bright and most white matter is *as grey as cortex*: the **isointense** phase, in which the
# brain seems to lose its contrast. At twelve months white matter is bright to the periphery.
#
# Its twin in T2, which the paper does not show:

# %%
figure1b = brain_figures.age_panel(t2, rows, calendar[0].pixel_mm)
run.figure(figure1b, "figure1_t2", caption="T2: myelin turns dark, months later than it turns bright on T1")

# %% [markdown]
# At six months, when T1 is nearly silent in the hemispheres, T2 still shows bright unmyelinated white matter.
# At twelve it is T2 that is in its isointense phase. This is why the paper feeds both contrasts.

# %% [markdown]
# ### Five levels from a whole volume
#
# In the paper a neuroradiologist with 25 years of experience picked the slices. Ours are found from anatomy:
# the slice with most cerebellar white matter beside the brainstem (a), the one with most internal capsule and
# callosum (c), the first one above the ventricles and the callosum (d); (b) is half way between (a) and (c),
# (e) half way from (d) to the top.

# %%
section(run, "Five levels", needs["pictures"])

# %%
six = int(np.argmin(np.abs(age - 6)))
example = reading.read_scan(cohort, six)
levels, t1 = example.levels(), example.images[0]
found = brain_figures.level_figure(t1, example.voxel_mm, levels, "internal_capsule_and_splenium")
run.figure(found, "levels", caption=f"Levels found in an infant of {age[six]:.1f} months")

# %% [markdown]
# Pick a level and move it. Two slices are 11 mm: enough to lose the capsule.

# %%
contrasts = dict(zip(("T1", "T2"), example.images, strict=True))
brain_figures.level_picker(contrasts, example.voxel_mm, levels, footer=run.footer)

# %% [markdown]
# Each slice is cropped to the brain and resized to a small bitmap, as in the paper. Mind what that does:
# every brain then has the same size, and **size can no longer tell the age**. We keep a second set at one
# scale for all infants, to see what it is worth.

# %%
scans = reading.load(cohort, params)
run.say(sentences.pictures(len(age), params.image_size))

# %% [markdown]
# ## The network, layer by layer
#
# Figure 2 has ten branches, one a picture. The five of a contrast meet, then the two contrasts do. *Eight
# layers* are two convolutions and six dense layers on the way of one picture; the output unit is not counted.

# %%
section(run, "Network")

# %%
layers = architecture.layer_table(params.shared_branches)
run.table(layers, "network", caption="Figure 2 as a table, for pictures of 128 × 128 pixels")

# %%
maps, height, width = architecture.feature_maps()
counts = architecture.counts()
run.record("network", {"features_height": height, "features_width": width}, unit="pixels")
run.record("network", counts, unit="count")
separate, shared = counts["parameters"].values()
run.say(
    f"The feature map before the first dense layer is **{height} × {width} × {maps}**, as the paper says. "
    f"Whether the five branches of a contrast share their weights it does not say: separate ones, which the "
    f"figure draws, give {separate:,} parameters, shared ones {shared:,}. Either way there are "
    f"*tens of thousands of parameters for every infant*; {separate // 119:,} with the paper's 119."
)

# %% [markdown]
# ## Two models, tested twice
#
# **Model A** learns from all ages. **Model B** is two networks: one for infants up to 16 months, one from 8
# months on. In the eight months where both apply, the paper does not say who decides. Our rule looks only at
# the two estimates, never at the true age: their mean decides whether the younger network, the older one or
# the mean itself answers.
#
# Each is tested twice: on the infants it was trained on, which the paper's silence permits, and on infants
# in a fold that it never saw.

# %%
section(run, "Training", needs["models"])

# %%
folds = reading.age_folds(scans.table, params)
unseen = {
    "simple": training.on_unseen("simple", scans, folds, params, repeats=params.n_seeds, keep=True),
    "ensemble": training.on_unseen("ensemble", scans, folds, params, repeats=params.n_seeds),
}
learnt = {model: training.on_learnt_from(model, scans, params) for model in unseen}
cv, trained = ({model: one.column("estimate") for model, one in part.items()} for part in (unseen, learnt))

# %%
results = evaluation.scores_of_models(unseen, learnt, params)
run.record("", results, unit=evaluation.UNITS)
run.design("", truth=age)
table1 = evaluation.table1(results, run.published)
run.table(table1, "table1", caption="Table 1: estimates against corrected age")

# %%
error = {model: parts["cv"]["mae"] for model, parts in results.items()}
fitted = {model: parts["train"]["mae"].value for model, parts in results.items()}
run.say(
    f"On its own training infants model A is off by {fitted['simple']:.2f} months, on infants it has not "
    f"seen by **{error['simple']:.2f}**. Model B: {fitted['ensemble']:.2f} and **{error['ensemble']:.2f}**. The "
    "first number of each pair gets as small as one likes by training longer; only the second says something "
    "about the next infant. (Later work on the same 119 children did cross-validate, and reports "
    f"{evaluation.FOLLOW_UP_MAE_MONTHS} months with another network: Magn Reson Med Sci 2023;22:57.)"
)

# %% [markdown]
# **A puzzle in the paper.** The abstract and Table 1 print different correlations for the same two models.
# Square those of the table.

# %%
run.say(sentences.squares(run.published))

# %% [markdown]
# ### Figure 4: estimated against corrected age

# %%
tesla = reading.field_strengths(cohort.table)
run.figure(
    figures.agreement_figure(age, trained, cv, tesla),
    "figure4_scatter",
    evaluation.all_estimates(unseen, learnt),
    paper="Figure 4",
    caption="Estimated against corrected age, on training data and cross-validated",
    metrics=["simple.cv.mae", "ensemble.cv.mae"],
)

# %%
slope = {model: evaluation.residual_slope(age, estimate) for model, estimate in cv.items()}
by_year = evaluation.mae_by_year(age, cv["simple"])
for model in cv:
    run.metric(f"{model}.cv.residual_slope", slope[model], n=len(age), unit="months per month")
    run.metric(f"{model}.cv.spearman_p", evaluation.spearman_p(age, cv[model]), n=len(age))
run.record("simple.cv", {f"mae_{year}_year": value for year, value in by_year.items()}, unit="months")
run.predictions(evaluation.predictions(unseen, learnt))
guessing = np.abs(age - age.mean()).mean()
run.say(sentences.residuals(by_year, slope, error["simple"].value, guessing))

# %% [markdown]
# ### Nothing but the seed
#
# The same model, the same folds; only the initial weights and the order of the infants differ.

# %%
by_seed = {model: evaluation.mae_by_seed(trial) for model, trial in unseen.items()}
for model, errors in by_seed.items():
    run.metric(f"{model}.cv.mae_seed_sd", float(np.std(errors, ddof=1)), n=len(errors), unit="months")
run.say(sentences.seeds(by_seed))

# %% [markdown]
# ### Is the ensemble better?
#
# The paper's main claim. The same infants were judged by both, so the comparison is paired.

# %%
contest = evaluation.mae_difference(age, cv["ensemble"], cv["simple"], params)
run.metric("compare.ensemble_minus_simple_mae", contest, unit="months")
run.say(sentences.contest(contest, run.published))

# %% [markdown]
# ### Error by field strength
#
# The paper names its two scanners as a limitation: at 1.5 T contrast differs, and there are few such infants.

# %%
section(run, "Field strength", needs["scanners"])

# %%
found, table = evaluation.by_scanner(scans, tesla, cv, params)
run.record("", found, unit="months")
run.table(table, "field_strength", caption="Cross-validated error by scanner")

# %% [markdown]
# A bias that differs between the rows would say that the network takes one scanner's contrast for age. With
# so few infants at 1.5 T the intervals are wide; whether they share the network's errors is open.

# %% [markdown]
# ## Could something simpler do it?
#
# Before a network deserves credit it should beat what is nearly free:
#
# - **the mean age**, said of everybody;
# - **brain volume alone**, a parabola: no myelin at all;
# - **ten ratios**, white over grey signal at each level and contrast, in a ridge regression: myelin, but no
#   network (where the folder has tissue labels);
# - and the **network on pictures at one scale**, where brain size is left in.

# %%
section(run, "Baselines", needs["models"])

# %%
to_scale = training.on_unseen("simple", scans, folds, params, images=scans.images_to_scale)
rivals = baselines.estimates(scans, folds) | {"to_scale": to_scale.column("estimate")}
scored = {name: evaluation.scores(age, estimate, params) for name, estimate in rivals.items()}
run.record("baseline", scored, unit=evaluation.UNITS)
ranked = evaluation.ranked(error, {name: found["mae"] for name, found in scored.items()})
table = evaluation.estimates_table(ranked)
caption = "Cross-validated errors; networks of the paper in blue"
run.figure(figures.errors_figure(ranked), "baselines", table, caption=caption)

# %%
gains = {name: evaluation.mae_difference(age, cv["simple"], rivals[name], params) for name in rivals}
run.record("compare", {f"simple_minus_{name}_mae": gain for name, gain in gains.items()}, unit="months")
caption = "Paired differences in months, below zero: model A is better"
run.table(sentences.rivals_table(gains), "rivals", caption=caption)

# %%
run.say(sentences.rivals(gains, scored["brain_volume"]["mae"]))

# %% [markdown]
# **Is size really gone?** Take two infants of one age, one with the larger brain. A network that sees size
# should take it for the older one; a network whose pictures are matched for size should not care.

# %%
seen = evaluation.size_seen(scans, {"matched": cv["simple"], "to_scale": rivals["to_scale"]})
run.record("size", {f"{name}_spearman": value for name, value in seen.items()})
run.say(
    "Rank correlation of brain volume with the estimate, both beyond what age explains: "
    f"**{seen['to_scale']:.2f}** with brain size left in, **{seen['matched']:.2f}** with matched "
    f"pictures. Matching costs model A {gains['to_scale']:.2f} months of mean absolute error (below zero: it "
    "gains). Any study of *myelin* age that leaves size in its pictures may be reading a ruler."
)

# %% [markdown]
# ### What is the floor?
#
# In the simulation every infant's myelin runs ahead of or behind its birthday by chance. A perfect reader of
# myelin would still miss the *age* by that much. And the residual of a good reader should *be* that chance.

# %%
section(run, "Residuals explained", needs["myelin"])

# %%
offset = cohort.table["latent_myelin_age_offset_months"].to_numpy(float)
beyond = evaluation.beyond_age(age, cv["simple"])
caption = "Residuals of model A against the myelin age put in"
run.figure(figures.offset_figure(offset, beyond), "residuals_explained", caption=caption)

# %%
floor = run.metric("floor.mae", float(np.abs(offset).mean()), n=len(age), unit="months")
explained = run.metric("simple.cv.residual_offset_spearman", evaluation.spearman(offset, beyond))
run.say(sentences.floor(floor, explained))

# %% [markdown]
# ## What does the network look at?
#
# Two maps. The **gradient**: by how much would the estimate move if this pixel were a little brighter?
# **Occlusion**: by how much does it move when a patch is hidden? Maps alone prove little, so we need to
# know where they *should* be high. In a simulation we can ask: scan the same infant again with its myelin a
# month younger and a month older, and nothing else changed, not even the noise. What differs is the
# **myelination front**.

# %%
section(run, "Attribution", needs["phantoms"])

# %%
model_a, model_b = (learnt[model].fits[0, 0].network for model in ("simple", "ensemble"))
front_ages = [9.0] if params.profile == "smoke" else [3.0, 9.0, 16.0]
middle, fronts = phantoms.fronts(front_ages, params.image_size, params.seed)
gradients = input_gradient(model_a, torch.from_numpy(middle))
hidden = occlusion(model_a, torch.from_numpy(middle), patch=params.image_size // 4)
smooth = attribution.smoothed(gradients, params.image_size / 64)
nine = front_ages.index(9.0)
looks = figures.front_figure(middle[nine], fronts[nine], smooth[nine], front_ages[nine])
run.figure(looks, "attribution", caption="Where myelin changes a picture, and where model A looks")

# %% [markdown]
# Upper two rows: red turns brighter with a month of myelin, blue darker. Lower two: where the network's
# estimate is most sensitive. Do the rows of one contrast meet?

# %%
maps = {"change by myelin": fronts, "gradient": gradients, "occlusion": hidden}
shares = {name: attribution.share_by_slice(values) for name, values in maps.items()}
run.figure(
    figures.share_figure(shares),
    "attribution_shares",
    {name: share.ravel() for name, share in shares.items()},
    caption="Share of each level (a) to (e) and contrast, over all ages looked at",
)

# %%
on_front = [attribution.share_on_front(g, f) for g, f in zip(gradients, fronts, strict=True)]
foreseen = [attribution.foreseen_change(g, f) for g, f in zip(gradients, fronts, strict=True)]
agreement = evaluation.spearman(shares["change by myelin"].ravel(), shares["occlusion"].ravel())
run.metric("attention.share_on_front", float(np.mean(on_front)), n=len(on_front))
run.metric("attention.slice_agreement", agreement.value, n=agreement.n)
run.say(
    f"The tenth of the pixels that changes most with myelin holds **{np.mean(on_front):.0%}** of the "
    "gradient (10 % if the network did not care). To first order a month of myelin moves its estimate by "
    + ", ".join(f"{value:+.2f} at {m:.0f}" for value, m in zip(foreseen, front_ages, strict=True))
    + " months; a faithful reader of myelin would say +1. A network whose gradient is spread over the whole "
    "head reads texture, shape and folding as well."
)

# %% [markdown]
# ### Myelin or anatomy?
#
# In a cohort brain and myelin age together. In a simulation they can be moved **one at a time**: the myelin
# of an infant of 12 months set back or ahead, or the brain of any age given the myelin of 12 months.

# %%
section(run, "Myelin or anatomy", needs["phantoms"])

# %%
fixed = 12.0
months = np.round(np.linspace(-1.5, 23.5, params.n_ages), 1)
series = phantoms.moved_apart(months, fixed, params.image_size, params.seed)
responses = {
    name: (moved, training.predict(model_a, phantoms.pictures(seen)))
    for name, (moved, seen) in series.items()
}
run.figure(
    figures.response_figure(responses, fixed),
    "response",
    evaluation.lines_table(responses),
    caption="Estimate of model A when brain and myelin are moved together or one at a time",
)

# %%
together, myelin, anatomy = (float(np.polyfit(*line, 1)[0]) for line in responses.values())
slopes = {"together_slope": together, "myelin_slope": myelin, "anatomy_slope": anatomy}
run.record("response", slopes, unit="months per month")
run.say(
    f"When both age, the estimate of model A rises by {together:.2f} months a month. Myelin alone moves it "
    f"by **{myelin:.2f}**, the rest of the head (folding, shape, water, the skull in the corner) by "
    f"**{anatomy:.2f}**. Only what follows myelin would show a *delay* of it. A cohort in which every "
    "child is on time cannot teach a network the difference."
)

# %% [markdown]
# ### Any age, either contrast
#
# The same infant from before term to two years, with the estimates of both models beside it. All ages were
# rendered above and are drawn now, so that the slider answers at once.

# %%
section(run, "Age slider", needs["phantoms"])

# %%
growing = series["brain and myelin together"][1]
curves = {
    name: training.predict(network, phantoms.pictures(growing))
    for name, network in (("model A", model_a), ("model B", model_b))
}
stack, pixel_mm = [infant.slices for infant in growing], growing[0].pixel_mm
brain_figures.age_slider(stack, pixel_mm, months, curves, footer=run.footer)

# %% [markdown]
# On paper, one position of the slider:

# %%
at = int(np.argmin(np.abs(months - 6)))
title = f"T2, {months[at]:.1f} months"
static = brain_figures.age_figure(stack[at][1], pixel_mm, months[at], curves, months, title=title)
caption = "The growing infant in T2, and the estimates of both models for every age"
run.figure(static, "age_slider", {"months": months, **curves}, caption=caption)

# %% [markdown]
# ## The step that the paper announces: is this child late?
#
# *"As a next step, we are preparing for a pipeline that extracts the input data from whole brain MR images,
# estimates the myelination age [...] and evaluates the delay of myelination."* Here it is, for one infant of
# the cohort: volume, levels, age, and where that lies among infants of the same age. The **normal range**
# comes from cross-validated estimates; on training data it would be far too narrow and flag too many.

# %%
section(run, "Delay flag", needs["models"])

# %%
normal = delay.NormalRange.of(age, cv["simple"])
who = 0
network = unseen["simple"].fits[0, unseen["simple"].fold_of()[who]].network  # has not seen this infant
found = delay.assess(reading.read_scan(cohort, who), age[who], network, normal, params.image_size)
run.say(sentences.assessment(cohort.table["participant_id"][who], age[who], found))

# %%
flagged = normal.z(age, cv["simple"]) < delay.FIFTH_PERCENTILE
limit = normal.expected(12.0) + delay.FIFTH_PERCENTILE * normal.sd(12.0)
run.metric("delay.flagged_normal_share", float(flagged.mean()), n=len(age))
run.metric("delay.normal_sd_12_months", float(normal.sd(12.0)), n=len(age), unit="months")
run.say(
    f"The flag is raised below the 5th percentile: at 12 months below {limit:.1f} "
    f"months (SD {normal.sd(12.0):.1f}). By construction about 5 % of normal infants are flagged, here "
    f"{flagged.mean():.0%}."
)

# %% [markdown]
# ### How steady must the hand be?
#
# The levels above come from a map of tissues, which a clinic does not have. Given only a mask of the brain,
# the levels can be placed at fixed shares of its height. The same networks, the same unseen infants:

# %%
section(run, "Levels without labels", needs["labels"])

# %%
apart = (scans.levels_by_height - scans.levels).abs().to_numpy()
by_height = training.reread(unseen["simple"], scans.images_by_height)
moves = float(np.abs(by_height - cv["simple"]).mean())
cost = evaluation.mae_difference(age, by_height, cv["simple"], params)
run.metric("levels.slices_apart", float(apart.mean()), n=len(age), unit="slices")
run.metric("levels.estimate_moves", moves, n=len(age), unit="months")
run.metric("compare.by_height_minus_anatomy_mae", cost, unit="months")
run.say(
    f"Placed by height, a level lies {apart.mean():.1f} slices from the anatomical one "
    f"({(apart == 0).mean():.0%} in the same slice). The estimate moves by {moves:.1f} months "
    f"on average, and the mean absolute error changes by **{cost:.2f} months**."
)

# %% [markdown]
# ### A child with delayed myelination
#
# An infant of 12 months, scanned twice: with its myelin on time, and with myelin 8 months late. Nothing else
# differs. Each volume goes through the whole pipeline.

# %%
section(run, "Delayed infants", needs["phantoms"])

# %%
verdicts, cut, pixel_mm = delay.assess_twins(fixed, 8.0, model_a, normal, params)
rows = [f"{contrast}\n{name}" for contrast in ("T1", "T2") for name in verdicts]
panel = brain_figures.age_panel([twin[contrast] for contrast in (0, 1) for twin in cut], rows, pixel_mm)
run.figure(panel, "delayed_infant", caption="One infant of 12 months, its myelin on time and 8 months late")

# %%
on_time, late = (verdict.z for verdict in verdicts.values())
run.record("delay", {"example_on_time_z": on_time, "example_late_z": late})
run.say(sentences.twins(verdicts))

# %% [markdown]
# More infants of 12 months, with myelin set back by 0 to 8 months. Who is flagged?

# %%
delays = [0.0, 2.0, 4.0, 6.0, 8.0]
infants = [phantoms.infant(fixed, params.seed + k) for k in range(params.n_delayed)]
late = phantoms.scan_all([(one, [fixed - d for d in delays]) for one in infants], params.image_size)
scores = delay.late_infants(late, delays, fixed, model_a, normal)
first = scores[(scores["infant"] == 0) & scores["delay_months"].isin([0, 4, 8])]
cases = {f"{row.delay_months:.0f} months late": (fixed, row.estimate) for row in first.itertuples()}
ranges = figures.delay_figure(normal, age, cv["simple"], cases)
caption = "One infant of 12 months with myelin on time and delayed, model A"
run.figure(ranges, "delay", scores, caption=caption)

# %%
by_delay = delay.by_delay(scores)
shares = {f"flagged_share_{d:.0f}_months": float(share) for d, share in by_delay["flagged"].items()}
run.record("delay", shares, n=params.n_delayed)
per_month = float(np.polyfit(scores["delay_months"], scores["estimate"], 1)[0])
run.metric("delay.estimate_per_month", per_month, unit="months per month")
run.table(by_delay, "delayed", caption="Infants of 12 months with delayed myelin: mean estimate and flags")

# %%
run.say(sentences.needed_delay(per_month, normal, fixed))

# %% [markdown]
# ## What this can and cannot show
#
# **It can show** what the paper's network and its two models are worth on infants not used in training, when
# myelin follows published calendars and scatters; how much of an 'error' is biology; what brain size alone
# gives away; and that a good fit to age need not mean a good eye for delay.
#
# **It cannot show** how well any of this works in patients. Our infants have textbook calendars and a
# scatter that we chose (0.6 months at term, 3 at two years); no sick child, no motion, two scanners without
# drift. Real radiologists pick slices by eye. The network's pictures are coarser than the paper's unless you
# run the profile `paper`, and it trains for fewer epochs on fewer infants.
#
# **Where a claim needs patients**, the ledger says *in silico*. With a folder of your own,
# `neolab run wada2019 --data PATH`, the result class changes, and with it what may be said.

# %%
section(run, "Limits")

# %%
run.limitation(
    "The scatter of myelin age around corrected age is a design value; it sets the floor of all errors."
)
run.limitation("The paper describes no split; its numbers are set beside cross-validated ones.")
if params.epochs < 1000 or params.image_size < 128:
    run.limitation(
        f"{params.epochs} epochs, pictures of {params.image_size} pixels a side; the paper has 1000 and 128."
    )
run.finish()

# %% [markdown]
# ### Try it yourself
#
# 1. Set `shared_branches = True`. A fifth of the parameters: is it better on infants not seen?
# 2. Set `epochs = 100`. What happens to the error on the training infants, what to the cross-validated one?
# 3. Which level could be left out? Use the shares above to guess, then set its pictures to zero and train
#    again.
# 4. Move one level of an infant by two slices and estimate its age again. Which level asks for the steadiest
#    hand?
