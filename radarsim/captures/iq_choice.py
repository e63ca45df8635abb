"""Choose the I/Q order of a capture: requested, configured, or detected from the samples.

The priority is: requested order, receiver noise, configured order, beat energy. The beat energy
does not override a configured order, because echoes beyond half the maximum range resemble the
opposite order; if energy and configuration contradict each other, a warning gives both
explanations. If neither a statement nor the noise determines the order, a note says so.
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
    """Return the I/Q order to use for reading, and a note if the order may be wrong.

    The order may be wrong if the samples contradict a stated order, or if no order is stated and
    the noise does not show it.

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
    if stated == "auto":
        return found, () if found.by == _TRUSTED else (_guess(radar, found),)
    if found.order == stated:
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
    return (
        f"{text}: unless all strong echoes lie beyond {_half_m(radar):.3g} m, the range axis is "
        f"mirrored; "
        f'set iq_order = "{found.order}" under [capture], or --iq-order {found.order}'
    )


def _guess(radar: Radar, found: IqOrder) -> str:
    """Note that neither a statement nor the noise determines the order that is used."""
    by = "by the energy of the beats alone" if found.by else "without evidence"
    case = f"the strong echoes lie beyond {_half_m(radar):.3g} m" if found.by else "this is wrong"
    return (
        f"read as {found.order} {by}: if {case}, range and speed are mirrored; state iq_order "
        f"under [capture] of the radar file, or --iq-order, or the argument iq_order"
    )


def _half_m(radar: Radar) -> float:
    """Half the maximum range, beyond which echoes resemble those of the opposite order [m]."""
    return radar.chirp.num_samples * radar.range_resolution_m / 2
