"""Number of simulated frames: captures of few loops need at least one whole burst."""

from dataclasses import replace

from radarsim.captures.recording import for_doppler, of_cube
from radarsim.files import free_body
from radarsim.heatmaps.heatmaps import HeatmapSettings
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation import capture_simulation, simulated_recording
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.capture_stats import measure_stats
from tests.helpers.point_echoes import RADAR, clutter_v, noise_v
from tests.helpers.still_postures import posture
from tests.helpers.synthetic_tracks import WALK


def analysis_of(recording):
    """Statistics of a recording, without its tracks and heatmaps."""
    bursts, stats = for_doppler(recording), measure_stats(recording)
    return CaptureAnalysis(
        recording=recording,
        stats=stats,
        bursts=bursts,
        burst_stats=stats,
        tdm=False,
        slots="",
        tracks=[],
        changing=[],
        breathing=None,
        no_breathing="",
        settings=HeatmapSettings(),
        maps={},
        axes={},
        window="burst",
    )


def test_frames_larger_than_the_limit_still_fill_a_burst(monkeypatch):
    """A limit of one byte allows a single frame, but tracks need a burst of 16 frames."""
    radar = replace(RADAR, frame=replace(RADAR.frame, num_chirps=2))
    analysis = analysis_of(of_cube(radar, clutter_v(radar, 32) + noise_v(radar, 32)))
    simulated = []

    def echo(radar, scene, num_frames, sigma_rad):
        simulated.append(num_frames)
        return 0 * noise_v(radar, num_frames)

    monkeypatch.setattr(simulated_recording, "MAX_BYTES", 1)
    monkeypatch.setattr(capture_simulation, "simulate_echo", echo)
    scene = Scene([Subject(posture(seconds=4.0), free_body())])
    assert capture_simulation._aligned_with_track(analysis, WALK, scene, 0.5) is scene
    assert simulated == [analysis.frames_per_burst] == [16]
