"""Visibility to the radar: plates and spheres with known results, half-spaces, and ray casting."""

import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from scipy.optimize import linprog

from radarsim.scattering import visibility
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scattering.visibility import (
    faces_radar,
    hidden_point_removal,
    interpolate_blocks,
    shadow_depth,
    unoccluded,
)
from radarsim.scene.mesh import faces_of
from tests.helpers.scenes import POSES, RADAR, person, plate, ray_visible, together

pytestmark = pytest.mark.usefixtures("fast_compilation")

needs_embree = pytest.mark.skipif(
    importlib.util.find_spec("embreex") is None,
    reason="ray casting needs embreex: pip install .[oracle]",
)
# Faces with an amplitude below this fraction of the strongest are culled before visibility tests.
CULL = 1e-4


# Compile one program per array shape instead of one per operation.
seen_in = jax.jit(unoccluded)


@jax.jit
def seen_past_all(targets_m, corners_m, active):
    """Test every target against every triangle, whereas the tested code only tests strips."""
    a, b, c = corners_m[:, 0], corners_m[:, 1], corners_m[:, 2]
    edges = jnp.stack([jnp.cross(a, b), jnp.cross(b, c), jnp.cross(c, a)])
    plane = jnp.cross(b - a, c - a)
    plane = plane / jnp.sum(plane * a, axis=-1, keepdims=True)

    def hidden(point_m):
        depth = shadow_depth(point_m[None], edges, plane)[:, 0]
        return jnp.any((depth > 0) & active)

    return ~jax.lax.map(hidden, targets_m)


@jax.jit
def scene(vertices_m, faces):
    """Return the arguments of `unoccluded` for a whole mesh: all face centres and front faces."""
    surface = faces_of(vertices_m, faces)
    return surface.centre_m, vertices_m[faces], faces_radar(surface)


def seen_faces(vertices_m, faces):
    targets_m, corners_m, front = scene(vertices_m, faces)
    return np.asarray(front & seen_in(targets_m, corners_m, front))


def strength_of(vertices_m, faces):
    """Return the amplitude of each face; zero if the face is turned away from the radar."""
    return np.asarray(_strength(vertices_m, faces))


@jax.jit
def _strength(vertices_m, faces):
    surface = faces_of(vertices_m, faces)
    log_amplitude, _ = QuasiSpecular().log_weight(RADAR, surface, jnp.zeros(3), jnp.zeros(3))
    return jnp.exp(log_amplitude) * faces_radar(surface)


# --- obvious cases -------------------------------------------------------------------------------


@pytest.mark.parametrize("distance_m", [1.0, 3.0, 6.0])
def test_a_plate_behind_a_plate_is_hidden_and_beside_it_is_seen(distance_m):
    front = plate(0.4, 6, (distance_m, 0, 0))
    # The shadow of the front plate widens with range, so it hides a plate of 0.4 m behind it.
    behind = plate(0.4, 6, (distance_m + 0.1, 0, 0))
    beside = plate(0.4, 6, (distance_m + 0.1, 0.7, 0))
    above = plate(0.4, 6, (distance_m + 0.1, 0, 0.7))
    vertices_m, faces, owner = together(front, behind, beside, above)
    seen = seen_faces(vertices_m, faces)
    # At 1 m, the rim of the rear plate is visible past the front plate, but no face centre is.
    shadow = np.abs(vertices_m[faces].mean(1)[:, 1:]).max(1) < 0.2
    assert seen[owner == 0].all()
    assert not seen[(owner == 1) & shadow].any()
    assert seen[owner == 2].all()
    assert seen[owner == 3].all()


def test_half_a_plate_behind_half_a_plate_is_hidden():
    front, behind = plate(0.4, 8, (3, 0.2, 0)), plate(0.8, 16, (3.1, 0, 0))
    vertices_m, faces, owner = together(front, behind)
    seen = seen_faces(vertices_m, faces)[owner == 1]
    # Shadow edges are at 3.1/3 of the front plate's edges; no face centre is within 1 mm of them.
    left, up = vertices_m[faces].mean(1)[owner == 1][:, 1:].T
    edge_m = 3.1 / 3 * np.array([0.0, 0.4, 0.2])
    hidden = (left > edge_m[0]) & (left < edge_m[1]) & (np.abs(up) < edge_m[2])
    np.testing.assert_array_equal(seen, ~hidden)


