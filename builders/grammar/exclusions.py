"""Exclusions: combinations of primitives that resemble an activity of the protocol.

A model that is trained on the grammar and tested on the sixty activities must not have seen these
activities in training. For each activity, this module lists the combinations that resemble the
activity, or the reason why no combination can resemble it.
"""

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from operator import and_

import numpy as np

from builders.grammar.primitive import PARTS

Names = tuple[str, str, str, str]

# Torso and arm primitives that leave the appearance of an activity unchanged.
QUIET_TORSO = {"still", "breathe", "look_aside", "look_up", "look_down", "look_around", "tilt_head"}
QUIET_ARMS = {"hang", "on_hips", "behind_back", "folded"}
SWINGING = {"hang", "swing_in_turn"}
STANDING, STAYING = {"stand", "soft_knees"}, {"stay"}
PLAIN = {"walk", "long_strides", "small_steps", "trudge", "prance"}


def _of(torso=None, arms=None, legs=None, location=None) -> Mapping[str, set[str]]:
    """A pattern of primitives by body part; an omitted part matches any primitive."""
    parts = {"torso": torso, "arms": arms, "legs": legs, "location": location}
    return {name: set(names) for name, names in parts.items() if names is not None}


def _arms(*names):
    """Pattern of arm primitives with inactive torso and legs."""
    return _of(torso=QUIET_TORSO, arms=names, legs=STANDING, location=STAYING)


def _torso(*names):
    """Pattern of torso primitives with inactive arms and legs."""
    return _of(torso=names, arms=QUIET_ARMS, legs=STANDING, location=STAYING)


def _legs(*names, arms=QUIET_ARMS, torso=QUIET_TORSO):
    """Pattern of leg primitives with inactive torso and arms."""
    return _of(torso=torso, arms=arms, legs=names, location=STAYING)


EXCLUDED_PATTERNS: dict[str, tuple[Mapping[str, set[str]], ...]] = {
    "jump": (_legs("hop_lightly", arms=QUIET_ARMS | {"both_overhead", "both_front"}),),
    "jumping_jack": (_of(arms={"both_sides", "flap", "both_overhead"}, legs={"hop_lightly"}),),
    "lunge": (_of(torso=QUIET_TORSO, arms=QUIET_ARMS, location={"step_ahead"}),),
    "bow": (_torso("lean_forward", "big_nod", "duck", "stoop", "rock"),),
    "standing_forward_bend": (_of(torso={"lean_forward"}, arms={"both_front", "point_down"}),),
    "drink_water": (_of(torso={"look_up", "arch", "lean_back"}, arms={"salute"}, legs=STANDING),),
    "wave_hand": (_arms("hail", "wave_low", "wave_both", "beckon", "one_diagonal"),),
    "march_in_place": (_legs("step_touch", "knee_lift", "stamp", arms=SWINGING | QUIET_ARMS),),
    "swing_arm": (_arms("swing_in_turn", "circle_low", "scissors", "both_front"),),
    "stand_still": (
        _of(torso=QUIET_TORSO - {"look_around"}, arms=QUIET_ARMS, legs=STANDING, location=STAYING),
    ),
    "clapping_hand": (_arms("open_close"),),
    "squat": (
        _of(legs={"dip", "half_squat"}, arms={"both_front", "front_hold"}),
        _legs("dip", "half_squat", torso=QUIET_TORSO | {"lean_forward", "stoop"}),
    ),
    "crouch": (_of(torso={"hunch", "stoop", "duck"}, legs={"half_squat", "dip"}),),
    "pick_up_an_object": (
        _of(torso={"lean_forward", "duck", "stoop"}, arms={"point_down", "carry"}),
    ),
    "hip_rotation": (_torso("hip_sway", "hip_push", "circle_chest"),),
    "hula_hooping": (
        _of(torso={"hip_sway", "hip_push"}, arms={"side_hold", "circle_low", "carry"}),
    ),
    "walking_counter_clockwise": (
        _of(torso=QUIET_TORSO, arms=SWINGING, legs=PLAIN, location={"arc"}),
    ),
    "walk_forward_and_turn_around": (
        _of(torso=QUIET_TORSO, arms=SWINGING, legs=PLAIN, location={"hook", "half_turn"}),
    ),
    "side_walk": (
        _of(torso=QUIET_TORSO, arms=QUIET_ARMS | SWINGING, location={"aside", "step_aside"}),
    ),
    "jump_to_the_side": (_of(legs={"hop_lightly"}, location={"step_aside"}),),
    "jump_forward_and_back": (_of(legs={"hop_lightly"}, location={"step_ahead", "step_back"}),),
    "torso_rotation": (
        _torso("small_twists", "twist_aside", "keep_twisted", "figure_eight"),
        _of(
            torso={"small_twists", "twist_aside", "figure_eight"},
            arms={"folded", "carry", "front_hold", "side_hold"},
            legs=STANDING,
        ),
    ),
    "raise_one_arm_to_the_front": (_arms("beckon", "point_down", "both_front", "front_hold"),),
    "raise_one_arm_to_the_side": (_arms("both_sides", "side_hold", "flap", "one_diagonal"),),
    "high_leg_lift": (_legs("knee_lift", "stand_on_one", arms=SWINGING | QUIET_ARMS),),
    "raise_one_leg_to_the_side": (_legs("tap_side", "circle_foot", "swing_leg"),),
    "turn_90_degrees_right_or_left_then_back": (_of(torso=QUIET_TORSO, location={"half_turn"}),),
    "walking_forward_and_backward": (
        _of(
            torso=QUIET_TORSO,
            arms=SWINGING,
            legs=PLAIN,
            location={"ahead", "back", "start_stop", "ahead_slowly", "back_slowly"},
        ),
    ),
    "punch": (
        _of(arms={"uppercut"}, torso=QUIET_TORSO | {"small_twists", "twist_aside"}, legs=STANDING),
    ),
    "kick": (_legs("swing_leg", "tap_front", "knee_lift", torso=QUIET_TORSO | {"lean_back"}),),
    "throw": (
        _of(torso={"twist_aside"}, arms={"chop"}),
        _of(arms={"chop"}, location={"step_ahead"}),
    ),
    "drawing_a_circle": (_arms("windmill", "circle_forward", "circle_low"),),
    "drawing_an_x": (_arms("chop", "reach_across"),),
    "mopping_the_floor": (
        _of(torso={"rock", "lean_forward", "stoop"}, arms={"row", "carry", "open_close", "drum"}),
    ),
    "push_hand_to_the_front": (_arms("row", "front_hold", "open_close"),),
    "swiping_left_and_right": (_arms("reach_across", "conduct", "open_close"),),
    "stretching_leg_to_the_side": (_legs("wide_rock", arms=QUIET_ARMS | {"carry"}),),
    "wake_up_stretch": (
        _of(
            arms={"both_overhead", "hail", "press_up"},
            torso={"arch", "lean_back", "still", "breathe"},
            legs=STANDING,
        ),
    ),
    "playing_phone": (
        _of(torso={"look_down", "still", "hunch"}, arms={"carry", "drum"}, legs=STANDING),
    ),
    "nodding_head": (
        _of(
            torso={"big_nod", "look_down", "look_up"},
            arms=QUIET_ARMS,
            legs=STANDING,
            location=STAYING,
        ),
    ),
    "playing_table_tennis": (
        _of(torso={"twist_aside", "small_twists"}, arms={"reach_across", "beckon"}),
    ),
    "baseball_pitch": (_of(arms={"chop"}, legs={"knee_lift", "stand_on_one"}),),
    "shooting_basketball": (
        _of(arms={"press_up", "both_overhead"}, legs={"hop_lightly", "dip", "heel_raise"}),
    ),
    "bowling": (_of(torso={"lean_forward"}, arms={"windmill", "swing_in_turn"}),),
    "walking_to_the_side_and_turn_back": (
        _of(torso=QUIET_TORSO, arms=SWINGING, legs=PLAIN, location={"quarter"}),
    ),
    "side_kick": (_of(torso={"bend_aside", "lean_aside"}, legs={"knee_lift", "circle_foot"}),),
    "kick_soccer_ball": (
        _of(arms={"swing_in_turn", "side_hold"}, legs={"swing_leg", "curl_heel", "tap_front"}),
    ),
    "bend_torso_to_side": (
        _torso("bend_aside", "sway", "lean_aside", "shoulder_dip"),
        _of(torso={"bend_aside"}, arms={"hail", "both_overhead", "one_diagonal"}),
    ),
    "swing_arm_like_throwing": (_arms("windmill", "chop"),),
    "step_over_obstacle_and_back": (_of(torso={"look_down"}, location={"step_ahead"}),),
    "rotating_head": (_torso("shake_head", "tilt_head", "look_around", "circle_chest"),),
}

