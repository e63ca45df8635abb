"""Fit of a body to 3-D joints and markers, against people whose poses are known exactly."""

import tracemalloc

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d
from scipy.optimize import approx_fprime

import radarsim as rs
from radarsim.scene.body import joint_positions
from radarsim.scene.retarget import fit_to_body
from radarsim.scene.skeletons import fit as fitting
from radarsim.scene.skeletons import windows
from radarsim.scene.skeletons.banded import NormalEquations
from radarsim.scene.skeletons.contact import Contact
from radarsim.scene.skeletons.kinematics import forward, shape_jacobian
from radarsim.scene.skeletons.landmarks import LANDMARKS, mirror_name
from radarsim.scene.skeletons.layouts import LAYOUTS
from radarsim.scene.skeletons.pose_prior import ACCELERATION_STD, PosePrior
from radarsim.scene.skeletons.problem import Problem, moved
from radarsim.scene.skeletons.smoothness import usual_smoothness
from tests.helpers.skeleton_truth import (
    BODY,
    RATE_HZ,
    distance_m,
    observed,
    speed_error_mps,
    walker,
)


@pytest.fixture(scope="module")
def clean():
    truth = walker()
    return truth, rs.fit_skeleton(observed(truth), BODY)


@pytest.fixture(scope="module")
def noisy():
    truth = walker()
    sequence = observed(truth, 0.02)
    return truth, sequence, rs.fit_skeleton(sequence, BODY)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts_name_known_landmarks_on_both_sides(layout):
    """Each landmark exists, and each landmark of one side also occurs on the other side."""
    named = [name for name in layout.landmarks if name]
    # SMPL's hands are the only joints of two layouts; every other name occurs once.
    assert len(set(named)) == len(named)
    assert set(named) <= set(LANDMARKS)
    sided = [name for name in named if mirror_name(name) != name]
    assert {mirror_name(name) for name in sided} == set(sided)


def test_layouts_have_the_published_numbers_of_points():
    counts = {name: layout.num_points for name, layout in LAYOUTS.items()}
    published = {"coco17": 17, "body25": 25, "human36m17": 17, "kinect25": 25, "smpl24": 24}
    published |= {"zed18": 18, "zed34": 34, "zed38": 38, "mediapipe33": 33, "cmu41": 41}
    published |= {"smpl22": 22, "plugingait": 39}
    assert {name: counts[name] for name in published} == published


def test_gradient_of_all_terms_is_the_derivative_of_the_cost():
    """Data, prior, smoothness and contact: one numerical derivative checks every Jacobian."""
    truth = walker(num_poses=5)
    joints = np.array([0, 1, 3, 4, 16, 18, 22])
    rng = np.random.default_rng(1)
    problem = Problem(
        rig=truth.rig,
        shape=truth.shape,
        points_m=truth.posed.points_m + 0.05 * rng.normal(size=truth.posed.points_m.shape),
        weights=rng.uniform(1, 2, truth.posed.points_m.shape[:2]) / 0.02**2,
        stds_m=np.full(len(truth.names), 0.02),
        joints=joints,
        prior=PosePrior.of(joints[:-1], np.zeros(22, bool)),
        smoothness=usual_smoothness(ACCELERATION_STD, 5, RATE_HZ),
        contact=Contact(np.ones((4, 4), bool), 100.0),
    )

    def cost(step):
        return problem.cost(moved(truth.pose, joints, step.reshape(5, -1)))

    numeric = approx_fprime(np.zeros(5 * 21), cost, 1e-8)
    exact = problem._equations(truth.pose).gradient.ravel()
    # The cost has a strong curvature; a step of 1e-8 keeps errors below 1e-4 of the largest entry.
    np.testing.assert_allclose(numeric, exact, atol=2e-4 * np.abs(exact).max())


def test_shape_jacobian_is_the_derivative_of_the_landmarks():
    truth = walker(num_poses=2)
    jacobian = shape_jacobian(truth.rig, truth.posed)
    step = np.random.default_rng(0).normal(size=jacobian.shape[-1]) * 1e-3
    scale = truth.shape.scale + step[0]
    betas = (truth.shape.scale * truth.shape.betas + step[1:11]) / scale
    offsets = truth.shape.scale * truth.shape.offsets_m + step[11:].reshape(-1, 3)
    changed = truth.shape._replace(scale=scale, betas=betas, offsets_m=offsets / scale)
    found_m = forward(truth.rig, changed, truth.pose).points_m - truth.posed.points_m
    np.testing.assert_allclose(found_m, jacobian @ step, atol=1e-9)  # the map is linear


