"""What the grammar can say, what it must not, and whether it speaks English.

`python -m builders.grammar.check` counts combinations, goes through all of them for activities of
the protocol, draws sentences and looks for flaws, and performs some scores to see which activity
each is most like.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 if nothing is wrong, else 1."""
    options = _parser().parse_args(arguments)
    wrong = say_combinations() + say_sentences(options.sentences, options.seed, options.show)
    if options.likeness:
        say_likeness(options.likeness, options.seed)
    print(f"\n{wrong} wrong" if wrong else "\nnothing wrong")
    return 1 if wrong else 0


def say_combinations() -> int:
    """Print how many there are and which activities are kept out; returns how many are not."""
    from builders.activities import ACTIVITIES
    from builders.grammar.reserved import NOT_SAYABLE, PATTERNS, shown_by
    from builders.grammar.score import combinations

    found = list(combinations())
    print(f"{len(found)} combinations that may be drawn, {len(set(found))} of them different")
    unguarded = sorted(set(ACTIVITIES) - set(PATTERNS) - set(NOT_SAYABLE))
    shown = shown_by(found)
    print(f"{len(PATTERNS)} activities kept out by patterns, {len(NOT_SAYABLE)} out of reach")
    print(f"{len(unguarded)} not looked at {unguarded}, {len(shown)} shown {shown}")
    return len(unguarded) + len(shown)


def say_sentences(num: int, seed: int, show: int) -> int:
    """Print flaws of drawn sentences and some to read; returns how many flaws."""
    from builders.activities.style import generator
    from builders.activities.texts import flaw
    from builders.grammar.score import draw_score
    from builders.grammar.tell import attributes, captions
    from builders.grammar.words import sentence

    rng, said, flaws = generator("language", seed), [], []
    while len(said) < num:
        score = draw_score(rng)
        said += [sentence(caption) for caption in captions(score, rng, 2)]
        said += attributes(score, rng).values()
    for words in said[:num]:
        problem = flaw(words, longest=LONGEST)
        if problem:
            flaws.append(f"  {problem}: {words}")
    print(f"{num} sentences, {len(set(said[:num]))} different, {len(flaws)} with a flaw")
    print("\n".join(flaws[:20] + [f"  {words}" for words in said[: show or 0]]))
    return len(flaws)


def say_likeness(num: int, seed: int) -> None:
    """Print which activities drawn phrases are most like, beside what one activity varies by."""
    import numpy as np

    from builders.activities import ACTIVITIES, perform
    from builders.activities.style import generator
    from builders.grammar.compose import perform_score
    from builders.grammar.likeness import descriptor
    from builders.grammar.score import Score, draw_score

    known = {
        name: [descriptor(perform(name, who, rate_hz=30.0)) for who in range(4)]
        for name in ACTIVITIES
    }
    own_m = [np.linalg.norm(a - b) for takes in known.values() for a, b in pairwise(takes)]
    rng, nearest = generator("likeness", seed), []
    for number in range(num):
        score = Score(phrases=draw_score(rng).phrases[:1])
        motion = perform_score(score, f"likeness{number}", number % 4, seed, rate_hz=30.0).motion
        drawn = descriptor(motion)
        gaps = [(np.linalg.norm(drawn - take), name) for name in known for take in known[name]]
        nearest.append((*min(gaps), score.phrases[0].names))
    gaps_m = [gap for gap, *_ in nearest]
    print(f"two people doing the same activity differ by {np.median(own_m):.2f} m in the middle; "
          f"a phrase and the activity it is most like by {np.median(gaps_m):.2f} m")  # fmt: skip
    for gap, name, names in sorted(nearest)[:5]:
        print(f"  {gap:.2f} m from {name}: {', '.join(names)}")


LONGEST = 700  # characters of a caption of three phrases


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.grammar.check", description=__doc__.split("\n\n", 1)[0]
    )
    parser.add_argument("--sentences", type=int, default=2000, metavar="N", help="drawn (2000)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N")
    parser.add_argument("--likeness", type=int, default=0, metavar="N", help="perform N phrases")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    return parser


if __name__ == "__main__":
    sys.exit(main())
