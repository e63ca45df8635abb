"""Postures that several activities share."""

HANDS_ON_HIPS = dict(abduction=34, flexion=-18, twist=32, elbow=82, wrist=25)
HANDS_AT_HIPS = (("hand", "trunk"), ("forearm", "trunk"))
HANDS_ON_THIGHS = (("hand", "thigh"), ("forearm", "thigh"))
HANDS_TOGETHER = (("hand", "hand"), ("hand", "forearm"), ("forearm", "forearm"))
FOLDED = (*HANDS_ON_THIGHS, ("hand", "shank"), ("upper_arm", "thigh"), ("trunk", "thigh"))
