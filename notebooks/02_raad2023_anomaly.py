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
# # Finding what nobody taught it: anomalies in newborn brains
#
# This lesson follows Raad and colleagues, *Scientific Reports* 2023;13
# ([doi:10.1038/s41598-023-38430-0](https://doi.org/10.1038/s41598-023-38430-0)).
#
# Labelled scans of sick newborns are rare; normal ones are not. So the paper shows an **autoencoder** only
# normal T2-weighted brains until it can redraw them through a narrow bottleneck. Given a brain with
# something unusual, it redraws what it *expects*, and the difference points at the unusual. Nobody has to
# say what to look for.
#
# The paper compares eight such networks on 97 scans of the developing Human Connectome Project and reports
# an area under the ROC curve of up to 0.83. We train them again and ask what the paper could not, because
# we know where every lesion is: **does the map point at the lesion?** And: does one need a network at all?
#
# **What this lesson is not for.** The scans are simulated unless you give a folder of your own. The mix of
# lesions follows the paper's figures; how detectable they are is not tuned. Results show how the method
# behaves, and say nothing about patients.

# %% tags=["parameters"]
profile = "teach"  # smoke: seconds, for tests; teach: minutes; paper: the paper's own sizes, needs a GPU
data = None  # a BIDS folder or a dHCP release; None simulates a cohort
seed = 0
n_subjects = None  # None: the profile's value, here and below
side = None  # voxels along a side of the cube; the paper's is 256
models = None  # such as "std_16x16,vae_8x8_512", or "all"
channels = None
epochs = None
batch_size = None
learning_rate = None
divergence_weight = None  # of the KL term; 0 as in the author's later code
deterministic_latent = None  # True: no sampling, as in the author's later code
checkpointing = None
n_components = None  # of the PCA baseline
n_bootstrap = None
template_path = None  # a folder with templates of real pathology

# %%
import pandas as pd

from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("raad2023", globals())
params = run.params
run

# %% [markdown]
# ## The newborns
#
# Normal scans to learn from, normal scans held out, and abnormal scans. The paper had 80, 9 and 8. Some
# "normals" carry a small finding that no radiologist reported: the paper found two such among its own, and
# ours have them on purpose, about one in twelve. The network learns from them too.

# %%
from neolab.studies.raad2023.data import load, study_scans
from neolab.studies.raad2023.roles import ROLES

cohort = study_scans(run.cohort(), params.seed)
counts = cohort.table["role"].value_counts()[list(ROLES)]
run.record("cohort", counts, unit="count")
run.say(", ".join(f"**{counts[role]}** {name}" for role, name in ROLES.items()) + ".")

# %%
from neolab.studies.raad2023 import truth

findings = truth.findings(cohort)

# %%
section(run, "What the abnormal scans have", {"table of findings": not findings.empty})

# %%
run.table(findings, "lesions", caption="Findings of the cohort, reported or not")

# %% [markdown]
# Findings without a volume (asymmetry, dilatation, volume loss) change the shape of the brain itself. They
# get their mask on the cubes, further down: the part of the lateral ventricles that lies where at most one
# training normal in twenty has any.
#
# ## From a head to a cube
#
# The paper's steps, one after the other: extract the brain, correct the bias field, resample to a cube,
# register to one reference scan with an affine map, scale to [0, 1]. An affine map makes brains the same in
# size and tilt. It cannot make their folds the same, nor their fluid.

# %%
section(run, "Preprocessing")

# %%
from neolab.studies.raad2023 import sentences

scans = load(cohort, params)
overlap = scans.table["extraction_dice"].dropna()
if len(overlap):
    run.metric("preprocessing.extraction_dice", float(overlap.mean()), n=len(overlap))
run.say(sentences.prepared(scans))

# %% [markdown]
# That took all cores; a second run reads the cubes from the cache. Here are the steps of one of them.

