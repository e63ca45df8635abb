"""Static echoes of rooms, and multipath of moving bodies by the image method."""
