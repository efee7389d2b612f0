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
# # Start here
#
# Five papers on brain MRI, most of them on newborns, each as one notebook that you can read, run and
# change. This page shows what the images are, how to read a cohort, how to run a study, and what the word
# *synthetic* under every figure means. It takes a minute or two.
#
# You need a little Python and a little MRI: that a T1-weighted image shows fat bright and water dark, and a
# T2-weighted one the opposite. Why a newborn's brain does not look like an adult's, we will see.

# %% tags=["parameters"]
profile = "teach"  # smoke: coarser and faster, for tests
data = None
seed = 0

# %%
import pandas as pd

from neolab.run import notebook

run = notebook.start("start_here", globals())

# %%
from neolab.catalogue import all_studies

pd.DataFrame(
    [(study.notebook, study.title, study.modality, study.citation) for study in all_studies().values()],
    columns=["notebook", "question", "images", "paper"],
).style.hide(axis="index")

# %% [markdown]
# Each notebook does what its paper did, in the paper's order, then asks what each number rests on. At the
# end of a run, a **ledger** puts every published number beside what we found.
#
# ## A newborn made of numbers
#
# Scans of patients cannot be put on the internet, and the five cohorts are not public or need an
# application. So every study can run on **simulated** newborns. One is described by a handful of numbers:
# age, sex, volumes, the relaxation times of its tissues. Everything else follows by anatomy and physics.

# %%
from neolab.simulate import Subject, make_anatomy

voxel = {"smoke": 2.0, "teach": 1.25, "paper": 0.8}[run.params.profile]
newborn = Subject("SYN0001", "01", seed=run.params.seed, postmenstrual_age_weeks=40.5, sex="female")
anatomy = make_anatomy(newborn, (voxel, voxel, voxel))
tissues = ["white_matter", "cortex", "thalamus", "globus_pallidus", "cerebellar_cortex", "lateral_ventricles"]
volumes = {name: anatomy.volume_ml(name) for name in tissues}
run.record("volume", volumes, unit="ml")
pd.Series(volumes, name="ml").round(1).to_frame().T

# %% [markdown]
# Identifiers begin with `SYN`, so that a simulated newborn is never taken for a real one.
#
# ### One brain, several contrasts
#
# An MR image is a tissue map seen through an equation. Change the times at which the scanner pulses and
# listens, and the same brain looks different. Below, one axial slice: the tissues, then three sequences
# that the papers used, without noise or blur.

# %%
import numpy as np

from neolab.simulate import DHCP_T2W, relaxation_maps, signal_volume
from neolab.studies.wada2019 import cohort as wada2019
from neolab.studies.wu2021 import cohort as wu2021

relaxation = relaxation_maps(anatomy, field_tesla=3.0)
t1_inversion_recovery, t2_turbo_spin_echo = wada2019.PROTOCOLS[3.0]
sequences = {
    "T1 gradient echo": wu2021.PROTOCOL,
    "T1 inversion recovery": t1_inversion_recovery,
    "T2 spin echo": DHCP_T2W,
}
volumes = {
    name: signal_volume(anatomy.fractions, relaxation, protocol) for name, protocol in sequences.items()
}

# %%
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from neolab import viz
from neolab.simulate import TISSUES

labels = anatomy.labels()
pallidum = labels == TISSUES["globus_pallidus"]
level = int(np.argmax(pallidum.sum(axis=(0, 1))))
here = viz.plane_of(labels, "axial", level)
present, number = np.unique(here, return_inverse=True)
colours = np.array([to_rgb("black"), *plt.get_cmap("tab20").colors])
names = [name.replace("_", " ") for name in TISSUES]
key = [Patch(color=colour, label=names[label]) for label, colour in zip(present, colours, strict=False)]

contrasts, axes = viz.figure(10.5, 3.2, 1, 4)
axes[0].imshow(colours[number.reshape(here.shape)], interpolation="nearest")
axes[0].set_title("tissues")
axes[0].axis("off")
contrasts.legend(handles=key, loc="outside right center", fontsize=7)
for ax, (name, volume) in zip(axes[1:], volumes.items(), strict=True):
    viz.show_slice(ax, viz.plane_of(volume, "axial", level), voxel, title=name)
run.figure(contrasts, "contrasts", caption="One simulated newborn at 40.5 weeks in three contrasts")

# %%
white, grey = (
    volumes["T2 spin echo"][anatomy.fractions[name] > 0.9].mean() for name in ("white_matter", "cortex")
)
run.metric("contrast.t2_white_over_grey", float(white / grey))
run.say(
    f"On T2 the white matter of this newborn is {white / grey:.2f} times as bright as its cortex. In an "
    "adult it is *darker*: myelin, which shortens T1 and T2, is still missing. Only the brainstem, the deep "
    "nuclei and the tract between them have some; they stand out bright on T1 and dark on T2."
)

# %% [markdown]
# Letters tell the sides of the *patient*: the right hand is on the left of the picture, as if you stood at
# the foot of the bed. Walk through the head yourself:

# %%
views = [viz.ScanView(name, volume, (voxel, voxel, voxel)) for name, volume in volumes.items()]
viz.slice_viewer(views, footer=run.footer)

# %%
still = viz.scan_figure(views[1], "coronal", 0.5)
run.figure(still, "viewer", caption="What the viewer shows: a coronal slice")

