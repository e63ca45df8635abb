"""From a capture's tracks to the simulation that fits it best: who moves, where, how strongly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radarsim.captures.recording import Recording
from radarsim.scene.body import BodyModel
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement
from radarsim.simulate import DEFAULT_SIGMA_RAD
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
    Actor,
    echo_of,
    fitting_frames,
    in_the_room,
    make_actor,
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
        actors: who moves.
        comparison: the figures.
        recording: the simulated recording.
        num_frames: of the capture that were simulated, from its first.
        description: what was simulated, for a person.
    """

    actors: tuple[Actor, ...]
    comparison: Comparison
    recording: Recording
    num_frames: int
    description: str


def simulate_placed_motion(
    analysis: CaptureAnalysis,
    motion: Motion,
    body: BodyModel,
    placement: Placement,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> CaptureSimulation:
    """Simulate a capture with a given motion at a given place.

    Args:
        analysis: analysis of the capture.
        motion: motion from its file; its first pose is at the first frame of the capture.
        body: body model.
        placement: placement of the first pose, and height and tilt of the radar.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        The simulation and its comparison with the capture.
    """
    actor = make_actor(motion, body, placement)
    description = f"{motion.name}, placed by the command line options"
    return _simulated_capture(analysis, (actor,), description, sigma_rad)


def simulate_motion_on_track(
    analysis: CaptureAnalysis,
    motion: Motion,
    body: BodyModel,
    radar_pose: Placement,
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
    actor = make_actor(motion, body, radar_pose)
    placement = placed_by_track(actor.fitted.motion, analysis.tracks[0], radar_pose)
    actor = _settled(
        analysis, Actor(body=body, fitted=actor.fitted, placement=placement), sigma_rad
    )
    description = f"{motion.name}, placed by the strongest track of the capture"
    return _simulated_capture(analysis, (actor,), description, sigma_rad)


def simulate_tracks(
    analysis: CaptureAnalysis,
    body: BodyModel,
    view: Placement,
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
        actors = tuple(_actor_on(analysis, track, gait, body, view) for track in tracks)
        description = f"{len(actors)} x the built-in body, {gait} along the capture's tracks"
        if len(actors) == 1:
            actors = (_settled(analysis, actors[0], sigma_rad),)
        tries.append(_simulated_capture(analysis, actors, description, sigma_rad))
    return max(tries, key=lambda one: mean_similarity(one.comparison.similarities))


def _actor_on(analysis, track, gait, body, view) -> Actor:
    breathing = analysis.breathing if track is analysis.tracks[0] else None
    recording = analysis.recording
    duration_s = recording.num_frames * recording.radar.frame.period_s + 0.1
    actor = make_actor(stand_in(track, duration_s, gait, breathing), body, view)
    return Actor(body=body, fitted=actor.fitted, placement=own_placement(actor.fitted.motion, view))


def _settled(analysis: CaptureAnalysis, actor: Actor, sigma_rad: float) -> Actor:
    """The actor moved until the same tracker finds it where it finds the capture's target.

    What the radar sees of a body is not its pelvis; how far that is depends on pose and heading.
    """
    num_frames = fitting_frames(analysis.recording, actor.fitted.motion)
    echo_v = echo_of(analysis.recording.radar, actor, num_frames, sigma_rad)
    simulated = in_the_room(analysis.recording, analysis.stats, echo_v, 0.0)
    gap = track_gap(analysis.tracks, tracks_as_in(analysis, simulated))
    if gap is None or (abs(gap[0]) < SETTLED_M and abs(gap[1]) < np.radians(0.5)):
        return actor
    return shifted(actor, *gap)


def _simulated_capture(
    analysis: CaptureAnalysis, actors: Sequence[Actor], description: str, sigma_rad: float
) -> CaptureSimulation:
    num_frames = min(fitting_frames(analysis.recording, actor.fitted.motion) for actor in actors)
    part = first_frames(analysis, num_frames)
    echo_v = sum(echo_of(part.radar, actor, part.num_frames, sigma_rad) for actor in actors)
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
        actors=tuple(actors),
        comparison=compare_with_simulation(analysis, real, simulated, bias_db),
        recording=simulated,
        num_frames=part.num_frames,
        description=description,
    )
