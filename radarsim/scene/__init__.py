"""Who moves before the radar: motion, body, mesh and placement."""
