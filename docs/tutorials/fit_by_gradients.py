# %% [markdown]
# # Fit a distance and a pose to a radar signal
#
# The simulated IF samples are differentiable. This tutorial starts with the radar signal of a person at an unknown
# distance. The distance is found by comparing the range profile of this signal with that of a simulation, and by using
# the derivative of the simulation with respect to the distance. Then, the angles of two joints are found in the same way.

# %%
from dataclasses import replace

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import radarsim as rs
from builders.activities import perform
from radarsim.scene.scene import pose, skin_scene
from radarsim.scene.skeleton import JOINT
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

# %% [markdown]
# ## Fit a pose
#
# The phase of the IF samples responds to tenths of a millimetre, so small angles of joints can be fitted to the samples
# themselves. The surface must be within a fraction of the wavelength (4 mm) of its true position at the start, as
# for a person who hardly moves between two bursts. Here, the rotation vector of the lower spine has changed by 0.03 degrees
# about its x axis, which is a lean of the trunk, and that of the left shoulder by 0.08 degrees about its y axis.

# %%
scene = rs.Scene([rs.Subject(motion, rs.free_body(), rs.Placement(distance_m=guess_m))])
posed_scene = pose(scene, rs.burst_times_s(radar, num_frames=1))
(subject,) = posed_scene.subjects
joints, axes = [JOINT["spine1"], JOINT["left_shoulder"]], [0, 1]


@jax.jit
def samples(angles_rad):
    """IF samples after a change of one component of the rotation vectors of two joints."""
    poses_rad = subject.poses_rad.at[..., joints, axes].add(angles_rad)
    turned = replace(posed_scene, subjects=(replace(subject, poses_rad=poses_rad),))
    turned_mesh, _ = skin_scene(scene.bodies, turned)
    return clip_echo(radar, settings, sizes, lobe, turned_mesh, faces, visible)


true_deg = np.array([0.03, 0.08])
given = samples(np.deg2rad(true_deg))

# %% [markdown]
# The problem is a nonlinear least-squares problem with complex residuals, which Gauss-Newton steps solve. The Jacobian
# has two columns, so forward mode (`jax.jacfwd`) is the cheaper choice.

# %%
jacobian = jax.jit(jax.jacfwd(samples))
angles_rad = jnp.zeros(2)
for step in range(6):
    residual = (samples(angles_rad) - given).ravel()
    columns = jacobian(angles_rad).reshape(-1, 2)
    normal = (columns.conj().T @ columns).real
    angles_rad = angles_rad - jnp.linalg.solve(normal, (columns.conj().T @ residual).real)
    spine_deg, shoulder_deg = np.rad2deg(angles_rad)
    left = jnp.linalg.norm(residual) / jnp.linalg.norm(given)
    print(f"step {step}: residual {left:.1e}; then {spine_deg:.4f} and {shoulder_deg:.4f} degrees")
np.testing.assert_allclose(np.rad2deg(angles_rad), true_deg, atol=1e-4)
