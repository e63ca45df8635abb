"""Linear blend skinning: vertices from betas, poses and translation, for SMPL-family bodies.

This module handles SMPL (24 joints), SMPL-H (52), SMPL-X (55) and the free body (SMPL's 24 joints).
The rest pose is that of SMPL: T-pose, y up, facing +z, left = +x, joint frames parallel to the
world frame.
"""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from radarsim.numerics.host_arrays import as_arrays
from radarsim.scene.skeleton import NUM_JOINTS, NUM_SHARED_JOINTS
from radarsim.scene.subdivision import halve_long_edges

# Precision of matrix products. With TF32, tensor cores would round to a 10-bit mantissa, which
# means half a millimetre in position and thus a large phase error.
HIGHEST = jax.lax.Precision.HIGHEST


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class BodyModel:
    """A body model: the arrays of an SMPL file, with the joint regressor already applied.

    Attributes:
        template_m: vertices of the mean shape in the rest pose [m].
        shape_dirs: vertex displacement per unit of each beta [m].
        pose_dirs: vertex displacement per entry of (R - I) of all joints except the root [m];
            the first axis has size 0 if the body has no pose correctives.
        joint_template_m: joints of the mean shape in the rest pose [m].
        joint_shape_dirs: joint displacement per unit of each beta [m].
        skin_weights: weight of each joint for each vertex; rows sum to one.
        faces: vertex indices, counter-clockwise seen from outside.
        parents: parent of each joint, -1 for the root.
        layout: "smpl", "smplh" or "smplx"; determines number and order of the joints.
        shape_space: shape space of the betas: "smpl", "smplx" or "free".
        name: name of the model, used in messages and provenance.
    """

    template_m: Float[Array, "vertex 3"]
    shape_dirs: Float[Array, "vertex 3 beta"]
    pose_dirs: Float[Array, "feature vertex3"]
    joint_template_m: Float[Array, "joint 3"]
    joint_shape_dirs: Float[Array, "joint 3 beta"]
    skin_weights: Float[Array, "vertex joint"]
    faces: Int32[Array, "face 3"]
    parents: tuple[int, ...] = field(metadata={"static": True})
    layout: str = field(metadata={"static": True})
    shape_space: str = field(metadata={"static": True})
    name: str = field(default="", metadata={"static": True})

    @property
    def num_vertices(self) -> int:
        return self.template_m.shape[0]

    @property
    def num_joints(self) -> int:
        return len(self.parents)

    @property
    def num_betas(self) -> int:
        return self.shape_dirs.shape[-1]

    @property
    def stature_m(self) -> float:
        """Height of the mean shape in the rest pose [m]."""
        height_m = np.asarray(self.template_m)[:, 1]
        return float(height_m.max() - height_m.min())


def skin(
    body: BodyModel,
    betas: Float[Array | np.ndarray, " beta"],
    poses_rad: Float[Array | np.ndarray, "*batch joint 3"],
    transl_m: Float[Array | np.ndarray, "*batch 3"],
    scale: float | Float[Array, ""] = 1.0,
) -> Float[Array, "*batch vertex 3"]:
    """Compute the vertices of the posed body in world coordinates of the motion.

    With world rotation R_j and position P_j of joint j, rest joints J_j and weights w_vj,

        x_v = s (sum_j w_vj (R_j (r_v + d_v - J_j) + P_j)) + t,

    where r_v is the shaped rest vertex and d_v its pose corrective (none for the free body).

    Args:
        body: the model.
        betas: shape coefficients, in units of sigma; missing coefficients are zero, and
            coefficients beyond the model's shape directions are ignored, as in the smplx package.
        poses_rad: axis-angle per joint, relative to its parent [rad], for all joints of the body
            (see `fit_pose`).
        transl_m: translation [m].
        scale: scale factor of the body about the origin of its rest pose.

    Returns:
        Vertices [m].

    Raises:
        ValueError: the number of joints in the poses differs from that of the body.

    Source:
        Loper et al., "SMPL: A Skinned Multi-Person Linear Model", SIGGRAPH Asia 2015.
    """
    return _skin(body, *as_arrays(betas, poses_rad, transl_m), scale)


def joint_positions(
    body: BodyModel,
    betas: Float[Array | np.ndarray, " beta"],
    poses_rad: Float[Array | np.ndarray, "*batch joint 3"],
    transl_m: Float[Array | np.ndarray, "*batch 3"],
    scale: float | Float[Array, ""] = 1.0,
) -> Float[Array, "*batch joint 3"]:
    """Joint positions of the posed body [m]; the arguments are those of `skin`."""
    return _joints(body, *as_arrays(betas, poses_rad, transl_m), scale)