# Activities that no combination can resemble, each with the reason.
NOT_COMPOSABLE = {
    "sit_on_a_chair_and_stand_up": "no primitive sits",
    "sitting_still": "no primitive sits",
    "golf_swing": "no primitive swings joined hands from side to side",
    "jog_in_place": "no primitive runs",
    "jog_counter_clockwise": "no primitive runs",
    "jog_clockwise": "no primitive runs",
    "jog_forward_and_turn_around": "no primitive runs",
    "jumping_lunge": "no primitive moves the feet apart in the air",
    "walking_clockwise": "covered by walking_counter_clockwise, for both sides",
}


_FLAT = tuple(
    (activity, pattern) for activity, patterns in EXCLUDED_PATTERNS.items() for pattern in patterns
)


@cache
def _accepting(part: str, name: str) -> int:
    """Patterns that accept the primitive of a body part, as a bit for each element of `_FLAT`."""
    accepts = (part not in pattern or name in pattern[part] for _, pattern in _FLAT)
    return sum(accepted << index for index, accepted in enumerate(accepts))


def excluded_activity(names: Names) -> str:
    """Return the first activity that a combination resembles, or "" if there is none.

    Args:
        names: names of the primitives for torso, arms, legs and location.
    """
    accepting = (_accepting(part, name) for part, name in zip(PARTS, names, strict=True))
    matches = reduce(and_, accepting)
    # The lowest set bit is that of the first pattern that accepts all four primitives.
    return _FLAT[(matches & -matches).bit_length() - 1][0] if matches else ""


def count_matches(combinations: Sequence[Names]) -> dict[str, int]:
    """Number of combinations that resemble each activity.

    This vectorised implementation is independent of `excluded_activity` and is used to verify it.

    Args:
        combinations: names of the primitives for torso, arms, legs and location.

    Returns:
        Number of matching combinations by activity; activities without a match are omitted.
    """
    columns = {part: np.array(column) for part, column in zip(PARTS, zip(*combinations))}
    codes = {part: np.unique(column, return_inverse=True) for part, column in columns.items()}
    counts = {}
    for activity, patterns in EXCLUDED_PATTERNS.items():
        matches = np.zeros(len(combinations), bool)
        for pattern in patterns:
            matches_pattern = np.ones(len(combinations), bool)
            for part, matching in pattern.items():
                names, code = codes[part]
                matches_pattern &= np.isin(names, list(matching))[code]
            matches |= matches_pattern
        counts[activity] = int(matches.sum())
    return {activity: count for activity, count in counts.items() if count}
