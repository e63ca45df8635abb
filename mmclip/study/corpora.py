"""Corpora of the study, each described by the command lines that build it.

The package mmclip imports no other package of this project, so it works with stores of any origin.
The study therefore runs the commands of `builders` as separate processes, or uses existing stores
(`--stores`, `--real`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmclip.study.nodes import Node, make_node
from mmclip.study.scale import Scale

# Simulated frames per second on two idle cores (docs/scale.md).
FRAMES_PER_S = 20.0
# Radar frames per clip of 3 s, and clips per take: sixty takes last 0.17 h.
FRAMES_PER_CLIP = 30
CLIPS_PER_TAKE = 3
ACTIVITIES = 60
# Size of the heatmaps per radar frame [bytes]: docs/scale.md states 464 kB for 50 frames.
BYTES_PER_FRAME = 9_300
STAND_IN = "stand-in"
# Shares of validation people and of test people in the domain that replaces recordings.
SHARES = ("--validation-share", "0.1", "--test-share", "0.3")
ALL_TEST = ("--validation-share", "0", "--test-share", "1")
# Placeholder for the address of the language model in commands.
SERVER = "{server}"
TO_STORE = ("--out", "{store}")
# Options for clips that are as long as a training window; all other settings are defaults.
CLIPS = ("--clip-seconds", "3", "--stride-seconds", "3")
# Random seed of people who do not occur in any other corpus of the study.
PLACED_SEED = 7
# Placement ranges of the wide pre-training corpus of section 7.
WIDE = (
    "--distance-m",
    "1.5:5",
    "--lateral-m=-1:1",
    "--heading-deg=-180:180",
    "--radar-height-m",
    "0.5:2",
)
# Poses as cameras deliver them: joints of OpenPose with noise of 2 cm per axis (section 5.5).
CAMERAS = ("--cameras", "body25", "--camera-noise-m", "0.02")
# Differences between the default simulation and the pre-training corpora of the fidelity table.
PHYSICS = {
    "hidden point removal": ("--visibility", "hpr"),
    "no noise": ("--no-noise", "--no-quantise"),
    "physical optics": ("--reflection", "body"),
    "one placement": ("--distance-m", "3", "--lateral-m", "0", "--heading-deg", "0"),
}


@dataclass(frozen=True)
class Domains:
    """Corpora keyed by role, and the names under which reports refer to them.

    Attributes:
        corpora: corpus nodes keyed by role: grammar, real, scene-b, scene-c, and grammar variants.
            With recordings, a scene without a store has no corpus.
        names: names in reports, keyed by role.
        stand_in: True if the real domain is a simulated stand-in.
        built_grammar: True if the role grammar is the motion grammar that the study builds; False
            for licensed motion or an existing store.
    """

    corpora: Mapping[str, Node]
    names: Mapping[str, str]
    stand_in: bool
    built_grammar: bool = True


def make_domains(
    scale: Scale,
    stores: Mapping[str, str],
    real: tuple[str, ...] = (),
    licensed: Node | None = None,
) -> Domains:
    """Define the corpora of a study.

    Args:
        scale: sizes of the study.
        stores: existing stores keyed by role, which are used instead of building new stores.
        real: stores of recordings; the first is the base environment, and the others follow. They
            are never combined with stand-ins, so an environment without a store is left out.
        licensed: corpus of licensed motion, which replaces the grammar.
    """
    roles = ("real", "scene-b", "scene-c")
    corpora = {"grammar": _grammar(scale)}
    if licensed is not None:
        corpora["grammar"] = licensed
    for variant, options in {**PHYSICS, "wide placement": WIDE}.items():
        corpora[f"grammar, {variant}"] = _grammar(scale, *options, title=f"grammar, {variant}")
    corpora["simulated poses"] = simulated_poses(scale)
    corpora["simulated camera poses"] = simulated_poses(scale, *CAMERAS)
    names = {"grammar": "licensed motion" if licensed else "motion grammar, default radar"}
    for role, twin in zip(roles, ("twin-a", "twin-b", "twin-c")):
        corpora[role] = _twin(scale, twin, scale.people if role == "real" else scale.scene_people)
        names[role] = f"{STAND_IN} {twin} (simulated)"
    given = {**stores, **dict(zip(roles, real))}
    for role, path in given.items():
        corpora[role] = make_node("store", f"store {path}", 0.0, path=str(path))
        names[role] = f"store {path}"
    for role in roles if real else ():
        if role not in given:
            del corpora[role], names[role]
    built_grammar = licensed is None and "grammar" not in stores
    return Domains(corpora, names, not real, built_grammar)


def licensed_corpus(
    scale: Scale, commands: Sequence[Sequence[str]], frames: float, server: str = ""
) -> Node:
    """Define the pre-training corpus from licensed motion.

    Args:
        scale: sizes of the study; the length of a training window determines the texts to describe.
        commands: command lines that simulate the motion and describe its texts.
        frames: number of radar frames of the motion.
        server: address of the language model, which may change when the study is resumed.
    """
    node = make_node(
        "corpus",
        "corpus licensed motion, simulated and described",
        frames / FRAMES_PER_S,
        commands=[list(each) for each in commands],
        preset=scale.preset,
        overrides=list(scale.base),
    )
    return replace(node, places=((SERVER, server),))


def simulated_poses(scale: Scale, *cameras: str) -> Node:
    """Define the corpus of the stand-in's motion with the default radar (section 5.5).

    Args:
        scale: sizes of the study.
        cameras: options of `builders.motions` for the errors of cameras.
    """
    motions = [*_motions("twin-a", scale.people), *cameras]
    command = ["builders.amass", "--amass", "{folder}/motions", *CLIPS, *SHARES, *TO_STORE]
    clips = ACTIVITIES * scale.people * CLIPS_PER_TAKE
    title = f"motion of {STAND_IN} twin-a{' from cameras' if cameras else ''}, default radar"
    return _corpus(title, clips, motions, command)


def placed(scale: Scale, title: str, *placement: str) -> Node:
    """Define a test corpus of other people of the stand-in at a given placement (section 7)."""
    motions = [*_motions("twin-a", scale.scene_people), "--seed", str(PLACED_SEED)]
    build = ["builders.amass", "--amass", "{folder}/motions", "--preset", "twin-a", *ALL_TEST]
    clips = ACTIVITIES * scale.scene_people * CLIPS_PER_TAKE
    return _corpus(f"{STAND_IN} twin-a, {title}", clips, motions, [*build, *placement, *TO_STORE])


def grammar_of_hours(scale: Scale, hours: float) -> Node:
    """Define a grammar corpus of a given duration for pre-training."""
    return _grammar(scale, hours=hours, title=f"grammar, {hours:g} h")


def _grammar(
    scale: Scale, *options: str, hours: float | None = None, title: str = "grammar"
) -> Node:
    hours = scale.grammar_hours if hours is None else hours
    people = ("--subjects", "2") if scale.preset == "small" and hours < 0.1 else ()
    command = ["builders.amass", "--preset", "grammar", "--grammar-hours", f"{hours:g}"]
    command += [*people, *options, "--out", "{store}"]
    return _corpus(title, 1200 * hours, command)


def _twin(scale: Scale, twin: str, people: int) -> Node:
    shares = SHARES if twin == "twin-a" else ALL_TEST
    build = ["builders.amass", "--amass", "{folder}/motions", "--preset", twin, *shares]
    clips = ACTIVITIES * people * CLIPS_PER_TAKE
    motions = _motions(twin, people)
    return _corpus(f"{STAND_IN} {twin}", clips, motions, [*build, *TO_STORE])


def _motions(domain: str, people: int) -> list[str]:
    command = ["builders.motions", "--out", "{folder}/motions", "--domain", domain]
    return [*command, "--subjects", str(people), "--repeats", "1"]


def _corpus(title: str, clips: float, *commands: list[str]) -> Node:
    seconds = clips * FRAMES_PER_CLIP / FRAMES_PER_S
    return make_node("corpus", f"corpus {title}", seconds, commands=list(commands))


def predicted_bytes(node: Node) -> float:
    """Size of a corpus [bytes], predicted from the time in `node.seconds`."""
    return node.seconds * FRAMES_PER_S * BYTES_PER_FRAME
