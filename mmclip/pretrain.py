"""Train a model on stores from scratch: `python -m mmclip.pretrain STORE [STORE ...] --out DIR`.

The command writes metrics.csv, checkpoints, and the model as weights.safetensors and model.json. If
training is interrupted, the same command resumes it and yields the same weights.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.command_options import add_verify_option
from mmclip.exit_status import RESUME, exit_status
from mmclip.paths import path_argument
from mmclip.presets import PRESETS

EXAMPLES = """
examples:
  python -m mmclip.pretrain synth.zarr --out runs/pre --preset small
  python -m mmclip.pretrain a.zarr b.zarr --out runs/g1 --unseen G1 --seed 1
  python -m mmclip.pretrain a.zarr --out runs/doppler --set heatmaps=time_doppler parts=general
  python -m mmclip.pretrain a.zarr --describe
"""


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    settings = settings_of(options)
    if options.describe:
        _describe(settings, options.encoder)
        return 0
    description = pretrain(
        options.stores, Path(options.out), settings, options.encoder, options.verify
    )
    print(f"{options.out}: {summary(description)}")
    return 0


def pretrain(
    stores: Sequence[str],
    out: Path,
    settings,
    encoder_name: str,
    verify: bool = True,
    report: Callable[[str], None] = print,
) -> dict:
    """Train a model from scratch, or resume its training.

    Args:
        stores: folders of stores.
        out: output folder of the training run.
        settings: settings of the training run, a `TrainingSettings`.
        encoder_name: name of the text encoder, in a form that `text_encoders.load_encoder` accepts.
        verify: whether to verify the checksums of the heatmap files first.
        report: function that receives each line of progress.

    Returns:
        Content of model.json.

    Raises:
        MmclipError: a store, a setting or the folder cannot be used.
    """
    from mmclip.epochs import with_epoch_decay
    from mmclip.excluded_windows import left_out_entry
    from mmclip.model import make_model
    from mmclip.model_variables import split_model
    from mmclip.output_paths import check_output_folder
    from mmclip.prepared_data import prepare_data, with_split_names
    from mmclip.query_bank import add_query_bank
    from mmclip.run_folder import claim_run_folder
    from mmclip.settings_rules import check_settings
    from mmclip.text_encoders import load_encoder
    from mmclip.training_loop import train

    check_settings(settings)
    check_output_folder(out)
    data = prepare_data(stores, settings, load_encoder(encoder_name), verify=verify, report=report)
    settings = with_epoch_decay(data, with_split_names(settings, data.corpus))
    claim_run_folder(out, data, settings, "pretrain", **left_out_entry(data.corpus))
    network = make_model(settings.model, data.encoder["width"], settings.train.seed)
    model = split_model(network)
    labels = f"{len(data.seen)} seen and {len(data.unseen)} unseen labels"
    report(f"model: {model.num_trained:,} parameters; {labels}")
    train(data, settings, out, model, report=report)
    return add_query_bank(out, data.corpus, report)


def summary(description: dict) -> str:
    """Format the step and the validation accuracy of the released weights."""
    accuracy = description["validation_accuracy"]
    result = "not validated" if accuracy is None else f"validation accuracy {accuracy:.1%}"
    return f"weights of step {description['step']}, {result}"


def settings_of(options: argparse.Namespace):
    """The preset's settings, overridden by --set and then by the other options."""
    from mmclip.presets import load_preset, with_unseen

    settings = load_preset(options.preset, [*options.set, *option_overrides(options)])
    return with_unseen(settings, options.unseen)


def option_overrides(options: argparse.Namespace) -> list[str]:
    """Convert the options --seed and --steps to `key=value` overrides."""
    return [
        f"{name}={getattr(options, name)}"
        for name in ("seed", "steps")
        if getattr(options, name) is not None
    ]


def add_training_options(parser: argparse.ArgumentParser, settings: str) -> None:
    """Add the options that pre-training and fine-tuning share.

    Args:
        parser: parser of a command line.
        settings: meaning of --set.
    """
    parser.add_argument(
        "--seed", type=int, metavar="S", help="random seed of weights, batches and augmentation"
    )
    parser.add_argument("--steps", type=int, metavar="N", help="number of training steps")
    parser.add_argument(
        "--unseen",
        nargs="+",
        metavar="LABEL",
        help="labels or groups (such as G1) to exclude from training, separated by spaces; a "
        "label with spaces or commas is written in quotation marks",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help=settings,
    )
    add_verify_option(parser)


def _describe(settings, encoder_name: str) -> None:
    """Print the settings, and the parameter counts of a network with this text encoder."""
    from mmclip.model import abstract_model
    from mmclip.model_variables import split_model
    from mmclip.parameter_counts import parameter_table
    from mmclip.presets import settings_to_dict

    width, source = _text_width(encoder_name)
    network = abstract_model(settings, width)
    print(parameter_table(network))
    print(f"model: {split_model(network).num_trained:,} parameters; {source}")
    print(json.dumps(settings_to_dict(settings), indent=1))


def _text_width(encoder_name: str) -> tuple[int, str]:
    """Width of the text embeddings, which determines some layer sizes, and a note on its source."""
    from mmclip.errors import MmclipError
    from mmclip.model import PAPER_TEXT_WIDTH
    from mmclip.text_encoders import load_encoder

    try:
        width = load_encoder(encoder_name).width
    except MmclipError as error:
        return PAPER_TEXT_WIDTH, f"text embeddings of width {PAPER_TEXT_WIDTH} assumed ({error})"
    return width, f"text embeddings of width {width}, of {encoder_name}"


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.pretrain",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="+", metavar="STORE", help="folders of finished stores"
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default="runs/pre",
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="small",
        help="preset of the settings (default: %(default)s)",
    )
    parser.add_argument(
        "--encoder",
        type=path_argument,
        default="minilm",
        metavar="NAME",
        help="text encoder (default: %(default)s)",
    )
    parser.add_argument(
        "--describe", action="store_true", help="print settings and parameter counts, then exit"
    )
    add_training_options(parser, "settings that override the preset; see --describe")
    return parser


if __name__ == "__main__":
    sys.exit(main())
