# %% [markdown]
# # A notebook that takes its time, to be interrupted

# %% tags=["parameters"]
profile = "teach"
data = None
seed = 0
n_subjects = None

# %%
from neolab.run import notebook

run = notebook.start("wada2019", globals())

# %%
import os
import time
from pathlib import Path

import numpy as np

random = np.random.default_rng(run.params.seed)

# %%
time.sleep(0.5)
run.metric("mae_months.fold1", random.normal())

# %%
# A test may hold the run here; it sees which process came by.
root = Path(os.environ["NEOLAB_REPOSITORY"])
if (root / "held").is_dir():
    (root / "held" / f"seed{seed}_process{os.getpid()}").touch()
while (root / "hold").exists():
    time.sleep(0.05)

# %%
time.sleep(0.5)
run.metric("mae_months.fold2", random.normal())

# %%
time.sleep(0.5)
run.metric("mae_months.fold3", random.normal())

# %%
run.finish()