def test_a_triangle_does_not_hide_what_stands_before_it():
    far, near = plate(2.0, 2, (4, 0, 0)), plate(0.2, 4, (3.99, 0, 0))
    vertices_m, faces, owner = together(far, near)
    assert seen_faces(vertices_m, faces)[owner == 1].all()


def test_a_plate_seen_from_behind_does_not_face_the_radar():
    vertices_m, faces = plate(0.2, 2, (3, 0, 0))
    assert np.asarray(faces_radar(faces_of(jnp.asarray(vertices_m), faces))).all()
    assert not np.asarray(faces_radar(faces_of(jnp.asarray(vertices_m), faces[:, ::-1]))).any()


@pytest.mark.parametrize("distance_m", [1.0, 3.0, 6.0])
def test_a_sphere_shows_the_cap_before_its_horizon(distance_m):
    """Points are visible if the radar is on the outer side of their tangent plane: cos > r / R."""
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=0.3)
    vertices_m = np.asarray(sphere.vertices + np.array([distance_m, 0, 0]), np.float32)
    seen = seen_faces(vertices_m, np.asarray(sphere.faces))
    cosine = -np.asarray(sphere.face_normals)[:, 0]
    horizon = 0.3 / distance_m
    # An edge spans 0.07 rad, so faces this close to the horizon may be visible or hidden.
    assert seen[cosine > horizon + 0.07].all()
    assert not seen[cosine < horizon - 0.07].any()


# --- hidden point removal against an independent hull --------------------------------------------


def extreme_by_half_spaces(points):
    """Return the margin of the best plane between one point and all others; > 0 for hull vertices.

    max t  with  n . (p - q) >= t  for every other point q,  -1 <= n <= 1: a linear program.
    """
    slack = np.zeros(len(points))
    for i, point in enumerate(points):
        away = point - np.delete(points, i, 0)
        rows = np.concatenate([-away, np.ones((len(away), 1))], 1)
        bounds = [(-1, 1)] * 3 + [(None, 1)]
        slack[i] = -linprog([0, 0, 0, -1], rows, np.zeros(len(away)), bounds=bounds).fun
    return slack


def cloud(kind):
    rng = np.random.default_rng(4)
    if kind == "body":
        vertices_m, faces = person("arms crossing the torso", 3.0)
        return vertices_m[faces].mean(1)[rng.choice(len(faces), 150, replace=False)].astype(float)
    return rng.normal(0, 0.3, (150, 3)) + np.array([3.0, 0, 0])


@pytest.mark.parametrize("kind", ["ball", "body"])
@pytest.mark.parametrize("radius", [3.0, 100.0])
def test_hidden_point_removal_agrees_with_half_spaces(kind, radius):
    """The reference hull comes from linear programs; the reference flip is that of Katz's paper."""
    points_m = cloud(kind)
    norm = np.linalg.norm(points_m, axis=1, keepdims=True)
    flipped = points_m / norm * (2 * radius * norm.max() - norm)
    slack = extreme_by_half_spaces(np.concatenate([flipped, np.zeros((1, 3))]))[:-1]
    visible = hidden_point_removal(points_m, radius)
    # Hull algorithms differ within their tolerance: for a point 1 um outside a plane 600 m wide,
    # the result is undefined.
    clear = (slack > 1e-6) | (slack < 1e-9)
    assert clear.mean() > 0.97
    np.testing.assert_array_equal(visible[clear], slack[clear] > 1e-6)
    assert 0.1 < visible.mean() < 0.9


