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
# # A notebook small enough to test the runner with

# %% tags=["parameters"]
profile = "teach"
data = None
seed = 0
epochs = None
n_bootstrap = None

# %%
from neolab.run import notebook

run = notebook.start("wu2021", globals())

# %%
import numpy as np
import pandas as pd

if run.params.n_bootstrap == 101:
    raise RuntimeError("asked to fail")
draws = np.random.default_rng(run.params.seed).normal(size=1000)
run.metric("gpnorm.auc", draws.mean(), n=draws.size)

# %% [markdown]
# A widget whose callback can be made to raise.

# %%
import ipywidgets


def show(level=1):
    if run.params.n_bootstrap == 102:
        raise ValueError("the callback raised")
    print("level", level)


shown = ipywidgets.interact(show, level=(0, 3))

# %%
from matplotlib import pyplot as plt

figure, axes = plt.subplots(figsize=(4, 2.5))
axes.plot(draws[:50])
run.figure(
    figure, "draws", pd.DataFrame({"draw": draws[:50]}), caption="Fifty draws.", metrics=["gpnorm.auc"]
)

# %%
run.predictions(pd.DataFrame({"participant_id": ["SYN0001"], "probability": [0.5]}))
run.finish()
