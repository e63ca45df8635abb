"""Synthesis of a planned take: the motion, and the captions of the phrases."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from builders.corpus.plan import CorpusSpec, PlannedTake, subject_name
from radarsim.scene.motion import Motion

# Maximum number of captions of a time span.
NUM_CAPTIONS = 3
# Added to takes of the five activities, so that a clip of the whole take ends within the motion.
_ONE_POSE_S = 1 / 120


@dataclass(frozen=True, kw_only=True, eq=False)
class CaptionedSpan:
    """A time span of a motion with its texts.

    Attributes:
        start_s, end_s: start and end of the span [s].
        label: short label; "" for a span of several phrases.
        captions: captions of the span, each a whole sentence.
        attributes: one sentence for each body part, in one or several wordings.
        provenance: origin of the texts.
    """

    start_s: float
    end_s: float
    label: str
    captions: tuple[str, ...]
    attributes: tuple[dict[str, str], ...]
    provenance: str


def synthesize_take(spec: CorpusSpec, planned: PlannedTake) -> tuple[Motion, list[CaptionedSpan]]:
    """Synthesize a take: the motion with the errors of its capture, and the captioned spans.

    Args:
        spec: specification of the corpus.
        planned: take of this corpus to synthesize.
    """
    from builders.activities.domain_shift import DOMAINS, add_capture_errors

    performer = _performer(spec, planned.subject_number)
    perform = _perform_activity if planned.activity else _perform_sequence
    if spec.source == "five-activities":
        perform = _perform_five
    performance, spans = perform(spec, planned, performer)
    name = f"{subject_name(planned.subject_number, spec.seed, spec.domain)}/{planned.name}"
    motion = replace(performance.motion, name=name)
    if spec.alive:
        from builders.activities.breathing import add_breathing

        motion = add_breathing(motion, spec.seed)
    motion = add_capture_errors(motion, DOMAINS[spec.domain], spec.seed)
    if spec.cameras:
        from builders.corpus.camera_joints import observe_and_fit

        motion = observe_and_fit(motion, spec.cameras, spec.camera_noise_m, spec.seed)
        spans = [_shortened(span, motion.duration_s) for span in spans]
    return motion, spans


def _shortened(span: CaptionedSpan, duration_s: float) -> CaptionedSpan:
    """End a span with the motion, whose last pose is earlier at the lower rate of cameras."""
    return replace(span, end_s=min(span.end_s, duration_s))


@cache
def _performer(spec, number):
    from builders.activities.domain_shift import DOMAINS, domain_performer

    return domain_performer(DOMAINS[spec.domain], number, spec.seed)


def _perform_activity(spec, planned, performer):
    """Perform an activity; return the performance and a single span for the whole performance."""
    from builders.activities import ACTIVITIES, perform_annotated

    activity = ACTIVITIES[planned.activity]
    performance = perform_annotated(activity, performer, planned.repeat, spec.seed, spec.take_s)
    first = planned.repeat * spec.num_subjects + planned.subject_number
    captions = [
        activity.captions[(first + k) % len(activity.captions)] for k in range(NUM_CAPTIONS)
    ]
    span = CaptionedSpan(
        start_s=0.0,
        end_s=performance.motion.duration_s,
        label=activity.label,
        captions=tuple(captions),
        attributes=activity.variants,
        provenance=activity.text_source,
    )
    return performance, [span]


def _perform_five(spec, planned, performer):
    """Perform one of the five activities; return the performance and a span for the whole take."""
    from builders.five_activities import FIVE_ACTIVITIES, PROVENANCE, perform_five

    activity = FIVE_ACTIVITIES[planned.activity]
    performance = perform_five(
        planned.activity, performer, planned.repeat, spec.seed, spec.take_s + _ONE_POSE_S
    )
    span = CaptionedSpan(
        start_s=0.0,
        end_s=performance.motion.duration_s,
        label=activity.name,
        captions=activity.captions,
        attributes=(activity.attributes,),
        provenance=PROVENANCE,
    )
    return performance, [span]


def _perform_sequence(spec, planned, performer):
    """Perform a random sequence; return the performance, phrase spans, and one overall span."""
    from builders.activities.variation import generator
    from builders.grammar import draw_sequence, perform_sequence

    rng = generator("score", spec.seed, spec.domain, planned.number)
    sequence = draw_sequence(rng)
    performance = perform_sequence(sequence, planned.name, performer, spec.seed)
    edges_s = _phrase_edges_s(sequence, performance)
    spans = [
        _phrase_span(phrase, float(start), float(end), rng)
        for phrase, start, end in zip(sequence.phrases, edges_s, edges_s[1:])
    ]
    if len(sequence.phrases) > 1:
        spans.append(_whole_span(sequence, float(edges_s[-1]), rng))
    return performance, spans


def _phrase_edges_s(sequence, performance):
    """Start of each phrase and end of the last phrase in the performed motion [s]."""
    from builders.grammar.phrase_composition import phrase_bounds

    times_s = np.arange(performance.motion.num_poses) / performance.motion.rate_hz
    phase = performance.phase / max(1.0, round(performance.phase[-1]))
    edges_s = np.interp(phrase_bounds(sequence), phase, times_s)
    edges_s[0], edges_s[-1] = 0.0, times_s[-1]
    return edges_s


def _phrase_span(phrase, start_s, end_s, rng):
    from builders.grammar import PhraseSequence, captions

    return CaptionedSpan(
        start_s=start_s,
        end_s=end_s,
        label=captions.action_label(phrase),
        captions=captions.draw_phrase_captions(phrase, rng, NUM_CAPTIONS),
        attributes=(captions.draw_attributes(PhraseSequence(phrases=(phrase,)), rng),),
        provenance=captions.PROVENANCE,
    )


def _whole_span(sequence, end_s, rng):
    from builders.grammar import captions

    return CaptionedSpan(
        start_s=0.0,
        end_s=end_s,
        label="",
        captions=captions.draw_captions(sequence, rng, NUM_CAPTIONS),
        attributes=(captions.draw_attributes(sequence, rng),),
        provenance=captions.PROVENANCE,
    )
