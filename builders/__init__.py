"""Short commands, one per source of motion."""
