"""Permitted values of settings that are used in several places.

The help texts of commands list these values, so this module does not import JAX.
"""

# Choices for heatmaps, see `radarsim.heatmaps.settings.HeatmapSettings`.
WINDOWS = ("burst", "paper")
CLUTTERS = ("median", "clip", "window", "none")
ANGLE_WINDOWS = ("taylor", "uniform")
# Choices for point clouds and frame maps, see `radarsim.detection.settings`.
CFARS = ("ca", "os")
FRAME_CLUTTERS = ("median", "clip", "none")
BEAMFORMERS = ("bartlett", "capon")
# Axes that may point up in a motion file, see `radarsim.scene.world_up`.
UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
# Limits of the pose rate of a motion [Hz].
MIN_RATE_HZ, MAX_RATE_HZ = 5.0, 1000.0
# Names of the reflection models `QuasiSpecular` and `PhysicalOptics` in recipes and commands.
REFLECTIONS = ("paper", "body")
# Materials of a surface in `radarsim.scattering.physical_optics.PhysicalOptics`.
SURFACE_MATERIALS = ("skin", "metal")
# Order of I and Q in the samples of a capture; "auto" infers the order from the data.
IQ_ORDERS = ("auto", "i_first", "q_first")
