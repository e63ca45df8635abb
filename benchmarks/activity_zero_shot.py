"""Recognise the five activities by their texts, with models that were trained on the grammar alone.

    python -m benchmarks.activity_grammar --out grammar.npz --sequences 250
    python -m benchmarks.activity_zero_shot --recordings DIR --grammar grammar.npz --out runs

The training data are phrases of the movement grammar, each with a sentence that describes it,
simulated for the radar of the recordings. Phrases with the words "wave" or "waving" in the label or
in a sentence are left out, and no recording is used for training. Two kinds of models are compared:
mmCLIP networks with the time-Doppler heatmap as their only input, and logistic regressions on the
phrases whose sentences are most similar to the texts of the activities. In the trained controls,
every phrase has the sentence of another phrase. By default, the models are tested on the people A
to E; with `--final`, on the people F to O, and the result is appended to the log of all final runs.
"""

import argparse
import json
from itertools import permutations
from pathlib import Path

import numpy as np

from benchmarks.activity_features import picture_features
from benchmarks.activity_grammar import Phrase, between_rests, read_phrases
from benchmarks.activity_maps import picture_rows, write_store
from benchmarks.activity_phrases import predict_by_phrases, shuffled
from benchmarks.activity_pictures import (
    DEVELOPMENT,
    FINAL,
    LABELS,
    NUM_BINS,
    NUM_COLUMNS,
    Pictures,
    doppler_picture,
    recorded_pictures,
)
from benchmarks.activity_scores import mean_recall, scores_of
from benchmarks.real_activities import add_final_options, log_final_run, scaled_echo

# Texts of the five activities, in the wording of the grammar.
TEXTS = {
    "convulsion": "A person shakes the arms, the head and the trunk in a convulsion.",
    "cough": "A person coughs and jerks the trunk forward a little with every cough.",
    "drink": "A person reaches for a glass, drinks, and puts the glass back.",
    "fall": "A person falls to the floor.",
    "wave": "A person waves a raised hand from side to side.",
}
# Phrases with one of these words in the label or in a sentence are not used.
WITHHELD = ("wave", "waving")
# mmCLIP settings: one heatmap, one text per phrase, and a network for about 1,000 pictures.
SETTINGS = [
    "heatmaps=time_doppler",
    "parts=general",
    "describe=label",
    "size=76",
    "patch_columns=4",
    "aggregator=attention",
    "sampling=clip",
    "select=retrieval",
    "augment.drop=0",
    "augment.level_db=6",
]


def main(arguments: list[str] | None = None) -> None:
    """Run the command with the given command-line arguments."""
    options = make_parser().parse_args(arguments)
    out, tested = Path(options.out), FINAL if options.final else DEVELOPMENT
    phrases = [each for each in read_phrases(options.grammar) if not is_withheld(each)]
    pictures = grammar_pictures(phrases, options.copies, options.seed)
    grammar = out / "grammar.zarr"
    write_store(grammar, pictures)
    recorded = recorded_pictures(options.recordings, tested)
    people = out / f"people-{''.join(tested)}.zarr"
    write_store(people, recorded)
    models = [train(grammar, out, options, seed, 0) for seed in range(options.seeds)]
    controls = [train(grammar, out, options, 0, 1 + each) for each in range(options.controls)]
    result = score(models, controls, people, recorded)
    result["phrases"] = score_phrases(phrases, pictures, recorded, options)
    print_result(result, tested)
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1))
    if options.final:
        log_final_run(Path(options.log), result)


def is_withheld(phrase: Phrase) -> bool:
    """Whether the label or a sentence of a phrase contains one of the withheld words."""
    texts = (phrase.label, *phrase.sentences.values())
    return any(word in text for word in WITHHELD for text in texts)


def grammar_pictures(phrases: list[Phrase], copies: int, seed: int) -> Pictures:
    """Simulate the pictures of all phrases; the label of a picture is the phrase's sentence.

    Args:
        phrases: phrases of the grammar.
        copies: number of pictures per phrase, with different levels and start times.
        seed: random seed of the levels, the start times and the receiver noise.
    """
    values, labels, people = [], [], []
    for row, phrase in enumerate(phrases):
        for copy in range(copies):
            rng = np.random.default_rng((seed, row, copy))
            echo = between_rests(phrase.echo, 2 * NUM_BINS * NUM_COLUMNS, rng)
            values.append(doppler_picture(scaled_echo(echo, rng), rng))
            labels.append(phrase.sentences["general"])
            people.append(f"{phrase.person:02d}")
    return Pictures(values=np.array(values), labels=np.array(labels), people=np.array(people))


