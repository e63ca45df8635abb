"""Bodies from skeletons: `python -m builders.skeletons IN... --layout NAME --out DIR`.

Fits a body to 3-D joints or labelled markers, and writes the motion as AMASS `.npz` files, which
`builders.amass --motions DIR` and other tools read. Without --layout, motion files (BVH, AMASS,
output of body trackers) are converted to AMASS files.
"""

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from builders.drawing.skeleton_outputs import check_video, draw_fit, write_video
from builders.skeleton_table import check_earlier, update_table
from radarsim.errors import InputError
from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.skeletons kinect.csv --layout kinect25 --source-rate-hz 30 --out fitted
  python -m builders.skeletons trial.c3d --layout plugingait --out fitted
  python -m builders.skeletons joints.npy --layout my_names.toml --source-rate-hz 25 --out fitted
  python -m builders.skeletons kinect.csv --layout kinect25 --out fitted --video fit.gif
  python -m builders.skeletons walk.bvh --out converted

layouts:
  coco17, body25, human36m17, kinect25, zed18, zed34, zed38, mediapipe33, smpl24, smpl22 (joints);
  plugingait, cmu41 (markers); or a TOML file that names the landmark of each column

then:
  python -m builders.draw fitted/kinect_poses.npz --video kinect.gif
  python -m builders.amass --out synth.zarr --motions fitted
"""
INPUTS_HELP = "files, or folders of files; in a dataset, each subfolder of a folder is one person"
# Shortest part of a recording that is written [s].
MIN_PART_S = 1.0


@exit_status("skeletons.csv lists the files that are complete")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return exit status 0, 1 if some file or person failed, or 2 if all did."""
    options = make_parser().parse_args(arguments)
    inputs = _inputs(options)
    _check_names(inputs)
    check_earlier(Path(options.out), inputs)
    if options.video:
        check_video(options.video, options.layout, len(inputs))
    convert = _converter(options)
    rows, complete, out = [], [], Path(options.out)
    try:
        for path, place in inputs:
            try:
                for row in convert(path, out / place):
                    file = (place / row["file"]).as_posix()
                    rows.append(row | {"file": file, "source": path.resolve()})
                complete.append(path)
            except InputError as error:
                print(error, file=sys.stderr)
    finally:
        update_table(out, rows, complete)
    if not rows:
        return 2
    return 1 if len(complete) < len(inputs) else 0


def _inputs(options) -> list[tuple[Path, Path]]:
    """Files of the command line; each folder is replaced by its files of known types.

    Returns:
        Path of each file, and the folder of its results relative to the output folder.

    Raises:
        InputError: a path does not exist, or a folder has no such file.
    """
    from radarsim.files import MOTION_SUFFIXES, TRACKER_SUFFIXES
    from radarsim.paths import existing_path
    from radarsim.skeleton_files import SUFFIXES

    suffixes = SUFFIXES if options.layout else (*MOTION_SUFFIXES, *TRACKER_SUFFIXES)
    found: list[tuple[Path, Path]] = []
    for given in options.inputs:
        path = existing_path(given)
        if path.is_file():
            found.append((path, Path()))
            continue
        inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in suffixes)
        if not inside:
            raise InputError(path, "inputs", "holds no file", f"give {', '.join(suffixes)}")
        found += [(each, each.parent.relative_to(path)) for each in inside]
    return found


def _check_names(inputs: list[tuple[Path, Path]]) -> None:
    """Raise InputError if the results of two files would have the same names."""
    first: dict[Path, Path] = {}
    for path, place in inputs:
        other = first.setdefault(place / path.stem, path)
        if other is not path:
            problem = f"would give results with the names of those of {other}"
            raise InputError(path, "inputs", problem, "rename a file, or use another --out for it")