def test_hidden_point_removal_sees_the_near_side_of_a_sphere():
    """Points are 2 cm apart, as on a body; wider gaps are transparent with a large flip radius."""
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=0.3)
    visible = hidden_point_removal(sphere.vertices + np.array([3.0, 0, 0]))
    cosine = -np.asarray(sphere.vertices)[:, 0] / 0.3
    # The margin is two edges of 0.07 rad about the horizon, the finest resolution without faces.
    assert visible[cosine > 0.1 + 0.14].all()
    assert not visible[cosine < 0.1 - 0.14].any()


@needs_embree
@pytest.mark.parametrize("pose", ["standing", "arms crossing the torso", "sitting"])
def test_hidden_point_removal_keeps_the_energy_that_rays_reach(pose):
    """The recall and precision of bright energy exceed 99 %; 99.96 % and 100 % were measured."""
    vertices_m, faces = person(pose, 3.0)
    energy = strength_of(vertices_m, faces) ** 2
    truth = ray_visible(vertices_m, faces)
    visible = hidden_point_removal(vertices_m[faces].mean(1).astype(np.float64))
    both = energy[truth & visible].sum()
    print(f"{pose}: recall {both / energy[truth].sum():.4f}", end=" ")
    print(f"precision {both / energy[visible].sum():.4f}")
    assert both >= 0.99 * energy[truth].sum()
    assert both >= 0.99 * energy[visible].sum()


# --- occlusion against ray casting ---------------------------------------------------------------


@needs_embree
@pytest.mark.parametrize("distance_m", [1.5, 3.0, 6.0])
@pytest.mark.parametrize("pose", POSES)
def test_occlusion_agrees_with_ray_casting(pose, distance_m):
    """Occlusion and ray casting agree on at least 99 % of bright faces, by number and by energy."""
    vertices_m, faces = person(pose, distance_m)
    strength = strength_of(vertices_m, faces)
    bright = strength > CULL * strength.max()
    truth = ray_visible(vertices_m, faces)
    same = seen_faces(vertices_m, faces) == truth
    energy = strength**2 / (strength**2).sum()
    print(f"{pose}, {distance_m} m: {same[bright].mean():.4%} of {bright.sum()} faces", end=", ")
    print(f"{energy[same].sum():.4%} of energy; {truth[bright].mean():.0%} of them visible")
    assert same[bright].mean() >= 0.99
    assert energy[same].sum() >= 0.99


# --- strips --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pose", ["standing", "lying across"])
def test_strips_give_the_answer_of_every_triangle(pose):
    """Upright bodies are cut into strips of elevation, and bodies across the view by azimuth."""
    targets_m, corners_m, front = scene(*person(pose, 3.0))
    some = np.flatnonzero(front)[::7]  # testing every triangle takes 100 times as long as a strip
    strips = np.asarray(seen_in(targets_m, corners_m, front))[some]
    everything = np.asarray(seen_past_all(targets_m[some], corners_m, front))
    np.testing.assert_array_equal(strips, everything)
    assert 0.3 < everything.mean() < 1


def test_unselected_targets_change_nothing():
    targets_m, corners_m, front = scene(*person("standing", 3.0))
    everyone = np.asarray(seen_in(targets_m, corners_m, front))
    wanted = np.random.default_rng(0).random(len(targets_m)) < 0.1
    seen = np.asarray(seen_in(targets_m, corners_m, front, wanted))
    np.testing.assert_array_equal(seen, everyone & wanted)


def test_the_kernel_of_gpus_sees_what_the_loops_of_cpus_see(monkeypatch):
    """The interpreted kernel agrees for tall and wide scenes, and without selected targets."""
    rng = np.random.default_rng(0)
    extent_m = np.array([[1, 0.3, 1], [1, 1, 0.3], [1, 1, 1]])[:, None]
    targets_m = np.array([3, 0, 0]) + extent_m * rng.uniform(-1, 1, (3, 300, 3))
    centres_m = np.array([3, 0, 0]) + extent_m * rng.uniform(-1, 1, (3, 400, 3))
    corners_m = centres_m[:, :, None] + rng.normal(0, 0.1, (3, 400, 3, 3))
    active = rng.random((3, 400)) < 0.5
    wanted = rng.random((3, 300)) < [[0.9], [0.3], [0.0]]
    given = jnp.float32(targets_m), jnp.float32(corners_m), jnp.asarray(active), jnp.asarray(wanted)
    by_loops = np.stack([seen_in(*(part[index] for part in given)) for index in range(3)])
    monkeypatch.setattr(visibility, "use_kernels", lambda: True)
    by_kernel = np.asarray(jax.jit(jax.vmap(unoccluded))(*given))
    np.testing.assert_array_equal(by_kernel, by_loops)
    seen_share = by_kernel.sum(1)[:2] / wanted.sum(1)[:2]
    assert seen_share.min() > 0.1
    assert seen_share.max() < 0.9