def test_banded_solution_is_that_of_the_dense_equations():
    rng = np.random.default_rng(0)
    equations = NormalEquations.zeros(4, 6)
    dense = np.zeros((24, 24))
    for t in range(4):
        block = rng.normal(size=(6, 6))
        equations.same[t] = block @ block.T + 20 * np.eye(6)
        dense[6 * t : 6 * t + 6, 6 * t : 6 * t + 6] = equations.same[t]
    equations.next[:] = rng.normal(size=equations.next.shape)
    equations.second[:] = rng.normal(size=equations.second.shape)
    equations.third[:] = rng.normal(size=equations.third.shape)
    for t in range(3):
        dense[6 * t + 6 : 6 * t + 12, 6 * t : 6 * t + 6] = equations.next[t]
    for later, blocks in ((2, equations.second), (3, equations.third)):
        for t, joint in np.ndindex(4 - later, 2):
            rows, columns = 6 * (t + later) + 3 * joint, 6 * t + 3 * joint
            dense[rows : rows + 3, columns : columns + 3] = blocks[t, joint]
    dense = np.tril(dense) + np.tril(dense, -1).T
    equations.gradient[:] = rng.normal(size=(4, 6))
    expected = np.linalg.solve(dense, -equations.gradient.ravel())
    np.testing.assert_allclose(equations.solve(0.0).ravel(), expected, atol=1e-10)
    held = np.linalg.solve(dense[6:, 6:], -equations.gradient[1:].ravel())
    np.testing.assert_allclose(equations.solve(0.0, held=1)[1:].ravel(), held, atol=1e-10)


def test_clean_joints_are_reproduced(clean):
    """The required mean error of clean joints is 1 cm; unobserved joints are found within 3 cm."""
    truth, fit = clean
    assert distance_m(fit.points_m, truth.posed.points_m).mean() < 0.01
    found_m = np.asarray(joint_positions(BODY, *_arguments(fit)))[:, :22]
    error_m = distance_m(found_m, truth.posed.joints_m).mean(axis=0)
    assert error_m[:10].mean() < 0.015  # pelvis, spine, hips, knees, ankles
    assert fit.valid.all()
    assert fit.confidence.min() > 0.8


def _arguments(fit):
    motion = fit.motion
    return motion.betas, motion.poses_rad, motion.transl_m, fit.scale


def test_the_body_has_the_fitted_size_in_the_simulator(clean):
    """The stature of the motion leads `fit_to_body` to the fitted scale."""
    truth, fit = clean
    fitted = fit_to_body(fit.motion, BODY)
    assert fitted.body_scale == pytest.approx(fit.scale, rel=1e-5)
    np.testing.assert_allclose(fitted.betas, fit.motion.betas)
    # Scale and betas can compensate each other, so only the leg length must be correct, to 2 %.
    ratio = fit.motion.stature_m / _stature_m(truth)
    assert ratio == pytest.approx(1.0, abs=0.02)


def _stature_m(truth) -> float:
    from radarsim.scene.skeleton import LEG_PER_STATURE, leg_length_m

    joints_m = truth.rig.joint_template_m + truth.rig.joint_shape_dirs @ truth.shape.betas
    return truth.shape.scale * leg_length_m(joints_m) / LEG_PER_STATURE


def test_noise_is_removed_better_than_by_a_moving_average(noisy):
    """With 2 cm of noise, positions err by < 2.5 cm, and speeds by less than a moving average."""
    truth, sequence, fit = noisy
    true_m = truth.posed.points_m
    assert fit.noise_m == pytest.approx(0.02, rel=0.35)
    assert distance_m(fit.points_m, true_m).mean() < 0.025
    error_mps = speed_error_mps(fit.points_m, true_m)
    for width in (1, 3, 5, 7, 9, 13):
        averaged_m = uniform_filter1d(sequence.points_m, width, axis=0, mode="nearest")
        assert error_mps < speed_error_mps(averaged_m, true_m)
    assert error_mps < 0.15


def test_the_shortest_sequence_is_fitted():
    """Five poses are enough for positions within 1 cm."""
    truth = walker(num_poses=5)
    fit = rs.fit_skeleton(observed(truth), BODY)
    assert distance_m(fit.points_m, truth.posed.points_m).mean() < 0.01


def test_windows_leave_no_seams(noisy, monkeypatch):
    """Windows of 1.5 s give the same positions and speeds as one window of 3 s."""
    _, sequence, whole = noisy
    monkeypatch.setattr(windows, "_WINDOW_S", 1.6)
    monkeypatch.setattr(windows, "_OVERLAP_S", 0.6)
    parts = rs.fit_skeleton(sequence, BODY)
    # The smoothness of the second pass depends on the end of the window; errors beyond these
    # limits would exceed the error of the fit itself.
    assert distance_m(parts.points_m, whole.points_m).mean() < 0.003
    assert speed_error_mps(parts.points_m, whole.points_m) < 0.06


