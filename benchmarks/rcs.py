"""Radar cross-sections of metal shapes and of people, compared with theory and with 3GPP.

    python -m benchmarks.rcs --out rcs

Shapes: the radar cross-sections (RCS) of a sphere, a plate, a disc and a cylinder are simulated
over the angle of incidence and compared with textbook formulas (the Mie series for the sphere). The
levels must agree within 0.25 dB at the peaks of all lobes down to -45 dB, and the nulls within 0.5
degrees. A dihedral and a trihedral show a limit of the simulator: only single bounces are simulated
within a mesh, so the double and triple bounces of these reflectors are missing. A dihedral of a
plate and a wall of a room is simulated by the multipath passes of the room and must agree within
0.25 dB.

People: the RCS of the free body with a smooth surface (`smooth_body`) is simulated for
directions all around the body, in several postures and at several ranges. The mean over views, in
watts, and the spread over views, in decibels, are compared with 3GPP TR 38.901 (-1.37 dBsm and 3.94
dB). No parameter is calibrated. The spread at a single frequency is mostly caused by interference
between parts of the body. A radar that sweeps over 3.5 GHz resolves these parts in range, so the
spread of the power averaged over the sweep is smaller.

The exit status is 1 if the difference between a shape and theory exceeds the limits above, or if
halving the edge lengths of the body changes its mean level by more than 0.5 dB; it is 2 if
matplotlib, which `--out` needs, is missing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks import throughput_figures
from benchmarks.machine_info import commit, processor
from benchmarks.rcs_angles import Cut, angle_cut, simulated_rcs_m2
from benchmarks.rcs_corners import wall_dihedral
from benchmarks.rcs_people import MEAN_3GPP_DBSM, SPREAD_3GPP_DB, Sweep, people
from benchmarks.rcs_shapes import corner, shapes
from radarsim.files import load_radar
from radarsim.radar.radar import Radar

MOST_LOBE_DB, MOST_NULL_DEG, MOST_MOVED_DB = 0.25, 0.5, 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.out and not throughput_figures.matplotlib_available():
        print(throughput_figures.MATPLOTLIB_MISSING.format("--out"), file=sys.stderr)
        return 2
    radar = load_radar(options.radar)
    most_mm = 1e3 * radar.chirp.wavelength_m / 2
    if not 0.2 <= options.edge_mm < most_mm:
        parser.error(
            f"--edge-mm is {options.edge_mm:g} mm; give 0.2 to {most_mm:.2f} mm, half a wavelength"
        )
    if min(options.yaws, options.frequencies) < 1:
        parser.error("--yaws and --frequencies must be 1 or more")
    freq_ghz = radar.chirp.centre_freq_hz / 1e9
    print(f"{processor()}, commit {commit()}: {radar.name}, {freq_ghz:.2f} GHz")
    cuts = [angle_cut(radar, shape, step) for shape, step in _shapes_and_steps(options)]
    for cut in cuts:
        print(_cut_line(cut))
    dihedrals = [] if options.quick else [wall_dihedral(radar, options.edge_mm / 1e3)]
    for cut in dihedrals:
        print(_dihedral_line(cut))
    corners = [] if options.quick else missing_bounces(radar, options.edge_mm / 1e3)
    for each in corners:
        levels = f"{each['simulated_dbsm']:7.2f} dBsm by single bounces"
        print(f"{each['name']:38s} {levels}, {each['theory_dbsm']:.2f} in theory")
    sweep = Sweep(yaws=options.yaws, frequencies=options.frequencies)
    found = None if options.no_people else people(radar, sweep)
    if found:
        _print_people(found)
    if options.out:
        _write(Path(options.out), radar, cuts + dihedrals, corners, found)
    return int(not passed(cuts + dihedrals, found))


def passed(cuts: list[Cut], found: dict | None) -> bool:
    """Whether the shapes agree with theory and the level of people is independent of the mesh."""
    shapes_pass = all(
        cut.worst_lobe_db <= MOST_LOBE_DB and cut.worst_null_deg <= MOST_NULL_DEG for cut in cuts
    )
    return shapes_pass and (found is None or abs(found["halving_moves_db"]) <= MOST_MOVED_DB)


def missing_bounces(radar: Radar, edge_m: float) -> list[dict]:
    """Simulated (single-bounce) and theoretical RCS of a dihedral and a trihedral.

    Args:
        radar: radar whose centre frequency is used.
        edge_m: length of the edges of the meshes [m].
    """
    ahead = np.zeros(1)
    result = []
    for shape in (corner(2, edge_m), corner(3, edge_m)):
        both_m2 = (
            simulated_rcs_m2(radar, shape, ahead)[0],
            shape.rcs_m2(ahead, radar.chirp.wavelength_m)[0],
        )
        levels_dbsm = [float(10 * np.log10(max(each, 1e-12))) for each in both_m2]
        result.append(
            {"name": shape.name, "theory": shape.theory}
            | dict(zip(("simulated_dbsm", "theory_dbsm"), levels_dbsm, strict=True))
        )
    return result


def _shapes_and_steps(options):
    """Pairs of a shape and its angle step [degrees]; the cylinder's lobes are 0.36 degrees wide."""
    steps = {"sphere": 5.0, "cylinder": 0.02}
    for shape in shapes(options.edge_mm / 1e3):
        step_deg = steps.get(shape.name.split(",")[0], 0.1)
        yield shape, step_deg * (2 if options.quick else 1)


