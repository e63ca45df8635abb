"""Tests of the movement grammar: combinations, exclusions, performances, English descriptions."""

import numpy as np
import pytest

from builders.activities import ACTIVITIES, perform
from builders.activities.joint_trajectories import JointTrajectories
from builders.activities.skeleton import J
from builders.activities.texts import ATTRIBUTES, MAX_SENTENCE_CHARS, sentence_problem
from builders.activities.variation import generator
from builders.grammar import (
    Phrase,
    PhraseSequence,
    combinations,
    draw_attributes,
    draw_captions,
    draw_sequence,
)
from builders.grammar.arms import ARMS
from builders.grammar.captions import NUM_ACTS, _draw_caption
from builders.grammar.check import MAX_CAPTION_CHARS
from builders.grammar.english import (
    as_sentence,
    fill_sides,
    gerund,
    inflect,
    join_list,
    past_tense,
    third_person,
)
from builders.grammar.exclusions import (
    EXCLUDED_PATTERNS,
    NOT_COMPOSABLE,
    count_matches,
    excluded_activity,
)
from builders.grammar.gaits import GAITS
from builders.grammar.legs import LEGS
from builders.grammar.locomotion import STEPS, TRAVELS
from builders.grammar.phrase_composition import num_repetitions, perform_sequence, phrase_bounds
from builders.grammar.random_phrases import MAX_EXTENT_M
from builders.grammar.similarity import motion_descriptor
from builders.grammar.torso import TORSOS

SLOW_HZ = 30.0
STILL = dict(torso="still", arms="hang", legs="stand", location="stay")


@pytest.fixture(scope="module")
def all_combinations():
    return list(combinations())


def phrase(**changes):
    """A phrase in which the body stands still, except for the given changes."""
    return Phrase(**STILL | changes)


def sequence_of(*phrases):
    return PhraseSequence(phrases=phrases)


def joints_of(sequence, name, performer=1, rate_hz=SLOW_HZ):
    """Return the joint positions [pose, joint, 3] of a performed sequence."""
    performance = perform_sequence(sequence, name, performer, rate_hz=rate_hz)
    return JointTrajectories(performance.motion).joints_m


def test_the_grammar_is_large_enough(all_combinations):
    assert len(TORSOS) >= 25
    assert len(ARMS) >= 25
    assert len(LEGS) + len(GAITS) >= 25
    assert len(STEPS) + len(TRAVELS) >= 15
    assert len(set(all_combinations)) >= 10_000


def test_no_combination_is_an_activity_of_the_protocol(all_combinations):
    """Every activity has an exclusion pattern, or a reason why no pattern is needed."""
    assert set(EXCLUDED_PATTERNS) | set(NOT_COMPOSABLE) == set(ACTIVITIES)
    tables = {
        "torso": set(TORSOS),
        "arms": set(ARMS),
        "legs": {*LEGS, *GAITS},
        "location": {*STEPS, *TRAVELS},
    }
    for patterns in EXCLUDED_PATTERNS.values():
        for pattern in patterns:
            assert all(names <= tables[part] for part, names in pattern.items())  # all names exist
    assert count_matches(all_combinations) == {}
    nodding = ("big_nod", "hang", "stand", "stay")
    assert count_matches([*all_combinations, nodding]) == {"bow": 1, "nodding_head": 1}


def test_a_combination_that_resembles_an_activity_is_excluded():
    assert excluded_activity(("still", "hang", "stand", "stay")) == "stand_still"
    assert excluded_activity(("still", "hail", "stand", "stay")) == "wave_hand"
    assert excluded_activity(("lean_forward", "hang", "stand", "stay")) == "bow"
    assert excluded_activity(("still", "hang", "walk", "ahead")) == "walking_forward_and_backward"
    assert excluded_activity(("sway", "flap", "march", "arc")) == ""