# %%
from neolab.studies.raad2023 import figures
from neolab.studies.raad2023.preprocess import prepare

example = int(scans.rows("train")[1])
prepared = prepare(cohort.read(example, "T2w").image(), scans.reference)
steps = figures.steps_gallery(prepared)
run.figure(steps, "preprocessing", caption="One training scan after every step, middle slice of each grid")

# %% [markdown]
# *corrected* looks like *brain*: the developing HCP's scans have little shading left, and so do ours. From
# *cube* to *registered* the brain turns and stretches to the reference.

# %%
gallery = figures.prepared_gallery(scans)
run.figure(
    gallery, "prepared_scans", caption="Prepared scans: training, held-out and abnormal, one slice each"
)

# %% [markdown]
# Look at the normals first. How much do they differ from each other, and where? Mostly in folds and fluid.
# Whatever the network does, it has to find lesions on top of *that*.
#
# ## Eight networks
#
# All are made of one part: a **residual block** of instance norm, ReLU and 3-D convolution, with a bypass
# around it. The encoder shrinks the cube sixteenfold (`16x16`) or thirty-two-fold (`8x8`); the names give
# the bottleneck's side for the paper's 256-voxel cubes. The `vae` models squeeze the bottleneck further,
# through a variational layer of 256, 512 or 1024 nodes. Follow one volume through the paper's favourite:

# %%
section(run, "Networks")

# %%
from neolab.studies.raad2023 import model_tables

followed = "vae_8x8_512"
run.table(model_tables.layer_table(followed), "layers", caption=f"{followed} on a cube of 256 voxels")

# %% [markdown]
# Everything that the decoder knows of a scan has to pass the variational layer: 16.8 million voxels become
# 512 numbers. The layer tables of the 2023 models are not public; these follow the author's later code.

# %%
sizes = model_tables.model_table()
run.record("", sizes.loc[["std_16x16", "std_8x8"], "bottleneck"].add_suffix(".bottleneck"), unit="voxels")
run.record("", sizes["parameters"].add_suffix(".parameters"), unit="count")
run.table(sizes, "models", caption="The eight models with 32 channels on cubes of 256 voxels")

# %% [markdown]
# A quirk of the sizes: `vae_16x16_1024` has 900 times the parameters of `std_16x16`, nearly all of them in
# the two linear layers around its latent nodes. It is no better for that: fewer numbers *pass*.
#
# ### Training

# %%
from neolab.studies.raad2023 import training
from neolab.studies.raad2023.parameters import ARCHITECTURES, PAPER_EPOCHS, PAPER_SIDE

fits = training.train_models(scans, params)
networks = list(fits)
if (params.side, params.epochs) != (PAPER_SIDE, PAPER_EPOCHS):
    run.limitation(
        f"Cubes of {params.side} voxels and {params.epochs} epochs instead of the paper's {PAPER_SIDE} and "
        f"{PAPER_EPOCHS}: errors and cluster sizes in pixels are not comparable with the paper's."
    )
if set(networks) != set(ARCHITECTURES):
    run.limitation(f"Only {', '.join(networks)} of the paper's eight models were trained.")

# %%
from neolab.viz.curves import training_curves

history = pd.concat(learnt.history.assign(model=name) for name, learnt in fits.items())
of_volumes = history.loc[history["metric"] == "mse", "value"]
curves = training_curves(
    history,
    {"mse": "mean squared error"},
    parts={"train": "training", "validation": "held-out normals"},
    by="model",
    limits={"mse": (0.8 * of_volumes.min(), 1.2 * of_volumes.max())},
    logarithmic=True,
)
run.figure(curves, "training", history, caption="Mean squared error in training and on held-out normals")

# %%
run.say(sentences.training_gaps(history))

