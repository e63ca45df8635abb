"""Adapt a trained model to other stores: `python -m mmclip.finetune STORE --model RUN --out DIR`.

The method "lora" trains a low-rank update of every qkv projection and merges it into the weights.
The method "full" trains all weights. The method "mix" trains from scratch on the given stores and
on those given by --with. The schedule is determined by the settings finetune.augmentation,
finetune.epoch_decay and finetune.mix_schedule, which are those of the model unless --set overrides
them.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.exit_status import RESUME, exit_status
from mmclip.paths import path_argument

METHODS = ("lora", "full", "mix")
# Default number of steps, from section 5.3.4 of the paper and from the authors' code.
STEPS = 1000
# Overrides for fine-tuning without augmentation (finetune.augmentation=false).
NO_AUGMENTATION = ["range_shift=0", "level_db=0", "noise_db=0", "drop=0", "drop_columns=0"]
# Components that train.lora_projection trains in addition to LoRA.
LORA_PROJECTION = ("projection", "log_scale")
EXAMPLES = """
examples:
  python -m mmclip.finetune recorded.zarr --model runs/pre --out runs/fine
  python -m mmclip.finetune recorded.zarr --model runs/pre --method full --set rate=3e-5
  python -m mmclip.finetune recorded.zarr --model runs/pre --method mix --with synth.zarr
"""


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    # Imported after parsing, since these imports take seconds and --help does not need them.
    from mmclip.pretrain import summary

    description = finetune(options, Path(options.out))
    print(f"{options.out}: {summary(description)}")
    return 0


def finetune(options: argparse.Namespace, out: Path, report: Callable[[str], None] = print) -> dict:
    """Adapt a model, or resume an interrupted adaptation.

    Args:
        options: parsed command line.
        out: output folder of the fine-tuning run.
        report: function that receives each line of progress.

    Returns:
        Content of model.json, with the seen labels and subjects of the original training and of the
        fine-tuning.

    Raises:
        MmclipError: the model, a store, a setting or the folder cannot be used, or --with is
            missing.
    """
    from mmclip.ensemble_network import MEMBERS
    from mmclip.epochs import with_epoch_decay
    from mmclip.errors import MmclipError
    from mmclip.excluded_windows import left_out_entry
    from mmclip.model_files import load_model
    from mmclip.output_paths import check_output_folder
    from mmclip.prepared_data import prepare_data, with_split_names
    from mmclip.query_bank import add_query_bank
    from mmclip.run_folder import claim_run_folder
    from mmclip.settings_rules import check_settings
    from mmclip.text_encoders import load_encoder
    from mmclip.training_loop import train

    mix = options.method == "mix"
    if mix and not options.others:
        hint = "name the stores of the original training run"
        raise MmclipError("options", "--with", "is missing, but --method mix needs it", hint)
    check_output_folder(out)
    start = load_model(options.model)
    if MEMBERS in start.description:
        hint = "fine-tune each of its models, then combine the results as before; without these "
        hint += "models, as for the model of the package, first run radarsim pretrain"
        raise MmclipError(options.model, "model", "combines several models", hint)
    settings = _settings(options, start)
    check_settings(settings)
    encoder = load_encoder(start.description["encoder"]["name"])
    start.check_encoder(encoder)
    data = prepare_data(
        [*options.stores, *(options.others if mix else ())],
        settings,
        encoder,
        axes=start.description["axes"],
        verify=options.verify,
        skip_absent=not _names_unseen(options),
        report=report,
    )
    settings = with_epoch_decay(data, with_split_names(settings, data.corpus))
    extra = {"source": start.description["weights_sha256"], **left_out_entry(data.corpus)}
    claim_run_folder(out, data, settings, f"finetune {options.method}", **extra)
    model = _initial_model(options.method, start.network, settings, encoder.width)
    report(f"{options.method}: {model.num_trained:,} trainable parameters")
    base = None if mix else start.description
    train(data, settings, out, model, base=base, report=report)
    return add_query_bank(out, data.corpus, report)


def _initial_model(method: str, network, settings, text_width: int):
    """The model before the first step, split into structure and variables."""
    import jax

    from mmclip import lora
    from mmclip.model import make_model
    from mmclip.model_variables import split_model

    if method == "mix":
        network = make_model(settings.model, text_width, settings.train.seed)
    if method != "lora":
        return split_model(network)
    lora.attach(network, settings.train, jax.random.key(settings.train.seed))
    also_trained = LORA_PROJECTION if settings.train.lora_projection else ()
    return split_model(network, trained="lora", also_trained=also_trained)


def _settings(options: argparse.Namespace, start):
    """The model's settings with the schedule of fine-tuning, overridden by the options.

    Settings of the section `finetune` are applied first, because these settings determine the
    schedule.
    """
    from mmclip.presets import apply_overrides, with_unseen
    from mmclip.pretrain import option_overrides

    given = [*options.set, *option_overrides(options)]
    finetune = apply_overrides(start.settings, given).finetune
    schedule = ["derange=0"]
    if options.method != "mix" or finetune.mix_schedule == "short":
        schedule += [f"steps={STEPS}", "warmup=0"]
    if options.method != "mix":
        schedule += [] if finetune.augmentation else NO_AUGMENTATION
        schedule += ["decay_per_epoch=true"] if finetune.epoch_decay else []
    return with_unseen(apply_overrides(start.settings, [*schedule, *given]), options.unseen)


def _names_unseen(options: argparse.Namespace) -> bool:
    """Whether the command line names the unseen labels; otherwise they are those of the model."""
    keys = {each.partition("=")[0].strip() for each in options.set}
    return bool(options.unseen) or not keys.isdisjoint({"unseen", "data.unseen"})


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    from mmclip.pretrain import add_training_options

    parser = argparse.ArgumentParser(
        prog="python -m mmclip.finetune",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores",
        type=path_argument,
        nargs="+",
        metavar="STORE",
        help="stores to which the model is adapted",
    )
    parser.add_argument(
        "--model",
        type=path_argument,
        required=True,
        metavar="RUN",
        help="folder of a trained model",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="lora",
        help="fine-tuning method (default: %(default)s)",
    )
    parser.add_argument(
        "--with",
        type=path_argument,
        dest="others",
        nargs="+",
        default=[],
        metavar="STORE",
        help="additional stores for the method mix",
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default="runs/fine",
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    add_training_options(
        parser,
        "settings that override those of the model; radarsim pretrain --describe and "
        "docs/reference/training.md list them",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
