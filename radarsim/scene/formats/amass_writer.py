"""Write motions as AMASS `.npz` files, which other tools read."""

import io

import numpy as np

from radarsim.scene.motion import REST_PELVIS_M, Motion, body_joints
from radarsim.scene.skeleton import NUM_JOINTS, NUM_SHARED_JOINTS

NUM_SMPL_BETAS = 16
LAYOUTS = ("smpl", "smplh")
"""Layouts that can be written."""


def amass_arrays(motion: Motion, layout: str = "smplh") -> dict[str, np.ndarray]:
    """Convert a motion to arrays with the names of AMASS.

    Betas of SMPL are kept. Betas of the free body are written as `free_betas`, which this package
    reads; `betas` are then zero, and `trans` refers to SMPL's mean body, so that tools that support
    only SMPL can read the file. `stature_m` is written if the motion has it.

    Args:
        motion: motion of any layout.
        layout: "smpl" (24 joints) or "smplh" (52 joints).
    """
    poses_rad = np.zeros((motion.num_poses, NUM_JOINTS[layout], 3), np.float32)
    shared = NUM_SHARED_JOINTS
    poses_rad[:, :shared] = body_joints(motion)[:, :shared]
    if layout == "smplh" and motion.layout in ("smplh", "smplx"):
        poses_rad[:, -30:] = motion.poses_rad[:, -30:]  # finger joints are last
    free = motion.shape_space == "free"
    space = "smplx" if motion.shape_space == "smplx" else "smpl"
    betas = np.zeros(NUM_SMPL_BETAS)
    if not free:
        count = min(len(motion.betas), NUM_SMPL_BETAS)
        betas[:count] = motion.betas[:count]
    arrays = {
        "poses": poses_rad.reshape(motion.num_poses, -1),
        "trans": _trans_m(motion, space).astype(np.float32),
        "betas": betas,
    }
    if free:
        arrays["free_betas"] = motion.betas
    arrays |= {
        "gender": np.array(motion.gender),
        "mocap_framerate": np.array(float(motion.rate_hz)),
    }
    if space == "smplx":
        arrays["surface_model_type"] = np.array("smplx")
    if motion.stature_m is not None:
        arrays["stature_m"] = np.array(float(motion.stature_m))
    return arrays


def _trans_m(motion: Motion, space: str) -> np.ndarray:
    """Translation for the body that readers of the file pose: with the betas, or the mean body."""
    has_betas = motion.shape_space != "free" and len(motion.betas) and motion.betas.any()
    return motion.transl_m if has_betas else motion.pelvis_m - REST_PELVIS_M[space]


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Encode arrays as a compressed archive; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
