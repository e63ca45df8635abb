"""Rooms: static echoes of walls and furniture, and multipath of moving bodies by image antennas."""
