"""Simulate a capture: place motions on its tracks, match the level, and compare the heatmaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radarsim.captures.recording import Recording
from radarsim.detection.track import STATIONARY, Track
from radarsim.scattering.reflection import DEFAULT_SIGMA_RAD
from radarsim.scene.body import BodyModel
from radarsim.scene.motion import Motion
from radarsim.scene.placement import RadarPose
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.comparison import (
    Comparison,
    compare_with_simulation,
    first_frames,
    heatmaps_as_in,
    tracks_as_in,
)
from radarsim.validation.heatmap_metrics import level_bias_db, mean_similarity
from radarsim.validation.simulated_recording import (
    add_clutter_and_noise,
    num_frames_to_simulate,
    simulate_echo,
)
from radarsim.validation.track_motion import GAITS, is_walking, motion_along_track
from radarsim.validation.track_placement import (
    current_placement,
    place_on_track,
    shift_subject,
    track_offset,
)

# Maximum number of tracks that are simulated.
MAX_SUBJECTS = 3
# Offsets between tracks below these limits are not corrected.
CLOSE_M, CLOSE_RAD = 0.01, np.radians(0.5)
# Number of corrections of the echo level.
LEVEL_ITERATIONS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptureSimulation:
    """Simulation of a capture, and its comparison with the capture.

    Attributes:
        scenes: one scene per subject; the echoes of all scenes are added.
        comparison: heatmaps and metrics.
        recording: the simulated recording.
        num_frames: number of simulated frames, from the first frame of the capture.
        description: description of the simulated motions, for the report.
    """

    scenes: tuple[Scene, ...]
    comparison: Comparison
    recording: Recording
    num_frames: int
    description: str

    @property
    def duration_s(self) -> float:
        """Duration of the simulation [s]."""
        return self.num_frames * self.recording.radar.frame.period_s


def simulate_placed_motion(
    analysis: CaptureAnalysis, scene: Scene, sigma_rad: float = DEFAULT_SIGMA_RAD
) -> CaptureSimulation:
    """Simulate a capture with a motion at a known position.

    Args:
        analysis: analysis of the capture.
        scene: subject and radar pose; the motion starts at the first frame of the capture.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation and its comparison with the capture.
    """
    name = scene.subjects[0].motion.name
    return _simulation_of(analysis, (scene,), f"{name}, placed by the given distance", sigma_rad)


def simulate_motion_on_track(
    analysis: CaptureAnalysis,
    motion: Motion,
    body: BodyModel,
    radar_pose: RadarPose,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """Simulate a capture with a motion placed on the strongest target of the capture.

    Args:
        analysis: analysis of the capture; its `track_of_motion` must not be None.
        motion: motion as read from its file, which starts at the first frame of the capture.
        body: body model.
        radar_pose: height and tilt of the radar.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation and its comparison with the capture.
    """
    subject = Subject(motion, body)
    track = analysis.track_of_motion
    placement = place_on_track(subject.fitted.motion, track, radar_pose)
    scene = Scene([replace(subject, placement=placement)], radar_pose)
    scene = _aligned_with_track(analysis, track, scene, sigma_rad)
    description = f"{motion.name}, placed by the strongest track of the capture"
    return _simulation_of(analysis, (scene,), description, sigma_rad)


def simulate_tracks(
    analysis: CaptureAnalysis,
    body: BodyModel,
    radar_pose: RadarPose,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """Simulate a capture with a synthetic motion on each track and the gait that matches best.

    Args:
        analysis: analysis of the capture, with at least one track.
        body: the free body model.
        radar_pose: height and tilt of the radar.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation whose gait gives the highest mean similarity with the capture.
    """
    tracks = analysis.tracks[:MAX_SUBJECTS]
    gaits = GAITS if any(is_walking(track) for track in tracks) else ("standing",)
    candidates = []
    for gait in gaits:
        scenes = [_scene_on(analysis, track, gait, body, radar_pose) for track in tracks]
        if len(scenes) == 1:
            scenes = [_aligned_with_track(analysis, tracks[0], scenes[0], sigma_rad)]
        path = "track" if len(scenes) == 1 else "tracks"
        description = f"{len(scenes)} x bundled body, {gait} along the {path} of the capture"
        candidates.append(_simulation_of(analysis, scenes, description, sigma_rad))
    return max(candidates, key=lambda one: mean_similarity(one.comparison.similarities))


def _scene_on(analysis, track: Track, gait: str, body, radar_pose: RadarPose) -> Scene:
    breathing = analysis.breathing if track.kind == STATIONARY else None
    recording = analysis.recording
    duration_s = recording.num_frames * recording.radar.frame.period_s + 0.1
    subject = Subject(motion_along_track(track, duration_s, gait, breathing), body)
    placement = current_placement(subject.fitted.motion)
    return Scene([replace(subject, placement=placement)], radar_pose)


def _aligned_with_track(
    analysis: CaptureAnalysis, track: Track, scene: Scene, sigma_rad: float
) -> Scene:
    """Shift the scene by the offset between the capture's track and the simulated track.

    The radar measures the surface of the body, not the pelvis; the distance from the pelvis to the
    surface depends on pose and heading.
    """
    num_frames = num_frames_to_simulate(analysis.recording, scene.duration_s)
    # Large frames may reach the limit of memory before they fill a burst, which the tracks need.
    num_frames = max(analysis.frames_per_burst, num_frames)
    echo_v = simulate_echo(analysis.recording.radar, scene, num_frames, sigma_rad)
    simulated = add_clutter_and_noise(analysis.recording, analysis.stats, echo_v, 0.0)
    offset = track_offset([track], tracks_as_in(analysis, simulated))
    if offset is None:
        return scene
    if abs(offset.range_m) < CLOSE_M and abs(offset.azimuth_rad) < CLOSE_RAD:
        return scene
    return shift_subject(scene, offset)


def _simulation_of(
    analysis: CaptureAnalysis, scenes: Sequence[Scene], description: str, sigma_rad: float
) -> CaptureSimulation:
    """Simulate scenes, match the level in two iterations, and compare with the capture."""
    frames = [num_frames_to_simulate(analysis.recording, scene.duration_s) for scene in scenes]
    part = first_frames(analysis, min(frames))
    echo_v = sum(simulate_echo(part.radar, scene, part.num_frames, sigma_rad) for scene in scenes)
    real = heatmaps_as_in(analysis, part)
    bias_db = 0.0
    for _ in range(LEVEL_ITERATIONS):
        simulated = add_clutter_and_noise(part, analysis.stats, echo_v, bias_db)
        maps = heatmaps_as_in(analysis, simulated)
        more_db = level_bias_db(real["time_range"], maps["time_range"])
        if not np.isfinite(more_db):
            break
        bias_db += more_db
    simulated = add_clutter_and_noise(part, analysis.stats, echo_v, bias_db)
    return CaptureSimulation(
        scenes=tuple(scenes),
        comparison=compare_with_simulation(analysis, real, simulated, bias_db),
        recording=simulated,
        num_frames=part.num_frames,
        description=description,
    )
