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
import numpy as np
import pandas as pd
from IPython.display import Markdown

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
from neolab.studies.raad2023.dataset import study_scans
from neolab.studies.raad2023.score_figures import ROLE_NAMES

cohort = study_scans(run.cohort(), params.seed)
counts = cohort.table["role"].value_counts()
for role in ROLE_NAMES:
    run.metric(f"cohort.{role}", int(counts[role]), unit="count")
Markdown(", ".join(f"**{counts[role]}** {name}" for role, name in ROLE_NAMES.items()) + ".")

# %%
has_lesions = cohort.has("lesions_dseg")
known_lesions = {"map of lesions": has_lesions}
section(run, "What the abnormal scans have", known_lesions)

# %%
lesions = cohort.truth_table("lesions")
lesions["participant_id"] = lesions["participant_id"].str.removeprefix("sub-")
lesions = lesions.merge(cohort.table[["participant_id", "role"]], on="participant_id")
shown = lesions.sort_values(["role", "participant_id"])[
    ["role", "participant_id", "kind", "side", "severity", "volume_ml"]
]
run.table(shown.reset_index(drop=True), "lesions", caption="Findings of the cohort, reported or not")

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
from neolab.studies.raad2023.dataset import reference_of
from neolab.studies.raad2023.preprocess import prepare
from neolab.studies.raad2023.residual_figures import steps_gallery
from neolab.viz.slices import plane_of

