"""Figures of clips: heatmaps beside the posed body in front of the radar."""
