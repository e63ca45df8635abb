"""Random search for non-finite samples, with all boards, modes and reflection models.

    python -m benchmarks.sweep --frames 1000

Every frame contains a different body with random joint angles and joint speeds, a random
orientation, and a random distance between half a metre and the board's maximum range. IF cubes and
heatmaps are simulated. The exit status is 1 if a value is not finite or a body returns no echo.
"""

import argparse
import sys
from itertools import product

# Smallest distance between the radar and the nearest point of a body.
NEAREST_M = 0.5
# Limits of joint angles relative to the rest pose, of joint speeds, and of the body's speed.
JOINT_RAD, JOINT_RAD_PER_S, SPEED_MPS = 0.7, 2.0, 2.0
# Limits of the random lobe width.
SIGMAS_RAD = (0.15, 1.0)


def main(arguments: list[str] | None = None) -> int:
    """Simulate random bodies; print one line for each board, mode and reflection model.

    Returns:
        Exit status: 0, or 1 if a value is not finite or a body returns no echo.
    """
    options = make_parser().parse_args(arguments)
    import numpy as np
    from tqdm import tqdm

    from radarsim.files import free_body
    from radarsim.radar.boards import BOARDS

    kinds = list(product(BOARDS.values(), ("accurate", "fast"), ("paper", "body")))
    # The first column of a heatmap needs two frames.
    counts = np.maximum(2, np.diff(np.linspace(0, options.frames, len(kinds) + 1).astype(int)))
    body, wrong = free_body(), 0
    for index, ((radar, method, reflection), count) in enumerate(
        zip(tqdm(kinds, unit="kind"), counts, strict=True)
    ):
        rng = np.random.default_rng([options.seed, index])
        bad, silent = count_bad_frames(radar, body, method, reflection, int(count), rng)
        wrong += bad + silent
        tqdm.write(
            f"{radar.name}, {method}, {reflection}: {count} frames, {bad} not finite, "
            f"{silent} without an echo"
        )
    print(f"{counts.sum()} frames, seed {options.seed}: {wrong} bad")
    return 1 if wrong else 0


def count_bad_frames(
    radar, body, method: str, reflection: str, num_frames: int, rng
) -> tuple[int, int]:
    """Count the frames with a value that is not finite, and the frames without an echo.

    Args:
        radar: radar to simulate.
        body: body model to pose.
        method: name of the method, as in `SimulationSettings`.
        reflection: name of the reflection model.
        num_frames: number of frames, at least as many as one heatmap column covers.
        rng: NumPy random generator; the source of all random values.
    """
    import jax
    import numpy as np

    from radarsim.heatmaps.heatmaps import make_heatmaps
    from radarsim.scattering.reflection import reflection_named
    from radarsim.signal.settings import SimulationSettings
    from radarsim.simulate import simulate_mesh

    settings = SimulationSettings(method=method, thermal_noise=False, quantise=False)
    vertices_m, origin_m = random_bodies(radar, body, num_frames, settings.nodes, rng)
    key, model = jax.random.key(0), reflection_named(reflection, float(rng.uniform(*SIGMAS_RAD)))
    cube_v = simulate_mesh(radar, vertices_m, body.faces, key, model, settings, origin_m=origin_m)
    finite = np.isfinite(np.asarray(cube_v)).all((1, 2, 3, 4))
    echoes = np.abs(np.asarray(cube_v)).max((1, 2, 3, 4)) > 0
    num_bad = int((~finite).sum())
    if num_bad == 0:  # `make_heatmaps` rejects cubes with NaN
        maps = jax.tree.leaves(make_heatmaps(radar, cube_v))
        # A heatmap column covers several frames, so a bad value in a column counts as one frame.
        num_bad = int(not all(np.isfinite(np.asarray(each)).all() for each in maps))
    return num_bad, int((finite & ~echoes).sum())


def random_bodies(radar, body, num_frames: int, num_nodes: int, rng):
    """Vertices [frame, node, vertex, 3] and origins [frame, node, 3] in the radar frame [m]."""
    import jax.numpy as jnp
    import numpy as np
    from scipy.spatial.transform import Rotation

    from radarsim.radar.timing import node_times_s
    from radarsim.scene.body import skin

    times_s = node_times_s(radar, num_nodes)[None, :, None]
    shape = (num_frames, 1, body.num_joints, 3)
    still, turning = (
        rng.uniform(-most, most, shape) / np.sqrt(3) for most in (JOINT_RAD, JOINT_RAD_PER_S)
    )
    poses_rad = still + turning * times_s[..., None]
    facing = Rotation.random(num_frames, random_state=rng)
    poses_rad[:, :, 0] = facing.as_rotvec()[:, None]
    betas = jnp.asarray(rng.normal(size=body.num_betas), jnp.float32)
    no_move = jnp.zeros((*poses_rad.shape[:2], 3), jnp.float32)
    vertices_m = skin(body, betas, jnp.asarray(poses_rad, jnp.float32), no_move, 1.0)
    towards = rng.normal(size=(num_frames, 1, 3)) * [0, 0.6, 0.3] + [1, 0, 0]
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    range_m = rng.uniform(NEAREST_M, radar.max_range_m - 1.0, (num_frames, 1, 1))
    # The nearest point of a body is at least the minimum distance away from the board.
    range_m = range_m + np.linalg.norm(vertices_m, axis=-1).max((1, 2))[:, None, None]
    speed_mps = rng.uniform(-SPEED_MPS, SPEED_MPS, (num_frames, 1, 3)) / np.sqrt(3)
    return vertices_m, range_m * towards + speed_mps * times_s


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.sweep",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--frames", type=int, default=1000, metavar="N", help="total number of frames (%(default)s)"
    )
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed (%(default)s)"
    )
    return command


if __name__ == "__main__":
    sys.exit(main())