def _converter(options):
    """Function that converts one file.

    Raises:
        InputError: the layout or the body models cannot be read, or nothing can be drawn.
    """
    if not options.layout:
        return lambda path, folder: convert_motion(path, folder, options)
    from radarsim.files import free_body, load_body
    from radarsim.skeleton_files import read_layout

    if options.draw and importlib.util.find_spec("matplotlib") is None:
        hint = "pip install matplotlib, or install radarsim[viz]"
        raise InputError("options", "--draw", "needs matplotlib, which is not installed", hint)
    layout = read_layout(options.layout)
    models = options.body_models
    body = load_body(models, options.gender) if models else free_body()
    return lambda path, folder: fit_file(path, folder, layout, body, options)


def convert_motion(path: Path, folder: Path, options) -> Iterator[dict]:
    """Write the motions of all people in a file as AMASS files.

    The iterator writes the files one by one, so that the rows of complete files are known if a
    later person cannot be converted.

    Args:
        path: motion file.
        folder: output folder.
        options: options of the command line.

    Returns:
        Iterator over the rows of the table of files, without `source`; `file` is relative to the
        folder.

    Raises:
        InputError: the file cannot be read.
    """
    from radarsim.files import motion_people, read_motion
    from radarsim.skeleton_files import SUFFIXES

    if path.suffix.lower() in set(SUFFIXES) - {".npz", ".npy"}:
        problem, hint = "missing", "name the layout of the joints or markers, e.g. coco17"
        raise InputError(path, "--layout", problem, hint)
    for person in motion_people(path):
        how = {"up": options.source_up, "rate_hz": options.source_rate_hz}
        motion = read_motion(path, person=person, **how)
        row = _write(folder, _name(path, person), motion, options, {})
        row |= {"person": person, "start_s": 0.0}
        _report(row)
        yield row


def fit_file(path: Path, folder: Path, layout, body, options) -> Iterator[dict]:
    """Fit a body to each person in a file, and write the parts that were observed.

    If the fit of a person fails, the other people are fitted, too.

    Args:
        path: file of joints or markers.
        folder: output folder.
        layout: layout of the file.
        body: body model.
        options: options of the command line.

    Returns:
        Iterator over the rows of the table of files, without `source`; `file` is relative to the
        folder.

    Raises:
        InputError: the file cannot be read, or no part of it is usable.
    """
    from radarsim.skeleton_files import read_skeletons

    how = {"up": options.source_up, "rate_hz": options.source_rate_hz, "unit": options.unit}
    sequences = read_skeletons(path, layout, **how)
    _check_people(path, [sequence.person for sequence in sequences])
    errors, num_rows = [], 0
    for number, sequence in enumerate(sequences):
        video = options.video if number == 0 else None
        try:
            for row in _fit_person(path, folder, sequence, body, options, video):
                num_rows += 1
                yield row
        except InputError as error:
            errors.append(error)
    if not num_rows and not errors:
        problem = f"no part of {MIN_PART_S:g} s is usable"
        raise InputError(path, "points", problem, "check the layout, the unit and the confidence")
    for error in errors[1:]:
        print(error, file=sys.stderr)
    if errors:
        raise errors[0]


def _check_people(path: Path, people: Sequence[str]) -> None:
    """Raise InputError if the files of two people of a recording would have the same name."""
    first: dict[str, str] = {}
    for person in people:
        other = first.setdefault(_name(path, person), person)
        if other != person:
            problem = f"{person!r} and {other!r} would have the same file name"
            raise InputError(path, "person", problem, "rename one of them")


def _fit_person(path, folder, sequence, body, options, video) -> Iterator[dict]:
    """Fit a body to one person, and write and report each part that was observed."""
    from radarsim.scene.skeletons.fit import fit_skeleton

    fit = fit_skeleton(sequence, body)
    if options.draw:
        draw_fit(folder / f"{_name(path, sequence.person)}.png", sequence, fit, body)
    if video:
        write_video(video, sequence, fit, body)
    parts = usable_parts(fit.valid, fit.motion.rate_hz)
    for place, part in enumerate(parts):
        name = _name(path, sequence.person, f"part{place}" if len(parts) > 1 else "")
        row = _write_part(folder, name, fit, part, options)
        row |= {"person": sequence.person}
        _report(row)
        yield row


