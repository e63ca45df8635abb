"""Permitted values of settings that occur in several places, in a module that is imported fast.

Commands name these values in their help texts, which should not wait for JAX.
"""

# Settings of heatmaps, see `radarsim.heatmaps.settings.HeatmapSettings`.
WINDOWS = ("burst", "paper")
CLUTTERS = ("median", "clip", "window", "none")
ANGLE_WINDOWS = ("taylor", "uniform")
# Settings of points and frame maps, see `radarsim.detection.settings`.
CFARS = ("ca", "os")
FRAME_CLUTTERS = ("median", "clip", "none")
BEAMFORMERS = ("bartlett", "capon")
# Axis of a motion file that points up, see `radarsim.scene.world_up`.
UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
# Limits of the pose rate of a motion [Hz].
MIN_RATE_HZ, MAX_RATE_HZ = 5.0, 1000.0
# Names of the reflection models `QuasiSpecular` and `PhysicalOptics` in recipes and commands.
REFLECTIONS = ("paper", "body")
# Order of I and Q in the samples of a capture; "auto" infers the order from the data.
IQ_ORDERS = ("auto", "i_first", "q_first")