def test_no_two_parts_use_the_same_resource(all_combinations):
    allowed = set(all_combinations)
    assert ("sway", "hang", "knee_lift", "stay") in allowed
    assert ("sway", "hang", "knee_lift", "step_ahead") not in allowed  # both need the feet
    assert ("hip_sway", "hang", "walk", "ahead") not in allowed
    assert ("sway", "hang", "long_strides", "back") not in allowed


def test_sequences_stay_in_the_area_and_change_from_phrase_to_phrase():
    rng = generator("test scores")
    num_walks = 0
    for number in range(25):
        sequence = draw_sequence(rng)
        assert len({one.walks for one in sequence.phrases}) == 1
        pairs = zip(sequence.phrases, sequence.phrases[1:])
        assert all(a.names != b.names for a, b in pairs)
        if sequence.walks and num_walks < 4:
            num_walks += 1
            pelvis_m = perform_sequence(sequence, f"t{number}", 1, rate_hz=SLOW_HZ).motion.pelvis_m
            assert pelvis_m[:, 0].max() < MAX_EXTENT_M["ahead"] + 0.5  # stride lengths vary
            assert np.abs(pelvis_m[:, 1]).max() < MAX_EXTENT_M["aside"] + 0.6
    assert num_walks == 4


def test_a_performance_shows_the_primitives_of_each_phrase():
    """The left hand is high only in the second half, and the knees bend only in the first half."""
    sequence = sequence_of(
        phrase(legs="half_squat", arms="on_hips"),
        phrase(arms="hail", torso="sway", sides=("left",) * 4),
    )
    joints_m = joints_of(sequence, "shows")
    middle = int(phrase_bounds(sequence)[1] * len(joints_m))
    above_m = joints_m[:, J["left_wrist"], 2] - joints_m[:, J["head"], 2]
    assert above_m[middle + 30 : -30].mean() > 0.1
    assert above_m[:middle].max() < 0
    right_m = joints_m[:, J["right_wrist"], 2] - joints_m[:, J["head"], 2]
    assert right_m.max() < 0
    pelvis_m = joints_m[:, 0, 2]
    assert pelvis_m[30 : middle - 30].mean() < pelvis_m[middle + 30 : -30].mean() - 0.08


def test_left_handed_performers_do_not_mirror_a_sequence():
    sequence = sequence_of(phrase(arms="hail", torso="sway", sides=("right",) * 4))
    for number in (0, 1):  # performer 0 is left-handed
        joints_m = joints_of(sequence, "side", number)
        assert joints_m[60, J["right_wrist"], 2] > joints_m[60, J["left_wrist"], 2] + 0.5


def test_feet_rest_where_a_walk_has_stopped():
    """The performer does not step on the spot: both ankles are at rest in the last second."""
    sequence = sequence_of(phrase(legs="walk", location="ahead", arms="flap"))
    joints_m = joints_of(sequence, "stop", rate_hz=60.0)
    feet_m = joints_m[-60:, [J["left_ankle"], J["right_ankle"]]]
    assert np.ptp(feet_m, axis=0).max() < 0.01
    assert joints_m[-1, 0, 0] - joints_m[0, 0, 0] > 0.8


