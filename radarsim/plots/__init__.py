"""Matplotlib figures of heatmaps, body meshes and the scene in front of the radar."""
