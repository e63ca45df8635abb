"""The grammar: what goes together, what is never said, what is performed and how it is told."""

import numpy as np
import pytest

from builders.activities import ACTIVITIES, perform
from builders.activities.posed import Posed
from builders.activities.skeleton import J
from builders.activities.style import generator
from builders.activities.texts import ATTRIBUTES, flaw
from builders.grammar import Phrase, Score, attributes, captions, combinations, draw_score
from builders.grammar.arms import ARMS
from builders.grammar.check import LONGEST
from builders.grammar.compose import bounds, goes, perform_score
from builders.grammar.legs import LEGS
from builders.grammar.likeness import descriptor
from builders.grammar.places import STEPS, TRAVELS
from builders.grammar.reserved import NOT_SAYABLE, PATTERNS, reserved_for, shown_by
from builders.grammar.score import ROOM_M
from builders.grammar.torsos import TORSOS
from builders.grammar.ways import WAYS
from builders.grammar.words import gerund, listed, past, sentence, sided, spoken, third

SLOW_HZ = 30.0
STILL = dict(torso="still", arms="hang", legs="stand", location="stay")


@pytest.fixture(scope="module")
def everything():
    return list(combinations())


def phrase(**what):
    return Phrase(**STILL | what)


def test_there_is_enough_to_say(everything):
    assert len(TORSOS) >= 25
    assert len(ARMS) >= 25
    assert len(LEGS) + len(WAYS) >= 25
    assert len(STEPS) + len(TRAVELS) >= 15
    assert len(set(everything)) >= 10_000


def test_no_combination_is_an_activity_of_the_protocol(everything):
    """Every activity is looked at: by a pattern, or with the reason why none is needed."""
    assert set(PATTERNS) | set(NOT_SAYABLE) == set(ACTIVITIES)
    tables = {
        "torso": set(TORSOS),
        "arms": set(ARMS),
        "legs": {*LEGS, *WAYS},
        "location": {*STEPS, *TRAVELS},
    }
    for patterns in PATTERNS.values():
        for each in patterns:
            assert all(some <= tables[part] for part, some in each.items())  # no misspelt name
    assert shown_by(everything) == {}
    nodding = ("big_nod", "hang", "stand", "stay")
    assert shown_by([*everything, nodding]) == {"bow": 1, "nodding_head": 1}


def test_what_is_kept_out_is_what_one_would_say_of_it():
    assert reserved_for(("still", "hang", "stand", "stay")) == "stand_still"
    assert reserved_for(("still", "hail", "stand", "stay")) == "wave_hand"
    assert reserved_for(("lean_forward", "hang", "stand", "stay")) == "bow"
    assert reserved_for(("still", "hang", "walk", "ahead")) == "walking_forward_and_backward"
    assert reserved_for(("sway", "flap", "march", "arc")) == ""


def test_no_part_of_the_body_is_used_twice(everything):
    said = set(everything)
    assert ("sway", "hang", "knee_lift", "stay") in said
    assert ("sway", "hang", "knee_lift", "step_ahead") not in said  # both need the feet
    assert ("hip_sway", "hang", "walk", "ahead") not in said
    assert ("sway", "hang", "long_strides", "back") not in said


def test_scores_stay_in_the_room_and_change_from_phrase_to_phrase():
    rng = generator("test scores")
    walked = 0
    for number in range(25):
        score = draw_score(rng)
        assert len({one.walks for one in score.phrases}) == 1
        assert all(a.names != b.names for a, b in zip(score.phrases, score.phrases[1:]))
        if score.walks and walked < 4:
            walked += 1
            way_m = perform_score(score, f"t{number}", 1, rate_hz=SLOW_HZ).motion.pelvis_m
            assert way_m[:, 0].max() < ROOM_M["ahead"] + 0.5  # strides differ by person
            assert np.abs(way_m[:, 1]).max() < ROOM_M["aside"] + 0.6
    assert walked == 4