# %% [markdown]
# ## Two opponents without a network
#
# * A **voxel-wise z-score**: mean and standard deviation of the training scans in each voxel. A voxel is
#   odd if it is far from its own mean.
# * **PCA**: each scan is redrawn from the main directions in which training scans differ, `n_components` of
#   them. A linear autoencoder, without a single epoch.
#
# Every method looks at every scan. Maps are measured and let go; at 256³ they would fill the memory.

# %%
section(run, "Evaluation")

# %%
from neolab.studies.raad2023 import baselines, evaluation

opponents = baselines.learn_baselines(scans, params)
detectors = {name: training.AutoencoderDetector(learnt.network) for name, learnt in fits.items()} | opponents
results = evaluation.measure_scans(detectors, scans)
run.predictions(results.scans)

# %% [markdown]
# ### Figure 3: reconstruction error
#
# The paper's first measure is the mean squared error of a whole volume.

# %%
columns = ["method", "participant_id", "role"]
figure3 = figures.by_role(results.scans, "mse", "mean squared error", log=True)
data3 = results.scans[[*columns, "mse"]]
run.figure(figure3, "figure3_mse", data3, paper="Figure 3", caption="Mean squared error of every scan")

# %%
errors = results.means("mse")
for role in ROLES:
    run.record("", errors.loc[networks, role].add_suffix(f".mse.{role}"), n=int(counts[role]))
run.record("vae.mse", evaluation.range_of_vaes(errors), n=6)
errors.round(4)

# %% [markdown]
# Compare blue with grey before you compare red with grey. Where held-out *normals* already have a larger
# error than training normals, part of what looks like abnormality is only "not seen in training".
#
# ### Figure 4: clusters
#
# The second measure: pixels beyond two standard deviations of the residual form clusters in each axial
# slice; noise makes small ones, anomalies large ones. The paper leaves open which slices, threshold and
# neighbourhood it takes, and its published code and text differ several-fold. Ours: all slices, two
# standard deviations, eight neighbours.

# %%
figure4 = figures.by_role(results.scans, "cluster_mm2", "mean cluster size (mm²)")
data4 = results.scans[[*columns, "cluster_pixels", "cluster_mm2"]]
run.figure(
    figure4, "figure4_clusters", data4, paper="Figure 4", caption="Mean size of the clusters of a scan"
)

# %%
areas_mm2, pixels = results.means("cluster_mm2"), results.means("cluster_pixels")
for role in ROLES:
    n = int(counts[role])
    run.record("", areas_mm2.loc[networks, role].add_suffix(f".cluster_area.{role}"), n=n, unit="mm2")
    if params.side == PAPER_SIDE:  # a pixel is as large as the paper's
        run.record("", pixels.loc[networks, role].add_suffix(f".cluster.{role}"), n=n, unit="pixels")
if params.side == PAPER_SIDE:
    run.record("vae.cluster", evaluation.range_of_vaes(pixels), unit="pixels")
pixels.round(1).rename_axis("pixels")

# %% [markdown]
# ### Six bands
#
# The paper's supplement counts voxels and cluster sizes in six bands of the standard score. Positive bands
# are brighter than expected (on T2: fluid), negative ones darker (blood, calcium, packed cells).

# %%
bands = results.bands
shown = bands[bands["method"].isin([*networks[-2:], *opponents])]
percent = figures.bands_by_role(shown, "percent", "voxels (%)")
run.figure(percent, "bands_percent", bands, paper="Figures S1, S2", caption="Share of voxels in six bands")

# %%
sizes_of_bands = figures.bands_by_role(shown, "pixels", "mean cluster (pixels)")
caption = "Mean size of clusters in six bands"
run.figure(sizes_of_bands, "bands_clusters", bands, paper="Figures S3, S4", caption=caption)

# %%
run.record("", evaluation.extreme_bands(bands, networks), unit="%")

