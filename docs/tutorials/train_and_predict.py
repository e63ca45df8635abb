# %% [markdown]
# # Train, evaluate and predict
#
# This notebook trains a small model on a small dataset, so that every step takes seconds. The dataset has too few people
# for a useful model; [Corpora and trained model](../recognition.md) describes the model of the package, which was trained
# in the same way on 2,400 clips of forty people.

# %%
import tempfile
from pathlib import Path

import numpy as np

from builders import amass, motions
from mmclip import evaluate, predict, pretrain

folder = Path(tempfile.mkdtemp())
corpus, store, run = (str(folder / name) for name in ("motions", "five.zarr", "run"))

# %% [markdown]
# ## A dataset with labels
#
# Six people fall, drink, cough, convulse and wave. `--amass` reads the motions with their labels and sentences. Four people
# are for training, one for validation and one for tests. On the command line, the two steps are `radarsim motions` and
# `radarsim dataset`.

# %%
motions.main(["--source", "five-activities", "--subjects", "6", "--repeats", "1", "--out", corpus])
clips = ["--clip-seconds", "3", "--stride-seconds", "10", "--method", "fast", "--if-cubes", "off"]
amass.main(["--amass", corpus, "--out", store, *clips, "--quiet"])

# %% [markdown]
# ## Train
#
# `radarsim pretrain` trains a model from scratch. `--set` changes settings of the preset `small`: windows of 1.5 s, and
# layers with few parameters.

# %%
settings = ["size=112", "patch_columns=8", "branch_width=24", "learner_depth=1", "aggregator=none"]
intervals = ["batch=10", "warmup=5", "validate_every=20", "save_every=20", "log_every=10"]
pretrain.main([store, "--out", run, "--steps", "40", "--set", *settings, *intervals])

# %%
log = np.genfromtxt(f"{run}/metrics.csv", delimiter=",", names=True)
print(log.dtype.names)

# %% [markdown]
# ## Evaluate
#
# The test person is not in the training data. With one person, the intervals are wide.

# %%
evaluate.main([store, "--models", run, "--mode", "seen", "--out", str(folder / "evaluation")])

# %% [markdown]
# ## Predict
#
# Labels are texts, so any labels can be given. Without `--model`, the command uses the model of the package, which was
# trained on sixty activities. Falling, coughing and convulsing are not among them.

# %%
predict.main([store, "--show", "10"])
