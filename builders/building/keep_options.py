"""Command-line flags for the optional arrays of a store: points, frame maps, joints and poses."""

import argparse

# As in `pipelines.recipe_keep`, which takes seconds to load.
KEPT_PER_FRAME = ("points", "range_doppler", "range_azimuth", "joints")
KEEP_SETTINGS = {
    "motion": ("keep", "motion"),
    "motion_rate_hz": ("keep", "motion_rate_hz"),
    "cfar": ("detection", "cfar"),
    "false_alarm_rate": ("detection", "false_alarm_rate"),
    "max_points": ("detection", "max_points"),
    "peaks_only": ("detection", "peaks_only"),
    "min_range_m": ("detection", "min_range_m"),
    "frame_clutter": ("detection", "clutter"),
    "beamformer": ("detection", "beamformer"),
    "azimuth_bins": ("detection", "azimuth_bins"),
}


def add_frame_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the stored points, frame maps and joints."""
    group = parser.add_argument_group(
        "points, frame maps and joints", "one value per radar frame, beside the heatmaps"
    )
    group.add_argument(
        "--keep",
        nargs="+",
        choices=KEPT_PER_FRAME,
        metavar="ARRAY",
        help="store points, range_doppler, range_azimuth or joints of each radar frame; several "
        "can be given (default: none)",
    )
    _add_point_options(group)
    group.add_argument(
        "--frame-clutter",
        choices=("median", "clip", "none"),
        help="static echoes removed before points and frame maps are computed: the median over "
        "the clip (default), the mean, or none",
    )
    group.add_argument(
        "--beamformer",
        choices=("bartlett", "capon"),
        help="beamformer of range-azimuth maps: conventional (bartlett, default) or minimum "
        "variance (capon)",
    )
    group.add_argument(
        "--azimuth-bins",
        type=int,
        metavar="N",
        help="azimuth bins of range-azimuth maps (default: 128)",
    )


def _add_point_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--max-points",
        type=int,
        metavar="N",
        help="slots per frame; the strongest points are kept (default: 64)",
    )
    group.add_argument(
        "--cfar",
        choices=("ca", "os"),
        help="detector of points: cell averaging (ca, default) or ordered statistic (os)",
    )
    group.add_argument(
        "--false-alarm-rate",
        type=float,
        metavar="P",
        help="probability that a cell of noise becomes a point (default: 1e-5)",
    )
    group.add_argument(
        "--all-cells",
        dest="peaks_only",
        action="store_false",
        default=None,
        help="make a point of every cell above the threshold, not only of local maxima",
    )
    group.add_argument(
        "--min-range-m",
        type=float,
        metavar="M",
        help="smallest range of a point (default: 0.3)",
    )


def add_pose_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the stored body poses."""
    group = parser.add_argument_group("stored poses")
    group.add_argument(
        "--motion", action="store_true", default=None, help="store the placed body poses"
    )
    group.add_argument(
        "--motion-rate-hz",
        type=float,
        metavar="HZ",
        help="sampling rate of the stored poses (default: 60)",
    )