# %% [markdown]
# A scan's own standard deviation is the yardstick here, as the paper's text has it. That makes bands a
# measure of *shape*: a scan that is wrong everywhere has a large deviation and may have fewer voxels
# "beyond four" than a good one. The z-score baseline takes its yardstick from the normals, and is free of
# that.
#
# ## Can it tell abnormal from normal?
#
# The paper's ROC curve counts **training scans among the negatives**. A network has seen those; no one it
# will ever be used for has been seen. The fair negatives are the held-out normals, of which there are few.

# %%
section(run, "ROC")

# %%
titles = {"paper": "negatives: all normals (paper)", "fair": "negatives: held-out normals (fair)"}
roc = figures.roc_panels({title: evaluation.scored(results.scans, key) for key, title in titles.items()})
run.figure(
    roc,
    "roc",
    results.scans[[*columns, "score"]],
    paper="Figures S5, S6",
    caption="ROC curves with the paper's negatives and with held-out normals only",
)

# %%
from neolab.viz.intervals import intervals_figure

resampling = {"n_resamples": params.n_bootstrap, "seed": params.seed}
areas = evaluation.auc_table(results.scans, **resampling)
keys = {method: evaluation.key(method) for method in detectors}
run.record("", {keys[method]: {"auc": of} for method, of in areas.items()})
judged, _ = next(iter(evaluation.scored(results.scans, "paper").values()))
run.design("", label=judged)
series = {title: {method: of[key] for method, of in areas.items()} for key, title in titles.items()}
run.figure(
    intervals_figure(series, "AUC with 95 % interval (DeLong; Newcombe at 0 and 1)", reference=0.5),
    "auc_intervals",
    evaluation.auc_rows(areas),
    caption="AUC of every method with its interval",
    metrics=[f"{name}.auc.paper" for name in networks],
)

# %%
ratios = evaluation.score_ratios(results.scans, **resampling)
run.record("", {keys[method]: {"score_ratio": ratio} for method, ratio in ratios.items()})
best = evaluation.best_of(networks, areas)
run.say(sentences.first_network(areas, best, ratios[best]))

# %% [markdown]
# ### What eight abnormal scans can show
#
# The paper ranks eight models by AUCs that lie between 0.74 and 0.83. Below is how wide the interval of
# such an AUC is, for the paper's numbers and for more (Hanley and McNeil's formula, which needs nothing but
# the AUC and the group sizes).

# %%
numbers = [4, 8, 16, 32, 64, 128, 256]
normals = {"as many normals": 1.0, "the paper's 89 normals to 8": 89 / 8}
widths = evaluation.interval_half_widths(0.83, numbers, normals)
run.figure(
    figures.precision_curve(widths, int(counts["test"])),
    "auc_precision",
    widths,
    caption="How precise an AUC of 0.83 is, against the number of abnormal scans",
)

# %%
pairs = evaluation.auc_differences(results.scans, best, **resampling)
run.record(f"{best}.minus", {keys[other]: {"auc": delong} for other, (delong, _, _) in pairs.items()})
differences = evaluation.difference_rows(pairs)
run.table(differences, "auc_differences", caption=f"Fair AUC of {best} minus that of the others")

# %%
run.say(sentences.told_apart(differences, networks, widths))

# %%
best_opponent = evaluation.best_of(opponents, areas)
run.say(sentences.duel(areas, best, best_opponent, differences))

# %% [markdown]
# ## Where does it point?
#
# ### Figures 5 to 7: heat maps
#
# Three slices: the middle one and those a quarter of the cube away (64 voxels of the paper's 256). Red is
# brighter, blue darker than expected. The yellow outline is what the paper could not draw: the lesion.

# %%
section(run, "Heat maps")

# %%
from neolab.studies.raad2023 import residual_figures

favourite = followed if followed in fits else networks[-1]
shown_rows = [
    int(scans.rows("train")[1]),
    int(scans.rows("validation")[0]),
    evaluation.typical_abnormal(scans),
]
shown_views = evaluation.views_of(detectors[favourite], scans, shown_rows)
normal, held_out, abnormal = shown_views.values()
figure5 = residual_figures.heat_map(normal, scans.voxel_mm)
run.figure(figure5, "figure5_training", paper="Figure 5", caption=f"{favourite}: a training normal")

