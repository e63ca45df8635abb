"""Invalid arguments of simulations and heatmaps are rejected before compilation.

Each error names the argument and states what was found and what is needed.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import radarsim as rs
from radarsim.cube_checks import checked_cube
from radarsim.errors import InputError
from radarsim.scene.scene import pose
from tests.helpers.sample_calls import (
    CODES,
    CUBE_V,
    FACES,
    FAST,
    KEY,
    KEYS,
    LOBES,
    MAPS,
    MESH_M,
    NAN,
    POINTS_M,
    RADAR,
    RCS_M2,
    SCENE,
    SHORT,
    WALKER,
    check_four_parts,
    maps,
    mesh,
    points,
    scene,
    with_nan,
)

pytestmark = pytest.mark.usefixtures("without_annotation_checks")


class WithoutLevel:
    """A reflection model that lacks the member `reflectivity_at`."""

    lobe_rad = 0.5

    def scatterers(self, vertices_m, faces, picked=None): ...

    def log_weight(self, radar, scatterers, tx_m, rx_m): ...


NAN_CUBE_V = jnp.asarray(with_nan(CUBE_V))

MAPS_OF_ONE = maps()
TWO = jnp.zeros((2, 5, 32))

# Each entry is an invalid call, and a pattern that its error message must match.
WRONG = {
    # joints
    "joints of a board's name": (
        lambda: rs.joint_tracks("AWR1843BOOST", SCENE),
        "joint_tracks: radar: is .*load_radar",
    ),
    "joints of a subject": (lambda: rs.joint_tracks(RADAR, WALKER), "scene: is .*Scene.*subject"),
    # heatmaps
    "two of three tx": (lambda: maps(CUBE_V[:, :, :2]), "cube_v: has 2 along 'tx'.*not 3"),
    "two of four rx": (lambda: maps(CUBE_V[:, :, :, :2]), "cube_v: has 2 along 'rx'.*not 4"),
    "half the samples": (lambda: maps(CUBE_V[..., :16]), "has 16 along 'sample'.*not 32"),
    "half the loops": (lambda: maps(CUBE_V[:, :8]), "has 8 along 'chirp'.*not 16"),
    "one frame without axis": (lambda: maps(CUBE_V[0]), "shape .16, 3, 4, 32.*frame, chirp, tx"),
    "a batch of cubes": (lambda: maps(CUBE_V[None]), "shape .1, 4, 16.*axes must be"),
    "tx and rx swapped": (lambda: maps(CUBE_V.swapaxes(2, 3)), "has 4 along 'tx'.*not 3"),
    "real cube": (lambda: maps(CUBE_V.real), "type float32.*not complex numbers"),
    "integer codes": (lambda: maps(CODES), "type int16.*not complex numbers.*from_codes"),
    "complex codes": (
        lambda: maps(CODES[..., 0] + 1j * CODES[..., 1]),
        "whole numbers up to 90: ADC codes.*adc_step_v",
    ),
    "objects": (lambda: maps(CUBE_V.astype(object)), "type object.*not complex numbers"),
    "NaN in a cube": (lambda: maps(with_nan(CUBE_V)), "NaN or infinite in 1 of.*frame 0.*sample 7"),
    "NaN in a cube of JAX": (lambda: maps(NAN_CUBE_V), "NaN or infinite in 1"),
    "no frames": (lambda: maps(CUBE_V[:0]), "has 0 along 'frame'.*1 or more"),
    "one frame": (lambda: maps(CUBE_V[:1]), "16 loops.*needs 32.*longer clip"),
    "no cube": (lambda: maps(None), "cube_v: is None"),
    "settings of the simulation": (
        lambda: maps(settings=FAST),
        "settings: is a SimulationSettings, not a HeatmapSettings",
    ),
    "cube before radar": (lambda: maps(RADAR, MAPS, CUBE_V), "radar: is an array.*not a Radar"),
    "name of a radar": (lambda: maps(radar="AWR1843BOOST"), "radar: is 'AWR1843BOOST'.*load_radar"),
    "figure of two clips": (lambda: replace(MAPS_OF_ONE, time_range=TWO).plot(), "several clips"),
    # simulate_points
    "two coordinates": (lambda: points(POINTS_M[..., :2]), "has 2 along 'coordinate'.*not 3"),
    "points without frames": (lambda: points(POINTS_M[0]), "positions_m: has shape .5, 2, 3"),
    "empty frames": (lambda: points(POINTS_M[:0]), "has 0 along 'frame'"),
    "no points": (lambda: points(POINTS_M[:, :, :0], RCS_M2[:0]), "has 0 along 'point'"),
    "three cross-sections": (lambda: points(rcs_m2=np.ones(3)), "rcs_m2: has 3 along.*not 2"),
    "one cross-section": (lambda: points(rcs_m2=np.ones(1)), "rcs_m2: has 1 along.*not 2"),
    "scalar cross-section": (lambda: points(rcs_m2=1.0), r"rcs_m2: has shape \(\)"),
    "dBsm": (lambda: points(rcs_m2=[1.0, -10.0]), "is -10 m.2 at point 1.*not dBsm"),
    "NaN cross-section": (lambda: points(rcs_m2=with_nan(np.ones(8))[6:]), "rcs_m2: is NaN"),
    "words": (lambda: points(rcs_m2=["a", "b"]), "rcs_m2: is a list of length 2.*real numbers"),
    "uneven rows": (lambda: points([[1.0], [1.0, 2.0]]), "positions_m: .*rows differ in length"),
    "NaN position": (lambda: points(with_nan(POINTS_M)), "positions_m: is NaN.*node 1.*point 0"),
    "infinite": (lambda: points(POINTS_M + np.inf), "infinite in 120 of 120 values"),
    "complex": (lambda: points(POINTS_M + 0j), "positions_m: .*complex128.*not real"),
    "one node": (lambda: points(POINTS_M[:, :1]), "has 1 nodes.*2 to 12.*burst_times_s"),
    "every chirp": (lambda: points(np.repeat(POINTS_M, 4, 1)), "has 20 nodes.*not at every chirp"),
    "seed": (lambda: points(key=0), r"key: is 0, not a random key.*jax.random.key\(0\)"),
    "no key": (lambda: points(key=None), "key: is None"),
    "three keys": (lambda: points(key=KEYS), r"key: holds keys of shape \(3,\)"),
    "array for a key": (lambda: points(key=np.zeros(2)), "key: is an array of type float64"),
    "reflection for settings": (lambda: points(settings=LOBES), "settings: is a QuasiSpecular"),
    "key and settings swapped": (lambda: points(key=FAST, settings=KEY), "settings: is an array"),
    # simulate_mesh
    "mesh without frames": (lambda: mesh(MESH_M[0]), "vertices_m: has shape .5, 42, 3"),
    "flat mesh": (lambda: mesh(MESH_M[..., :2]), "has 2 along 'coordinate'.*not 3"),
    "NaN vertex": (lambda: mesh(with_nan(MESH_M)), "vertices_m: is NaN.*vertex 2, coordinate 1"),
    "faces from one": (
        lambda: mesh(faces=FACES + 1),
        "names vertex 42.*has 42.*faces - 1",
    ),
    "negative faces": (lambda: mesh(faces=FACES - 1), "faces: names vertex -1"),
    "quadrilaterals": (lambda: mesh(faces=np.zeros((5, 4), int)), "quadrilaterals.*two triangles"),
    "edges": (lambda: mesh(faces=FACES[:, :2]), "faces: has 2 along 'corner'.*not 3"),
    "list of indices": (lambda: mesh(faces=FACES.ravel()), r"faces: has shape \(240,\)"),
    "no faces": (lambda: mesh(faces=FACES[:0]), "faces: has 0 along 'face'"),
    "fractions for faces": (lambda: mesh(faces=FACES + 0.5), "faces: holds numbers.*not whole"),
    "mesh swapped": (lambda: mesh(FACES, MESH_M), "vertices_m: has shape .80, 3"),
    "origin of three frames": (
        lambda: mesh(origin_m=np.zeros((3, 5, 3))),
        r"origin_m: has shape \(3, 5, 3\).*need \(4, 5, 3\)",
    ),
    "flat origin": (lambda: mesh(origin_m=np.zeros((4, 5, 2))), "origin_m: has shape .4, 5, 2"),
    "NaN origin": (lambda: mesh(origin_m=np.full((4, 5, 3), NAN)), "origin_m: is NaN"),
    "NaN noise": (lambda: mesh(extra_noise_db=NAN), "extra_noise_db: is nan dB"),
    "text noise": (lambda: mesh(extra_noise_db="3"), "extra_noise_db: is '3', not a number"),
    "list of noise": (lambda: mesh(extra_noise_db=np.ones(4)), r"shape \(4,\), not one number"),
    "settings for reflection": (
        lambda: mesh(reflection=FAST),
        "reflection: is a SimulationSettings, not a reflection model.*settings=",
    ),
    "name of a model": (lambda: mesh(reflection="skin"), "reflection: is 'skin'"),
    "class of a model": (
        lambda: mesh(reflection=rs.QuasiSpecular),
        "reflection: is the class QuasiSpecular",
    ),
    "model without a level": (
        lambda: scene(reflection=WithoutLevel()),
        "is a WithoutLevel, which lacks reflectivity_at.*has the members lobe_rad, ",
    ),
    "no lobe": (lambda: mesh(reflection=rs.QuasiSpecular(0.0)), "sigma_rad: is 0 rad; must exceed"),
    "NaN level": (lambda: mesh(reflection=rs.QuasiSpecular(0.5, NAN)), "reflectivity: is nan"),
    # simulate and stream
    "list for a scene": (lambda: scene([WALKER]), "scene: is a list.*not a Scene"),
    "subject for a scene": (lambda: scene(WALKER), "scene: is a Subject, not a Scene"),
    "scene before radar": (lambda: rs.simulate(SCENE, RADAR, KEY), "radar: is a Scene"),
    "key forgotten": (lambda: scene(key=LOBES), "key: is a QuasiSpecular, not a random key"),
    "maps settings": (lambda: scene(settings=MAPS), "settings: is a HeatmapSettings"),
    "no frames wanted": (lambda: scene(num_frames=0), "num_frames: is 0; must be at least 1"),
    "negative frames": (lambda: scene(num_frames=-1), "num_frames: is -1"),
    "half a frame": (lambda: scene(num_frames=2.5), "num_frames: is 2.5, not a whole number"),
    "negative start": (lambda: scene(first_frame=-1), "first_frame: is -1; must be at least 0"),
    "half a start": (lambda: scene(first_frame=0.5), "first_frame: is 0.5, not a whole number"),
    "beyond the motion": (
        lambda: scene(num_frames=14),
        "frames 0 to 13; motion 'motion' lasts 1.300 s.*holds 13 complete frames",
    ),
    "last frame beyond": (lambda: scene(num_frames=2, first_frame=12), "frames 12 to 13"),
    "start beyond": (lambda: scene(first_frame=13), "from frame 13 on.*13 complete frames"),
    "motion of less than a burst": (lambda: scene(SHORT), "less than the burst of one frame"),
    "stream of a subject": (lambda: rs.stream(RADAR, WALKER, KEY), "stream: scene: is a Subject"),
    "stream in no frames": (
        lambda: rs.stream(RADAR, SCENE, KEY, frames_per_chunk=0),
        "frames_per_chunk: is 0",
    ),
    "stream of a short motion": (lambda: rs.stream(RADAR, SHORT, KEY), "less than the burst"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_refused_before_anything_is_compiled(name, compilations):
    call, words = WRONG[name]
    before = len(compilations)
    with pytest.raises(InputError, match=words) as refusal:
        call()
    assert compilations[before:] == []
    check_four_parts(refusal.value)


def test_cubes_of_any_other_shape_are_refused():
    """A cube with resized, swapped, added or missing axes is rejected unless the shape fits."""
    rng, refused = np.random.default_rng(1), 0
    for _ in range(300):
        shape = list(CUBE_V.shape)
        axis, length = int(rng.integers(5)), int(rng.integers(0, 40))
        cut, without = (
            [*shape[:axis], length, *shape[axis + 1 :]],
            [*shape[:axis], *shape[axis + 1 :]],
        )
        changed = (cut, without, [*shape[:axis], 1, *shape[axis:]], rng.permutation(shape).tolist())
        shape = changed[int(rng.integers(4))]
        cube_v = np.zeros(shape, np.complex64)
        if len(shape) == 5 and shape[0] and tuple(shape[1:]) == CUBE_V.shape[1:]:
            assert checked_cube("test", RADAR, cube_v) is cube_v
            continue
        with pytest.raises(InputError, match="cube_v: has"):
            checked_cube("test", RADAR, cube_v)
        refused += 1
    assert refused > 200


def test_one_value_that_is_not_finite_is_found_anywhere():
    rng = np.random.default_rng(2)
    for value in (np.nan, np.inf, -np.inf, 1j * np.inf, complex(np.inf, -np.inf)):
        cube_v = CUBE_V.copy()
        place = tuple(int(rng.integers(length)) for length in cube_v.shape)
        cube_v[place] = value
        with pytest.raises(
            InputError, match="frame {}, chirp {}, tx {}, rx {}, s.* {}".format(*place)
        ):
            maps(cube_v)


def test_large_finite_values_are_accepted():
    """Large finite values are valid, although their sum overflows to infinity in float32."""
    cube_v = np.full(CUBE_V.shape, 3e38 + 0.5j, np.complex64)
    assert checked_cube("test", RADAR, cube_v) is cube_v


def test_zeros_and_quiet_cubes_are_no_codes():
    for cube_v in (CUBE_V, CUBE_V + 1, CUBE_V + 1e-3):
        assert checked_cube("test", RADAR, cube_v) is cube_v


def scene_at(distance_m):
    return scene(rs.Scene([replace(WALKER, placement=rs.Placement(distance_m=distance_m))]))


TRACED = {
    "reflection": (lambda width: scene(reflection=rs.QuasiSpecular(width)), 0.5),
    "scene": (scene_at, 3.0),
    "vertices_m": (mesh, MESH_M),
    "positions_m": (points, POINTS_M),
    "rcs_m2": (lambda rcs_m2: points(rcs_m2=rcs_m2), RCS_M2),
}


@pytest.mark.parametrize("field", TRACED)
def test_a_traced_argument_is_refused_with_the_function_that_has_derivatives(field):
    """`jax.grad` of a simulation fails with a message about the argument, not about JAX's types."""
    simulation, value = TRACED[field]
    with pytest.raises(InputError, match=f"{field}: is traced by JAX.*differentiate clip_echo"):
        jax.eval_shape(simulation, value)


POSED = {
    "joint_tracks": lambda scene: rs.joint_tracks(RADAR, scene, 1),
    "pose_clip": lambda scene: rs.pose_clip(RADAR, scene, KEY, num_frames=1),
    "pose": lambda scene: pose(scene, rs.burst_times_s(RADAR, 1)),
}


@pytest.mark.parametrize("name", POSED)
@pytest.mark.parametrize("part", ["distance_m", "height_m"])
def test_functions_that_pose_a_scene_refuse_traced_places(name, part):
    """The error names the function to differentiate instead of a type of JAX."""

    def posed(value):
        if part == "height_m":
            return POSED[name](rs.Scene([WALKER], rs.RadarPose(height_m=value)))
        walker = replace(WALKER, placement=rs.Placement(distance_m=value))
        return POSED[name](rs.Scene([walker]))

    message = f"{name}: scene: is traced by JAX.*differentiate clip_echo"
    with pytest.raises(InputError, match=message):
        jax.eval_shape(posed, 3.0)
