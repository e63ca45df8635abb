"""Draw heatmaps, body meshes and the scene in front of the radar with matplotlib."""