# %%
figure6 = residual_figures.heat_map(held_out, scans.voxel_mm)
run.figure(figure6, "figure6_validation", paper="Figure 6", caption=f"{favourite}: a held-out normal")

# %%
figure7 = residual_figures.heat_map(abnormal, scans.voxel_mm)
run.figure(figure7, "figure7_abnormal", paper="Figure 7", caption=f"{favourite}: an abnormal scan")

# %% [markdown]
# Cover the yellow outline and look again: would you have found the lesion among the other coloured spots?
# The rim of the brain and the ventricles light up in *every* scan, normal or not. The paper says so too
# ("a significant amount of the signal generated by our model focused on this fluid variability").
#
# ### Figure 8: one region, all methods

# %%
by_method = evaluation.views_by_method(detectors, scans, shown_rows[2])
figure8 = residual_figures.methods_on_one_slice(by_method, scans.voxel_mm)
run.figure(figure8, "figure8_methods", paper="Figure 8", caption="The same slice through every method")

# %% [markdown]
# ### Browse
#
# All abnormal scans, some held-out ones and a slider for the threshold. At which threshold do lesions stand
# out, and what else does?

# %%
browsed = [*scans.rows("test"), *scans.rows("validation")[:3]]
views = evaluation.views_of(detectors[favourite], scans, browsed)
residual_figures.residual_browser(views, scans.voxel_mm, footer=run.footer)

# %% [markdown]
# The same for readers of this page who cannot click:

# %%
still = residual_figures.three_planes(views, scans.voxel_mm, name=list(shown_views)[2], threshold=2.0)
run.figure(still, "residual_browser", caption=f"{favourite}: residual beyond two standard deviations")

# %% [markdown]
# ## Does it find the lesions?
#
# Two measures that need the truth. **Average precision** over voxels: sort all voxels of the brain by how
# odd they are; how pure is the top of the list? A map without information scores the share of lesion
# voxels. **Lesions found**: a lesion counts if one of its voxels is beyond three standard deviations; what
# a widened ventricle has too much of counts by piece. A map
# that marks a lot finds a lot by luck, so the same map, *mirrored* left to right, shows how much luck
# finds.
#
# Both are given twice: in the whole brain, and with fluid spaces masked out, as the paper's discussion
# suggests.

# %%
section(run, "Localisation", {"map of lesions": results.has_lesions})

# %%
from neolab.studies.raad2023 import localisation

cut = localisation.cut_away(scans, "test")
run.record("cut_away", cut)
run.say(sentences.cut_away(cut))

# %%
summary = localisation.summarise(results.located, **resampling)
found = figures.found_by_kind(summary)
run.figure(found, "localisation", summary, caption="Average precision over voxels, by kind of lesion")

# %%
overall = summary[summary["kind"] == localisation.ANY].drop(columns="kind")
located = {keys[method]: of for method, of in localisation.located_metrics(overall).items()}
run.record("", located, unit=localisation.UNITS)
run.table(overall, "localisation_overall", caption="All kinds of lesion")

# %%
kinds = summary[(summary["kind"] != localisation.ANY) & (summary["region"] == "whole brain")]
measures = ["scans", "average_precision", "prevalence", "lesions", "found", "found_mirrored"]
by_kind = kinds[["kind", "method", *measures]]
run.table(by_kind, "localisation_by_kind", caption="By kind of lesion, whole brain")

# %%
run.say(sentences.best_map(summary, favourite, list(opponents)))

# %% [markdown]
# A scan can be called abnormal for the wrong reason. If AUC is high and the map is hardly better than its
# mirror image, then size, fluid or the mere strangeness of a scan did the work, and a heat map shown to a
# radiologist would mislead.
#
# ### The findings that nobody reported

