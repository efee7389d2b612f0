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
import pandas as pd
from IPython.display import Markdown

from neolab.claims.load import load_study
from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("wada2019", globals())
run

# %% [markdown]
# ## The infants
#
# The paper has 119 infants, 79 girls and 40 boys, from -1.71 to 23.54 months of **corrected age**: counted
# from the 40th week of pregnancy, so that a child born early is not held to a calendar it cannot keep. 95
# were scanned at 3 T, 24 at 1.5 T, with other sequences and other contrast.

# %%
params = run.params
cohort = run.cohort()
paper = {claim.id.removeprefix("wada2019."): claim.value for claim in load_study("wada2019").claims}
simulated = {"simulated infants": run.result_class.value == "synthetic"}
aged = {"column corrected_age_months": "corrected_age_months" in cohort.table}
placed = {"label map or brain mask": cohort.has("dseg") or cohort.has("brain_mask")}
labelled = {"tissue labels": cohort.has("dseg")}
cohort.table[[name for name in cohort.table if not name.startswith("latent_")]].head(3)

# %%
section(run, "Ages", aged)

# %%
from neolab.viz.style import figure

cohort = cohort.select(cohort.table["corrected_age_months"].notna())
age = cohort.table["corrected_age_months"].to_numpy(float)
field = (
    cohort.table["field_strength_tesla"].to_numpy(float) if "field_strength_tesla" in cohort.table else None
)
ages_figure, axes = figure(5.6, 2.2)
axes.hist(age, bins=np.arange(-2, 25, 1.0), color="#0072B2")
axes.set(xlabel="corrected age (months)", ylabel="infants")
axes.yaxis.get_major_locator().set_params(integer=True)
run.figure(ages_figure, "ages", {"corrected_age_months": age}, caption="Ages of the cohort")

# %%
run.metric("cohort.n", len(age), unit="count")
Markdown(
    f"**{len(age)} infants** from {age.min():.2f} to {age.max():.2f} months, {np.mean(age < 12):.0%} of them "
    "in their first year. The paper prints the range but not the shape; few old and many young infants are "
    "our choice. It matters: an error in months means more at three months than at twenty."
)

# %% [markdown]
# ### Figure 1: the calendar
#
# One infant, simulated four times, at the five levels of the paper. Everything but age is the same.

# %%
section(run, "Figure 1", simulated)

# %%
from neolab.studies.wada2019 import phantoms
from neolab.studies.wada2019.level_figures import age_panel

fine = phantoms.protocols(in_plane_mm=1.4 if params.profile == "smoke" else 1.0)
calendar = phantoms.growing_infant([0, 3, 6, 12], params.image_size, fine, seed=params.seed)
rows = ["term", "3 months", "6 months", "12 months"]
figure1 = age_panel([infant.slices[0] for infant in calendar], rows, calendar[0].pixel_mm)
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
figure1b = age_panel([infant.slices[1] for infant in calendar], rows, calendar[0].pixel_mm)
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
section(run, "Five levels", aged | placed)

# %%
from neolab.studies.wada2019.examination import examine, read_volumes
from neolab.studies.wada2019.level_figures import level_figure, level_picker

six = int(np.argmin(np.abs(age - 6)))
volumes = read_volumes(cohort, six)
levels = volumes.levels()
found = level_figure(volumes.images[0], volumes.voxel_mm, levels, "internal_capsule_and_splenium")
run.figure(found, "levels", caption=f"Levels found in an infant of {age[six]:.1f} months")

# %% [markdown]
# Pick a level and move it. Two slices are 11 mm: enough to lose the capsule.

# %%
level_picker(
    dict(zip(("T1", "T2"), volumes.images, strict=True)), volumes.voxel_mm, levels, footer=run.footer
)

# %% [markdown]
# Each slice is cropped to the brain and resized to a small bitmap, as in the paper. Mind what that does:
# every brain then has the same size, and **size can no longer tell the age**. We keep a second set at one
# scale for all infants, to see what it is worth.

# %%
examination = examine(cohort, params.image_size)
Markdown(
    f"{len(age)} × 2 contrasts × 5 levels = {len(age) * 10} pictures of {params.image_size} × "
    f"{params.image_size} pixels"
    + (" (the paper: 128 × 128)." if params.image_size != 128 else ", as in the paper.")
)

