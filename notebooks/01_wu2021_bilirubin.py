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
from IPython.display import Markdown, display

from neolab.claims.load import load_study
from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("wu2021", globals())
paper = {claim.id.removeprefix("wu2021."): claim.value for claim in load_study("wu2021").claims}
run

# %% [markdown]
# ## The newborns
#
# A cohort is a table with one row a scan, and the images behind it. Simulated and real folders are read by
# the same code. `paper` above holds every number that the paper prints, by its place in the paper.

# %%
cohort = run.cohort()
has_groups = "label" in cohort.table
has_truth = has_groups and "latent_gpnorm" in cohort.table
has_labels = cohort.has("dseg") and {"white_matter", "globus_pallidus"} <= set(cohort.lookup("dseg"))
groups = {"column of diagnoses (ABE, HB)": has_groups}
labels = {"label map with white matter and globus pallidus": has_labels}
truths = {"simulated contrast": has_truth}
if has_groups:
    cohort = cohort.select(cohort.table["label"].notna())
    truth = cohort.table["label"].to_numpy(int)
    cohort.table["group"] = np.where(truth == 1, "ABE", "HB")
cohort.table.drop(columns=[name for name in cohort.table if name.startswith("latent_")]).head()

# %%
characteristics = {
    "sex": "Sex (male)",
    "age_days": "Age (days)",
    "weight_kg": "Weight (kg)",
    "gestational_age_weeks": "Gestational age (weeks)",
    "total_serum_bilirubin_umol_l": "Total serum bilirubin (µmol/L)",
    "albumin_g_l": "Albumin (g/L)",
}
characteristics = {name: title for name, title in characteristics.items() if name in cohort.table}
section(run, "Table 1", groups | {"column of sex, age, weight or blood values": bool(characteristics)})

# %%
n_abe, n_hb = int((truth == 1).sum()), int((truth == 0).sum())
Markdown(
    f"The cohort has **{n_abe} newborns with ABE and {n_hb} with HB**; the paper had "
    f"{paper['table1.n_abe']:.0f} and {paper['table1.n_hb']:.0f}."
)

# %% [markdown]
# ### Table 1: are the groups alike?
#
# The paper compares sex with a chi-square test and everything else with t-tests. Keep an eye on *age*:
# newborns with ABE were scanned earlier. Contrast changes by the week at this age, so age could pass for
# disease.

# %%
from neolab.metrics.covariates import covariate_table

table1 = covariate_table(cohort.table, "group", characteristics, positive="ABE")
run.table(table1, "table1", caption="Table 1: characteristics of the newborns")

# %%
keys = {
    "sex": ("sex", "1"),
    "age_days": ("age", "days"),
    "weight_kg": ("weight", "kg"),
    "gestational_age_weeks": ("gestational_age", "weeks"),
    "total_serum_bilirubin_umol_l": ("tsb", "umol/L"),
    "albumin_g_l": ("albumin", "g/L"),
}
for name, row in zip(characteristics, table1.to_dict("records"), strict=True):
    key, unit = keys[name]
    for group in ("ABE", "HB"):
        stem = f"table1.{'male' if key == 'sex' else key}_{group.lower()}"
        n, value = row[f"n ({group})"], row[f"mean or share ({group})"]
        run.metric(stem + "_share" if key == "sex" else stem, value, n=n, unit=unit)
        if key != "sex":
            run.metric(f"{stem}_sd", row[f"SD or count ({group})"], n=n, unit=unit)
    run.metric(f"table1.{key}_p", row["p"], n=n_abe + n_hb)

# %%
smallest = table1.loc[table1["p"].idxmin()]
Markdown(
    f"The smallest p in this sample is {smallest['p']:.3f}, for *{smallest['characteristic']}*. With "
    f"{len(table1)} tests one of them falls below .05 by chance in about {1 - 0.95 ** len(table1):.0%} of "
    "cohorts whose groups do not differ at all."
)

# %% [markdown]
# ## Looking at the scans
#
# Every scan is read once. In each we take the axial slice in which globus pallidus and subthalamic nucleus
# are largest, as the paper does (but not one that cuts the edge of the pallidum), and for the network two (ABE)
# or three (HB) neighbouring slices.

# %%
section(run, "Reading the scans", labels)

# %%
from neolab.studies.wu2021.examination import examine

params = run.params
measures = ["sensitivity", "specificity", "precision", "f1", "accuracy", "auc"]
examination = examine(
    cohort,
    image_size=params.image_size,
    field_of_view_mm=params.field_of_view_mm,
    seed=params.seed,
)
pictures, measured = examination.pictures, examination.measurements

# %%
section(run, "Figure 3", groups | labels)

# %%
from neolab.viz.slices import centres_mm, slice_gallery

