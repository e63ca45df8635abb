"""Check the grammar: number of combinations, excluded activities, and English of the sentences.

`python -m builders.grammar.check` counts the combinations, verifies that none of them resembles an
activity of the protocol, and checks the English of random sentences. With `--likeness`, the command
also performs random phrases and determines which activity each phrase resembles most.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise

MAX_CAPTION_CHARS = 700  # maximum length of a caption of three phrases
RATE_HZ = 30.0  # pose rate that suffices to compare motions


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return exit status 0 if no error is found, else 1."""
    options = make_parser().parse_args(arguments)
    wrong = check_combinations() + check_sentences(options.sentences, options.seed, options.show)
    if options.likeness:
        print_similarity(options.likeness, options.seed)
    print(f"\n{wrong} wrong" if wrong else "\nnothing wrong")
    return 1 if wrong else 0


def check_combinations() -> int:
    """Print the numbers of combinations and excluded activities; return the error count."""
    from builders.activities import ACTIVITIES
    from builders.grammar.exclusions import EXCLUDED_PATTERNS, NOT_COMPOSABLE, count_matches
    from builders.grammar.random_phrases import combinations

    found = list(combinations())
    print(f"{len(found)} combinations that may be drawn, {len(set(found))} of them distinct")
    uncovered = sorted(set(ACTIVITIES) - set(EXCLUDED_PATTERNS) - set(NOT_COMPOSABLE))
    matched = count_matches(found)
    print(f"{len(EXCLUDED_PATTERNS)} activities excluded by patterns")
    print(f"{len(NOT_COMPOSABLE)} activities that no combination can resemble")
    print(f"{len(uncovered)} not covered {uncovered}, {len(matched)} matched {matched}")
    return len(uncovered) + len(matched)


def check_sentences(num: int, seed: int, show: int) -> int:
    """Print some random sentences and all errors found in them; return the error count."""
    from builders.activities.texts import sentence_problem

    sentences = _random_sentences(num, seed)
    errors = []
    for sentence in sentences:
        problem = sentence_problem(sentence, MAX_CAPTION_CHARS)
        if problem:
            errors.append(f"  {problem}: {sentence}")
    print(f"{num} sentences, {len(set(sentences))} distinct, {len(errors)} with an error")
    print("\n".join(errors[:20] + [f"  {sentence}" for sentence in sentences[: show or 0]]))
    return len(errors)


def _random_sentences(num, seed):
    """Captions and attribute sentences of random sequences."""
    from builders.activities.variation import generator
    from builders.grammar.captions import draw_attributes, draw_captions
    from builders.grammar.english import as_sentence
    from builders.grammar.random_phrases import draw_sequence

    rng, sentences = generator("language", seed), []
    while len(sentences) < num:
        sequence = draw_sequence(rng)
        sentences += [as_sentence(caption) for caption in draw_captions(sequence, rng, 2)]
        sentences += draw_attributes(sequence, rng).values()
    return sentences[:num]


def print_similarity(num: int, seed: int) -> None:
    """Print the activities that random phrases resemble most, and the spread within an activity."""
    import numpy as np

    from builders.activities import ACTIVITIES, perform
    from builders.activities.variation import generator
    from builders.grammar.phrase_composition import perform_sequence
    from builders.grammar.random_phrases import PhraseSequence, draw_sequence
    from builders.grammar.similarity import motion_descriptor

    known = {
        name: [motion_descriptor(perform(name, number, rate_hz=RATE_HZ)) for number in range(4)]
        for name in ACTIVITIES
    }
    own_m = [np.linalg.norm(a - b) for takes in known.values() for a, b in pairwise(takes)]
    rng, nearest = generator("likeness", seed), []
    for number in range(num):
        sequence = PhraseSequence(phrases=draw_sequence(rng).phrases[:1])
        take = perform_sequence(sequence, f"likeness{number}", number % 4, seed, RATE_HZ)
        drawn = motion_descriptor(take.motion)
        gaps = [(np.linalg.norm(drawn - take), name) for name in known for take in known[name]]
        nearest.append((*min(gaps), sequence.phrases[0].names))
    gaps_m = [gap for gap, *_ in nearest]
    print(f"median distance between two people in the same activity: {np.median(own_m):.2f} m")
    print(f"median distance from a phrase to the nearest activity: {np.median(gaps_m):.2f} m")
    for gap, name, names in sorted(nearest)[:5]:
        print(f"  {gap:.2f} m from {name}: {', '.join(names)}")


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.grammar.check", description=__doc__.split("\n\n", 1)[0]
    )
    add = parser.add_argument
    add(
        "--sentences",
        type=int,
        default=2000,
        metavar="N",
        help="random sentences to check (default: %(default)s)",
    )
    add("--show", type=int, default=0, metavar="N", help="print the first N sentences")
    add("--likeness", type=int, default=0, metavar="N", help="perform and compare N phrases")
    add("--seed", type=int, default=0, metavar="S", help="random seed (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
