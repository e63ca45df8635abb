"""Five activities of care and gestures: falling, drinking, coughing, convulsing and waving.

    from builders.five_activities import FIVE_ACTIVITIES, perform_five
    motion = perform_five("fall", performer=0).motion

The five activities are not among the sixty activities of the protocol. A take lasts 10 s, as long
as a recording: the person stands or sits still, performs the activity once, and is still again.
Every activity has several variants (`kinds.py`), one of which is drawn at random for each take.
"""

from builders.five_activities.registry import (
    FIVE_ACTIVITIES,
    PROVENANCE,
    FiveActivity,
    perform_five,
)

__all__ = ["FIVE_ACTIVITIES", "PROVENANCE", "FiveActivity", "perform_five"]
