# %% [markdown]
# # Simulate a walk and draw it
#
# A person walks in front of a radar. This notebook simulates the raw signal and draws the heatmaps, the detected
# points and one range-Doppler map.

# %%
import jax

import radarsim as rs
from builders.activities import perform

radar = rs.load_radar("AWR1843BOOST")
print(f"range bins of {1e2 * radar.range_resolution_m:.1f} cm up to {radar.max_range_m:.1f} m")
print(
    f"speeds up to {radar.max_speed_mps:.1f} m/s in bins of {1e2 * radar.speed_resolution_mps:.1f} cm/s"
)

# %% [markdown]
# A `Subject` combines a motion, a body model and a placement. A `Scene` holds the subjects and the pose of the radar.

# %%
motion = perform("walk_forward_and_turn_around", performer=1, duration_s=4.0)
walker = rs.Subject(motion, rs.free_body(), rs.Placement(distance_m=4.0))
cube_v = rs.simulate(radar, rs.Scene([walker]), jax.random.key(0))
print("frame, chirp, transmitter, receiver, sample:", cube_v.shape)

# %% [markdown]
# The IF cube contains volts at the ADC. The heatmaps are in dB above the noise floor.

# %%
maps = rs.heatmaps(radar, cube_v)
maps.plot()

# %% [markdown]
# The bright line is the torso, whose speed changes sign where the person turns around. Twice in
# each step, the arms and legs move faster than the torso.

# %%
rs.detect(radar, cube_v).plot()

# %%
rs.range_doppler(radar, cube_v).plot(frame=15)
