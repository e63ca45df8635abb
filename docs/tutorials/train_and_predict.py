# %% [markdown]
# # Train, evaluate and predict
#
# This notebook trains a small model on a small dataset, so that every step takes seconds. One person is not enough for a
# useful model; [Corpora and trained model](../recognition.md) describes the model of the package, which was trained with
# the same commands on 2,400 clips of forty people.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from builders import amass, motions
from mmclip import evaluate, predict, pretrain

folder = Path(tempfile.mkdtemp())
corpus, store, run = (str(folder / name) for name in ("motions", "five.zarr", "run"))

# %% [markdown]
# ## A dataset with labels
#
# Three people fall, drink, cough, convulse and wave: one person each for training, validation and tests. `--amass` reads
# the motions with their labels and sentences. On the command line, the two steps are `radarsim motions` and
# `radarsim dataset`.

# %%
people = ["--subjects", "3", "--repeats", "1", "--workers", "1"]
_ = motions.main(["--source", "five-activities", *people, "--out", corpus])
clips = ["--clip-seconds", "3", "--stride-seconds", "10", "--method", "fast", "--if-cubes", "off"]
_ = amass.main(["--amass", corpus, "--out", store, *clips, "--workers", "1", "--quiet"])

# %% [markdown]
# ## Train
#
# `radarsim pretrain` trains a model from scratch. `--set` changes settings of the preset `small`: windows of 1.5 s, and
# layers with few parameters. All settings are listed in [Training settings](../reference/training.md).

# %%
settings = ["size=112", "patch_columns=8", "branch_width=24", "learner_depth=1", "aggregator=none"]
steps = ["batch=10", "steps=40", "warmup=5", "validate_every=20", "save_every=20", "log_every=5"]
_ = pretrain.main([store, "--out", run, "--set", *settings, *steps])

# %%
log = np.genfromtxt(f"{run}/metrics.csv", delimiter=",", names=True)
plt.plot(log["step"], log["loss"])
plt.xlabel("step")
plt.ylabel("loss")
plt.show()

# %% [markdown]
# ## Evaluate
#
# The test person is not in the training data. Ten windows of one person determine the accuracy only
# roughly, so the interval is wide.

# %%
_ = evaluate.main([store, "--models", run, "--mode", "seen", "--out", str(folder / "evaluation")])

# %% [markdown]
# ## Predict
#
# Without `--model`, the command uses the model of the package, which was trained on sixty other activities. Labels are
# texts, so the model can choose among labels that it has never seen; here, these are the labels of the store, with their
# sentences, and chance is one in five. `--labels` gives other labels.
# [Zero-shot results](../zero-shot.md) states how well labels without training are recognised.

# %%
_ = predict.main([store, "--show", "5"])
