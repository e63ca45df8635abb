"""A small AMASS-style dataset with body models and a radar, for tests of the build commands."""

import numpy as np

from tests.helpers.synthetic_bodies import synthetic_model

# With this small radar (24 loops of 2 x 4 x 64 samples), a clip takes less than a second.
RADAR = """
board = "AWR1843BOOST"
name = "small"
[chirp]
num_samples = 64
[frame]
num_chirps = 24
tx_order = ["TX1", "TX3"]
"""
SHORT_BUILD = ["--clip-seconds", "3.2", "--stride-seconds", "3.2", "--workers", "1", "--quiet"]


def amass_arrays(seconds=3.2, rate_hz=60.0, width=156, step_m=0.0):
    """Return the arrays of an AMASS file of a body that sways and moves at `step_m` per second."""
    num = round(seconds * rate_hz) + 1
    time_s = np.arange(num) / rate_hz
    poses = np.zeros((num, width))
    poses[:, 0] = np.pi / 2
    poses[:, 3] = 0.3 * np.sin(2 * np.pi * time_s)
    trans = np.zeros((num, 3))
    trans[:, 2] = 0.9
    trans[:, 1] = -step_m * time_s
    return {
        "poses": poses,
        "trans": trans,
        "betas": np.zeros(16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(rate_hz),
    }


def write_amass_dataset(root):
    """Write four motions in AMASS layout, SMPL-H models and a radar file below `root`."""
    for name, arrays in {
        "CMU/01/01_01_poses.npz": amass_arrays(),
        "CMU/02/02_01_poses.npz": amass_arrays(rate_hz=100.0),
        "KIT/3/walk_poses.npz": amass_arrays(seconds=6.4, rate_hz=120.0),
        "SFU/0005/turn_stageii.npz": amass_arrays(width=165),
    }.items():
        path = root / "AMASS" / name
        path.parent.mkdir(parents=True)
        np.savez(path, **arrays)
    write_models_and_radar(root)
    return root


def write_models_and_radar(root):
    """Write `models/smplh/female/model.npz` and `radar.toml` below `root`."""
    (root / "models" / "smplh" / "female").mkdir(parents=True)
    np.savez(root / "models/smplh/female/model.npz", **synthetic_model("smplh", 16))
    (root / "radar.toml").write_text(RADAR)


def build_arguments(root):
    """Return arguments for a build of a few seconds, with the radar and the models below `root`."""
    paths = ["--radar", str(root / "radar.toml"), "--body-models", str(root / "models")]
    return [*SHORT_BUILD, *paths]


def printed_lines(capsys):
    """Return the lines printed to standard output and standard error; fail on a traceback."""
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.out.splitlines(), captured.err.splitlines()
