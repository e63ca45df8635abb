"""Clips with different receiver profiles share one program and give the results of `simulate`."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from builders.activities import perform
from radarsim.batch import BatchSimulator
from radarsim.files import free_body
from radarsim.posed_clip import pose_clip, stack_clips
from radarsim.radar.receiver_profiles import datasheet_profile
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.motion import cut_motion
from radarsim.scene.placement import Placement
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import simulate
from tests.helpers.moving_sphere import relative_db, small_radar

RADAR = small_radar(num_chirps=4, num_samples=64)
SETTINGS = SimulationSettings(quantise=False, method="fast", visibility="facing")
LOBES = QuasiSpecular(0.5)


@pytest.mark.usefixtures("fast_compilation")
def test_clips_with_different_profiles_share_one_program():
    """Relative to `simulate`, the error of a batch with two profiles is below -55 dB.

    The error is due to rounding and to the fast mode. The profiles have the same parts with
    different values, and the relative difference between the two echoes is above -20 dB.
    """
    motion = cut_motion(perform("walking_forward_and_backward", duration_s=3.0), 60, 60)
    scene = Scene([Subject(motion, free_body(), Placement(distance_m=1.8))])
    base = datasheet_profile(RADAR)
    narrow = replace(base.tx_pattern, azimuth_exponent=30.0, elevation_exponent=60.0)
    radars = [replace(RADAR, profile=each) for each in (base, replace(base, tx_pattern=narrow))]
    options = {"num_frames": 1}
    keys = [jax.random.key(number) for number in range(2)]
    posed = [
        pose_clip(radar, scene, key, LOBES, SETTINGS, **options) for radar, key in zip(radars, keys)
    ]
    cubes_v = BatchSimulator(RADAR, scene.bodies, SETTINGS, None)(stack_clips(posed))
    alone_v = [
        np.asarray(simulate(radar, scene, key, LOBES, SETTINGS, **options))
        for radar, key in zip(radars, keys)
    ]
    for together_v, expected_v in zip(cubes_v, alone_v):
        assert relative_db(np.asarray(together_v), expected_v) < -55
    assert relative_db(alone_v[0], alone_v[1]) > -20
