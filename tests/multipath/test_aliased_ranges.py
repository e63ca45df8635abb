"""Echoes beyond the maximum range appear where the report states it."""

import numpy as np
import pytest

from radarsim.multipath.room_report import RoomReport
from radarsim.multipath.static_echoes import mirror_echoes
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import RadarPose
from radarsim.scene.room import SURFACES, Room
from tests.helpers.moving_sphere import small_radar

RADAR = small_radar()  # unambiguous up to 5.5 m


@pytest.mark.parametrize("wraps", [0, 1, 2])
def test_a_wall_beyond_the_maximum_range_appears_at_the_reported_range(wraps):
    """The samples are complex, so the range wraps around and is not mirrored at the maximum."""
    at_m = 3.0 + wraps * RADAR.max_range_m
    room = Room(**dict.fromkeys(SURFACES) | {"far_wall": MATERIALS["metal"]}, far_m=at_m)
    sources, echoes = mirror_echoes(RADAR, room, room.planes(RadarPose()), QuasiSpecular())
    spectrum = np.abs(np.fft.fft(np.hanning(128) * echoes.samples[0, 0, 0], 2048))
    peak_m = np.argmax(spectrum) / 16 * RADAR.range_resolution_m
    report = RoomReport(room.size_text, "vertical", [], sources, RADAR.max_range_m)
    assert report.aliased_m(sources[0].range_m) == pytest.approx(3.0)
    # The interpolated spectrum has 16 points per bin.
    assert peak_m == pytest.approx(3.0, abs=RADAR.range_resolution_m / 8)
