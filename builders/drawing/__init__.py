"""Figures of clips: heatmaps next to the posed body in front of the radar."""