def test_phrases_differ_more_from_the_activities_than_performers_from_each_other():
    """The distance of nine in ten phrases to every activity, in descriptor space, is more than
    0.7 times the median distance between two performers of the same activity.
    """
    names = list(ACTIVITIES)[::4]
    known = {
        name: [motion_descriptor(perform(name, number, rate_hz=SLOW_HZ)) for number in (0, 1)]
        for name in names
    }
    own_m = np.median([np.linalg.norm(one - other) for one, other in known.values()])
    rng, nearest_m = generator("test likeness"), []
    for number in range(20):
        sequence = sequence_of(draw_sequence(rng).phrases[0])
        motion = perform_sequence(sequence, f"l{number}", 1, rate_hz=SLOW_HZ).motion
        drawn = motion_descriptor(motion)
        nearest_m.append(min(np.linalg.norm(drawn - take[1]) for take in known.values()))
    assert np.percentile(nearest_m, 10) > 0.7 * own_m


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("go", ("goes", "going", "went")),
        ("carry", ("carries", "carrying", "carried")),
        ("swing", ("swings", "swinging", "swung")),
        ("tap", ("taps", "tapping", "tapped")),
        ("lie", ("lies", "lying", "lay")),
        ("raise", ("raises", "raising", "raised")),
        ("stretch", ("stretches", "stretching", "stretched")),
        ("sway", ("sways", "swaying", "swayed")),
    ],
)
def test_verbs_are_inflected(verb, forms):
    assert (third_person(verb), gerund(verb), past_tense(verb)) == forms


def test_marked_verbs_agree_with_their_subject():
    assert inflect("the arm *rise and *sink", "present") == "the arm rises and sinks"
    both = "both arms +rise, +part and *sink"
    assert inflect(both, "present") == "both arms rise, part and sinks"
    assert inflect("the arms +are kept up", "past") == "the arms were kept up"
    assert inflect("the place *do not change", "present") == "the place does not change"
    assert inflect("the place *do not change", "past") == "the place did not change"
    assert inflect("*open and *close the arms", "gerund") == "opening and closing the arms"


def test_sides_lists_and_sentences_are_formed():
    assert fill_sides("the {side} hand over the {other}", "left") == "the left hand over the right"
    assert join_list(["a", "b", "c"]) == "a, b and c"
    assert as_sentence("an arm  hangs") == "An arm hangs."


def test_two_hundred_sentences_are_free_of_errors_and_varied():
    rng, sentences = generator("test language"), []
    while len(sentences) < 200:
        sequence = draw_sequence(rng)
        sentences += [as_sentence(caption) for caption in draw_captions(sequence, rng, 2)]
        attributes = draw_attributes(sequence, rng)
        assert set(attributes) == set(ATTRIBUTES)
        sentences += attributes.values()
    assert not [one for one in sentences if sentence_problem(one, MAX_CAPTION_CHARS)]
    assert len(set(sentences)) > 160


def test_captions_are_short_enough_for_clip():
    """Captions of three phrases are below the limit, unlike captions that list every action."""
    rng = np.random.default_rng(0)
    sequences = [draw_sequence(rng) for _ in range(300)]
    longest = [sequence for sequence in sequences if len(sequence.phrases) == 3]
    found = [text for each in longest for text in draw_captions(each, rng, 2)]
    whole = [draw_attributes(sequence, rng)["general"] for sequence in longest]
    lengths = np.array([len(text) for text in (*found, *whole)])
    assert lengths.max() < MAX_SENTENCE_CHARS
    every_action = [_draw_caption(each.phrases, rng, "present", NUM_ACTS[0]) for each in longest]
    assert max(len(text) for text in every_action) > MAX_SENTENCE_CHARS


def test_the_sentences_describe_the_sides_and_repetitions_of_the_phrase():
    shown = phrase(arms="both_front", torso="bend_aside", sides=("left",) * 4)
    assert num_repetitions(shown, ARMS["both_front"]) == 2
    rng = generator("test words")
    for _ in range(20):
        attributes = draw_attributes(sequence_of(shown), rng)
        assert "left" in attributes["torso"]
        assert "right" not in attributes["torso"]
        assert "arms" in attributes["arms"] or "hands" in attributes["arms"]
        assert not {"once", "three", "four"} & set(attributes["arms"].split())


def test_the_same_ids_give_the_same_sequence_and_the_same_texts():
    def all_of(seed):
        rng = generator("same", seed)
        sequence = draw_sequence(rng)
        return sequence, draw_captions(sequence, rng, 3), draw_attributes(sequence, rng)

    assert all_of(1) == all_of(1)
    assert all_of(1) != all_of(2)
