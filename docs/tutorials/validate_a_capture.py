# %% [markdown]
# # Validate a capture
#
# `radarsim validate` compares a capture with a simulation of the same movement. Captures of real radars cannot be part
# of this documentation, so this notebook first writes a simulated capture in the format of the DCA1000, of a radar with
# a receiver profile. The agreement below therefore shows how the command works, and not how accurate the simulator is.

# %%
import json
import tempfile
from pathlib import Path

import jax
import numpy as np
from IPython.display import Image

import radarsim as rs
from builders.activities import perform
from radarsim import validate
from radarsim.plots import __main__ as plots
from radarsim.scene.formats.amass_writer import amass_arrays

folder = Path(tempfile.mkdtemp())
_ = (folder / "walk.toml").write_text("""
board = "AWR1843BOOST"

[chirp]
num_samples = 128

[frame]
num_chirps = 64
""")

# %% [markdown]
# The motion that was recorded together with the capture is an AMASS file here; BVH files and the output of body trackers
# can be used in the same way.

# %%
motion = perform("walk_forward_and_turn_around", performer=1, duration_s=3.0)
np.savez(folder / "walk.npz", **amass_arrays(motion))

radar = rs.load_radar(folder / "walk.toml", receiver="datasheet")
walker = rs.Subject(motion, rs.free_body(), rs.Placement(distance_m=3.0))
cube_v = rs.simulate(radar, rs.Scene([walker]), jax.random.key(1))
codes = np.round(np.asarray(cube_v) / radar.receiver.adc_step_v)
rs.write_capture(folder / "walk.bin", codes, radar)

# %% [markdown]
# ## Look at the capture
#
# `radarsim plots` needs only the capture and the radar.

# %%
capture = str(folder / "walk.bin")
_ = plots.main([capture, "--radar", str(folder / "walk.toml"), "--out", str(folder / "figures")])

# %%
Image(folder / "figures" / "micro_doppler.png")

# %% [markdown]
# ## Compare the capture with a simulation
#
# On the command line, this is `radarsim validate --real walk.bin --motion walk.npz --out report`. The motion is placed by
# the track of the person in the capture, so the distance need not be known. A radar file that has the name of the capture
# and is in the same folder is used without the option `--radar`.

# %%
report = str(folder / "report")
_ = validate.main(["--real", capture, "--motion", str(folder / "walk.npz"), "--out", report])

# %% [markdown]
# The capture is weaker than the simulation: its receiver profile contains antenna patterns and filters, which the
# simulation leaves out. `report.html` contains all figures, and `report.json` all values:

# %%
values = json.loads((folder / "report" / "report.json").read_text())
print(values["verdict"], values["level_bias_db"], values["noise_bias_db"])

# %% [markdown]
# ## Another motion
#
# The exit status is 1 if a checked metric is outside its limits, as with the motion of another activity.

# %%
other = perform("squat", performer=1, duration_s=3.0)
np.savez(folder / "squat.npz", **amass_arrays(other))
status = validate.main(["--real", capture, "--motion", str(folder / "squat.npz"), "--out", report])
print("exit status", status)