def test_memory_hardly_grows_with_the_length_of_a_recording(monkeypatch):
    """Each further pose adds at most 2.5 kB to the peak memory, twice the result's size per pose.

    The rotation matrices of a pose would take 1.6 kB, and the equations of a pose 100 kB. The last
    windows of both recordings have equal lengths. The reduced numbers of shape poses and of steps
    do not affect the arrays that grow with the recording.
    """
    monkeypatch.setattr(windows, "_WINDOW_S", 1.6)
    monkeypatch.setattr(windows, "_OVERLAP_S", 0.6)
    monkeypatch.setattr(windows, "_FIRST_PASS", ((1.0, 1.0, 1),))
    monkeypatch.setattr(windows, "_SECOND_PASS_STEPS", (1,))
    monkeypatch.setattr(fitting, "_SHAPE_POSES", 16)
    peaks = []
    for num_poses in (160, 314):
        sequence = observed(walker(num_poses=num_poses), 0.01)
        tracemalloc.start()
        rs.fit_skeleton(sequence, BODY)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 2.5e3 * (314 - 160)


def test_exchanged_sides_are_put_right():
    """Legs and arms are exchanged in 8 poses, but the fit equals that of the correct order."""
    truth = walker(num_poses=60)
    points_m = truth.posed.points_m.copy()
    swapped = [truth.names.index(mirror_name(name)) for name in truth.names]
    points_m[20:28] = points_m[20:28][:, swapped]
    fit = rs.fit_skeleton(observed(truth, points_m=points_m), BODY)
    limbs = [i for i, name in enumerate(truth.names) if "_e" not in name or "elbow" in name]
    assert distance_m(fit.points_m, truth.posed.points_m)[:, limbs].max() < 0.05
    assert any("exchanged in 8 poses" in note for note in fit.motion.notes)


def test_short_gaps_are_bridged_and_long_gaps_marked():
    """A gap of 0.3 s in all joints is bridged within 6 cm; a gap of 1 s is marked as invalid."""
    truth = walker(num_poses=120)
    points_m = truth.posed.points_m.copy()
    points_m[20:29], points_m[60:90] = np.nan, np.nan
    points_m[:, truth.names.index("left_knee")] = np.nan  # never observed
    fit = rs.fit_skeleton(observed(truth, points_m=points_m), BODY)
    assert fit.valid[:60].all()
    assert not fit.valid[62:88].any()
    assert fit.valid[91:].all()
    assert distance_m(fit.points_m, truth.posed.points_m)[20:29].mean() < 0.06
    assert np.isnan(fit.residuals_m[60:90]).all()


def test_the_shape_is_fitted_to_poses_of_a_person_who_is_mostly_absent():
    """A person is present in 5 % of the poses; no other pose contributes to the shape."""
    points_m = np.zeros((400, 17, 3))
    seen = np.zeros(400)
    seen[200:220] = 17.0
    chosen = fitting._calm_poses(points_m, seen)
    assert 0 < len(chosen) <= 20
    assert (seen[chosen] > 0).all()


def test_a_file_half_of_noise_yields_its_good_half():
    """A second half with noise of 1 m is marked as invalid and does not affect the first half."""
    truth = walker(num_poses=120)
    sequence = observed(truth)
    noise_m = np.random.default_rng(0).normal(size=sequence.points_m[60:].shape)
    sequence.points_m[60:] += noise_m
    fit = rs.fit_skeleton(sequence, BODY)
    assert fit.valid[:55].all()
    assert not fit.valid[66:].any()
    assert distance_m(fit.points_m, truth.posed.points_m)[:50].mean() < 0.01


@pytest.mark.parametrize("layout", ["kinect25", "cmu41"])
def test_other_layouts_reach_the_same_accuracy(layout):
    """With noise of 1 cm and unknown marker offsets, the mean error is below 1 cm."""
    truth = walker(layout, num_poses=45)
    rng = np.random.default_rng(2)
    moved_m = truth.shape.offsets_m + 0.015 * rng.normal(size=truth.shape.offsets_m.shape)
    shape = truth.shape._replace(offsets_m=moved_m)
    truth = truth._replace(shape=shape, posed=forward(truth.rig, shape, truth.pose))
    fit = rs.fit_skeleton(observed(truth, 0.01), BODY)
    assert distance_m(fit.points_m, truth.posed.points_m).mean() < 0.01


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clean_landmarks_of_every_layout_are_reproduced(layout):
    """The required mean error of clean landmarks is 1 cm; without noise, 3 mm are reached.

    The lower limit of the estimated noise is 3 mm, so smaller residuals have little weight.
    """
    truth = walker(layout, num_poses=20)
    fit = rs.fit_skeleton(observed(truth), BODY)
    assert fit.valid.all()
    assert distance_m(fit.points_m, truth.posed.points_m).mean() < 0.003
