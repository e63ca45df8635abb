"""From a capture's tracks to the simulation that fits it best: who moves, where, how strongly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radarsim.captures.recording import Recording
from radarsim.scattering.reflection import DEFAULT_SIGMA_RAD
from radarsim.scene.body import BodyModel
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement, RadarPose
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
from radarsim.validation.simulated import (
    echo_of,
    fitting_frames,
    in_the_room,
    own_placement,
    placed_by_track,
    shifted,
    track_gap,
)
from radarsim.validation.track_walker import GAITS, moves, stand_in

MAX_BODIES = 3
SETTLED_M = 0.01
LEVEL_ROUNDS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptureSimulation:
    """A simulation of a capture.

    Attributes:
        scenes: one subject each.
        comparison: the figures.
        recording: the simulated recording.
        num_frames: of the capture that were simulated, from its first.
        description: what was simulated, for a person.
    """

    scenes: tuple[Scene, ...]
    comparison: Comparison
    recording: Recording
    num_frames: int
    description: str


def simulate_placed_motion(
    analysis: CaptureAnalysis,
    motion: Motion,
    body: BodyModel,
    placement: Placement,
    radar_pose: RadarPose,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """Simulate a capture with a given motion at a given place.

    Args:
        analysis: analysis of the capture.
        motion: motion from its file; its first pose is at the first frame of the capture.
        body: body model.
        placement: placement of the first pose.
        radar_pose: height and tilt of the radar.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation and its comparison with the capture.
    """
    scene = Scene([Subject(motion, body, placement)], radar_pose)
    description = f"{motion.name}, placed by the command line options"
    return _simulated_capture(analysis, (scene,), description, sigma_rad)


def simulate_motion_on_track(
    analysis: CaptureAnalysis,
    motion: Motion,
    body: BodyModel,
    radar_pose: RadarPose,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """Simulate a capture with a given motion, placed so that it follows the strongest track.

    Args:
        analysis: analysis of the capture; it must have a track.
        motion: motion from its file; its first pose is at the first frame of the capture.
        body: body model.
        radar_pose: height and tilt of the radar.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation and its comparison with the capture.
    """
    subject = Subject(motion, body)
    placement = placed_by_track(subject.fitted.motion, analysis.tracks[0], radar_pose)
    scene = Scene([replace(subject, placement=placement)], radar_pose)
    scene = _settled(analysis, scene, sigma_rad)
    description = f"{motion.name}, placed by the strongest track of the capture"
    return _simulated_capture(analysis, (scene,), description, sigma_rad)


def simulate_tracks(
    analysis: CaptureAnalysis,
    body: BodyModel,
    view: RadarPose,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """The built-in body on the capture's tracks, in the gait that fits best.

    Args:
        analysis: the capture; it must have a track.
        body: the free body.
        view: height and tilt of the radar.
        sigma_rad: lobe width [rad].
    """
    tracks = analysis.tracks[:MAX_BODIES]
    gaits = GAITS if any(moves(track) for track in tracks) else ("standing",)
    tries = []
    for gait in gaits:
        scenes = tuple(_scene_on(analysis, track, gait, body, view) for track in tracks)
        description = f"{len(scenes)} x the built-in body, {gait} along the capture's tracks"
        if len(scenes) == 1:
            scenes = (_settled(analysis, scenes[0], sigma_rad),)
        tries.append(_simulated_capture(analysis, scenes, description, sigma_rad))
    return max(tries, key=lambda one: mean_similarity(one.comparison.similarities))


def _scene_on(analysis, track, gait, body, view) -> Scene:
    breathing = analysis.breathing if track is analysis.tracks[0] else None
    recording = analysis.recording
    duration_s = recording.num_frames * recording.radar.frame.period_s + 0.1
    subject = Subject(stand_in(track, duration_s, gait, breathing), body)
    placement = own_placement(subject.fitted.motion)
    return Scene([replace(subject, placement=placement)], view)


def _settled(analysis: CaptureAnalysis, scene: Scene, sigma_rad: float) -> Scene:
    """The scene, its subject moved until the tracker finds it where it finds the capture's target.

    What the radar sees of a body is not its pelvis; how far that is depends on pose and heading.
    """
    num_frames = fitting_frames(analysis.recording, scene.duration_s)
    echo_v = echo_of(analysis.recording.radar, scene, num_frames, sigma_rad)
    simulated = in_the_room(analysis.recording, analysis.stats, echo_v, 0.0)
    gap = track_gap(analysis.tracks, tracks_as_in(analysis, simulated))
    if gap is None or (abs(gap[0]) < SETTLED_M and abs(gap[1]) < np.radians(0.5)):
        return scene
    return shifted(scene, *gap)


def _simulated_capture(
    analysis: CaptureAnalysis, scenes: Sequence[Scene], description: str, sigma_rad: float
) -> CaptureSimulation:
    num_frames = min(fitting_frames(analysis.recording, scene.duration_s) for scene in scenes)
    part = first_frames(analysis, num_frames)
    echo_v = sum(echo_of(part.radar, scene, part.num_frames, sigma_rad) for scene in scenes)
    real = heatmaps_as_in(analysis, part)
    bias_db = 0.0
    for _ in range(LEVEL_ROUNDS):
        simulated = in_the_room(part, analysis.stats, echo_v, bias_db)
        maps = heatmaps_as_in(analysis, simulated)
        more_db = level_bias_db(real["time_range"], maps["time_range"])
        if not np.isfinite(more_db):
            break
        bias_db += more_db
    simulated = in_the_room(part, analysis.stats, echo_v, bias_db)
    return CaptureSimulation(
        scenes=tuple(scenes),
        comparison=compare_with_simulation(analysis, real, simulated, bias_db),
        recording=simulated,
        num_frames=part.num_frames,
        description=description,
    )
