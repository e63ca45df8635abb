"""Stores of recorded arrays: cubes of another radar, pictures of heatmaps, magnitudes of frames."""

from pathlib import Path

import numpy as np
import pytest

from builders.building.recorded_dataset import build_recorded_dataset
from builders.drawing.figures import stored_maps
from builders.recordings import make_parser
from pipelines.report import main as report
from pipelines.store_checks import find_problems
from pipelines.store_reader import Store
from radarsim.errors import InputError
from radarsim.files import load_radar
from radarsim.plots.heatmaps import clip_page
from radarsim.radar.toml import dump_radar
from tests.helpers.array_files import write_array, write_iq_text, write_picture
from tests.helpers.synthetic_captures import echo, small_radar

RADARS = Path(__file__).parents[2] / "examples" / "radars"
# The radar and clips of test_recordings.py, whose compiled programs are used again.
RADAR = small_radar(num_chirps=24, tx_order=(0, 2), num_samples=32)
PERIOD_S = RADAR.frame.period_s
FRAMES = 40


def built(folder, *options, description="", file="walk.npy"):
    """Build a store from the only recording in a folder, in this process; return its reader."""
    (folder / "radar.toml").write_text(dump_radar(RADAR))
    (folder / "labels.csv").write_text(f"file,label,subject\n{file},walking,anna\n")
    if description:
        (folder / "recording.toml").write_text(description)
    arguments = ["--captures", str(folder), "--labels", str(folder / "labels.csv")]
    arguments += ["--out", str(folder / "real.zarr"), "--clip-seconds", "3.2", "--quiet"]
    parsed = make_parser().parse_args([*arguments, "--stride-seconds", "3.2", *options])
    parsed.workers = 0
    assert build_recorded_dataset(parsed) == 0
    return Store(folder / "real.zarr")


def test_a_store_of_a_recorded_cube_states_axes_units_and_what_is_unknown(tmp_path):
    """The cube in volts is stored unquantised; the heatmaps have a noise floor of about 0 dB."""
    cube = echo(RADAR, FRAMES)
    write_array(tmp_path / "walk.npy", cube.transpose(0, 3, 1, 2, 4))
    store = built(tmp_path, "--axes", "frame,rx,chirp,tx,sample", "--if-cubes", "on")
    recording = store.attributes["recording"]
    assert recording["axes"] == ["frame", "rx", "chirp", "tx", "sample"]
    assert recording["units"] == "unknown"
    assert "level" in recording["unknown"][0]
    ratio = store.cube_v(0) / cube[:32]
    # The values differ by one common factor, which scales the noise floor, within float32 rounding.
    np.testing.assert_allclose(ratio, np.median(ratio.real), rtol=1e-4)
    # More than half of the cells contain only noise, whose mean is at 0 dB.
    assert abs(np.median(store.maps(0)["time_doppler"].astype(float))) < 1.5
    assert find_problems(store) == []


def test_a_store_of_pictures_has_just_that_heatmap(tmp_path):
    """Pixels become values within half a colour step; report and figure show this heatmap only."""
    values = np.random.default_rng(0).uniform(size=(12, 2 * FRAMES))
    write_picture(tmp_path / "walk.png", values, "viridis", (120, 800))
    description = f"""
    axes = ["speed", "time"]
    unknown = ["sign of the speed"]
    [time]
    period_s = {PERIOD_S}
    [speed]
    first_mps = 1.1
    last_mps = -1.1
    [picture]
    colour_map = "viridis"
    rows = 12
    columns = {2 * FRAMES}
    first_column = 1
    column_step = 2
    """
    store = built(tmp_path, description=description, file="walk.png")
    assert store.heatmaps == ("time_doppler",)
    assert set(store.axes()) == {"time_s", "speed_mps"}
    assert store.group["time_doppler"].attrs["units"] == "1"
    np.testing.assert_allclose(store.axes()["speed_mps"], np.linspace(-1.1, 1.1, 12))
    stored = store.maps(0)["time_doppler"]
    # The tolerance is half a colour step of 1/256, one further step, because two colours of viridis
    # have equal bytes, and float16 rounding near 1.
    np.testing.assert_allclose(stored, values[::-1, 1::2].T[:32], atol=1.5 / 256 + 1e-3)
    unknown = store.attributes["recording"]["unknown"]
    assert unknown[0] == "sign of the speed"
    assert "relative" in unknown[1]
    assert find_problems(store) == []
    assert report([str(store.path), "--out", str(tmp_path / "report.html")]) == 0
    card = (tmp_path / "real.zarr" / "README.md").read_text()
    assert "heatmaps of speed over time, relative values without a unit" in card
    assert "Unknown: sign of the speed; level" in card
    maps, axes = stored_maps(store, 0, store.recipe.heatmap_settings)
    assert len(clip_page(maps, axes, title="walk").axes) == 2  # one heatmap and its colour bar


