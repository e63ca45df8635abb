# %% [markdown]
# # Gallery
#
# All figures on this page but one animation are computed when the documentation is built. The radar is an AWR1843BOOST
# with shortened chirps and bursts, so that each figure takes only seconds.

# %% tags=["hide-input"]
import tempfile
from dataclasses import replace
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image

import radarsim as rs
from builders.activities import perform

board = rs.load_radar("AWR1843BOOST")
radar = replace(
    board,
    chirp=replace(board.chirp, num_samples=128),
    frame=replace(board.frame, num_chirps=64, period_s=0.05),
)
map_settings = rs.HeatmapSettings(window_chirps=64, num_doppler_bins=128)
body, folder = rs.free_body(), Path(tempfile.mkdtemp())


def simulate(activity, num_frames=50):
    """Return scene and IF cube of a built-in activity, 3 m in front of the radar."""
    motion = perform(activity, performer=1, duration_s=3.0)
    scene = rs.Scene([rs.Subject(motion, body, rs.Placement(distance_m=3.0))])
    return scene, rs.simulate(radar, scene, jax.random.key(0), num_frames=num_frames)


scene, cube_v = simulate("walk_forward_and_turn_around")

# %% [markdown]
# ## Motion
#
# Several built-in activities are shown from the front left. The eight poses of a row are evenly spaced in 4 s. The red
# mark is the starting point.

# %% tags=["hide-input"]
from builders.activities.contact_sheet import draw_contact_sheet

names = ("walk_forward_and_turn_around", "squat", "jumping_jack", "march_in_place", "golf_swing")
draw_contact_sheet(
    [(name, perform(name, 1, duration_s=4.0)) for name in names], folder / "sheet.png"
)
Image(folder / "sheet.png")

# %% [markdown]
# The following animation shows a squat.

# %% tags=["hide-input"]
from builders.activities.animation import write_animation

write_animation(perform("squat", 1, duration_s=3.0), folder / "squat.gif")
Image(folder / "squat.gif")

# %% [markdown]
# ## Heatmaps
#
# A person walks towards the radar for a second and then turns around. The bright line is the torso; feet and hands
# reach about three times the speed of the torso.

# %% tags=["hide-input"]
maps = rs.heatmaps(radar, cube_v, map_settings)
maps.plot("Walk")

# %% [markdown]
# The time-Doppler heatmaps of four activities differ. In the downswing of the golf swing, the hands approach faster than
# the maximum unambiguous speed, 4.4 m/s, so part of their echo is aliased to the other end of the axis.

# %% tags=["hide-input"]
figure, panels = plt.subplots(2, 2, figsize=(10, 6), sharex=True, sharey=True, layout="constrained")
colours = {"vmin": 0, "vmax": 45, "cmap": "inferno"}
for panel, name in zip(panels.flat, names[1:]):
    other = rs.heatmaps(radar, simulate(name)[1], map_settings)
    grid = other.axes["time_s"], other.axes["speed_mps"]
    picture = panel.pcolormesh(*grid, np.asarray(other.time_doppler).T, **colours)
    panel.set_title(name.replace("_", " "))
figure.supxlabel("time [s]")
figure.supylabel("radial speed [m/s], receding positive")
figure.colorbar(picture, ax=panels, label="level above noise [dB]")
plt.show()

# %% [markdown]
# ## Joints and micro-Doppler
#
# The radial speeds of pelvis, hands and feet are drawn on the time-Doppler heatmap of the walk.

# %% tags=["hide-input"]
tracks = rs.joint_tracks(radar, scene)
time_s, speed_mps = maps.axes["time_s"], maps.axes["speed_mps"]
figure, panel = plt.subplots(figsize=(10, 4), layout="constrained")
levels_db = np.asarray(maps.time_doppler).T
picture = panel.pcolormesh(time_s, speed_mps, levels_db, vmin=0, vmax=45, cmap="gray")
figure.colorbar(picture, label="level above noise [dB]")
joints = {"pelvis": 0, "left foot": 10, "right foot": 11, "left hand": 22, "right hand": 23}
for name, joint in joints.items():
    joint_speed_mps = tracks.speed_mps[: cube_v.shape[0], joint]
    panel.plot(tracks.times_s[: cube_v.shape[0]], joint_speed_mps, label=name)
panel.set(xlabel="time [s]", ylabel="radial speed [m/s], receding positive")
panel.set_xlim(time_s[0], time_s[-1])
panel.legend(loc="lower right", ncols=5)
plt.show()

# %% [markdown]
# ## Points and maps of frames
#
# The points of all frames are detected by CFAR. The maps show the frame 1 s after the start, in which the person
# turns around: the range-Doppler map, and the range-azimuth map with two beamformers.

# %% tags=["hide-input"]
rs.detect(radar, cube_v).plot("Detected points")

# %% tags=["hide-input"]
rs.range_doppler(radar, cube_v).plot(frame=20, title="Range-Doppler map of one frame")

# %% tags=["hide-input"]
rs.range_azimuth(radar, cube_v).plot(frame=20, title="Range-azimuth map, Bartlett")

# %% tags=["hide-input"]
capon = rs.FrameMapSettings(beamformer="capon")
rs.range_azimuth(radar, cube_v, capon).plot(frame=20, title="Range-azimuth map, Capon")

