"""Matplotlib figures of heatmaps, of body meshes and of the scene before the radar."""
