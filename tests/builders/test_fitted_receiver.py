"""A receiver profile fitted to a capture, given to a build with `--receiver`, acts in its clips."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from builders.amass import make_parser
from builders.building.cli_options import recipe_table
from pipelines.clip_selection import select_clips
from pipelines.clip_simulation import cube_of_clip, prepare_clip
from pipelines.recipe_toml import recipe_from_table
from radarsim.captures.recording import Recording
from radarsim.files import load_radar
from radarsim.radar.receiver_profile import Leakage, NoiseShape, ReceiverProfile
from radarsim.scene.motion import Motion
from radarsim.signal.front_end import front_end_of
from radarsim.signal.received_echo import Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.validation.capture_stats import measure_stats, static_profile_dbfs
from radarsim.validation.receiver_fit import fit_receiver, leakage_bins, save_receiver_profile
from tests.helpers.amass_dataset import RADAR
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.synthetic_bodies import synthetic_model

pytestmark = pytest.mark.usefixtures("fast_compilation")

NUM_FRAMES = 12


class Still(FakeTake):
    """A take of a person without any movement, whose echo cancels between successive chirps."""

    def load(self) -> Motion:
        poses_rad = np.zeros((91, 24, 3))
        poses_rad[:, 0, 0] = np.pi / 2
        return Motion(poses_rad=poses_rad, transl_m=np.zeros((91, 3)), rate_hz=60.0, name=self.id)


@pytest.fixture
def radar_file(tmp_path):
    (tmp_path / "radar.toml").write_text(RADAR)
    return tmp_path / "radar.toml"


def capture_of(radar) -> Recording:
    """Return a capture of an empty scene: coloured noise, and leakage of two tones."""
    shape = (radar.frame.num_chirps, radar.array.num_tx, radar.array.num_rx)
    silence = jnp.zeros((NUM_FRAMES, *shape, radar.chirp.num_samples), jnp.complex64)
    bin_m = radar.range_resolution_m
    known = ReceiverProfile(
        noise=NoiseShape(level_db=2.0, spectrum=[[0.0, 5.0], [0.5, 0.0], [0.9, -6.0]]),
        leakage=Leakage(range_m=[0.0, 1.4 * bin_m], channels=[[[[0.02, 0.01], [0.0, -0.005]]]]),
    )
    front_end = front_end_of(replace(radar, profile=known))
    settings = SimulationSettings()
    key = jax.random.key(7)
    return recording_of(
        radar, receive_echoes(radar, Echoes(silence), key, settings, front_end=front_end)
    )


def recording_of(radar, cube_v) -> Recording:
    cube_v = np.array(cube_v)
    return Recording(radar=radar, num_frames=len(cube_v), read=lambda start, end: cube_v[start:end])


def simulated_clip(radar_file, receiver_file, models):
    """Return a recording of the clip that the command with `--receiver FILE` simulates."""
    flags = ["--clip-seconds", "1.2", "--min-frames", "2"]
    flags += ["--radar", str(radar_file), "--receiver", str(receiver_file), "--dry-run"]
    table = recipe_table(vars(make_parser().parse_args(flags)))
    (radar,) = table.pop("radar")  # the command builds a store for each radar of the list
    recipe = recipe_from_table({**table, "radar": radar}, "options")
    take = Still(id="still", subject="s")
    (clip,) = select_clips(recipe, take, models).clips
    cube_v, _ = cube_of_clip(recipe, prepare_clip(recipe, clip, take, models))
    return recording_of(recipe.radar.without_profile, cube_v)


def test_a_clip_has_the_noise_and_leakage_of_the_capture(tmp_path, radar_file):
    """With the file of `validate --fit`, noise and leakage of a clip are those of the capture.

    The noise of every range bin and the static level of the leakage's bins differ by less than
    1 dB. A bin averages 2,296 differences of chirps in both recordings, so that the difference of
    two levels has a standard deviation of 0.16 dB. White noise would differ by up to 7 dB. The
    person, 2 m away or more, is far from the bins of the leakage and, standing still, adds no
    noise.
    """
    radar = load_radar(radar_file)
    capture = measure_stats(capture_of(radar))
    save_receiver_profile(fit_receiver(radar, capture, "capture.bin"), tmp_path / "fitted.toml")
    np.savez(tmp_path / "SMPL_NEUTRAL.npz", **synthetic_model("smpl", 10))
    clip = measure_stats(
        simulated_clip(radar_file, tmp_path / "fitted.toml", str(tmp_path / "SMPL_NEUTRAL.npz"))
    )
    noise_db = 10 * np.log10(clip.noise_power_v2 / capture.noise_power_v2)
    static_db = static_profile_dbfs(radar, clip) - static_profile_dbfs(radar, capture)
    assert np.abs(noise_db).max() < 1.0
    assert np.abs(static_db[: leakage_bins(radar)]).max() < 1.0
    assert static_db[leakage_bins(radar) :].max() > 10  # the clip contains a person
