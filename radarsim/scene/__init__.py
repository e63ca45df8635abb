"""Scenes: motion, body, mesh, subject and placement in front of the radar."""