def test_text_of_a_continuous_wave_becomes_a_store_without_range(tmp_path):
    """A 200 Hz tone in the I/Q text of a CW radar has a speed of 200 Hz x lambda / 2."""
    board = RADARS / "bgt60ltr11_cw.toml"
    radar = load_radar(board)
    times_s = np.arange(20 * 64) / 2000
    noise = np.random.default_rng(0).normal(size=(2, len(times_s)))
    tone = 30 * np.exp(2j * np.pi * 200 * times_s) + noise[0] + 1j * noise[1]
    write_iq_text(tmp_path / "wave.txt", tone.reshape(20, 64))
    options = ["--axes", "frame,chirp,iq", "--radar", str(board), "--clip-seconds", "0.64"]
    store = built(tmp_path, *options, "--min-frames", "20", file="wave.txt")
    assert store.heatmaps == ("time_doppler",)
    assert set(store.axes()) == {"time_s", "speed_mps"}
    level_db = store.maps(0)["time_doppler"].astype(float)
    speed_mps = store.axes()["speed_mps"][level_db.mean(0).argmax()]
    assert speed_mps == pytest.approx(100 * radar.chirp.wavelength_m, abs=0.01)
    assert abs(np.median(level_db)) < 1.5
    assert find_problems(store) == []
    assert report([str(store.path), "--out", str(tmp_path / "report.html")]) == 0


def test_magnitudes_of_range_doppler_frames_become_two_heatmaps(tmp_path):
    """A cell 40 dB above the noise appears at its speed and range, and the noise at 0 dB."""
    frames = np.full((FRAMES, 24, 32), 1e3)  # power; the noise at 30 dB
    frames[:, 15, 7] = 1e7
    write_array(tmp_path / "walk.h5", np.sqrt(frames).astype(np.float32))
    description = 'axes = ["frame", "doppler", "range"]\n[map]\nvalues = "amplitude"'
    store = built(tmp_path, description=description, file="walk.h5")
    maps, axes = store.maps(0), store.axes()
    assert set(maps) == {"time_doppler", "time_range"}
    speed, distance = (maps[name][0].argmax() for name in ("time_doppler", "time_range"))
    assert axes["speed_mps"][speed] == pytest.approx(3 * RADAR.speed_resolution_mps)
    assert axes["range_m"][distance] == pytest.approx(7 * RADAR.range_resolution_m)
    # The mean over 32 ranges, one of which is 40 dB above the noise.
    assert maps["time_doppler"][0].max() == pytest.approx(
        10 * np.log10(1e4 / 32 + 31 / 32), abs=0.05
    )
    assert np.median(maps["time_doppler"].astype(float)) == 0
    assert find_problems(store) == []


def test_unusable_descriptions_are_refused(tmp_path):
    """A heatmap needs a time step and coordinates, and a picture the colours of its map."""
    values = np.random.default_rng(0).uniform(size=(12, FRAMES))
    write_picture(tmp_path / "walk.png", values, "jet", (120, 400))
    axes = 'axes = ["speed", "time"]\n'
    colours = '[picture]\ncolour_map = "{}"\nrows = 12\ncolumns = 40\n'
    bins = f"[time]\nperiod_s = {PERIOD_S}\n[speed]\nfirst_mps = -1\nlast_mps = 1\n"
    wrong = {
        axes + colours.format("viridis") + bins: "picture.colour_map: has colours",
        axes + colours.format("colourful") + bins: "picture.colour_map: 'colourful' is unknown",
        axes + colours.format("jet"): "time.period_s: is not given",
        axes + colours.format("jet") + "[time]\nperiod_s = 0.1": "speed: has 12 bins whose",
        axes + "[picture]\ncolor_map = 'jet'": "picture.color_map: is not known; did you mean",
    }
    for description, message in wrong.items():
        with pytest.raises(InputError, match=message):
            built(tmp_path, description=description, file="walk.png")
    assert not (tmp_path / "real.zarr").exists()
