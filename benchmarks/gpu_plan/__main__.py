"""Plan the simulation and a training step on a GPU, on a machine without this GPU.

    python -m benchmarks.gpu_plan --gpu h100 --frames 32 256 full --json plan.json
    python -m benchmarks.gpu_plan --check

The programs are compiled for the GPU on this machine. The compiled module states which kernels a
call launches, how often the host must wait, how many bytes the kernels move and how many operations
they perform. From these numbers, the command computes a lower bound on the time of a call. A plan
is not a measurement. With --check, the command fails if launches or bytes exceed the ceilings in
`ceilings.json`.
"""

import argparse
import json
import os
import sys
from pathlib import Path

PROGRAMS = ("if", "heatmaps", "training")


def main(arguments: list[str] | None = None) -> int:
    """Print plans, or check the ceilings.

    Returns:
        Exit status: 0; 1 if a ceiling is exceeded; 2 if the compiler for GPUs is missing.
    """
    options = make_parser().parse_args(arguments)
    # Nothing runs on a GPU, and a plugin without a driver would print errors.
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks.gpu_plan.accelerator import missing_wheels

    missing = missing_wheels()
    if missing:
        print(f"the compiler for GPUs is missing: {missing}", file=sys.stderr)
        return 2
    from benchmarks.gpu_plan import ceilings

    if options.check:
        return ceilings.check(options.programs)
    results = [_shown(plan, options) for plan in _plans(options)]
    if options.json:
        options.json.write_text(json.dumps(_described(results), indent=2) + "\n")
        print(f"written: {options.json}")
    return 0


def _plans(options: argparse.Namespace):
    """Plans of all programs and batch sizes."""
    from benchmarks.gpu_plan.cards import CARDS
    from benchmarks.gpu_plan.plan import counted_loops, make_plan
    from benchmarks.gpu_plan.programs import Simulation, training_step

    card = CARDS[options.gpu]
    if "training" in options.programs:
        for batch in options.windows:
            yield make_plan(training_step(batch), card)
    if set(options.programs) & {"if", "heatmaps"}:
        simulation = Simulation()
        # One clip is enough to count loop iterations; a larger batch would need as much memory as a
        # GPU has.
        counts = counted_loops(simulation.program(simulation.clip_frames, False, card))
        for name in (name for name in options.programs if name != "training"):
            for frames in options.frames:
                number = simulation.frames_per_batch(card) if frames == "full" else int(frames)
                program = simulation.program(number, name == "heatmaps", card)
                yield make_plan(program, card, counts)


def _shown(plan, options: argparse.Namespace) -> dict:
    """Print a plan, write its modules if requested, and return its values."""
    from benchmarks.gpu_plan.report import plan_text, plan_values

    values = plan_values(plan)
    print(plan_text(values), end="\n\n", flush=True)
    if options.hlo:
        options.hlo.mkdir(parents=True, exist_ok=True)
        for index, part in enumerate(plan.compiled):
            name = f"{plan.program.name}_{plan.program.items}_{index}".replace(" ", "_")
            (options.hlo / f"{name.replace(',', '')}.hlo").write_text(part.text)
    return values


def _described(results: list[dict]) -> dict:
    import jax

    from benchmarks.gpu_plan.report import ASSUMPTIONS
    from benchmarks.machine_info import commit

    return {
        "kind": "plan",
        "commit": commit(),
        "jax": jax.__version__,
        "assumptions": ASSUMPTIONS,
        "plans": results,
    }


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    from benchmarks.gpu_plan.cards import CARDS

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu_plan",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--gpu", choices=CARDS, default="h100", help="the GPU (%(default)s)")
    add("--programs", nargs="+", choices=PROGRAMS, default=PROGRAMS, help="default: all")
    add(
        "--frames",
        nargs="+",
        type=_frames,
        default=["32", "256", "full"],
        metavar="N",
        help='frames per call; "full" for one batch of the dataset factory (32 256 full)',
    )
    add(
        "--windows",
        nargs="+",
        type=int,
        default=[16, 64, 256],
        metavar="N",
        help="training windows per batch (16 64 256)",
    )
    add("--json", type=Path, metavar="FILE", help="write the plans as JSON")
    add("--hlo", type=Path, metavar="DIR", help="write the compiled modules as text")
    add("--check", action="store_true", help="compare with the ceilings in ceilings.json")
    return parser


def _frames(text: str) -> str:
    if text != "full" and not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f'{text!r} is neither a number above 0 nor "full"')
    return text


if __name__ == "__main__":
    sys.exit(main())