def _cut_line(cut: Cut) -> str:
    return (
        f"{cut.name:38s} {cut.simulated_dbsm[0]:7.2f} dBsm (theory {cut.theory_dbsm[0]:.2f}), "
        f"lobes within {cut.worst_lobe_db:.3f} dB, nulls within {cut.worst_null_deg:.2f} degrees"
    )


def _dihedral_line(cut: Cut) -> str:
    middle = int(np.argmin(np.abs(cut.angles_deg - 45)))
    levels = f"{cut.simulated_dbsm[middle]:7.2f} dBsm (theory {cut.theory_dbsm[middle]:.2f})"
    span = f"{cut.angles_deg[0]:g} to {cut.angles_deg[-1]:g} degrees"
    return f"{cut.name:38s} {levels} at 45 degrees, within {cut.worst_lobe_db:.3f} dB from {span}"


def _print_people(found: dict) -> None:
    print("standing body of metal at 3 m, mean over views, by edge length:")
    for row in found["edges"]:
        print(f"  {row['edges']:32s} {row['faces']:7d} faces {row['mean_dbsm']:6.2f} dBsm")
    print(f"  halving the edges moves the mean by {found['halving_moves_db']:+.2f} dB")
    print("mean [dBsm], spread [dB] of the sweep, spread [dB] of one frequency:")
    for row in found["views"]:
        print("  {name:44s} {mean_dbsm:6.2f}  {spread_db:5.2f}  {spread_one_db:5.2f}".format(**row))
    print(f"  {'3GPP TR 38.901':44s} {MEAN_3GPP_DBSM:6.2f}  {SPREAD_3GPP_DB:5.2f}")


def _write(folder: Path, radar: Radar, cuts, corners, found) -> None:
    """Write rcs.json and the page of plots rcs.png."""
    from benchmarks.rcs_figures import draw_page

    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "commit": commit(),
        "radar": radar.name,
        "centre_freq_hz": radar.chirp.centre_freq_hz,
        "shapes": [
            {
                key: np.round(value, 4).tolist() if isinstance(value, np.ndarray) else value
                for key, value in asdict(cut).items()
            }
            for cut in cuts
        ],
        "missing_bounces": corners,
        "people": found,
    }
    (folder / "rcs.json").write_text(json.dumps(record, indent=1) + "\n")
    draw_page([cut for cut in cuts if cut.angles_deg[0] == 0], found, folder / "rcs.png")
    print(f"figures and values: {folder / 'rcs.png'}, {folder / 'rcs.json'}")


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rcs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--radar",
        default="AWR1843BOOST",
        help="board or radar file whose centre frequency and sweep are used (default: %(default)s)",
    )
    parser.add_argument(
        "--edge-mm",
        type=float,
        default=1.0,
        help="edge length of plate, disc and "
        "cylinder [mm], below lambda / 2 (default: %(default)s)",
    )
    parser.add_argument(
        "--yaws",
        type=int,
        default=16,
        help="number of directions around the body (default: %(default)s)",
    )
    parser.add_argument(
        "--frequencies",
        type=int,
        default=4,
        help="number of frequencies over the sweep, for people (default: %(default)s)",
    )
    parser.add_argument("--no-people", action="store_true", help="omit people (the slowest part)")
    parser.add_argument(
        "--quick", action="store_true", help="use fewer angles, and omit dihedral and trihedral"
    )
    parser.add_argument(
        "--out", help="folder for rcs.json and the page of plots rcs.png, which needs the extra viz"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