# %% [markdown]
# ### The first two years
#
# Between 28 weeks and two years the brain folds, grows fourfold and myelinates. Here one child at six ages,
# in T1 above and T2 below.

# %%
from dataclasses import replace

from neolab.simulate import TERM_WEEKS, WEEKS_PER_MONTH

ages = {"28 weeks": 28, "34 weeks": 34, "40 weeks": 40}
ages |= {f"{months} months": TERM_WEEKS + months * WEEKS_PER_MONTH for months in (4, 12, 24)}
series = {"T1": t1_inversion_recovery, "T2": t2_turbo_spin_echo}
child = {name: [] for name in series}
for weeks in ages.values():
    older = replace(newborn, postmenstrual_age_weeks=weeks)
    head = make_anatomy(older, (voxel, voxel, voxel), slab_mm=(-5, 25))
    middle = int(np.argmin(np.abs(head.template_mm[2].mean(axis=(0, 1)) - 8)))
    maps = relaxation_maps(head, field_tesla=3.0)
    for name, protocol in series.items():
        child[name].append(viz.plane_of(signal_volume(head.fractions, maps, protocol), "axial", middle))

# %%
pictures = viz.on_one_field(child["T1"] + child["T2"])
titles = [*ages, *[""] * len(ages)]
growth = viz.slice_gallery(pictures, titles, voxel, columns=len(ages), row_titles=list(series), size_in=1.6)
run.figure(growth, "growth", caption="One simulated child from 28 weeks to 24 months: T1 above, T2 below")

# %% [markdown]
# Follow the white matter: dark on T1 at birth, bright at one year; bright on T2 at birth, dark only in the
# second year. **T1 changes first.** That lag is what study `wada2019` reads an age from.
#
# ### From a brain to a scan
#
# A real scanner takes thick slices, adds noise, and is more sensitive in some places than in others. This
# is what the first paper's protocol makes of our newborn: slices of 4.5 mm.

# %%
from neolab.simulate import acquire, render_for

scan = acquire(render_for(newborn, wu2021.PROTOCOL), wu2021.PROTOCOL)
size = np.linalg.norm(scan.affine[:3, :3], axis=0)
scanned, axes = viz.figure(7.5, 3.9, 1, 2, width_ratios=(1, 1))
axial = viz.plane_of(scan.image, "axial", scan.image.shape[2] // 2)
coronal = viz.plane_of(scan.image, "coronal", scan.image.shape[1] // 2)
window = viz.grey_window(axial)
viz.show_slice(axes[0], axial, size[0], window=window, title="axial")
viz.show_slice(
    axes[1], coronal, (size[2], size[0]), window=window, title="the same scan, coronal", plane="coronal"
)
run.figure(scanned, "scan", caption="The newborn as the protocol of Wu 2021 scans it")

# %% [markdown]
# Within a slice the picture is sharp; across slices it is a staircase. A nucleus of 3 mm may lie in one
# slice, in two, or between.
#
# ## A cohort
#
# Images live on disk in [BIDS](https://bids.neuroimaging.io) folders, simulated or real. One call reads
# them, and checks everything that can be checked without looking at voxels.

# %%
cohort = run.cohort(study="wu2021", n=4)
shown = [name for name in cohort.table if not name.startswith("latent_")]
cohort.table[shown]

# %% [markdown]
# One row a scan. Paths are relative to `cohort.root`; `cohort.read(row, "T1w")` reads an image and checks it.
# Because this folder is simulated it also knows the truth: label maps, and *latents*, the numbers that each
# newborn was made from.

# %%
latents = [name for name in cohort.table if name.startswith("latent_")]
print(cohort.read(0, "T1w").shape, "voxels;", len(cohort.lookup("dseg")), "tissues;", cohort.result_class)
cohort.table[["participant_id", *latents]]

# %% [markdown]
# The `result_class` decides what may be said:
#
# | class | images | the ledger may say |
# |---|---|---|
# | `synthetic` | simulated | *in silico: consistent* or *inconsistent*; *input* where it follows from what was put in |
# | `template` | group averages | nothing about individuals |
# | `real` | scans of people | *reproduced*, *not reproduced*, *inconclusive* |
#
# Agreement counts only where a predictor without skill (a coin, the mean age, marks in random places) would have
# failed by the same rule on the same cases; otherwise the claim *does not discriminate*. A network below the
# profile `paper` is *at reduced size*, and `smoke` gives no verdict at all.
#
# A synthetic run can never reproduce a paper. It can show whether a paper's numbers fit together, what a
# method does when the truth is known, and where an honest analysis would have come out differently.
#
# ## Running a study
#
# Open any notebook and run it: that is the profile `teach`, minutes on a laptop. From a terminal:
#
# ```
# neolab studies                               # what there is
# neolab run wu2021                            # one study, to a folder with results and figures
# neolab run wu2021 --profile smoke            # a quick look
# neolab run wu2021 -p epochs=3 -p split=slice # change a parameter
# neolab run wu2021 --data PATH                # on your own BIDS folder
# neolab replicate                             # all studies, the ledger, and runs/report.html
# neolab replicate --seeds 0,1,2               # the same with three seeds, to see what chance does
# ```
#
# `data/README.md` tells where the real data can be had, and how a small `neolab.yaml` in a folder says
# which column is which.

# %%
run.finish()

# %% [markdown]
# Next: [01, is it bilirubin?](01_wu2021_bilirubin.ipynb)
