"""Train on stores from scratch: `python -m mmclip.pretrain STORE [STORE ...] --out runs/pre`.

Writes metrics.csv, checkpoints, and the model: weights.safetensors and model.json. The same command
goes on where a stopped one left off, and comes to the same weights.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """
examples:
  python -m mmclip.pretrain synth.zarr --out runs/pre --preset small
  python -m mmclip.pretrain a.zarr b.zarr --out runs/g1 --unseen G1 --seed 1
  python -m mmclip.pretrain a.zarr --out runs/doppler --set heatmaps=time_doppler parts=general
  python -m mmclip.pretrain a.zarr --describe
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where it cannot start or must stop."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from mmclip.errors import MmclipError

    try:
        settings = settings_of(options)
        if options.describe:
            from mmclip.parameters import table

            print(table(settings))
            print(json.dumps(_table(settings), indent=1))
            return 0
        about = pretrain(
            options.stores, Path(options.out), settings, options.encoder, options.verify
        )
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out}: {told(about)}")
    return 0


def pretrain(
    stores, out: Path, settings, encoder_name: str, verify: bool = True, tell=print
) -> dict:
    """Train a model from scratch, or go on with it.

    Args:
        stores: folders.
        out: folder of the training.
        settings: of everything.
        encoder_name: see `text.load_encoder`.
        verify: whether to compare the heatmaps' files with their checksums first.
        tell: hears the progress.

    Returns:
        What model.json says.

    Raises:
        MmclipError: something given cannot be used.
    """
    from mmclip.loop import train
    from mmclip.model import make_model
    from mmclip.run_folder import claim
    from mmclip.session import open_session
    from mmclip.text import load_encoder
    from mmclip.weights import take_apart

    session = open_session(stores, settings, load_encoder(encoder_name), verify=verify, tell=tell)
    claim(out, session, settings, "pretrain")
    model = make_model(settings.model, session.encoder["width"], settings.train.seed)
    graph, variables = take_apart(model)
    size = sum(each.size for each in variables["base"].values())
    tell(f"model: {size:,} parameters; {len(session.seen)} labels seen, {len(session.unseen)} not")
    return train(session, settings, out, graph, variables, tell=tell)


def told(about: dict) -> str:
    """How good the released weights are, in words."""
    share = about["validation_accuracy"]
    judged = "not validated" if share is None else f"{share:.1%} of the validation windows right"
    return f"{judged} at step {about['step']}"


def settings_of(options: argparse.Namespace):
    """Preset, then --set, then the short options."""
    from mmclip.presets import settings

    short = [
        f"{name}={getattr(options, name)}"
        for name in ("seed", "steps")
        if getattr(options, name) is not None
    ]
    unseen = [f"unseen={','.join(options.unseen)}"] if options.unseen else []
    return settings(options.preset, [*options.set, *short, *unseen])


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Options that pre-training and fine-tuning share."""
    parser.add_argument("--seed", type=int, metavar="S", help="of weights, batches and changes")
    parser.add_argument("--steps", type=int, metavar="N", help="to train for")
    parser.add_argument(
        "--unseen", nargs="+", metavar="LABEL", help="labels or groups (G1) that are kept out"
    )
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="any setting; see --describe"
    )
    parser.add_argument(
        "--no-verify", dest="verify", action="store_false", help="trust the stores' files"
    )


def _table(settings) -> dict:
    from mmclip.presets import as_table

    return as_table(settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.pretrain",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stores", nargs="+", metavar="STORE", help="folders of finished stores")
    parser.add_argument("--out", default="runs/pre", metavar="DIR", help="(%(default)s)")
    parser.add_argument("--preset", choices=("paper", "small"), default="small", help="(small)")
    parser.add_argument("--encoder", default="minilm", metavar="NAME", help="of text (minilm)")
    parser.add_argument("--describe", action="store_true", help="print settings and parameters")
    add_training_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
