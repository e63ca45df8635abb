# %% [markdown]
# # Fit a distance to a radar signal
#
# The simulated IF samples are differentiable. Here, the signal of a person at an unknown distance is given. The
# distance is found by comparing the range profile of the given signal with that of a simulation, and by using the
# derivative of the simulation with respect to the distance.

# %%
from dataclasses import replace

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import radarsim as rs
from builders.activities import perform
from radarsim.scene.scene import pose, skin_scene
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.simulate import clip_echo

board = rs.load_radar("AWR1843BOOST")
small = {
    "chirp": replace(board.chirp, num_samples=64),
    "frame": replace(board.frame, num_chirps=16),
}
radar, settings, lobe = replace(board, **small), rs.SimulationSettings(), rs.QuasiSpecular()
motion = perform("stand_still", duration_s=1.0)


def posed(distance_m):
    """Vertices and faces of the standing person at the given distance from the radar."""
    scene = rs.Scene([rs.Subject(motion, rs.free_body(), rs.Placement(distance_m=distance_m))])
    return skin_scene(scene.bodies, pose(scene, rs.burst_times_s(radar, num_frames=1)))


# %% [markdown]
# The visible faces are selected once, at the initial guess of the distance; the selection has no gradient.

# %%
guess_m, true_m = 3.0, 3.12
mesh, faces = posed(guess_m)
visible = select_faces(radar, settings, lobe, mesh, faces)
sizes = sizes_of_selection(radar, settings, lobe, visible.required)


def range_profile(shift_m):
    """Power in each range bin for a body that is shifted away from the radar."""
    moved = replace(mesh, vertices_m=mesh.vertices_m + jnp.array([1.0, 0.0, 0.0]) * shift_m)
    echo = clip_echo(radar, settings, sizes, lobe, moved, faces, visible)
    spectrum = jnp.fft.fft(echo * jnp.hanning(radar.chirp.num_samples))
    return jnp.mean(jnp.abs(spectrum) ** 2, axis=(0, 1, 2, 3))


target = range_profile(true_m - guess_m)

# %% [markdown]
# The centroid of the range profile is a smooth function of the distance, so a few Newton steps are enough.

# %%
bins_m = np.arange(radar.chirp.num_samples) * radar.range_resolution_m


def centroid_m(profile):
    """Power-weighted mean range of a range profile [m]."""
    return jnp.sum(bins_m * profile) / jnp.sum(profile)


value_and_slope = jax.value_and_grad(lambda shift_m: centroid_m(range_profile(shift_m)))
shift_m = jnp.float32(0.0)
for step in range(4):
    value, slope = value_and_slope(shift_m)
    shift_m = shift_m - (value - centroid_m(target)) / slope
    print(f"step {step}: distance {guess_m + shift_m:.4f} m")
assert abs(guess_m + shift_m - true_m) < 1e-3

# %%
plt.plot(bins_m, 10 * np.log10(range_profile(0.0)), label="first guess")
plt.plot(bins_m, 10 * np.log10(target), label="given signal")
plt.xlabel("range [m]")
plt.ylabel("power [dB]")
plt.legend()
plt.show()
