"""Five activities of care and gestures: falling, drinking, coughing, convulsing and waving.

    from builders.five_activities import FIVE_ACTIVITIES, perform_five
    motion = perform_five("fall", performer=0).motion

They are no part of the sixty activities of the protocol. A take is as long as a recording, 10 s:
the person stands or sits still, performs the activity once, and is still again. Every activity has
several kinds (`kinds.py`), which are drawn for each take.
"""

from builders.five_activities.registry import (
    FIVE_ACTIVITIES,
    PROVENANCE,
    FiveActivity,
    perform_five,
)

__all__ = ["FIVE_ACTIVITIES", "PROVENANCE", "FiveActivity", "perform_five"]