# %% [markdown]
# The video that `radarsim draw --video` writes shows the body, these maps and the points in motion. This picture is drawn
# by `python tools/draw_walk_video.py`, with the full chirps and bursts.
#
# ![A person walks to the radar and back: body, points, maps and time-Doppler heatmap](../walk.gif)

# %% [markdown]
# ## Raw signal
#
# The range spectra of the first receiver, averaged over the chirps of a frame, show the echo of the person above
# the thermal noise. The spectra are divided by the sum of the window, so that a sinusoid has the level of its amplitude.

# %% tags=["hide-input"]
window = np.hanning(128) / np.hanning(128).sum()
profiles = np.abs(np.fft.fft(np.asarray(cube_v[20]) * window, axis=-1)) ** 2
level_dbv = 10 * np.log10(profiles.mean(0))
figure, panel = plt.subplots(figsize=(10, 3.5), layout="constrained")
for tx in range(3):
    panel.plot(
        np.arange(128) * radar.range_resolution_m, level_dbv[tx, 0], label=f"transmitter {tx + 1}"
    )
panel.set(xlabel="range [m]", ylabel="level [dBV]")
panel.legend()
plt.show()

# %% [markdown]
# ## Radars
#
# The virtual array of a board has one element for each pair of a transmitter and a receiver.

# %% tags=["hide-input"]
figure, panels = plt.subplots(3, 3, figsize=(10, 6), layout="constrained")
for panel, (name, each) in zip(panels.flat, rs.BOARDS.items()):
    tx_m, rx_m = (
        np.asarray(side) for side in (each.array.tx_positions_m, each.array.rx_positions_m)
    )
    virtual_mm = 1e3 * (tx_m[:, None] + rx_m).reshape(-1, 3)
    panel.scatter(virtual_mm[:, 1], virtual_mm[:, 2], s=14)
    panel.set_title(name, fontsize=9)
    panel.set_aspect("equal", adjustable="datalim")
    panel.invert_xaxis()  # left is on the left, as seen from behind the radar
figure.supxlabel("left [mm]")
figure.supylabel("up [mm]")
plt.show()

# %% [markdown]
# The frequency of the first chirps of a frame is drawn over time; the transmitters take turns (TDM).

# %% tags=["hide-input"]
chirp, slot_s = board.chirp, board.slot_period_s
figure, panel = plt.subplots(figsize=(10, 3), layout="constrained")
for slot in range(6):
    start_s = slot * slot_s + slot_s - chirp.ramp_end_time_s
    tx = board.frame.tx_order[slot % len(board.frame.tx_order)]
    ramp_s = np.array([0, chirp.ramp_end_time_s])
    # The start frequency is that of the first ADC sample.
    ghz = 1e-9 * (chirp.start_freq_hz + chirp.slope_hz_per_s * (ramp_s - chirp.adc_start_time_s))
    panel.plot(
        1e6 * (start_s + ramp_s), ghz, color=f"C{tx}", label=f"transmitter {tx + 1}" * (slot < 3)
    )
panel.set(xlabel="time [µs]", ylabel="frequency [GHz]")
figure.legend(loc="outside upper center", ncols=3)
plt.show()

# %% [markdown]
# ## Reflection and receiver
#
# The magnitude of the reflection coefficient of bare skin, and of skin under clothing of increasing thickness.

# %% tags=["hide-input"]
thickness_m = np.linspace(0.05e-3, 3e-3, 120)
bare = rs.PhysicalOptics().reflectivity_at(board)
figure, panel = plt.subplots(figsize=(10, 3.5), layout="constrained")
for gap_m in (0.0, 1e-3, 2e-3):
    dressed = [
        rs.PhysicalOptics(clothing=rs.Clothing(thickness_m=float(each), gap_m=gap_m))
        for each in thickness_m
    ]
    gamma = [each.reflectivity_at(board) for each in dressed]
    panel.plot(1e3 * thickness_m, gamma, label=f"air gap of {1e3 * gap_m:g} mm")
panel.axhline(bare, color="k", ls=":", label="bare skin")
panel.set(xlabel="thickness of the clothing [mm]", ylabel="|Γ| at 79 GHz", ylim=(0, 1))
panel.legend()
plt.show()

# %% [markdown]
# The receiver profile `datasheet` contains the following antenna pattern.

# %% tags=["hide-input"]
from radarsim.scattering.antenna_gain import antenna_gain, log_gain

pattern = rs.load_radar("AWR1843BOOST", receiver="datasheet").profile.tx_pattern
angle_rad = np.radians(np.linspace(-180, 180, 361))
zero = np.zeros_like(angle_rad)
cuts = {
    "azimuth": np.stack([np.cos(angle_rad), np.sin(angle_rad), zero], axis=-1),
    "elevation": np.stack([np.cos(angle_rad), zero, np.sin(angle_rad)], axis=-1),
}
figure, panel = plt.subplots(figsize=(10, 3.5), layout="constrained")
for name, direction in cuts.items():
    gain_db = 20 / np.log(10) * np.asarray(log_gain(antenna_gain(pattern), direction))
    panel.plot(np.degrees(angle_rad), gain_db, label=name)
panel.set(
    xlabel="angle from boresight [°]", ylabel="gain relative to boresight [dB]", ylim=(-35, 2)
)
panel.legend()
plt.show()