# %%
hidden = localisation.unreported(results.located, [favourite, *opponents])
run.metric("unreported.scans", int(hidden["scans"].max()), unit="count")
for method, row in hidden[hidden["lesions"] > 0].iterrows():
    run.metric(f"{keys[method]}.unreported_found", int(row["found"]), n=int(row["lesions"]))
run.say(sentences.unreported(hidden))

# %% [markdown]
# ## Real pathology
#
# Everything above was learned from simulated heads. With `template_path` the trained network looks at
# **real** images: group templates of fetuses with spina bifida, whose ventricles are enlarged (Fidon et al.
# 2021, CC0; each template in a folder with `srr.nii.gz`, `mask.nii.gz` and `parcellation.nii.gz`).

# %%
section(run, "Real pathology", {"templates (parameter template_path)": params.template_path is not None})

# %%
from neolab.io.result_class import ResultClass
from neolab.studies.raad2023 import templates

class_of_cohort, run.result_class = run.result_class, ResultClass.TEMPLATE  # for the next table and figure
held_out_error = results.scans.query("role == 'validation' and method == @favourite")["mse"].median()
real = list(templates.load_templates(params.template_path, scans.reference))
domain, template_views = templates.look_at_templates(detectors[favourite], real, held_out_error)
run.limitation("The spina bifida templates are group averages of fetal scans: template images, no patients.")
run.table(domain, "templates", caption=f"{favourite} on templates of real pathology (template images)")

# %%
first_template = next(iter(template_views))
still = residual_figures.three_planes(template_views, scans.voxel_mm, name=first_template, threshold=2.0)
run.figure(still, "real_templates", domain, caption="Residual on a real template; outlined: its ventricles")

# %%
run.result_class = class_of_cohort

# %% [markdown]
# Mind the **domain gap** before calling this a success. A template is an average: smoother than any scan. A
# fetus of 26 weeks has a smooth, small brain that registration blows up to term size. Its T2 contrast comes
# from another sequence. What the network marks here is a mixture of all that and of the enlarged ventricles:
# an AUC near one half for the ventricles means that the mixture hides them. The paper met the same wall; its
# tests on data from elsewhere were "not suitable for inclusion".
#
# ## What this can and cannot show
#
# **It can show** how the method behaves where the truth is known: what counting training scans as
# negatives does to an AUC, how little eight abnormal scans can decide between eight models, whether the
# maps point at lesions or at fluid, and whether a network beats a voxel-wise mean.
#
# **It cannot show** how it would fare on patients. Simulated normals vary less than real ones, and in fewer
# ways; lesions are of six patterns; there is one scanner, and motion is mild. Nor is it the paper's model to
# the last layer: the 2023 layer tables are not public. How the paper chose its 89 of 243 normal scans and
# its 8 of 31 abnormal ones, it does not say.
#
# **With dHCP data of your own**, `neolab run raad2023 --data PATH` runs everything but the sections that
# need lesion masks.

# %%
section(run, "End")

# %%
if results.has_lesions:
    run.limitation("Lesions, their frequency and the variability of normals are those of the simulation.")
run.limitation(
    "The layer tables of the 2023 models are not public; the networks follow the author's later code."
)
run.limitation(
    f"{counts['test']} abnormal and {counts['validation']} held-out normal scans: differences between models "
    "are mostly smaller than their intervals."
)
run.finish()

# %% [markdown]
# ### Try it yourself
#
# 1. Set `deterministic_latent = True`: the layer that the author's later code calls variational, but which
#    never samples. Does anything change? Then `divergence_weight = 1.0` with sampling. What does the KL term
#    cost in error, and what does it buy?
# 2. Set `n_subjects = 300`. There are then 25 abnormal scans. Which differences between methods become
#    clear?
# 3. Train for three times as many epochs. Watch held-out and training error, and the gap between the two
#    AUCs.