def usable_parts(valid, rate_hz: float) -> list[slice]:
    """Parts of a recording without a gap, of at least `MIN_PART_S`.

    Args:
        valid: whether each pose was observed.
        rate_hz: poses per second.
    """
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(valid, int), [0]])))
    spans = zip(edges[::2], edges[1::2], strict=True)
    return [slice(int(a), int(b)) for a, b in spans if b - a > MIN_PART_S * rate_hz]


def _write_part(folder, name, fit, part, options) -> dict:
    import numpy as np

    from radarsim.scene.motion import cut_motion

    motion = cut_motion(fit.motion, part.start, part.stop - part.start)
    residuals_m, confidence = fit.residuals_m[part], fit.confidence[part]
    extra = {
        "fit_residuals_m": residuals_m.astype(np.float32),
        "fit_confidence": confidence.astype(np.float32),
        "fit_landmarks": np.array(fit.landmarks),
        "fit_noise_m": fit.noise_m,
        "fit_origin_height_m": np.array(fit.origin_height_m),
        "fit_start_s": np.array(part.start / motion.rate_hz),
    }
    row = _write(folder, name, motion, options, extra)
    return row | {
        "start_s": part.start / motion.rate_hz,
        "residual_cm": 100 * float(np.nanmean(residuals_m)),
        "noise_cm": 100 * float(np.median(fit.noise_m)),
        "confidence": float(confidence.mean()),
    }


def _write(folder: Path, name: str, motion, options, extra: dict) -> dict:
    """Write one AMASS file completely or not at all; return the row of the table."""
    from pipelines.table_files import write_whole
    from radarsim.scene.formats.amass_writer import amass_arrays, npz_bytes

    path = folder / f"{name}_poses.npz"
    write_whole(path, npz_bytes(amass_arrays(motion, options.write) | extra))
    row = {"file": path.name, "duration_s": motion.duration_s, "stature_m": motion.stature_m}
    return row | {"notes": "; ".join(motion.notes)}


def _name(path: Path, person: str, part: str = "") -> str:
    words = (path.stem, f"person{person}" if person else "", part)
    return "_".join(word.replace("/", "_") for word in words if word)


def _report(row: dict) -> None:
    residual = f", residual {row['residual_cm']:.1f} cm" if "residual_cm" in row else ""
    stature = f", stature {row['stature_m']:.2f} m" if row["stature_m"] else ""
    span = f"{row['start_s']:.1f} s + {row['duration_s']:.1f} s"
    print(f"{row['file']}: {span}{stature}{residual}")
    for note in filter(None, row["notes"].split("; ")):
        print(f"  note: {note}")


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.skeletons",
        usage="python -m builders.skeletons IN... --out DIR [--layout NAME] [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("inputs", nargs="+", type=path_argument, metavar="IN", help=INPUTS_HELP)
    add("--out", required=True, type=path_argument, metavar="DIR", help="output folder")
    add("--layout", metavar="NAME", help="layout of the joints or markers, or a TOML file")
    add("--source-rate-hz", type=float, metavar="HZ", help="poses per second, if not in the file")
    add("--source-up", default="auto", metavar="AXIS", help="axis that points up, or auto")
    add("--unit", default="auto", metavar="UNIT", help="m, cm, mm, dm, in, ft (default: inferred)")
    add("--write", default="smplh", choices=("smpl", "smplh"), help="layout of the AMASS files")
    add("--draw", action="store_true", help="draw a figure of each fit (extra viz)")
    add("--video", type=path_argument, metavar="FILE", help="GIF or MP4 of the first person's fit")
    add("--body-models", type=path_argument, metavar="PATH", help="SMPL, SMPL-H or SMPL-X models")
    add("--gender", default="neutral", help="gender of the body model (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