def test_walls_beside_the_radar_are_no_exception_to_the_strips():
    """The walls have corners at x = 0, where the view coordinate y / x is undefined."""
    to_the_left = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    near, far = plate(2.0, 8, (1, 0, 0)), plate(2.0, 8, (1.5, 0, 0))
    vertices_m, faces, owner = together(near, far)
    seen = np.asarray(seen_in(*scene(vertices_m @ to_the_left.T, faces)))
    assert seen[owner == 0].all()
    assert not seen[owner == 1].any()  # all of the plate is in the shadow, which widens with range


def test_inactive_triangles_hide_nothing():
    front, behind = plate(0.4, 6, (3, 0, 0)), plate(0.2, 6, (3.1, 0, 0))
    vertices_m, faces, owner = together(front, behind)
    targets_m, corners_m, active = scene(vertices_m, faces)
    assert not np.asarray(seen_in(targets_m, corners_m, active))[owner == 1].any()
    for some in (active & (owner == 1), jnp.zeros(len(faces), bool)):
        assert np.asarray(seen_in(targets_m, corners_m, some)).all()


def test_degenerate_triangles_hide_nothing():
    corners_m = jnp.asarray([[[2.0, 0, 0]] * 3, [[2.0, -1, 0], [2.0, 0, 0], [2.0, 1, 0]]])
    targets_m = jnp.asarray([[3.0, 0, 0], [3.0, 0.1, 0.1]])
    assert np.asarray(seen_in(targets_m, corners_m, jnp.ones(2, bool))).all()


# --- fading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_blocks", [1, 2, 4, 8])
def test_a_face_seen_in_every_block_has_weight_one(num_blocks):
    weight = np.asarray(interpolate_blocks(jnp.ones((num_blocks, 3), bool), 128))
    assert weight.shape == (128, 3)
    np.testing.assert_allclose(weight, 1.0, atol=1e-6)  # float32


@pytest.mark.parametrize("num_chirps", [1, 16, 128])
def test_one_block_holds_through_the_burst(num_chirps):
    weight = np.asarray(interpolate_blocks(jnp.asarray([[True, False]]), num_chirps))
    np.testing.assert_array_equal(weight, np.tile([1.0, 0.0], (num_chirps, 1)))


def test_weights_are_flat_at_both_ends_and_linear_between():
    """With four blocks of 32 loops, the face appears between the centres of blocks 1 and 2."""
    weight = np.asarray(interpolate_blocks(jnp.asarray([[False], [False], [True], [True]]), 128))[
        :, 0
    ]
    # The centre of block 1 is between loops 47 and 48, and that of block 2 between 79 and 80.
    assert (weight[:48] == 0).all()
    assert (weight[80:] == 1).all()
    np.testing.assert_allclose(weight[48:80], (np.arange(32) + 0.5) / 32, atol=1e-6)  # float32


@pytest.mark.parametrize(("num_blocks", "num_chirps"), [(3, 10), (4, 128), (8, 4), (5, 1)])
def test_weights_never_leave_zero_to_one(num_blocks, num_chirps):
    masks = jnp.asarray(np.random.default_rng(0).random((num_blocks, 50)) > 0.5)
    weight = np.asarray(interpolate_blocks(masks, num_chirps))
    assert np.isfinite(weight).all()
    assert weight.min() >= 0
    assert weight.max() <= 1 + 1e-6  # float32