# %% [markdown]
# ## The network, layer by layer
#
# Figure 2 has ten branches, one a picture. The five of a contrast meet, then the two contrasts do. *Eight
# layers* are two convolutions and six dense layers on the way of one picture; the output unit is not counted.

# %%
section(run, "Network")

# %%
from neolab.studies.wada2019.layers import depth, feature_map_shape, layer_table
from neolab.studies.wada2019.network import MyelinAgeNetwork

layers = layer_table(params.shared_branches)
run.table(layers, "network", caption="Figure 2 as a table, for pictures of 128 × 128 pixels")

# %%
maps, height, width = feature_map_shape()
counts = depth(MyelinAgeNetwork())
total = {shared: layer_table(shared).eval("parameters * copies").sum() for shared in (False, True)}
run.metric("network.features_height", height, unit="pixels")
run.metric("network.features_width", width, unit="pixels")
run.metric("network.convolutions", counts["convolutions"], unit="count")
run.metric("network.dense_layers", counts["dense_layers"], unit="count")
run.metric("network.parameters.independent", int(total[False]), unit="count")
run.metric("network.parameters.shared", int(total[True]), unit="count")
Markdown(
    f"The feature map before the first dense layer is **{height} × {width} × {maps}**, as the paper says. "
    f"Whether the five branches of a contrast share their weights it does not say: separate ones, which the "
    f"figure draws, give {total[False]:,} parameters, shared ones {total[True]:,}. Either way there are "
    f"*tens of thousands of parameters for every infant*; {total[False] // 119:,} with the paper's 119."
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
section(run, "Training", aged | placed)

# %%
from neolab.studies.wada2019.cross_validation import age_folds, evaluate
from neolab.studies.wada2019.fit import Recipe

gpu = run.device == "cuda"  # 16-bit arithmetic there
recipe = Recipe(params.epochs, params.batch_size, params.learning_rate, params.shared_branches, gpu)
folds = age_folds(cohort.table, age, params.n_folds, params.seed)
seeds = [params.seed + k for k in range(params.n_seeds)]
evaluation = evaluate(examination.images, age, folds, recipe, seeds=seeds[:1])
again = evaluate(
    examination.images, age, folds, recipe, models=["simple"], seeds=seeds[1:], on_all=False, keep=False
)

# %%
from neolab.metrics.regression import regression_metrics

names = {"simple": "model A, all ages", "ensemble": "model B, two ranges"}
wanted = {"spearman": "Spearman", "pearson": "Pearson", "rmse": "RMSE (months)", "mae": "MAE (months)"}
results = {}
for model in names:
    for trained_on, test in ((True, "train"), (False, "cv")):
        table = evaluation.of(model, trained_on=trained_on)
        found = regression_metrics(
            table["truth"], table["estimate"], n_resamples=params.n_bootstrap, seed=params.seed
        )
        results[model, test] = found
        for name, estimate in found.items():
            unit = "1" if name in ("spearman", "pearson") else "months"
            run.metric(f"{model}.{test}.{name}", estimate, unit=unit)

# %%
rows = {
    f"{names[model]}: {'trained on the same infants' if test == 'train' else 'cross-validated'}": {
        title: f"{found[name]:.2f}" for name, title in wanted.items()
    }
    for (model, test), found in results.items()
}
for model in names:
    printed = [paper.get(f"table1.{model}.{name}") for name in ("correlation", None, "rmse", "mae")]
    texts = ["" if value is None else f"{value:g}" for value in printed]
    rows[f"paper, Table 1, {model} model"] = dict(zip(wanted.values(), texts, strict=True))
run.table(pd.DataFrame(rows).T, "table1", caption="Table 1: estimates against corrected age")

# %%
follow_up_mae = 0.98  # months, four folds, the same 119 children: Magn Reson Med Sci 2023;22:57
train, unseen = ({model: results[model, test]["mae"] for model in names} for test in ("train", "cv"))
Markdown(
    f"On its own training infants model A is off by {train['simple'].value:.2f} months, on infants it has not "
    f"seen by **{unseen['simple']:.2f}**. Model B: {train['ensemble'].value:.2f} and "
    f"**{unseen['ensemble']:.2f}**. The first number of each pair gets as small as one likes by training "
    "longer; only the second says something about the next infant. (Later work on the same 119 children did "
    f"cross-validate, and reports {follow_up_mae} months with another network: Magn Reson Med Sci 2023;22:57.)"
)

# %% [markdown]
# **A puzzle in the paper.** The abstract and Table 1 print different correlations for the same two models.
# Square those of the table.

# %%
squares = [
    f"{paper[f'table1.{model}.correlation']}² = {paper[f'table1.{model}.correlation'] ** 2:.3f}, and the "
    f"abstract has {paper[f'abstract.{model}.correlation']}"
    for model in names
]
Markdown(
    "; ".join(squares)
    + ". What the abstract calls the *coefficient of correlation* is the square of the coefficient in Table 1. "
    f"The two MAEs of the simple model, {paper['abstract.simple.mae']} and {paper['table1.simple.mae']}, remain "
    "unexplained."
)

# %% [markdown]
# ### Figure 4: estimated against corrected age

# %%
from neolab.viz.regression import show_estimates, show_residuals

cv = {model: evaluation.of(model) for model in names}
figure4, panels = figure(9.6, 6.6, 2, 3)
for panel_row, model in zip(panels, names, strict=True):
    learnt = evaluation.of(model, trained_on=True)
    truth, estimate = cv[model]["truth"], cv[model]["estimate"]
    show_estimates(
        panel_row[0], learnt["truth"], learnt["estimate"], field, title=f"{names[model]}: training"
    )
    show_estimates(panel_row[1], truth, estimate, field, title="cross-validated")
    show_residuals(panel_row[2], truth, estimate, field, title="its residuals")
reach = 1.08 * max((table["estimate"] - table["truth"]).abs().max() for table in cv.values())
for panel in panels[:, 2]:
    panel.set_ylim(-reach, reach)
table4 = pd.concat([evaluation.estimates, again.estimates], ignore_index=True)
run.figure(
    figure4,
    "figure4_scatter",
    table4,
    paper="Figure 4",
    caption="Estimated against corrected age, on training data and cross-validated",
    metrics=["simple.cv.mae", "ensemble.cv.mae"],
)

# %%
slope = {model: np.polyfit(t["truth"], t["estimate"] - t["truth"], 1)[0] for model, t in cv.items()}
for model, value in slope.items():
    run.metric(f"{model}.cv.residual_slope", float(value), n=len(age), unit="months per month")
residual = (cv["simple"]["estimate"] - cv["simple"]["truth"]).abs()
by_year = {"first": float(residual[age < 12].mean()), "second": float(residual[age >= 12].mean())}
for year, value in by_year.items():
    run.metric(f"simple.cv.mae_{year}_year", value, unit="months")
guessing = float(np.abs(age - age.mean()).mean())
wider = (
    "Older infants are harder, for two honest reasons: late in the second year there is little left to see, "
)
wider += "and infants of one age differ more. "
Markdown(
    "Left, the infants that the model learnt from; middle, infants that it had not seen. There model A is off "
    f"by {by_year['first']:.2f} months up to the first birthday and by {by_year['second']:.2f} after it. "
    + (wider if by_year["second"] > 1.2 * by_year["first"] else "")
    + (
        "With so few infants and epochs it has hardly learnt anything beyond the mean age. "
        if unseen["simple"].value > 0.8 * guessing
        else ""
    )
    + "Right: a falling residual means the old are taken for younger and the young for older, "
    f"{slope['simple']:+.2f} months a month for model A and {slope['ensemble']:+.2f} for model B."
)

# %%
from scipy.stats import spearmanr

for model, table in cv.items():
    run.metric(
        f"{model}.cv.spearman_p", float(spearmanr(table["truth"], table["estimate"]).pvalue), n=len(age)
    )
predictions = cohort.table[["participant_id", "session_id"]].assign(corrected_age_months=age)
for model, table in cv.items():
    predictions[f"{model}_cv"] = table["estimate"]
    predictions[f"{model}_train"] = evaluation.of(model, trained_on=True)["estimate"]
run.predictions(predictions)

# %% [markdown]
# ### Nothing but the seed
#
# The same model, the same folds; only the initial weights and the order of the infants differ.

# %%
from neolab.metrics.regression import mae

by_seed = {seeds[0]: evaluation, **{one: again for one in seeds[1:]}}
errors = {one: mae(*by_seed[one].of("simple", one)[["truth", "estimate"]].to_numpy().T) for one in seeds}
spread = float(np.std(list(errors.values()), ddof=1))
run.metric("simple.cv.mae_seed_sd", spread, n=len(seeds), unit="months")
difference = results["ensemble", "cv"]["mae"].value - results["simple", "cv"]["mae"].value
Markdown(
    "Mean absolute error by seed: "
    + ", ".join(f"{value:.2f}" for value in errors.values())
    + f" (SD {spread:.2f} months, {len(seeds)} seeds). Model B minus model A: {difference:+.2f} months. A "
    "difference between models that is not clearly larger than that between seeds is no finding."
)

# %% [markdown]
# ### Is the ensemble better?
#
# The paper's main claim. The same infants were judged by both, so the comparison is paired.

# %%
from neolab.studies.wada2019.baselines import mae_difference

truth = cv["simple"]["truth"]
contest = mae_difference(
    truth, cv["ensemble"]["estimate"], cv["simple"]["estimate"], n_resamples=params.n_bootstrap
)
run.metric("compare.ensemble_minus_simple_mae", contest, unit="months")
verdict = "better" if contest.high < 0 else "worse" if contest.low > 0 else "neither clearly better nor worse"
Markdown(
    f"Ensemble minus simple model: **{contest:.2f} months**. On infants not seen the ensemble is {verdict} "
    f"here. Its gain in the paper, {paper['table1.simple.mae']} to {paper['table1.ensemble.mae']} months, was "
    "measured on the data that both learnt from, as far as we can tell, and each half of an ensemble has fewer "
    "infants to learn by heart."
)

# %% [markdown]
# ### Error by field strength
#
# The paper names its two scanners as a limitation: at 1.5 T contrast differs, and there are few such infants.

# %%
section(run, "Field strength", aged | placed | {"field strengths": field is not None})

# %%
strengths = {f"{value:g} T": np.flatnonzero(field == value) for value in sorted(set(field))[::-1]}
lines = []
for name, members in strengths.items():
    for model, table in cv.items():
        here = table.iloc[members]
        found = regression_metrics(
            here["truth"], here["estimate"], n_resamples=params.n_bootstrap, seed=params.seed
        )
        key = name.split()[0].replace(".", "p")
        run.metric(f"{model}.cv.mae_{key}t", found["mae"], unit="months")
        run.metric(f"{model}.cv.bias_{key}t", found["bias"], unit="months")
        lines.append(
            {
                "scanner": name,
                "model": names[model],
                "infants": len(members),
                "MAE (months)": f"{found['mae']:.2f}",
                "bias (months)": f"{found['bias']:.2f}",
            }
        )
run.table(pd.DataFrame(lines), "field_strength", caption="Cross-validated error by scanner")

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
#   network;
# - and the **network on pictures at one scale**, where brain size is left in.

# %%
section(run, "Baselines", aged | placed | labelled)

# %%
from neolab.studies.wada2019 import baselines
from neolab.viz.regression import show_errors

to_scale = evaluate(
    examination.images_to_scale,
    age,
    folds,
    recipe,
    models=["simple"],
    seeds=seeds[:1],
    on_all=False,
    keep=False,
)
rivals = {
    "mean_age": baselines.mean_age(age, folds),
    "brain_volume": baselines.brain_volume(age, examination.brain_volume_ml, folds),
    "ratio_ridge": baselines.ratio_ridge(age, examination.ratios, folds),
    "to_scale": to_scale.of("simple")["estimate"].to_numpy(),
}
titles = {
    "mean_age": "mean age",
    "brain_volume": "brain volume alone",
    "ratio_ridge": "ten white/grey ratios, ridge",
    "to_scale": "model A, brain size left in",
}
networks = {name: results[model, "cv"]["mae"] for model, name in names.items()}
errors = {}
for key, estimate in rivals.items():
    found = regression_metrics(age, estimate, n_resamples=params.n_bootstrap, seed=params.seed)
    errors[titles[key]] = found["mae"]
    for name in ("mae", "rmse", "spearman"):
        run.metric(f"baseline.{key}.{name}", found[name], unit="1" if name == "spearman" else "months")
ranked = dict(sorted((errors | networks).items(), key=lambda item: item[1].value))
figure_rivals, axes = figure(6.4, 2.6)
show_errors(axes, ranked, highlight=list(networks))
run.figure(
    figure_rivals,
    "baselines",
    pd.DataFrame({name: {"mae": e.value, "low": e.low, "high": e.high} for name, e in ranked.items()}).T,
    caption="Cross-validated errors; networks of the paper in blue",
)

# %%
lines, words = [], []
for key, estimate in rivals.items():
    gain = mae_difference(age, cv["simple"]["estimate"], estimate, n_resamples=params.n_bootstrap)
    run.metric(f"compare.simple_minus_{key}_mae", gain, unit="months")
    call = "better" if gain.high < 0 else "worse" if gain.low > 0 else "not clearly different"
    lines.append({"model A against": titles[key], "MAE difference": f"{gain:.2f}", "model A is": call})
    words.append(f"{call} than {titles[key]}" if "clearly" not in call else f"{call} from {titles[key]}")
run.table(
    pd.DataFrame(lines), "rivals", caption="Paired differences in months, below zero: model A is better"
)

# %%
size_cost = mae_difference(age, cv["simple"]["estimate"], rivals["to_scale"], n_resamples=params.n_bootstrap)
Markdown(
    "Cross-validated, model A is "
    + "; ".join(words)
    + ". Brain volume alone, without a glance at myelin, is "
    f"off by {errors['brain volume alone']:.2f} months. If the ridge regression on ten ratios is at the top of "
    "the figure, the network has not earned its parameters with this many infants and epochs."
)

# %% [markdown]
# **Is size really gone?** Take two infants of one age, one with the larger brain. A network that sees size
# should take it for the older one; a network whose pictures are matched for size should not care.

# %%
from neolab.metrics.regression import spearman


def beyond_age(values):
    """What a parabola in age leaves over."""
    return values - np.polyval(np.polyfit(age, values, 2), age)


volume = beyond_age(examination.brain_volume_ml)
size_seen = {
    "matched": spearman(volume, beyond_age(cv["simple"]["estimate"])),
    "to_scale": spearman(volume, beyond_age(rivals["to_scale"])),
}
for name, value in size_seen.items():
    run.metric(f"size.{name}_spearman", value)
Markdown(
    "Rank correlation of brain volume with the estimate, both beyond what age explains: "
    f"**{size_seen['to_scale']:.2f}** with brain size left in, **{size_seen['matched']:.2f}** with matched "
    f"pictures. Matching costs model A {size_cost:.2f} months of mean absolute error (below zero: it gains). Any "
    "study of *myelin* age that leaves size in its pictures may be reading a ruler."
)

# %% [markdown]
# ### What is the floor?
#
# In the simulation every infant's myelin runs ahead of or behind its birthday by chance. A perfect reader of
# myelin would still miss the *age* by that much. And the residual of a good reader should *be* that chance.

# %%
section(
    run,
    "Residuals explained",
    aged | placed | {"simulated myelin ages": "latent_myelin_age_offset_months" in cohort.table},
)

# %%
offset = cohort.table["latent_myelin_age_offset_months"].to_numpy(float)
floor = float(np.abs(offset).mean())
run.metric("floor.mae", floor, n=len(age), unit="months")
estimate = cv["simple"]["estimate"]
beyond = estimate - np.polyval(np.polyfit(age, estimate, 2), age)  # what age itself does not explain
residuals, axes = figure(3.8, 3.4)
axes.scatter(offset, beyond, s=14, color="#0072B2")
axes.axline((0, 0), slope=1, color="0.7", lw=1)
axes.set(xlabel="myelin ahead of age (months, put in)", ylabel="estimate beyond its age (months)")
run.figure(residuals, "residuals_explained", caption="Residuals of model A against the myelin age put in")

# %%
explained = spearman(offset, beyond)
run.metric("simple.cv.residual_offset_spearman", explained)
Markdown(
    f"A perfect reader of myelin would have a mean absolute error of **{floor:.2f} months** against age"
    + (
        f". That is more than the {follow_up_mae} months reported for real infants: our scatter is on the wide "
        "side, or their network read more than myelin. "
        if floor > follow_up_mae
        else ". "
    )
    + f"What model A says beyond the mean for an age follows the myelin that was put in with a rank correlation "
    f"of {explained:.2f}. As far as it follows, the 'error' is biology, the very thing a delay flag is after; "
    "the rest is the network's own."
)

# %% [markdown]
# ## What does the network look at?
#
# Two maps. The **gradient**: by how much would the estimate move if this pixel were a little brighter?
# **Occlusion**: by how much does it move when a patch is hidden? Maps alone prove little, so we need to
# know where they *should* be high. In a simulation we can ask: scan the same infant again with its myelin a
# month younger and a month older, and nothing else changed, not even the noise. What differs is the
# **myelination front**.

# %%
section(run, "Attribution", aged | placed | simulated)

# %%
import torch

from neolab.studies.wada2019 import attribution
from neolab.studies.wada2019.age_figures import front_figure, share_figure

model_a = evaluation.fits["simple", seeds[0], -1]
model_b = evaluation.fits["ensemble", seeds[0], -1]
front_ages = [9.0] if params.profile == "smoke" else [3.0, 9.0, 16.0]
shown = front_ages.index(9.0)
triples = phantoms.scan_all(
    [(phantoms.infant(m, params.seed), [m - 1, m, m + 1]) for m in front_ages], params.image_size
)
middle = torch.from_numpy(np.stack([triple[1].pictures for triple in triples]))
fronts = np.stack([attribution.myelin_front(t[0].pictures, t[2].pictures, 2) for t in triples])
gradients = attribution.input_gradient(model_a.network, middle)
hidden = attribution.occlusion(model_a.network, middle, patch=params.image_size // 4)
smooth = attribution.smoothed(gradients, params.image_size / 64)
figure_front = front_figure(middle[shown].numpy(), fronts[shown], smooth[shown], front_ages[shown])
run.figure(figure_front, "attribution", caption="Where myelin changes a picture, and where model A looks")

# %% [markdown]
# Upper two rows: red turns brighter with a month of myelin, blue darker. Lower two: where the network's
# estimate is most sensitive. Do the rows of one contrast meet?

# %%
shares = {
    "change by myelin": attribution.share_by_slice(fronts),
    "gradient": attribution.share_by_slice(gradients),
    "occlusion": attribution.share_by_slice(hidden),
}
run.figure(
    share_figure(shares),
    "attribution_shares",
    pd.DataFrame({name: share.ravel() for name, share in shares.items()}),
    caption="Share of each level (a) to (e) and contrast, over all ages looked at",
)

# %%
on_front = [attribution.share_on_front(g, f) for g, f in zip(gradients, fronts, strict=True)]
foreseen = [attribution.foreseen_change(g, f) for g, f in zip(gradients, fronts, strict=True)]
run.metric("attention.share_on_front", float(np.mean(on_front)), n=len(on_front))
agreement = spearman(shares["change by myelin"].ravel(), shares["occlusion"].ravel())
run.metric("attention.slice_agreement", agreement.value, n=agreement.n)
Markdown(
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
section(run, "Myelin or anatomy", aged | placed | simulated)

# %%
from neolab.studies.wada2019.age_figures import response_figure

fixed = 12.0
months = np.round(np.linspace(-1.5, 23.5, params.n_ages), 1)
moved = np.linspace(2, 22, 6)
orders = [(phantoms.infant(fixed, params.seed), moved)]  # the longest first
orders += [(phantoms.infant(m, params.seed), [m, fixed]) for m in months]
myelin_moved, *growing = phantoms.scan_all(orders, params.image_size)


def ages_of(model, scans):
    """Estimates of one model for several made-to-order scans."""
    return model.predict(torch.from_numpy(np.stack([scan.pictures for scan in scans])))


curves = {
    name: ages_of(model, [pair[0] for pair in growing])
    for name, model in (("model A", model_a), ("model B", model_b))
}
responses = {
    "brain and myelin together": (months, curves["model A"]),
    f"myelin only, brain of {fixed:.0f} months": (moved, ages_of(model_a, myelin_moved)),
    f"brain only, myelin of {fixed:.0f} months": (months, ages_of(model_a, [pair[1] for pair in growing])),
}
run.figure(
    response_figure(responses, fixed),
    "response",
    pd.concat([pd.DataFrame({"line": k, "months": m, "estimate": e}) for k, (m, e) in responses.items()]),
    caption="Estimate of model A when brain and myelin are moved together or one at a time",
)

# %%
slopes = [float(np.polyfit(*line, 1)[0]) for line in responses.values()]
for name, value in zip(("together", "myelin", "anatomy"), slopes, strict=True):
    run.metric(f"response.{name}_slope", value, unit="months per month")
Markdown(
    f"When both age, the estimate of model A rises by {slopes[0]:.2f} months a month. Myelin alone moves it "
    f"by **{slopes[1]:.2f}**, the rest of the head (folding, shape, water, the skull in the corner) by "
    f"**{slopes[2]:.2f}**. Only what follows myelin would show a *delay* of it. A cohort in which every "
    "child is on time cannot teach a network the difference."
)

# %% [markdown]
# ### Any age, either contrast
#
# The same infant from before term to two years, with the estimates of both models beside it. All ages were
# rendered above and are drawn now, so that the slider answers at once.

# %%
section(run, "Age slider", aged | placed | simulated)

# %%
from neolab.studies.wada2019.age_figures import age_figure, age_slider

stack = [pair[0].slices for pair in growing]
pixel_mm = growing[0][0].pixel_mm
age_slider(stack, pixel_mm, months, curves, footer=run.footer)

# %% [markdown]
# On paper, one position of the slider:

# %%
at = int(np.argmin(np.abs(months - 6)))
static = age_figure(stack[at][1], pixel_mm, months[at], curves, months, title=f"T2, {months[at]:.1f} months")
run.figure(
    static,
    "age_slider",
    pd.DataFrame({"months": months, **curves}),
    caption="The growing infant in T2, and the estimates of both models for every age",
)

# %% [markdown]
# ## The step that the paper announces: is this child late?
#
# *"As a next step, we are preparing for a pipeline that extracts the input data from whole brain MR images,
# estimates the myelination age [...] and evaluates the delay of myelination."* Here it is, for one infant of
# the cohort: volume, levels, age, and where that lies among infants of the same age. The **normal range**
# comes from cross-validated estimates; on training data it would be far too narrow and flag too many.

# %%
section(run, "Delay flag", aged | placed)

# %%
from neolab.studies.wada2019.delay import FIFTH_PERCENTILE, NormalRange, assess

normal = NormalRange.of(age, cv["simple"]["estimate"])
limit = float(normal.expected(12.0) + FIFTH_PERCENTILE * normal.sd(12.0))
who = 0
network = evaluation.fits["simple", seeds[0], int(cv["simple"]["fold"][who])]  # has not seen this infant
found = assess(read_volumes(cohort, who), age[who], network, normal, params.image_size)
Markdown(
    f"Infant {cohort.table['participant_id'][who]}, {age[who]:.1f} months: levels in slices "
    f"{', '.join(str(z + 1) for z in found.levels.values())}; estimate {found.estimate_months:.1f} months; "
    f"z = {found.z:+.1f}: **{'delayed' if found.delayed else 'within the normal range'}**."
)

# %%
flagged = normal.z(age, cv["simple"]["estimate"]) < FIFTH_PERCENTILE
run.metric("delay.flagged_normal_share", float(flagged.mean()), n=len(age))
run.metric("delay.normal_sd_12_months", float(normal.sd(12.0)), n=len(age), unit="months")
Markdown(
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
section(run, "Levels without labels", aged | placed | labelled)

# %%
apart = (examination.levels_by_height - examination.levels).abs()
by_height = evaluation.held_out("simple", examination.images_by_height, folds)
drift = np.abs(by_height - cv["simple"]["estimate"].to_numpy())
height_cost = mae_difference(age, by_height, cv["simple"]["estimate"], n_resamples=params.n_bootstrap)
run.metric("levels.slices_apart", float(apart.to_numpy().mean()), n=len(age), unit="slices")
run.metric("levels.estimate_moves", float(drift.mean()), n=len(age), unit="months")
run.metric("compare.by_height_minus_anatomy_mae", height_cost, unit="months")
Markdown(
    f"Placed by height, a level lies {apart.to_numpy().mean():.1f} slices from the anatomical one "
    f"({(apart == 0).to_numpy().mean():.0%} in the same slice). The estimate moves by {drift.mean():.1f} months "
    f"on average, and the mean absolute error changes by **{height_cost:.2f} months**."
)

# %% [markdown]
# ### A child with delayed myelination
#
# An infant of 12 months, scanned twice: with its myelin on time, and with myelin 8 months late. Nothing else
# differs. Each volume goes through the whole pipeline.

# %%
section(run, "Delayed infants", aged | placed | simulated)

# %%
late_by = 8.0
twins = dict(
    zip(
        ("on time", f"{late_by:.0f} months late"),
        phantoms.scan_volumes(phantoms.infant(fixed, params.seed), [fixed, fixed - late_by]),
        strict=True,
    )
)
verdicts = {name: assess(scan, fixed, model_a, normal, params.image_size) for name, scan in twins.items()}
cut = {name: scan.slices(verdicts[name].levels) for name, scan in twins.items()}
panel = age_panel(
    [cut[name][contrast] for contrast in (0, 1) for name in twins],
    [f"{contrast}\n{name}" for contrast in ("T1", "T2") for name in twins],
    twins["on time"].voxel_mm[0],
)
run.figure(panel, "delayed_infant", caption="One infant of 12 months, its myelin on time and 8 months late")
del twins  # whole volumes: a seventh of a gigabyte

# %%
for name, verdict in zip(("on_time", "late"), verdicts.values(), strict=True):
    run.metric(f"delay.example_{name}_z", verdict.z)
Markdown(
    "; ".join(
        f"{name}: estimate {verdict.estimate_months:.1f} months, z = {verdict.z:+.1f}, "
        f"**{'delayed' if verdict.delayed else 'not flagged'}**"
        for name, verdict in verdicts.items()
    )
    + ". A radiologist sees it at a glance on T2: the white matter of the hemispheres is still brighter than "
    "the cortex."
)

# %% [markdown]
# More infants of 12 months, with myelin set back by 0 to 8 months. Who is flagged?

# %%
from neolab.studies.wada2019.age_figures import delay_figure

delays = [0.0, 2.0, 4.0, 6.0, 8.0]
late = phantoms.scan_all(
    [(phantoms.infant(fixed, params.seed + k), [fixed - d for d in delays]) for k in range(params.n_delayed)],
    params.image_size,
)
scores = pd.DataFrame(
    [
        {"infant": k, "delay_months": d, "estimate": e, "z": float(normal.z(fixed, e))}
        for k, scans in enumerate(late)
        for d, e in zip(delays, ages_of(model_a, scans), strict=True)
    ]
)
scores["flagged"] = scores["z"] < FIFTH_PERCENTILE
shown = scores[scores["infant"] == 0]
cases = {
    f"{row.delay_months:.0f} months late": (fixed, row.estimate)
    for row in shown.itertuples()
    if row.delay_months in (0, 4, 8)
}
figure_delay = delay_figure(normal, age, cv["simple"]["estimate"], cases)
run.figure(
    figure_delay, "delay", scores, caption="One infant of 12 months with myelin on time and delayed, model A"
)

# %%
by_delay = scores.groupby("delay_months").agg(
    infants=("infant", "size"), estimate=("estimate", "mean"), z=("z", "mean"), flagged=("flagged", "mean")
)
for d in delays:
    run.metric(f"delay.flagged_share_{d:.0f}_months", float(by_delay.loc[d, "flagged"]), n=params.n_delayed)
per_month = float(np.polyfit(scores["delay_months"], scores["estimate"], 1)[0])
run.metric("delay.estimate_per_month", per_month, unit="months per month")
run.table(by_delay, "delayed", caption="Infants of 12 months with delayed myelin: mean estimate and flags")

# %%
needed = -(FIFTH_PERCENTILE * normal.sd(fixed)) / max(-per_month, 1e-6)
Markdown(
    f"A month of delay lowers the estimate by {-per_month:.2f} months, while normal infants scatter by "
    f"{normal.sd(fixed):.1f}. Half of the children are flagged only when they are about "
    + (f"**{needed:.0f} months late**. " if needed < 30 else "**later than any delay that occurs**. ")
    + "Two things would help: a network that answers to myelin and not to the rest of the brain, and a "
    "narrower normal range. A small mean error in normal children promises neither."
)

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
