"""From a capture's tracks to the simulation that fits it best: who moves, where, how strongly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radarsim.captures.recording import Recording
from radarsim.scene.body import BodyModel
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement
from radarsim.simulate import DEFAULT_SIGMA_RAD
from radarsim.validation import compare
from radarsim.validation.analysis import (
    Compared,
    Looked,
    compare_with,
    first_stretch,
    maps_of,
    tracks_of,
)
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
class Rehearsed:
    """A simulation of a capture.

    Attributes:
        actors: who moves.
        compared: the figures.
        recording: the simulated recording.
        num_frames: of the capture that were simulated, from its first.
        words: what was simulated, for a person.
    """

    actors: tuple[Actor, ...]
    compared: Compared
    recording: Recording
    num_frames: int
    words: str


def rehearse_motion(
    looked: Looked,
    motion: Motion,
    body: BodyModel,
    view: Placement,
    told: Placement | None = None,
    sigma_rad: float = DEFAULT_SIGMA_RAD,
) -> Rehearsed:
    """A given motion before the capture's radar.

    Args:
        looked: the capture.
        motion: as read; it begins with the capture's first frame.
        body: who moves.
        view: height and tilt of the radar.
        told: where it starts; None: the capture's first track tells.
        sigma_rad: lobe width [rad].
    """
    if told is not None:
        actor = make_actor(motion, body, told)
        words = f"{motion.name}, placed as told"
    else:
        actor = make_actor(motion, body, view)
        placement = placed_by_track(actor.fitted.motion, looked.tracks[0], view)
        actor = _settled(
            looked, Actor(body=body, fitted=actor.fitted, placement=placement), sigma_rad
        )
        words = f"{motion.name}, placed by the capture's track"
    return _rehearsed(looked, (actor,), words, sigma_rad)


def rehearse_stand_ins(
    looked: Looked, body: BodyModel, view: Placement, sigma_rad: float = DEFAULT_SIGMA_RAD
) -> Rehearsed:
    """The built-in body on the capture's tracks, in the gait that fits best.

    Args:
        looked: the capture; it must have a track.
        body: the free body.
        view: height and tilt of the radar.
        sigma_rad: lobe width [rad].
    """
    tracks = looked.tracks[:MAX_BODIES]
    gaits = GAITS if any(moves(track) for track in tracks) else ("standing",)
    tries = []
    for gait in gaits:
        actors = tuple(_actor_on(looked, track, gait, body, view) for track in tracks)
        words = f"{len(actors)} x the built-in body, {gait} along the capture's tracks"
        if len(actors) == 1:
            actors = (_settled(looked, actors[0], sigma_rad),)
        tries.append(_rehearsed(looked, actors, words, sigma_rad))
    return max(tries, key=lambda one: compare.score(one.compared.alike))


def _actor_on(looked, track, gait, body, view) -> Actor:
    breathing = looked.breathing if track is looked.tracks[0] else None
    recording = looked.recording
    duration_s = recording.num_frames * recording.radar.frame.period_s + 0.1
    actor = make_actor(stand_in(track, duration_s, gait, breathing), body, view)
    return Actor(body=body, fitted=actor.fitted, placement=own_placement(actor.fitted.motion, view))


def _settled(looked: Looked, actor: Actor, sigma_rad: float) -> Actor:
    """The actor moved until the same tracker finds it where it finds the capture's target.

    What the radar sees of a body is not its pelvis; how far that is depends on pose and heading.
    """
    num_frames = fitting_frames(looked.recording, actor.fitted.motion)
    echo_v = echo_of(looked.recording.radar, actor, num_frames, sigma_rad)
    simulated = in_the_room(looked.recording, looked.stats, echo_v, 0.0)
    gap = track_gap(looked.tracks, tracks_of(looked, simulated))
    if gap is None or (abs(gap[0]) < SETTLED_M and abs(gap[1]) < np.radians(0.5)):
        return actor
    return shifted(actor, *gap)


def _rehearsed(looked: Looked, actors: Sequence[Actor], words: str, sigma_rad: float) -> Rehearsed:
    num_frames = min(fitting_frames(looked.recording, actor.fitted.motion) for actor in actors)
    part = first_stretch(looked, num_frames)
    echo_v = sum(echo_of(part.radar, actor, part.num_frames, sigma_rad) for actor in actors)
    real = maps_of(looked, part)
    bias_db = 0.0
    for _ in range(LEVEL_ROUNDS):
        simulated = in_the_room(part, looked.stats, echo_v, bias_db)
        maps = maps_of(looked, simulated)
        more_db = compare.level_bias_db(real["time_range"], maps["time_range"])
        if not np.isfinite(more_db):
            break
        bias_db += more_db
    simulated = in_the_room(part, looked.stats, echo_v, bias_db)
    return Rehearsed(
        actors=tuple(actors),
        compared=compare_with(looked, real, simulated, bias_db),
        recording=simulated,
        num_frames=part.num_frames,
        words=words,
    )
