"""Figures of heatmaps, meshes and scenes; no file is read here."""
