"""Settings of target detection and of the maps of single frames."""

from dataclasses import dataclass
from numbers import Integral

import jax

from radarsim.checks import check_choice, check_flag, store_number, store_whole
from radarsim.choices import ANGLE_WINDOWS, BEAMFORMERS, CFARS, FRAME_CLUTTERS
from radarsim.errors import InputError

Cells = tuple[int, ...]


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class DetectionSettings:
    """Settings of `rs.detect`.

    Guard and training cells are counted on each side of the tested cell, (range, speed): the
    training cells fill a box of `guard_cells + training_cells`, except the box of `guard_cells`.

    Attributes:
        cfar: "ca" (cell averaging: the mean of the training cells) or "os" (ordered statistic: the
            power that the fraction `os_fraction` of the training cells does not exceed; other
            targets raise it less than the mean).
        false_alarm_rate: probability that a cell that contains only noise exceeds the threshold.
        guard_cells: cells that may contain energy of the target itself; at least 2, because the
            main lobe of the Hann window extends this far.
        training_cells: cells from which the noise level is estimated.
        os_fraction: fraction of the training cells below the ordered statistic; 3/4 after Rohling,
            IEEE Trans. AES-19, 1983.
        peaks_only: keep only cells at least as strong as their eight neighbours; if False, every
            cell above the threshold becomes a point.
        max_points: largest number of points per frame; the strongest are kept.
        min_range_m: smallest range of a point; nearer cells contain leakage between antennas [m].
        clutter: static echoes that are removed first, as for heatmaps: "median", "clip" or "none".
        tdm_compensation: undo the phase change of a moving target between transmitters.
    """

    cfar: str = "ca"
    false_alarm_rate: float = 1e-5
    guard_cells: Cells = (4, 4)
    training_cells: Cells = (8, 8)
    os_fraction: float = 0.75
    peaks_only: bool = True
    max_points: int = 128
    min_range_m: float = 0.3
    clutter: str = "median"
    tdm_compensation: bool = True

    def __post_init__(self):
        where = "DetectionSettings"
        check_choice(where, "cfar", self.cfar, CFARS)
        check_choice(where, "clutter", self.clutter, FRAME_CLUTTERS)
        store_number(self, "false_alarm_rate", "", at_least=1e-12, at_most=0.1)
        store_number(self, "os_fraction", "", at_least=0.1, at_most=0.95)
        store_number(self, "min_range_m", "m", at_least=0.0)
        for name, least in (("guard_cells", 2), ("training_cells", 1)):
            object.__setattr__(self, name, _checked_cells(name, getattr(self, name), least))
        store_whole(self, "max_points")
        check_flag(where, "peaks_only", self.peaks_only)
        check_flag(where, "tdm_compensation", self.tdm_compensation)


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class FrameMapSettings:
    """Settings of `rs.range_doppler` and `rs.range_azimuth`.

    Attributes:
        clutter: static echoes that are removed first: "median", "clip" or "none".
        beamformer: "bartlett" (conventional) or "capon" (minimum variance; narrower beams).
        angle_window: taper of the antenna row for "bartlett": "taylor" or "uniform".
        loading_db: diagonal loading of the covariance matrix for "capon", relative to the mean
            power of the elements [dB].
        tdm_compensation: undo the phase change of a moving target between transmitters.
        num_angle_bins: number of bins of the angle axis.
    """

    clutter: str = "median"
    beamformer: str = "bartlett"
    angle_window: str = "taylor"
    loading_db: float = -30.0
    tdm_compensation: bool = True
    num_angle_bins: int = 128

    def __post_init__(self):
        where = "FrameMapSettings"
        check_choice(where, "clutter", self.clutter, FRAME_CLUTTERS)
        check_choice(where, "beamformer", self.beamformer, BEAMFORMERS)
        check_choice(where, "angle_window", self.angle_window, ANGLE_WINDOWS)
        store_number(self, "loading_db", "dB", at_least=-80.0, at_most=20.0)
        check_flag(where, "tdm_compensation", self.tdm_compensation)
        store_whole(self, "num_angle_bins", at_least=2)


def _checked_cells(name: str, value, least: int) -> Cells:
    hint = "give two whole numbers (range, speed), such as (4, 4)"
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    whole = all(isinstance(each, Integral) and not isinstance(each, bool) for each in pair)
    if len(pair) != 2 or not whole or min(pair) < least:
        problem = f"is {value!r}; must be two whole numbers of at least {least}"
        raise InputError("DetectionSettings", name, problem, hint)
    return int(pair[0]), int(pair[1])