example = int(np.flatnonzero(cohort.table["role"] == "train")[1])
reference = reference_of(cohort, params.side)
prepared = prepare(cohort.image(example, "T2w"), reference)
pictures = [plane_of(step.get_fdata(), "axial", step.shape[2] // 2) for step in prepared.steps.values()]
pixels = [float(step.header.get_zooms()[0]) for step in prepared.steps.values()]
steps = steps_gallery(pictures, list(prepared.steps), pixels)
run.figure(steps, "preprocessing", caption="One training scan after every step, middle slice of each grid")

# %% [markdown]
# *corrected* looks like *brain*: the developing HCP's scans have little shading left, and so do ours. From
# *cube* to *registered* the brain turns and stretches to the reference. Now all scans, on every core; a
# second run reads them from the cache.

# %%
from neolab.studies.raad2023.experiment import load_dataset

dataset = load_dataset(cohort, params.side)
overlap = dataset.table["extraction_dice"].dropna()
if len(overlap):
    run.metric("preprocessing.extraction_dice", float(overlap.mean()), n=len(overlap))
Markdown(
    f"{len(dataset)} cubes of {dataset.side}³ voxels of {dataset.voxel_mm:.1f} mm. "
    + (
        f"Extracted and true brain overlap with a mean Dice of **{overlap.mean():.3f}**."
        if len(overlap)
        else ""
    )
)

# %%
from neolab.viz.slices import slice_gallery

columns = min(6, counts.min())
middle = [dataset.images[i] for role in ROLE_NAMES for i in dataset.rows(role)[:columns]]
cuts = [plane_of(np.asarray(scan, np.float32), "axial", dataset.side // 2) for scan in middle]
gallery = slice_gallery(
    cuts,
    [""] * len(cuts),
    dataset.voxel_mm,
    columns=columns,
    row_titles=list(ROLE_NAMES.values()),
    windows=[(0, 0.9)] * len(cuts),
    size_in=1.4,
)
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
from neolab.studies.raad2023.network import ARCHITECTURES, bottleneck_side, layer_table, parameter_count

followed = "vae_8x8_512"
run.table(pd.DataFrame(layer_table(followed, 256)), "layers", caption=f"{followed} on a cube of 256 voxels")

# %% [markdown]
# Everything that the decoder knows of a scan has to pass the variational layer: 16.8 million voxels become
# 512 numbers. The layer tables of the 2023 models are not public; these follow the author's later code.

# %%
sizes = pd.DataFrame(
    [
        {
            "model": name,
            "bottleneck at 256": f"{bottleneck_side(name, 256)}³",
            "parameters at 256": parameter_count(name, 256),
            "numbers that pass": architecture.latent_nodes or 32 * bottleneck_side(name, 256) ** 3,
        }
        for name, architecture in ARCHITECTURES.items()
    ]
)
for name in ("std_16x16", "std_8x8"):
    run.metric(f"{name}.bottleneck", bottleneck_side(name, 256), unit="voxels")
for name in ARCHITECTURES:
    run.metric(f"{name}.parameters", parameter_count(name, 256), unit="count")
run.table(sizes, "models", caption="The eight models with 32 channels")

# %% [markdown]
# A quirk of the sizes: `vae_16x16_1024` has 900 times the parameters of `std_16x16`, nearly all of them in
# the two linear layers around its latent nodes. It is no better for that: fewer numbers *pass*.
#
# ### Training

# %%
from neolab.studies.raad2023.experiment import train_models
from neolab.studies.raad2023.step import Recipe

recipe = Recipe(
    epochs=params.epochs,
    batch_size=params.batch_size,
    learning_rate=params.learning_rate,
    divergence_weight=params.divergence_weight,
)
fits = train_models(
    params.model_names,
    dataset,
    recipe,
    channels=params.channels,
    seed=params.seed,
    deterministic_latent=params.deterministic_latent,
    checkpointing=params.checkpointing,
)
if params.side != 256 or params.epochs != 50:
    run.limitation(
        f"Cubes of {params.side} voxels and {params.epochs} epochs instead of the paper's 256 and 50: errors "
        "and cluster sizes in pixels are not comparable with the paper's."
    )
if set(params.model_names) != set(ARCHITECTURES):
    run.limitation(f"Only {', '.join(params.model_names)} of the paper's eight models were trained.")

# %%
from neolab.studies.raad2023.score_figures import training_curves

histories = {name: result.history for name, result in fits.items()}
curves = training_curves(histories)
long = pd.concat(history.assign(model=name) for name, history in histories.items())
run.figure(curves, "training", long, caption="Mean squared error in training and on held-out normals")

# %%
gaps = {name: h["validation_mse"].iloc[-1] / h["train_mse"].iloc[-1] for name, h in histories.items()}
Markdown(
    "Held-out over training error after the last epoch: "
    + ", ".join(f"{name} **{gap:.2f}**" for name, gap in gaps.items())
    + ". Near 1 the network has learned brains, far above 1 it has learned *these* brains by heart, and a "
    "training scan is no fair example of a normal one any more."
)

# %% [markdown]
# ## Two opponents without a network
#
# * A **voxel-wise z-score**: mean and standard deviation of the training scans in each voxel. A voxel is
#   odd if it is far from its own mean.
# * **PCA**: each scan is redrawn from the main directions in which training scans differ. A linear
#   autoencoder, without a single epoch.
#
# Every method looks at every scan. Maps are measured and let go; at 256³ they would fill the memory.

# %%
section(run, "Evaluation")

# %%
from neolab.studies.raad2023.detectors import AutoencoderDetector, baselines
from neolab.studies.raad2023.experiment import examine

detectors = {name: AutoencoderDetector(result.network, recipe) for name, result in fits.items()}
detectors |= baselines(dataset.part("train"), params.n_components)
results = examine(detectors, dataset)
networks, opponents = list(fits), [name for name in detectors if name not in fits]
run.predictions(pd.concat(rows.assign(method=name) for name, rows in results.scans.items()))

# %% [markdown]
# ### Figure 3: reconstruction error
#
# The paper's first measure is the mean squared error of a whole volume.

# %%
from neolab.studies.raad2023.score_figures import by_role

figure3 = by_role(results.scans, "mse", "mean squared error", log=True)
data3 = pd.concat(r[["participant_id", "role", "mse"]].assign(method=m) for m, r in results.scans.items())
run.figure(figure3, "figure3_mse", data3, paper="Figure 3", caption="Mean squared error of every scan")

# %%
means = {name: rows.groupby("role")["mse"].mean() for name, rows in results.scans.items()}
n_of = dataset.table["role"].value_counts()
for name in networks:
    for role in ROLE_NAMES:
        run.metric(f"{name}.mse.{role}", float(means[name][role]), n=int(n_of[role]))
vaes = [name for name in networks if name.startswith("vae")]
if len(vaes) == 6:
    for role in ("train", "test"):
        run.metric(f"vae.mse.{role}_minimum", float(min(means[name][role] for name in vaes)), n=6)
        run.metric(f"vae.mse.{role}_maximum", float(max(means[name][role] for name in vaes)), n=6)
pd.DataFrame(means).T[list(ROLE_NAMES)].round(4)

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
figure4 = by_role(results.scans, "cluster_mm2", "mean cluster size (mm²)")
data4 = pd.concat(
    r[["participant_id", "role", "cluster_pixels", "cluster_mm2"]].assign(method=m)
    for m, r in results.scans.items()
)
run.figure(
    figure4, "figure4_clusters", data4, paper="Figure 4", caption="Mean size of the clusters of a scan"
)

# %%
clusters = {name: rows.groupby("role")["cluster_pixels"].mean() for name, rows in results.scans.items()}
for name in networks:
    for role in ROLE_NAMES:
        area = float(results.scans[name].groupby("role")["cluster_mm2"].mean()[role])
        run.metric(f"{name}.cluster_area.{role}", area, n=int(n_of[role]), unit="mm2")
        if params.side == 256:  # a pixel is as large as the paper's
            run.metric(
                f"{name}.cluster.{role}", float(clusters[name][role]), n=int(n_of[role]), unit="pixels"
            )
if len(vaes) == 6 and params.side == 256:
    for role in ("train", "test"):
        run.metric(f"vae.cluster.{role}_minimum", float(min(clusters[m][role] for m in vaes)), unit="pixels")
        run.metric(f"vae.cluster.{role}_maximum", float(max(clusters[m][role] for m in vaes)), unit="pixels")
pd.DataFrame(clusters).T[list(ROLE_NAMES)].round(1).rename_axis("pixels")

# %% [markdown]
# ### Six bands
#
# The paper's supplement counts voxels and cluster sizes in six bands of the standard score. Positive bands
# are brighter than expected (on T2: fluid), negative ones darker (blood, calcium, packed cells).

# %%
from neolab.studies.raad2023.score_figures import bands_by_role

shown_methods = [*networks[-2:], *opponents]
bands = results.bands
chosen_bands = bands[bands["method"].isin(shown_methods)]
percent = bands_by_role(chosen_bands, "percent", "voxels (%)")
run.figure(percent, "bands_percent", bands, paper="Figures S1, S2", caption="Share of voxels in six bands")

# %%
pixels_figure = bands_by_role(chosen_bands, "pixels", "mean cluster (pixels)")
run.figure(
    pixels_figure,
    "bands_clusters",
    bands,
    paper="Figures S3, S4",
    caption="Mean size of clusters in six bands",
)

# %%
for name in networks:
    of_model = bands[bands["method"] == name].set_index(["role", "band"])
    for role in ("train", "test"):
        for band, key in (("above_4", "above_4"), ("below_-4", "below_minus_4")):
            run.metric(f"{name}.band.{key}.{role}", float(of_model.loc[(role, band), "percent"]), unit="%")

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
from neolab.studies.raad2023.evaluation import auc_table, cases, score_ratio
from neolab.studies.raad2023.score_figures import roc_of_methods

titles = {"paper": "negatives: all normals (paper)", "fair": "negatives: held-out normals (fair)"}
lines = {
    title: {
        name: (cases(rows, key)["label"].to_numpy(int), cases(rows, key)["score"].to_numpy())
        for name, rows in results.scans.items()
    }
    for key, title in titles.items()
}
roc = roc_of_methods(lines)
run.figure(
    roc,
    "roc",
    pd.DataFrame({name: rows["score"] for name, rows in results.scans.items()}).assign(
        role=dataset.table["role"].to_numpy()
    ),
    paper="Figures S5, S6",
    caption="ROC curves with the paper's negatives and with held-out normals only",
)

# %%
from neolab.studies.raad2023.score_figures import intervals

areas = auc_table(results.scans, n_resamples=params.n_bootstrap, seed=params.seed)
keys = {name: name for name in networks} | dict(zip(opponents, ("zscore", "pca"), strict=True))
for (name, negatives), (delong, resampled) in areas.items():
    run.metric(f"{keys[name]}.auc.{negatives}", delong)
    run.metric(f"{keys[name]}.auc.{negatives}_bootstrap", resampled)
series = {titles[key]: {name: areas[name, key][0] for name in detectors} for key in titles}
forest = intervals(series, "AUC with 95 % interval (DeLong; Newcombe at 0 and 1)", line=0.5)
rows = [
    {"method": n, "negatives": k, "auc": d.value, "low": d.low, "high": d.high, "bootstrap_low": b.low,
     "bootstrap_high": b.high} for (n, k), (d, b) in areas.items()
]  # fmt: skip
run.figure(
    forest,
    "auc_intervals",
    pd.DataFrame(rows),
    caption="AUC of every method with its interval",
    metrics=[f"{keys[name]}.auc.paper" for name in networks],
)

# %%
ratios_of = {
    name: score_ratio(results.scans[name], n_resamples=params.n_bootstrap, seed=params.seed)
    for name in detectors
}
for name, ratio in ratios_of.items():
    run.metric(f"{keys[name]}.score_ratio", ratio)
best = max(networks, key=lambda name: areas[name, "fair"][0].value)
flattered = {name: areas[name, "paper"][0].value - areas[name, "fair"][0].value for name in detectors}
most = max(flattered, key=flattered.get)
Markdown(
    f"Among the networks {best} is first with a fair AUC of **{areas[best, 'fair'][0]:.2f}**; its score is "
    f"{ratios_of[best]:.2f} times as high for abnormal scans as for held-out normals"
    + (
        ". "
        if ratios_of[best].low > 1
        else ": the interval holds 1, so this cohort does not show a difference. "
    )
    + "Training scans "
    f"among the negatives change the AUC most for {most}, by **{flattered[most]:+.2f}**. The paper reports "
    "0.74 to 0.83, with training scans and without intervals."
)

# %% [markdown]
# ### What eight abnormal scans can show
#
# The paper ranks eight models by AUCs that lie between 0.74 and 0.83. Below is how wide the interval of
# such an AUC is, for the paper's numbers and for more (Hanley and McNeil's formula, which needs nothing but
# the AUC and the group sizes).

# %%
from neolab.studies.raad2023.evaluation import interval_half_widths
from neolab.studies.raad2023.score_figures import precision_curve

n_abnormal = int(n_of["test"])
grid = [4, 8, 16, 32, 64, 128, 256]
ratios = {"as many normals": 1.0, "the paper's 89 normals to 8": 89 / 8}
widths = pd.concat(interval_half_widths(0.83, grid, r).assign(negatives=name) for name, r in ratios.items())
run.figure(
    precision_curve(widths, n_abnormal),
    "auc_precision",
    widths,
    caption="How precise an AUC of 0.83 is, against the number of abnormal scans",
)

# %%
from neolab.studies.raad2023.evaluation import auc_differences

best_opponent = max(opponents, key=lambda name: areas[name, "fair"][0].value)
differences = auc_differences(results.scans, best, n_resamples=params.n_bootstrap, seed=params.seed)
for row in differences.to_dict("records"):
    run.metric(
        f"{best}.minus.{keys[row['other']]}.auc",
        row["difference"],
        low=row["low"],
        high=row["high"],
        interval="95% paired DeLong",
        n=int(n_of["validation"] + n_of["test"]),
    )
run.table(differences, "auc_differences", caption=f"Fair AUC of {best} minus that of the others")

# %%
between = differences[differences["other"].isin(networks)]
apart = between[(between["low"] > 0) | (between["high"] < 0)]
at_eight = float(widths[(widths["abnormal"] == 8)]["half_width"].min())
Markdown(
    f"At best an AUC of 0.83 from eight abnormal scans is known to ± {at_eight:.2f}. The paper's whole range "
    "of models, 0.09, fits inside, and whichever is best of several on the same scans is flattered. "
    f"Here {len(apart)} of {len(between)} pairs of networks are told apart by "
    "their interval. DeLong's interval trusts a normal distribution, the bootstrap can only repeat the few "
    "scans there are; with eight, neither is to be taken to the second digit."
)

# %%
duel = differences.set_index("other").loc[best_opponent]
clear = duel["low"] > 0 or duel["high"] < 0
ahead = best if duel["difference"] > 0 else best_opponent
tie = duel["difference"] == 0
Markdown(
    f"**Does one need a network?** The best network ({best}) has a fair AUC of "
    f"{areas[best, 'fair'][0].value:.2f}, the best opponent ({best_opponent}) "
    f"{areas[best_opponent, 'fair'][0].value:.2f}. "
    + ("They tie" if tie else f"**{ahead} wins**")
    + f" (network minus opponent {duel['difference']:+.2f}, {duel['low']:+.2f} to {duel['high']:+.2f})"
    + (", and the interval says so too." if clear else ", but scans are too few to be sure.")
)

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
from neolab.studies.raad2023.experiment import on_its_device
from neolab.studies.raad2023.residual_figures import heat_map

favourite = followed if followed in fits else networks[-1]


def look(method, row):
    """Scan, standard scores and lesions of one scan, as single-precision cubes."""
    with on_its_device(detectors[method]):
        finding = detectors[method].find(dataset.images[row])
    return np.asarray(dataset.images[row], np.float32), finding.z, dataset.lesions(row)


by_lesion = sorted(dataset.rows("test"), key=lambda row: -int((dataset.lesions(row) > 0).sum()))
examples = {
    "figure5_training": (int(dataset.rows("train")[1]), "Figure 5", "a training normal"),
    "figure6_validation": (int(dataset.rows("validation")[0]), "Figure 6", "a held-out normal"),
    "figure7_abnormal": (int(by_lesion[len(by_lesion) // 2]), "Figure 7", "an abnormal scan"),
}
row, place, what = examples["figure5_training"]
scan, z, lesion = look(favourite, row)
figure5 = heat_map(scan, z, dataset.voxel_mm, lesions=lesion)
run.figure(figure5, "figure5_training", paper=place, caption=f"{favourite}: {what}")

# %%
row, place, what = examples["figure6_validation"]
scan, z, lesion = look(favourite, row)
figure6 = heat_map(scan, z, dataset.voxel_mm, lesions=lesion)
run.figure(figure6, "figure6_validation", paper=place, caption=f"{favourite}: {what}")

# %%
row, place, what = examples["figure7_abnormal"]
scan, z, lesion = look(favourite, row)
figure7 = heat_map(scan, z, dataset.voxel_mm, lesions=lesion)
run.figure(figure7, "figure7_abnormal", paper=place, caption=f"{favourite}: {what}")

# %% [markdown]
# Cover the yellow outline and look again: would you have found the lesion among the other coloured spots?
# The rim of the brain and the ventricles light up in *every* scan, normal or not. The paper says so too
# ("a significant amount of the signal generated by our model focused on this fluid variability").
#
# ### Figure 8: one region, all methods

# %%
from neolab.studies.raad2023.residual_figures import architectures_on_one_region

slice_shown = int((lesion > 0).sum(axis=(0, 1)).argmax()) if lesion.any() else dataset.side // 2
maps = {name: look(name, row)[1] for name in detectors}
figure8 = architectures_on_one_region(scan, maps, dataset.voxel_mm, slice_shown, lesion)
run.figure(figure8, "figure8_methods", paper="Figure 8", caption="The same slice through every method")

# %% [markdown]
# ### Browse
#
# All abnormal scans, some held-out ones and a slider for the threshold. At which threshold do lesions stand
# out, and what else does?

# %%
from neolab.studies.raad2023.residual_figures import residual_browser, three_planes

names = dataset.table["participant_id"] + " (" + dataset.table["role"].map(ROLE_NAMES) + ")"
browsed = [*dataset.rows("test"), *dataset.rows("validation")[:3]]
views = {names.iloc[row]: look(favourite, row) for row in browsed}
residual_browser(views, dataset.voxel_mm, footer=run.footer)

# %% [markdown]
# The same for readers of this page who cannot click:

# %%
still = three_planes(views, dataset.voxel_mm, name=names.iloc[row], threshold=2.0)
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
section(run, "Localisation", known_lesions)

# %%
cut = dataset.cut_away("test")
for kind, share in cut.items():
    run.metric(f"cut_away.{kind}", float(share))
most_cut = cut.index[0]
Markdown(
    f"First, what no map can find: of the voxels of **{most_cut.replace('_', ' ')}**, brain extraction removed "
    f"**{cut.iloc[0]:.0%}**. What is dark and lies at the skull passes for skull. Average precision counts voxels of "
    "the extracted brain only."
    if cut.iloc[0] > 0.1
    else f"Brain extraction removed at most {cut.iloc[0]:.0%} of any kind of lesion."
)

# %%
from neolab.studies.raad2023.localisation import ANY, REGIONS, summarise
from neolab.studies.raad2023.score_figures import found_by_kind

abnormal = results.located[results.located["role"] == "test"]
summary = summarise(abnormal, n_resamples=params.n_bootstrap, seed=params.seed)
found = found_by_kind(summary)
run.figure(found, "localisation", summary, caption="Average precision over voxels, by kind of lesion")

# %%
slugs = {REGIONS[0]: "brain", REGIONS[1]: "no_fluid"}
overall = summary[summary["kind"] == ANY].set_index(["region", "method"])
for (region, method), entry in overall.iterrows():
    stem, n = f"{keys[method]}.{slugs[region]}", int(entry["scans"])
    run.metric(
        f"{stem}.average_precision",
        entry["average_precision"],
        low=entry["low"],
        high=entry["high"],
        interval="95% bootstrap over scans",
        n=n,
    )
    run.metric(f"{stem}.lesions_found", entry["found"] / entry["lesions"], n=int(entry["lesions"]))
    run.metric(f"{stem}.lesions_found_mirrored", entry["found_mirrored"] / entry["lesions"])
    run.metric(f"{stem}.false_findings", entry["false_findings_per_scan"], n=n, unit="per scan")
run.table(overall.reset_index().drop(columns="kind"), "localisation_overall", caption="All kinds of lesion")

# %%
kinds = summary[(summary["kind"] != ANY) & (summary["region"] == REGIONS[0])]
run.table(
    kinds[
        ["kind", "method", "scans", "average_precision", "prevalence", "lesions", "found", "found_mirrored"]
    ],
    "localisation_by_kind",
    caption="By kind of lesion, whole brain",
)

# %%
whole, no_fluid = (overall.loc[region, "average_precision"] for region in REGIONS)
top = whole.idxmax()
odds = overall.loc[REGIONS[0]].loc[top]
gain = no_fluid[favourite] - whole[favourite]
Markdown(
    f"The best map is that of **{top}**, with an average precision of **{whole[top]:.3f}** where a map "
    f"without information has {odds['prevalence']:.3f}. It finds {odds['found']:.0f} of "
    f"{odds['lesions']:.0f} lesions, its mirror image {odds['found_mirrored']:.0f}, beside "
    f"{odds['false_findings_per_scan']:.0f} findings in each scan that are no lesion. "
    + ("A baseline without training wins. " if top in opponents else "")
    + f"Masking fluid changes the average precision of {favourite} by {gain:+.3f}; blood that lies *in* "
    "fluid is then out of reach."
)

# %% [markdown]
# A scan can be called abnormal for the wrong reason. If AUC is high and the map is hardly better than its
# mirror image, then size, fluid or the mere strangeness of a scan did the work, and a heat map shown to a
# radiologist would mislead.
#
# ### The findings that nobody reported

# %%
hidden = results.located[(results.located["role"] != "test") & (results.located["kind"] == ANY)]
hidden = hidden[hidden["region"] == REGIONS[0]]
best_maps = hidden[hidden["method"].isin([favourite, *opponents])]
n_hidden = hidden["scan"].nunique()
run.metric("unreported.scans", n_hidden, unit="count")
for name, group in best_maps.groupby("method"):
    run.metric(f"{keys[name]}.unreported_found", int(group["found"].sum()), n=int(group["lesions"].sum()))
sentences = [
    f"{name} marks {int(g['found'].sum())} of their {int(g['lesions'].sum())} lesions"
    for name, g in best_maps.groupby("method")
]
Markdown(
    f"{n_hidden} normal scans carry an unreported lesion with a mask. "
    + ("; ".join(sentences) + "." if sentences else "")
    + " The paper's example of such a finding was picked after seeing the map, which proves that it can "
    "happen, not how often."
)

# %% [markdown]
# ## Real pathology
#
# Everything above was learned from simulated heads. With `template_path` the trained network looks at
# **real** images: group templates of fetuses with spina bifida, whose ventricles are enlarged (Fidon et al.
# 2021, CC0; each template in a folder with `srr.nii.gz`, `mask.nii.gz` and `parcellation.nii.gz`).

# %%
real_templates = {"templates (parameter template_path)": params.template_path is not None}
section(run, "Real pathology", real_templates)

# %%
from neolab.io.result_class import ResultClass
from neolab.metrics.roc import auc
from neolab.studies.raad2023.templates import load_templates

class_of_cohort, run.result_class = run.result_class, ResultClass.TEMPLATE  # for the next table and figure

rows, template_views = [], {}
for template in load_templates(params.template_path, reference):
    with on_its_device(detectors[favourite]):
        finding = detectors[favourite].find(template.cube)
    inside = template.cube > 0
    rows.append(
        {
            "template": template.name,
            "enlarged by registration": template.enlargement,
            "error / median held-out error": finding.mse
            / results.scans[favourite].query("role == 'validation'")["mse"].median(),
            "ventricles against the rest (AUC)": auc(template.ventricles[inside], finding.z[inside]),
        }
    )
    template_views[template.name] = (template.cube, finding.z, template.ventricles)
domain = pd.DataFrame(rows)
run.limitation("The spina bifida templates are group averages of fetal scans: template images, no patients.")
run.table(domain, "templates", caption=f"{favourite} on templates of real pathology (template images)")

# %%
still = three_planes(template_views, dataset.voxel_mm, name=next(iter(template_views)), threshold=2.0)
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
if has_lesions:
    run.limitation("Lesions, their frequency and the variability of normals are those of the simulation.")
run.limitation(
    "The layer tables of the 2023 models are not public; the networks follow the author's later code."
)
run.limitation(
    f"{n_abnormal} abnormal and {int(n_of['validation'])} held-out normal scans: differences between models "
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