def _flatten_batch(body, poses_rad, transl_m):
    """Merge all leading axes into one, so that the functions below receive [pose, joint, 3]."""
    if poses_rad.ndim < 2 or poses_rad.shape[-2:] != (body.num_joints, 3):
        raise ValueError(
            f"poses_rad has shape {poses_rad.shape}; body {body.name!r} ({body.layout}) takes "
            f"[..., {body.num_joints}, 3]. Poses of another layout: see body.fit_pose."
        )
    batch = jnp.broadcast_shapes(poses_rad.shape[:-2], transl_m.shape[:-1])
    poses_rad = jnp.broadcast_to(poses_rad, (*batch, body.num_joints, 3))
    transl_m = jnp.broadcast_to(transl_m, (*batch, 3))
    return poses_rad.reshape(-1, body.num_joints, 3), transl_m.reshape(-1, 3), batch


@jax.jit
def _skin(body, betas, poses_rad, transl_m, scale):
    poses_rad, transl_m, batch = _flatten_batch(body, poses_rad, transl_m)
    root_m, rest_joints_m = _rest_joints(body, betas)
    rotations = rotation_matrices(poses_rad)
    world, joints_m = _joint_transforms(body.parents, rest_joints_m, rotations)
    # Positions are relative to the root, so that float32 rounding scales with the body size.
    rest_m = body.template_m + _shape_offset(body.shape_dirs, betas) - root_m
    vertices_m = _blend(body.skin_weights, rest_m, rest_joints_m, world, joints_m)
    if body.pose_dirs.shape[0]:
        vertices_m += _pose_corrective(body, rotations, world)
    vertices_m = scale * vertices_m + (scale * root_m + transl_m)[:, None]
    return vertices_m.reshape(*batch, body.num_vertices, 3)


@jax.jit
def _joints(body, betas, poses_rad, transl_m, scale):
    poses_rad, transl_m, batch = _flatten_batch(body, poses_rad, transl_m)
    root_m, rest_joints_m = _rest_joints(body, betas)
    _, joints_m = _joint_transforms(body.parents, rest_joints_m, rotation_matrices(poses_rad))
    joints_m = scale * joints_m + (scale * root_m + transl_m)[:, None]
    return joints_m.reshape(*batch, body.num_joints, 3)


def _shape_offset(directions, betas):
    count = min(directions.shape[-1], betas.shape[-1])
    return jnp.einsum("pcb,b->pc", directions[..., :count], betas[:count], precision=HIGHEST)


def _rest_joints(body, betas):
    """Root of the shaped rest pose, and positions of all its joints relative to the root [m]."""
    joints_m = body.joint_template_m + _shape_offset(body.joint_shape_dirs, betas)
    return joints_m[0], joints_m - joints_m[0]


