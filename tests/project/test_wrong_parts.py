"""Errors for invalid arguments of subjects, scenes, batches, settings and files name the argument.

Each error is raised before any compilation, and states what was found and what is needed.
"""

from dataclasses import replace

import numpy as np
import pytest

import radarsim as rs
from radarsim.errors import InputError
from radarsim.files import find_motions, read_arrays, read_mesh_sequence
from radarsim.posed_clip import pose_clip, stack_clips
from radarsim.radar.receiver_toml import parse_profile
from tests.helpers.sample_calls import (
    BODY,
    CODES,
    CUBE_V,
    FACES,
    FAST,
    FITTED,
    KEY,
    LOBES,
    MAPS,
    MESH_M,
    MOTION,
    NAN,
    OTHER_BODY,
    RADAR,
    SCENE,
    SHORT,
    SPHERE,
    UPRIGHT,
    WALKER,
    capture,
    check_four_parts,
    placed,
    standing,
    subject,
    with_nan,
    written,
)

pytestmark = pytest.mark.usefixtures("without_annotation_checks")

ROOMY = replace(SCENE, room=rs.Room())

# Each entry is an invalid call, and a pattern that its error message must match.
WRONG = {
    # subjects and scenes
    "one subject": (lambda: rs.Scene(WALKER), r"subjects: is a Subject.*Scene\(\[subject\]\)"),
    "motion in a scene": (lambda: rs.Scene([MOTION]), "subjects: is a Motion, not a Subject"),
    "placement for a pose": (lambda: rs.Scene([WALKER], rs.Placement()), "radar_pose: is a Placem"),
    "NaN height": (lambda: rs.Scene([WALKER], rs.RadarPose(height_m=NAN)), "height_m: is nan m"),
    "text tilt": (lambda: rs.Scene([WALKER], rs.RadarPose(tilt_rad="0")), "tilt_rad: is '0'"),
    "body before motion": (lambda: rs.Subject(BODY, MOTION), "body: is a Motion"),
    "path of a motion": (
        lambda: rs.Subject("walk.bvh", BODY),
        "fitted: is 'walk.bvh'.*read_mot",
    ),
    "path of a body": (lambda: rs.Subject(MOTION, "models"), "body: is 'models'.*load_body"),
    "pose for a placement": (
        lambda: rs.Subject(MOTION, BODY, rs.RadarPose()),
        "placement: is a RadarPose, not a Placement or None",
    ),
    "number for a placement": (lambda: rs.Subject(MOTION, BODY, 3.0), "placement: is 3.0"),
    "NaN distance": (lambda: placed(distance_m=NAN), "distance_m: is nan m"),
    "infinite heading": (lambda: placed(heading_rad=np.inf), "heading_rad: is inf rad"),
    "text for a distance": (lambda: placed(distance_m="3"), "distance_m: is '3'"),
    "many distances": (
        lambda: placed(lateral_m=np.ones(3)),
        r"lateral_m: .*\(3,\), not one",
    ),
    "another layout": (lambda: subject(layout="smplh"), r"smplh needs \[pose, 52, 3\]"),
    "unknown layout": (lambda: subject(layout="SMPL"), "layout: is 'SMPL'.*smpl, smplh, smplx"),
    "unknown betas": (lambda: subject(shape_space="smplh"), "shape_space: is 'smplh'"),
    "NaN pose": (lambda: subject(poses_rad=with_nan(UPRIGHT)), "poses: NaN or infinite at pose 0"),
    "flat poses": (lambda: subject(poses_rad=UPRIGHT.reshape(40, 72)), "poses: shape .40, 72"),
    "few translations": (lambda: subject(transl_m=MOTION.transl_m[:9]), "40 poses need"),
    "standing clock": (lambda: subject(rate_hz=0), "rate: is 0 Hz; must exceed"),
    "backward clock": (lambda: subject(rate_hz=-30.0), "rate: is -30 Hz"),
    "betas per pose": (lambda: subject(betas=np.zeros((40, 10))), "betas: shape .40, 10"),
    "degrees": (lambda: subject(poses_rad=UPRIGHT * 57.3), "poses: 90.01 rad at pose 0.*degrees"),
    "fitted to another body": (
        lambda: rs.Subject(FITTED, OTHER_BODY),
        "fitted to another body: its pelvis is .* cm from",
    ),
    # batches
    "body without tuple": (lambda: rs.BatchSimulator(RADAR, BODY), "bodies: is a BodyModel"),
    "settings swapped": (
        lambda: rs.BatchSimulator(RADAR, (BODY,), MAPS, FAST),
        "settings: is a HeatmapSettings",
    ),
    "simulation settings for maps": (
        lambda: rs.BatchSimulator(RADAR, (BODY,), FAST, FAST),
        "map_settings: is a SimulationSettings, not a HeatmapSettings or None",
    ),
    "cubes for clips": (lambda: rs.BatchSimulator(RADAR, (BODY,), FAST)(CUBE_V), "not a PosedClip"),
    "clips of cubes": (lambda: stack_clips([CUBE_V]), "clips: is an array"),
    "no clips": (lambda: stack_clips([]), "clips: holds no clip"),
    "clip beyond the motion": (
        lambda: pose_clip(RADAR, SCENE, KEY, LOBES, FAST, num_frames=99),
        "frames 0 to 98.*13 complete frames",
    ),
    "room for a batch": (
        lambda: pose_clip(RADAR, ROOMY, KEY, LOBES, FAST, num_frames=1),
        "scene.room: is a room, which BatchSimulator cannot simulate.*rs.simulate",
    ),
    # room reports
    "name for a radar": (
        lambda: rs.room_report("AWR1843BOOST", SCENE),
        "room_report: radar: is 'A",
    ),
    "list for a scene": (lambda: rs.room_report(RADAR, [WALKER]), "scene: is a list.*not a Scene"),
    "report of free space": (lambda: rs.room_report(RADAR, SCENE), r"room: is None.*room=Room\("),
    "report by a name": (lambda: rs.room_report(RADAR, ROOMY, "body"), "reflection: is 'body'"),
    "report by a method": (
        lambda: rs.room_report(RADAR, ROOMY, LOBES, "fast"),
        "settings: is 'fast'.*settings=SimulationSettings",
    ),
    "report of a short motion": (
        lambda: rs.room_report(RADAR, replace(SHORT, room=rs.Room())),
        "less than the burst",
    ),
    # times and levels
    "frames in reverse": (lambda: rs.burst_times_s(RADAR, -1), "num_frames: is -1"),
    "no nodes": (lambda: rs.burst_times_s(RADAR, 1, 0), "num_nodes: is 0"),
    "times of a name": (lambda: rs.burst_times_s("x", 1), "radar: is 'x'"),
    "level of a negative lobe": (lambda: standing(sigma_rad=-1.0), "sigma_rad: is -1 rad"),
    "level of many bodies": (lambda: standing(MESH_M[0]), "standing_m: has shape .5, 42, 3"),
    "level of missing vertices": (lambda: standing(faces=FACES + 9), "faces: names vertex"),
    "level of NaN": (lambda: standing(with_nan(SPHERE.vertices)), "standing_m: is NaN"),
    # settings and radars
    "unknown method": (lambda: rs.SimulationSettings(method="FAST"), "method: is 'FAST'.*accurate"),
    "fractional nodes": (lambda: rs.SimulationSettings(num_nodes=2.5), "num_nodes: is 2.5"),
    "text for a switch": (lambda: rs.SimulationSettings(quantise="no"), "quantise: is 'no'.*False"),
    "NaN error": (lambda: rs.SimulationSettings(error_db=NAN), "error_db: is nan dB"),
    "strong cull": (lambda: rs.SimulationSettings(cull=1.5), r"cull: is 1.5.*\[0, 1\)"),
    "no step": (lambda: rs.HeatmapSettings(step_chirps=0), "step_chirps: is 0"),
    "negative window": (
        lambda: rs.HeatmapSettings(window_chirps=-256, step_chirps=-16),
        "window_chirps: is -256",
    ),
    "one angle": (lambda: rs.HeatmapSettings(num_angle_bins=1), "num_angle_bins: is 1"),
    "chirp for a frame": (lambda: replace(RADAR, frame=RADAR.chirp), "frame: is a Chirp"),
    "number for an order": (lambda: replace(RADAR.frame, tx_order=3), "tx_order: is 3"),
    "flat positions": (
        lambda: replace(RADAR.array, rx_positions_m=(0, 0, 0)),
        "holds 0, not",
    ),
    "no positions": (lambda: replace(RADAR.array, tx_positions_m=None), "tx_positions_m: is None"),
    "number for a cut": (
        lambda: parse_profile("[tx_pattern]\nazimuth_cut = 5", "file"),
        "tx_pattern.azimuth_cut: is 5, not a tuple or list.*pairs",
    ),
    "one range of leakage": (
        lambda: parse_profile("[leakage]\nrange_m = 3", "file"),
        "leakage.range_m: is 3, not a tuple or list",
    ),
    "number for a name": (lambda: parse_profile("name = 3", "file"), "file: name: is 3, not a str"),
    "missing transmitter": (lambda: RADAR.array.with_tx((5,)), "hold 5; there are 3"),
    "missing receiver": (lambda: RADAR.array.with_rx((0, 4)), "hold 4; there are 4"),
    # files
    "no radar": (lambda: rs.load_radar(None), "radar: is None, not a path"),
    "radar of a radar": (lambda: rs.load_radar(RADAR), "radar: is a Radar, not a path"),
    "no motion": (lambda: rs.read_motion(None), "path: is None, not a path"),
    "bytes for a motion": (lambda: rs.read_motion(b"walk.bvh"), "path: is b'walk.bvh', not a path"),
    "number of a folder": (lambda: find_motions(3), "path: is 3, not a path"),
    "arrays of nothing": (lambda: read_arrays(None, ("poses",)), "path: is None"),
    "meshes of nothing": (lambda: read_mesh_sequence(None), "path: is None"),
    "no models": (lambda: rs.load_body(None), "path: is None"),
    "unknown models": (lambda: rs.load_body("models", layout="flame"), "layout: is 'flame'.*smplx"),
    "number for a gender": (lambda: rs.load_body("models", gender=1), "gender: is 1, not a str"),
    "radar before capture": (lambda: rs.open_capture(RADAR, "walk.bin"), "path: is a Radar"),
    "number for a radar": (lambda: rs.open_capture("walk.bin", 3), "radar: is 3, not a path"),
    "unknown order": (lambda: capture(iq_order="iq"), "iq_order: is 'iq'.*auto, i_first, q_first"),
    "name of a format": (lambda: capture(capture_format="x"), "capture_format: is 'x'"),
    "cube before path": (lambda: rs.write_capture(CUBE_V, "x.bin", RADAR), "path: is an array"),
    "radar before cube": (lambda: written(RADAR, CUBE_V), "radar: is an array.*path, cube and"),
    "volts": (lambda: written(CUBE_V + 0.01), "values up to 0.01: volts.*adc_step_v"),
    "NaN codes": (lambda: written(with_nan(CUBE_V)), "cube: is NaN or infinite"),
    "no codes": (lambda: written(CUBE_V[:0]), "has 0 along 'frame'"),
    "codes of other loops": (lambda: written(CODES[:, :8]), "has 8 along 'chirp'.*not 16"),
    "codes without I and Q": (lambda: written(CODES[..., 0]), "axes must be.*sample, iq"),
    "long codes": (lambda: written(CODES.astype(int) * 1000), "int64.*not 16-bit codes"),
    "fractions of codes": (lambda: written(CODES + 0.5), "float64.*not 16-bit codes"),
    "unknown written order": (lambda: written(CODES, iq_order="qi"), "iq_order: is 'qi'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_refused_before_anything_is_compiled(name, compilations):
    call, words = WRONG[name]
    before = len(compilations)
    with pytest.raises(InputError, match=words) as refusal:
        call()
    assert compilations[before:] == []
    check_four_parts(refusal.value)


def test_stacked_clips_must_match():
    clips = [pose_clip(RADAR, SCENE, KEY, LOBES, FAST, num_frames=frames) for frames in (2, 3)]
    with pytest.raises(InputError, match="clip 1 has other shapes"):
        stack_clips(clips)
    with pytest.raises(InputError, match=r"are 32 loops, a heatmap column needs 256"):
        rs.BatchSimulator(RADAR, (BODY,), FAST)(stack_clips(clips[:1]))
    with pytest.raises(InputError, match="have 1 subjects; the simulator has 2 bodies"):
        rs.BatchSimulator(RADAR, (BODY, BODY), FAST, MAPS)(stack_clips(clips[:1]))
    with pytest.raises(InputError, match=r"axes must be .clip, frame, node, joint, coordinate"):
        rs.BatchSimulator(RADAR, (BODY,), FAST, MAPS)(clips[0])