def test_a_phrase_shows_what_it_says_and_when():
    """The left hand is high in the second half alone, the knees bend in the first."""
    score = Score(phrases=(
        phrase(legs="half_squat", arms="on_hips"),
        phrase(arms="hail", torso="sway", sides=("left",) * 4),
    ))  # fmt: skip
    performed = perform_score(score, "shows", 1, rate_hz=SLOW_HZ)
    joints_m = Posed(performed.motion).joints_m
    middle = int(bounds(score)[1] * len(joints_m))
    above_m = joints_m[:, J["left_wrist"], 2] - joints_m[:, J["head"], 2]
    assert above_m[middle + 30 : -30].mean() > 0.1
    assert above_m[:middle].max() < 0
    right_m = joints_m[:, J["right_wrist"], 2] - joints_m[:, J["head"], 2]
    assert right_m.max() < 0
    pelvis_m = joints_m[:, 0, 2]
    assert pelvis_m[30 : middle - 30].mean() < pelvis_m[middle + 30 : -30].mean() - 0.08


def test_sides_are_the_scores_own_for_left_handers_too():
    score = Score(phrases=(phrase(arms="hail", torso="sway", sides=("right",) * 4),))
    for number in (0, 1):  # subject 0 is left-handed
        joints_m = Posed(perform_score(score, "side", number, rate_hz=SLOW_HZ).motion).joints_m
        assert joints_m[60, J["right_wrist"], 2] > joints_m[60, J["left_wrist"], 2] + 0.5


def test_feet_rest_where_a_walk_has_stopped():
    """No step on the spot: both ankles keep still in the last second."""
    score = Score(phrases=(phrase(legs="walk", location="ahead", arms="flap"),))
    joints_m = Posed(perform_score(score, "stop", 1, rate_hz=60.0).motion).joints_m
    feet_m = joints_m[-60:, [J["left_ankle"], J["right_ankle"]]]
    assert np.ptp(feet_m, axis=0).max() < 0.01
    assert joints_m[-1, 0, 0] - joints_m[0, 0, 0] > 0.8


def test_drawn_phrases_look_less_like_an_activity_than_its_performers_like_each_other():
    """A phase-free distance; nine in ten phrases are farther from every activity than two of its
    performers are apart in the middle."""
    names = list(ACTIVITIES)[::4]
    known = {
        name: [descriptor(perform(name, who, rate_hz=SLOW_HZ)) for who in (0, 1)] for name in names
    }
    own_m = np.median([np.linalg.norm(one - other) for one, other in known.values()])
    rng, nearest_m = generator("test likeness"), []
    for number in range(20):
        score = Score(phrases=draw_score(rng).phrases[:1])
        drawn = descriptor(perform_score(score, f"l{number}", 1, rate_hz=SLOW_HZ).motion)
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
def test_verbs_take_their_forms(verb, forms):
    assert (third(verb), gerund(verb), past(verb)) == forms


def test_marked_verbs_agree_with_who_acts():
    assert spoken("the arm *rise and *sink", "present") == "the arm rises and sinks"
    assert spoken("both arms +rise, +part and *sink", "present") == "both arms rise, part and sinks"
    assert spoken("the arms +are kept up", "past") == "the arms were kept up"
    assert spoken("the place *do not change", "present") == "the place does not change"
    assert spoken("the place *do not change", "past") == "the place did not change"
    assert spoken("*open and *close the arms", "gerund") == "opening and closing the arms"
    assert sided("the {side} hand over the {other}", "left") == "the left hand over the right"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert sentence("an arm  hangs") == "An arm hangs."


def test_two_hundred_sentences_have_no_flaw_and_are_various():
    rng, said = generator("test language"), []
    while len(said) < 200:
        score = draw_score(rng)
        said += [sentence(words) for words in captions(score, rng, 2)]
        told = attributes(score, rng)
        assert set(told) == set(ATTRIBUTES)
        said += told.values()
    assert not [words for words in said if flaw(words, longest=LONGEST)]
    assert len(set(said)) > 160


def test_words_follow_from_what_is_done():
    score = Score(phrases=(phrase(arms="both_front", torso="bend_aside", sides=("left",) * 4),))
    done = score.phrases[0]
    assert goes(done, ARMS["both_front"]) == 2
    rng = generator("test words")
    for _ in range(20):
        told = attributes(score, rng)
        assert "left" in told["torso"]
        assert "right" not in told["torso"]
        assert "arms" in told["arms"] or "hands" in told["arms"]
        assert not {"once", "three", "four"} & set(told["arms"].split())


def test_the_same_numbers_give_the_same_score_and_the_same_words():
    def all_of(seed):
        rng = generator("same", seed)
        score = draw_score(rng)
        return score, captions(score, rng, 3), attributes(score, rng)

    assert all_of(1) == all_of(1)
    assert all_of(1) != all_of(2)
