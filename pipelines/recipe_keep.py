"""Sections of a recipe for the optional arrays of a store, and for the detection of points."""

from dataclasses import dataclass

from pipelines.recipe_fields import Section, setting, settings_of
from radarsim.choices import BEAMFORMERS, CFARS, FRAME_CLUTTERS


@dataclass(frozen=True, kw_only=True)
class Keep(Section):
    """Optional arrays of the store, in addition to the heatmaps."""

    if_cubes: str = setting(
        "auto",
        "store the IF samples; auto stores them if they take less than 2 GB uncompressed",
        flag="--if-cubes",
        choices=("auto", "on", "off"),
    )
    motion: bool = setting(False, "store the placed body poses", flag="--motion")
    motion_rate_hz: float = setting(
        60.0,
        "sampling rate of the stored poses",
        "Hz",
        flag="--motion-rate-hz",
        at_least=5,
        at_most=1000,
    )
    points: bool = setting(False, "store the detected points of each radar frame", flag="--keep")
    range_doppler: bool = setting(
        False, "store the range-Doppler map of each radar frame", flag="--keep"
    )
    range_azimuth: bool = setting(
        False, "store the range-azimuth map of each radar frame", flag="--keep"
    )
    joints: bool = setting(
        False,
        "store the joints of the body at the middle of each burst: position, radial speed and "
        "visibility",
        flag="--keep",
    )

    @property
    def frame_products(self) -> bool:
        """Whether any saved array is computed from the IF cube of each frame."""
        return self.points or self.range_doppler or self.range_azimuth

    @property
    def needs_doppler(self) -> bool:
        """Whether any saved array requires frames of several loops."""
        return self.points or self.range_doppler


# Names of the arrays per radar frame, as used by `--keep` and in recipes.
KEPT_PER_FRAME = tuple(
    name for name, (_, declared) in settings_of(Keep).items() if declared.flag == "--keep"
)


@dataclass(frozen=True, kw_only=True)
class Detection(Section):
    """Settings of the saved points and frame maps; they have no effect if neither is saved.

    The settings have the same meanings as those of `radarsim.detection.settings`. The taper of the
    antenna row is set by `maps.angle_window`.
    """

    cfar: str = setting(
        "ca",
        "detector of points: cell averaging (ca) or ordered statistic (os)",
        flag="--cfar",
        choices=CFARS,
    )
    false_alarm_rate: float = setting(
        1e-5,
        "probability that a cell of noise becomes a point",
        flag="--false-alarm-rate",
        metavar="P",
        at_least=1e-12,
        at_most=0.1,
    )
    max_points: int = setting(
        64, "slots per frame; the strongest points are kept", flag="--max-points"
    )
    peaks_only: bool = setting(
        True,
        "restrict points to local maxima of the cells above the threshold",
        flag="--all-cells",
    )
    min_range_m: float = setting(
        0.3, "smallest range of a point", "m", flag="--min-range-m", at_least=0
    )
    clutter: str = setting(
        "median",
        "static echoes removed before points and frame maps are computed: the median over the "
        "clip (median), the mean (clip), or none",
        flag="--frame-clutter",
        choices=FRAME_CLUTTERS,
    )
    beamformer: str = setting(
        "bartlett",
        "beamformer of range-azimuth maps: conventional (bartlett) or minimum variance (capon)",
        flag="--beamformer",
        choices=BEAMFORMERS,
    )
    azimuth_bins: int = setting(
        128, "azimuth bins of range-azimuth maps", flag="--azimuth-bins", at_least=2
    )

    @property
    def point_settings(self):
        """Return the settings of `radarsim.detect` as a `DetectionSettings`."""
        # Imported here to keep the import of this module fast.
        from radarsim.detection.settings import DetectionSettings

        return DetectionSettings(
            cfar=self.cfar,
            false_alarm_rate=self.false_alarm_rate,
            max_points=self.max_points,
            peaks_only=self.peaks_only,
            min_range_m=self.min_range_m,
            clutter=self.clutter,
        )

    def map_settings(self, angle_window: str):
        """Settings for `radarsim.range_doppler` and `radarsim.range_azimuth`.

        Args:
            angle_window: taper of the antenna row.

        Returns:
            A `radarsim.FrameMapSettings`.
        """
        from radarsim.detection.settings import FrameMapSettings

        return FrameMapSettings(
            clutter=self.clutter,
            beamformer=self.beamformer,
            angle_window=angle_window,
            num_angle_bins=self.azimuth_bins,
        )
