"""Choose the I/Q order of a capture: requested, configured, or detected from the samples.

The priority is: requested order, receiver noise, configured order, beat energy. The beat energy
does not override a configured order, because echoes beyond half the maximum range resemble the
opposite order; if energy and configuration contradict each other, a warning gives both
explanations.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Int16

from radarsim.captures.dca1000_codec import decode_words, to_complex
from radarsim.captures.iq_order import IqOrder, find_iq_order
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

# Maximum number of loops and of samples from which the order is detected.
_MAX_LOOPS, _MAX_SAMPLES = 512, 1 << 21
# Feature of `iq_order` that overrides the configured order.
_TRUSTED = "noise"


def choose_iq_order(
    radar: Radar, capture_format: CaptureFormat, words: Int16[np.ndarray, " word"], requested: str
) -> tuple[IqOrder, tuple[str, ...]]:
    """Return the I/Q order to use for reading, and a note if the samples contradict a stated order.

    Args:
        radar: radar of the capture.
        capture_format: resolved word layout, with the configured order.
        words: words of complete frames.
        requested: "i_first" or "q_first" to force an order; "auto" to choose it by priority.

    Raises:
        InputError: an unknown order is requested.
    """
    if capture_format.is_real:
        return IqOrder("i_first", "", "real samples: I/Q order does not apply"), ()
    if requested != "auto":
        replace(capture_format, iq_order=requested)  # raises InputError for an unknown order
    found = _order_of_samples(radar, capture_format, words)
    if requested != "auto":
        notes = (
            ()
            if found.order == requested or not found.by
            else (_contradiction(radar, "the request", requested, found),)
        )
        return IqOrder(requested, "", "as requested"), notes
    stated = capture_format.iq_order
    if stated == "auto" or found.order == stated:
        return found, ()
    if not found.by:
        return IqOrder(stated, "", f"as configured ({found.evidence})"), ()
    if found.by != _TRUSTED:
        evidence = f"as configured ({found.evidence})"
        return IqOrder(stated, "", evidence), (
            _contradiction(radar, "the configuration", stated, found),
        )
    note = (
        f"warning: the configuration states {stated}, the samples show {found.order} and are read "
        f"as such: {found.evidence}"
    )
    return found, (note,)


def _order_of_samples(radar: Radar, capture_format: CaptureFormat, words) -> IqOrder:
    codes = decode_words(radar, capture_format, words)
    cube = to_complex(capture_format, codes)
    cube = cube.reshape(-1, radar.num_virtual, radar.chirp.num_samples)
    loops = min(_MAX_LOOPS, max(16, _MAX_SAMPLES // cube[0].size))
    return find_iq_order(cube[:loops])


def _contradiction(radar: Radar, source: str, stated: str, found: IqOrder) -> str:
    """Warning that the stated order is used although the samples suggest the opposite order."""
    text = f"warning: {source} states {stated}, but there is {found.evidence}"
    if found.by == _TRUSTED:
        return f"{text}, as with {found.order}: the range axis is probably mirrored"
    half_m = radar.chirp.num_samples * radar.range_resolution_m / 2
    return (
        f"{text}: unless all strong echoes lie beyond {half_m:.3g} m, the range axis is mirrored; "
        f'set iq_order = "{found.order}" under [capture], or --iq-order {found.order}'
    )