def train(store: Path, out: Path, options, seed: int, derange: int) -> Path:
    """Train one model on the grammar, or resume its training, and return its folder."""
    from mmclip.pretrain import main as pretrain

    folder = out / (f"control-{derange}" if derange else f"model-{seed}")
    if not (folder / "model.json").is_file():
        changed = [*SETTINGS, f"steps={options.steps}", f"seed={seed}", f"derange={derange}"]
        changed += options.set
        command = [str(store), "--out", str(folder), "--preset", "small", "--no-verify"]
        if pretrain([*command, "--set", *changed]):
            raise SystemExit(f"{folder}: training failed")
    return folder


def probabilities(model: Path, store: Path) -> np.ndarray:
    """Probability of each text for each picture [picture, text], with the hub correction."""
    from mmclip.predict import make_parser, predict

    texts = [TEXTS[each] for each in LABELS]
    command = [str(store), "--model", str(model), "--labels", *texts, "--no-verify"]
    rows = predict(
        make_parser().parse_args([*command, "--hub-correction", "on"]), report=lambda _: None
    )
    rows.sort(key=lambda row: row["clip"])
    return np.array([[row["scores"][text] for text in texts] for row in rows])


def score(models: list[Path], controls: list[Path], store: Path, recorded: Pictures) -> dict:
    """Score the mean probability of the models on the recordings.

    Two kinds of controls are scored: models trained as controls, and the models with exchanged
    texts. In each of the 44 derangements of the five texts, every activity has the text of another
    activity. The derangements relabel the same predictions, so the mean of their recalls is exactly
    a quarter of the share of errors, (1 - recall) / 4.
    """
    order, names = picture_rows(store), np.array(LABELS)

    def predictions(folders):
        mean = np.mean([probabilities(each, store) for each in folders], axis=0)
        return mean[order].argmax(axis=1)

    found = predictions(models)
    chance = [mean_recall(recorded.labels, names[predictions([each])]) for each in controls]
    exchanged = [mean_recall(recorded.labels, names[list(each)][found]) for each in _orders()]
    scores = scores_of(recorded, names[found], "zero-shot")
    return scores | {"controls": exchanged, "trained controls": chance}


def _orders() -> list[tuple[int, ...]]:
    """Return the permutations of the activities in which no activity keeps its place."""
    numbers = range(len(LABELS))
    return [each for each in permutations(numbers) if all(a != b for a, b in zip(each, numbers))]


def score_phrases(phrases: list[Phrase], pictures: Pictures, recorded: Pictures, options) -> dict:
    """Score the model of the nearest phrases, and its permutation controls, on the recordings."""
    from mmclip.text_encoders import load_encoder

    encoder = load_encoder()
    sentences = encoder.embed([each.sentences["general"] for each in phrases])
    similarity = sentences @ encoder.embed([TEXTS[each] for each in LABELS]).T
    index = np.repeat(np.arange(len(phrases)), options.copies)
    train, tested = (picture_features(pictures.values), index), picture_features(recorded.values)
    rng = np.random.default_rng(options.seed)
    chance = [
        mean_recall(recorded.labels, predict_by_phrases(train, shuffled(similarity, rng), tested))
        for _ in range(options.phrase_controls)
    ]
    predicted = predict_by_phrases(train, similarity, tested)
    return scores_of(recorded, predicted, "zero-shot") | {"controls": chance}


def print_result(result: dict, tested: tuple[str, ...]) -> None:
    """Print all scores in per cent."""
    print(f"people {''.join(tested)}: {result['recordings']} recordings")
    for name, found in (("mmCLIP", result), ("nearest phrases", result["phrases"])):
        low, high = (100 * each for each in found["interval over people"])
        print(f"zero-shot, {name}: {100 * found['zero-shot']:.1f} % ({low:.1f} to {high:.1f} %)")
        print("recall: " + ", ".join(f"{k} {100 * v:.0f} %" for k, v in found["recall"].items()))
        if found["controls"]:
            low, middle, high = 100 * np.quantile(found["controls"], [0.025, 0.5, 0.975])
            count = len(found["controls"])
            print(f"{count} permutation controls: {middle:.1f} % ({low:.1f} to {high:.1f} %)")
    print("trained controls:", *(f"{100 * each:.1f} %" for each in result["trained controls"]))


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.activity_zero_shot",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recordings", required=True, help="folder with a subfolder per activity")
    parser.add_argument("--grammar", required=True, help="file of benchmarks.activity_grammar")
    parser.add_argument("--out", required=True, help="folder of the stores and of the models")
    parser.add_argument("--copies", type=int, default=2, help="pictures per simulated phrase")
    parser.add_argument("--seed", type=int, default=0, help="random seed of levels and noise")
    parser.add_argument("--seeds", type=int, default=1, help="number of models")
    parser.add_argument("--controls", type=int, default=1, help="number of permutation controls")
    parser.add_argument("--phrase-controls", type=int, default=100, help="phrase-model controls")
    parser.add_argument("--steps", type=int, default=1300, help="training steps of each model")
    parser.add_argument("--set", nargs="+", default=[], help="further settings of mmclip")
    add_final_options(parser)
    return parser


if __name__ == "__main__":
    main()
