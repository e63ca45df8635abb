"""Adapt a trained model to other stores: `python -m mmclip.finetune STORE --model RUN --out DIR`.

lora trains a low-rank change of every qkv projection and adds it in at the end; full trains every
weight; mix trains from scratch on these stores and those of --with together.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

METHODS = ("lora", "full", "mix")
# Section 5.3.4 of the paper and its code: a thousand steps.
STEPS = 1000
EXAMPLES = """
examples:
  python -m mmclip.finetune recorded.zarr --model runs/pre --out runs/fine
  python -m mmclip.finetune recorded.zarr --model runs/pre --method full --set rate=3e-5
  python -m mmclip.finetune recorded.zarr --model runs/pre --method mix --with synth.zarr
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where it cannot start or must stop."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from mmclip.errors import MmclipError
    from mmclip.pretrain import told

    try:
        about = finetune(options, Path(options.out))
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out}: {told(about)}")
    return 0


def finetune(options: argparse.Namespace, out: Path, tell=print) -> dict:
    """Adapt a model, or go on adapting it.

    Args:
        options: of the command.
        out: folder of the training.
        tell: hears the progress.

    Returns:
        What model.json says: labels seen and people of both trainings.

    Raises:
        MmclipError: something given cannot be used.
    """
    import jax

    from mmclip import lora
    from mmclip.errors import MmclipError
    from mmclip.loop import train
    from mmclip.model import make_model
    from mmclip.release import load_release
    from mmclip.run_folder import claim
    from mmclip.session import open_session
    from mmclip.step import model_of
    from mmclip.text import load_encoder
    from mmclip.weights import take_apart

    if options.method == "mix" and not options.others:
        hint = "name the stores of the first training"
        raise MmclipError("options", "--with", "--method mix has nothing to mix", hint)
    release = load_release(options.model)
    settings = _settings(options, release)
    encoder = load_encoder(release.about["encoder"]["name"])
    release.check_encoder(encoder)
    stores = [*options.stores, *(options.others if options.method == "mix" else ())]
    session = open_session(
        stores, settings, encoder, axes=release.about["axes"], verify=options.verify, tell=tell
    )
    source = release.about["weights_sha256"]
    claim(out, session, settings, f"finetune {options.method}", source=source)
    model = release.model
    if options.method == "mix":
        model = make_model(settings.model, encoder.width, settings.train.seed)
    if options.method == "lora":
        lora.attach(model, settings.train, jax.random.key(settings.train.seed))
    kind = "lora" if options.method == "lora" else "base"
    graph, variables = take_apart(model)
    size = sum(each.size for each in variables[kind].values())
    tell(f"{options.method}: {size:,} parameters are trained")

    def finish(state):
        done = model_of(graph, state, kind)
        lora.merge(done)
        return take_apart(done)[1]["base"]

    before = None if options.method == "mix" else release.about
    return train(
        session, settings, out, graph, variables, kind=kind, finish=finish, before=before, tell=tell
    )


def _settings(options: argparse.Namespace, release):
    """The model's own, with a shorter schedule, then --set and the short options."""
    from mmclip.presets import override

    own = release.settings
    start = [f"steps={STEPS}", "warmup=0", "derange=0", f"unseen={','.join(own.data.unseen)}"]
    short = [
        f"{n}={getattr(options, n)}" for n in ("seed", "steps") if getattr(options, n) is not None
    ]
    unseen = [f"unseen={','.join(options.unseen)}"] if options.unseen else []
    return override(own, [*start, *options.set, *short, *unseen])


def _parser() -> argparse.ArgumentParser:
    from mmclip.pretrain import add_training_options

    parser = argparse.ArgumentParser(
        prog="python -m mmclip.finetune",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stores", nargs="+", metavar="STORE", help="to adapt to")
    parser.add_argument("--model", required=True, metavar="RUN", help="folder of a trained model")
    parser.add_argument("--method", choices=METHODS, default="lora", help="(%(default)s)")
    parser.add_argument(
        "--with", dest="others", nargs="+", default=[], metavar="STORE", help="for mix: more stores"
    )
    parser.add_argument("--out", default="runs/fine", metavar="DIR", help="(%(default)s)")
    add_training_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
