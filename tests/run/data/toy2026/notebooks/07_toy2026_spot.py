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
# # Is there a spot?
#
# A study of nobody, as small as a study can be.

# %% tags=["parameters"]
profile = "teach"
data = None
seed = 0
n_subjects = None
epochs = None
n_folds = None

# %%
from neolab.run import notebook
from neolab.run.sections import section

run = notebook.start("toy2026", globals())

# %%
from neolab.io.splits import grouped_folds
from neolab.studies.toy2026 import baselines, evaluation, figures, training
from neolab.studies.toy2026.data import load

cohort = run.cohort()
scans = load(cohort, run.params)

# %%
section(run, "Learning", {"diagnoses": "label" in cohort.table})

# %% [markdown]
# **Guess:** does a network see more than the brightest voxel says?

# %%
from neolab.learn.folds import cross_validate

folds = grouped_folds(scans.table, n_splits=run.params.n_folds, seed=run.params.seed)
methods = {
    "network": cross_validate(
        scans.table,
        folds,
        training.spot_network(scans, run.params),
        seed=run.params.seed,
        images=scans.images,
        epochs=run.params.epochs,
        name="network",
    ),
    "brightest voxel": cross_validate(scans.table, folds, baselines.brightest_voxel(scans)),
}
found = {name.replace(" ", "_"): evaluation.results(method) for name, method in methods.items()}
run.record("", found)
run.figure(figures.roc_figure(methods), "roc", caption="Network and brightest voxel", metrics=["network.auc"])

# %%
run.say(
    f"The network reaches {found['network']['auc']:.2f}; the paper has {run.published('network.auc'):.2f}."
)

# %%
section(run, "End")

# %%
run.limitation("Nobody was scanned, and nobody wrote the paper.")
run.finish()