def rotation_matrices(rotvec_rad: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Rodrigues' formula I + sin(a)/a K + (1 - cos a)/a^2 K^2, smooth at zero."""
    square = jnp.sum(rotvec_rad * rotvec_rad, axis=-1, keepdims=True)
    small = square < 1e-6
    # Without the inner `where`, the gradient at zero would be 0 * inf = NaN.
    angle = jnp.sqrt(jnp.where(small, 1.0, square))
    sine = jnp.where(small, 1 - square / 6, jnp.sin(angle) / angle)[..., None]
    # 2 sin^2(a/2) is used instead of 1 - cos a, which suffers from cancellation for small angles.
    versine = jnp.where(small, 0.5 - square / 24, 2 * (jnp.sin(angle / 2) / angle) ** 2)[..., None]
    x, y, z = jnp.moveaxis(rotvec_rad, -1, 0)
    zero = jnp.zeros_like(x)
    cross = jnp.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    cross = cross.reshape(*rotvec_rad.shape[:-1], 3, 3)
    cross_twice = jnp.matmul(cross, cross, precision=HIGHEST)
    return jnp.eye(3, dtype=rotvec_rad.dtype) + sine * cross + versine * cross_twice


def _joint_transforms(parents, rest_joints_m, rotations):
    """World rotation and position (relative to the root) of every joint.

    The transforms are composed by pointer doubling: each round composes the transform of a joint
    with that of its farthest known ancestor, so four rounds reach the fingertips. Pointer doubling
    compiles three times faster than a loop over the joints. A virtual joint after the last joint is
    the parent of the root.
    """
    num_joints = len(parents)
    ancestor = np.array([*parents, num_joints])
    ancestor[ancestor < 0] = num_joints
    offsets_m = rest_joints_m - rest_joints_m[np.maximum(parents, 0)]
    world = jnp.pad(rotations, ((0, 0), (0, 1), (0, 0), (0, 0)))
    world = world.at[:, num_joints].set(jnp.eye(3))
    joints_m = jnp.broadcast_to(jnp.pad(offsets_m, ((0, 1), (0, 0))), world.shape[:3])
    while (ancestor != num_joints).any():
        carrier = world[:, ancestor]
        joints_m = joints_m[:, ancestor] + _matmul(carrier, joints_m[..., None])[..., 0]
        world = _matmul(carrier, world)
        ancestor = ancestor[ancestor]
    return world[:, :num_joints], joints_m[:, :num_joints]


def _matmul(left, right):
    """Multiply small matrices by explicit sums, as XLA on a CPU is slow for many 3 x 3 products."""
    return jnp.sum(left[..., :, :, None] * right[..., None, :, :], axis=-2)


def _blend(weights, rest_m, rest_joints_m, world, joints_m):
    """sum_j w_vj (R_j (r_v - J_j) + P_j) as one matrix product over (joint, xyz1).

    With 8,000 vertices, 24 joints and 200 poses on two CPU cores, this product takes 0.03 ms per
    pose. Blending 3 x 4 transforms per vertex first takes 0.6 ms (dense) or 1.6 ms (gathering 4
    joints), because both variants cause more memory traffic.
    """
    arm_m = rest_m[:, None] - rest_joints_m
    levers = weights[..., None] * jnp.pad(arm_m, ((0, 0), (0, 0), (0, 1)), constant_values=1.0)
    motion = jnp.concatenate([world, joints_m[..., None]], axis=-1)  # [pose, joint, 3, 4]
    return jnp.einsum("vjb,pjab->pva", levers, motion, precision=HIGHEST)


def _pose_corrective(body, rotations, world):
    """Pose-dependent displacement of each vertex, rotated with the joints [m]."""
    features = (rotations[:, 1:] - jnp.eye(3)).reshape(len(rotations), -1)
    rest_m = jnp.matmul(features, body.pose_dirs, precision=HIGHEST)
    rest_m = rest_m.reshape(len(rotations), -1, 3)
    blended = jnp.einsum("vj,pjab->pvab", body.skin_weights, world, precision=HIGHEST)
    return jnp.sum(blended * rest_m[:, :, None], axis=-1)


def fit_pose(
    poses_rad: Float[Array | np.ndarray, "*batch joint 3"], layout_from: str, body: BodyModel
) -> Float[Array, "*batch body_joint 3"]:
    """Convert poses to the joint layout of a body.

    The joints from the pelvis to the wrists are common to all layouts; fingers are converted
    between SMPL-H and SMPL-X. Joints that the body lacks are dropped; joints that the pose lacks
    (fingers, jaw, eyes) stay at rest.

    Args:
        poses_rad: axis-angle per joint [rad].
        layout_from: "smpl", "smplh" or "smplx", the layout of the poses.
        body: the model to be posed.

    Returns:
        Poses in the body's layout [rad].

    Raises:
        ValueError: the layout is unknown, or the number of joints does not match it.
    """
    if layout_from not in NUM_JOINTS:
        raise ValueError(f"layout_from is {layout_from!r}; known layouts: {', '.join(NUM_JOINTS)}")
    poses_rad = jnp.asarray(poses_rad)
    if poses_rad.shape[-2:] != (NUM_JOINTS[layout_from], 3):
        raise ValueError(
            f"poses_rad has shape {poses_rad.shape}; layout {layout_from!r} takes "
            f"[..., {NUM_JOINTS[layout_from]}, 3]."
        )
    if layout_from == body.layout:
        return poses_rad
    fitted = jnp.zeros((*poses_rad.shape[:-2], body.num_joints, 3), poses_rad.dtype)
    fitted = fitted.at[..., :NUM_SHARED_JOINTS, :].set(poses_rad[..., :NUM_SHARED_JOINTS, :])
    if "smpl" not in (layout_from, body.layout):
        fitted = fitted.at[..., -30:, :].set(poses_rad[..., -30:, :])  # finger joints are last
    return fitted


def subdivide(body: BodyModel, max_edge_m: float) -> BodyModel:
    """Refine the mesh of a body until no edge of the rest pose is longer than a limit.

    Long edges are halved in both adjacent faces, so that the surface stays closed; every attribute
    of a new vertex is the mean of the values at the two ends of the edge.

    Args:
        body: any model.
        max_edge_m: maximum edge length [m], positive.

    Returns:
        A model with more vertices; the original vertices come first.

    Raises:
        ValueError: the limit is not positive.
    """
    if not max_edge_m > 0:
        raise ValueError(f"max_edge_m is {max_edge_m:g} m; give a positive length, e.g. 0.02.")
    template_m = np.asarray(body.template_m, np.float64)
    mix, faces = halve_long_edges(np.asarray(body.faces), template_m, max_edge_m)
    return with_mesh(body, mix, faces)


def with_mesh(body: BodyModel, mix, faces) -> BodyModel:
    """Replace the mesh of a body; each new vertex is a weighted mean of old vertices.

    Args:
        body: any model.
        mix: sparse matrix [new vertex, old vertex] whose rows sum to one.
        faces: vertex indices, int [new face, 3].
    """
    num_old = body.num_vertices

    def mixed(values):
        flat = np.asarray(values).reshape(num_old, -1)
        return jnp.asarray((mix @ flat).reshape(mix.shape[0], *values.shape[1:]), jnp.float32)

    per_vertex = jnp.moveaxis(body.pose_dirs.reshape(-1, num_old, 3), 0, 1)
    num_features, num_vertices = body.pose_dirs.shape[0], mix.shape[0]
    return replace(
        body,
        template_m=mixed(body.template_m),
        shape_dirs=mixed(body.shape_dirs),
        pose_dirs=jnp.moveaxis(mixed(per_vertex), 1, 0).reshape(num_features, num_vertices * 3),
        skin_weights=mixed(body.skin_weights),
        faces=jnp.asarray(faces, jnp.int32),
    )
