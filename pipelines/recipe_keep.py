"""Sections of a recipe for the optional arrays of a store, and for the detection of points."""

from dataclasses import dataclass

from pipelines.recipe_fields import check_choice, store_number
from radarsim.checks import checked_count
from radarsim.detection.settings import (
    BEAMFORMERS,
    CFARS,
    FRAME_CLUTTERS,
    DetectionSettings,
    FrameMapSettings,
)

# Names of the arrays per radar frame, as used by `--keep` and in recipes.
KEPT_PER_FRAME = ("points", "range_doppler", "range_azimuth", "joints")


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Optional arrays of the store, in addition to the heatmaps.

    Attributes:
        if_cubes: "on", "off", or "auto": IF cubes are saved if they take less than 2 GB.
        motion: whether the placed poses are saved, at the rate `motion_rate_hz`.
        motion_rate_hz: number of saved poses per second.
        points: whether the detected points of each frame are saved.
        range_doppler, range_azimuth: whether a map of each frame is saved.
        joints: whether the joints of the body are saved at the middle of each burst: position,
            radial speed and visibility.
    """

    if_cubes: str = "auto"
    motion: bool = False
    motion_rate_hz: float = 60.0
    points: bool = False
    range_doppler: bool = False
    range_azimuth: bool = False
    joints: bool = False

    def __post_init__(self):
        check_choice(self, "if_cubes", ("auto", "on", "off"))
        store_number(self, "motion_rate_hz", "Hz", at_least=5, at_most=1000)

    @property
    def frame_products(self) -> bool:
        """Whether any saved array is computed from the IF cube of each frame."""
        return self.points or self.range_doppler or self.range_azimuth

    @property
    def needs_doppler(self) -> bool:
        """Whether any saved array requires frames of several loops."""
        return self.points or self.range_doppler


@dataclass(frozen=True, kw_only=True)
class Detection:
    """Settings of the saved points and frame maps; they have no effect if neither is saved.

    Attributes:
        cfar, false_alarm_rate, peaks_only, min_range_m: as in
            `radarsim.detection.settings.DetectionSettings`.
        max_points: number of slots per frame; the strongest points are kept.
        clutter: method that removes static echoes before points and frame maps are computed; the
            setting for the heatmaps is `maps.clutter`.
        beamformer: as in `radarsim.detection.settings.FrameMapSettings`; the taper of the
            antenna row is `maps.angle_window`.
        azimuth_bins: number of azimuth bins of a range-azimuth map.
    """

    cfar: str = "ca"
    false_alarm_rate: float = 1e-5
    max_points: int = 64
    peaks_only: bool = True
    min_range_m: float = 0.3
    clutter: str = "median"
    beamformer: str = "bartlett"
    azimuth_bins: int = 128

    def __post_init__(self):
        check_choice(self, "cfar", CFARS)
        check_choice(self, "clutter", FRAME_CLUTTERS)
        check_choice(self, "beamformer", BEAMFORMERS)
        store_number(self, "false_alarm_rate", at_least=1e-12, at_most=0.1)
        store_number(self, "min_range_m", "m", at_least=0)
        checked_count("recipe", "detection.max_points", self.max_points)
        checked_count("recipe", "detection.azimuth_bins", self.azimuth_bins, at_least=2)

    @property
    def point_settings(self) -> DetectionSettings:
        """Settings for `radarsim.detect`."""
        return DetectionSettings(
            cfar=self.cfar,
            false_alarm_rate=self.false_alarm_rate,
            max_points=self.max_points,
            peaks_only=self.peaks_only,
            min_range_m=self.min_range_m,
            clutter=self.clutter,
        )

    def map_settings(self, angle_window: str) -> FrameMapSettings:
        """Settings for `radarsim.range_doppler` and `radarsim.range_azimuth`.

        Args:
            angle_window: taper of the antenna row.
        """
        return FrameMapSettings(
            clutter=self.clutter,
            beamformer=self.beamformer,
            angle_window=angle_window,
            num_angle_bins=self.azimuth_bins,
        )