by_contrast = measured["gpnorm"].sort_values().index
chosen = [
    [i for i in by_contrast if truth[i] == group][position]
    for group in (1, 0)
    for position in np.linspace(0, (truth == group).sum() - 1, 5).astype(int)[1:4]
]
titles = [f"GP/WM {measured['gpnorm'][i]:.2f}" for i in chosen]
pallidum = {
    k: centres_mm(examination.rois[i]["globus_pallidus"], examination.pixel_mm) for k, i in enumerate(chosen)
}
figure3 = slice_gallery(
    [pictures[i] for i in chosen],
    titles,
    examination.pixel_mm,
    columns=3,
    row_titles=("ABE", "HB"),
    size_in=1.9,
    arrows=pallidum,
)
run.figure(
    figure3,
    "figure3_slices",
    measured.loc[chosen],
    paper="Figure 3",
    caption="Three newborns of each group: low, middling and high pallidal signal; arrows: globus pallidus",
)

# %% [markdown]
# Upper row ABE, lower row HB; within a row the pallidum gets brighter from left to right. Cover the labels
# and try to say which row is which. What scatters *within* a row beside what differs *between* rows is the
# whole difficulty of this diagnosis:

# %%
within = np.sqrt(np.mean([measured["gpnorm"][truth == group].var(ddof=1) for group in (0, 1)]))
between = measured["gpnorm"][truth == 1].mean() - measured["gpnorm"][truth == 0].mean()
Markdown(
    f"GP/WM scatters by {within:.3f} (SD) within a group; the means of the groups lie {between:.3f} apart, "
    f"**{between / within:.1f} SD**. In the paper it was "
    f"{(paper['results.gpnorm.abe_mean'] - paper['results.gpnorm.hb_mean']) / paper['results.gpnorm.abe_sd']:.1f}."
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
from neolab.studies.wu2021 import readers

readings = readers.simulate_readings(
    cohort.table["latent_gpnorm"], cohort.table["latent_stnnorm"], truth, seed=params.seed
)
calls = readers.calls_by_reader(readings)
calls.head(3)

# %%
from neolab.metrics.readers import reader_table

visual = reader_table(truth, calls.to_numpy(), readers=list(calls))
run.table(visual[measures], "visual_inspection", caption="Three simulated readers")

# %%
means = readers.mean_over_readers(truth, calls, n_resamples=params.n_bootstrap, seed=params.seed)
for name in measures:
    run.metric(f"visual.{name}", means[name])
    run.metric(f"visual.{name}_sd", visual.loc["SD", name], n=len(calls.columns))
Markdown(
    f"Mean accuracy **{means['accuracy']:.2f}** (interval over newborns, for these three readers) with an SD "
    f"of {visual.loc['SD', 'accuracy']:.2f} over readers. The paper's radiologists: "
    f"{paper['table2.visual.accuracy']:.2f} ± {paper['table2.visual.accuracy_sd']:.2f}."
)

# %% [markdown]
# A yes-or-no reader has one point in ROC space, and the area under the line through it is the mean of
# sensitivity and specificity. The paper's visual AUC is just that:

# %%
middle = (paper["table2.visual.sensitivity"] + paper["table2.visual.specificity"]) / 2
Markdown(
    f"({paper['table2.visual.sensitivity']:.2%} + {paper['table2.visual.specificity']:.2%}) / 2 is "
    f"{middle:.2%}; the paper prints an AUC of {paper['table2.visual.auc']:.2%}."
)

# %% [markdown]
# How well do the three agree? **Fleiss' kappa** is 0 for agreement by chance and 1 for perfect agreement. The
# paper calls it *intra*observer; between three people it is *inter*observer.

# %%
from neolab.metrics.agreement import fleiss_kappa, kappa_of_independent_errors
from neolab.metrics.compare import chi_square

kappa = fleiss_kappa(calls.to_numpy(), n_resamples=params.n_bootstrap, seed=params.seed)
right = (calls.to_numpy() == truth[:, None]).sum(axis=0)
readers_test = chi_square([right, len(truth) - right], yates=False)
run.metric("visual.kappa", kappa.kappa)
run.metric("visual.kappa_p", kappa.p, n=len(truth))
run.metric("visual.readers_p", readers_test.p, n=len(truth))
Markdown(
    f"Kappa is **{kappa.kappa:.2f}** (paper: {paper['results.visual.kappa']:.2f}). The readers' accuracies "
    f"differ from each other with p = {readers_test.p:.2f}."
)

# %% [markdown]
# Is that much? Suppose that the readers were as good as they are, but each erred independently of the others.
# Then sensitivity, specificity and the share of ABE fix the kappa:

# %%
expected_kappa = {
    "our": kappa_of_independent_errors(means["sensitivity"].value, means["specificity"].value, truth.mean()),
    "the paper's": kappa_of_independent_errors(
        paper["table2.visual.sensitivity"],
        paper["table2.visual.specificity"],
        paper["table1.n_abe"] / (paper["table1.n_abe"] + paper["table1.n_hb"]),
    ),
}
run.metric("visual.kappa_of_independent_errors", expected_kappa["our"], n=len(truth))
Markdown(
    " and ".join(f"**{value:.3f}** for {whose} readers" for whose, value in expected_kappa.items())
    + f". The paper's radiologists agreed with {paper['results.visual.kappa']:.2f}, though they were hardly "
    "better than a coin: they must have seen the same thing in the same images, and it was not the diagnosis. "
    "Our readers share nothing but the contrast. Agreement is no proof of accuracy."
)

# %% [markdown]
# ### Now you
#
# Twelve shuffled cases, no names. Say ABE or not; after the last one your row appears under those of the
# three readers *on the same cases*.

# %%
from neolab.studies.wu2021.reading_room import reading_room

reading_room(pictures, truth, calls, examination.pixel_mm, seed=params.seed, footer=run.footer)

# %% [markdown]
# The same cases on paper, for readers of this page who cannot click:

# %%
from neolab.studies.wu2021.reading_room import ReadingSession

shuffled = ReadingSession.shuffled(truth, min(12, len(truth)), params.seed).order
sheet = slice_gallery(
    [pictures[i] for i in shuffled],
    [f"case {k + 1}" for k in range(len(shuffled))],
    examination.pixel_mm,
    columns=6,
    size_in=1.35,
)
run.figure(sheet, "reading_sheet", caption="Cases of the reading exercise, without labels")

# %%
key = ", ".join(f"{k + 1} {'ABE' if truth[i] else 'HB'}" for k, i in enumerate(shuffled))
Markdown(f"<details><summary>Answers</summary>{key}</details>")

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
from neolab.studies.wu2021.roi_figures import show_rois
from neolab.studies.wu2021.rois import clearest_drawing
from neolab.viz.style import figure

clearest = clearest_drawing(examination.rois)
figure1a, axes = figure(3.6, 3.9)
show_rois(axes, pictures[clearest], examination.rois[clearest], examination.pixel_mm)
run.figure(figure1a, "figure1a_rois", paper="Figure 1a", caption="Regions of interest in one newborn")

# %% [markdown]
# Green: white matter, the reference. It lies far in front of the nuclei, so a coil that is a few percent
# more sensitive in front than in the middle changes the ratio by as much. Keep this in mind when someone
# calls a ratio "normalised".

# %%
run.metric("gpnorm.mean", float(measured["gpnorm"].mean()), n=len(measured))
again = np.sqrt(((measured["gpnorm"] - measured["gpnorm_again"]) ** 2).mean() / 2)
run.metric("gpnorm.rater_sd", float(again), n=len(measured))
Markdown(
    f"Mean GP/WM over {len(measured)} scans: **{measured['gpnorm'].mean():.3f}**. A second drawing shows how "
    f"steady the hand is: one drawing has an SD of {again:.3f}."
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
from neolab.viz.style import COLOURS

true_gp, true_stn = cohort.table["latent_gpnorm"], cohort.table["latent_stnnorm"]
figure_truth, panels = figure(7.4, 3.4, 1, 2)
for axes, name, true in zip(panels, ("GPnorm", "STNnorm"), (true_gp, true_stn), strict=True):
    for group in ("ABE", "HB"):
        rows = cohort.table["group"] == group
        axes.scatter(true[rows], measured[name.lower()][rows], color=COLOURS[group], s=14, label=group)
    axes.axline((1.4, 1.4), slope=1, color="0.7", lw=1, label="measured = true", zorder=0)
    axes.set(xlabel=f"true {name}", ylabel=f"measured {name}")
panels[0].legend(loc="upper left")
recovery = pd.DataFrame({"true_gpnorm": true_gp, **measured.drop(columns="participant_id")})
run.figure(figure_truth, "measured_against_true", recovery, caption="Ratio put in and ratio measured")

# %%
error = measured["gpnorm"] - true_gp
run.metric("gpnorm.measurement_bias", float(error.mean()), n=len(error))
run.metric("gpnorm.measurement_sd", float(error.std(ddof=1)), n=len(error))
Markdown(
    f"GPnorm comes out {abs(error.mean()):.3f} {'lower' if error.mean() < 0 else 'higher'} than it is, and "
    f"scatters by {error.std(ddof=1):.3f} around that; the drawing itself accounts for only {again:.3f}. The "
    f"groups differ by {true_gp[truth == 1].mean() - true_gp[truth == 0].mean():.3f}."
)

# %% [markdown]
# ### Figure 1b, c: do the groups differ?

# %%
section(run, "Group comparison", groups | labels)

# %%
from neolab.metrics.cutoff import youden_cutoff
from neolab.studies.wu2021.roi_figures import group_legend, show_groups

table = pd.concat([cohort.table.reset_index(drop=True), measured.drop(columns="participant_id")], axis=1)
ratio_names = {"gpnorm": "GPnorm", "stnnorm": "STNnorm"}
published = {
    name: {
        group: (paper[f"results.{name}.{group.lower()}_mean"], paper[f"results.{name}.{group.lower()}_sd"])
        for group in ("ABE", "HB")
    }
    for name in ratio_names
}
ratios = [name for name in ratio_names if table[name].notna().all()]
cutoffs = {name: youden_cutoff(truth, table[name]).threshold for name in ratios}
figure1, panels = figure(3.8 * len(ratios), 3.4, 1, len(ratios), squeeze=False)
for axes, name in zip(panels[0], ratios, strict=True):
    show_groups(
        axes,
        table,
        name,
        "group",
        ("ABE", "HB"),
        cutoff=cutoffs[name],
        published=published[name],
        label=ratio_names[name],
    )
group_legend(panels[0, -1])
run.figure(
    figure1,
    "figure1_distributions",
    table[["participant_id", "group", "gpnorm", "stnnorm"]],
    paper="Figure 1b, c",
    caption="GPnorm and STNnorm of both groups; dashed: Youden cut-off",
)

# %%
from neolab.metrics.groups import Summary, t_test, t_test_from_summaries

tests = {}
for name in ratios:
    by_group = {group: table.loc[table["group"] == group, name] for group in ("ABE", "HB")}
    tests[name] = t_test(by_group["ABE"], by_group["HB"])
    run.metric(f"{name}.difference", tests[name].difference)
    run.metric(f"{name}.t_p", tests[name].p, n=len(table))
    for group, values in by_group.items():
        run.metric(f"{name}.{group.lower()}_mean", float(values.mean()), n=len(values))
        run.metric(f"{name}.{group.lower()}_sd", float(values.std(ddof=1)), n=len(values))
from_summaries = {
    name: t_test_from_summaries(
        *(
            Summary(*published[name][group], n=int(paper[f"table1.n_{group.lower()}"]))
            for group in ("ABE", "HB")
        )
    )
    for name in ratios
}
pd.DataFrame(
    {
        ratio_names[name]: {
            "ABE − HB, ours": f"{tests[name].difference:.3f}",
            "p, t-test, ours": f"{tests[name].p:.2g}",
            "p, t-test, from the paper's means and SDs": f"{from_summaries[name].p:.2g}",
        }
        for name in ratios
    }
).T

# %% [markdown]
# The paper adjusts for age, sex, gestational age and postmenstrual age (PMA), and calls it an ANOVA with
# covariates; the usual name is **ANCOVA**. Mind that PMA *is* gestational age plus age: the third of these
# says nothing that the other two do not. Software drops one of them in silence; we leave PMA out and get
# the same answer.

# %%
from neolab.metrics.covariates import ancova

covariates = [name for name in ("age_days", "sex", "gestational_age_weeks") if name in table]
adjusted = {name: ancova(table, name, "group", covariates, positive="ABE") for name in ratios}
for name, result in adjusted.items():
    run.metric(f"{name}.ancova_difference", result.difference)
    run.metric(f"{name}.ancova_p", result.p, n=len(table))
Markdown(
    " ".join(
        f"**{ratio_names[name]}**: difference {tests[name].difference:.3f} as it is (p = {tests[name].p:.2g}), "
        f"{result.difference:.3f} at equal age, sex and gestational age (p = {result.p:.2g})."
        for name, result in adjusted.items()
    )
)

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
from neolab.metrics.roc import bootstrap_auc, delong_interval

for name in ratios:
    area = run.metric(f"{name}.auc", delong_interval(truth, table[name]))
    resampled = bootstrap_auc(truth, table[name], n_resamples=params.n_bootstrap, seed=params.seed)
    run.metric(f"{name}.auc_bootstrap", resampled)
    print(
        f"{ratio_names[name]}: AUC {area:.3f} (DeLong), {resampled:.3f} (bootstrap); paper {paper[f'results.{name}.auc']:.3f}"
    )

# %% [markdown]
# ### One cohort is one draw
#
# Our newborns are drawn from the means and SDs that the paper prints. Another seed is another set of newborns,
# as another year in the same hospital would be. The ratios that are put into forty such cohorts, before any
# image is made of them, show how far an AUC of so few newborns wanders by chance alone.

# %%
if has_truth:
    from neolab.metrics.roc import auc
    from neolab.studies.wu2021.cohort import cohort_table
    from neolab.viz.roc import show_areas

    others = [cohort_table(len(truth), 1000 + k) for k in range(40)]
    areas = {
        ratio_names[name]: [auc((one["diagnosis"] == "ABE").astype(int), one[name]) for one in others]
        for name in ratios
    }
    put_in = {ratio_names[name]: auc(truth, cohort.table[f"latent_{name}"]) for name in ratios}
    figure_areas, axes = figure(6.4, 1.9)
    show_areas(axes, areas, put_in, {ratio_names[name]: paper[f"results.{name}.auc"] for name in ratios})
    run.figure(figure_areas, "auc_of_cohorts", areas, caption="AUC of the ratios put into 40 cohorts")
    for name in ratios:
        run.metric(f"{name}.auc_put_in", put_in[ratio_names[name]], n=len(truth))
        run.metric(f"{name}.auc_of_cohorts", float(np.mean(areas[ratio_names[name]])), n=len(others))
    drawn = areas["GPnorm"]
    display(
        Markdown(
            f"GPnorm was put in with an AUC of **{put_in['GPnorm']:.3f}** here. In forty other cohorts it is "
            f"{np.mean(drawn):.3f} ± {np.std(drawn, ddof=1):.3f} (mean ± SD), from {min(drawn):.3f} to "
            f"{max(drawn):.3f}; {np.mean(np.array(drawn) >= put_in['GPnorm']):.0%} of them separate at least "
            "as well as this one. The interval of the one cohort above has to cover that spread."
        )
    )

# %% [markdown]
# ### A cut-off, and what it costs to choose it
#
# To decide, a ratio needs a cut-off. The paper takes the one with the largest Youden index (sensitivity +
# specificity - 1) *on all 79 newborns*, and then reports how well it works *on the same 79*.

# %%
from neolab.metrics.classification import classification_metrics

for name, cutoff in cutoffs.items():
    run.metric(f"{name}.cutoff", cutoff, n=len(truth))
gp_call = (table["gpnorm"] >= cutoffs["gpnorm"]).astype(int)
gp_metrics = classification_metrics(truth, gp_call, n_resamples=params.n_bootstrap, seed=params.seed)
for name in measures[:-1]:
    run.metric(f"gpnorm.{name}", gp_metrics[name])
Markdown(
    f"Cut-off {cutoffs['gpnorm']:.4f} (paper: {paper['results.gpnorm.cutoff']}): sensitivity "
    f"{gp_metrics['sensitivity']:.2f}, "
    f"specificity {gp_metrics['specificity']:.2f}, accuracy **{gp_metrics['accuracy']:.2f}**."
)

# %% [markdown]
# Move the cut-off and watch sensitivity pay for specificity. Is there a cut-off you would act on?

# %%
from neolab.viz.widgets import threshold_slider

threshold_slider(truth, table["gpnorm"], cutoffs["gpnorm"], footer=run.footer)

# %%
from neolab.viz.roc import threshold_figure

still = threshold_figure(truth, table["gpnorm"], cutoffs["gpnorm"])
run.figure(
    still,
    "gpnorm_cutoff",
    table[["participant_id", "group", "gpnorm"]],
    caption="GPnorm at the Youden cut-off of the whole cohort",
    metrics=["gpnorm.auc", "gpnorm.cutoff"],
)

# %% [markdown]
# Most newborns lie where both groups do. Wherever the line is drawn, it cuts through both.
#
# Now the honest version: choose the cut-off on four fifths of the newborns, apply it to the last fifth, and
# take turns. Every newborn is then called by a cut-off that never saw it.

# %%
from neolab.io.splits import grouped_folds
from neolab.metrics.cutoff import crossvalidated_cutoff

folds = grouped_folds(cohort.table, "label", params.n_folds, params.seed)
honest = crossvalidated_cutoff(truth, table["gpnorm"], [(fold.train, fold.test) for fold in folds])
gp_call_cv = honest.predicted.astype(int)
cv_metrics = classification_metrics(truth, gp_call_cv, n_resamples=params.n_bootstrap, seed=params.seed)
for name in measures[:-1]:
    run.metric(f"gpnorm.cv.{name}", cv_metrics[name])
optimism = gp_metrics["accuracy"].value - cv_metrics["accuracy"].value
run.metric("gpnorm.cutoff_optimism", optimism, n=len(truth))
Markdown(
    f"The folds choose cut-offs from {min(c.threshold for c in honest.cutoffs):.3f} to "
    f"{max(c.threshold for c in honest.cutoffs):.3f}. Accuracy goes from {gp_metrics['accuracy']:.2f} to "
    f"**{cv_metrics['accuracy']:.2f}**."
)

# %% [markdown]
# How the newborns fall into folds is chance, and another deal gives another number. A hundred deals say what
# choosing the cut-off on the test cases is worth on average, the **optimism** of the first number:

# %%
from neolab.metrics.cutoff import cutoff_optimism

gains = []
for deal in range(100):
    dealt = grouped_folds(cohort.table, "label", params.n_folds, deal)
    apparent, fair = cutoff_optimism(truth, table["gpnorm"], [(fold.train, fold.test) for fold in dealt])[
        "accuracy"
    ]
    gains.append(apparent - fair)
run.metric("gpnorm.cutoff_optimism_mean", float(np.mean(gains)), n=len(gains))
run.metric("gpnorm.cutoff_optimism_sd", float(np.std(gains, ddof=1)), n=len(gains))
Markdown(
    f"On average over {len(gains)} deals the accuracy falls by **{np.mean(gains):.1%}** (SD {np.std(gains, ddof=1):.1%}; "
    f"above, {optimism:.1%}) once the cut-off may not see the newborns it is judged on."
)

# %% [markdown]
# ## Way three: a network learns
#
# The paper fine-tunes a **ResNet18** that has learned on ImageNet's photographs: eight blocks of two 3 x 3
# convolutions with a shortcut around each, an average over the picture, and one new layer with two outputs.
# It is described as having "18 residual blocks"; let us count.

# %%
section(run, "ResNet18", groups | labels)

# %%
from neolab.studies.wu2021 import network

net = network.build_network()
blocks, layers = network.count_residual_blocks(net), network.count_learnable_layers(net)
run.metric("resnet18.residual_blocks", blocks, unit="count")
run.metric("resnet18.learnable_layers", layers, unit="count")
Markdown(
    f"**{blocks} residual blocks, {layers} learnable layers** on the main path, "
    f"{sum(p.numel() for p in net.parameters()):,} parameters, for a few hundred slices."
)

# %% [markdown]
# Each slice is scaled to [0, 1] and resized. Training sees every slice rotated by up to 30°, zoomed by up
# to 10 %, shifted by up to 30 of 224 pixels and, half of the time, upside down. What the network sees:

# %%
import torch

from neolab.studies.wu2021.augmentation import Augmentation
from neolab.studies.wu2021.slice_set import balance

slices = balance(examination.slices, params.seed)
example = torch.from_numpy(slices.images[:1])[:, None].expand(6, -1, -1, -1)
seen = Augmentation()(example, torch.Generator().manual_seed(params.seed))[:, 0].numpy()
augmented = slice_gallery([slices.images[0], *seen[:5]], ["as it is", *["augmented"] * 5], slices.pixel_mm)
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
from neolab.io.splits import leaky_folds
from neolab.studies.wu2021.cross_validation import by_patient, cross_validate, fold_metrics, nearest_neighbour

splits = {
    "slice": leaky_folds(slices.table, "label", params.n_folds, params.seed),
    "patient": grouped_folds(slices.table, "label", params.n_folds, params.seed),
}
copycat = {name: nearest_neighbour(slices, folds) for name, folds in splits.items()}
for name, predictions in copycat.items():
    right = predictions["probability"] == predictions["label"]
    run.metric(f"nearest_neighbour.{name}.accuracy", float(right.mean()), n=len(right))
    print(
        f"folds by {name}: accuracy {right.mean():.2f}, nearest slice is of the same newborn in "
        f"{predictions['same_newborn'].mean():.0%}"
    )

# %% [markdown]
# What this look-up table gains from one line to the other has nothing to do with bilirubin. Any accuracy under
# a split by slice has that to explain away first. So the network is trained under both splits: by slice, to
# mirror the paper, and by patient, to answer the question.

# %%
from neolab.studies.wu2021.fitting import Recipe

recipe = Recipe(epochs=params.epochs, batch_size=params.batch_size, learning_rate=params.learning_rate)
wanted = ["slice", "patient"] if params.split == "both" else [params.split]
trained = {
    name: cross_validate(
        slices, splits[name], recipe, weights=params.weights, seed=params.seed, device=run.device
    )
    for name in wanted
}
weights_used = trained[wanted[0]].weights_used
run.metric("resnet18.pretrained", int(not weights_used.startswith("none")), unit="count")
if weights_used != "imagenet":
    run.limitation(f"ResNet18 started from weights: {weights_used}; the paper's had learned on ImageNet.")
start = f"Weights to start from: **{weights_used}**."
if weights_used.startswith("none"):
    start += (
        " From random weights a network of this size learns next to nothing from so few slices. What follows "
        'shows the protocol; for the paper\'s network set `weights = "imagenet"` where there is a connection.'
    )
Markdown(start)

# %%
from neolab.metrics.folds import over_folds

for name, result in trained.items():
    per_fold = fold_metrics(result.predictions)
    for measure in measures:
        summary = over_folds(per_fold[measure])
        run.metric(f"resnet18.{name}.{measure}", summary.interval().clipped(0, 1))
        run.metric(f"resnet18.{name}.{measure}_sd", summary.sd, n=summary.n)
    accuracy, area = over_folds(per_fold["accuracy"]), over_folds(per_fold["auc"])
    print(f"folds by {name}: accuracy {accuracy:.2f}, AUC {area:.2f} (mean ± SD over folds)")

# %% [markdown]
# ### Figure 5a: did it learn?

# %%
from neolab.viz.curves import learning_curves

shown = wanted[-1]
curves = learning_curves(trained[shown].history, chance_loss=float(np.log(2)))
run.figure(
    curves,
    "figure5a_training",
    trained[shown].history,
    paper="Figure 5a",
    caption=f"Training of ResNet18, folds by {shown}: accuracy and loss",
)

# %%
history = trained[shown].history
late = history[history["iteration"] > 0.8 * history["iteration"].max()]
last = late.groupby("part")["loss"].mean()
Markdown(
    f"In the last fifth of the training the loss is {last['train']:.2f} on training batches, "
    f"{last['test']:.2f} on the held-out fold; guessing costs {np.log(2):.2f}. Where the test loss rises "
    "while the training loss falls, a network learns its training slices by heart; the paper saw this after "
    f"{paper['discussion.resnet18.overfitting']:.0f} iterations."
)

# %% [markdown]
# ### Figure 5b: where did it look?
#
# A **class activation map** weighs the last feature maps by how much they speak for ABE. The paper's
# examples peak over the basal ganglia. We show four slices that are called correctly and with confidence,
# and then ask what four examples cannot answer: over *all* slices, is the map brighter in the middle than a
# network's that has learned nothing?

# %%
from neolab.studies.wu2021.cam import enlarge
from neolab.viz.cam import activation_gallery

result = trained[shown]
probability = result.predictions["probability"]
correct = result.predictions.index[(probability > 0.5) == (result.predictions["label"] == 1)]
confident = (probability[correct] - 0.5).abs().sort_values(ascending=False).index[:4]
maps = [enlarge(result.activation_maps[i], params.image_size) for i in confident]
titles = [f"{'ABE' if slices.table['label'][i] else 'HB'}, p(ABE) {probability[i]:.2f}" for i in confident]
figure5b = activation_gallery([slices.images[i] for i in confident], maps, titles, slices.pixel_mm)
run.figure(figure5b, "figure5b_activation", paper="Figure 5b", caption="Class activation maps for ABE")

# %%
from neolab.studies.wu2021.cam import central_share, class_activation_maps

pixels = torch.from_numpy(slices.images)[:, None]
untrained = class_activation_maps(net, pixels)
shares = {"trained": central_share(result.activation_maps), "untrained": central_share(untrained)}
for name, share in shares.items():
    run.metric(f"resnet18.cam_central_share.{name}", float(share.mean()), n=len(share))
Markdown(
    f"The middle quarter of the picture holds the deep nuclei. It has {shares['trained'].mean():.0%} of the "
    f"map's weight after training and {shares['untrained'].mean():.0%} before; an even map would have 25 %. "
    "Only what training *adds* can be credited to it, and four hand-picked examples cannot show that."
)

# %% [markdown]
# ### Figure 6: who is misread?

# %%
wrong = {
    "HB, most like ABE": probability[slices.table["label"] == 0].sort_values(ascending=False).index[:3],
    "ABE, most like HB": probability[slices.table["label"] == 1].sort_values().index[:3],
}
shown_wrong = [i for rows in wrong.values() for i in rows]
figure6 = slice_gallery(
    [slices.images[i] for i in shown_wrong],
    [f"p(ABE) {probability[i]:.2f}" for i in shown_wrong],
    slices.pixel_mm,
    columns=3,
    row_titles=list(wrong),
    size_in=1.6,
)
run.figure(figure6, "figure6_misread", paper="Figure 6", caption="Slices that ResNet18 gets most wrong")

# %% [markdown]
# The paper looks at such slices and finds a bright pallidum in the upper row and a plain one in the lower.
# Three examples of each fit many stories. If the network reads the pallidum, its probability must rise with
# GPnorm over *all* newborns:

# %%
from neolab.metrics.regression import spearman

newborns = by_patient(result.predictions).set_index("participant_id")["probability"]
follows = spearman(table["gpnorm"], newborns.reindex(table["participant_id"]))
run.metric("resnet18.gpnorm_correlation", follows)
verdict = (
    "It follows the pallidum." if (follows.low or 0) > 0 else "Nothing shows that it looks at the pallidum."
)
Markdown(f"Rank correlation of the network's probability with GPnorm: **{follows:.2f}**. {verdict}")

# %% [markdown]
# ## Side by side
#
# One row a method, as in Table 2. For the readers SD is over three people, for the network over folds; the
# ratio has neither, so we print its interval over newborns instead. Two rows are not in the paper: the ratio
# with an honest cut-off, and the network with honest folds. The paper's own three rows stand below ours.

# %%
section(run, "Comparison", groups | labels)


# %%
def spread_row(per_case):
    """Mean and SD over readers or folds, as the paper prints them."""
    return {name: f"{over_folds(per_case[name]):.3f}" for name in measures}


def interval_row(estimates, area):
    """Value and 95 % interval over newborns."""
    return {name: f"{estimates[name]:.2f}" for name in measures[:-1]} | {"auc": f"{area:.2f}"}


# %%
gp_area = delong_interval(truth, table["gpnorm"])
rows = {"Visual inspection": spread_row(visual.drop(index=["mean", "SD"]))} if has_truth else {}
rows["GPnorm"] = interval_row(gp_metrics, gp_area)
for name, result in trained.items():
    rows[f"ResNet18, folds by {name}"] = spread_row(fold_metrics(result.predictions))
rows["GPnorm, cut-off cross-validated"] = interval_row(cv_metrics, gp_area)
for key, name in {"visual": "Visual inspection", "gpnorm": "GPnorm", "resnet18": "ResNet18"}.items():
    rows[f"paper: {name}"] = {
        measure: f"{paper[f'table2.{key}.{measure}']:.4f}"
        + (f" ± {paper[sd]:.4f}" if (sd := f"table2.{key}.{measure}_sd") in paper else "")
        for measure in measures
    }
run.table(pd.DataFrame(rows).T, "table2", caption="Table 2: three ways to read a scan")

# %% [markdown]
# ### Figure 4: confusion matrices and ROC curves
#
# To compare methods they must judge the same cases, so here every method judges *newborns*: readers by
# majority, the network by the mean of a newborn's slices. (The paper draws the ROC curve of its senior reader,
# "the best among the three"; choosing the best after the fact flatters, so ours is the majority.)

# %%
scores = table[["participant_id", "label", "gpnorm"]].assign(gpnorm_call=gp_call, gpnorm_call_cv=gp_call_cv)
if has_truth:
    scores["visual_call"] = readers.majority(readings).to_numpy()
for name, result in trained.items():
    newborns = by_patient(result.predictions).set_index("participant_id")
    scores[f"resnet18_{name}"] = newborns["probability"].reindex(scores["participant_id"]).to_numpy()
    scores[f"resnet18_{name}_call"] = (scores[f"resnet18_{name}"] > 0.5).astype(int)
run.predictions(scores)
scores.head(3)

# %%
from neolab.metrics.classification import count_confusion
from neolab.viz.confusion import show_confusion
from neolab.viz.roc import show_roc

names = {"visual_call": "visual", "gpnorm_call": "GPnorm"}
names |= {f"resnet18_{name}_call": f"ResNet18, folds by {name}" for name in trained}
names = {column: name for column, name in names.items() if column in scores}
figure4, panels = figure(
    2.1 * len(names) + 4.4, 3.6, 1, len(names) + 1, width_ratios=[*[1] * len(names), 2.1]
)
for axes, (column, name) in zip(panels, names.items(), strict=False):
    counts = count_confusion(truth, scores[column])
    show_confusion(axes, counts, title=f"{name}: {counts.accuracy:.0%} right")
lines = {"GPnorm": (truth, scores["gpnorm"])}
lines |= {f"ResNet18, folds by {name}": (truth, scores[f"resnet18_{name}"]) for name in trained}
show_roc(panels[-1], lines, {"visual": (truth, scores["visual_call"])} if has_truth else None)
panels[-1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=7)
run.figure(
    figure4,
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
share_called = (paper["table2.resnet18.sensitivity"] + 1 - paper["table2.resnet18.specificity"]) / 2
Markdown(
    f"The paper's network called {share_called:.0%} of its slices ABE, of which half were. Calling *every* newborn "
    f"ABE is right in {always:.0%} here. An accuracy means little without that number."
)

# %% [markdown]
# ### Which is better? Two ways to ask
#
# The paper compares accuracies with **chi-square** tests, as if each method had judged newborns of its own.
# All methods judged the *same* newborns, so the test that fits is paired: **McNemar's**, which looks only
# at the newborns on whom two methods disagree. Both are shown, without a correction for three comparisons, and
# beside them the p that the paper prints.

# %%
from neolab.metrics.compare import compare_classifiers

network_call = f"resnet18_{wanted[0]}_call"
pairs = {
    "gpnorm_visual": ("gpnorm_call", "visual_call"),
    "visual_resnet18": ("visual_call", network_call),
    "resnet18_gpnorm": (network_call, "gpnorm_call"),
}
pairs = {name: pair for name, pair in pairs.items() if set(pair) <= set(scores)}
pair_names = {
    "gpnorm_visual": "GPnorm − visual",
    "visual_resnet18": "visual − ResNet18",
    "resnet18_gpnorm": "ResNet18 − GPnorm",
}
lines = []
for name, (first, second) in pairs.items():
    result = compare_classifiers(truth, scores[first], scores[second])
    unpaired = result.unpaired.p if result.unpaired else np.nan
    run.metric(f"compare.{name}_p", unpaired, n=len(truth))
    run.metric(f"compare.{name}_paired_p", result.paired.p, n=len(truth))
    run.metric(f"compare.{name}_difference", result.difference)
    lines.append(
        {
            "pair": pair_names[name],
            "difference in accuracy": f"{result.difference:.2f}",
            "chi-square p, unpaired": unpaired,
            "McNemar p, paired": result.paired.p,
            "chi-square p in the paper": paper[f"results.compare.{name}_p"],
        }
    )
run.table(pd.DataFrame(lines), "comparison", caption="Accuracies of pairs of methods, newborns as cases")

# %%
from neolab.metrics.roc import delong_test

honest_name = "patient" if "patient" in trained else wanted[0]
contest = delong_test(truth, scores["gpnorm"], scores[f"resnet18_{honest_name}"])
run.metric("compare.gpnorm_resnet18_auc_difference", contest.difference)
for name in trained:
    run.metric(f"resnet18.{name}.auc_by_newborn", delong_interval(truth, scores[f"resnet18_{name}"]))
clear = contest.difference.low > 0 or contest.difference.high < 0
winner = "the one-line ratio" if contest.difference.value > 0 else "the network"
Markdown(
    f"Against the network with folds by {honest_name}, {winner} has the larger AUC, by "
    f"{abs(contest.difference.value):.2f} (95 % interval of ratio minus network {contest.difference.low:.2f} "
    f"to {contest.difference.high:.2f}). "
    + ("The interval leaves out 0." if clear else "With this many newborns that is no proof of a difference.")
)

# %% [markdown]
# ## What this can and cannot show

# %%
from scipy.stats import norm

separation = {
    name: (published[name]["ABE"][0] - published[name]["HB"][0])
    / np.hypot(published[name]["ABE"][1], published[name]["HB"][1])
    for name in ratios
}
Markdown(
    "If the ratios are normal in both groups, the means and SDs that the paper prints fix the AUC: "
    + ", ".join(
        f"**{norm.cdf(separation[name]):.2f}** for {ratio_names[name]} (it prints {paper[f'results.{name}.auc']:.3f})"
        for name in ratios
    )
    + ". No image is needed for that, and none can change it."
)

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
if has_truth:
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
