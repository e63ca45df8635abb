"""Fast simulation of the movement grammar in front of the radar of the five activities.

    python -m benchmarks.activity_grammar --out grammar.npz --sequences 250

The output has the I/Q samples of every phrase of the sequences, with the label and the attribute
sentences of the phrase. The grammar contains no falling, drinking, coughing or convulsing, but two
waving movements (`wave_low` and `wave_both`) and movements that resemble the five activities, such
as `shake_out`, `shake_head`, `beckon` and `salute`. `benchmarks.activity_zero_shot` leaves out the
phrases with the words "wave" and "waving", and trains models for which texts are the only
description of the five activities. The output file is written after every tenth sequence, and
sequences that the file already contains are not simulated again.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import radarsim as rs
from benchmarks.activity_simulation import (
    CELL_M,
    CHANGES,
    Conditions,
    five_recipe,
    save_arrays,
    simulate_echo,
)
from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.synthesis import synthesize_take
from radarsim.scene.coarsening import coarsen

RATE_HZ = 2000
# Longest simulated part of a sequence [s]; longer sequences are cut, so that one compiled program
# serves all sequences.
LONGEST_S = 9.984
# Smallest distance between the pelvis and the radar during a sequence [m].
NEAREST_M = 0.5
# Shortest phrase that is kept [s].
SHORTEST_S = 1.0
_SAVE_EVERY = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Phrase:
    """One simulated phrase.

    Attributes:
        label: short description of the movement.
        sentences: one sentence for each attribute of the movement.
        person: number of the performer.
        echo: I/Q samples at 2 kHz without noise [V]; receding motion has positive frequencies.
    """

    label: str
    sentences: dict[str, str]
    person: int
    echo: np.ndarray


def main(arguments: list[str] | None = None) -> None:
    """Simulate the sequences that the output file does not contain yet."""
    options = make_parser().parse_args(arguments)
    recipe, body = five_recipe(), coarsen(rs.free_body(), CELL_M)
    spec = CorpusSpec(source="grammar", num_subjects=40, num_repeats=options.sequences, seed=1)
    path = Path(options.out)
    done = dict(np.load(path)) if path.is_file() else {}
    takes = plan_takes(spec)[: options.sequences]
    for take in takes:
        if f"{take.number:05d}" not in done:
            echo, texts = simulate_sequence(recipe, body, spec, take)
            done[f"{take.number:05d}"] = echo
            done[f"{take.number:05d}/texts"] = np.array(json.dumps(texts))
        if take.number % _SAVE_EVERY == _SAVE_EVERY - 1 or take is takes[-1]:
            save_arrays(path, done)


def simulate_sequence(recipe, body: rs.BodyModel, spec: CorpusSpec, take) -> tuple:
    """Simulate one sequence of the grammar without noise.

    Args:
        recipe: recipe with the radar, the placements and the roughness.
        body: body model of all people.
        spec: specification of the corpus.
        take: planned take of the corpus.

    Returns:
        I/Q samples [V] of `LONGEST_S`; and the person with the label, the attribute sentences and
        the start and end [s] of each phrase.
    """
    rng, conditions = np.random.default_rng((spec.seed, take.number)), CHANGES["none"]
    motion, spans = synthesize_take(spec, take)
    duration_s = min(motion.duration_s, LONGEST_S)
    phrases = [
        (each.label, each.attributes[0], each.start_s, min(each.end_s, duration_s))
        for each in spans
        if each.label
    ]
    motion = _extended(motion, LONGEST_S + 0.1)
    placement = _placement(motion, recipe.placements.lateral_m, conditions, rng)
    subject = rs.Subject(motion, body, placement)
    echo = simulate_echo(recipe, subject, conditions, rng, take.number)
    return echo, {"person": take.subject_number, "phrases": phrases}


def read_phrases(path: str | Path) -> list[Phrase]:
    """Read all phrases of an output file that are at least `SHORTEST_S` long."""
    file, found = np.load(path), []
    for name in file.files:
        if name.endswith("/texts"):
            continue
        echo, texts = file[name], json.loads(str(file[f"{name}/texts"]))
        for label, sentences, start_s, end_s in texts["phrases"]:
            part = echo[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)]
            if len(part) >= SHORTEST_S * RATE_HZ:
                phrase = Phrase(label=label, sentences=sentences, person=texts["person"], echo=part)
                found.append(phrase)
    return found


def between_rests(part: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return a phrase between two periods of rest, in which the echo is constant.

    Args:
        part: I/Q samples of a phrase.
        length: number of samples of the result; a longer phrase is cut at a random position.
        rng: random number generator for the start time of the phrase.
    """
    if len(part) >= length:
        start = int(rng.integers(len(part) - length + 1))
        return part[start : start + length]
    before = int(rng.integers(length - len(part) + 1))
    return np.pad(part, (before, length - len(part) - before), mode="edge")


def _placement(motion, lateral_m, conditions: Conditions, rng) -> rs.Placement:
    """Draw a placement, at a distance at which the person never comes close to the radar."""
    heading_rad = rng.uniform(*conditions.heading_rad)
    moved_m = motion.pelvis_m[:, :2] - motion.pelvis_m[0, :2]
    approach_m = moved_m @ [np.cos(heading_rad), -np.sin(heading_rad)]
    distance_m = max(rng.uniform(*conditions.distance_m), NEAREST_M + approach_m.max())
    return rs.Placement(
        distance_m=distance_m, lateral_m=rng.uniform(*lateral_m), heading_rad=heading_rad
    )


def _extended(motion, duration_s: float):
    """Return a motion whose last pose is held up to a duration."""
    count = int(np.ceil(duration_s * motion.rate_hz)) + 1
    poses = [np.asarray(each)[:count] for each in (motion.poses_rad, motion.transl_m)]
    poses = [
        np.pad(each, ((0, count - len(each)), *((0, 0),) * (each.ndim - 1)), mode="edge")
        for each in poses
    ]
    return replace(motion, poses_rad=poses[0], transl_m=poses[1])


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activity_grammar")
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", required=True, help="output file of the I/Q samples (.npz)")
    parser.add_argument("--sequences", type=int, default=300, help="number of sequences")
    return parser


if __name__ == "__main__":
    main()
